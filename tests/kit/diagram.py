"""Throw-away diagrams for tests of the kit and the runtime: short XML in, deployable BPMN out."""

from __future__ import annotations

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
_HEAD = (
    f'<bpmn:definitions xmlns:bpmn="{BPMN}" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'xmlns:modeler="http://camunda.org/schema/modeler/1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" '
    'xmlns:di="http://www.omg.org/spec/DD/20100524/DI" id="Definitions_1" targetNamespace="kit" '
    'modeler:executionPlatform="Camunda Cloud" modeler:executionPlatformVersion="8.6.0">'
)


def bpmn(process_id: str, elements: str, *, outside: str = "") -> bytes:
    """Return a deployable file with one executable process.

    Args:
        process_id: Id of the process.
        elements: Flow nodes and sequence flows; the engine needs ``incoming`` and ``outgoing`` in each node, they are
            added here.
        outside: Messages, errors, signals and the drawing, which stand beside the process.
    """
    process = f'<bpmn:process id="{process_id}" isExecutable="true">{elements}</bpmn:process>'
    text = f"{_HEAD}{process}{outside}</bpmn:definitions>"
    root = etree.fromstring(text.encode())
    nodes = {node.get("id"): node for node in root.iter() if node.get("id")}
    for flow in root.iter(f"{{{BPMN}}}sequenceFlow"):
        for end, tag in (("sourceRef", "outgoing"), ("targetRef", "incoming")):
            _reference(nodes[flow.get(end)], tag, str(flow.get("id")))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _reference(node: etree._Element, tag: str, flow_id: str) -> None:
    """Add ``incoming`` or ``outgoing`` where the schema wants it: after the extension elements."""
    reference = etree.Element(f"{{{BPMN}}}{tag}")
    reference.text = flow_id
    first = ("documentation", "extensionElements", "incoming", "outgoing")
    position = sum(isinstance(child.tag, str) and etree.QName(child).localname in first for child in node)
    node.insert(position, reference)


def drawn(diagram: bytes) -> bytes:
    """Return a diagram with a drawing: nodes in a row, flows as straight lines."""
    root = etree.fromstring(diagram)
    process = root.find(f"{{{BPMN}}}process")
    assert process is not None
    plane = f'<bpmndi:BPMNPlane id="Plane" bpmnElement="{process.get("id")}">'
    nodes = [part for part in process.iterdescendants(f"{{{BPMN}}}*") if part.get("id") and not part.get("sourceRef")]
    places = {node.get("id"): 150 * number for number, node in enumerate(nodes)}
    for element in process.iter(f"{{{BPMN}}}*"):
        identity = element.get("id")
        if element.get("sourceRef"):
            ends = (places[element.get("sourceRef")] + 100, places[element.get("targetRef")])
            points = "".join(f'<di:waypoint x="{x}" y="40"/>' for x in ends)
            plane += f'<bpmndi:BPMNEdge id="{identity}_di" bpmnElement="{identity}">{points}</bpmndi:BPMNEdge>'
        elif identity and element is not process:
            bounds = f'<dc:Bounds x="{places[identity]}" y="0" width="100" height="80"/>'
            plane += f'<bpmndi:BPMNShape id="{identity}_di" bpmnElement="{identity}">{bounds}</bpmndi:BPMNShape>'
    drawing = f'<bpmndi:BPMNDiagram id="Drawing">{plane}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>'
    text = etree.tostring(root, encoding="unicode").replace("</bpmn:definitions>", f"{drawing}</bpmn:definitions>")
    return text.encode()
