"""What is read at an element has arrived there: on every way, in its scope, from whoever calls the process."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from workers.lint.dataflow import DataFlow, Sources, analysed, inside, targets, written_inside
from workers.lint.findings import Finding
from workers.lint.reads import Read, made_by_called, reads
from workers.lint.rules.base import Context, called_so, name_of, report
from workers.packs.diagrams import model
from workers.packs.diagrams.flowgraph import graph_of
from workers.packs.diagrams.model import NS, Diagram, Element, extension, local
from workers.usecases.record_act import VARIABLE

_FLOW: Final = "data-flow"
_CALL: Final = "call-input"
_A_FEW: Final = 2


def arrival(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """A variable that is read is there on every way to where it is read; one finding for all that one place lacks."""
    missing = _missing(diagram, context.flow_of(diagram), context.sources)
    lacking: dict[tuple[str, str, bool], list[str]] = {}
    for name, found in missing.items():
        if not _is_callers_fault(diagram, context, name) and name in _known(context):
            first = found[0]
            lacking.setdefault((first.node, first.place, first.state.has(name)), []).append(name)
    for (node, place, on_some_way), names in lacking.items():
        found = [read for name in names for read in missing[name]]
        reader, where = diagram.ids[node], {read.node for read in found}
        more = f"（ほかに読むところ {len(where) - 1} か所）" if len(where) > 1 else ""
        how = "通る道によっては、ここに届きません" if on_some_way else "ここに届きません"
        hint = _hint(diagram, context, missing[names[0]][0])
        named = "".join(f"「{name}」" for name in names)
        message = f"{name_of(reader)}の{place}が読む変数{named}は、{how}{more}。{hint}"
        about = {part for name in names for part in _about(name, missing[name])} | _items(missing[names[0]][0])
        yield report(diagram, reader, _FLOW, message, about=about)


def handed(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """A call hands over whatever the called process reads without having written it."""
    for call in diagram.all("callActivity"):
        called = extension(call, "calledElement")
        identity = "" if called is None else called.get("processId", "")
        if called is not None and called.get("propagateAllParentVariables") != "false":
            continue  # it hands over everything
        given = set(targets(call, "input"))
        needs = _needs(context, identity).needed
        for name in [*needs, *sorted(_usual(context, diagram, call, identity) - set(needs))]:
            if name in given:
                continue
            why = "ほかの呼び出しがみな渡しています"
            if name in needs:
                read = needs[name]
                why = f"呼び出す先の{called_so(_reader(read))}が読みます"
            parts = _about(name, [needs[name]]) if name in needs else {name}
            message = (
                f"{name_of(call)}は、呼び出すプロセス {identity} に「{name}」を渡していません（{why}）。"
                f"入力マッピングに ={name} → {name} を足してください（なくてよいものは =null と書く）"
            )
            yield report(diagram, call, _CALL, message, about=parts)


def _usual(context: Context, diagram: Diagram, call: Element, process: str) -> set[str]:
    """Return what all other calls of a process hand over: its jobs read what no diagram shows."""
    mine = (diagram.path.resolve(), call.get("id"))
    others = [set(c.inputs) for c in context.catalogue.calls.get(process, []) if (c.path.resolve(), c.id) != mine]
    if len(others) < _A_FEW:
        return set()
    return set.intersection(*others) - _needs(context, process).optional


def _reader(read: Read) -> Element:
    return graph_of(read.element).nodes[read.node]


def _about(name: str, found: list[Read]) -> set[str]:
    """Return the variable and what is looked for in it: lost as a whole, its parts are what a form asks."""
    return {name, *(path.split(".")[1] for read in found for path in read.paths)}


def _items(read: Read) -> set[str]:
    """Return what the items of a list are called that a step repeats over: where the list lacks, they lack, too."""
    return {read.element.get("inputElement", "")} - {""} if local(read.element) == "loopCharacteristics" else set()


def _missing(diagram: Diagram, flow: DataFlow, sources: Sources) -> dict[str, list[Read]]:
    """Return what is read where it is not surely there, by variable, in the order of the flow."""
    order = {node: number for number, node in enumerate(flow.before)}
    found: dict[str, list[Read]] = {}
    for read in reads(diagram, flow, sources):
        if read.name not in read.state.sure | {VARIABLE} and not _may_lack(diagram, read, sources):
            found.setdefault(read.name, []).append(read)
    for several in found.values():
        several.sort(key=lambda read: order.get(read.node, 0))
    return found


def _may_lack(diagram: Diagram, read: Read, sources: Sources) -> bool:
    """Return whether it is right that a variable is not there on every way.

    The place says itself what then holds, or it shows again what is written only behind it, when a token comes back.
    """
    if read.state.anything:
        return True
    if not read.state.has(read.name):
        return read.asked
    if read.guarded:
        return True
    node = diagram.ids[read.node]
    if local(read.element) != "input" and not (local(read.element) == "output" and read.paths):
        return False
    around = set(node.iterancestors())
    behind = graph_of(node).behind(read.node)
    writers = [n for n in graph_of(node).nodes.values() if n not in around and read.name in written_inside(n, sources)]
    return all(writer.get("id", "") in behind for writer in writers)


def _known(context: Context) -> set[str]:
    """Return every variable's name that the rule ``variable`` does not refuse anyway."""
    return set(context.variables) | context.catalogue.names


