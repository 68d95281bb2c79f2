"""The page on which a partner answers, from the mail to the answer that the registry keeps (ALL-2, ALL-3, ALL-10)."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
import pytest_asyncio
import structlog
from sqlalchemy import text, update

from tests.kit.answering import CASE_ID, OFFER, PAGES_URL, TASK, Answering, Engine, answering
from tests.kit.registry import registry_at, some_job
from workers.adapters.mail.renderer import JinjaMails
from workers.adapters.registry.partner_answers import SqlPartnerAnswers
from workers.adapters.registry.partner_tables import partner_link
from workers.domain.answers import PARTNER_USER, LinkEnd, PartnerAnswer
from workers.domain.wareki import format_wareki
from workers.errors import PermanentError, RetryableError
from workers.runtime.answers import AnswerDelivery
from workers.usecases.answer_links import LINK_LATER
from workers.usecases.ports import RenderedMail
from workers.usecases.record_act import record_act
from workers.usecases.review_mail import MailDecision, finish_mail, prepare_mail
from workers.usecases.take_answer import DELIVER, LATE

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def at_work(database_url: str, tmp_path: Path) -> AsyncIterator[Answering]:
    async with registry_at(database_url, tmp_path) as registry:
        yield await answering(registry)


async def sent(at_work: Answering, path: str) -> None:
    async with at_work.browser(path) as page:
        assert (await page.type(OFFER)).headers["location"] == f"{path}/check"
        assert (await page.send()).headers["location"] == path


async def deliver(at_work: Answering) -> None:
    for payload in await at_work.calls(DELIVER):
        await AnswerDelivery(at_work.engine, at_work.open_unit).deliver(payload["answer_id"])


async def completed_by_the_office(at_work: Answering) -> None:
    """Let the listener of the task report a completion in Tasklist."""
    at_work.engine.is_open = False
    at_work.engine.completed.append(("sato", {}))
    job = some_job()
    async with at_work.open_unit() as uow:
        ref = type(job)(**{**vars(job), "element_id": TASK})
        await record_act(uow, case_id=CASE_ID, process_id="isesaki-signing", loop=None, ref=ref)


async def test_the_answer_is_checked_shown_once_more_taken_and_delivered_with_the_forms_variables(
    at_work: Answering,
) -> None:
    """Blanks are trimmed, digits folded, the emptied list is there, a count is computed, no other key arrives."""
    path = await at_work.ask()
    async with at_work.browser(path) as page:
        shown = await page.open()
        await page.type(OFFER)
        checked = await page.open("/check")
        await page.send()
        done = await page.open()
    await deliver(at_work)
    assert "内部" not in shown.text  # the form does not read it
    assert [shown.status_code, checked.status_code, done.status_code] == [200, 200, 200]
    assert "令和8年6月1日（月）" in checked.text
    assert "健康教室" in checked.text
    assert "受け付けました" in done.text
    ((who, variables),) = at_work.engine.completed
    assert who == PARTNER_USER
    assert variables == {
        "filing": "file",
        "offeredOn": "2026/6/1",
        "purpose": "市の子育てを支えるため",
        "fields": ["1", "4", "7"],
        "projects": [{"field": "1", "title": "健康教室", "content": "公民館で\n月に一度", "costToCity": False}],
        "projectsCount": 1,
        "records": [],
        "recordsCount": 0,
        "other": "",
    }
    (receipt,) = await at_work.mails("answer-receipt")
    assert "事業名: 健康教室" in receipt
    assert not await at_work.calls("publish-message")


async def test_opening_a_link_changes_nothing_and_only_the_words_hash_is_kept(at_work: Answering) -> None:
    path = await at_work.ask()

    async def everything() -> list[object]:
        async with at_work.open_unit() as uow:
            tables = ("partner_link", "partner_answer", "history", "mail", "engine_call")
            return [(await uow._session.execute(text(f"select * from {table}"))).all() for table in tables]  # noqa: S608

    before = await everything()
    for _ in range(3):
        async with at_work.browser(path) as page:
            await page.open()
            await page.open("/check")
    assert await everything() == before
    assert path.removeprefix("/a/") not in str(before[0])


async def test_mistakes_are_named_in_japanese_with_field_and_row_and_nothing_is_lost(at_work: Answering) -> None:
    path = await at_work.ask()
    wrong = {
        **OFFER,
        "offeredOn": "令和8年2月30日",
        "purpose": "　",
        "fields": ["1", "99"],
        "projects": [{**OFFER["projects"][0], "title": "長" * 121}, {"content": "内容だけ"}],
    }
    async with at_work.browser(path) as page:
        answer = await page.type(wrong)
        empty = await page.type({**OFFER, "projects": []})
    found = re.findall(r"<li>(.*?)</li>", answer.text)
    assert answer.status_code == 422
    assert [problem for problem in found if "ない日付" in problem]
    assert "「1 目的」: 入力してください" in found
    assert [problem for problem in found if problem.startswith("2 連携事項案") and "選べるもの" in problem]
    assert [problem for problem in found if problem.startswith("3 連携事業の提案 1件目の") and "120文字" in problem]
    assert "3 連携事業の提案 2件目の「事業名」: 入力してください" in found
    assert "内容だけ" in answer.text
    assert re.findall(r"<li>(.*?)</li>", empty.text) == ["連携事業を1件以上入れてください"]
    assert not await at_work.calls(DELIVER)


async def test_hidden_fields_are_no_part_of_the_answer(at_work: Answering) -> None:
    path = await at_work.ask()
    async with at_work.browser(path) as page:
        await page.type({**OFFER, "filing": "withdraw"})
        await page.send()
    await deliver(at_work)
    ((_, variables),) = at_work.engine.completed
    assert variables == {"filing": "withdraw", "projectsCount": 1, "recordsCount": 0}


async def test_a_link_that_is_opened_before_its_step_says_so_and_until_when_it_can_be_used(at_work: Answering) -> None:
    """An engine that is away keeps words of its own; a case that was closed has none to wait for."""
    path = await at_work.ask()
    at_work.engine.is_open = False
    async with at_work.browser(path) as page:
        early = await page.open()
        at_work.engine.away = True
        away = await page.open()
        at_work.engine.away = False
        async with at_work.open_unit() as uow:
            (await uow.cases.get(CASE_ID)).closed_on = date(2026, 6, 30)
            link = (await uow.answers.open_links(CASE_ID, TASK))[-1]
        over = await page.open()
        at_work.engine.is_open = True
        ready = await page.open()
    assert [page.status_code for page in (early, away, over, ready)] == [409, 503, 409, 200]
    assert "いまは回答できません" in early.text
    assert f"リンクは{format_wareki(link.expires_at.date(), weekday=True)}まで使えます" in early.text
    assert "お問い合わせ: 伊勢崎市" in early.text
    assert "いまは表示できません" in away.text
    assert "手続は令和8年6月30日（火）に終わりました" in over.text


async def test_ten_at_once_and_one_later_are_one_answer_and_the_others_are_told(at_work: Answering) -> None:
    """B6: one answer, one receipt, one advance."""
    path = await at_work.ask()
    async with at_work.browser(path) as page:
        await page.type(OFFER)
        fields = await page.checked()
        answers = await asyncio.gather(*(page.post("/send", fields) for _ in range(10)))
        later = await page.post("/send", fields)
        shown = await page.open(later.headers["location"].removeprefix(path))
    await deliver(at_work)
    await deliver(at_work)
    assert {answer.status_code for answer in [*answers, later]} == {303}
    assert "すでに回答を受け付けています" in shown.text
    assert len(at_work.engine.completed) == len(await at_work.mails("answer-receipt")) == 1


async def test_the_offices_entry_ends_the_link_which_says_so_and_what_was_typed_is_kept_beside_it(
    at_work: Answering,
) -> None:
    """Whoever opens the link reads by whom and when; whoever had typed already is heard: nothing is discarded."""
    path = await at_work.ask()
    async with at_work.browser(path) as page, at_work.browser(path) as other:
        await page.type(OFFER)
        fields = await page.checked()
        await completed_by_the_office(at_work)
        ended = await other.open()
        checked = await page.open("/check")
        answers = await asyncio.gather(*(page.post("/send", fields) for _ in range(3)))
        shown = await page.open()
    assert "戦略推進課が、令和8年6月1日（月）08時30分に入力を済ませました" in ended.text
    assert 'id="form"' not in ended.text
    assert "送ると戦略推進課が確かめます" in checked.text
    assert {answer.status_code for answer in answers} == {303}
    assert "戦略推進課が令和8年6月1日（月）08時30分に、先に入力を済ませていました" in shown.text
    await deliver(at_work)
    assert [who for who, _ in at_work.engine.completed] == ["sato"]
    assert len(await at_work.calls("publish-message")) == len(await at_work.mails("answer-late")) == 1
    assert not await at_work.mails("answer-receipt")
    assert (await at_work.ask(key="again")) != path  # the step asked for again has a link of its own


@pytest.mark.parametrize("noticed", ["by the listener", "by the engine's refusal"])
async def test_an_answer_that_came_second_is_a_task_of_the_office(at_work: Answering, noticed: str) -> None:
    path = await at_work.ask()
    await sent(at_work, path)
    if noticed == "by the listener":
        await completed_by_the_office(at_work)
    else:
        at_work.engine.is_open, find = True, at_work.engine.find

        async def lagging(**wanted: str) -> object:
            found = await find(**wanted)
            at_work.engine.is_open = False
            return found

        at_work.engine.find = lagging  # type: ignore[assignment,method-assign]
    await deliver(at_work)
    await deliver(at_work)
    (message,) = await at_work.calls("publish-message")
    (told,) = await at_work.mails("answer-late")
    async with at_work.browser(path) as page:
        shown = await page.open()
    assert (message["name"], message["variables"]["caseId"]) == (LATE, CASE_ID)
    assert "先に入力を済ませていました" in told
    assert "先に入力を済ませていました" in shown.text
    assert PARTNER_USER not in [who for who, _ in at_work.engine.completed]


async def test_an_answer_whose_receipt_cannot_be_made_is_delivered_all_the_same(
    at_work: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sent(at_work, await at_work.ask())

    def broken(*_arguments: object) -> RenderedMail:
        raise PermanentError("no such template")

    monkeypatch.setattr(JinjaMails, "render", broken)
    with structlog.testing.capture_logs() as logs:
        await deliver(at_work)
    assert [who for who, _ in at_work.engine.completed] == [PARTNER_USER]
    assert "a receipt could not be made" in [entry["event"] for entry in logs]


async def test_the_office_that_is_first_while_an_answer_is_written_makes_that_answer_the_second(
    at_work: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The link was open when it was read, and is not any more when it is to be ended."""
    path = await at_work.ask()
    take = SqlPartnerAnswers.take

    async def office_first(answers: SqlPartnerAnswers, answer: PartnerAnswer) -> int | None:
        number = await take(answers, answer)
        at = at_work.registry.clock.now()
        office = update(partner_link).values(end=LinkEnd.OFFICE, ended_at=at, version=partner_link.c.version + 1)
        await answers._session.execute(office)
        return number

    monkeypatch.setattr(SqlPartnerAnswers, "take", office_first)
    await sent(at_work, path)
    assert len(await at_work.calls("publish-message")) == len(await at_work.mails("answer-late")) == 1
    await deliver(at_work)
    assert not at_work.engine.completed
    assert not await at_work.mails("answer-receipt")


