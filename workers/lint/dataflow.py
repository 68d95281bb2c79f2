"""Which variables are there when a token reaches an element: surely, on every way, or on some way only.

One forward analysis over the unfolded flow (``flowgraph``): what starts bring, what tasks, jobs, decisions, calls and
messages write, what output mappings let out, and what stays inside a scope of its own. A name that is ``sure`` has been
written on every way from the start (it may be null); one that ``may`` be there on at least one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import lru_cache, wraps
from typing import Final

from workers.jobs.catalog import JobType
from workers.lint.supplies import repeats_over
from workers.packs.diagrams.catalogue import Catalogue
from workers.packs.diagrams.flowgraph import graph_of, nodes_in
from workers.packs.diagrams.model import NS, SUB_PROCESSES, Diagram, Element, extension, extensions, local
from workers.variables import MESSAGES

_INPUT: Final = "zeebe:ioMapping/zeebe:input"
_OUTPUT: Final = "zeebe:ioMapping/zeebe:output"
_INPUT_ERROR: Final = "input-error"
_FORM_ERROR: Final = "formError"
_STARTED: Final = "caseId"
"""What every message that starts a procedure carries, whatever else."""


@dataclass(frozen=True)
class State:
    """The names that are there. ``anything``: a message may have brought more, nobody knows what."""

    sure: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset()
    anything: bool = False

    def plus(self, names: Iterable[str]) -> State:
        """Return the state after names were written."""
        new = frozenset(names)
        return State(self.sure | new, self.may | new, self.anything)

    def perhaps(self, names: Iterable[str]) -> State:
        """Return the state after names may have been written."""
        return State(self.sure, self.may | frozenset(names), self.anything)

    def meet(self, other: State) -> State:
        """Return the state where two ways come together and a token comes on either."""
        return State(self.sure & other.sure, self.may | other.may, self.anything or other.anything)

    def join(self, other: State) -> State:
        """Return the state where two ways come together and tokens come on both."""
        return State(self.sure | other.sure, self.may | other.may, self.anything or other.anything)

    def has(self, name: str) -> bool:
        """Return whether a name is there on some way."""
        return self.anything or name in self.may


@dataclass
class DataFlow:
    """The states of a diagram by element id: ``before`` an element begins, ``after`` it is done."""

    before: dict[str, State]
    after: dict[str, State]


@dataclass(frozen=True, eq=False)
class Sources:
    """What a diagram's elements get from elsewhere."""

    catalogue: Catalogue
    job_types: Mapping[str, JobType]
    kept: dict[tuple[str, Element], frozenset[str]] = field(default_factory=dict, repr=False)
    """What was found out of elements: many rules ask the same."""


def _once(found: Callable[[Element, Sources], AbstractSet[str]]) -> Callable[[Element, Sources], frozenset[str]]:
    """Return a function that finds out something of an element of a loaded diagram but once."""
    name = found.__name__

    @wraps(found)
    def kept(element: Element, sources: Sources) -> frozenset[str]:
        known = sources.kept.get((name, element))
        if known is None:
            known = sources.kept[name, element] = frozenset(found(element, sources))
        return known

    return kept


def targets(element: Element, kind: str) -> list[str]:
    """Return the variables that an element's input or output mappings write."""
    return list(_targets(element, _INPUT if kind == "input" else _OUTPUT))


@lru_cache(maxsize=20_000)
def _targets(element: Element, path: str) -> tuple[str, ...]:
    return tuple(mapping.get("target", "").split(".")[0] for mapping in extensions(element, path))


@_once
def inside(element: Element, sources: Sources) -> set[str]:
    """Return what an element's work puts into its own scope: a form's keys, a job's results, a decision's result."""
    found: set[str] = set()
    for form in element.findall("bpmn:extensionElements/zeebe:formDefinition", NS):
        found |= sources.catalogue.form_keys.get(form.get("formId", ""), set())
    definition = extension(element, "taskDefinition")
    if definition is not None:
        known = sources.job_types.get(definition.get("type", ""))
        found |= set(known.writes) - {_FORM_ERROR} if known is not None else set()
        headers = extensions(element, "zeebe:taskHeaders/zeebe:header")
        found |= {header.get("value", "") for header in headers if header.get("key") == "into"}
    for name in ("calledDecision", "script"):
        if (made := extension(element, name)) is not None:
            found.add(made.get("resultVariable", ""))
    return (found | _listened(element, sources)) - {""}


