"""A mail that a partner did not get is a task of the office, on the real engine (ALL-2)."""

from __future__ import annotations

import mailbox
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.kit.desk import PACKS, Office, office, starting_files
from tests.kit.driver import EngineDriver
from tests.kit.mail import Mail
from tests.kit.mailreport import report
from tests.kit.smtp import HOST, SmtpServer, Stage
from workers.adapters.registry import outbox_tables
from workers.adapters.registry.outbox import utc_now
from workers.adapters.registry.outbox_tables import QueueStatus
from workers.adapters.registry.queue import FollowUp
from workers.readers.offerfile import read_offer
from workers.runtime.returns import read_returned
from workers.runtime.sender import BOUNCED
from workers.settings import Settings
from workers.usecases.open_case import file_case
from workers.usecases.returned_mails import Taken
from workers.usecases.send_mail import send_mail

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]
_MAIL = outbox_tables.mail.c


async def _first_mail(at_work: Office) -> str:
    """Write a case's first mail and return the case's number."""
    city = at_work.services.packs.city("isesaki")
    path = PACKS / "isesaki" / "scenarios" / "offer-mimamori.toml"
    async with at_work.services.open_unit() as uow:
        case = await file_case(uow, city, read_offer(path, city, at_work.driver.clock.today()))
        await send_mail(
            uow,
            case.id,
            template="offer-request",
            to="partner",
            attach=(),
            values={},
            department=None,
            key="first",
        )
    return case.id


async def _refused_mail(at_work: Office, *, bounced: bool) -> str:
    """Send a case's first mail, let the partner's server refuse it, and return the case's number."""
    case_id = await _first_mail(at_work)
    (mail,) = await at_work.services.mails.list(case_id=case_id)
    sending = {"status": QueueStatus.SENDING, "lease_owner": "a sender", "lease_until": utc_now() + timedelta(hours=1)}
    async with at_work.services.engine.begin() as connection:  # the worker's own sender finds no server
        await connection.execute(update(outbox_tables.mail).where(_MAIL.id == mail.id).values(**sending))
    call = FollowUp(business_key=f"{BOUNCED}:{mail.id}:1", kind=BOUNCED, payload={"mail_id": mail.id})
    assert await at_work.services.mails.failed(mail.id, "550 5.1.1 no such user", bounced, follow_up=call)
    return case_id


async def test_a_refused_mail_is_sent_again_to_a_mended_address(driver: EngineDriver, settings: Settings) -> None:
    """The office reads why; an address that is none comes back as typed; text and documents leave unchanged."""
    await driver.deploy(starting_files())
    async with office(driver, settings) as at_work:
        case_id = await _refused_mail(at_work, bounced=True)
        task = await driver.task("Task_Handle")
        group = at_work.services.packs.city("isesaki").office.group
        shown = dict(task.variables)
        await driver.complete_task(task, {"undeliveredChoice": "resend", "newAddress": "だれか"})
        again = await driver.task("Task_Handle", instance=task.process_instance_key)
        returned = dict(again.variables)
        await driver.complete_task(again, {"undeliveredChoice": "resend", "newAddress": "atarashii@mihon.example"})
        await driver.completed(task.process_instance_key)
        async with at_work.services.open_unit() as uow:
            case = await uow.cases.get(case_id)
            history = [entry.what for entry in await uow.history.of_case(case_id)]
            query = select(_MAIL.recipient, _MAIL.raw).where(_MAIL.case_id == case_id).order_by(_MAIL.id)
        async with at_work.services.engine.connect() as connection:
            first, second = (await connection.execute(query)).all()
    assert (task.candidate_groups, shown["mailTitle"], shown["mailTo"]) == (
        [group],
        "申出の手順の案内",
        first.recipient,
    )
    assert "受け取りを断りました。\n550 5.1.1 no such user" in shown["failureReason"]
    assert shown["newAddress"] == first.recipient
    assert "メールアドレスの形" in returned["formError"]
    assert (returned["newAddress"], returned["undeliveredChoice"]) == ("だれか", "resend")
    assert case.partner is not None
    assert second.recipient == case.partner.email == "atarashii@mihon.example"
    assert any("が宛先に届かなかった" in what for what in history)
    assert "届かなかったメールを、宛先を直して送り直した: 申出の手順の案内" in history
    old, new = (message_from_bytes(row.raw, policy=SMTP) for row in (first, second))
    assert (old["Subject"], old["Message-ID"] == new["Message-ID"]) == (new["Subject"], False)
    assert new["To"].addresses[0].addr_spec == "atarashii@mihon.example"
    assert new["To"].addresses[0].display_name == old["To"].addresses[0].display_name
    assert [part.get_payload(decode=True) for part in old.walk()] == [
        part.get_payload(decode=True) for part in new.walk()
    ]


