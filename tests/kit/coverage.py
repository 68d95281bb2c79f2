"""Which elements of the diagrams the tests of this run passed on a real engine, as figures, page and pictures.

A flow node counts when it was entered and activated, a sequence flow when it was taken. An item of a multi-instance
activity counts, its body alone does not (it is passed with an empty list, too). Only versions whose nodes and flows
are those of the file in the repository count; throw-away diagrams of tests are not in the repository, so they are out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypedDict

from lxml import etree

from workers.packs.diagrams import model
from workers.packs.diagrams.model import FLOW_NODES, Diagram, Element, local
from workers.trial.happened import MULTI_INSTANCE_BODY
from workers.trial.records import Record, Records

ROOT = Path(__file__).resolve().parent.parent.parent
BPMN = ROOT / "bpmn"
_SEQUENCE_FLOW = "sequenceFlow"

Signature = frozenset[tuple[str, ...]]


@dataclass(frozen=True)
class Part:
    """A flow node or sequence flow of a diagram; ``times`` it was passed. ``name`` is for people."""

    id: str
    kind: str
    name: str
    times: int

    def __str__(self) -> str:
        """Return id, kind and name."""
        return f"{self.id}（{self.kind} {self.name}）" if self.name else f"{self.id}（{self.kind}）"


@dataclass(frozen=True)
class ProcessCoverage:
    """One process of the repository. ``foreign`` counts deployed versions of this id with other elements."""

    diagram: Diagram = field(repr=False)
    process_id: str
    name: str
    parts: list[Part] = field(repr=False)
    foreign: int

    @property
    def missing(self) -> list[Part]:
        """The parts that no test passed."""
        return [part for part in self.parts if not part.times]

    @property
    def covered(self) -> int:
        """How many parts were passed."""
        return len(self.parts) - len(self.missing)


class Passed(TypedDict):
    """How often the elements of a deployed definition were passed."""

    process: str
    xml: str
    times: dict[str, int]


class _Source:
    """What one broker's records tell. Definition keys of two brokers may be the same."""

    def __init__(self) -> None:
        self.times: dict[int, Counter[str]] = {}
        self.xml: dict[int, tuple[str, bytes]] = {}

    def take(self, records: Records, record: Record) -> None:
        """Take one event record."""
        value = record["value"]
        if record["valueType"] == "PROCESS_INSTANCE":
            entered = record["intent"] == "ELEMENT_ACTIVATED" and value["bpmnElementType"] != MULTI_INSTANCE_BODY
            if entered or record["intent"] == "SEQUENCE_FLOW_TAKEN":
                self.times.setdefault(value["processDefinitionKey"], Counter())[value["elementId"]] += 1
        elif record["valueType"] == "PROCESS" and record["key"] in records.definitions:
            self.xml[record["key"]] = (value["bpmnProcessId"], records.definitions[record["key"]].xml)


