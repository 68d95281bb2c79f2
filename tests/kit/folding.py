"""Folds an activity of a diagram into a step of its own, so that nothing changes for a token (ALL-22)."""

from __future__ import annotations

from typing import Final

from lxml import etree

from workers.packs.diagrams.model import BPMN, Element

_B: Final = f"{{{BPMN}}}"


def fold(root: Element, activity: str) -> str:
    """Put an activity, with the events at its edge, into a sub-process; returns the step's id.

    What leaves the activity by an event leaves the step by an escalation with a boundary event of its own.
    """
    node = _by_id(root, activity)
    scope = node.getparent()
    assert scope is not None
    step = _add(scope, "subProcess", f"Step_{activity}", name=f"手順 {node.get('name')}")
    events = [e for e in root.iter(f"{_B}boundaryEvent") if e.get("attachedToRef") == activity]
    for flow in list(root.iter(f"{_B}sequenceFlow")):
        if flow.get("targetRef") == activity:
            flow.set("targetRef", f"Step_{activity}")
        if flow.get("sourceRef") == activity:
            flow.set("sourceRef", f"Step_{activity}")
    for part in (node, *events):
        step.append(part)
    _add(step, "startEvent", f"StartEvent_{activity}")
    _add(step, "endEvent", f"EndEvent_{activity}")
    _flow(step, f"StartEvent_{activity}", activity)
    _flow(step, activity, f"EndEvent_{activity}")
    for event in events:
        _lead_out(root, step, event)
    return f"Step_{activity}"


def _lead_out(root: Element, step: Element, event: Element) -> None:
    """Let an event inside throw what a boundary event of the step catches and leads on."""
    identity, scope = str(event.get("id")), step.getparent()
    assert scope is not None
    escalation = _add(root, "escalation", f"Escalation_{identity}", escalationCode=f"code-{identity}")
    exit_ = _add(step, "endEvent", f"Exit_{identity}")
    cancel = event.get("cancelActivity", "true")
    leave = _add(scope, "boundaryEvent", f"Leave_{identity}", attachedToRef=str(step.get("id")), cancelActivity=cancel)
    for thrower in (exit_, leave):
        definition = _add(thrower, "escalationEventDefinition", f"Definition_{thrower.get('id')}")
        definition.set("escalationRef", str(escalation.get("id")))
    for flow in root.iter(f"{_B}sequenceFlow"):
        if flow.get("sourceRef") == identity:
            flow.set("sourceRef", str(leave.get("id")))
    _flow(step, identity, str(exit_.get("id")))


def _by_id(root: Element, identity: str) -> Element:
    return next(element for element in root.iter(f"{_B}*") if element.get("id") == identity)


def _add(parent: Element, kind: str, identity: str, **attributes: str) -> Element:
    return etree.SubElement(parent, f"{_B}{kind}", {"id": identity, **attributes})


def _flow(scope: Element, source: str, target: str) -> None:
    _add(scope, "sequenceFlow", f"Flow_{source}_{target}", sourceRef=source, targetRef=target)
