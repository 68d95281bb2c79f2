"""Each level of a diagram fits on one screen and can be followed with the eye (ALL-22)."""

from __future__ import annotations

from collections.abc import Iterator

from workers.lint import figures
from workers.lint.findings import Finding
from workers.lint.rules.base import Context, report
from workers.packs.diagrams.model import Diagram

_RULE = "level"


def limits(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """No level goes beyond the limits of ``workers.lint.figures``."""
    for level in figures.levels(diagram, context.job_types):
        if problems := "。".join(level.problems()):
            message = f"図の段「{level.name}」が上限を超えています: {problems}。手順の箱に畳んでください"
            yield report(diagram, diagram.ids.get(level.id, diagram.root), _RULE, message)
