"""Where variables live: multi-instance bodies and call activities; otherwise departments overwrite each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from workers.lint.findings import Finding, Severity
from workers.lint.rules.base import Context, name_of, report
from workers.packs.diagrams.model import BPMN, NS, SUB_PROCESSES, Diagram, Element, extension, extensions, local
from workers.usecases.record_act import VARIABLE

_EVERYTHING: Final = (("propagateAllParentVariables", "渡し"), ("propagateAllChildVariables", "受け取り"))


def multi_instance(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """The body is a sub-process with local variables; what is done in it writes to those only."""
    for loop in diagram.all("multiInstanceLoopCharacteristics"):
        body = loop.getparent()
        if body is None:
            continue
        yield from _loop(diagram, loop, body)
        if local(body) not in SUB_PROCESSES:
            if _writes(body, context):
                message = f"{name_of(body)}: 繰り返しはサブプロセスで囲んでください（変数が混ざります）"
                yield report(diagram, body, "multi-instance", message)
            continue
        inputs = extensions(body, "zeebe:ioMapping/zeebe:input")
        if not any(mapping.get("target") != VARIABLE for mapping in inputs):
            message = f"{name_of(body)}: 入力マッピングで繰り返しごとの変数を作ってください（例: =null → answer）"
            yield report(diagram, body, "multi-instance", message)
        for task in body.iter(f"{{{BPMN}}}userTask"):
            yield from _user_task(diagram, body, task)
        yield from _job_results(diagram, context, body)


def _loop(diagram: Diagram, loop: Element, body: Element) -> Iterator[Finding]:
    characteristics = extension(loop, "loopCharacteristics")
    if characteristics is None or not characteristics.get("inputCollection"):
        yield report(diagram, body, "multi-instance", f"{name_of(body)}: 繰り返しの一覧（inputCollection）がありません")
    elif not characteristics.get("inputElement"):
        yield report(diagram, body, "multi-instance", f"{name_of(body)}: 繰り返しの要素名（inputElement）がありません")
    if characteristics is not None and (
        characteristics.get("outputCollection") or characteristics.get("outputElement")
    ):
        message = (
            f"{name_of(body)}: 結果の一覧（outputCollection）は、件数が多いと重くなります。"
            "課や事業の数だけ増えるものは、台帳に記録して後で読み出してください"
        )
        yield report(diagram, body, "output-collection", message, Severity.NOTE)


def _writes(body: Element, context: Context) -> bool:
    """Return whether an activity that repeats by itself writes anything that the next one would write over."""
    if local(body) not in {"serviceTask", "sendTask"}:
        return True
    definition = extension(body, "taskDefinition")
    known = context.job_types.get("" if definition is None else definition.get("type", ""))
    return bool(extensions(body, "zeebe:ioMapping/zeebe:output")) or known is None or bool(known.writes)


def _user_task(diagram: Diagram, body: Element, task: Element) -> Iterator[Finding]:
    outputs = extensions(task, "zeebe:ioMapping/zeebe:output")
    if not outputs:
        message = f"{name_of(task)}: 出力マッピングがないため、ほかの回答を上書きします"
        yield report(diagram, task, "multi-instance", message)
    private = _private(task, body)
    for output in outputs:
        target = output.get("target", "").split(".")[0]
        if target not in private:
            message = (
                f"{name_of(task)}: 出力先「{target}」が{name_of(body)}の中の変数ではないため、ほかの回答を上書きします"
            )
            yield report(diagram, output, "multi-instance", message)


def _job_results(diagram: Diagram, context: Context, body: Element) -> Iterator[Finding]:
    for task in body.iter(f"{{{BPMN}}}serviceTask", f"{{{BPMN}}}sendTask"):
        definition = extension(task, "taskDefinition")
        job_type = context.job_types.get("" if definition is None else definition.get("type", ""))
        if job_type is None or extensions(task, "zeebe:ioMapping/zeebe:output"):
            continue
        if outside := sorted(set(job_type.writes) - _private(task, body)):
            names = "、".join(outside)
            message = (
                f"{name_of(task)}: 結果（{names}）が繰り返しの外の変数に書かれます。出力マッピングで受けてください"
            )
            yield report(diagram, task, "multi-instance", message, Severity.WARNING)


def _private(task: Element, body: Element) -> set[str]:
    """Return the variables that the scopes between a task's parent and the multi-instance body make."""
    names: set[str] = set()
    current = task.getparent()
    while current is not None:
        names |= {i.get("target", "").split(".")[0] for i in extensions(current, "zeebe:ioMapping/zeebe:input")}
        path = "bpmn:multiInstanceLoopCharacteristics/bpmn:extensionElements/zeebe:loopCharacteristics"
        names |= {loop.get("inputElement", "") for loop in current.findall(path, NS)}
        if current is body:
            break
        current = current.getparent()
    return names - {""}


def call_activities(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Call activities pass on what their mappings say; where one passes on everything, that is noted."""
    del context
    for element in diagram.all("callActivity"):
        called = extension(element, "calledElement")
        if called is None:
            continue
        ways = [word for attribute, word in _EVERYTHING if called.get(attribute) != "false"]
        if ways:
            message = (
                f"{name_of(element)}: すべての変数を{'、'.join(ways)}ます（propagateAll…Variables）。"
                "要るものだけにするなら、false にしてマッピングに書いてください"
            )
            yield report(diagram, element, "call-activity", message, Severity.NOTE)