class Coverage:
    """Collects over the whole run; every :class:`tests.kit.broker.Broker` lets it follow its records."""

    def __init__(self, folders: Sequence[Path] = (BPMN,)) -> None:
        self._folders = list(folders)
        self._sources: list[_Source] = []

    def follow(self, records: Records) -> None:
        """Count what these records tell from now on."""
        source = _Source()
        self._sources.append(source)
        records.subscribe(lambda record: source.take(records, record))

    def passed(self) -> list[Passed]:
        """Return what was passed, definition by definition, for another process to :meth:`add`."""
        return [
            Passed(process=source.xml[key][0], xml=source.xml[key][1].decode(), times=dict(times))
            for source in self._sources
            for key, times in source.times.items()
            if key in source.xml
        ]

    def add(self, passed: Sequence[Passed]) -> None:
        """Count what another process passed, too."""
        source = _Source()
        for key, definition in enumerate(passed):
            source.times[key] = Counter(definition["times"])
            source.xml[key] = (definition["process"], definition["xml"].encode())
        self._sources.append(source)

    @cached_property
    def _processes(self) -> dict[str, tuple[Diagram, Element]]:
        files = sorted(file for folder in self._folders for file in folder.rglob("*.bpmn"))
        diagrams = [model.load(file) for file in files]
        return {
            str(process.get("id")): (diagram, process)
            for diagram in diagrams
            for process in diagram.processes
            if process.get("isExecutable") == "true"
        }

    def processes(self) -> list[str]:
        """Return the ids of the executable processes in the folders."""
        return sorted(self._processes)

    def report(self, process_ids: Iterable[str] | None = None) -> list[ProcessCoverage]:
        """Return the coverage of these processes, or of all; KeyError for an id that no file has."""
        return [self._coverage(process_id) for process_id in process_ids or self.processes()]

    def touched(self) -> bool:
        """Tell whether this run passed any element of the repository's diagrams."""
        return any(source.times for source in self._sources) and any(found.covered for found in self.report())

    def assert_full(self, process_ids: Iterable[str] | None = None) -> None:
        """Raise AssertionError that names every flow node and sequence flow that no test passed."""
        lines = []
        for found in self.report(process_ids):
            if found.missing:
                lines.append(f"{found.process_id}: {found.covered}/{len(found.parts)}")
                lines += [f"  {part}" for part in found.missing]
        if lines:
            raise AssertionError("テストが通っていない要素があります\n" + "\n".join(lines))

    def _coverage(self, process_id: str) -> ProcessCoverage:
        diagram, process = self._processes[process_id]
        signature = _signature(process)
        times: Counter[str] = Counter()
        foreign = 0
        for source in self._sources:
            for key, (deployed_id, xml) in source.xml.items():
                if deployed_id != process_id or key not in source.times:
                    continue
                if _deployed_signature(xml, process_id) == signature:
                    times.update(source.times[key])
                else:
                    foreign += 1
        parts = [
            Part(id=str(e.get("id")), kind=local(e), name=_name(e, diagram), times=_times(e, diagram, times))
            for e in _parts(process)
        ]
        return ProcessCoverage(diagram, process_id, process.get("name") or process_id, parts, foreign)


COVERAGE = Coverage()


def assert_full_coverage(process_ids: Iterable[str] | None = None) -> None:
    """Raise AssertionError that names what no test of this run passed (all processes of ``bpmn/`` by default)."""
    COVERAGE.assert_full(process_ids)


def _parts(process: Element) -> list[Element]:
    # only BPMN's own elements: there is a zeebe:userTask, too
    return [e for e in process.iter(f"{{{model.BPMN}}}*") if local(e) in FLOW_NODES or local(e) == _SEQUENCE_FLOW]


def _times(element: Element, diagram: Diagram, times: Counter[str]) -> int:
    """Return how often a part was passed.

    The engine reports no flow out of an event-based gateway as taken, but the event behind it has no other way in
    (BPMN forbids one), so that event's count is the flow's.
    """
    source = diagram.ids.get(element.get("sourceRef", ""))
    behind = source is not None and local(source) == "eventBasedGateway"
    return times[str(element.get("targetRef" if behind else "id"))]


def _signature(process: Element) -> Signature:
    attributes = ("id", "sourceRef", "targetRef", "attachedToRef")
    return frozenset((local(e), *(e.get(name, "") for name in attributes)) for e in _parts(process))


def _deployed_signature(xml: bytes, process_id: str) -> Signature:
    root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
    found = [process for process in root.iter(f"{{{model.BPMN}}}process") if process.get("id") == process_id]
    return _signature(found[0]) if found else frozenset()


def _name(element: Element, diagram: Diagram) -> str:
    """Return an element's name; a flow without one is called after its ends."""
    if name := element.get("name"):
        return " ".join(name.split())
    if local(element) != _SEQUENCE_FLOW:
        return ""
    ends = [diagram.ids.get(element.get(end, "")) for end in ("sourceRef", "targetRef")]
    return " → ".join(" ".join((end.get("name") or str(end.get("id"))).split()) for end in ends if end is not None)
