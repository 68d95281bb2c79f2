"""What a partner answers by a link: the link of a mail, and the answer that came by it (ALL-2, ALL-3)."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

PARTNER_USER: Final = "renkei-partner"
"""To whom a task is assigned that a partner's answer completes."""
PARTNER: Final = "相手方（回答のページから）"
"""How the history calls who answered by a link."""

ATTACHMENT_KIND: Final = "attachment"
"""The kind under which a case's received files are kept."""

_TOKEN_BYTES: Final = 32


class LinkEnd(StrEnum):
    """Why a link takes no answer any more."""

    ANSWERED = "answered"
    OFFICE = "office"


class AnswerState(StrEnum):
    """What became of an answer: kept, handed to the engine, or kept beside one that was there before.

    One that came by file is handed over by being shown in the task's form.
    """

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    LATE = "late"


@dataclass(frozen=True, kw_only=True)
class AnswerPage:
    """A step that a partner may do on a page. ``form``: the pack's form as JSON; ``element_id``: the user task."""

    element_id: str
    title: str
    form_id: str
    form: dict[str, Any] = field(repr=False)


@dataclass(eq=False, kw_only=True)
class PartnerLink:
    """A link of a mail. Of its secret word only the hash is kept; ``round`` counts how often the step was asked for.

    What came by file has an entry of its own which never was a link: its round is the file's number below 0.
    """

    id: int | None = None
    token_hash: str = field(repr=False)
    case_id: str
    city: str
    element_id: str
    round: int
    title: str
    form_id: str
    form: dict[str, Any] = field(repr=False)
    recipient_name: str = field(repr=False)
    recipient: str = field(repr=False)
    made_at: datetime
    expires_at: datetime
    draft: dict[str, Any] | None = field(default=None, repr=False)
    end: LinkEnd | None = None
    ended_at: datetime | None = None


@dataclass(eq=False, kw_only=True)
class PartnerAnswer:
    """An answer; a step has one a round. ``task_key``: the user task that it was handed to, once that was tried."""

    id: int | None = None
    link_id: int
    case_id: str
    element_id: str
    round: int
    values: dict[str, Any] = field(repr=False)
    said: list[dict[str, str]] = field(repr=False)
    at: datetime
    state: AnswerState = AnswerState.ACCEPTED
    task_key: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenLink:
    """A link as its page reads it, without its form: that is most of the row, and hardly ever asked for."""

    id: int = 0
    token_hash: str = field(repr=False)
    case_id: str
    city: str
    element_id: str
    round: int
    title: str
    recipient_name: str = field(repr=False)
    recipient: str = field(repr=False)
    expires_at: datetime
    draft: dict[str, Any] | None = field(default=None, repr=False)
    end: LinkEnd | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenAnswer:
    """The answer of a link's round as its page reads it."""

    at: datetime
    state: AnswerState
    said: list[dict[str, str]] = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenRound:
    """What is known of a link. ``has_files``: whether files wait beside the drafts of its round."""

    link: SeenLink
    answer: SeenAnswer | None
    has_files: bool

    @property
    def takes(self) -> bool:
        """Whether an answer may still come; where the office was first, one is still kept beside its entry."""
        return self.link.end is not LinkEnd.ANSWERED and self.answer is None


@dataclass(frozen=True, kw_only=True)
class AnswerFile:
    """A file that waits beside a draft, without its bytes. ``size`` in bytes."""

    id: int = 0
    link_id: int
    name: str
    media_type: str
    size: int
    at: datetime

    @property
    def size_text(self) -> str:
        """The size as people read it."""
        return f"{max(1, self.size // 1024):,}キロバイト"


def new_token() -> str:
    """Return the secret word of a link: 256 random bits, as they stand in an address."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def token_hash(token: str) -> str:
    """Return what the registry keeps of a secret word."""
    return hashlib.sha256(token.encode()).hexdigest()
