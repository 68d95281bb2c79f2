"""A mail that a partner did not get is a task of the office: send it again, or tell the partner otherwise (ALL-2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from workers.domain.business_days import add_business_days
from workers.domain.entities import Case
from workers.domain.jst import at
from workers.domain.text import multi_line, single_line
from workers.errors import InputError, PermanentError
from workers.usecases.journal import note
from workers.usecases.lookup import agreement_of, case_title
from workers.usecases.ports import KeptMail, UnitOfWork

MESSAGE: Final = "common-mail-undelivered"
"""The message that begins the office's task; correlated by the mail's Message-ID, which no other registry has."""

_DAYS: Final = 2
_TO_PARTNER: Final = ":partner:"


async def report_undelivered(uow: UnitOfWork, mail_id: int) -> None:
    """Tell the case's history of a mail that was given up; one to the partner begins the office's task, once."""
    mail = await _kept(uow, mail_id)
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
                "variables": {"caseId": mail.case_id, "mailId": mail.id},
            },
        )


async def load_undelivered(uow: UnitOfWork, case_id: str, mail_id: int) -> dict[str, Any]:
    """Return what the office's form shows of a mail that did not arrive, and until when it is to be dealt with."""
    case, mail = await uow.cases.get(case_id), await _kept(uow, mail_id)
    city = uow.cities.city(case.city)
    return {
        "caseTitle": case_title(case),
        "officeGroup": city.office.group,
        "undelivered": {
            "title": uow.outbox.title(mail.city, mail.kind),
            "to": mail.recipient,
            "subject": mail.subject,
            "reason": f"{_why(mail)}\n{mail.error}".rstrip(),
        },
        "mailDueAt": at(add_business_days(uow.clock.today(), _DAYS), 17, 15).isoformat(),
    }


async def settle_undelivered(
    uow: UnitOfWork, case_id: str, mail_id: int, reply: Mapping[str, Any], *, key: str
) -> dict[str, Any]:
    """Send the mail again, or record how the partner was told; ``key`` says which step this is.

    Raises InputError for a choice that is none, an address that is none, or an empty account.
    """
    case, mail = await uow.cases.get(case_id), await _kept(uow, mail_id)
    title = uow.outbox.title(mail.city, mail.kind)
    if reply.get("choice") == "resend":
        address = single_line(reply.get("address") or "", "宛先のメールアドレス", maximum=254)
        await uow.outbox.send_again(mail.id, recipient=address, business_key=f"{mail.business_key}:again:{key}")
        mended = await _mend_address(uow, case, mail.recipient, address)
        await note(uow, case.id, f"届かなかったメールを{'、宛先を直して' if mended else ''}送り直した: {title}")
    elif reply.get("choice") == "told":
        how = multi_line(reply.get("how") or "", "伝えた方法", maximum=1000)
        if not how:
            raise InputError("伝えた方法", "いつ、だれに、どう伝えたかを書いてください")
        await note(uow, case.id, f"届かなかったメールの内容を、ほかの方法で伝えた: {title}（{how}）")
    else:
        raise InputError("どうするか", "選んでください（宛先を確かめて送り直す・ほかの方法で伝えた）")
    return {"undelivered": None, "undeliveredReply": None}


async def _kept(uow: UnitOfWork, mail_id: int) -> KeptMail:
    mail = await uow.outbox.kept(mail_id)
    if mail is None:
        raise PermanentError(f"メール {mail_id} が台帳にありません")
    return mail


def _what(mail: KeptMail) -> str:
    return "宛先に届かなかった" if mail.bounced else "期限までに送れなかった"


def _why(mail: KeptMail) -> str:
    if mail.bounced:
        return "宛先のメールサーバーが、このアドレスへの受け取りを断りました。"
    return "何度も試しましたが、期限までに送れませんでした。"


async def _mend_address(uow: UnitOfWork, case: Case, old: str, new: str) -> bool:
    """Keep the new address with the case and its agreement, so that the next mail goes there, too."""
    if new == old:
        return False
    for holder in (case, await agreement_of(uow, case)):
        if holder and holder.partner and holder.partner.email == old:
            holder.partner.email = new
    return True