def _listened(element: Element, sources: Sources) -> set[str]:
    listeners = extensions(element, "zeebe:executionListeners/zeebe:executionListener")
    types = (sources.job_types.get(listener.get("type", "")) for listener in listeners)
    return {name for known in types if known is not None for name in known.writes}


@_once
def written_by(element: Element, sources: Sources) -> AbstractSet[str]:
    """Return what an element writes into the scope around it when it is done."""
    outputs = set(targets(element, "output"))
    if outputs or local(element) == "callActivity":
        return outputs | _listened(element, sources)
    return inside(element, sources) - set(targets(element, "input"))


def analysed(diagram: Diagram, sources: Sources, *, called: bool = True) -> DataFlow:
    """Return which variables are there at each element of a diagram; not ``called``: without what callers hand over."""
    flow = DataFlow({}, {})
    for process in diagram.processes:
        calls = sources.catalogue.calls.get(process.get("id", ""), []) if called else []
        given = State().plus(name for call in calls for name in call.inputs)
        scope = _Scope(diagram, process, sources, flow)
        scope.run({start: state.plus(given.sure) for start, state in scope.starts().items()})
    return flow


class _Scope:
    """A process, or a sub-process with variables of its own, and what lies right in it or in its steps."""

    def __init__(self, diagram: Diagram, scope: Element, sources: Sources, flow: DataFlow) -> None:
        self._diagram, self._scope, self._sources, self._flow = diagram, scope, sources, flow
        self._graph = graph_of(diagram.root)
        self._nodes = {node.get("id", ""): node for node in nodes_in(scope)}
        self._beside: dict[str, set[str]] = {}
        self._states: dict[str, State] = {}

    def starts(self) -> dict[str, State]:
        """Return what each start of the process brings by itself."""
        return {start.get("id", ""): self._started(start) for start in self._scope.iterfind("bpmn:startEvent", NS)}

    def run_with(self, entry: State) -> State | None:
        """Work out every state of a sub-process that begins with ``entry``."""
        return self.run({start.get("id", ""): entry for start in self._scope.iterfind("bpmn:startEvent", NS)})

    def run(self, entries: Mapping[str, State]) -> State | None:
        """Work out every state of the scope from those at its starts; return the one behind it, if there is any."""
        self._states.update(entries)
        todo = list(entries)
        self._beside = {identity: set() for identity in self._nodes}
        self._spread_beside()
        while todo:
            node = todo.pop(0)
            todo += [target for target in self._passed_on(node) if target not in todo]
        self._flow.before.update(self._states)
        self._event_scopes()
        return self._ended()

    def _started(self, start: Element) -> State:
        """Return what a start brings: its form's keys, its message's load."""
        keys = {
            key
            for form in start.findall("bpmn:extensionElements/zeebe:formDefinition", NS)
            for key in self._sources.catalogue.form_keys.get(form.get("formId", ""), set())
        }
        if (message := message_of(self._diagram, start)) is not None:
            carried = MESSAGES.get(message)
            return State(anything=carried is None).plus(carried or {_STARTED})
        return State().plus(keys)

    def _passed_on(self, node: str) -> Iterator[str]:
        """Work out what an element makes of its state; yields those behind it whose state has changed."""
        element, before = self._nodes[node], self._states[node]
        after, within = self._done(element, before)
        self._flow.after[node] = after
        for event in self._graph.events(node):
            caught = self._nodes.get(event)
            if caught is not None:
                yield from self._arrive(event, before.perhaps(within).plus(self._thrown(caught)))
        for way in self._graph.after(node):
            if way.target in self._nodes:
                yield from self._arrive(way.target, after)

    def _arrive(self, node: str, state: State) -> Iterator[str]:
        state = state.perhaps(self._beside.get(node, ()))
        known = self._states.get(node)
        if known is not None and local(self._nodes[node]) == "parallelGateway" and len(self._graph.before(node)) > 1:
            state = known.join(state)
        elif known is not None:
            state = known.meet(state)
        if state != known:
            self._states[node] = state
            yield node

    def _done(self, element: Element, before: State) -> tuple[State, AbstractSet[str]]:
        """Return the state behind an element, and all that is written while it is at work."""
        if local(element) in SUB_PROCESSES:
            return self._body(element, before)
        if (message := message_of(self._diagram, element)) is not None and not targets(element, "output"):
            carried = MESSAGES.get(message, ())
            return State(before.sure | set(carried), before.may | set(carried), before.anything or not carried), set()
        starts = local(element) == "startEvent"
        written = set(targets(element, "output")) if starts else written_by(element, self._sources)
        return before.plus(written), written

    def _body(self, element: Element, before: State) -> tuple[State, AbstractSet[str]]:
        loops = repeats_over(element)
        own = set(targets(element, "input")) | loops | ({"loopCounter"} if loops else set())
        if element.get("triggeredByEvent") == "true":
            return before, set()
        ended = _Scope(self._diagram, element, self._sources, self._flow).run_with(before.plus(own))
        written = written_inside(element, self._sources) - own
        outputs = set(targets(element, "output"))
        if ended is None:
            return before.perhaps(written).plus(outputs), written
        sure = before.sure if loops else before.sure | (ended.sure - own)
        return State(sure, before.may | written, ended.anything).plus(outputs), written

    def _thrown(self, caught: Element) -> set[str]:
        """Return what an event brings along: its message's load, or why an input was refused."""
        found: set[str] = set()
        definition = caught.find("bpmn:errorEventDefinition", NS)
        if definition is not None:
            error = self._diagram.ids.get(definition.get("errorRef", ""))
            if error is not None and error.get("errorCode") == _INPUT_ERROR:
                found.add(_FORM_ERROR)
        return found

    def _spread_beside(self) -> None:
        """Find what runs beside what: a token of another branch may write at any time."""
        for node, element in self._nodes.items():
            firsts = [way.target for way in self._graph.after(node)]
            forks = local(element) in {"parallelGateway", "inclusiveGateway"} and len(firsts) > 1
            branches = [self._reached([first]) for first in firsts] if forks else []
            for event in self._graph.events(node):
                if event in self._nodes and self._nodes[event].get("cancelActivity") == "false":
                    branches += [self._reached([event]), self._reached([node])]
            for branch in branches:
                for other in branches:
                    if other is not branch:
                        written = {name for part in other for name in written_inside(self._nodes[part], self._sources)}
                        for part in branch:
                            self._beside[part] |= written

    def _reached(self, firsts: list[str]) -> set[str]:
        found: set[str] = set()
        todo = list(firsts)
        while todo:
            node = todo.pop()
            if node not in found and node in self._nodes:
                found.add(node)
                todo += [way.target for way in self._graph.after(node)]
                todo += self._graph.events(node)
        return found

    def _event_scopes(self) -> None:
        """Event sub-processes begin at any time: sure is what was there when the scope began."""
        starts = [self._states[s.get("id", "")] for s in self._scope.iterfind("bpmn:startEvent", NS)]
        if not starts:
            return
        first = starts[0]
        for state in starts[1:]:
            first = first.meet(state)
        written = {name for node in self._nodes.values() for name in written_inside(node, self._sources)}
        for node in self._nodes.values():
            if local(node) in SUB_PROCESSES and node.get("triggeredByEvent") == "true":
                entry = first.perhaps(written).plus(targets(node, "input"))
                for start in node.iterfind("bpmn:startEvent", NS):
                    carried = MESSAGES.get(message_of(self._diagram, start) or "", ())
                    entry = entry.plus(carried)
                _Scope(self._diagram, node, self._sources, self._flow).run_with(entry)

    def _ended(self) -> State | None:
        """Return the state at the ends of the scope that let a token go on behind it; None without any."""
        ended: State | None = None
        for node, element in self._nodes.items():
            last = not self._graph.after(node) and element.getparent() is self._scope
            if node in self._states and last and element.find("bpmn:errorEventDefinition", NS) is None:
                state = self._flow.after[node]
                ended = state if ended is None else ended.meet(state)
        return ended


@_once
def written_inside(element: Element, sources: Sources) -> AbstractSet[str]:
    """Return what an element, or anything inside it, writes outside of itself."""
    if local(element) not in SUB_PROCESSES:
        return written_by(element, sources)
    found = {name for node in nodes_in(element) for name in written_inside(node, sources)}
    return (found - set(targets(element, "input")) - repeats_over(element)) | set(targets(element, "output"))


def message_of(diagram: Diagram, event: Element) -> str | None:
    """Return the name of the message that an event waits for, None for any other event."""
    definition = event.find("bpmn:messageEventDefinition", NS)
    if definition is None:
        return None
    message = diagram.ids.get(definition.get("messageRef", ""))
    return "" if message is None else message.get("name", "")
