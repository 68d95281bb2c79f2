"""Reports that come hours later: found by the mail's own Message-ID or address, taken once, told in words (ALL-2)."""

from __future__ import annotations

import mailbox
from datetime import date
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from tests.kit import papers
from tests.kit.mailreport import report
from tests.kit.posting import posting
from tests.kit.registry import registry_at
from tests.kit.smtp import SmtpServer
from workers.adapters.registry import outbox_tables
from workers.adapters.registry.outbox_tables import QueueStatus
from workers.adapters.registry.unit_of_work import committing
from workers.domain.entities import Case
from workers.errors import InputError
from workers.jobs.forms.mail import undelivered_variables
from workers.readers.mailreports import Fate, own_address, read_reports, reason_of
from workers.runtime.returns import read_returned
from workers.usecases.returned_mails import Taken, enter_returned, take_report
from workers.usecases.send_mail import send_mail

pytestmark = pytest.mark.asyncio
CASE_ID = "isesaki-2026-1"
_MAIL = outbox_tables.mail


@pytest_asyncio.fixture
async def made(database_url: str, tmp_path: Path) -> Any:
    """Return what opens units of work of a registry with one case whose first mail was accepted."""
    async with registry_at(database_url, tmp_path) as registry:
        open_unit = committing(papers.units(registry))
        case = Case(
            id=CASE_ID,
            city="isesaki",
            process_id="isesaki-signing",
            opened_on=date(2026, 5, 1),
            partner=papers.partner(),
        )
        async with open_unit() as uow:
            await uow.cases.add(case)
            values = {"task_name": "①", "done_at": uow.clock.now()}
            await send_mail(
                uow, CASE_ID, template="offer-request", to="partner", attach=(), values=values, department=None, key="k"
            )
            await uow._session.execute(update(_MAIL).values(status=QueueStatus.SENT))
        yield open_unit


async def _mail(open_unit: Any) -> Any:
    async with open_unit() as uow:
        return (await uow._session.execute(select(_MAIL))).one()


async def _state(open_unit: Any) -> tuple[str, int, list[str]]:
    async with open_unit() as uow:
        calls = (await uow._session.execute(select(outbox_tables.engine_call))).all()
        history = [entry.what for entry in await uow.history.of_case(CASE_ID)]
    return str((await _mail(open_unit)).status), len(calls), history


async def test_a_failure_begins_the_offices_task_once(made: Any) -> None:
    """By the Message-ID; read again, and told by another report, it changes nothing more."""
    mail = await _mail(made)
    (failed,) = read_reports(report(mail.message_id))
    for expected in (Taken.UNDELIVERED, Taken.KNOWN):
        async with made() as uow:
            assert await take_report(uow, failed) is expected
    status, calls, history = await _state(made)
    assert (status, calls) == ("bounced", 1)
    assert len([what for what in history if "宛先に届かなかった" in what]) == 1
    async with made() as uow:
        kept = await uow.outbox.kept(mail.id)
    assert kept is not None
    shown = undelivered_variables(kept, "", date(2026, 6, 1))["undelivered"]
    assert "宛先のアドレスがありません（5.1.1 550 5.1.1" in shown["reason"]
    assert shown["to"] == mail.recipient


async def test_each_mail_has_an_address_of_its_own_for_reports(made: Any) -> None:
    """Where the server keeps no header of the mail; a token that was made up finds nothing."""
    mail = await _mail(made)
    right = own_address("returns@city.example", mail.id, mail.message_id)
    for to, expected in ((right.replace(".", ".0", 1)[:-1], Taken.UNKNOWN), (right, Taken.UNDELIVERED)):
        (found,) = read_reports(report("<other@mx.example>", to=to))
        async with made() as uow:
            assert await take_report(uow, found) is expected


async def test_what_is_only_late_is_noted_once(made: Any) -> None:
    """The office has nothing to do yet."""
    mail = await _mail(made)
    (late,) = read_reports(report(mail.message_id, action="delayed", status="4.4.1"))
    assert late.fate is Fate.DELAYED
    for expected in (Taken.DELAYED, Taken.KNOWN):
        async with made() as uow:
            assert await take_report(uow, late) is expected
    status, calls, history = await _state(made)
    assert (status, calls) == ("sent", 0)
    assert len([what for what in history if "まだ届いていない" in what]) == 1


