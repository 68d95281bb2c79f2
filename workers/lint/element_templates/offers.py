"""What a pack has to offer in drop-down lists: its mails and documents by Japanese names, deadlines, departments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from workers.domain.cities import City
from workers.packs.templatefiles import TemplateFolders

_MAIL: Final = ".txt.j2"
_DOCUMENTS: Final = (".docx", ".xlsx")
_TAG: Final = re.compile(r"\{[{%#].*?[}%#]\}")
_EMPTY_BRACKETS: Final = re.compile(r"【】|（[・、 ]*(?:まで)?）")


@dataclass(frozen=True)
class Offers:
    """The lists, each value with what it is called; ``groups`` and ``dues`` are expressions of user tasks."""

    mails: Mapping[str, str] = field(default_factory=dict)
    documents: Mapping[str, str] = field(default_factory=dict)
    deadlines: Mapping[str, str] = field(default_factory=dict)
    city: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)

    def choices(self, name: str, used: Iterable[str]) -> dict[str, str]:
        """Return a list by its name, with the values that diagrams have although it does not name them."""
        offered = dict(getattr(self, name))
        return offered | {value: value for value in used if value and value not in offered}


def offers_of(code: str, city: City | None, folders: TemplateFolders) -> Offers:
    """Return what a pack offers; ``city`` None for the common parts and for a pack that cannot be read."""
    titles = {} if city is None else {name: rule.title for name, rule in city.mails.items()}
    groups = {"=[officeGroup]": "所管課", "=[department.group]": "タスクの課"}
    if city is not None:
        named = {department.group: department.name for department in city.departments}
        groups |= {f'=["{group}"]': name for group, name in named.items()}
    documents = {name for suffix in _DOCUMENTS for name in folders.names(code, "documents", suffix)}
    return Offers(
        mails={
            name: _called(titles.get(name) or _subject(folders, code, name), name) for name in _mails(folders, code)
        },
        documents={name: name for name in sorted(documents)},
        deadlines={} if city is None else {name: name for name in sorted(city.deadlines)},
        city={} if city is None else {city.code: city.name},
        groups=groups,
    )


def _mails(folders: TemplateFolders, code: str) -> list[str]:
    return folders.names(code, "mail", _MAIL)


def _called(title: str, name: str) -> str:
    return f"{title}（{name}）" if title else name


def _subject(folders: TemplateFolders, code: str, name: str) -> str:
    """Return the constant part of a mail's subject line."""
    lines = _first_line(folders.find(code, "mail", name, _MAIL))
    return _EMPTY_BRACKETS.sub("", _TAG.sub("", lines.removeprefix("件名:"))).strip(" 　・")


def _first_line(path: Path) -> str:
    with path.open(encoding="utf-8-sig") as file:
        return file.readline().strip()
