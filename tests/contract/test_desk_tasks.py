"""A task at the desk: claimed, kept half-way, checked, completed as the person; who came first is told (ALL-10)."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from tests.kit.answering import FORM, OFFER, OPTIONS
from tests.kit.deskpages import DeskAtWork, desk_at, open_task
from tests.kit.papers import partner
from workers.adapters.camunda.task_forms import ShownTask
from workers.adapters.registry.restores import Hold, begin_hold, confirm, open_restores
from workers.domain.entities import Case

pytestmark = pytest.mark.asyncio
_CASE = "isesaki-2026-1"
_VALUES = {"cityOptions": {"fields": OPTIONS}, "caseTitle": f"{_CASE} 株式会社", "formError": None, "other": "内部"}


@pytest_asyncio.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[DeskAtWork]:
    async with desk_at(database_url, tmp_path) as at_work:
        async with at_work.open_unit() as uow:
            opened = date(2026, 5, 1)
            await uow.cases.add(
                Case(id=_CASE, city="isesaki", process_id="isesaki-signing", opened_on=opened, partner=partner())
            )
        at_work.engine.add(open_task(7, element_id="Task_SubmitOffer", name="申出書を出す"))
        at_work.engine.forms[7] = ShownTask(form=FORM, values=_VALUES)
        yield at_work


def shown(page: str) -> dict[str, object]:
    found = re.search(r'id="form-data">(.*?)</script>', page, re.DOTALL)
    assert found
    data: dict[str, object] = json.loads(found[1].replace("\\u003c", "<"))
    return data


async def test_a_task_is_claimed_typed_kept_mended_and_completed_as_the_person(desk: DeskAtWork) -> None:
    async with desk.browser("sato") as browser:
        before = await browser.get("/desk/task/7")
        assert "引き受けて入力する" in before.text
        assert _CASE not in str(shown(before.text)["data"])  # people read 令和8年度 第1号
        assert all(part.get("readonly") for part in shown(before.text)["schema"]["components"])  # type: ignore[index]
        await browser.post("/desk/task/7/claim", {})
        await browser.get("/desk/task/7")
        half = {"action": "keep", "values": json.dumps({"purpose": "途中"})}
        assert (await browser.post("/desk/task/7", half)).headers["location"] == "/desk/task/7?kept=1"
        kept = await browser.get("/desk/task/7")
        assert shown(kept.text)["data"]["purpose"] == "途中"  # type: ignore[index]
        wrong = {"action": "check", "values": json.dumps({**OFFER, "offeredOn": "令和8年2月30日"})}
        refused = await browser.post("/desk/task/7", wrong)
        assert refused.status_code == 422
        assert "ない日付" in refused.text
        assert shown(refused.text)["data"]["purpose"] == OFFER["purpose"]  # type: ignore[index]
        right = {"action": "check", "values": json.dumps(OFFER)}
        assert (await browser.post("/desk/task/7", right)).headers["location"] == "/desk/task/7/done"
    ((who, key, variables),) = desk.engine.completed
    assert (who, key) == ("sato", 7)
    assert variables["purpose"] == OFFER["purpose"]
    assert "secret" not in variables
    async with desk.open_unit() as uow:
        assert await uow.desk.draft(7, "sato") is None


async def test_what_the_recording_refuses_comes_back_to_the_same_person_with_the_reason(desk: DeskAtWork) -> None:
    async with desk.browser("sato") as browser:
        await browser.post("/desk/task/7/claim", {})
        await browser.get("/desk/task/7")
        await browser.post("/desk/task/7", {"action": "check", "values": json.dumps(OFFER)})
        desk.engine.add(open_task(8, element_id="Task_SubmitOffer", name="申出書を出す"))
        values = {**_VALUES, "formError": "1 目的: 短すぎます\\（3文字\\）", "purpose": OFFER["purpose"]}
        desk.engine.forms[8] = ShownTask(form=FORM, values=values)
        back = await browser.get("/desk/task/7/done")
        assert back.headers["location"] == "/desk/task/8?back=1"
        page = await browser.get("/desk/task/8")
    assert "<li>1 目的: 短すぎます（3文字）</li>" in page.text
    assert shown(page.text)["data"]["purpose"] == OFFER["purpose"]  # type: ignore[index]
    assert desk.engine.tasks[8].assignee == "sato"


async def test_who_has_it_or_did_it_is_told_and_nothing_typed_is_lost(desk: DeskAtWork) -> None:
    async with desk.browser("demo", "192.0.2.3") as other, desk.browser("sato") as browser:
        await browser.post("/desk/task/7/claim", {})
        await other.get("/desk/task/7")
        assert "引き受けられませんでした" in (await other.post("/desk/task/7/claim", {})).text
        await other.post("/desk/task/7/claim", {"over": "1"})
        late = await browser.post("/desk/task/7", {"action": "check", "values": json.dumps(OFFER)})
        assert "試し 六郎さんが引き受けています" in late.text
        await other.get("/desk/task/7")
        await other.post("/desk/task/7", {"action": "check", "values": json.dumps(OFFER)})
        told = await browser.post("/desk/task/7", {"action": "check", "values": json.dumps(OFFER)})
        assert told.status_code == 409
        assert "試し 六郎さんが先に完了しました" in told.text
    assert [who for who, _, _ in desk.engine.completed] == ["demo"]


async def test_a_mail_leads_to_its_task_or_else_to_its_case(desk: DeskAtWork) -> None:
    """By group and element, as the address has them; whose task it is not, and where it is done, the case is shown."""
    where = f"/desk/open/{_CASE}?group=isesaki-senryaku"
    async with desk.browser("sato") as browser:
        assert (await browser.get(where)).headers["location"] == "/desk/task/7"
        assert (await browser.get(f"{where}&task=Task_SubmitOffer")).headers["location"] == "/desk/task/7"
        for other in (f"/desk/open/{_CASE}?group=isesaki-kikaku", f"{where}&task=Task_Other"):
            assert (await browser.get(other)).headers["location"] == f"/desk/case/{_CASE}"
        desk.engine.done.add(7)
        assert (await browser.get(where)).headers["location"] == f"/desk/case/{_CASE}"
    async with desk.browser("") as nobody:
        signed_out = (await nobody.get(where)).headers["location"]
        assert signed_out == f"/desk/sign-in?next=%2Fdesk%2Fopen%2F{_CASE}%3Fgroup%3Disesaki-senryaku"


async def test_a_task_is_given_back(desk: DeskAtWork) -> None:
    async with desk.browser("sato") as browser:
        await browser.post("/desk/task/7/claim", {})
        await browser.post("/desk/task/7/give-back", {})
        assert "引き受けて入力する" in (await browser.get("/desk/task/7")).text
    assert desk.engine.tasks[7].assignee == ""


async def test_a_case_shows_what_it_is_and_takes_notes(desk: DeskAtWork) -> None:
    async with desk.open_unit() as uow:
        for content in (b"one", b"two"):
            await uow.documents.store(
                case_id=_CASE,
                kind="offer",
                name=f"申出書_{_CASE}.docx",
                media_type="text/plain",
                content=content,
                draft=True,
            )
        numbers = [one.id for one in await uow.documents.of_case(_CASE)]
    async with desk.browser("sato") as browser:
        page = (await browser.get(f"/desk/case/{_CASE}")).text
        for words in ("申出書を出す", "第2版", "第1版（古い版）", "上州あおぞら銀行", "いまの手順"):
            assert words in page
        assert f">{_CASE}" not in page
        empty = await browser.post(f"/desk/case/{_CASE}/note", {"text": "　"})
        assert empty.status_code == 422
        await browser.post(f"/desk/case/{_CASE}/note", {"text": "電話あり"})
        assert "電話あり" in (await browser.get(f"/desk/case/{_CASE}")).text
        file = await browser.get(f"/desk/case/{_CASE}/document/{numbers[0]}")
        assert file.content == b"one"
        assert "attachment" in file.headers["content-disposition"]
        picture = await browser.get(f"/desk/case/{_CASE}/picture")
        assert picture.headers["content-type"].startswith("image/svg+xml")
        assert (await browser.get("/desk/cases?q=あおぞら")).text.count(f"/desk/case/{_CASE}") == 1


async def test_staff_add_files_that_are_what_they_say(desk: DeskAtWork) -> None:
    async with desk.browser("sato") as browser:
        await browser.get(f"/desk/case/{_CASE}")
        address = f"/desk/case/{_CASE}/files?word={browser.word}"
        wrong = await browser.client.post(address, files={"files": ("見積.pdf", b"not one", "application/pdf")})
        assert wrong.status_code == 422
        assert "見積.pdf" in wrong.text
        png = b"\x89PNG\r\n\x1a\n" + bytes.fromhex("0000000d49484452000000010000000108060000001f15c489")
        png += bytes.fromhex("0000000d49444154789c6360000002000001e221bc330000000049454e44ae426082")
        unsafe = await browser.client.post(f"/desk/case/{_CASE}/files", files={"files": ("会場.png", png, "image/png")})
        assert unsafe.status_code == 403
        right = await browser.client.post(address, files={"files": ("会場.png", png, "image/png")})
        assert right.status_code == 303, right.text
        page = (await browser.get(f"/desk/case/{_CASE}")).text
    assert "会場.png" in page
    assert "ファイルを加えた: 会場.png" in page


async def test_after_a_restore_everybody_is_told_and_nothing_typed_is_lost_or_handed_over(desk: DeskAtWork) -> None:
    async with desk.browser("sato") as browser:
        await browser.post("/desk/task/7/claim", {})
        assert "控えから戻した" not in (await browser.get("/desk/")).text
        hold = Hold(backup_at=datetime(2026, 11, 29, tzinfo=UTC), registry=False, engine=True)
        await begin_hold(desk.services.engine, hold)
        assert "控えから戻した" in (await browser.get("/desk/")).text
        await browser.get("/desk/task/7")
        sent = {"action": "check", "values": json.dumps(OFFER)}
        held = await browser.post("/desk/task/7", sent)
        assert held.status_code == 422
        assert "作業を進められません" in held.text
        assert desk.engine.completed == []
        (restore,) = await open_restores(desk.services.engine)
        await confirm(desk.services.engine, restore, by="情報担当", doubtful=[])
        kept = await browser.get("/desk/task/7")
        assert "控えから戻した" not in kept.text
        assert shown(kept.text)["data"]["purpose"] == OFFER["purpose"]  # type: ignore[index]
        assert (await browser.post("/desk/task/7", sent)).headers["location"] == "/desk/task/7/done"
