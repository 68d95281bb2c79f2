"""Files beside a task's answer, and the partner's filled workbook read into the task's form (ALL-3, ALL-17, ALL-23)."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.kit import workbooks
from tests.kit.answering import FORM
from tests.kit.deskpages import Browser, DeskAtWork, desk_at
from tests.kit.deskworld import CASE, TASK, furnish
from tests.kit.filing import in_cells
from workers.adapters.camunda.task_forms import ShownTask
from workers.adapters.documents.workbook_reading import asked_in
from workers.domain.answers import token_hash
from workers.usecases.answer_links import issue_link
from workers.usecases.meeting_people import Recipient
from workers.usecases.take_answer import GivenAnswer, Outcome, take_answer

pytestmark = pytest.mark.asyncio
_PAGE: Final = f"/desk/task/{TASK}"
_PDF: Final = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def _sends(
    browser: Browser, name: str, content: bytes, *, values: dict[str, Any] | None = None, read: bool = False
) -> httpx.Response:
    await browser.post(f"{_PAGE}/claim", {})
    await browser.get(_PAGE)
    fields = {"values": json.dumps(values or {}), **({"read": "yes"} if read else {})}
    files = {"file": (name, content, "application/octet-stream")}
    return await browser.client.post(f"{_PAGE}/files?word={browser.word}", data=fields, files=files)


def _data(page: str) -> dict[str, Any]:
    text = page.partition('id="form-data">')[2].partition("</script>")[0]
    found: dict[str, Any] = json.loads(text.replace("\\u003c", "<"))["data"]
    return found


async def _workbook(desk: DeskAtWork, answers: dict[str, Any]) -> bytes:
    """Return the newest workbook that the partner was sent, filled in."""
    async with desk.open_unit() as unit:
        sent = [one for one in await unit.documents.of_case(CASE) if one.media_type == _XLSX][-1]
        content = await unit.documents.read(sent)
    return workbooks.filled(content, in_cells(asked_in(content)[0], answers))


async def test_files_go_to_the_case_and_what_was_typed_stays(database_url: str, tmp_path: Path) -> None:
    async with desk_at(database_url, tmp_path) as desk:
        await furnish(desk)
        async with desk.browser("sato") as browser:
            wrong = await _sends(browser, "会場図.pdf", b"no PDF", values={"purpose": "途中"})
            assert (wrong.status_code, "会場図.pdf" in wrong.text) == (422, True)
            assert _data(wrong.text)["purpose"] == "途中"
            none = await _sends(browser, "", b"")
            assert "ファイルを選んでください" in none.text
            right = await _sends(browser, "会場図.pdf", _PDF, values={"purpose": "途中"})
            assert right.status_code == httpx.codes.OK
            assert "案件にファイルを加えました: 会場図.pdf" in right.text
            assert _data(right.text)["purpose"] == "途中"
            case = (await browser.get(f"/desk/case/{CASE}")).text
            assert "作業「申出書・提案書を出す」でファイルを加えた: 会場図.pdf" in case
        assert desk.engine.completed == []


async def test_the_partners_workbook_is_read_into_the_form(database_url: str, tmp_path: Path) -> None:
    """What can be read stands in the form, what cannot is told by its cell; nothing is completed by it."""
    async with desk_at(database_url, tmp_path) as desk:
        await furnish(desk)
        content = await _workbook(desk, {"filing": "file", "purpose": "健康のため"})
        async with desk.browser("sato") as browser:
            answer = await _sends(browser, "返事.xlsx", content, values={"purpose": "書きかけ"}, read=True)
            assert _data(answer.text)["purpose"] == "健康のため"
            assert "のセル" in answer.text, "the missing day is told by its cell"
            assert "のファイル 返事.xlsx を読み込みました" in answer.text
            assert "相手方の様式（エクセル）として読み込む" in answer.text
            again = _data((await browser.get(_PAGE)).text)
            assert again["purpose"] == "健康のため", "it is kept as a draft"
            case = (await browser.get(f"/desk/case/{CASE}")).text
            assert "返事.xlsx を読み、「申出書・提案書を出す」の画面に入れた" in case
        assert desk.engine.completed == []


async def test_a_file_that_is_not_this_tasks_form_is_told(database_url: str, tmp_path: Path) -> None:
    async with desk_at(database_url, tmp_path) as desk:
        await furnish(desk)
        content = await _workbook(desk, {"purpose": "健康のため"})
        async with desk.browser("sato") as browser:
            other = await _sends(browser, "見積.pdf", _PDF, read=True)
            assert (other.status_code, "見積.pdf" in other.text) == (422, True)
            desk.engine.tasks[TASK] = replace(desk.engine.tasks[TASK], element_id="Task_CheckRequirements")
            wrong = await _sends(browser, "返事.xlsx", content, read=True)
            assert wrong.status_code == httpx.codes.UNPROCESSABLE_ENTITY
            assert "この作業の様式ではありません" in wrong.text
            desk.engine.forms[TASK] = ShownTask(form={**FORM, "id": "isesaki-other"}, values={})
            unasked = (await browser.get(_PAGE)).text
            assert "案件に加える" in unasked
            assert "相手方の様式" not in unasked, "no workbook of this form was sent"
        async with desk.browser("date") as browser:  # of another city
            assert (await _sends(browser, "会場図.pdf", _PDF)).status_code == httpx.codes.NOT_FOUND


async def test_a_workbook_that_comes_after_the_partners_own_answer_is_told_and_kept(
    database_url: str, tmp_path: Path
) -> None:
    """The answer by link is on its way to the engine: the file neither changes the form nor is it discarded (B6)."""
    async with desk_at(database_url, tmp_path) as desk:
        await furnish(desk)
        content = await _workbook(desk, {"filing": "file", "purpose": "健康のため"})
        async with desk.open_unit() as unit:
            case = await unit.cases.get(CASE)
            to = Recipient(key="partner", name="担当", address="partner@partner.example")
            word = (await issue_link(unit, case, "Task_SubmitOffer", to)).rpartition("/")[2]
        async with desk.open_unit() as unit:
            given = GivenAnswer(token_hash=token_hash(word), values={"purpose": "ページから"}, said=[])
            assert (await take_answer(unit, given)).outcome is Outcome.ACCEPTED
        async with desk.browser("sato") as browser:
            told = await _sends(browser, "返事.xlsx", content, values={"purpose": "書きかけ"}, read=True)
            assert "回答のページからの回答を先に受け付けていました" in told.text
            assert "後から届いた回答を確かめる" in told.text
            assert _data(told.text)["purpose"] == "書きかけ"
            assert "返事.xlsx" in (await browser.get(f"/desk/case/{CASE}")).text
