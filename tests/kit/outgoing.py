"""What a played case has left behind: its mails as they would be sent, its documents as text."""

from __future__ import annotations

import io
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import SMTP

from docx import Document as WordDocument
from sqlalchemy import select

from workers.adapters.registry import outbox_tables
from workers.wiring import Services


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A mail. ``kind`` is its template's name, ``text`` its body, ``attached`` the names of its files.

    ``to_answer``: the names of the forms among them that the recipient fills in and sends back; not in ``attached``.
    """

    kind: str
    recipient: str
    subject: str
    text: str
    attached: list[str]
    reply_to: str = ""
    to_answer: tuple[str, ...] = ()


async def letters(services: Services, kind: str) -> list[Letter]:
    """Return the mails of a kind, oldest first."""
    mail = outbox_tables.mail.c
    query = select(mail.kind, mail.recipient, mail.raw).where(mail.kind == kind).order_by(mail.id)
    async with services.engine.connect() as connection:
        rows = (await connection.execute(query)).all()
    return [_letter(row.kind, row.recipient, row.raw) for row in rows]


def _letter(kind: str, recipient: str, raw: bytes) -> Letter:
    message = message_from_bytes(raw, policy=SMTP)
    body = message.get_body(("plain",))
    names = [str(part.get_filename()) for part in message.iter_attachments()]
    return Letter(
        kind=kind,
        recipient=recipient,
        subject=str(message["Subject"]),
        text=str(body.get_content()) if body else "",
        attached=[name for name in names if "（回答用）" not in name],
        to_answer=tuple(name for name in names if "（回答用）" in name),
        reply_to=str(message["Reply-To"] or ""),
    )


async def papers(services: Services, case_id: str) -> dict[str, str]:
    """Return the text of the newest Word document of every kind of a case."""
    async with services.open_unit() as uow:
        return {
            document.kind: word_text(await uow.documents.read(document))
            for document in await uow.documents.of_case(case_id)
            if document.name.endswith(".docx")
        }


def word_text(content: bytes) -> str:
    """Return a Word document's paragraphs and table cells in the order in which they stand."""
    body = WordDocument(io.BytesIO(content)).element.body
    return "\n".join(
        "".join(node.text or "" for node in paragraph.iter() if node.tag.endswith("}t"))
        for paragraph in body.iter()
        if paragraph.tag.endswith("}p")
    )
