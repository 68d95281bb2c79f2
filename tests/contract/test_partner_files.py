"""Files beside a partner's answer: kept with the draft, the case's once the worker takes the answer (ALL-3)."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.kit.answering import CASE_ID, OFFER, Answering, answering
from tests.kit.attachments import LIMITS, hostile, package, pdf, png
from tests.kit.registry import registry_at
from workers.domain.answers import ATTACHMENT_KIND
from workers.runtime.answers import AnswerDelivery
from workers.usecases.answer_links import forget_expired
from workers.usecases.take_answer import DELIVER

pytestmark = pytest.mark.asyncio
_WORD = package()


@pytest_asyncio.fixture
async def at_work(database_url: str, tmp_path: Path) -> AsyncIterator[Answering]:
    async with registry_at(database_url, tmp_path) as registry:
        yield await answering(registry, LIMITS)


async def documents(at_work: Answering) -> list[tuple[str, bytes]]:
    async with at_work.open_unit() as uow:
        found = await uow.documents.of_case(CASE_ID)
        return [(d.name, await uow.documents.read(d)) for d in found if d.kind == ATTACHMENT_KIND]


async def waiting(at_work: Answering) -> int:
    from sqlalchemy import text  # noqa: PLC0415 (only here)

    async with at_work.open_unit() as uow:
        return int((await uow._session.execute(text("select count(*) from partner_file"))).scalar_one())


async def test_files_are_kept_removed_shown_sent_and_filed_with_the_case(at_work: Answering) -> None:
    path = await at_work.ask()
    async with at_work.browser(path) as page:
        assert (await page.attach(("提案.docx", _WORD), ("会場.png", png()), values=OFFER)).status_code == 303
        shown = await page.open()
        number = re.findall(r'name="remove" value="(\d+)"', shown.text)
        await page.remove(number[1])
        await page.attach(("見積.pdf", pdf()))
        assert "健康教室" not in (await page.open()).text  # what was typed goes with the files: here nothing
        await page.type(OFFER)
        checked = await page.open("/check")
        assert await documents(at_work) == []
        await page.send()
        done = await page.open()
    reminder_sees = [name in checked.text for name in ("提案.docx", "見積.pdf", "会場.png")]
    (call,) = await at_work.calls(DELIVER)
    for _ in range(2):
        await AnswerDelivery(at_work.engine, at_work.open_unit).deliver(call["answer_id"])
    assert len(number) == 2
    assert reminder_sees == [True, True, False]
    assert "添付ファイル" in done.text
    assert await documents(at_work) == [("提案.docx", _WORD), ("見積.pdf", pdf())]
    assert await waiting(at_work) == 0
    ((_, variables),) = at_work.engine.completed
    assert not [value for value in variables.values() if ".pdf" in str(value)]
    (receipt,) = await at_work.mails("answer-receipt")
    assert "添付ファイル: 提案.docx" in receipt


async def test_fifty_hostile_files_are_refused_by_name_and_what_was_typed_stays(at_work: Answering) -> None:
    path = await at_work.ask()
    async with at_work.browser(path) as page:
        for name, content in hostile():
            if not name or any(sign in name for sign in ("\x00", "\r", ":\\", '"')):
                continue  # these change on the way: tests/unit/test_attached_files.py
            answer = await page.attach((name, content), values=OFFER)
            assert answer.status_code == 422, repr(name)
            (problem,) = re.findall(r"<li>(.*?)</li>", answer.text)
            assert html.unescape(problem).isprintable(), repr(name)
            assert "健康教室" in answer.text
        assert await waiting(at_work) == 0
        many = await page.attach(*((f"{n}.pdf", pdf()) for n in range(4)))
        same = await page.attach(("0.pdf", pdf()))
        flood = await page.attach(*((f"{n}.pdf", pdf() + b"x" * 70_000) for n in range(6)))
        none = await page.attach()
    assert re.findall(r"<li>(3.pdf: .*?)</li>", many.text) == ["3.pdf: 添付できるのは3個までです"]
    assert "同じ名前のファイルがもうあります" in same.text
    assert flood.status_code in {403, 422}
    assert none.status_code == 303
    assert await waiting(at_work) == 3


async def test_files_and_draft_are_the_rounds_and_expire_with_its_links(at_work: Answering) -> None:
    """A reminder's link shows what the first one holds; once they expire nothing of it is left."""
    path = await at_work.ask()
    async with at_work.browser(path) as page:
        await page.attach(("見積.pdf", pdf()), values={"purpose": "途中まで"})
    reminder = await at_work.ask(key="again")
    async with at_work.browser(reminder) as page:
        shown = await page.open()
    at_work.registry.clock.pinned = at_work.registry.clock.now().replace(year=2027)
    async with at_work.open_unit() as uow:
        forgotten = await forget_expired(uow)
    async with at_work.open_unit() as uow:
        again = await forget_expired(uow)
    assert "途中まで" in shown.text
    assert "見積.pdf" in shown.text
    assert (forgotten, again) == (2, 0)
    assert await waiting(at_work) == 0


async def test_files_need_our_own_form_and_an_open_link(at_work: Answering) -> None:
    path = await at_work.ask()
    async with at_work.browser(path) as page:
        bare = await page.client.post(f"{path}/files", data={"word": "x"}, files=[("file", ("a.pdf", pdf()))])
        unknown = await page.client.post("/a/none/files", data={"word": "x"}, files=[("file", ("a.pdf", pdf()))])
        broken = await page.client.post(
            f"{path}/files", content=b"--x\r\nnonsense", headers={"Content-Type": "multipart/form-data; boundary=x"}
        )
        await page.type(OFFER)
        await page.send()
        late = await page.client.post(
            f"{path}/files", data={"word": await page.word(), "values": "{}"}, files=[("file", ("a.pdf", pdf()))]
        )
    assert [bare.status_code, unknown.status_code, broken.status_code] == [403, 404, 403]
    assert late.status_code in {303, 403}
    assert await waiting(at_work) == 0
