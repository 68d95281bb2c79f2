"""Which groups Camunda has to know and what they may do, read from ``departments.csv`` and the diagrams (ALL-18)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workers.domain.cities import City
from workers.packs.closure import startable_by_hand
from workers.packs.finding import CityPacks

LOST_CASES: Final = "renkei"
"""The group whose tasks belong to no known city: procedures that were begun with a wrong number."""
WORKS_ON_TASKS: Final = "task-worker"
"""Camunda's own role: sees, takes and completes one's own tasks and those of one's groups."""
START: Final = ("CREATE_PROCESS_INSTANCE", "READ_PROCESS_DEFINITION")


@dataclass(frozen=True, order=True)
class Group:
    """``id``: the candidate group of tasks. ``name``: what people read in Camunda's Admin page."""

    id: str
    name: str


@dataclass(frozen=True, order=True)
class Grant:
    """What a group may do with one resource, in the words of Camunda's authorizations."""

    group: str
    resource_type: str
    resource_id: str
    permissions: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Access:
    """All groups, what they may do, and the role that each has. Everything is sorted and there once."""

    groups: tuple[Group, ...]
    grants: tuple[Grant, ...]
    role: str = WORKS_ON_TASKS


def wanted_access(packs: CityPacks, common: Path | None) -> Access:
    """Return what the cities' packs need.

    The office in charge starts every process of its city that has a start form, and the common ones; departments those
    of the city's own that are theirs to begin. ``common``: the folder of the common processes.
    """
    groups: dict[str, str] = {}
    grants: set[Grant] = set()
    shared = startable_by_hand(common) if common else []
    for code in packs.codes():
        city = packs.city(code)
        own = startable_by_hand(packs.folder(code))
        groups.update((group.id, group.name) for group in _groups(city))
        grants.update(_starts(city.office.group, [*own, *shared]))
        theirs = city.office.begun_by_departments(own)
        grants.update(grant for department in city.departments for grant in _starts(department.group, theirs))
    groups[LOST_CASES] = "所管課（どの市のものか分からない手続）"
    grants.update(Grant(group, "COMPONENT", "tasklist", ("ACCESS",)) for group in groups)
    return Access(groups=tuple(sorted(Group(*item) for item in groups.items())), grants=tuple(sorted(grants)))


def _groups(city: City) -> Iterator[Group]:
    """Yield a city's groups; the office's own name stands for its group where a department shares it."""
    for department in city.departments:
        yield Group(department.group, f"{city.name} {department.section}")
    yield Group(city.office.group, f"{city.name} {city.office.section}（所管課）")


def _starts(group: str, processes: Sequence[str]) -> Iterator[Grant]:
    for process in processes:
        yield Grant(group, "PROCESS_DEFINITION", process, START)