async def test_a_clerk_enters_one_by_hand(made: Any) -> None:
    """For a report that came to somebody's own mailbox."""
    mail = await _mail(made)
    async with made() as uow:
        with pytest.raises(InputError, match="番号 999"):
            await enter_returned(uow, 999, "x")
        with pytest.raises(InputError, match="理由"):
            await enter_returned(uow, mail.id, "　")
        assert await enter_returned(uow, mail.id, "宛先不明で戻ってきた") is Taken.UNDELIVERED
    assert (await _state(made))[:2] == ("bounced", 1)


async def test_a_maildir_is_read_and_nothing_is_lost(made: Any, tmp_path: Path) -> None:
    """What was understood counts as read; what was not is flagged and stays, and is told by name."""
    mail = await _mail(made)
    folder = tmp_path / "Maildir"
    box = mailbox.Maildir(folder)
    away = EmailMessage()
    away["Subject"] = "不在のお知らせ"
    away.set_content("出張中です")
    for raw in (report(mail.message_id), report(mail.message_id), report("<nobody@x>"), away.as_bytes(), b"\xff\xfe"):
        box.add(mailbox.MaildirMessage(raw))
    found = await read_returned(made, folder)
    assert found.taken == {Taken.UNDELIVERED: 1, Taken.KNOWN: 1}
    assert len(found.not_understood) == 3
    flags = sorted(box.get_message(key).get_flags() for key in mailbox.Maildir(folder).iterkeys())
    assert flags == ["F", "F", "F", "S", "S"]
    again = await read_returned(made, folder)
    assert (again.taken, again.not_understood) == ({}, [])
    assert (await _state(made))[:2] == ("bounced", 1)


async def test_a_file_with_one_mail_or_many_is_read(made: Any, tmp_path: Path) -> None:
    """An mbox, or a mail saved as a file; a folder that is no Maildir is told."""
    mail = await _mail(made)
    (tmp_path / "one.eml").write_bytes(report(mail.message_id, action="delayed", status="4.4.1"))
    box = mailbox.mbox(tmp_path / "many.mbox")
    box.add(report(mail.message_id))
    box.add(report("<nobody@x>"))
    box.close()
    assert (await read_returned(made, tmp_path / "one.eml")).taken == {Taken.DELAYED: 1}
    found = await read_returned(made, tmp_path / "many.mbox")
    assert (found.taken, len(found.not_understood)) == ({Taken.UNDELIVERED: 1}, 1)
    with pytest.raises(InputError, match="Maildir ではありません"):
        await read_returned(made, tmp_path)
    with pytest.raises(InputError, match="読めません"):
        await read_returned(made, tmp_path / "none")


async def test_the_server_sees_the_mails_own_address(database_url: str, tmp_path: Path) -> None:
    """The envelope's sender, not the From that people see (a real SMTP server)."""
    with SmtpServer() as server:
        async with posting(database_url, tmp_path, server, mail_returns="returns@city.example.jp") as post:
            async with post.sending():
                await post.enqueue("a", "b")
                await post.sent_once(server, "a", "b")
            senders = {mail.sender for mail in server.accepted}
            queued = [await post.mail(name) for name in "ab"]
    assert senders == {own_address("returns@city.example.jp", mail.id, mail.message_id) for mail in queued}
    assert len(senders) == 2


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("5.1.1", "宛先のアドレスがありません"),
        ("5.2.2", "いっぱいです"),
        ("5.7.26", "差出人の確認"),
        ("5.1.99", "宛先のアドレスに誤り"),
        ("", "宛先に届きませんでした"),
        ("9.9", "宛先に届きませんでした"),
    ],
)
async def test_the_reason_is_japanese(status: str, told: str) -> None:
    """By the enhanced status code (RFC 3463)."""
    assert told in reason_of(status)


@pytest.mark.parametrize("raw", [b"", b"\0" * 100, b"Content-Type: multipart/report\r\n\r\n", report("")[:300]])
async def test_what_is_no_report_is_none(raw: bytes) -> None:
    """Nothing of it raises."""
    assert read_reports(raw) == []
