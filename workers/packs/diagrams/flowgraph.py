"""The ways of a token through a file, as if its steps were not folded: one graph for every rule that follows flows.

A step (a sub-process that only groups, see ``stepways.is_step``) is no node of the graph: whoever goes to it goes to
the start inside, whoever ends inside goes on behind it, and an escalation leads to the boundary event that catches it.
Scopes of their own (multi-instance bodies, sub-processes with variables, event sub-processes) stay nodes; what lies in
them is not connected with what lies around them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from workers.packs.diagrams.model import BPMN, FLOW_NODES, NS, SUB_PROCESSES, Element, local
from workers.packs.stepways import is_step

_NODES: Final = tuple(f"{{{BPMN}}}{name}" for name in sorted(FLOW_NODES))
_NODE_TAGS: Final = frozenset(_NODES)
_ESCALATION: Final = "bpmn:escalationEventDefinition"
_ERROR: Final = "bpmn:errorEventDefinition"
_THROWING: Final = frozenset({"endEvent", "intermediateThrowEvent"})


@dataclass(frozen=True)
class Way:
    """One step of a token; ``flow`` is the sequence flow, None where an escalation leads to what catches it."""

    source: str
    target: str
    flow: Element | None


class FlowGraph:
    """Flow nodes of a file by id, steps left out, and the ways between them."""

    def __init__(self, root: Element) -> None:
        self.nodes = {node.get("id", ""): node for node in root.iter(*_NODES) if not is_step(node)}
        self._all = {node.get("id", ""): node for node in root.iter(*_NODES)}
        self._codes = {found.get("id"): found.get("escalationCode", "") for found in root.iter(f"{{{BPMN}}}escalation")}
        self._boundaries: dict[str, list[Element]] = {}
        for event in root.iter(f"{{{BPMN}}}boundaryEvent"):
            self._boundaries.setdefault(event.get("attachedToRef", ""), []).append(event)
        self._flows: dict[str, list[Element]] = {}
        for flow in root.iter(f"{{{BPMN}}}sequenceFlow"):
            self._flows.setdefault(flow.get("sourceRef", ""), []).append(flow)
        self._events: dict[str, list[str]] = {}
        self._behind: dict[str, frozenset[str]] = {}
        self._after: dict[str, list[Way]] = {}
        self._before: dict[str, list[Way]] = {}
        for way in self._ways():
            self._after.setdefault(way.source, []).append(way)
            self._before.setdefault(way.target, []).append(way)

    def after(self, node: str) -> list[Way]:
        """Return the ways on from a node that is done."""
        return self._after.get(node, [])

    def before(self, node: str) -> list[Way]:
        """Return the ways that lead to a node."""
        return self._before.get(node, [])

    def entries(self, node: str) -> list[str]:
        """Return where a token stands that comes to a node: there, or at the starts inside where it is a step."""
        element = self._all.get(node)
        if element is None:
            return []
        return [start for part in _starts(element) for start in self.entries(part)] if is_step(element) else [node]

    def events(self, node: str) -> list[str]:
        """Return the events that may take a token away while a node waits or works: its own and its steps' ones."""
        if node not in self._events:
            self._events[node] = self._events_at(node)
        return self._events[node]

    def behind(self, node: str) -> frozenset[str]:
        """Return the nodes that a token may come to from a node, over events too, with the node itself."""
        if node not in self._behind:
            found, todo = {node}, [node]
            while todo:
                at = todo.pop()
                for target in [*(way.target for way in self.after(at)), *self.events(at)]:
                    if target not in found:
                        found.add(target)
                        todo.append(target)
            self._behind[node] = frozenset(found)
        return self._behind[node]

    def _events_at(self, node: str) -> list[str]:
        found = [event.get("id", "") for event in self._boundaries.get(node, [])]
        for step in _steps_around(self._all[node]):
            events = self._boundaries.get(step.get("id", ""), [])
            found += [event.get("id", "") for event in events if event.find(_ESCALATION, NS) is None]
        return found

    def code(self, event: Element) -> str | None:
        """Return the code of an event's escalation: empty without one, None for an event of another kind."""
        definition = event.find(_ESCALATION, NS)
        return None if definition is None else self._codes.get(definition.get("escalationRef"), "")

    def throws(self) -> Iterator[Element]:
        """Yield every event that throws an escalation."""
        yield from (n for n in self.nodes.values() if local(n) in _THROWING and self.code(n) is not None)

    def catcher(self, event: Element) -> Element | None:
        """Return the event that catches what an event throws: the nearest one around it, None without one."""
        code, scope = self.code(event), event.getparent()
        while code is not None and scope is not None:
            for caught in self._catching(scope):
                if self.code(caught) in {code, ""}:
                    return caught
            scope = scope.getparent()
        return None

    def codes_caught(self, element: Element) -> set[str]:
        """Return the codes of the escalations that events at an element, or around it, catch; empty for any."""
        events = [e for around in (element, *element.iterancestors()) for e in self._catching(around)]
        return {code for event in events if (code := self.code(event)) is not None}

    def _catching(self, scope: Element) -> Iterator[Element]:
        """Yield the events that may catch an escalation from a scope or an activity."""
        for part in scope:
            if local(part) in SUB_PROCESSES and part.get("triggeredByEvent") == "true":
                yield from part.iterfind("bpmn:startEvent", NS)
        yield from self._boundaries.get(scope.get("id", ""), [])

    def _ways(self) -> Iterator[Way]:
        for source, flows in self._flows.items():
            for flow in flows:
                for start in self._exits(source):
                    for target in self.entries(flow.get("targetRef", "")):
                        yield Way(start, target, flow)
        for event in self.throws():
            caught = self.catcher(event)
            if caught is not None and self._is_near(event, caught):
                yield Way(event.get("id", ""), caught.get("id", ""), None)

    def _is_near(self, event: Element, caught: Element) -> bool:
        """Return whether only steps lie between what throws and what catches."""
        host = self._all.get(caught.get("attachedToRef", ""))
        return host is not None and host in list(_steps_around(event))

    def _exits(self, node: str) -> list[str]:
        """Return the nodes with which a token leaves a node: itself, or the ends of the way through a step."""
        element = self._all.get(node)
        if element is None:
            return []
        if not is_step(element):
            return [node]
        return [found for last in self._lasts(element) for found in self._exits(last)]

    def _lasts(self, step: Element) -> Iterator[str]:
        """Yield the parts of a step behind which it ends, not those of what only runs beside the way through it."""
        seen: set[str] = set()
        todo = _starts(step)
        while todo:
            node = todo.pop()
            if node in seen or node not in self._all:
                continue
            seen.add(node)
            flows = self._flows.get(node, [])
            todo += [flow.get("targetRef", "") for flow in flows]
            events = self._boundaries.get(node, [])
            todo += [event.get("id", "") for event in events if event.get("cancelActivity") != "false"]
            if not flows and not self._leaves(self._all[node]):
                yield node

    def _leaves(self, node: Element) -> bool:
        """Return whether an end throws the token out of its step."""
        caught = self.catcher(node) if local(node) in _THROWING else None
        return node.find(_ERROR, NS) is not None or (caught is not None and caught.get("cancelActivity") != "false")


