"""Who did it (ALL-15): every user task tells of its end, and nobody's entry bears another person's name.

The end listener of a user task writes the variable ``act`` with the number of what a person did; a recording job
(``JobType.by_person``) bears that person. So the job has to come right after the user task, in a scope where no other
user task writes ``act`` meanwhile, and what a timer or a called process leads to must not inherit a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from workers.lint.findings import Finding
from workers.lint.model import (
    BPMN,
    NS,
    SUB_PROCESSES,
    ZEEBE,
    Diagram,
    Element,
    extension,
    extensions,
    flow_nodes,
    local,
)
from workers.lint.rules.base import Context, name_of, report
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
    """A sub-process with user tasks has an ``act`` of its own; others would write over it."""
    del context
    for body in diagram.all(*sorted(SUB_PROCESSES)):
        if any(local(child) == "userTask" for child in body) and not _sets_null(body, "input"):
            message = (
                f"{name_of(body)}: 入力マッピング =null → {VARIABLE} を入れてください"
                "（同時に進むほかの作業の人の名前が記録されます）"
            )
            yield report(diagram, body, "person-scope", message)


def recordings(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """A job that records a person's entry follows a user task, on every way that leads to it."""
    graph = _graph(diagram)
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
    graph = _graph(diagram)
    recording = {task.get("id", "") for task in _recording(diagram, context)}
    for node in flow_nodes(diagram):
        branches = [graph.branch(first) for first in _first_of_branches(node, graph)]
        manned = [branch for branch in branches if any(local(graph.nodes[n]) == "userTask" for n in branch)]
        if len(manned) > 1 and any(branch & recording for branch in manned):
            message = (
                f"{name_of(node)}から同時に進む人の作業とその記録は、サブプロセスで囲んで"
                f"入力マッピング =null → {VARIABLE} を入れてください（だれの入力かが混ざります）"
            )
            yield report(diagram, node, "person-scope", message)


@dataclass
class _Graph:
    """Flow nodes by id with the ways between them."""

    nodes: dict[str, Element] = field(default_factory=dict)
    before_of: dict[str, list[str]] = field(default_factory=dict)
    after_of: dict[str, list[str]] = field(default_factory=dict)

    def before(self, task: str) -> set[str]:
        """Return the nodes that lead to a task without a person: timers, messages, calls, joins, sub-processes."""
        strange: set[str] = set()
        seen: set[str] = set()
        open_ = [task]
        while open_:
            for node in self.before_of.get(open_.pop(), []):
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
            host = element.get("attachedToRef", "")
            refused = element.find("bpmn:errorEventDefinition", NS) is not None
            return [host] if refused and local(self.nodes[host]) not in SUB_PROCESSES | {"callActivity"} else None
        if kind in SUB_PROCESSES | _CATCHING | {"callActivity"}:
            return None
        if kind == "parallelGateway" and len(self.before_of.get(node, [])) > 1:
            return None
        return [node]

    def _behind_start(self, start: Element) -> list[str] | None:
        scope = start.getparent()
        if scope is None or local(scope) not in SUB_PROCESSES or _sets_null(scope, "input"):
            return []
        return None if scope.get("triggeredByEvent") == "true" else [scope.get("id", "")]

    def branch(self, first: str) -> set[str]:
        """Return the nodes of a branch up to where branches join."""
        seen: set[str] = set()
        open_ = [first]
        while open_:
            node = open_.pop()
            joins = local(self.nodes[node]) in _FORKS and len(self.before_of.get(node, [])) > 1
            if node not in seen and not joins:
                seen.add(node)
                open_ += self.after_of.get(node, [])
        return seen


def _graph(diagram: Diagram) -> _Graph:
    graph = _Graph({node.get("id", ""): node for node in flow_nodes(diagram)})
    for flow in diagram.all("sequenceFlow"):
        source, target = flow.get("sourceRef", ""), flow.get("targetRef", "")
        if source in graph.nodes and target in graph.nodes:
            graph.before_of.setdefault(target, []).append(source)
            graph.after_of.setdefault(source, []).append(target)
    return graph


def _first_of_branches(node: Element, graph: _Graph) -> list[str]:
    """Return where what a node starts side by side begins; for an event at a task's edge, the task is the other one."""
    identity = node.get("id", "")
    if local(node) == "boundaryEvent":
        host = node.get("attachedToRef", "")
        beside = node.get("cancelActivity") == "false" and host in graph.nodes
        return [identity, host] if beside else []
    after = graph.after_of.get(identity, [])
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
