"""Each level of a diagram fits on one screen and can be followed with the eye, unless the list of old ones names it."""

from __future__ import annotations

from collections.abc import Iterator

from workers.lint import figures
from workers.lint.findings import Finding
from workers.lint.model import Diagram
from workers.lint.rules.base import Context, report

_RULE = "level"


def limits(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """No level goes beyond the limits of ``workers.lint.figures``; who is listed and keeps them is taken off the list.

    The list (``unfolded.txt`` beside the packs) is the only switch: without it the limits hold for every diagram.
    """
    found = figures.levels(diagram, context.job_types)
    over = [level for level in found if any(level.problems())]
    listed = diagram.path.name in context.catalogue.unfolded
    if listed and not over:
        message = f"{figures.LIST} にありますが、どの段も上限を守っています。一覧の行を消してください"
        yield report(diagram, diagram.root, _RULE, message)
    for level in [] if listed else over:
        message = (
            f"図の段「{level.name}」が上限を超えています: {'。'.join(level.problems())}。手順の箱に畳んでください"
            f"（畳むまでは、パックの {figures.LIST} に {diagram.path.name} と書けば検査しません）"
        )
        yield report(diagram, diagram.ids.get(level.id, diagram.root), _RULE, message)
