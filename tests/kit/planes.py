"""The drawing of a folded diagram, written by hand: shapes, lines, and a plane for each level."""

from __future__ import annotations

from tests.kit.diagram import bpmn


def shape(identity: str, x: int, y: int, width: int = 100, height: int = 80, *, expanded: bool = False) -> str:
    """Return a node's place; a sub-process is folded unless it is said to be expanded."""
    return (
        f'<bpmndi:BPMNShape id="{identity}_di" bpmnElement="{identity}" isExpanded="{str(expanded).lower()}">'
        f'<dc:Bounds x="{x}" y="{y}" width="{width}" height="{height}"/></bpmndi:BPMNShape>'
    )


def edge(identity: str, *points: tuple[int, int]) -> str:
    """Return a flow's line."""
    ends = "".join(f'<di:waypoint x="{x}" y="{y}"/>' for x, y in points)
    return f'<bpmndi:BPMNEdge id="{identity}_di" bpmnElement="{identity}">{ends}</bpmndi:BPMNEdge>'


def plane(owner: str, *parts: str) -> str:
    """Return a plane: that of a process, or that of a folded sub-process."""
    return (
        f'<bpmndi:BPMNDiagram id="Diagram_{owner}"><bpmndi:BPMNPlane id="Plane_{owner}" bpmnElement="{owner}">'
        f"{''.join(parts)}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>"
    )


TASKS = '<bpmn:task id="Ask" name="聞く"/><bpmn:task id="Tell" name="伝える"/>'
_FLOW = '<bpmn:sequenceFlow id="F" sourceRef="Ask" targetRef="Tell"/>'


def flat(process: str) -> bytes:
    """Return two tasks on one plane."""
    drawing = plane(process, shape("Ask", 0, 0), shape("Tell", 200, 0), edge("F", (100, 40), (200, 40)))
    return bpmn(process, TASKS + _FLOW, outside=drawing)


def expanded(process: str) -> bytes:
    """Return the two tasks in an expanded step with a task around them."""
    top = plane(process, shape("Step_Talk", -20, -20, 340, 120, expanded=True), *_inside())
    return bpmn(process, _step(), outside=top)


def folded(process: str) -> bytes:
    """Return the two tasks in a folded step."""
    top = plane(process, shape("Step_Talk", 0, 0))
    return bpmn(process, _step(), outside=top + plane("Step_Talk", *_inside()))


def _step() -> str:
    return f'<bpmn:subProcess id="Step_Talk" name="① 相談する">{TASKS}{_FLOW}</bpmn:subProcess>'


def _inside() -> tuple[str, str, str]:
    return shape("Ask", 0, 0), shape("Tell", 200, 0), edge("F", (100, 40), (200, 40))