async def test_an_answer_is_kept_while_the_engine_is_away_and_delivered_once_though_a_reply_is_lost(
    at_work: Answering,
) -> None:
    path = await at_work.ask()
    async with at_work.browser(path) as page:
        await page.open()
        await page.type(OFFER)
        at_work.engine.away = True
        assert (await page.send()).headers["location"] == path
    with pytest.raises(RetryableError):
        await deliver(at_work)
    at_work.engine.away, at_work.engine.breaks = False, 1
    with pytest.raises(RetryableError):
        await deliver(at_work)
    await deliver(at_work)
    assert len(at_work.engine.completed) == 1
    assert not await at_work.mails("answer-late")


async def test_a_thousand_words_that_are_none_open_nothing_and_look_alike(at_work: Answering) -> None:
    """Forged, altered and expired ones; who guesses on is refused, others are not."""
    path = await at_work.ask()
    token = path.removeprefix("/a/")
    words = [secrets.token_urlsafe(32) for _ in range(500)]
    words += [token[:n] + ("A" if token[n] != "A" else "B") + token[n + 1 :] for n in range(len(token))]
    words += [token[:-n] for n in range(1, 40)] + [token + "x", token.upper(), token.lower(), "x" * 5000]
    words += [secrets.token_hex(16) for _ in range(1000 - len(words))]
    pages: set[str] = set()
    for number, word in enumerate(words):
        async with at_work.browser(f"/a/{word}", address=f"198.51.100.{number // 10}") as page:
            answer = await page.open()
        pages.add(answer.text)
        assert answer.status_code == 404
    async with at_work.browser(f"/a/{words[0]}", address="203.0.113.9") as page:
        states = [(await page.open()).status_code for _ in range(25)]
    at_work.registry.clock.pinned = at_work.registry.clock.now().replace(year=2027)
    async with at_work.browser(path) as page:
        expired = await page.open()
    assert len(pages) == 1
    assert (expired.status_code, {expired.text}) == (404, pages)
    assert states == [404] * 20 + [429] * 5
    assert "伊勢崎" not in expired.text


