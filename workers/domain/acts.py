"""What people did: a person completes a task, the engine tells later who it was. Never a name that was typed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from workers.domain.answers import PARTNER, PARTNER_USER

SYSTEM = "renkei（自動）"
"""How the history calls what no person did."""

SYSTEM_USER = "renkei"
"""To whom a task is assigned that the system completes by itself."""


class ActStatus(StrEnum):
    """What is known of the person: not looked up yet, found, or for good not to be found."""

    PENDING = "pending"
    FOUND = "found"
    UNASSIGNED = "unassigned"
    UNKNOWN = "unknown"


_NOBODY = {
    ActStatus.PENDING: "（担当者を確認中）",
    ActStatus.UNASSIGNED: "（割り当てられずに完了）",
    ActStatus.UNKNOWN: "（担当者の記録なし）",
}
_NO_PERSONS = {SYSTEM_USER: SYSTEM, PARTNER_USER: PARTNER}
"""To whom tasks are assigned that nobody completes in Tasklist, and how the history calls them."""
_NO_STARTER = "（開始した人の記録なし）"


@dataclass(frozen=True, kw_only=True)
class Completion:
    """What the engine tells of a completed task. ``person``: the user's id, empty where nobody was assigned."""

    task_key: int | None
    person: str
    name: str


@dataclass(eq=False, kw_only=True)
class Act:
    """One completion of a user task, or with an empty ``element_id`` the start of a process instance by its form.

    ``case_id`` is None while the case does not exist yet.

    ``loop``: the round of the multi-instance body around the task; ``person`` the user's id in the engine,
    ``person_name`` what the engine calls that user. ``task_key``: the engine's user task, once it is found.
    ``entered``: what was typed, as :func:`without_texts` leaves it; None where nothing was kept.
    ``queued_at`` (real time): since when the person is looked up, ``look_at`` when next; None once that is settled.
    """

    id: int | None = None
    case_id: str | None
    engine_id: str
    process_id: str
    process_instance_key: int
    element_id: str
    element_instance_key: int
    loop: int | None = None
    task_name: str
    at: datetime
    status: ActStatus = ActStatus.PENDING
    person: str = ""
    person_name: str = ""
    task_key: int | None = None
    entered: Mapping[str, Any] | None = None
    attempts: int = 0
    queued_at: datetime
    look_at: datetime | None

    @property
    def is_start(self) -> bool:
        """Whether it is the start of an instance: 8.6 keeps no record of who that was."""
        return not self.element_id

    def settle(self, completion: Completion) -> None:
        """Keep who it was, or that the task was completed without being assigned to anybody."""
        self.status = ActStatus.FOUND if completion.person else ActStatus.UNASSIGNED
        self.person, self.person_name = completion.person, completion.name
        self.task_key, self.look_at = completion.task_key, None

    def give_up(self) -> None:
        """Keep that nobody knows any more who it was."""
        self.status, self.look_at = ActStatus.UNKNOWN, None

    @property
    def who(self) -> str:
        """Who did it, for people: a name, or why there is none."""
        if self.is_start and self.status not in {ActStatus.PENDING, ActStatus.FOUND}:
            return _NO_STARTER
        if self.person in _NO_PERSONS:
            return _NO_PERSONS[self.person]
        return _NOBODY.get(self.status) or self.person_name or self.person


WITHHELD: Final = "（控えなし）"
"""Stands for a text that was typed and is kept in its own place alone."""

_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d([T ][0-9:.+Z-]*)?|(令和|平成|昭和|[RHS])\s?[0-9０-９元]+.*")
_CODE: Final = re.compile(r"[A-Za-z0-9_.:+/-]{1,40}")
_PHONE: Final = re.compile(r"\+?[0-9()-]{9,12}")
_PERSONAL: Final = frozenset({"name", "representative", "contact", "person", "email", "phone", "address"})


def is_personal(key: str) -> bool:
    """Return whether what is kept under a key says who somebody is or how to reach them."""
    return key in _PERSONAL


def without_texts(values: Any, key: str = "") -> Any:
    """Return typed values as an act keeps them: choices, numbers and dates, for every other text a placeholder.

    With them the case's way through another version of its diagram can be tried; names, addresses and what people
    wrote are kept once, where they belong, and not here again.
    """
    if isinstance(values, Mapping):
        return {name: without_texts(value, name) for name, value in values.items()}
    if isinstance(values, list | tuple):
        return [without_texts(value, key) for value in values]
    if not isinstance(values, str) or not values:
        return values
    if not is_personal(key) and (_DATE.fullmatch(values) or (_CODE.fullmatch(values) and not _PHONE.fullmatch(values))):
        return values
    return WITHHELD
