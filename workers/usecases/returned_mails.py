"""A report that comes hours after a mail was taken: for good, it begins the office's task; else it is noted (ALL-2)."""

from __future__ import annotations

from enum import StrEnum

from workers.domain.text import multi_line
from workers.errors import InputError
from workers.readers.mailreports import Fate, MailReport, token_of
from workers.usecases.journal import note
from workers.usecases.ports import KeptMail, UnitOfWork
from workers.usecases.undelivered import report_undelivered


class Taken(StrEnum):
    """What was done with a report."""

    UNDELIVERED = "undelivered"
    DELAYED = "delayed"
    KNOWN = "known"
    UNKNOWN = "unknown"
    NOTHING = "nothing"


async def take_report(uow: UnitOfWork, report: MailReport) -> Taken:
    """Do what a report asks for, once: the same report again, or one of a mail dealt with before, changes nothing."""
    mail = await _reported(uow, report)
    if mail is None:
        return Taken.UNKNOWN
    if report.fate is Fate.FAILED:
        return await _give_up(uow, mail, report.reason)
    if report.fate is Fate.DELAYED and mail.case_id:
        title = uow.outbox.title(mail.city, mail.kind)
        what = f"メール「{title}」（番号 {mail.id}）は、まだ届いていない。宛先のメールサーバーが送り直しを続けている"
        if any(entry.what == what for entry in await uow.history.of_case(mail.case_id)):
            return Taken.KNOWN
        await note(uow, mail.case_id, what)
        return Taken.DELAYED
    return Taken.NOTHING


async def enter_returned(uow: UnitOfWork, mail_id: int, reason: str) -> Taken:
    """Take what a clerk has read of a mail that came back; raises InputError for an unknown number, or no reason."""
    mail = await uow.outbox.kept(mail_id)
    if mail is None:
        raise InputError("--mail", f"番号 {mail_id} のメールはありません（番号は renkei mails に出ます）")
    why = multi_line(reason, "--reason", maximum=500)
    if not why:
        raise InputError("--reason", "届かなかった理由を書いてください")
    return await _give_up(uow, mail, why)


async def _give_up(uow: UnitOfWork, mail: KeptMail, reason: str) -> Taken:
    if not await uow.outbox.returned(mail.id, reason):
        return Taken.KNOWN
    await report_undelivered(uow, mail.id)
    return Taken.UNDELIVERED


async def _reported(uow: UnitOfWork, report: MailReport) -> KeptMail | None:
    """Return the mail that a report is about: by its Message-ID, else by the address the report came to."""
    for message_id in report.message_ids:
        if (mail := await uow.outbox.with_message_id(message_id)) is not None:
            return mail
    if report.own_address is None:
        return None
    number, token = report.own_address
    mail = await uow.outbox.kept(number)
    return mail if mail is not None and token_of(mail.message_id) == token else None
