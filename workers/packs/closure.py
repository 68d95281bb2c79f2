"""Which files go to the engine together: a pack's own and, transitively, the common ones that they call.

The common processes that start by themselves (timer, message) or from a form of their own are a pack of their own: a
new version restarts timers, and nobody calls them, so no city's call holds them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from workers.errors import InputError
from workers.packs.diagrams.model import Element, parse_xml

COMMON: Final = "common"
_BPMN: Final = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_ZEEBE: Final = "{http://camunda.org/schema/zeebe/1.0}"
_REFERENCES: Final = (
    ("calledElement", "processId", ".bpmn"),
    ("calledDecision", "decisionId", ".dmn"),
    ("formDefinition", "formId", ".form"),
)
_SUFFIXES: Final = frozenset(suffix for _, _, suffix in _REFERENCES)
_ID: Final = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class PackCall:
    """The files of one deployment call. ``own``: those that no other pack's call holds; ``shared``: common ones."""

    pack: str
    own: tuple[Path, ...]
    shared: tuple[Path, ...]

    @property
    def files(self) -> tuple[Path, ...]:
        """All files, the pack's own first."""
        return self.own + self.shared


def city_call(pack: Path, common: Path) -> PackCall:
    """Return the call of a city's pack.

    All references bind to the deployment, so a called process that is missing here would be missing at run time.
    Raises InputError for a pack without a diagram, a reference that neither folder has, a file that lies outside the
    folder, and the call of a common process that starts by itself.
    """
    own = [_inside(path, pack) for path in sorted(pack.iterdir()) if path.suffix in _SUFFIXES]
    if not any(path.suffix == ".bpmn" for path in own):
        raise InputError(pack.name, "配備する図（.bpmn）がありません")
    shared = _closure(own, common)
    for path in shared:
        if path.suffix == ".bpmn" and starts_by_itself(path):
            raise InputError(
                pack.name, f"{path.stem} は自分で始まる共通のプロセスなので、市の図から呼び出すことはできません"
            )
    return PackCall(pack=pack.name, own=tuple(own), shared=tuple(shared))


def common_call(common: Path) -> PackCall | None:
    """Return the call of the common processes that nobody calls; None when there are none."""
    diagrams = [_inside(path, common) for path in sorted(common.glob("*.bpmn"))]
    own = [path for path in diagrams if starts_by_itself(path)]
    return PackCall(pack=COMMON, own=tuple(own), shared=tuple(_closure(own, common))) if own else None


def starts_by_itself(diagram: Path) -> bool:
    """Tell whether a timer, message or signal starts the process, or a person with a form of its own.

    Then a start event of its own level has an event definition or a form.
    """
    starts = list(_root(diagram).iterfind(f"{_BPMN}process/{_BPMN}startEvent"))
    by_event = any(str(child.tag).endswith("EventDefinition") for start in starts for child in start)
    return by_event or any(start.find(f".//{_ZEEBE}formDefinition") is not None for start in starts)


def startable_by_hand(folder: Path) -> list[str]:
    """Return the ids of a folder's processes that a person starts with a form of their own, sorted."""
    found: list[str] = []
    for path in sorted(folder.glob("*.bpmn")):
        status = path.stat()
        found.extend(_started_by_form(path, status.st_mtime_ns, status.st_size))
    return found


@lru_cache(maxsize=512)
def _started_by_form(path: Path, changed_ns: int, size: int) -> tuple[str, ...]:  # noqa: ARG001 (the file's version)
    found = []
    for process in _root(path).iterfind(f"{_BPMN}process"):
        starts = process.iterfind(f"{_BPMN}startEvent")
        if any(start.find(f".//{_ZEEBE}formDefinition") is not None for start in starts):
            found.append(process.get("id", ""))
    return tuple(found)


def definitions(path: Path) -> list[tuple[str, str]]:
    """Return (kind, id) of what a file defines: kind is process, decision or form; a DMN may hold several decisions."""
    if path.suffix == ".dmn":
        found = [element.get("id", "") for element in _root(path).iter("{*}decision")]
        return [("decision", identity) for identity in found]
    return [("form" if path.suffix == ".form" else "process", path.stem)]  # lint: a file is named as its id


def _closure(own: list[Path], common: Path) -> list[Path]:
    """Return the common files that files refer to, directly or through others."""
    have = {path.name for path in own}
    found: list[Path] = []
    waiting = [path for path in own if path.suffix == ".bpmn"]
    while waiting:
        diagram = waiting.pop()
        for name in _references(diagram):
            if name in have:
                continue
            path = common / name
            if not path.is_file():
                raise InputError(diagram.name, f"{name} がありません（{own[0].parent.name} にも {common.name} にも）")
            have.add(name)
            found.append(_inside(path, common))
            if path.suffix == ".bpmn":
                waiting.append(path)
    return found


def _inside(path: Path, folder: Path) -> Path:
    """Return a file that lies in its folder itself; a link that leads elsewhere is no part of the pack."""
    if path.resolve().parent != folder.resolve():
        raise InputError(f"{folder.name}/{path.name}", "フォルダーの外を指すリンクは配備できません")
    return path


def _references(diagram: Path) -> Iterator[str]:
    for tag, attribute, suffix in _REFERENCES:
        for element in _root(diagram).iter(_ZEEBE + tag):
            identity = element.get(attribute)
            # An expression is found at run time; lint tells about it, and about an id that is none.
            if identity and _ID.fullmatch(identity):
                yield identity + suffix


def _root(path: Path) -> Element:
    try:
        return parse_xml(path)
    except InputError as error:
        raise InputError(path.name, error.message.removeprefix(f"{error.where}: ")) from error
