"""Documents that go with a mail: somebody makes them in the same case, before the mail."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from workers.lint.findings import Finding
from workers.lint.rules.base import Context, called_so, name_of, report
from workers.packs.diagrams.flowgraph import graph_of, scope_of
from workers.packs.diagrams.model import Diagram, Element, extensions, listed, made_documents

_RULE: Final = "attachment"
_HEADER: Final = "attach"
_INPUT: Final = "mailAttach"
_PARTS: Final = frozenset({"department", "all"})
_LIST: Final = re.compile(r"\[([^\[\]]*)\]")
_TEXT: Final = re.compile(r'"([^"]*)"')


def attached(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Each document that a mail takes along is made in this case: here before it, by a caller, or by who is called."""
    own = {node.get("id", ""): made_documents(node) for node in diagram.all("serviceTask")}
    elsewhere = _of_others(diagram, context)
    for task in diagram.all("serviceTask", "callActivity"):
        for place, name, part in _taken_along(task):
            if name in elsewhere:
                continue
            makers = [diagram.ids[identity] for identity, names in own.items() if name in names]
            if not makers:
                known = sorted({*elsewhere, *(one for names in own.values() for one in names)})
                near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
                hint = "「文書を作る」タスクを前に置くか、添付から外してください"
                if near:
                    hint = f"「{near[0]}」のことなら、名前をそろえてください"
                message = f"{name_of(task)}が添付する文書「{name}」を、この案件で作る作業がありません。{hint}"
                yield report(diagram, place, _RULE, message, about={name})
            elif problem := _wrong_part(part, makers):
                yield report(diagram, place, _RULE, f"{name_of(task)}が添付する文書「{name}」{problem}", about={name})
            elif not any(_may_come_before(maker, task) for maker in makers):
                message = (
                    f"{name_of(task)}が添付する文書「{name}」は、{called_so(makers[0])}で作りますが、ここより後です。"
                    "作る作業を前に置いてください"
                )
                yield report(diagram, place, _RULE, message, about={name})


def _wrong_part(part: str, makers: Sequence[Element]) -> str:
    """Return what is wrong with the part of a document that a mail takes along (``department`` of ``a@department``)."""
    per = {header.get("value") for task in makers for header in _headers(task) if header.get("key") == "per"}
    if part and part not in _PARTS:
        return f"の @{part} は使えません。@department（その課のもの）か @all（すべて）と書いてください"
    if part and not per:
        return "は、課や事業ごとには作りません。@ から後ろを消すか、文書を作るタスクにヘッダー per を入れてください"
    if not part and per and all(any(h.get("key") == "per" for h in _headers(task)) for task in makers):
        return "は、課や事業ごとに作ります。名前の後ろに @department（その課のもの）か @all（すべて）を付けてください"
    return ""


def _split(name: str) -> tuple[str, str]:
    plain, _, part = name.partition("@")
    return plain, part


def _headers(task: Element) -> list[Element]:
    return extensions(task, "zeebe:taskHeaders/zeebe:header")


def _taken_along(task: Element) -> Iterator[tuple[Element, str, str]]:
    """Yield where a task names a document for its mail, the name, and which of several it means."""
    for header in _headers(task):
        for name in listed(header.get("value") or "") if header.get("key") == _HEADER else ():
            yield header, *_split(name)
    for mapping in extensions(task, "zeebe:ioMapping/zeebe:input"):
        if mapping.get("target") == _INPUT:
            lists = _LIST.findall(mapping.get("source") or "")
            for name in dict.fromkeys(name for one in lists for name in _TEXT.findall(one)):
                yield mapping, *_split(name)


def _of_others(diagram: Diagram, context: Context) -> set[str]:
    """Return the documents that the case may have from other diagrams: callers, and all that is called from them."""
    catalogue = context.catalogue
    by_path: dict[Path, set[str]] = {}
    for process, calls in catalogue.calls.items():
        for call in calls:
            by_path.setdefault(call.path.resolve(), set()).add(process)
    mine = diagram.path.resolve()
    above, todo = {mine}, [process.get("id", "") for process in diagram.processes]
    while todo:
        for call in catalogue.calls.get(todo.pop(), []):
            if (path := call.path.resolve()) not in above:
                above.add(path)
                todo += [entry.id for entry in catalogue.entries if entry.kind == "process" and entry.path == call.path]
    found, waiting = set(above), list(above)
    while waiting:
        for process in by_path.get(waiting.pop(), ()):
            for entry in catalogue.find("process", process):
                if (path := entry.path.resolve()) not in found:
                    found.add(path)
                    waiting.append(path)
    return {name for path in found - {mine} for name in catalogue.documents.get(path, ())}


def _may_come_before(maker: Element, task: Element) -> bool:
    if scope_of(maker) is not scope_of(task):
        return True  # what a repeated part made, or what was made before it began
    return task.get("id", "") in graph_of(task).behind(maker.get("id", ""))
