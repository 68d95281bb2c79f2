"""Where a token may go from a node on, as far as the conditions on its way can be found out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from workers.lint.conditions import is_true
from workers.lint.model import NS, Diagram, Element, local

_PASSED: Final = frozenset({"serviceTask", "sendTask", "businessRuleTask", "scriptTask", "intermediateThrowEvent"})


class Token:
    """A token at ``start``; it goes on by itself through whatever no person does."""

    def __init__(self, diagram: Diagram, start: str) -> None:
        self._diagram = diagram
        self._start = start
        self.flows: dict[str, list[Element]] = {}
        for flow in diagram.all("sequenceFlow"):
            self.flows.setdefault(flow.get("sourceRef", ""), []).append(flow)

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
        flows = self.flows.get(node, [])
        element = self._diagram.ids[node]
        if local(element) != "exclusiveGateway" or len(flows) < 2:
            return [flow.get("targetRef", "") for flow in flows]
        taken, default = [], element.get("default")
        for flow in flows:
            condition = flow.find("bpmn:conditionExpression", NS)
            if flow.get("id") == default or condition is None:
                continue
            held = is_true((condition.text or "").strip().removeprefix("="), values)
            if held is not False:
                taken.append(flow.get("targetRef", ""))
            if held is True:
                return taken
        return [*taken, *(flow.get("targetRef", "") for flow in flows if flow.get("id") == default)]


def is_passed(node: Element) -> bool:
    """Return whether a token goes through a node without a person."""
    return local(node) in _PASSED or local(node).endswith("Gateway")