async def test_a_form_of_another_browser_or_of_a_scanner_is_refused(at_work: Answering) -> None:
    path = await at_work.ask()
    async with at_work.browser(path) as mine, at_work.browser(path) as other:
        word = await mine.word()
        assert (await other.post("", {"word": word, "action": "keep", "values": "{}"})).status_code == 403
        assert (await mine.post("/send", {})).status_code == 403
        large = await mine.post("", {"word": word, "action": "keep", "values": "x" * 1_100_000})
    assert large.status_code == 403


async def test_a_draft_is_kept_and_every_page_is_closed_to_others(at_work: Answering) -> None:
    path = await at_work.ask()
    async with at_work.browser(path) as page:
        await page.type({"filing": "file", "purpose": "途中</script><b>"}, action="keep")
    async with at_work.browser(path) as elsewhere:
        shown = await elsewhere.open()
    assert "途中" in shown.text
    assert "</script><b>" not in shown.text
    policy = shown.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert shown.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in shown.headers["x-robots-tag"]


async def test_without_an_address_a_mail_carries_no_link(at_work: Answering) -> None:
    async with at_work.open_unit() as uow:
        uow.pages_url = ""
        from workers.usecases.send_mail import send_mail  # noqa: PLC0415 (only here)

        await send_mail(
            uow,
            CASE_ID,
            template="offer-request",
            to="partner",
            attach=(),
            values={},
            department=None,
            key="k",
            page=TASK,
        )
    (mail,) = await at_work.mails("offer-request")
    assert "/a/" not in mail
    assert PAGES_URL not in mail


