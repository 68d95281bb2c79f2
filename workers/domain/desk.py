"""The staff's desk: who is signed in, what they have typed so far, what they note for each other (ALL-10, ALL-21)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

ABSOLUTE_END: Final = timedelta(hours=12)
"""A session ends then, however busy it is: the next morning somebody else may sit there."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody whom Camunda knows. ``groups``: None where the engine does not tell who belongs to which (8.6)."""

    user: str
    name: str
    groups: frozenset[str] | None

    def is_in(self, group: str) -> bool:
        """Whether the person belongs to a group; nobody is kept out where groups are not known."""
        return self.groups is None or group in self.groups


@dataclass(kw_only=True)
class DeskSession:
    """A sign-in. ``id_hash``: of the cookie's word; ``secret``: what Camunda gave, under a key that the word makes.

    ``made_at`` and ``seen_at`` are real time. ``filters``: how the person looked at the lists last, by list.
    """

    id_hash: str
    user: str
    name: str
    groups: list[str] | None
    secret: bytes = field(repr=False)
    made_at: datetime
    seen_at: datetime
    filters: dict[str, str] = field(default_factory=dict)

    @property
    def person(self) -> Person:
        """Who is signed in."""
        groups = None if self.groups is None else frozenset(self.groups)
        return Person(user=self.user, name=self.name, groups=groups)

    def is_over(self, now: datetime, idle: timedelta) -> bool:
        """Whether it has ended by itself."""
        return now - self.seen_at >= idle or now - self.made_at >= ABSOLUTE_END


@dataclass(kw_only=True)
class FormDraft:
    """What a person has typed into an open task's form so far; gone when the task is done."""

    task_key: int
    user: str
    values: dict[str, Any] = field(repr=False)
    saved_at: datetime
    id: int | None = field(default=None)


@dataclass(kw_only=True)
class StaffNote:
    """What staff write for each other beside a case; ``writer``: as the engine calls the person."""

    case_id: str
    user: str
    writer: str
    text: str
    at: datetime
    id: int | None = field(default=None)


@dataclass(frozen=True, kw_only=True)
class CaseHead:
    """What a list shows of a case."""

    id: str
    city: str
    process_id: str
    partner: str
    is_open: bool


@dataclass(kw_only=True)
class CalendarFeed:
    """A secret address by which a person's calendar program reads what is due.

    ``word_hash``: of the address's word. ``groups``: the person's when it was made,
    None where the engine does not tell them (8.6).
    """

    word_hash: str
    user: str
    name: str
    groups: list[str] | None
    made_at: datetime
