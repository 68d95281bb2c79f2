"""Which elements of a diagram a token can come back to, and which scope lives on meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from workers.packs.diagrams.flowgraph import graph_of, nodes_in, scope_of
from workers.packs.diagrams.model import SUB_PROCESSES, Element, local

_SCOPES: Final = SUB_PROCESSES | {"process"}
Steps = dict[str, set[str]]


@dataclass(frozen=True)
class Return:
    """One way in which an element is reached again.

    ``scope`` (a sub-process or the process) lives on with its variables; ``entered`` are the sub-processes between it
    and the element, innermost first, which begin anew; ``node`` is the element, or the outermost of ``entered``: what
    lies in ``scope`` itself. ``way`` are the ids of all that lies on a loop through ``node``, with itself. Steps that
    only group count as unfolded everywhere.
    """

    scope: Element
    entered: tuple[Element, ...]
    node: str
    way: frozenset[str]

    def passes(self, identity: str) -> bool:
        """Return whether a token that has done an element of the way, and was not refused there, comes back."""
        return any(way.target in self.way for way in graph_of(self.scope).after(identity))

    def others(self) -> list[Element]:
        """Return what lies on the loop besides the element."""
        return [node for node in nodes_in(self.scope) if node.get("id") in self.way - {self.node}]

    def avoids(self, identities: set[str]) -> bool:
        """Return whether there is a way back on which none of these elements is done; a refusal leaves it undone."""
        ways = _ways(self.scope)
        steps = {node: set() if node in identities - {self.node} else targets for node, targets in ways.flows.items()}
        for source, targets in ways.events.items():
            steps[source] = steps[source] | targets
        return self.node in _reached(steps, self.node)


def returns(element: Element) -> Iterator[Return]:
    """Yield every way in which a token comes back to an element, the one that keeps the innermost scope first."""
    entered: list[Element] = []
    node, scope = element, scope_of(element)
    while scope is not None and local(scope) in _SCOPES:
        if way := _loop(scope, node.get("id", "")):
            yield Return(scope, tuple(entered), node.get("id", ""), way)
        entered.append(scope)
        node, scope = scope, scope_of(scope)


def scopes_around(element: Element) -> list[Element]:
    """Return the sub-processes around an element, innermost first."""
    found, scope = [], element.getparent()
    while scope is not None and local(scope) in SUB_PROCESSES:
        found.append(scope)
        scope = scope.getparent()
    return found


@dataclass(frozen=True)
class _Ways:
    """Of each node of a scope: where a token goes when it is done, which events take it away, both, and both back."""

    flows: Steps
    events: Steps
    forward: Steps
    backward: Steps


@lru_cache(maxsize=500)
def _ways(scope: Element) -> _Ways:
    graph, nodes = graph_of(scope), [node.get("id", "") for node in nodes_in(scope)]
    flows = {node: {way.target for way in graph.after(node)} for node in nodes}
    events = {node: set(graph.events(node)) for node in nodes}
    forward = {node: flows[node] | events[node] for node in nodes}
    backward: Steps = {}
    for source, targets in forward.items():
        for target in targets:
            backward.setdefault(target, set()).add(source)
    return _Ways(flows, events, forward, backward)


@lru_cache(maxsize=2000)
def _loop(scope: Element, identity: str) -> frozenset[str]:
    """Return the nodes of a scope that lie on a loop through one of them; empty when there is no way back to it."""
    ways = _ways(scope)
    return _reached(ways.forward, identity) & _reached(ways.backward, identity)


def _reached(steps: Steps, start: str) -> frozenset[str]:
    found: set[str] = set()
    todo = list(steps.get(start, ()))
    while todo:
        node = todo.pop()
        if node not in found:
            found.add(node)
            todo.extend(steps.get(node, ()))
    return frozenset(found)