async def test_the_first_page_is_small(at_work: Answering) -> None:
    """At most 400 KB as browsers fetch it."""
    path = await at_work.ask()
    async with at_work.browser(path) as page:
        shown = await page.open()
        size = len(shown.content)
        for name in re.findall(r'(?:src|href)="(/static/[^"]+\.(?:js|css))"', shown.text):
            async with page.client.stream("GET", name, headers={"Accept-Encoding": "gzip"}) as response:
                assert response.headers["content-encoding"] == "gzip"
                size += sum([len(part) async for part in response.aiter_raw()])
    assert 100_000 < size <= 400_000
    assert isinstance(at_work.engine, Engine)


async def test_a_reviewed_mails_link_is_made_when_it_leaves_and_not_where_the_office_took_it_out(
    at_work: Answering,
) -> None:
    """Whoever reads a draft cannot answer for the partner."""
    values = {"message": "", "failed_conditions": []}
    for key, body in (("with", None), ("without", "本文だけ\n")):
        async with at_work.open_unit() as uow:
            draft, _ = await prepare_mail(
                uow, CASE_ID, template="offer-correction", attach=(), values=values, key=key, page=TASK
            )
            assert LINK_LATER in draft.body
            assert PAGES_URL not in draft.body
            assert draft.id is not None
            decided = MailDecision(choice="send", subject=draft.subject, body=body or draft.body)
            await finish_mail(uow, draft.id, decided, may_return=True, page=TASK)
    first, second = await at_work.mails("offer-correction")
    assert LINK_LATER not in first
    assert f"{PAGES_URL}/a/" in first
    assert PAGES_URL not in second
