"""The public page for a new partner's first offer: off unless the pack turns it on; the address is confirmed first."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import select, text

from tests.kit.answering import OFFER, PAGES_URL, Answering, Page
from tests.kit.publicoffers import taking_offers
from tests.kit.registry import registry_at
from workers.adapters.registry import outbox_tables
from workers.usecases.answer_links import forget_expired

pytestmark = pytest.mark.asyncio
_TYPED: dict[str, Any] = {
    **OFFER,
    "name": "株式会社 みほん",
    "representative": "代表取締役　見本 花子",
    "contact": "地域連携室 見本 太郎",
    "phone": "０２７０－００－００００",
}
_TABLES = ("public_offer", "mail", "engine_call", "history", '"case"')


@pytest_asyncio.fixture
async def at_work(database_url: str, tmp_path: Path) -> AsyncIterator[Answering]:
    async with registry_at(database_url, tmp_path) as registry:
        yield await taking_offers(registry)


@asynccontextmanager
async def browser(at_work: Answering, address: str = "192.0.2.1") -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(at_work.app, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url=PAGES_URL) as client:
        yield client


async def counts(at_work: Answering) -> dict[str, int]:
    async with at_work.open_unit() as uow:
        return {
            name: int((await uow._session.execute(text(f"select count(*) from {name}"))).scalar_one())  # noqa: S608
            for name in _TABLES
        }


async def ask(client: httpx.AsyncClient, address: str) -> httpx.Response:
    page = Page(client, "/offer/isesaki")
    return await page.post("", {"word": await page.word(), "email": address})


async def letters(at_work: Answering) -> list[tuple[str, str]]:
    t = outbox_tables.mail.c
    async with at_work.open_unit() as uow:
        rows = (await uow._session.execute(select(t.recipient, t.raw).order_by(t.id))).all()
    return [(to, message_from_bytes(raw, policy=SMTP).get_body(("plain",)).get_content()) for to, raw in rows]  # type: ignore[union-attr]


async def link(at_work: Answering) -> str:
    found = re.search(rf"{PAGES_URL}(/offer/isesaki/\S+)", (await letters(at_work))[-1][1])
    assert found
    return found[1]


async def test_nothing_but_the_confirmation_is_kept_or_sent_before_its_link_is_used(at_work: Answering) -> None:
    async with browser(at_work) as client:
        first = await client.get("/offer/isesaki")
        before = await counts(at_work)
        asked = await ask(client, " tanto@mihon.example.jp ")
        after = await counts(at_work)
        path = await link(at_work)
        opened = [await client.get(path) for _ in range(3)]
        wrong = await ask(client, "no address")
    assert set(before.values()) == {0}
    assert after == {**before, "public_offer": 1, "mail": 1}
    assert await counts(at_work) == after  # GET changes nothing
    assert "連携協定" in first.text
    assert "まだ何も受け付けていません" in asked.text
    assert [to for to, _ in await letters(at_work)] == ["tanto@mihon.example.jp"]
    assert {page.status_code for page in opened} == {200}
    assert "代表者の職・氏名" in opened[0].text
    assert "取り下げる" not in opened[0].text
    assert wrong.status_code == 422
    async with at_work.open_unit() as uow:
        rows = str((await uow._session.execute(text("select * from public_offer"))).all())
    assert path.rpartition("/")[2] not in rows


async def test_an_offer_is_filed_once_though_it_is_sent_ten_times_at_once(at_work: Answering) -> None:
    async with browser(at_work) as client:
        await ask(client, "tanto@mihon.example.jp")
        page = Page(client, await link(at_work))
        lacking = await page.type({**_TYPED, "name": "", "projects": [{**OFFER["projects"][0], "field": "2"}]})
        await page.type(_TYPED)
        checked = await page.open("/check")
        fields = await page.checked()
        answers = await asyncio.gather(*(page.post("/send", fields) for _ in range(10)))
        later = await page.post("/send", fields)
        done = await page.open()
    assert lacking.status_code == 422
    assert "名称" in "".join(re.findall(r"<li>.*?</li>", lacking.text, re.DOTALL))
    assert "株式会社 みほん" in checked.text
    assert {answer.status_code for answer in [*answers, later]} == {303}
    (call,) = await at_work.calls("start-case")
    assert call["process_id"] == "isesaki-signing"
    assert call["case_id"] in done.text
    (_, (to, receipt)) = await letters(at_work)
    assert to == "tanto@mihon.example.jp"
    assert "事業名: 健康教室" in receipt
    async with at_work.open_unit() as uow:
        case = await uow.cases.get(call["case_id"])
        assert case.partner is not None
        assert (case.partner.name, case.partner.email) == ("株式会社 みほん", "tanto@mihon.example.jp")
        assert [project.title for project in case.projects] == ["健康教室"]
        assert [entry.actor for entry in await uow.history.of_case(case.id)] == ["相手方（回答のページから）"]


async def test_the_page_is_limited_by_client_and_address_and_forgets_what_is_not_confirmed(at_work: Answering) -> None:
    async with browser(at_work) as client:
        pages = {(await ask(client, "a@mihon.example.jp")).text for _ in range(5)}
        states = [(await ask(client, f"{n}@mihon.example.jp")).status_code for n in range(7)]
        path = await link(at_work)
    async with browser(at_work, "192.0.2.2") as client:
        bare = await client.post("/offer/isesaki", data={"email": "b@mihon.example.jp"})
        forged = {(await client.get(f"/offer/isesaki/{word}")).text for word in ("x", path.rpartition("/")[2] + "x")}
        elsewhere = await client.get(path.replace("isesaki", "date"))
        off = [(await client.get(f"/offer/{code}")).status_code for code in ("date", "none", "..")]
    assert len(pages) == 1  # whoever asks does not learn whether the address was asked for before
    assert states == [200] * 5 + [429] * 2
    assert len([to for to, _ in await letters(at_work) if to == "a@mihon.example.jp"]) == 3
    assert bare.status_code == 403
    assert len({*forged, elsewhere.text}) == 1
    assert off == [404, 404, 404]
    at_work.registry.clock.pinned = at_work.registry.clock.now().replace(month=7)
    async with browser(at_work, "192.0.2.3") as client:
        assert (await client.get(path)).status_code == 404
    async with at_work.open_unit() as uow:
        await forget_expired(uow)
    assert (await counts(at_work))["public_offer"] == 0
    assert json.dumps(_TYPED)
