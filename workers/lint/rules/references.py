"""Forms, decisions and processes that a diagram refers to: they exist, in reach, bound to the same deployment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from workers.lint.findings import Finding
from workers.lint.rules.base import Context, name_of, report
from workers.packs.closure import starts_by_itself
from workers.packs.diagrams.model import NS, Diagram, Element, extension

_KINDS: Final = {
    "form": ("フォーム", "formId"),
    "decision": ("デシジョン", "decisionId"),
    "process": ("プロセス", "processId"),
}


def forms(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Linked forms of start events and user tasks."""
    for element in diagram.all("userTask", "startEvent"):
        for form in element.findall("bpmn:extensionElements/zeebe:formDefinition", NS):
            if form.get("formId") is None:
                yield report(
                    diagram,
                    element,
                    "reference",
                    f"{name_of(element)}にはフォーム ID（formId）でフォームをつないでください",
                )
            else:
                yield from _check(diagram, context, element, form, "form")


def decisions(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Decisions of business rule tasks."""
    for element in diagram.all("businessRuleTask"):
        called, job = extension(element, "calledDecision"), extension(element, "taskDefinition")
        if called is not None:
            yield from _check(diagram, context, element, called, "decision")
            if not called.get("resultVariable"):
                yield report(
                    diagram, element, "reference", f"{name_of(element)}の結果の変数（resultVariable）がありません"
                )
        elif job is None:
            yield report(diagram, element, "reference", f"{name_of(element)}が使うデシジョンがありません")


def processes(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Processes of call activities."""
    for element in diagram.all("callActivity"):
        called = extension(element, "calledElement")
        if called is None:
            yield report(diagram, element, "reference", f"{name_of(element)}が呼び出すプロセスがありません")
        else:
            yield from _check(diagram, context, element, called, "process")


def _check(diagram: Diagram, context: Context, owner: Element, reference: Element, kind: str) -> Iterator[Finding]:
    label, attribute = _KINDS[kind]
    identity = reference.get(attribute, "")
    if problem := _target_problem(diagram, context, kind, label, identity):
        yield report(diagram, owner, "reference", f"{name_of(owner)}: {problem}")
    if (binding := reference.get("bindingType") or "latest") != "deployment":
        message = f"{name_of(owner)}: {label}の bindingType を deployment にしてください（今は {binding}）"
        yield report(diagram, owner, "binding", message)


def _target_problem(diagram: Diagram, context: Context, kind: str, label: str, identity: str) -> str:
    if not identity:
        return f"{label}の ID が空です"
    if identity.startswith("="):
        return f"{label}は決まった ID で指定してください（式では一緒にデプロイするものを決められません）"
    found = context.catalogue.find(kind, identity)
    if not found:
        return f"{label}「{identity}」がどのパックにもありません"
    mine = context.catalogue.pack_of(diagram.path)
    if not any(
        entry.pack.shared or entry.pack.loose or entry.pack.folder == mine.folder or mine.loose for entry in found
    ):
        return f"{label}「{identity}」はほかの市のパック（{found[0].pack.code}）のものです"
    if kind == "process" and not mine.shared and any(e.pack.shared and starts_by_itself(e.path) for e in found):
        return f"{label}「{identity}」は自分で始まる共通のプロセスなので、市の図から呼び出すことはできません"
    return ""
