"""A letter as RFC 5322 bytes. Whatever stands in a name or subject, it cannot become a header of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from functools import lru_cache
from typing import Final

from email_validator import EmailNotValidError, validate_email

from workers.adapters.mail.headers import POLICY
from workers.domain.mails import LONGEST_SUBJECT
from workers.errors import InputError
from workers.packs.templates import clean

_MEDIA_TYPE: Final = re.compile(
    r"(?P<main>[a-z]+)/(?P<sub>[a-z0-9][a-z0-9.+-]*)(?P<parameters>(?:;[ -~]*)?)", re.IGNORECASE
)
_PARAMETER: Final = re.compile(r';\s*([A-Za-z0-9-]+)="?([A-Za-z0-9.+_-]+)"?')
_CALENDAR_FILE: Final = "invite.ics"
_LONGEST_NAME: Final = 100
_LONGEST_FILE_NAME: Final = 120


@dataclass(frozen=True, kw_only=True)
class CalendarPart:
    """An iCalendar object and its method, REQUEST or CANCEL (RFC 6047)."""

    method: str
    content: str


@dataclass(frozen=True, kw_only=True)
class Letter:
    """All that a message is made of. ``attachments`` are (name, media type, bytes)."""

    sender: Address
    to: Address
    reply_to: Address | None
    date: datetime
    message_id: str
    case_id: str
    subject: str
    text: str
    html: str | None
    attachments: Sequence[tuple[str, str, bytes]]
    calendar: CalendarPart | None = None


def build(letter: Letter) -> bytes:
    """Return the message with CRLF line ends, 7-bit clean, lines of at most 78 characters in the headers."""
    message = EmailMessage(policy=POLICY)
    message["From"] = letter.sender
    message["To"] = letter.to
    if letter.reply_to is not None:
        message["Reply-To"] = letter.reply_to
    message["Subject"] = one_line(letter.subject, LONGEST_SUBJECT)
    message["Date"] = letter.date
    message["Message-ID"] = letter.message_id
    message["Auto-Submitted"] = "auto-generated"
    if letter.case_id:
        message["X-Renkei-Case"] = one_line(letter.case_id)
    message.set_content(letter.text)
    if letter.html is not None:
        message.add_alternative(letter.html, subtype="html")
    if letter.calendar is not None:
        _invite(message, letter.calendar)
    for name, media_type, content in letter.attachments:
        main, sub, parameters = _media_type(media_type)
        message.add_attachment(content, main, sub, filename=file_name(name), params=parameters)
    return message.as_bytes()


def readdressed(raw: bytes, to: Address, date: datetime, message_id: str) -> bytes:
    """Return a message as it was, to another address, with a date and Message-ID of its own."""
    message = message_from_bytes(raw, policy=POLICY)
    for header, value in (("To", to), ("Date", date), ("Message-ID", message_id)):
        message.replace_header(header, value)
    return message.as_bytes()


def _invite(message: EmailMessage, calendar: CalendarPart) -> None:
    """Add the calendar entry twice: as the alternative that Outlook acts on, and as a file for programs that do not."""
    message.add_alternative(
        calendar.content, subtype="calendar", charset="utf-8", cte="base64", params={"method": calendar.method}
    )
    message.add_attachment(calendar.content.encode(), "application", "ics", filename=_CALENDAR_FILE)


def address(name: str, mail: str, where: str) -> Address:
    """Return an address; raises InputError naming ``where`` (never the address itself) when it is none."""
    try:
        local_part, domain = _parts(mail)
    except EmailNotValidError:
        raise InputError(where, "メールアドレスの形が正しくありません") from None
    return Address(one_line(name, _LONGEST_NAME), local_part, domain)


@lru_cache(maxsize=1024)  # the office's own addresses stand in every mail
def _parts(mail: str) -> tuple[str, str]:
    valid = validate_email(mail, check_deliverability=False, allow_smtputf8=False, strict=True)
    return valid.ascii_local_part or "", valid.ascii_domain


def one_line(text: str, limit: int | None = None) -> str:
    """Return text as a single line without control characters, cut with … at ``limit`` characters."""
    line = re.sub(r"[^\S\u3000]+", " ", clean(text)).strip()
    return line if limit is None or len(line) <= limit else line[: limit - 1] + "…"


def file_name(name: str) -> str:
    """Return the last part of a file name without signs that a file system forbids; its ending survives the cut."""
    line = re.sub(r'[<>:"|?*]', "_", one_line(name.replace("\\", "/").rpartition("/")[2])).strip(". ") or "file"
    stem, dot, ending = line.rpartition(".")
    if len(line) <= _LONGEST_FILE_NAME or not dot or len(ending) > 10:
        return line[:_LONGEST_FILE_NAME]
    return stem[: _LONGEST_FILE_NAME - len(ending) - 1] + dot + ending


def _media_type(text: str) -> tuple[str, str, dict[str, str]]:
    """Return main type, subtype and parameters; what is no plain media type is sent as bytes."""
    match = _MEDIA_TYPE.fullmatch(text.strip())
    if match is None or match["main"].lower() in {"multipart", "message"}:
        return "application", "octet-stream", {}
    parameters = {name.lower(): value for name, value in _PARAMETER.findall(match["parameters"])}
    return match["main"].lower(), match["sub"].lower(), parameters
