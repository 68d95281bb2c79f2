"""Errors that are caught are thrown somewhere, and those of called processes are caught."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from workers.lint.findings import Finding
from workers.lint.rules.base import Context, name_of, report
from workers.lint.rules.mailways import RETURNED
from workers.packs.diagrams import model
from workers.packs.diagrams.model import NS, Diagram, Element, extension, extensions, local

_INPUT_ERROR: Final = "input-error"


def errors(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """What an error event waits for is thrown inside, and what a called process throws is caught around the call."""
    mistaken = set()
    astray: dict[str, list[tuple[Element, Element, set[str]]]] = {}
    for event in diagram.all("boundaryEvent"):
        code, host = _code(diagram, event), diagram.ids.get(event.get("attachedToRef", ""))
        if not code or host is None:
            continue
        thrown = _thrown(diagram, context, host)
        if code not in thrown:
            mistaken.add(host)
            astray.setdefault(code, []).append((event, host, thrown))
        elif code == _INPUT_ERROR and not _hands_on(event):
            message = (
                f"{name_of(event)}では、どこが誤りかの説明（formError）が次の画面に届きません。"
                "出力マッピング =formError → formError にしてください"
            )
            yield report(diagram, event, "error-text", message, about={"formError"})
    yield from _astray(diagram, astray)
    for call in diagram.all("callActivity") if not mistaken else ():
        caught = model.caught_errors(diagram, call)
        for code in sorted(_of_called(context, call) - caught - {RETURNED} if "" not in caught else ()):
            message = (
                f"{name_of(call)}が呼び出すプロセスはエラー「{code}」で終わることがありますが、受け取る境界イベントが"
                "ありません（案件が止まります）。呼び出しの縁にエラーの境界イベントを付けてください"
            )
            yield report(diagram, call, "error-code", message, about={code})


def _astray(diagram: Diagram, found: Mapping[str, list[tuple[Element, Element, set[str]]]]) -> Iterator[Finding]:
    """Yield a code that nobody throws, once for all events that wait for it."""
    for code, events in found.items():
        event, host, thrown = events[0]
        known = "、".join(sorted(thrown)) or "なし"
        more = f"。同じコードを待つところが、ほかに {len(events) - 1} か所あります" if len(events) > 1 else ""
        message = (
            f"{name_of(event)}が待つエラー「{code}」を、{name_of(host)}は投げません（投げるのは {known}）。"
            f"エラーコードをそろえるか、この境界イベントを消してください{more}"
        )
        yield report(diagram, event, "error-code", message, about={code})


def _hands_on(event: Element) -> bool:
    """Return whether what a refusal says leaves the event that catches it: without outputs everything does."""
    outputs = extensions(event, "zeebe:ioMapping/zeebe:output")
    said = {output.get("target"): output.get("source") or "" for output in outputs}
    return not outputs or "formError" in said.get("formError", "")


def _code(diagram: Diagram, event: Element) -> str | None:
    definition = event.find("bpmn:errorEventDefinition", NS)
    error = None if definition is None else diagram.ids.get(definition.get("errorRef", ""))
    return None if error is None else error.get("errorCode", "")


def _thrown(diagram: Diagram, context: Context, host: Element) -> set[str]:
    """Return the codes of the errors that an activity, or anything inside it, may throw."""
    found: set[str] = set()
    for part in host.iter(*(f"{{{model.BPMN}}}{name}" for name in ("serviceTask", "sendTask", "businessRuleTask"))):
        definition = extension(part, "taskDefinition")
        known = context.job_types.get("" if definition is None else definition.get("type", ""))
        if definition is not None and (known is None or known.takes_input or "formError" in known.writes):
            found.add(_INPUT_ERROR)
    for call in host.iter(f"{{{model.BPMN}}}callActivity"):
        found |= _of_called(context, call)
    for end in host.iter(f"{{{model.BPMN}}}endEvent"):
        found |= {code for code in [_code(diagram, end)] if code}
    return found


def _of_called(context: Context, call: Element) -> set[str]:
    identity = _called(call)
    return context.once("thrown", identity, lambda: _ending(context, identity, frozenset()))


def _ending(context: Context, identity: str, around: frozenset[str]) -> set[str]:
    """Return the codes of the errors with which a process may end; ``around`` are those that call it."""
    found: set[str] = set()
    for entry in context.catalogue.find("process", identity) if identity not in around else ():
        child = model.load(entry.path)
        ends = ((end, _code(child, end)) for end in child.all("endEvent"))
        found |= {code for end, code in ends if code and code not in _caught_inside(child, end)}
        for call in child.all("callActivity"):
            caught = model.caught_errors(child, call)
            inner = _ending(context, _called(call), around | {identity})
            found |= {code for code in inner if not {code, ""} & caught}
    return found


def _called(call: Element) -> str:
    called = extension(call, "calledElement")
    return "" if called is None else called.get("processId", "")


def _caught_inside(diagram: Diagram, event: Element) -> set[str]:
    holder = event.getparent()
    return set() if holder is None or local(holder) == "process" else model.caught_errors(diagram, holder)