def _is_callers_fault(diagram: Diagram, context: Context, name: str) -> bool:
    """Return whether a process that is only called gets a variable from its callers or from nowhere."""
    for process in diagram.processes:
        calls = context.catalogue.calls.get(process.get("id", ""), [])
        if len(calls) == 1 and name in _needs(context, process.get("id", "")).needed:
            return True
    return False


@dataclass(frozen=True)
class _Needs:
    """What a process reads that only its callers can have written, each with the first place that reads it.

    ``optional``: what it reads of them, too, but can do without. What all callers leave out is the process' own fault,
    unless there is but one.
    """

    needed: Mapping[str, Read]
    optional: frozenset[str]


def _needs(context: Context, identity: str) -> _Needs:
    return context.once("needs", identity, lambda: _found_needs(context, identity))


def _found_needs(context: Context, identity: str) -> _Needs:
    entries = context.catalogue.find("process", identity)
    calls = context.catalogue.calls.get(identity, [])
    handed_by_any = {name for call in calls for name in call.inputs}
    found: dict[str, Read] = {}
    optional = set()
    for entry in entries:
        diagram = model.load(entry.path)
        alone = analysed(diagram, context.sources, called=False)
        for name, several in _missing(diagram, alone, context.sources).items():
            nowhere = len(calls) == 1 and not any(read.state.has(name) for read in several)
            if all(read.guarded for read in several):
                optional.add(name)
            elif name in handed_by_any or nowhere:
                found[name] = several[0]
    return _Needs(found, frozenset(optional))


def _hint(diagram: Diagram, context: Context, read: Read) -> str:
    """Say what to do: where the variable is typed, made or meant, and does not come out."""
    name, nodes = read.name, list(graph_of(diagram.root).nodes.values())
    mapping = f"={name} → {name} を足してください"
    for node in nodes:
        if _keeps_back(node, name, context.sources):
            what = "フォームの項目" if local(node) == "userTask" else "結果"
            return f"{called_so(node)}の{what}「{name}」を受け取る出力マッピングがありません。{mapping}"
    if (call := next((node for node in nodes if _is_not_taken(node, name, context.sources)), None)) is not None:
        return f"{called_so(call)}の出力マッピングに {mapping}"
    if (start := next((node for node in nodes if _starts_with_nothing(node, context)), None)) is not None:
        return f"{called_so(start)}に開始フォームがありません。フォームを付けるか、これを書く要素を前に置いてください"
    return _written_elsewhere(name, nodes, read, context.sources)


def _starts_with_nothing(node: Element, context: Context) -> bool:
    """Return whether a process that nobody calls starts here by hand, without a form that asks for anything."""
    process = node.getparent()
    if local(node) != "startEvent" or process is None or local(process) != "process":
        return False
    if node.findall("bpmn:extensionElements/zeebe:formDefinition", NS):
        return False
    triggered = any(local(child).endswith("EventDefinition") for child in node)
    return not triggered and not context.catalogue.calls.get(process.get("id", ""))


def _keeps_back(node: Element, name: str, sources: Sources) -> bool:
    out = targets(node, "output")
    return bool(out) and name not in out and name in inside(node, sources)


def _is_not_taken(node: Element, name: str, sources: Sources) -> bool:
    called = local(node) == "callActivity" and name not in targets(node, "output")
    return called and name in made_by_called(node, sources)


def _written_elsewhere(name: str, nodes: list[Element], read: Read, sources: Sources) -> str:
    writers = [node for node in nodes if name in written_inside(node, sources)]
    if read.state.has(name) and writers:
        where = "、".join(called_so(node) for node in writers[:3])
        return f"{where}を通らない道では、まだありません。その道でも書くか、if {name} = null then … で分けてください"
    made = sorted({target for node in nodes for target in targets(node, "output")} - {name})
    if close := difflib.get_close_matches(name, made, n=1, cutoff=0.7):
        return f"前の出力マッピングの「{close[0]}」のことなら、名前をそろえてください"
    if writers:
        return f"{called_so(writers[0])}で書かれますが、ここより後です"
    keys = sorted(key for node in nodes for key in inside(node, sources))
    if close := difflib.get_close_matches(name, keys, n=1, cutoff=0.7):
        return f"「{close[0]}」のことなら、名前をそろえてください"
    return "これを書く要素を前に置くか、読むのをやめてください"
