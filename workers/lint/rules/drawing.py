"""The drawing (DI): everything is drawn, and stands where it belongs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from workers.lint.findings import Finding
from workers.lint.model import FLOW_NODES, NS, SUB_PROCESSES, Box, Diagram, Element, Shape, flow_nodes, local
from workers.lint.rules.base import Context, name_of, report

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
