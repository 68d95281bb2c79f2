"""What the diagrams say about going back: each step at which a case waits names the step before it (ALL-22).

A process owner sets it in Modeler as an extension property ``back`` of the step:

=====================  =================================================================================
``Task_A``             back to this element of the same process, where the case has come through it
``Task_A, Task_B``     to that one of them through which it came last
``first``              nothing before it here; inside a called process: the calling step's own way back
``form``               the step's own form offers to go back
``none: REASON``       no way back, and why
=====================  =================================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from workers.errors import InputError
from workers.packs.diagrams.model import Element, parse_xml
from workers.packs.folders import given_first

BACK: Final = "back"
FIRST: Final = "first"
FORM: Final = "form"
NONE: Final = "none:"
_BPMN: Final = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_SUB_PROCESS: Final = f"{_BPMN}subProcess"
_ZEEBE: Final = "{http://camunda.org/schema/zeebe/1.0}"


@dataclass(frozen=True, kw_only=True)
class Step:
    """A flow node. ``back``: its property, empty without one.

    ``inside``: the sub-process that is left as a whole and holds it, or empty; steps that only group are none.
    """

    id: str
    name: str
    back: str
    inside: str

    @property
    def targets(self) -> list[str]:
        """The ids that the property names; empty for the other values."""
        if self.back in ("", FIRST, FORM) or self.back.startswith(NONE):
            return []
        return [part.strip() for part in self.back.split(",") if part.strip()]

    @property
    def holds(self) -> bool:
        """Whether nobody shall go back from here, also not as part of the calling step."""
        return self.back == FORM


Steps = Mapping[str, Step]


def is_step(element: Element) -> bool:
    """Return whether an element is a sub-process that only groups a step of the flow (ALL-22).

    It repeats nothing, waits for nothing by itself and has no variables of its own: for a token and for what it
    carries, the parts inside stand where the step stands. ``element`` is any element of a BPMN file.
    """
    return element.tag == _SUB_PROCESS and _only_groups(element)


@lru_cache(maxsize=2000)
def _only_groups(element: Element) -> bool:
    return (
        element.get("triggeredByEvent") != "true"
        and element.find(f"{_BPMN}multiInstanceLoopCharacteristics") is None
        and element.find(f"{_BPMN}standardLoopCharacteristics") is None
        and element.find(f"{_BPMN}extensionElements/{_ZEEBE}ioMapping") is None
    )


class StepWays:
    """The steps of every process of the pack folders; a diagram is read again when it has changed."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = given_first(folders)
        self._read: dict[Path, tuple[int, dict[str, Steps]]] = {}

    def steps(self, process_id: str) -> Steps:
        """Return the flow nodes of a process by id; empty for a process that no pack has."""
        for path in self._diagrams(process_id):
            stamp = path.stat().st_mtime_ns
            if self._read.get(path, (0, {}))[0] != stamp:
                self._read[path] = (stamp, steps_of(path))
            if found := self._read[path][1].get(process_id):
                return found
        return {}

    def _diagrams(self, process_id: str) -> Iterator[Path]:
        """Yield the file that is named as the process, which ``renkei lint`` asks for."""
        if not process_id.replace("-", "").replace("_", "").isalnum():
            return
        for folder in self._folders:
            yield from folder.glob(f"*/{process_id}.bpmn")


def steps_of(diagram: Path) -> dict[str, Steps]:
    """Return the flow nodes of a diagram's processes; empty for a file that is no XML, which lint reports."""
    try:
        root = parse_xml(diagram)
    except InputError:
        return {}
    return {process.get("id", ""): {s.id: s for s in _steps(process, "")} for process in root.iter(f"{_BPMN}process")}


def _steps(scope: Element, inside: str) -> Iterator[Step]:
    for element in scope:
        if not isinstance(element.tag, str) or not element.get("id"):
            continue
        identity = element.get("id", "")
        yield Step(id=identity, name=element.get("name") or identity, back=_property(element), inside=inside)
        if element.tag == f"{_BPMN}subProcess":
            yield from _steps(element, inside if is_step(element) else identity)


def _property(element: Element) -> str:
    path = f"{_BPMN}extensionElements/{_ZEEBE}properties/{_ZEEBE}property"
    found = [entry.get("value") or "" for entry in element.iterfind(path) if entry.get("name") == BACK]
    return found[0].strip() if found else ""
