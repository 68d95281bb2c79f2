"""A story that the packs' scenarios do not tell: an offer lacks fields, is sent back, and is corrected."""

from __future__ import annotations

from workers.packs.scenarios import Scenario, Step


def sent_back(scenario: Scenario) -> Scenario:
    """Return 伊勢崎市's signing with an offer of one field first, which the office sends back."""
    offer, check, *_ = scenario.steps
    few = {
        "fields": ["7"],
        "projects": [{"field": "7", "title": "生活物資の優先供給", "content": "在庫を~避難所~へ届けます。"}],
        "records": [],
    }
    steps = [
        offer.model_copy(update={"answers": few}),
        check,
        Step(task="Task_DecideOnIneligible", answers={"action": "correct", "message": "3分野以上にしてください。"}),
        *scenario.steps,
    ]
    return scenario.model_copy(update={"steps": steps})
