"""Where a token may go from a node on, as far as the conditions on its way can be found out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from workers.packs.diagrams.conditions import is_true
from workers.packs.diagrams.flowgraph import Way, graph_of
from workers.packs.diagrams.model import NS, Diagram, Element, local

_PASSED: Final = frozenset(
    [
        *("serviceTask", "sendTask", "businessRuleTask", "scriptTask", "intermediateThrowEvent"),
        *("startEvent", "endEvent", "boundaryEvent"),  # those of steps, and what catches their escalations
    ]
)


class Token:
    """A token at ``start``; it goes on by itself through whatever no person does."""

    def __init__(self, diagram: Diagram, start: str) -> None:
        self._diagram = diagram
        self._start = start
        self._graph = graph_of(diagram.root)

    def ways_from(self, node: str) -> list[Way]:
        """Return the ways on from a node, whatever their conditions."""
        return self._graph.after(node)

    def reached(self, values: Mapping[str, object]) -> Iterator[str]:
        """Yield every node that the token passes under these variables, ``start`` itself where it comes back."""
        pending, seen = [self._start], {self._start}
        while pending:
            for target in self._next(pending.pop(), values):
                if target == self._start:
                    yield target
                elif target not in seen and self._passes(target):
                    yield target
                    seen.add(target)
                    pending.append(target)

    def ways(self, values: Mapping[str, object]) -> Iterator[tuple[str, ...]]:
        """Yield every way that the token may go under these variables: the nodes that it passes, in their order."""
        pending: list[tuple[str, ...]] = [(self._start,)]
        while pending:
            way = pending.pop()
            follow = [target for target in self._next(way[-1], values) if target not in way and self._passes(target)]
            pending.extend((*way, target) for target in follow)
            if not follow:
                yield way[1:]

    def _passes(self, target: str) -> bool:
        node = self._diagram.ids.get(target)
        return node is not None and is_passed(node)

    def _next(self, node: str, values: Mapping[str, object]) -> list[str]:
        ways = self.ways_from(node)
        element = self._diagram.ids[node]
        if local(element) != "exclusiveGateway" or len(ways) < 2:
            return [way.target for way in ways]
        taken, default = (
            [],
            [way for way in ways if way.flow is not None and way.flow.get("id") == element.get("default")],
        )
        for way in ways:
            if way in default or (condition := condition_of(way)) is None:
                continue
            held = is_true(condition, values)
            if held is not False:
                taken.append(way.target)
            if held is True:
                return taken
        return [*taken, *(way.target for way in default)]


def condition_of(way: Way) -> str | None:
    """Return the condition (without ``=``) of a way, None without one."""
    condition = None if way.flow is None else way.flow.find("bpmn:conditionExpression", NS)
    return None if condition is None else (condition.text or "").strip().removeprefix("=")


def is_passed(node: Element) -> bool:
    """Return whether a token goes through a node without a person."""
    return local(node) in _PASSED or local(node).endswith("Gateway")
