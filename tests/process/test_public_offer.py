"""A new partner's first offer by the public page, on the real engine: one case and a receipt (ISE-2/3)."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from sqlalchemy import func, select

from tests.kit import papers
from tests.kit.answering import OFFER, PAGES_URL, Page
from tests.kit.desk import Office, office, scenario_files_of
from tests.kit.driver import EngineDriver
from tests.kit.linking import pages
from tests.kit.smtp import HOST, SmtpServer
from workers.adapters.registry import outbox_tables, tables
from workers.packs import CityPacks
from workers.settings import Settings

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]
_ADDRESS: Final = "tanto@mihon.example"
_ON: Final = """
[public_offer]
task = "Task_SubmitOffer"
values = { filing = "file" }
omit = ["Text_head"]
"""
_PROCESS: Final = "isesaki-signing"


@pytest.fixture(name="turned_on")
def _turned_on(settings: Settings, tmp_path: Path) -> Settings:
    """Settings of an installation whose city has turned its page on."""
    home = tmp_path / "home"
    shutil.copytree(papers.ROOT / "templates", home / "templates")
    for pack in ("common", "isesaki"):
        shutil.copytree(papers.ROOT / "bpmn" / pack, home / "bpmn" / pack)
    with (home / "bpmn" / "isesaki" / "city.toml").open("a", encoding="utf-8") as city:
        city.write(_ON)
    return settings.model_copy(update={"home": home, "pages_url": PAGES_URL})


async def test_an_offer_by_the_public_page_begins_one_case(
    driver: EngineDriver, settings: Settings, turned_on: Settings
) -> None:
    """Before the link of the confirmation is used there is no case, no instance, and no other mail."""
    await driver.deploy(scenario_files_of("isesaki"))
    with SmtpServer() as sink:
        own = turned_on.model_copy(update={"smtp_host": HOST, "smtp_port": sink.port})
        async with office(driver, own) as at_work, pages(at_work, driver) as client:
            ask = Page(client, "/offer/isesaki")
            asked = await ask.post("", {"word": await ask.word(), "email": _ADDRESS})
            confirmation = await sink.wait(lambda _: sink.of(_ADDRESS))
            page = Page(client, _link(confirmation[0].text))
            opened = [await page.open() for _ in range(3)]
            await driver.settled()
            before = (await _kept(at_work), _instances(driver), len(sink.accepted))
            await page.type(_typed(driver))
            fields = await page.checked()
            sent = await asyncio.gather(*(page.post("/send", fields) for _ in range(10)))
            check = await driver.task("Task_CheckRequirements", where=lambda task: task.variables.get("caseId") != "")
            await driver.settled()
            done = await page.open()
            receipt = await sink.wait(lambda _: [m for m in sink.of(_ADDRESS) if "受け付けました" in m.subject])
            again = await page.post("/send", fields)
            await driver.settled()
            after = (await _kept(at_work), _instances(driver), len(sink.of(_ADDRESS)))
            async with at_work.services.open_unit() as uow:
                (case,) = await uow.cases.all()
                history = [(entry.who, entry.what) for entry in await uow.history.of_case(case.id)]
            often = [await _ask(client, f"{number}@mihon.example") for number in range(12)]
    off = CityPacks([papers.ROOT / "bpmn"])
    assert [code for code in off.codes() if off.city(code).public_offer is not None] == []
    assert "まだ何も受け付けていません" in asked.text
    assert {shown.status_code for shown in opened} == {httpx.codes.OK}
    assert before == ({"case": 0, "document": 0, "history": 0, "mail": 1}, 0, 1)
    assert {answer.status_code for answer in [*sent, again]} == {httpx.codes.SEE_OTHER}
    assert (after[0]["case"], after[1], after[2]) == (1, 1, 2)
    assert check.variables["caseId"] == case.id
    assert [row["title"] for row in check.variables["proposals"]] == ["健康教室"]
    assert case.id in done.text
    assert "事業名: 健康教室" in receipt[0].text
    assert case.partner is not None
    assert (case.partner.name, case.partner.email) == ("株式会社 みほん", _ADDRESS)
    assert any(who == "相手方（回答のページから）" for who, _ in history)
    assert often[0] == httpx.codes.OK
    assert often[-1] == httpx.codes.TOO_MANY_REQUESTS
    assert settings.pages_url == ""


def _typed(driver: EngineDriver) -> dict[str, Any]:
    return {
        **OFFER,
        "offeredOn": driver.clock.today().isoformat(),
        "name": "株式会社 みほん",
        "representative": "代表取締役　見本 花子",
        "contact": "地域連携室 見本 太郎",
        "phone": "０２７０－００－００００",
    }


def _link(text: str) -> str:
    found = re.search(rf"{PAGES_URL}(/offer/isesaki/\S+)", text)
    assert found
    return found[1]


async def _ask(client: httpx.AsyncClient, address: str) -> int:
    page = Page(client, "/offer/isesaki")
    return (await page.post("", {"word": await page.word(), "email": address})).status_code


async def _kept(at_work: Office) -> dict[str, int]:
    counted = {"case": tables.case, "document": tables.document, "history": tables.history, "mail": outbox_tables.mail}
    async with at_work.services.engine.connect() as connection:
        return {
            name: (await connection.execute(select(func.count()).select_from(table))).scalar_one()
            for name, table in counted.items()
        }


def _instances(driver: EngineDriver) -> int:
    """Return how many instances of the signing are alive."""
    with driver.records.snapshot():
        return len([one for one in driver.records.instances.alive() if one.process_id == _PROCESS])
