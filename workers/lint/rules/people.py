"""Who did it (ALL-15): every user task tells of its end, and nobody's entry bears another person's name.

The end listener of a user task writes the variable ``act`` with the number of what a person did; a recording job
(``JobType.by_person``) bears that person. So the job has to come right after the user task, in a scope where no other
user task writes ``act`` meanwhile, and what a timer or a called process leads to must not inherit a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from workers.lint.findings import Finding
from workers.lint.rules.base import Context, name_of, report
from workers.packs.diagrams.flowgraph import FlowGraph, graph_of, nodes_in
from workers.packs.diagrams.model import (
    BPMN,
    NS,
    SUB_PROCESSES,
    ZEEBE,
    Diagram,
    Element,
    extension,
    extensions,
    local,
)
from workers.packs.stepways import is_step
from workers.usecases.record_act import VARIABLE

_FORKS: Final = frozenset({"parallelGateway", "inclusiveGateway"})
_ONE_WAY: Final = frozenset({"exclusiveGateway", "eventBasedGateway"})
_CATCHING: Final = frozenset({"intermediateCatchEvent", "receiveTask"})


def listeners(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Every user task has the listener that records its completion."""
    wanted = sorted(name for name, job_type in context.job_types.items() if job_type.listener)
    for task in diagram.all("userTask"):
        found = extensions(task, "zeebe:executionListeners/zeebe:executionListener")
        ends = {listener.get("type", "") for listener in found if listener.get("eventType") == "end"}
        if not ends & set(wanted):
            types = "・".join(wanted)
            message = (
                f"{name_of(task)}に完了を控える実行リスナー（終了時、ジョブ型 {types}）がありません。"
                "だれが済ませたかが経過に残りません"
            )
            yield report(diagram, task, "person", message)
    for definition in diagram.root.iter(f"{{{ZEEBE}}}taskDefinition"):
        if definition.get("type") in wanted:
            message = f"ジョブ型「{definition.get('type')}」はユーザータスクの実行リスナーのものです"
            yield report(diagram, definition, "person", message)


