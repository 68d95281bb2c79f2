"""The drawing (DI): everything is drawn, and stands where it belongs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from workers.lint.findings import Finding
from workers.lint.rules.base import Context, name_of, report
from workers.packs.diagrams.model import FLOW_NODES, NS, SUB_PROCESSES, Box, Diagram, Element, Shape, flow_nodes, local

_SHAPES: Final = FLOW_NODES | {"lane", "participant", "textAnnotation", "dataObjectReference", "dataStoreReference"}
_EDGES: Final = frozenset({"sequenceFlow", "messageFlow", "association"})
_BORDER: Final = 20.0


def missing(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Nodes have a shape, connections a line; else Modeler and Operate do not show them."""
    del context
    for element in diagram.all(*sorted(_SHAPES | _EDGES)):
        drawn = diagram.shapes if local(element) in _SHAPES else diagram.edges
        if element.get("id") not in drawn:
            yield report(diagram, element, "drawing", f"{name_of(element)}が図に描かれていません（DI がありません）")


def lanes(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """A node stands within the lane that it belongs to, and every node belongs to a lane where there are lanes."""
    del context
    for process in diagram.processes:
        lowest = [lane for lane in process.iter("{*}lane") if lane.find("bpmn:childLaneSet", NS) is None]
        homes: dict[str, list[Element]] = {}
        for lane in lowest:
            for reference in lane.findall("bpmn:flowNodeRef", NS):
                homes.setdefault((reference.text or "").strip(), []).append(lane)
        for node in process if lowest else []:
            if local(node) in FLOW_NODES:
                yield from _home(diagram, node, homes.get(node.get("id", ""), []))


def _home(diagram: Diagram, node: Element, homes: list[Element]) -> Iterator[Finding]:
    if len(homes) != 1:
        how = "どのレーンにも入っていません" if not homes else "複数のレーンに入っています"
        yield report(diagram, node, "lane", f"{name_of(node)}が{how}")
        return
    lane = homes[0]
    shape, band = diagram.shapes.get(node.get("id", "")), diagram.shapes.get(lane.get("id", ""))
    if shape and band and not _inside(node, shape, band.box):
        yield report(diagram, node, "lane", f"{name_of(node)}がレーン{name_of(lane)}の外に描かれています")


def sub_processes(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """A node of an expanded sub-process stands within it; a boundary event sits on its activity's edge."""
    del context
    for node in flow_nodes(diagram):
        shape, parent = diagram.shapes.get(node.get("id", "")), node.getparent()
        if shape is None or parent is None:
            continue
        frame = diagram.shapes.get(parent.get("id", ""))
        nested = local(parent) in SUB_PROCESSES and frame and frame.expanded and frame.plane == shape.plane
        if nested and frame and not _inside(node, shape, frame.box):
            message = f"{name_of(node)}がサブプロセス{name_of(parent)}の外に描かれています"
            yield report(diagram, node, "drawing", message)
        host = diagram.shapes.get(node.get("attachedToRef", ""))
        if host is not None and not _on_border(shape, host.box):
            yield report(diagram, node, "drawing", f"{name_of(node)}が付く相手の縁に描かれていません")


def levels(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """What lies in a folded sub-process is drawn on its plane and nowhere else; else nobody can open it."""
    del context
    for element in diagram.all(*sorted(FLOW_NODES | {"sequenceFlow"})):
        place = diagram.shapes.get(element.get("id", "")) or diagram.edges.get(element.get("id", ""))
        folded = _folded_around(diagram, element)
        wanted = 0 if folded is None else _plane_of(diagram, folded)
        if place is None or place.plane == wanted or (folded is not None and wanted is None):
            continue
        where = "一番上の段" if folded is None else f"{name_of(folded)}の中の段"
        yield report(diagram, element, "drawing", f"{name_of(element)}が{where}に描かれていません")
    for body in diagram.all(*sorted(SUB_PROCESSES)):
        shape = diagram.shapes.get(body.get("id", ""))
        if shape is not None and not shape.expanded and _plane_of(diagram, body) is None:
            message = f"{name_of(body)}は畳まれていますが、中の段がありません。Modeler で開いて広げ、畳み直してください"
            yield report(diagram, body, "drawing", message)


def _folded_around(diagram: Diagram, element: Element) -> Element | None:
    """Return the innermost folded sub-process around an element."""
    for around in element.iterancestors():
        shape = diagram.shapes.get(around.get("id", ""))
        if local(around) in SUB_PROCESSES and shape is not None and not shape.expanded:
            return around
    return None


def _plane_of(diagram: Diagram, body: Element) -> int | None:
    identity = body.get("id", "")
    return diagram.planes.index(identity) if identity in diagram.planes else None


def _inside(node: Element, shape: Shape, frame: Box) -> bool:
    """Return whether a node lies in a frame; boundary events may hang over its edge."""
    if local(node) == "boundaryEvent":
        return frame.holds(shape.box.centre)
    return frame.holds((shape.box.x, shape.box.y)) and frame.holds((shape.box.right, shape.box.bottom))


def _on_border(shape: Shape, host: Box) -> bool:
    x, y = shape.box.centre
    wide = Box(host.x - _BORDER, host.y - _BORDER, host.width + 2 * _BORDER, host.height + 2 * _BORDER)
    inner = Box(host.x + _BORDER, host.y + _BORDER, host.width - 2 * _BORDER, host.height - 2 * _BORDER)
    return wide.holds((x, y)) and not inner.holds((x, y))
