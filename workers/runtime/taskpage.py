"""``/open/CASE?group=GROUP&task=ELEMENT``: from a mail straight to the open task in Tasklist (ALL-2).

A mail is written before its task has a key, so its link names case, candidate group and perhaps the element of the
diagram. One open task: the browser goes there. Several: they are listed. None: the page says so. Only names of tasks
and their due dates are shown, nothing of partners or people; Tasklist asks for the login.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from workers.adapters.camunda.open_tasks import OpenTask
from workers.domain.jst import JST
from workers.domain.wareki import format_wareki
from workers.errors import RenkeiError
from workers.htmlpages import SAFE_HEADERS, page_templates

_TEMPLATES = page_templates(Path(__file__).parent)
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_LAG_SECONDS = 2.0
_POLL_SECONDS = 0.4


class FindsTasks(Protocol):
    """``OpenTasks``, as far as the page needs it."""

    async def find(
        self, *, element_id: str | None = None, group: str | None = None, case_id: str | None = None
    ) -> list[OpenTask]:
        """Return the open tasks; raises RetryableError or PermanentError."""


def route(tasks: FindsTasks, tasklist_url: str, *, lag_seconds: float = _LAG_SECONDS) -> Route:
    """Return the page. ``tasklist_url`` is Tasklist's page as staff open it; changes nothing in the engine.

    A task that is not found is looked for again for ``lag_seconds``: the index lags behind the engine.
    """

    async def open_task(request: Request) -> Response:
        asked = {
            "case_id": request.path_params["case_id"],
            "element_id": request.query_params.get("task"),
            "group": request.query_params.get("group"),
        }
        if not all(value is None or _WORD.fullmatch(value) for value in asked.values()):
            return _page("wrong", tasklist_url, status=404)
        try:
            found = await _found(tasks, asked, lag_seconds)
        except RenkeiError:
            return _page("away", tasklist_url, status=503)
        if len(found) == 1:
            return RedirectResponse(f"{tasklist_url}/{found[0].key}", 303, headers=SAFE_HEADERS)
        return _page("several" if found else "none", tasklist_url, found, status=200 if found else 404)

    return Route("/open/{case_id}", open_task, methods=["GET"])


async def _found(tasks: FindsTasks, asked: dict[str, str | None], lag_seconds: float) -> list[OpenTask]:
    deadline = time.monotonic() + lag_seconds
    while not (found := await tasks.find(**asked)) and time.monotonic() < deadline:  # noqa: ASYNC110 (nothing tells us)
        await asyncio.sleep(_POLL_SECONDS)
    return found


def _page(view: str, tasklist_url: str, tasks: Sequence[OpenTask] = (), *, status: int) -> Response:
    rows = [{"url": f"{tasklist_url}/{task.key}", "name": task.name, "due": _day(task.due_date)} for task in tasks]
    page = _TEMPLATES.get_template("taskpage.html.j2").render(view=view, tasks=rows, tasklist_url=tasklist_url)
    return HTMLResponse(page, status, headers=SAFE_HEADERS)


def _day(moment: str) -> str:
    try:
        return format_wareki(datetime.fromisoformat(moment).astimezone(JST).date())
    except ValueError:
        return ""