async def test_what_was_told_otherwise_is_recorded(driver: EngineDriver, settings: Settings) -> None:
    """A mail that could not leave in time is told by telephone; nothing is sent, the account is in the history."""
    await driver.deploy(starting_files())
    async with office(driver, settings) as at_work:
        case_id = await _refused_mail(at_work, bounced=False)
        task = await driver.task("Task_Handle")
        assert "期限までに送れませんでした" in task.variables["failureReason"]
        await driver.complete_task(task, {"undeliveredChoice": "told", "howTold": "　"})
        again = await driver.task("Task_Handle", instance=task.process_instance_key)
        assert "どう伝えたか" in again.variables["formError"]
        await driver.complete_task(again, {"undeliveredChoice": "told", "howTold": "6月2日に電話で担当の方に伝えた"})
        await driver.completed(task.process_instance_key)
        mails = await at_work.services.mails.list(case_id=case_id)
        async with at_work.services.open_unit() as uow:
            history = [entry.what for entry in await uow.history.of_case(case_id)]
    assert len(mails) == 1
    assert any("6月2日に電話で担当の方に伝えた" in what for what in history)


@dataclass
class _Posted:
    """A case's first mail to its partner, as the SMTP server took it."""

    at_work: Office
    sink: SmtpServer
    case_id: str
    recipient: str

    async def handle(self, driver: EngineDriver, *, reason: str) -> None:
        """Read the office's task, mend the address, and wait for the same mail there."""
        task = await driver.task("Task_Handle", where=lambda one: one.variables.get("caseId") == self.case_id)
        assert task.variables["mailTo"] == self.recipient
        assert reason in task.variables["failureReason"]
        await driver.complete_task(task, {"undeliveredChoice": "resend", "newAddress": "atarashii@mihon.example"})
        await driver.completed(task.process_instance_key)
        await self.sink.wait(lambda _: self.sink.of("atarashii@mihon.example"))


@asynccontextmanager
async def _posted(driver: EngineDriver, settings: Settings, sink: SmtpServer) -> AsyncIterator[_Posted]:
    """Send a case's first mail over SMTP, with an address of its own for what comes back."""
    await driver.deploy(starting_files())
    given = {"smtp_host": HOST, "smtp_port": sink.port, "mail_returns": "returns@city.example"}
    async with office(driver, settings.model_copy(update=given)) as at_work:
        case_id = await _first_mail(at_work)
        async with at_work.services.open_unit() as uow:
            partner = (await uow.cases.get(case_id)).partner
        assert partner is not None
        yield _Posted(at_work, sink, case_id, partner.email)


@pytest.mark.parametrize("found_by", ["Message-ID", "envelope"])
async def test_a_report_that_comes_hours_later_is_the_offices_task_and_the_mail_goes_to_the_mended_address(
    found_by: str, driver: EngineDriver, settings: Settings, tmp_path: Path
) -> None:
    """The mail server took the mail; its report lies in the Maildir, with or without the mail's headers."""
    box = mailbox.Maildir(tmp_path / "returns", create=True)
    with SmtpServer() as sink:
        async with _posted(driver, settings, sink) as posted:
            (first,) = await sink.wait(lambda _: sink.of(posted.recipient))
            known = first.message_id if found_by == "Message-ID" else "<none@mx.example>"
            to = first.sender if found_by == "envelope" else "postmaster@city.example"
            box.add(report(known, to=to, recipient=posted.recipient))
            reading = await read_returned(posted.at_work.services.open_unit, tmp_path / "returns")
            await posted.handle(driver, reason="宛先のアドレスがありません（5.1.1")
            box.add(report(known, to=to, recipient=posted.recipient))  # the server says it again
            again = await read_returned(posted.at_work.services.open_unit, tmp_path / "returns")
            await driver.settled()
            tasks = driver.records.open_tasks("Task_Handle")
            (second,) = sink.of("atarashii@mihon.example")
    assert (reading.taken, again.taken) == ({Taken.UNDELIVERED: 1}, {Taken.KNOWN: 1})
    assert tasks == []
    assert {message.get_flags() for message in box} == {"S"}
    assert first.subject == second.subject
    assert first.sender != second.sender  # each mail's own, so that a report finds it
    assert second.sender.startswith("returns+")
    assert _attached(first) == _attached(second) != []


async def test_a_refusal_at_once_is_the_offices_task(driver: EngineDriver, settings: Settings) -> None:
    """The server says 550 to the recipient: no waiting, no trying again; the next mail goes to the mended address."""
    with SmtpServer() as sink:
        refused = sink.fail(Stage.RCPT, "550 5.1.1 no such user here")
        async with _posted(driver, settings, sink) as posted:
            task = await driver.task("Task_Handle", where=lambda one: one.variables.get("caseId") == posted.case_id)
            sink.heal()
            await posted.handle(driver, reason="550 5.1.1 no such user here")
            async with posted.at_work.services.open_unit() as uow:
                case = await uow.cases.get(posted.case_id)
    assert task.variables["mailTo"] == posted.recipient
    assert refused.struck == 1
    assert sink.of(posted.recipient) == []
    assert case.partner is not None
    assert case.partner.email == "atarashii@mihon.example"


def _attached(mail: Mail) -> list[tuple[str | None, Any]]:
    return [(part.get_filename(), part.get_payload(decode=True)) for part in mail.message.iter_attachments()]
