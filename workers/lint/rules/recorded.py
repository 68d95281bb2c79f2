"""What is read back from the records has been recorded somewhere under this very name."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Final

from workers.lint.findings import Finding
from workers.lint.rules.base import Context, name_of, report
from workers.packs.diagrams.model import Diagram, extension, extensions

_RULE: Final = "recorded-step"
_READING: Final = frozenset({"collect-steps", "load-agreement-step"})
_BY_JOBS: Final = frozenset(
    [
        *("consultation", "requirement-check", "survey-plan", "survey-scope", "survey-stopped", "discussion"),
        *("city-proposals", "meeting-dates", "agreement-terms", "amendment-terms", "amendment-signature"),
        *("termination-plan", "termination-notice", "renewal-approval", "contact-check", "case-control", "list-day"),
    ]
)
"""The steps that jobs of their own record."""


def read_back(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """The step that a job reads back is one that a job of this pack, or of the common diagrams, records."""
    mine = context.catalogue.pack_of(diagram.path)
    for task in diagram.all("serviceTask"):
        definition = extension(task, "taskDefinition")
        if definition is None or definition.get("type") not in _READING:
            continue
        known = _BY_JOBS | {
            step
            for pack, steps in context.catalogue.steps.items()
            if pack.shared or pack.loose or mine.shared or mine.loose or pack.folder == mine.folder
            for step in steps
        }
        for header in extensions(task, "zeebe:taskHeaders/zeebe:header"):
            name = (header.get("value") or "").strip()
            if header.get("key") == "step" and name and name not in known:
                near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
                todo = (
                    f"「{near[0]}」のことなら、名前をそろえてください" if near else "記録する作業を前に置いてください"
                )
                message = f"{name_of(task)}が読み出す記録「{name}」を残す作業がどこにもありません。{todo}"
                yield report(diagram, header, _RULE, message, about={name})