def scopes(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """A sub-process with variables of its own and user tasks has an ``act``, too; others would write over it."""
    del context
    for body in diagram.all(*sorted(SUB_PROCESSES)):
        if (
            not is_step(body)
            and any(local(child) == "userTask" for child in nodes_in(body))
            and not _sets_null(body, "input")
        ):
            message = (
                f"{name_of(body)}: 入力マッピング =null → {VARIABLE} を入れてください"
                "（同時に進むほかの作業の人の名前が記録されます）"
            )
            yield report(diagram, body, "person-scope", message)


def recordings(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """A job that records a person's entry follows a user task, on every way that leads to it."""
    graph = _Graph(graph_of(diagram.root))
    for task in _recording(diagram, context):
        if extensions(task, "zeebe:ioMapping/zeebe:input[@target='act']"):
            continue  # says itself whose entry it is: nobody's (=null), or that of the person before (=act)
        strange = sorted(name_of(graph.nodes[node]) for node in graph.before(task.get("id", "")))
        if strange:
            message = (
                f"{name_of(task)}は人の入力を記録しますが、{'、'.join(strange)}からも人の作業なしに進みます。"
                "前の人の名前で記録されないよう、そこの出力マッピングかこのタスクの入力マッピングに "
                f"=null → {VARIABLE} を入れてください（前の人の頼みの結果なら、このタスクに ={VARIABLE} → {VARIABLE}）"
            )
            yield report(diagram, task, "person-inherited", message)


def side_by_side(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Of what goes on side by side in one scope, at most one branch has user tasks, where entries are recorded."""
    graph = _Graph(graph_of(diagram.root))
    recording = {task.get("id", "") for task in _recording(diagram, context)}
    for node in graph.nodes.values():
        branches = [graph.branch(first) for first in _first_of_branches(node, graph)]
        manned = [branch for branch in branches if any(local(graph.nodes[n]) == "userTask" for n in branch)]
        if len(manned) > 1 and any(branch & recording for branch in manned):
            message = (
                f"{name_of(node)}から同時に進む人の作業とその記録は、サブプロセスで囲んで"
                f"入力マッピング =null → {VARIABLE} を入れてください（だれの入力かが混ざります）"
            )
            yield report(diagram, node, "person-scope", message)


class _Graph:
    """Whom a token follows, and what it starts side by side."""

    def __init__(self, graph: FlowGraph) -> None:
        self._graph = graph
        self.nodes = graph.nodes

    def before_of(self, node: str) -> list[str]:
        """Return the nodes from which a token comes to a node."""
        return [way.source for way in self._graph.before(node)]

    def after_of(self, node: str) -> list[str]:
        """Return the nodes to which a token goes from a node."""
        return [way.target for way in self._graph.after(node)]

    def entries(self, node: str) -> list[str]:
        """Return where a token stands that is at a node: inside, where it is a step."""
        return self._graph.entries(node)

    def before(self, task: str) -> set[str]:
        """Return the nodes that lead to a task without a person: timers, messages, calls, joins, sub-processes."""
        strange: set[str] = set()
        seen: set[str] = set()
        open_ = [task]
        while open_:
            for node in self.before_of(open_.pop()):
                if node in seen:
                    continue
                seen.add(node)
                further = self._further(node)
                if further is None:
                    strange.add(node)
                else:
                    open_ += further
        return strange

    def _further(self, node: str) -> list[str] | None:
        """Return where to look next behind a node; nowhere: a person or nobody acted there; None: it is strange."""
        element = self.nodes[node]
        kind = local(element)
        if kind == "userTask" or _sets_null(element, "output"):
            return []
        if kind == "startEvent":
            return self._behind_start(element)
        if kind == "boundaryEvent":
            return self._behind_event(element)
        if kind in SUB_PROCESSES | _CATCHING | {"callActivity"}:
            return None
        if kind == "parallelGateway" and len(self.before_of(node)) > 1:
            return None
        return [node]

    def _behind_event(self, event: Element) -> list[str] | None:
        """Return the task that refused, or the end inside a step that threw; None for an event from outside."""
        if self.before_of(event.get("id", "")):
            return [event.get("id", "")]
        host = self.nodes.get(event.get("attachedToRef", ""))
        refused = host is not None and event.find("bpmn:errorEventDefinition", NS) is not None
        if host is None or not refused or local(host) in SUB_PROCESSES | {"callActivity"}:
            return None
        return [host.get("id", "")]

    def _behind_start(self, start: Element) -> list[str] | None:
        scope = start.getparent()
        if scope is not None and is_step(scope):
            return [start.get("id", "")]
        if scope is None or local(scope) not in SUB_PROCESSES or _sets_null(scope, "input"):
            return []
        return None if scope.get("triggeredByEvent") == "true" else [scope.get("id", "")]

    def branch(self, first: str) -> set[str]:
        """Return the nodes of a branch up to where branches join."""
        seen: set[str] = set()
        open_ = [first]
        while open_:
            node = open_.pop()
            joins = local(self.nodes[node]) in _FORKS and len(self.before_of(node)) > 1
            if node not in seen and not joins:
                seen.add(node)
                open_ += self.after_of(node)
        return seen


def _first_of_branches(node: Element, graph: _Graph) -> list[str]:
    """Return where what a node starts side by side begins; for an event at a task's edge, the task is the other one."""
    identity = node.get("id", "")
    if local(node) == "boundaryEvent":
        host = node.get("attachedToRef", "")
        inside = graph.entries(host)
        return [identity, *inside] if node.get("cancelActivity") == "false" and inside else []
    after = graph.after_of(identity)
    return after if len(after) > 1 and local(node) not in _ONE_WAY else []


def _recording(diagram: Diagram, context: Context) -> Iterator[Element]:
    for task in diagram.root.iter(f"{{{BPMN}}}serviceTask", f"{{{BPMN}}}sendTask"):
        definition = extension(task, "taskDefinition")
        job_type = context.job_types.get("" if definition is None else definition.get("type", ""))
        if job_type is not None and job_type.by_person:
            yield task


def _sets_null(element: Element, kind: str) -> bool:
    """Whether a mapping (``input`` or ``output``) of an element makes ``act`` null."""
    found = extensions(element, f"zeebe:ioMapping/zeebe:{kind}")
    return any(m.get("target") == VARIABLE and (m.get("source") or "").replace(" ", "") == "=null" for m in found)
