"""A BPMN file as the linter, the painter and the diff see it: lxml elements by id, with their drawing (DI)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

import defusedxml.ElementTree as SafeElementTree
from defusedxml.common import DefusedXmlException
from lxml import etree

from workers.errors import InputError
from workers.packs.diagrams.seen import note

BPMN: Final = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI: Final = "http://www.omg.org/spec/BPMN/20100524/DI"
DC: Final = "http://www.omg.org/spec/DD/20100524/DC"
DI: Final = "http://www.omg.org/spec/DD/20100524/DI"
ZEEBE: Final = "http://camunda.org/schema/zeebe/1.0"
MODELER: Final = "http://camunda.org/schema/modeler/1.0"
NS: Final = {"bpmn": BPMN, "bpmndi": BPMNDI, "dc": DC, "di": DI, "zeebe": ZEEBE, "modeler": MODELER}

Element = etree._Element  # noqa: SLF001 (lxml has no public name for its element type)

ACTIVITIES: Final = frozenset(
    [
        *("task", "userTask", "serviceTask", "sendTask", "receiveTask", "scriptTask", "businessRuleTask", "manualTask"),
        *("callActivity", "subProcess", "transaction", "adHocSubProcess"),
    ]
)
SUB_PROCESSES: Final = frozenset({"subProcess", "transaction", "adHocSubProcess"})
EVENTS: Final = frozenset(
    ["startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"]
)
GATEWAYS: Final = frozenset(
    ["exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"]
)
FLOW_NODES: Final = ACTIVITIES | EVENTS | GATEWAYS
ARTIFACTS: Final = frozenset({"dataObjectReference", "dataStoreReference", "textAnnotation", "group"})
CONNECTIONS: Final = frozenset(
    ["sequenceFlow", "messageFlow", "association", "dataInputAssociation", "dataOutputAssociation"]
)


_ENCODING: Final = re.compile(rb"""(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?encoding\s*=\s*["']([^"']*)["']""")
_TEXT_IN_FEEL: Final = re.compile(r'\s*=\s*"([^"]*)"\s*')


@dataclass(frozen=True)
class Box:
    """A rectangle of the drawing, in pixels; y grows downwards."""

    x: float
    y: float
    width: float
    height: float

    @property
    def centre(self) -> tuple[float, float]:
        """The middle point."""
        return self.x + self.width / 2, self.y + self.height / 2

    @property
    def right(self) -> float:
        """The right edge's x."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The lower edge's y."""
        return self.y + self.height

    def holds(self, point: tuple[float, float]) -> bool:
        """Return whether a point lies in the rectangle or on its edge."""
        return self.x <= point[0] <= self.right and self.y <= point[1] <= self.bottom


@dataclass(frozen=True)
class Shape:
    """A node's place. ``label`` is None where the DI leaves the label's place to the viewer."""

    box: Box
    label: Box | None = None
    expanded: bool = True
    horizontal: bool = True
    plane: int = 0


@dataclass(frozen=True)
class Edge:
    """A connection's line through its waypoints."""

    points: tuple[tuple[float, float], ...]
    label: Box | None = None
    plane: int = 0


@dataclass
class Diagram:
    """One parsed .bpmn file. ``shapes`` and ``edges`` are keyed by the element's id.

    ``planes`` are the ids of what each plane shows: the process or collaboration first, then folded sub-processes.
    """

    path: Path
    root: Element
    ids: dict[str, Element] = field(default_factory=dict)
    shapes: dict[str, Shape] = field(default_factory=dict)
    edges: dict[str, Edge] = field(default_factory=dict)
    planes: list[str] = field(default_factory=list)
    _found: dict[tuple[str, ...], list[Element]] = field(default_factory=dict, repr=False, compare=False)

    def all(self, *names: str) -> Iterator[Element]:
        """Yield the BPMN elements with one of these local names, in document order."""
        if names not in self._found:
            self._found[names] = list(self.root.iter(*(f"{{{BPMN}}}{name}" for name in names)))
        yield from self._found[names]

    @property
    def processes(self) -> list[Element]:
        """The processes of the file."""
        return list(self.all("process"))


def local(element: Element) -> str:
    """Return an element's name without its namespace; empty for comments and processing instructions."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def line_of(element: Element) -> int | None:
    """Return the line of the file that an element stands on."""
    line = element.sourceline
    return line if isinstance(line, int) else None


def extension(element: Element, name: str) -> Element | None:
    """Return an element's own ``zeebe:name`` extension, or None. Remembered: nobody changes a loaded diagram."""
    found = _extensions(element, f"zeebe:{name}")
    return found[0] if found else None


def extensions(element: Element, path: str) -> list[Element]:
    """Return an element's own zeebe extensions along a path such as ``zeebe:ioMapping/zeebe:input``, remembered."""
    return list(_extensions(element, path))


@lru_cache(maxsize=50_000)
def _extensions(element: Element, path: str) -> tuple[Element, ...]:
    return tuple(element.findall(f"bpmn:extensionElements/{path}", NS))


def flow_nodes(diagram: Diagram) -> Iterator[Element]:
    """Yield every activity, event and gateway."""
    yield from diagram.all(*sorted(FLOW_NODES))


def caught_errors(diagram: Diagram, activity: Element) -> set[str]:
    """Return the codes of the errors that boundary events at an activity, or at what it lies in, catch."""
    codes = {error.get("id"): error.get("errorCode", "") for error in diagram.root.iterfind("bpmn:error", NS)}
    around = {element.get("id") for element in (activity, *activity.iterancestors())}
    events = (e for e in diagram.all("boundaryEvent") if e.get("attachedToRef") in around)
    definitions = (event.find("bpmn:errorEventDefinition", NS) for event in events)
    return {codes.get(found.get("errorRef"), "") for found in definitions if found is not None}


def parse_xml(path: Path) -> Element:
    """Return the root of an XML file; raises InputError (Japanese) for a DOCTYPE, broken XML or an unreadable file."""
    return _parsed(path, _content(path))


def load(path: Path) -> Diagram:
    """Parse a .bpmn file; raises InputError when it is no BPMN or its drawing holds no numbers.

    Nobody changes a diagram: a file that has not changed is the same one again.
    """
    return _diagram(path, _content(path))


def _content(path: Path) -> bytes:
    note(path)
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise InputError(str(path), f"ファイルを読めません（{error}）") from error


def _parsed(path: Path, content: bytes) -> Element:
    if _is_plain(content):
        with suppress(etree.XMLSyntaxError):
            return _parse(content)
    try:
        SafeElementTree.fromstring(content, forbid_dtd=True)
        return _parse(content)
    except DefusedXmlException as error:
        raise InputError(str(path), "DOCTYPE（DTD・実体の宣言）を含む XML は受け付けません") from error
    except (SafeElementTree.ParseError, etree.XMLSyntaxError) as error:
        raise InputError(str(path), f"XML として読めません（{error}）") from error
    except (ValueError, LookupError) as error:
        raise InputError(str(path), f"ファイルを読めません（{error}）") from error


def _is_plain(content: bytes) -> bool:
    """Return whether a file is UTF-8 without a DOCTYPE for certain: it need not be looked at twice."""
    declared = _ENCODING.match(content)
    utf8 = declared is None or declared[1].lower() in {b"utf-8", b"utf8"}
    return utf8 and b"<!DOCTYPE" not in content and b"\0" not in content


def _parse(content: bytes) -> Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    return etree.fromstring(content, parser)


@lru_cache(maxsize=200)
def _diagram(path: Path, content: bytes) -> Diagram:
    root = _parsed(path, content)
    if root.tag != f"{{{BPMN}}}definitions":
        raise InputError(str(path), "BPMN の definitions で始まっていません")
    _read_job_types(root)
    diagram = Diagram(path=path, root=root)
    for element in root.iter(f"{{{BPMN}}}*"):
        if (identity := element.get("id")) is not None:
            diagram.ids.setdefault(identity, element)
    try:
        _read_drawing(diagram)
    except ValueError as error:
        raise InputError(str(path), f"図の座標が数ではありません（{error}）") from error
    return diagram


def _read_job_types(root: Element) -> None:
    """Take a job type that is written as FEEL (``= "send-mail"``) for what it is."""
    for definition in root.iter(f"{{{ZEEBE}}}taskDefinition", f"{{{ZEEBE}}}executionListener"):
        if (found := _TEXT_IN_FEEL.fullmatch(definition.get("type") or "")) is not None:
            definition.set("type", found[1])


def _read_drawing(diagram: Diagram) -> None:
    planes = diagram.root.findall(".//bpmndi:BPMNPlane", NS)
    diagram.planes = [plane.get("bpmnElement", "") for plane in planes]
    for number, plane in enumerate(planes):
        for shape in plane.findall("bpmndi:BPMNShape", NS):
            bounds = shape.find("dc:Bounds", NS)
            if bounds is not None:
                diagram.shapes[shape.get("bpmnElement", "")] = Shape(
                    box=_box(bounds),
                    label=_label(shape),
                    expanded=shape.get("isExpanded", "true") == "true",
                    horizontal=shape.get("isHorizontal", "true") == "true",
                    plane=number,
                )
        for edge in plane.findall("bpmndi:BPMNEdge", NS):
            points = tuple((float(p.get("x", "")), float(p.get("y", ""))) for p in edge.findall("di:waypoint", NS))
            if len(points) > 1:
                diagram.edges[edge.get("bpmnElement", "")] = Edge(points=points, label=_label(edge), plane=number)


def _label(owner: Element) -> Box | None:
    bounds = owner.find("bpmndi:BPMNLabel/dc:Bounds", NS)
    return None if bounds is None else _box(bounds)


def _box(bounds: Element) -> Box:
    x, y, width, height = (float(bounds.get(name, "")) for name in ("x", "y", "width", "height"))
    return Box(x, y, width, height)


def listed(text: str | None) -> list[str]:
    """Return the names of a comma-separated text, such as a task header's value."""
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def made_documents(task: Element) -> list[str]:
    """Return the names of the documents that a task makes; none for a task that makes no documents."""
    return _named_by(task, "render-document", "document")


def recorded_steps(task: Element) -> list[str]:
    """Return the name of the step that a task records; none for a task that records no step."""
    return _named_by(task, "record-step", "step")


def _named_by(task: Element, job_type: str, header: str) -> list[str]:
    definition = extension(task, "taskDefinition")
    if definition is None or definition.get("type") != job_type:
        return []
    headers = extensions(task, "zeebe:taskHeaders/zeebe:header")
    return [name for found in headers if found.get("key") == header for name in listed(found.get("value"))]


def loops(activity: Element) -> list[Element]:
    """Return what an activity says of its repetition over a list; empty for one that runs once."""
    path = "bpmn:multiInstanceLoopCharacteristics/bpmn:extensionElements/zeebe:loopCharacteristics"
    return activity.findall(path, NS)
