"""A loop waits for somebody or something: jobs alone would run round and round."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from workers.lint.dataflow import inside
from workers.lint.findings import Finding
from workers.lint.rules.base import Context, called_so, report
from workers.lint.tokens import condition_of
from workers.packs.diagrams.conditions import paths
from workers.packs.diagrams.flowgraph import FlowGraph, graph_of
from workers.packs.diagrams.model import NS, Diagram, Element, local

_RUNNING: Final = frozenset(
    [
        *("serviceTask", "sendTask", "businessRuleTask", "scriptTask", "intermediateThrowEvent", "startEvent"),
        *("exclusiveGateway", "parallelGateway", "inclusiveGateway"),
    ]
)
_WORKING: Final = frozenset({"serviceTask", "sendTask", "businessRuleTask", "scriptTask"})
_PASSING: Final = ("bpmn:errorEventDefinition", "bpmn:escalationEventDefinition")


def endless(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Every loop has a person, a timer or a message in it, or goes on until a job of it says that it is done."""
    graph = graph_of(diagram.root)
    told: set[str] = set()
    for node, element in graph.nodes.items():
        if node in told or local(element) not in _WORKING:
            continue
        loop = _loop(graph, node)
        if loop and not _may_end(graph, loop, context):
            told |= loop
            tasks = "、".join(called_so(graph.nodes[n]) for n in sorted(loop) if local(graph.nodes[n]) in _WORKING)
            message = (
                f"{tasks}は、人の作業も待ちもないまま繰り返され、止まりません。繰り返しの中に、"
                "ユーザータスク、タイマー、連絡を待つイベントのどれかを入れるか、線のつなぎ先を直してください"
            )
            yield report(diagram, element, "endless-loop", message)


def _loop(graph: FlowGraph, start: str) -> set[str]:
    """Return what lies on a way from a node back to it on which nothing waits; empty without such a way."""
    ahead = {node: _targets(graph, node) for node, element in graph.nodes.items() if _runs_on(element)}
    reached = _reached(ahead, start)
    return {node for node in reached if start in _reached(ahead, node)} if start in reached else set()


def _targets(graph: FlowGraph, node: str) -> list[str]:
    return [*(way.target for way in graph.after(node)), *graph.events(node)]


def _reached(ahead: dict[str, list[str]], start: str) -> set[str]:
    found: set[str] = set()
    todo = [start]
    while todo:
        for target in ahead.get(todo.pop(), []):
            if target in ahead and target not in found:
                found.add(target)
                todo.append(target)
    return found


def _runs_on(element: Element) -> bool:
    return local(element) in _RUNNING or any(element.find(kind, NS) is not None for kind in _PASSING)


def _may_end(graph: FlowGraph, loop: set[str], context: Context) -> bool:
    """Return whether a gateway of the loop decides by what a job of the loop writes."""
    written = {name for node in loop for name in inside(graph.nodes[node], context.sources)}
    conditions = [condition for node in loop for way in graph.after(node) if (condition := condition_of(way))]
    return bool(written & {path.split(".")[0] for condition in conditions for path in paths(condition)})
