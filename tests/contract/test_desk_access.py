"""Who is of another city, or of a department that a case does not concern, gets nothing of it: by any route."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest
from starlette.routing import Mount, Route

from tests.kit.answering import FORM
from tests.kit.deskpages import PEOPLE, DeskAtWork, desk_at, open_task
from tests.kit.papers import partner
from workers.adapters.camunda.task_forms import ShownTask
from workers.domain.entities import Case
from workers.usecases.staff_notes import add_note

pytestmark = pytest.mark.asyncio

CANARIES = ("あおぞら", "カナリアのメモ", "カナリアの文書", "カナリアの作業")
_CASE = "isesaki-2026-1"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_OPEN = {"/desk/sign-in", "/desk/sign-out"}


async def secrets_of_isesaki(desk: DeskAtWork) -> dict[str, str]:
    """Fill the registry; returns what stands for each part of an address."""
    async with desk.open_unit() as uow:
        opened = date(2026, 5, 1)
        case = Case(id=_CASE, city="isesaki", process_id="isesaki-signing", opened_on=opened, partner=partner())
        await uow.cases.add(case)
        document = await uow.documents.store(
            case_id=_CASE,
            kind="offer",
            name="カナリアの文書.docx",
            media_type="text/plain",
            content="あおぞら".encode(),
            draft=True,
        )
        await add_note(uow, _CASE, PEOPLE["sato"], "カナリアのメモ")
    desk.engine.add(open_task(7, name="カナリアの作業"))
    desk.engine.forms[7] = ShownTask(form=FORM, values={"caseTitle": "あおぞら"})
    return {
        "case": _CASE,
        "key": "7",
        "document": str(document.id),
        "mail": "1",
        "city": "isesaki",
        "process": "isesaki-signing",
        "number": "1",
    }


def addresses(desk: DeskAtWork, parts: dict[str, str]) -> set[str]:
    """Return every address of the desk, its parts filled in."""
    mount = next(route for route in desk.app.routes if isinstance(route, Mount) and route.path == "/desk")
    found = set()
    for route in mount.routes:
        assert isinstance(route, Route)
        path = re.sub(r"\{(\w+)(?::\w+)?\}", lambda match: parts.get(match[1], "1"), route.path)
        found.add(f"/desk{path}")
    return found - _OPEN


async def test_a_stranger_gets_nothing_by_any_route_and_any_method(database_url: str, tmp_path: Path) -> None:
    async with desk_at(database_url, tmp_path) as desk:
        parts = await secrets_of_isesaki(desk)
        async with desk.browser("sato") as browser:
            assert "カナリアの作業" in (await browser.get("/desk/")).text
            assert (await browser.get(f"/desk/case/{_CASE}")).status_code == 200
        for user in ("", "date", "ono", "nobody"):
            async with desk.browser(user) as browser:
                word = browser.word
                for address in sorted(addresses(desk, parts)):
                    for method in _METHODS:
                        fields = {"word": word, "action": "check", "values": json.dumps({}), "text": "x"}
                        body = {"data": fields} if method == "POST" else {}
                        answer = await browser.client.request(method, address, **body)  # type: ignore[arg-type]
                        told = f"{user or 'nobody signed in'}: {method} {address}: {answer.status_code}"
                        assert not [canary for canary in CANARIES if canary in answer.text], told
                        own = address in {"/desk/", "/desk/cases"} or method not in {"GET", "POST", "HEAD"}
                        assert own or answer.status_code in {303, 404, 405} or not _is_about(address), told
        async with desk.open_unit() as uow:
            assert [note.text for note in await uow.desk.notes(_CASE)] == ["カナリアのメモ"]
        assert (desk.engine.tasks[7].assignee, desk.engine.completed, desk.engine.started) == ("", [], [])


def _is_about(address: str) -> bool:
    """Whether an address names the case, its task or its city."""
    return any(part in address for part in (_CASE, "/7", "/isesaki"))
