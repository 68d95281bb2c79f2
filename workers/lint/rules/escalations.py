"""Ways out of a step: what is thrown inside is caught at its edge, and what waits at an edge is thrown inside (ALL-22).

Zeebe ends the branch in silence where nobody catches an escalation: the case would stop without a word.
"""

from __future__ import annotations

from collections.abc import Iterator

from workers.lint.findings import Finding
from workers.lint.rules.base import Context, name_of, report
from workers.packs.diagrams import model
from workers.packs.diagrams.flowgraph import graph_of
from workers.packs.diagrams.model import Diagram, Element, extension, local

_RULE = "escalation"


def caught(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Every escalation that is thrown has a code and an event that catches it, around it or around the call."""
    graph = graph_of(diagram.root)
    for event in graph.throws():
        code = graph.code(event)
        if not code:
            yield report(diagram, event, _RULE, f"{name_of(event)}にエスカレーションのコードがありません")
        elif graph.catcher(event) is None and not _by_callers(diagram, context, code):
            message = (
                f"{name_of(event)}が投げるエスカレーション「{code}」を受け取る境界イベントがありません"
                "（案件がそこで黙って終わります）。手順の箱の縁に、同じエスカレーションの境界イベントを付けてください"
            )
            yield report(diagram, event, _RULE, message)


def thrown(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Every event at an edge that waits for an escalation has something inside that throws it."""
    graph = graph_of(diagram.root)
    reached = {found.get("id") for event in graph.throws() if (found := graph.catcher(event)) is not None}
    for event in diagram.all("boundaryEvent"):
        code, host = graph.code(event), diagram.ids.get(event.get("attachedToRef", ""))
        if code is None or host is None or event.get("id") in reached or _in_calls(context, host, code):
            continue
        message = (
            f"{name_of(event)}が待つエスカレーション「{code}」を、{name_of(host)}の中のどこも投げません。"
            "中に同じエスカレーションの終了イベントを置くか、この境界イベントを消してください"
        )
        yield report(diagram, event, _RULE, message)


def _by_callers(diagram: Diagram, context: Context, code: str) -> bool:
    known = [context.catalogue.escalating.get(process.get("id", ""), set()) for process in diagram.processes]
    return any({code, ""} & codes for codes in known)


def _in_calls(context: Context, host: Element, code: str) -> bool:
    """Return whether a process that is called in an activity throws the escalation and lets it out."""
    calls = [host] if local(host) == "callActivity" else list(host.iter(f"{{{model.BPMN}}}callActivity"))
    let_out = {found for call in calls for found in _let_out(context, call)}
    return code in let_out or (not code and bool(let_out))


def _let_out(context: Context, call: Element) -> Iterator[str]:
    """Yield the codes that a called process throws and does not catch itself."""
    called = extension(call, "calledElement")
    for entry in context.catalogue.find("process", "" if called is None else called.get("processId", "")):
        graph = graph_of(model.load(entry.path).root)
        yield from (graph.code(event) or "" for event in graph.throws() if graph.catcher(event) is None)
