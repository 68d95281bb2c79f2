"""Messages: whatever waits for one, somebody sends it, and it knows the case by what it is sent with."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Final

from workers.lint.findings import Finding, Severity
from workers.lint.rules.base import Context, name_of, report
from workers.packs.diagrams.model import NS, Diagram, Element, extension, extensions, local
from workers.variables import CORRELATED, MESSAGES

_RULE: Final = "message"
_NEAR: Final = 0.8
_STARTS_NEXT: Final = "start-procedure"


def awaited(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Each message that an event waits for is sent by the workers; a procedure's own one bears the process' id."""
    for event, message in _waiting(diagram):
        name, process = message.get("name", ""), _process_of(event)
        sent = {*MESSAGES, *([process] if _begins(event) else [])}
        if not name or name in sent:
            continue
        near = difflib.get_close_matches(name, sorted(sent), n=1, cutoff=_NEAR)
        what = f"{name_of(event)}はメッセージ「{name}」を待ちますが、renkei はこのメッセージを送りません"
        if near or _is_ours(diagram, context, event, process):
            wanted = near[0] if near else process
            todo = f"メッセージの名前を「{wanted}」にしてください"
            if wanted == process:
                todo += "（手続を始めるメッセージの名前は、プロセスの番号と同じです）"
            yield report(diagram, event, _RULE, f"{what}。{todo}", about={name})
        elif not context.catalogue.pack_of(diagram.path).shared:
            message_ = f"{what}。ほかの仕組みから送るのでなければ、案件はここで待ち続けます"
            yield report(diagram, event, _RULE, message_, Severity.NOTE)


def keyed(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """A message of the workers finds the case by the variable with which it is sent."""
    del context
    for event, message in _waiting(diagram):
        name, subscription = message.get("name", ""), extension(message, "subscription")
        key = CORRELATED.get(name, "")
        found = "" if subscription is None else (subscription.get("correlationKey") or "").removeprefix("=").strip()
        if key and found and found != key and not _begins(event):
            told = (
                f"{name_of(event)}のメッセージ「{name}」は「{key}」で案件を見分けますが、相関キーは「{found}」です。"
                f"相関キーを ={key} にしてください（ちがうと、届きません）"
            )
            yield report(diagram, event, _RULE, told, about={found, key})


def begun(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """A procedure that a job starts is one of the city's, and its diagram has a start that waits for its message."""
    city = context.city_of(diagram.path)
    for task in diagram.all("serviceTask") if city is not None else ():
        definition = extension(task, "taskDefinition")
        if city is None or definition is None or definition.get("type") != _STARTS_NEXT:
            continue
        headers = {h.get("key"): h for h in extensions(task, "zeebe:taskHeaders/zeebe:header")}
        kind = headers["kind"].get("value", "") if "kind" in headers else ""
        drawn = {known.value: process for known, process in city.procedures.items()}
        if kind and kind not in drawn:
            message = (
                f"{name_of(task)}が始める手続「{kind}」が、city.toml の [procedures] にありません。"
                f'{kind} = "図の番号" と書くか、ヘッダー kind を直してください'
            )
            yield report(diagram, task, _RULE, message, about={kind})


def _waiting(diagram: Diagram) -> Iterator[tuple[Element, Element]]:
    """Yield each event or receive task that waits for a message, with the message."""
    for event in diagram.all("startEvent", "intermediateCatchEvent", "boundaryEvent", "receiveTask"):
        definition = event if local(event) == "receiveTask" else event.find("bpmn:messageEventDefinition", NS)
        message = None if definition is None else diagram.ids.get(definition.get("messageRef", ""))
        if message is not None:
            yield event, message


def _begins(event: Element) -> bool:
    """Return whether an event is the start of a process."""
    scope = event.getparent()
    return local(event) == "startEvent" and scope is not None and local(scope) == "process"


def _process_of(event: Element) -> str:
    return next((around.get("id", "") for around in event.iterancestors() if local(around) == "process"), "")


def _is_ours(diagram: Diagram, context: Context, event: Element, process: str) -> bool:
    """Return whether nobody but the workers can send it: at the start of a common process or a city's procedure."""
    city = context.city_of(diagram.path)
    named = city is not None and process in city.procedures.values()
    return _begins(event) and (named or context.catalogue.pack_of(diagram.path).shared)
