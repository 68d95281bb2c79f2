"""An answer that is confirmed while the registry is away: kept by the page server, taken when it is back (ALL-3)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
import structlog

from tests.kit.answering import CASE_ID, OFFER, TASK, Page, answering
from tests.kit.pageoutage import Outage
from tests.kit.registry import registry_at
from workers.adapters.registry.partner_answers import SqlPartnerAnswers
from workers.domain.answers import LinkEnd, SeenRound
from workers.pages.heldsends import HeldSend
from workers.pages.sending import hand_over_forever
from workers.usecases.answer_links import end_links
from workers.usecases.take_answer import DELIVER

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def outage(database_url: str, tmp_path: Path) -> AsyncIterator[Outage]:
    async with registry_at(database_url, tmp_path) as registry:
        yield Outage(await answering(registry), tmp_path / "held")


async def confirmed(page: Page) -> dict[str, str]:
    """Type an answer and return what its page of the check sends."""
    await page.type(OFFER)
    return await page.checked()


async def test_a_confirmed_answer_outlives_the_registrys_outage_and_a_restart_and_is_taken_once(outage: Outage) -> None:
    path = await outage.at_work.ask()
    async with outage.at_work.browser(path) as page:
        fields = await confirmed(page)
        outage.away = True
        for _ in range(3):  # who sends again sends the same
            shown = await page.post("/send", fields)
            assert (shown.status_code, "お預かりしました" in shown.text) == (202, True)
    assert await outage.hand_over() == 1
    outage.restart()
    assert await outage.hand_over() == 1
    outage.away = False
    assert await outage.hand_over() == 0
    assert await outage.answered()
    assert len(await outage.at_work.calls(DELIVER)) == 1
    async with outage.at_work.browser(path) as page:
        assert "受け付けました" in (await page.open()).text


async def test_what_lies_on_the_page_servers_disk_tells_nothing_and_opens_nothing(outage: Outage) -> None:
    path = await outage.at_work.ask()
    async with outage.at_work.browser(path) as page:
        fields = await confirmed(page)
        outage.away = True
        await page.post("/send", fields)
    (kept,) = (file for file in outage.folder.rglob("*") if file.is_file())
    text = kept.name + kept.read_text(encoding="utf-8")
    assert path.rpartition("/")[2] not in text
    assert str(OFFER["purpose"]) not in text
    assert kept.stat().st_mode & 0o077 == 0


async def test_a_send_without_our_page_is_not_kept(outage: Outage) -> None:
    path = await outage.at_work.ask()
    async with outage.at_work.browser(path) as page:
        fields = await confirmed(page)
    outage.away = True
    async with outage.at_work.browser(path) as stranger:
        assert (await stranger.post("/send", fields)).status_code == 503
    assert list(outage.held.waiting()) == []


async def test_where_the_office_was_first_a_held_answer_is_kept_beside_its_entry(outage: Outage) -> None:
    path = await outage.at_work.ask()
    async with outage.at_work.browser(path) as page:
        fields = await confirmed(page)
        outage.away = True
        await page.post("/send", fields)
    async with outage.at_work.open_unit() as unit:
        await end_links(unit, CASE_ID, TASK, LinkEnd.OFFICE)
    outage.away = False
    assert await outage.hand_over() == 0
    assert len(await outage.at_work.mails("answer-late")) == 1


async def test_what_was_changed_after_it_was_confirmed_is_not_sent_and_the_office_reads_so(outage: Outage) -> None:
    path = await outage.at_work.ask()
    async with outage.at_work.browser(path) as page:
        fields = await confirmed(page)
        outage.away = True
        await page.post("/send", fields)
        outage.away = False
        await page.type({**OFFER, "purpose": "あとで書き直した目的"}, action="keep")
    assert await outage.hand_over() == 1
    clock = outage.at_work.registry.clock
    (waiting,) = outage.held.waiting()
    assert outage.held.keep(replace(waiting, at=clock.now() - timedelta(hours=25)))
    assert await outage.hand_over() == 0
    assert not await outage.answered()
    async with outage.at_work.open_unit() as unit:
        assert any("預かった送信" in entry.what for entry in await unit.history.of_case(CASE_ID))


async def test_a_full_disk_and_too_many_sends_are_never_told_as_kept(
    outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await outage.at_work.ask()
    async with outage.at_work.browser(path) as page:
        fields = await confirmed(page)
        outage.away = True
        monkeypatch.setattr("workers.pages.heldsends._MOST", 0)
        full = await page.post("/send", fields)
        monkeypatch.undo()
        outage.folder.write_text("no folder", encoding="utf-8")
        broken = await page.post("/send", fields)
    assert [(one.status_code, "もう一度送る" in one.text) for one in (full, broken)] == [(503, True), (503, True)]


async def test_a_send_that_breaks_is_tried_more_rarely_and_stops_neither_the_others_nor_the_loop(
    outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.pages.sending._EVERY_SECONDS", 0.001)
    path = await outage.at_work.ask()
    async with outage.at_work.browser(path) as page:
        fields = await confirmed(page)
        outage.away = True
        await page.post("/send", fields)
    (good,) = outage.held.waiting()
    assert outage.held.keep(replace(good, token_hash="0" * 64))
    tries: list[str] = []
    seen = SqlPartnerAnswers.seen

    async def breaking(answers: SqlPartnerAnswers, token_hash: str) -> SeenRound | None:
        if token_hash != good.token_hash:
            tries.append(token_hash)
            raise ValueError(f"金糸雀 {token_hash}")
        return await seen(answers, token_hash)

    monkeypatch.setattr(SqlPartnerAnswers, "seen", breaking)
    outage.away = False
    with structlog.testing.capture_logs() as logs:
        handing_over = asyncio.create_task(hand_over_forever(outage.open_unit, outage.steps, outage.held))
        async with asyncio.timeout(30):
            while [one.token_hash for one in outage.held.waiting()] != ["0" * 64]:
                await asyncio.sleep(0)
                assert not handing_over.done()
        assert await outage.answered()
        assert len(tries) == 1
        looked: list[int] = []

        def unreadable() -> Iterator[HeldSend]:
            looked.append(1)
            raise OSError("金糸雀")

        monkeypatch.setattr(outage.held, "waiting", unreadable)
        async with asyncio.timeout(30):
            while len(looked) < 3:
                await asyncio.sleep(0)
                assert not handing_over.done()
        handing_over.cancel()
    said = str(logs)
    assert ("ValueError" in said, "OSError" in said, "金糸雀" in said) == (True, True, False)
