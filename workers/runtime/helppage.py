"""``/help/templates``: what each of Modeler's templates is for and what its fields want; Modeler's own help opens it.

Read from the packs' files at each request, so that it says what Modeler offers now. Nothing of a case is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from workers.htmlpages import SAFE_HEADERS, page_templates
from workers.packs.modelertemplates import PREFIX, of_all_packs

_PAGES: Final = page_templates(Path(__file__).parent)
_MOST_CHOICES: Final = 20
"""A longer list (all departments, all mails) is seen in Modeler itself."""


def route(roots: Sequence[Path]) -> Route:
    """Return the page; ``roots`` are the folders of packs."""

    async def templates(_request: Request) -> Response:
        shelves = await run_in_threadpool(_shelves, roots)
        page = _PAGES.get_template("helppage.html.j2").render(shelves=shelves)
        return HTMLResponse(page, headers=SAFE_HEADERS)

    return Route("/help/templates", templates, methods=["GET"])


def _shelves(roots: Sequence[Path]) -> dict[str, list[dict[str, Any]]]:
    """Return the templates by the group of Modeler's chooser, each as the page shows it."""
    found: dict[str, list[dict[str, Any]]] = {}
    for template in of_all_packs(roots):
        shelf = str(template.get("category", {}).get("name", ""))
        found.setdefault(shelf, []).append(
            {
                "anchor": template["id"].removeprefix(PREFIX),
                "id": template["id"],
                "name": template.get("name", ""),
                "description": template.get("description", ""),
                "version": template.get("version", ""),
                "fields": [_field(one) for one in template.get("properties", []) if one.get("label")],
            }
        )
    return found


def _field(one: Mapping[str, Any]) -> dict[str, Any]:
    choices = [choice["name"] for choice in one.get("choices", []) if choice["value"]]
    return {
        "label": one["label"],
        "help": one.get("description", ""),
        "needed": one.get("constraints", {}).get("notEmpty", False),
        "choices": choices if len(choices) <= _MOST_CHOICES else [],
    }
