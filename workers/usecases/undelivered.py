"""A mail that a partner did not get is a task of the office: send it again, or tell the partner otherwise (ALL-2)."""

from __future__ import annotations

from typing import Final

from workers.domain.entities import Case
from workers.errors import InputError, PermanentError
from workers.usecases.journal import note
from workers.usecases.lookup import agreement_of
from workers.usecases.ports import KeptMail, UnitOfWork
from workers.variables import named

MESSAGE: Final = "common-mail-undelivered"
"""The message that begins the office's task; correlated by the mail's Message-ID, which no other registry has."""

_TO_PARTNER: Final = ":partner:"


async def report_undelivered(uow: UnitOfWork, mail_id: int) -> None:
    """Tell the case's history of a mail that was given up; one to the partner begins the office's task, once."""
    mail = await kept_mail(uow, mail_id)
    if not mail.case_id:
        return  # a digest belongs to no case; the list of mails has it
    title = uow.outbox.title(mail.city, mail.kind)
    await note(uow, mail.case_id, f"メール「{title}」（番号 {mail.id}）が{_what(mail)}。宛先を確かめてください")
    if _TO_PARTNER in mail.business_key:
        await uow.outbox.engine_call(
            business_key=f"undelivered:{mail.id}",
            kind="publish-message",
            payload={
                "name": MESSAGE,
                "correlation_key": mail.message_id,
                "message_id": f"{MESSAGE}:{mail.message_id}",
                "variables": named(case_id=mail.case_id, mail_id=mail.id),
            },
        )


async def send_again(uow: UnitOfWork, case_id: str, mail_id: int, address: str, *, key: str) -> None:
    """Send a mail again; ``key`` says which step this is. Raises InputError for an address that is none."""
    case, mail = await uow.cases.get(case_id), await kept_mail(uow, mail_id)
    await uow.outbox.send_again(mail.id, recipient=address, business_key=f"{mail.business_key}:again:{key}")
    mended = await _mend_address(uow, case, mail.recipient, address)
    title = uow.outbox.title(mail.city, mail.kind)
    await note(uow, case.id, f"届かなかったメールを{'、宛先を直して' if mended else ''}送り直した: {title}")


async def send_once_more(uow: UnitOfWork, case_id: str, mail_id: int, address: str) -> None:
    """Send a mail of a case once more because somebody at the desk says so; raises InputError for a bad address."""
    mail = await kept_mail(uow, mail_id)
    number = await uow.counters.draw(f"again:{mail.id}")
    await uow.outbox.send_again(mail.id, recipient=address, business_key=f"{mail.business_key}:again:desk-{number}")
    await note(uow, case_id, f"メールをもう一度送った: {uow.outbox.title(mail.city, mail.kind)}")


async def note_told(uow: UnitOfWork, case_id: str, mail_id: int, how: str) -> None:
    """Record how the partner was told otherwise; raises InputError for an empty account."""
    mail = await kept_mail(uow, mail_id)
    if not how:
        raise InputError("伝えた方法", "いつ、だれに、どう伝えたかを書いてください")
    title = uow.outbox.title(mail.city, mail.kind)
    await note(uow, case_id, f"届かなかったメールの内容を、ほかの方法で伝えた: {title}（{how}）")


async def kept_mail(uow: UnitOfWork, mail_id: int) -> KeptMail:
    """Return a mail of the outbox; raises PermanentError where there is none."""
    mail = await uow.outbox.kept(mail_id)
    if mail is None:
        raise PermanentError(f"メール {mail_id} が台帳にありません")
    return mail


def _what(mail: KeptMail) -> str:
    return "宛先に届かなかった" if mail.bounced else "期限までに送れなかった"


async def _mend_address(uow: UnitOfWork, case: Case, old: str, new: str) -> bool:
    """Keep the new address with the case and its agreement, so that the next mail goes there, too."""
    if new == old:
        return False
    for holder in (case, await agreement_of(uow, case)):
        if holder and holder.partner and holder.partner.email == old:
            holder.partner.email = new
    return True
