"""Which element of a diagram gives a variable its value, takes it away, or makes one of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from workers.jobs.catalog import JobType
from workers.packs.diagrams import feel
from workers.packs.diagrams.model import ACTIVITIES, BPMN, EVENTS, NS, Element, extension, extensions, local

_WITH_MAPPINGS: Final = sorted(ACTIVITIES | EVENTS)
_LOOP: Final = "bpmn:multiInstanceLoopCharacteristics/bpmn:extensionElements/zeebe:loopCharacteristics"


def source_of(scope: Element, name: str) -> str | None:
    """Return the source (without ``=``) of the input mapping that makes a variable at an element, or None."""
    found = [i for i in extensions(scope, "zeebe:ioMapping/zeebe:input") if i.get("target") == name]
    return (found[-1].get("source") or "").removeprefix("=").strip() if found else None


def written(element: Element, name: str) -> str | None:
    """Return the source (without ``=``) of the output mapping that writes a variable, or None."""
    found = [o for o in extensions(element, "zeebe:ioMapping/zeebe:output") if o.get("target") == name]
    return (found[-1].get("source") or "").removeprefix("=").strip() if found else None


def keeps(task: Element, name: str) -> bool:
    """Return whether what is typed under a name leaves the task under this name; without mappings everything does."""
    if not extensions(task, "zeebe:ioMapping/zeebe:output"):
        return True
    return written(task, name) not in {None, "null"}


def gives(element: Element, name: str, job_types: Mapping[str, JobType]) -> bool:
    """Return whether an element, or one inside it, writes a variable when it is done."""
    return any(_gives(part, name, job_types) for part in _parts(element))


def loads(scope: Element, name: str, job_types: Mapping[str, JobType]) -> bool:
    """Return whether a job or a called process in a scope writes a variable: not what a person types there."""
    parts = scope.iter(*(f"{{{BPMN}}}{kind}" for kind in ("serviceTask", "businessRuleTask", "callActivity")))
    return any(_gives(part, name, job_types) for part in parts)


def clears(element: Element, name: str) -> bool:
    """Return whether an element, or one inside it, sets a variable to null when it is done."""
    return any(written(part, name) == "null" for part in _parts(element))


def repeats_over(scope: Element) -> set[str]:
    """Return the name of the element that a multi-instance scope repeats over."""
    return {loop.get("inputElement", "") for loop in scope.findall(_LOOP, NS)} - {""}


def names_in(expression: str) -> set[str]:
    """Return the variables that an expression reads; none for one that cannot be read (another rule says so)."""
    try:
        return set(feel.variables(expression))
    except feel.FeelSyntaxError:
        return set()


def _parts(element: Element) -> Iterator[Element]:
    yield from element.iter(*(f"{{{BPMN}}}{name}" for name in _WITH_MAPPINGS))


def _gives(part: Element, name: str, job_types: Mapping[str, JobType]) -> bool:
    if extensions(part, "zeebe:ioMapping/zeebe:output"):
        return written(part, name) not in {None, "null"}
    definition = extension(part, "taskDefinition")
    if definition is not None:
        known = job_types.get(definition.get("type", ""))
        into = {h.get("value") for h in extensions(part, "zeebe:taskHeaders/zeebe:header") if h.get("key") == "into"}
        return name in into or (known is not None and name in known.writes)
    decided = extension(part, "calledDecision")
    return local(part) == "businessRuleTask" and decided is not None and decided.get("resultVariable") == name
