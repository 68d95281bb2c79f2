"""All packs of all pack folders; the port ``Cities``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from workers.domain.answers import AnswerPage
from workers.domain.cities import City, MailRule
from workers.domain.text import shown
from workers.errors import InputError, InputErrors
from workers.packs.folders import given_first
from workers.packs.loading import CITY_FILE, DEPARTMENTS_FILE, load_pack
from workers.packs.mails import MAILS_FILE, common_mails
from workers.packs.schema import CODE_PATTERN, FORM_PATTERN
from workers.packs.taskforms import TaskForms
from workers.packs.tasknames import TaskNames

COMMON: Final = "common"
_LONGEST: Final = 60
_FOR_EVERY_CITY: Final = frozenset({"common-case-control"})

_Stamp = tuple[tuple[int, int, int], ...]


class CityPacks:
    """City packs below one or more folders: the checkout's ``bpmn/`` first, then those of ``--packs``.

    A pack of a later folder stands in for the first folder's of the same code: somebody has named that folder.

    A pack is read again when one of its files has changed, so that running workers see an edited pack.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(dict.fromkeys(folder.resolve() for folder in folders))
        self._read: dict[str, tuple[Path, _Stamp, City]] = {}
        self._given_first = given_first(self._folders)
        self._tasks = TaskNames(self._given_first)
        self._forms = TaskForms(self._given_first)

    def codes(self) -> list[str]:
        """Return the codes of every pack, sorted; ``common`` is none."""
        found = {
            entry.name
            for folder in self._folders
            if folder.is_dir()
            for entry in folder.iterdir()
            if _is_code(entry.name) and _holds_pack(folder, entry.name)
        }
        return sorted(found)

    def folder(self, code: str) -> Path:
        """Return the folder of a city's pack.

        Raises InputError for an unknown code, for one that is no code (a path, ``common``), and for a code that two
        of the folders behind the first claim.
        """
        found = [folder / code for folder in self._folders if _is_code(code) and _holds_pack(folder, code)]
        if not found:
            known = "・".join(self.codes()) or "ありません"
            raise InputError("市", f"「{shown(code)}」という市はありません（使える市: {known}）")
        if len(found) > 1 and found[0].parent == self._folders[0]:
            found = found[1:]
        if len(found) > 1:
            raise InputError("市", f"「{code}」が2か所にあります: {'、'.join(map(str, found))}")
        return found[0]

    def city(self, code: str) -> City:
        """Return a city; raises InputError for an unknown code, InputErrors for a pack with mistakes."""
        common = self._mails_file()
        if (known := self._read.get(code)) is not None and _unchanged(known[0], common, known[1]):
            return known[2]
        folder = self.folder(code)
        stamp = _stamp(folder, common)
        city = load_pack(folder, self.common_mails())
        self._read[code] = (folder, stamp, city)
        return city

    def form_file(self, code: str, form: str) -> Path:
        """Return the file of a form that a city uses: its own, or the common one.

        Raises InputError for an unknown city, and for a form that neither has.
        """
        common = (folder / COMMON for folder in self._folders)
        for folder in (self.folder(code), *common):
            file = folder / f"{form}.form"
            if re.fullmatch(FORM_PATTERN, form) and file.is_file() and file.resolve().parent == folder.resolve():
                return file
        raise InputError("様式", f"「{shown(form)}」という画面（.form）が、市のフォルダーにも common にもありません")

    def tasks_with_form(self, code: str, form: str) -> dict[str, str]:
        """Return the ids of a city's and the common tasks that show a form, with their names."""
        from workers.packs.answersteps import tasks_with_form  # noqa: PLC0415 (reads diagrams: few commands need it)

        return tasks_with_form([self.folder(code), *(folder / COMMON for folder in self._folders)], form)

    def task_name(self, process_id: str, element_id: str) -> str:
        """Return what a diagram calls a task; the task's id where that is not known."""
        return self._tasks.name(process_id, element_id)

    def typed_keys(self, process_id: str, element_id: str) -> frozenset[str]:
        """Return the variables that a person fills in at a user task; empty where its form is not known."""
        return self._forms.typed_keys(process_id, element_id)

    def process_name(self, process_id: str) -> str:
        """Return what a diagram calls itself; the process id where that is not known."""
        return self._tasks.name(process_id, process_id)

    def begun_by_hand(self, code: str) -> tuple[list[str], list[str]]:
        """Return the processes that a person begins with a form: the city's own, and the common ones that it has.

        Raises InputError for an unknown city.
        """
        from workers.packs.closure import startable_by_hand  # noqa: PLC0415 (reads diagrams: few commands need it)

        drawn = {*self.city(code).procedures.values(), *_FOR_EVERY_CITY}
        shared = {one for folder in self._folders for one in startable_by_hand(folder / COMMON)}
        return startable_by_hand(self.folder(code)), sorted(shared & drawn)

    def diagram_file(self, process_id: str) -> Path | None:
        """Return the file of a diagram by its process id; None where no pack has it."""
        if not re.fullmatch(FORM_PATTERN, process_id):
            return None
        return next((file for folder in self._given_first for file in folder.glob(f"*/{process_id}.bpmn")), None)

    def answer_page(self, city: str, element_id: str) -> AnswerPage | None:
        """Return the step that a partner of a city may do on a page; None for a task that is not marked so.

        The city's own diagrams go before the common ones. Raises InputError for an unknown city.
        """
        from workers.packs.answersteps import answer_page  # noqa: PLC0415 (reads diagrams: few commands need it)

        return answer_page([self.folder(city), *(folder / COMMON for folder in self._folders)], element_id)

    def _mails_file(self) -> Path | None:
        """Return the common pack's rules of mails to partners, from the first folder that has them."""
        found = (folder / COMMON / MAILS_FILE for folder in self._folders)
        return next((file for file in found if file.is_file()), None)

    def common_mails(self) -> Mapping[str, MailRule]:
        """Return the common pack's rules of mails to partners; raises InputErrors for a file with mistakes."""
        file = self._mails_file()
        return common_mails(file) if file else {}


def _is_code(code: str) -> bool:
    return code != COMMON and len(code) <= _LONGEST and re.fullmatch(CODE_PATTERN.strip("^$"), code) is not None


def _holds_pack(folder: Path, code: str) -> bool:
    """Whether a folder holds this pack itself: links that lead out of the folder are no part of it."""
    pack = folder / code
    files = [pack / CITY_FILE, pack / DEPARTMENTS_FILE]
    try:
        inside = pack.resolve() == pack and all(file.resolve().parent == pack for file in files)
        return inside and files[0].is_file()
    except (OSError, RuntimeError):  # a link that leads to itself
        return False


def _unchanged(folder: Path, common: Path | None, stamp: _Stamp) -> bool:
    try:
        return _stamp(folder, common) == stamp
    except InputErrors:  # gone: looked for anew
        return False


def _stamp(folder: Path, common: Path | None) -> _Stamp:
    """Return what changes with an edit; taken before reading, so that a change meanwhile is seen the next time."""
    stamps = []
    for file in (folder / CITY_FILE, folder / DEPARTMENTS_FILE, *([common] if common else [])):
        try:
            status = file.stat()
        except OSError:
            raise InputErrors([InputError(f"{file.parent.name}/{file.name}", "ファイルがありません")]) from None
        stamps.append((status.st_mtime_ns, status.st_size, status.st_ino))
    return tuple(stamps)
