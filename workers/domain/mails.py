"""A mail to the partner before it leaves: what the office sees, may change, and decides (ALL-2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from workers.domain.text import multi_line, single_line
from workers.errors import InputError

LONGEST_SUBJECT: Final = 200
LONGEST_BODY: Final = 20_000


class DraftState(StrEnum):
    """Where a draft stands. ``returned``: the office went back a step; ``dropped``: it told the partner otherwise."""

    WAITING = "waiting"
    SENT = "sent"
    RETURNED = "returned"
    DROPPED = "dropped"


class MailChoice(StrEnum):
    """What the office does with a draft."""

    SEND = "send"
    RETURN = "return"
    DROP = "drop"


STATE_AFTER: Final = {
    MailChoice.SEND: DraftState.SENT,
    MailChoice.RETURN: DraftState.RETURNED,
    MailChoice.DROP: DraftState.DROPPED,
}


@dataclass(kw_only=True)
class MailDraft:
    """A mail as the template made it. ``documents`` are the ids of the attached documents, whose bytes never change.

    What was sent is kept with the mail itself; ``edited`` tells that it differs from ``subject`` and ``body``.
    """

    business_key: str
    case_id: str
    city: str
    template: str
    recipient_name: str
    recipient: str
    subject: str
    body: str
    documents: list[int]
    review: bool
    made_at: datetime
    state: DraftState = DraftState.WAITING
    edited: bool = False
    reason: str = ""
    ended_at: datetime | None = None
    id: int | None = field(default=None)


@dataclass(frozen=True, kw_only=True)
class WrittenMail:
    """Subject and body of a mail."""

    subject: str
    body: str


def reviewed_text(draft: MailDraft, subject: object, body: object) -> WrittenMail:
    """Return what is to be sent: the draft's own text where the office left it alone, else the office's.

    Raises InputError where subject or body is blank, too long or holds a character that cannot be printed. A form that
    was sent before its text was there gives neither (Tasklist's index lags): its message says so, for the task comes
    back with the draft.
    """
    if not subject and not body:
        raise InputError(
            "件名と本文", "画面に文が出る前に送られました。下書きをもう一度出したので、読んでから送ってください"
        )
    if _lines(subject) == _lines(draft.subject) and _lines(body) == _lines(draft.body):
        return WrittenMail(subject=draft.subject, body=draft.body)
    line = single_line(subject or "", "件名", maximum=LONGEST_SUBJECT)
    text = multi_line(body or "", "本文", maximum=LONGEST_BODY)
    for value, where in ((line, "件名"), (text, "本文")):
        if not value:
            raise InputError(where, "空のままでは送れません")
    return WrittenMail(subject=line, body=text + "\n")


def _lines(text: object) -> list[str] | None:
    """Return a text's lines as a form may give them back: line ends and blanks before them do not count."""
    return [line.rstrip() for line in text.strip().splitlines()] if isinstance(text, str) else None
