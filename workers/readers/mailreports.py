"""Delivery status reports (RFC 3464): what a mail server says hours later of a mail that it had taken (ALL-2).

A report is found by the Message-ID of the mail that it returns, or by the address to which it came, which each mail
has to itself (VERP). What is no such report, an answer out of office for instance, says nothing of a delivery.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage, Message
from email.policy import default
from enum import StrEnum
from typing import Final

LARGEST: Final = 10 * 1024 * 1024
_MOST: Final = 50
_TOKEN_LENGTH: Final = 12
_MESSAGE_ID: Final = re.compile(r"<[^<>\s]{3,250}>")
_OWN_ADDRESS: Final = re.compile(r"[+](\d{1,18})\.([0-9a-f]{12})@", re.ASCII)
_STATUS: Final = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b", re.ASCII)
_LONGEST_SAYING: Final = 500
_ARRIVED_AT: Final = ("To", "Delivered-To", "X-Original-To", "Envelope-To")

_SAYINGS: Final = {
    "1.1": "宛先のアドレスがありません",
    "1.2": "宛先のドメイン（@ の後）がありません",
    "1.3": "宛先のアドレスの形が正しくありません",
    "1.6": "宛先のアドレスは移っていて、転送先がありません",
    "1.10": "宛先のドメインは、メールを受け取らないことになっています",
    "2.0": "宛先のメールボックスに届きません",
    "2.1": "宛先のメールボックスは、使われていません",
    "2.2": "宛先のメールボックスがいっぱいです",
    "2.3": "メールが大きすぎて、宛先が受け取れません",
    "3.4": "メールが大きすぎて、宛先のメールサーバーが受け取れません",
    "4.1": "宛先のメールサーバーが答えません",
    "4.4": "宛先のメールサーバーが見つかりません",
    "4.7": "宛先のメールサーバーに、期限までに渡せませんでした",
    "7.1": "宛先のメールサーバーが、このメールを受け取らない決まりです",
    "7.26": "差出人の確認（SPF・DKIM）が通らず、断られました",
}
_CLASSES: Final = {
    "1": "宛先のアドレスに誤りがあります",
    "2": "宛先のメールボックスに届きません",
    "3": "宛先のメールサーバーが受け取れません",
    "4": "宛先のメールサーバーにつながりません",
    "5": "宛先のメールサーバーとのやりとりに失敗しました",
    "6": "メールの形式を、宛先が受け取れません",
    "7": "宛先のメールサーバーが、受け取りを断りました",
}


class Fate(StrEnum):
    """What became of a mail: it will not arrive; it is still being tried; the rest says nothing to do."""

    FAILED = "failed"
    DELAYED = "delayed"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class MailReport:
    """What a report says of one recipient. ``own_address``: number and token of the address it came to, if one."""

    message_ids: tuple[str, ...]
    own_address: tuple[int, str] | None
    recipient: str
    fate: Fate
    status: str
    saying: str

    @property
    def reason(self) -> str:
        """Why, in Japanese, and what the server said."""
        said = f"{self.status} {self.saying}".strip()
        return f"{reason_of(self.status)}（{said}）" if said else reason_of(self.status)


def reason_of(status: str) -> str:
    """Return what an enhanced status code (RFC 3463) means, in Japanese; a general sentence for an unknown one."""
    found = _STATUS.search(status)
    if found is None:
        return "宛先に届きませんでした"
    return _SAYINGS.get(f"{found[2]}.{found[3]}") or _CLASSES.get(found[2], "宛先に届きませんでした")


def own_address(returns: str, mail_id: int, message_id: str) -> str:
    """Return the address to which reports about one mail come: ``returns`` with the mail's number and a token."""
    local, _, domain = returns.rpartition("@")
    return f"{local}+{mail_id}.{token_of(message_id)}@{domain}"


def token_of(message_id: str) -> str:
    """Return what nobody knows who has not seen the mail."""
    return hashlib.sha256(message_id.encode()).hexdigest()[:_TOKEN_LENGTH]


def read_reports(raw: bytes) -> list[MailReport]:
    """Return what a mail reports, recipient by recipient; empty for a mail that is no delivery status report."""
    try:
        mail = message_from_bytes(raw[:LARGEST], policy=default)
        if mail.get_content_type() != "multipart/report":
            return []
        parts = list(mail.walk())
        blocks = [block for part in parts for block in _blocks(part)]
        ids = tuple(dict.fromkeys(_returned_ids(parts)))
        arrived = next((f for name in _ARRIVED_AT for f in _OWN_ADDRESS.findall(str(mail.get(name) or ""))), None)
    except (MessageError, ValueError, TypeError, LookupError, AttributeError):
        return []
    own = (int(arrived[0]), arrived[1]) if arrived else None
    return [_report(block, ids, own) for block in blocks[:_MOST]]


def _blocks(part: Message) -> Iterator[Message]:
    """Yield the blocks of a delivery status that are about a recipient."""
    if part.get_content_type() == "message/delivery-status" and part.is_multipart():
        yield from (block for block in part.get_payload() if isinstance(block, Message) and block.get("Action"))


def _returned_ids(parts: list[EmailMessage]) -> Iterator[str]:
    """Yield the Message-IDs of the mails that a report returns, whole or by their headers."""
    for part in parts:
        kind = part.get_content_type()
        if kind == "text/rfc822-headers":
            payload = part.get_payload(decode=True)
            head = message_from_bytes(payload if isinstance(payload, bytes) else b"")
            yield from _MESSAGE_ID.findall(str(head.get("Message-ID") or ""))
        elif kind == "message/rfc822" and part.is_multipart():
            inner = part.get_payload(0)
            yield from _MESSAGE_ID.findall(str(inner.get("Message-ID") or "") if isinstance(inner, Message) else "")


def _report(block: Message, ids: tuple[str, ...], own: tuple[int, str] | None) -> MailReport:
    action = str(block.get("Action") or "").strip().lower()
    status = _STATUS.search(str(block.get("Status") or ""))
    recipient = str(block.get("Original-Recipient") or block.get("Final-Recipient") or "").rpartition(";")[2].strip()
    saying = " ".join(str(block.get("Diagnostic-Code") or "").rpartition(";")[2].split())
    fate = {"failed": Fate.FAILED, "delayed": Fate.DELAYED}.get(action, Fate.OTHER)
    if fate is Fate.FAILED and status is not None and status[1] == "2":
        fate = Fate.OTHER
    return MailReport(
        message_ids=ids,
        own_address=own,
        recipient=recipient,
        fate=fate,
        status=status[0] if status else "",
        saying=saying[:_LONGEST_SAYING],
    )