@lru_cache(maxsize=200)
def _graph(root: Element) -> FlowGraph:
    return FlowGraph(root)


def graph_of(element: Element) -> FlowGraph:
    """Return the graph of the file that an element belongs to."""
    return _graph(element.getroottree().getroot())


def scope_of(element: Element) -> Element | None:
    """Return what keeps the variables around an element: the nearest sub-process that is no step, or the process."""
    scope = element.getparent()
    while scope is not None and local(scope) in SUB_PROCESSES and is_step(scope):
        scope = scope.getparent()
    return scope


def nodes_in(scope: Element) -> Iterator[Element]:
    """Yield the flow nodes of a scope with those of its steps, the steps themselves left out."""
    yield from _nodes_in(scope)


@lru_cache(maxsize=500)
def _nodes_in(scope: Element) -> tuple[Element, ...]:
    return tuple(_walked(scope))


def _walked(scope: Element) -> Iterator[Element]:
    for child in scope:
        if isinstance(child.tag, str) and child.tag in _NODE_TAGS:
            if is_step(child):
                yield from _walked(child)
            else:
                yield child


def _steps_around(element: Element) -> Iterator[Element]:
    scope = element.getparent()
    while scope is not None and is_step(scope):
        yield scope
        scope = scope.getparent()


def _starts(step: Element) -> list[str]:
    return [child.get("id", "") for child in step.iterfind("bpmn:startEvent", NS)]
