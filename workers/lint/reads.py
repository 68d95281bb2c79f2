"""Every place of a diagram that reads variables, with the state of the data flow there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from workers.domain.required import parse_rules, roots
from workers.lint.dataflow import DataFlow, Sources, State, inside, message_of, targets, written_inside
from workers.lint.supplies import repeats_over
from workers.packs.diagrams import feel, forms, model
from workers.packs.diagrams.expressions import Slot, slots
from workers.packs.diagrams.flowgraph import nodes_in
from workers.packs.diagrams.model import NS, Diagram, Element, extension, extensions, local
from workers.variables import MESSAGES

_LISTING: Final = frozenset({"keep", "values"})
_AFTER_REFUSAL: Final = re.compile(r"\bif\s+formError\s*=\s*null\s+then\b")
_PATH: Final = r"(?<![\w.])([^\W\d]\w*(?:\.\w+)*)"
_PATHS: Final = re.compile(r"(?<![\w.])[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_ASKED: Final = re.compile(r"is defined\(\s*([^\W\d]\w*)\b")
_RECKONED: Final = re.compile(
    rf"{_PATH}\s*!?=\s*null|null\s*!?=\s*{_PATH}|is defined\(\s*{_PATH}|get or else\(\s*{_PATH}"
)
_OF_FORM: Final = frozenset({"this", "parent", "i", "value"})
_GIVEN_BACK: Final = "繰り返しの結果"
_DOCUMENT: Final = frozenset({"process", "signal", "error", "escalation", "dataObject"})


@dataclass(frozen=True)
class Read:
    """A variable that is read at ``node`` (a flow node's id) under ``state``.

    ``guarded``: the place reckons with it not being there. ``place`` is what a message calls it; ``element`` where it
    stands; ``paths`` are the dotted paths below the variable.
    """

    node: str
    name: str
    state: State
    place: str
    element: Element
    guarded: bool
    paths: tuple[str, ...] = ()
    asked: bool = False
    """The place asks whether it is there at all."""


def reads(diagram: Diagram, flow: DataFlow, sources: Sources) -> Iterator[Read]:
    """Yield every read of a diagram that a token can come to."""
    for slot in slots(diagram):
        if slot.is_feel:
            for node, state in _places(diagram, slot, flow, sources):
                yield from _of(slot.body, node, state, slot.label, slot.element)
    for node, state in flow.before.items():
        element = diagram.ids[node]
        within = state.plus(targets(element, "input")).plus(inside(element, sources))
        yield from _of_headers(element, node, within, sources)
        yield from _of_forms(element, node, within, sources)
        yield from _of_decision(element, node, state.plus(targets(element, "input")), sources)


@lru_cache(maxsize=10_000)
def guarded(expression: str, name: str) -> bool:
    """Return whether an expression reckons with a variable that is not there, or null."""
    if _AFTER_REFUSAL.search(expression) and name != "formError":
        return True
    found = (path for match in _RECKONED.findall(expression) for path in match if path)
    return any(path.partition(".")[0] == name for path in found)


def _places(diagram: Diagram, slot: Slot, flow: DataFlow, sources: Sources) -> Iterator[tuple[str, State]]:
    """Yield (node, state) of where a slot is evaluated: a message's key wherever the message is waited for."""
    owner = diagram.ids.get(slot.owner)
    if owner is None or local(owner) in _DOCUMENT:
        return
    if local(owner) == "message":
        for event in diagram.root.iter(f"{{{model.BPMN}}}messageEventDefinition"):
            if event.get("messageRef") == slot.owner and (holder := event.getparent()) is not None:
                host = holder.get("attachedToRef") or holder.get("id", "")
                if host in flow.before:
                    yield host, flow.before[host]
        return
    if local(owner) == "sequenceFlow":
        source = owner.get("sourceRef", "")
        if source in flow.after:
            yield source, flow.after[source]
        return
    node = owner.get("attachedToRef", slot.owner) if slot.label.startswith("タイマー") else slot.owner
    if node in flow.before:
        yield node, _at(diagram, slot, diagram.ids[node], flow, sources)


def _at(diagram: Diagram, slot: Slot, element: Element, flow: DataFlow, sources: Sources) -> State:
    state = flow.before[element.get("id", "")]
    kind = local(slot.element)
    loops = repeats_over(element)
    if kind == "loopCharacteristics" and slot.label != _GIVEN_BACK:
        return state
    if loops:
        state = state.plus(loops | {"loopCounter"})
    if kind == "input":
        return state
    state = state.plus(targets(element, "input"))
    if local(element) in model.SUB_PROCESSES:
        ends = [flow.after[n.get("id", "")] for n in nodes_in(element) if n.get("id", "") in flow.after]
        return state.plus({name for end in ends for name in end.may})
    if local(element) == "callActivity":
        state = state.plus(made_by_called(element, sources))
    if local(element) == "boundaryEvent":
        state = state.plus(_brought(diagram, element))
    if (message := message_of(diagram, element)) is not None:
        state = state.plus(MESSAGES.get(message, ()))
    return state.plus(inside(element, sources)).plus(
        flow.after[element.get("id", "")].sure - set(targets(element, "output"))
    )


def _brought(diagram: Diagram, event: Element) -> set[str]:
    definition = event.find("bpmn:errorEventDefinition", NS)
    error = diagram.ids.get("" if definition is None else definition.get("errorRef", ""))
    return {"formError"} if error is not None and error.get("errorCode") == "input-error" else set()


def made_by_called(call: Element, sources: Sources) -> set[str]:
    """Return what the process that is called writes into its own scope."""
    called = extension(call, "calledElement")
    found: set[str] = set()
    for entry in sources.catalogue.find("process", "" if called is None else called.get("processId", "")):
        for process in model.load(entry.path).processes:
            found |= {name for node in nodes_in(process) for name in written_inside(node, sources)}
    return found


def _of(expression: str, node: str, state: State, place: str, element: Element) -> Iterator[Read]:
    for name, careful, paths, asked in _looked_into(expression):
        yield Read(node, name, state, place, element, careful, paths, asked)


@lru_cache(maxsize=10_000)
def _looked_into(expression: str) -> tuple[tuple[str, bool, tuple[str, ...], bool], ...]:
    """Return (name, guarded, paths, asked) of each variable that an expression reads."""
    try:
        names = feel.variables(expression)
    except feel.FeelSyntaxError:
        return ()
    found = []
    for name in names:
        paths = [path for path in _PATHS.findall(expression) if path.partition(".")[0] == name]
        below = tuple(dict.fromkeys(path[len(name) :] for path in paths if path != name))
        asked = any(match == name for match in _ASKED.findall(expression))
        found.append((name, guarded(expression, name), below, asked))
    return tuple(found)


def _of_headers(element: Element, node: str, state: State, sources: Sources) -> Iterator[Read]:
    found = {h.get("key", ""): h for h in extensions(element, "zeebe:taskHeaders/zeebe:header")}
    for key in sorted(_LISTING & set(found)):
        names = [name.strip() for name in (found[key].get("value") or "").split(",")]
        for name in filter(None, names):
            yield Read(node, name, state, f"ヘッダー「{key}」", found[key], guarded=True)
    definition = extension(element, "taskDefinition")
    job_type = sources.job_types.get("" if definition is None else definition.get("type", ""))
    if job_type is None:
        return
    for name in job_type.reads:
        yield Read(node, name, state, "ジョブ", element, guarded=True)
    try:
        rules = job_type.rules({key: header.get("value") or "" for key, header in found.items()})
    except ValueError:
        return  # input-checks says so
    for name in sorted(roots(rules) | roots(parse_rules(require=job_type.requires))):
        if not name.startswith("#"):
            yield Read(node, name, state, "ジョブ", element, guarded=False)


def _of_decision(element: Element, node: str, state: State, sources: Sources) -> Iterator[Read]:
    called = extension(element, "calledDecision")
    identity = "" if called is None else called.get("decisionId", "")
    for name in sorted(sources.catalogue.decision_reads.get(identity, {})):
        yield Read(node, name, state, f"判定の表 {identity} ", element, guarded=False)


def _of_forms(element: Element, node: str, state: State, sources: Sources) -> Iterator[Read]:
    for linked in element.findall("bpmn:extensionElements/zeebe:formDefinition", NS):
        form = sources.catalogue.parsed_forms.get(linked.get("formId", ""))
        if form is None or local(element) != "userTask":
            continue
        found = [
            read
            for expression in forms.expressions(form)
            for read in _of(expression.body, node, state, f"フォーム {form.id} ", element)
            if read.name not in _OF_FORM
        ]
        careful = {read.name for read in found if read.guarded}
        for name in dict.fromkeys(read.name for read in found):
            paths = tuple(dict.fromkeys(path for read in found if read.name == name for path in read.paths))
            yield Read(node, name, state, found[0].place, element, name in careful, paths)
