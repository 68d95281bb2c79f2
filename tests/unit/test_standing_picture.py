"""Where a case stands in its diagram: steps that were passed, the one of now, the boxes around them (ALL-23)."""

from __future__ import annotations

from pathlib import Path

from defusedxml import ElementTree

from workers.drawing.picture import DONE, HERE, draw_standing
from workers.packs.diagrams import model

_DIAGRAM = Path(__file__).parents[2] / "bpmn" / "isesaki" / "isesaki-signing.bpmn"
_SVG = "{http://www.w3.org/2000/svg}"


def test_a_folded_step_shows_what_goes_on_within_it_up_to_the_top() -> None:
    """The check of the requirements is two steps down; the consultation's correction one."""
    svg = draw_standing(model.load(_DIAGRAM), here=["Task_CheckRequirements"], done=["Task_CorrectConsultation"])
    boxes = {
        group.get("data-element-id"): box.get("stroke")
        for group in ElementTree.fromstring(svg).iter(f"{_SVG}g")
        if (box := group.find(f"{_SVG}rect")) is not None
    }
    assert boxes["Task_CheckRequirements"] == boxes["Step_Offer"] == HERE
    assert boxes["Step_Consultation"] == DONE
    assert boxes["Step_Survey"] not in {HERE, DONE}
