"""The mails of a case: what went to whom, when, whether it arrived; read, and sent once more, by the office (ALL-2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from workers.adapters.registry.queue import QueuedMail, QueueStatus
from workers.errors import InputError
from workers.pages.desk.face import PREFIX, NotHereError, Visit, case_of, named_case, office_of
from workers.usecases.undelivered import send_once_more

STATUS_NAMES: Final = {
    QueueStatus.QUEUED: "送信待ち",
    QueueStatus.SENDING: "送信中",
    QueueStatus.SENT: "送信済み",
    QueueStatus.FAILED: "送れなかった",
    QueueStatus.BOUNCED: "届かなかった",
    QueueStatus.HELD: "止めています（システムの復元のあと、前に送ったか分からないため）",
}


@dataclass(frozen=True, kw_only=True)
class MailLine:
    """A mail as the list shows it. ``trouble``: it did not arrive."""

    number: int
    title: str
    recipient: str
    status: str
    at: datetime | None
    trouble: bool


async def mail_lines(visit: Visit, case_id: str) -> Sequence[MailLine]:
    """Return a case's mails, newest first."""
    found = await visit.desk.services.mails.list(case_id=case_id)
    async with visit.open_unit() as unit:
        return [_line(one, unit.outbox.title(one.city, one.kind)) for one in reversed(found)]


def _line(one: QueuedMail, title: str) -> MailLine:
    return MailLine(
        number=one.id,
        title=title,
        recipient=one.recipient,
        status=STATUS_NAMES[QueueStatus(one.status)],
        at=one.sent_at or one.dated_at,
        trouble=one.status in {QueueStatus.FAILED, QueueStatus.BOUNCED},
    )


async def mail(visit: Visit) -> Response:
    """Show a mail as it went."""
    return await _shown(visit)


async def again(visit: Visit) -> Response:
    """Send a mail once more, to the same address or another one."""
    case_id, line = await _line_of(visit)
    try:
        async with visit.open_unit() as unit:
            await send_once_more(unit, case_id, line.number, visit.field("address"))
    except InputError as error:
        return await _shown(visit, problem=error.message, address=visit.field("address"))
    return visit.go(f"{PREFIX}/case/{quote(case_id)}#mails")


async def _shown(visit: Visit, *, problem: str = "", address: str | None = None) -> Response:
    case_id, line = await _line_of(visit)
    async with visit.open_unit() as unit:
        message = message_from_bytes(await unit.outbox.read(line.number), policy=default)
    body = message.get_body(("plain",))
    files = [part.get_filename() or "" for part in message.iter_attachments()]
    return visit.page(
        "desk/mail.html.j2",
        status=422 if problem else 200,
        case_id=case_id,
        line=line,
        subject=str(message["Subject"] or ""),
        body=body.get_content() if isinstance(body, EmailMessage) else "",
        files=[name for name in files if name],
        address=line.recipient if address is None else address,
        problem=problem,
    )


async def _line_of(visit: Visit) -> tuple[str, MailLine]:
    """Return the mail of the address; only the office of the case's city reads what partners are written."""
    async with visit.open_unit() as unit:
        case = await case_of(visit, unit, named_case(visit))
    office_of(visit, case.city)
    wanted = visit.request.path_params["mail"]
    found = next((line for line in await mail_lines(visit, case.id) if str(line.number) == wanted), None)
    if found is None:
        raise NotHereError
    return case.id, found
