"""A task that comes back shows what was typed there before: checked wherever a test completes a user task."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from workers.lint.loops import returns, scopes_around
from workers.lint.supplies import names_in, repeats_over, source_of
from workers.packs.diagrams import forms, model
from workers.packs.diagrams.expressions import linked_forms
from workers.packs.diagrams.model import Diagram, Element, extension, extensions, local
from workers.trial.happened import UserTask
from workers.trial.records import Records

_PACKS: Final = Path(__file__).parents[2] / "bpmn"
_NAMES: Final = ("code", "title", "id", "name", "number")
_EMPTY: Final[tuple[object, ...]] = (None, "", [], {}, False)
_CHOICES: Final = frozenset({"radio", "select", "checkbox"})
_REFUSED_ONLY: Final = "if formError = null then null else "  # a choice is taken anew unless it was refused

_ONLY_AFTER_AN_ERROR: Final = "if formError = null then null else "
"""How a diagram says itself that a choice begins anew, unless it was refused."""

ALL: Final = frozenset({"*"})
ONE_ACT: Final[dict[str, frozenset[str]]] = {
    "common-renewal-decision": ALL,  # a notice is entered; the next one is another
    "common-department-survey/Task_ManageSurvey": ALL,  # an order is given; the next one is another
    "common-department-survey/Task_EnterAnswer": ALL,  # the next one is another department's, or asks another question
    "common-meeting/Task_HoldMeeting": frozenset({"next", "reason", "again", "startsAt"}),  # moved to another day
    "common-meeting/Task_ProposeDates": ALL,  # another meeting, which begins with the last one's place and people
    "*/Task_DiscussResults": frozenset({"discussion", "next", "shareWishes"}),  # another survey, another result
    "*/Task_CheckRequirements": frozenset({"projectChecks"}),  # other projects: those of the same name keep theirs
    "*/Task_CheckProposal": frozenset({"projectChecks"}),
    "*/Task_HearProposal": frozenset({"fields"}),  # those of the revised proposal
    "*/Task_DecideSigning": frozenset({"decision"}),  # the case is judged once more, from the start
    "*/Task_DiscussFields": frozenset({"policyFields", "fieldsNext"}),
    "date-intake/Task_DecideOnUnsuitable": frozenset({"action"}),  # about another proposal
    "date-talks/Task_RecordTalks": frozenset({"progress"}),  # another talk, another result
    "chigasaki-collaboration/Task_DecideOtherWay": frozenset({"action"}),  # the project is judged once more
    "chigasaki-consensus/Task_ConfirmConsensus": frozenset({"confirmation"}),  # another draft
    "chigasaki-form-choice/Task_Coordinate": frozenset({"opinionResult"}),  # another form of collaboration
    "chigasaki-selection/Task_SelectPartner": frozenset({"chosen"}),  # among other applications
    "*/Task_ApprovePublication": frozenset({"decision"}),  # what was put right is approved anew
}
"""Process, process/task or */task to keys that begin anew once they are recorded; what is refused always comes back."""


@dataclass(frozen=True)
class Task:
    """A user task of the diagrams: the sources of its form's keys, and over what the scopes around it repeat."""

    process: str
    element: str
    sources: Mapping[str, str | None]
    items: frozenset[str]
    returnable: bool
    anew: frozenset[str] = frozenset()
    """The choices that the diagram itself empties unless they were refused."""
    handed: frozenset[str] = frozenset()
    """What its callers hand over, where they call it again."""

    @property
    def name(self) -> str:
        """How a person finds it."""
        return f"{self.process}/{self.element}"


@cache
def tasks() -> dict[str, Task]:
    """Return every user task of the packs by ``process/element``."""
    diagrams = [model.load(path) for path in sorted(_PACKS.glob("*/*.bpmn"))]
    typed = {form.id: forms.typed_keys(form) for form in map(forms.load, sorted(_PACKS.glob("*/*.form")))}
    handed = _handed(diagrams)
    found = {}
    for diagram in diagrams:
        process = diagram.processes[0].get("id", "")
        for task, form in linked_forms(diagram):
            if local(task) == "userTask":
                entry = Task(
                    process=process,
                    element=task.get("id", ""),
                    sources={key: source_of(task, key) for key in typed[form]},
                    items=frozenset().union(*(repeats_over(scope) for scope in scopes_around(task))),
                    returnable=next(returns(task), None) is not None,
                    anew=frozenset(_taken_anew(task, typed[form])),
                    handed=handed.get(process, frozenset()),
                )
                found[entry.name] = entry
    return found


def _taken_anew(task: Element, typed: Mapping[str, frozenset[str]]) -> Iterator[str]:
    for key, kinds in typed.items():
        if kinds <= _CHOICES and (source_of(task, key) or "").startswith(_REFUSED_ONLY):
            yield key


def _handed(diagrams: list[Diagram]) -> dict[str, frozenset[str]]:
    """Return what the calls on a loop hand to each process, nulls left out."""
    found: dict[str, set[str]] = {}
    for diagram in diagrams:
        for call in diagram.all("callActivity"):
            called = extension(call, "calledElement")
            if called is not None and next(returns(call), None) is not None:
                found.setdefault(called.get("processId", ""), set()).update(_given(call))
    return {process: frozenset(names) for process, names in found.items()}


def _given(call: Element) -> Iterator[str]:
    for mapping in extensions(call, "zeebe:ioMapping/zeebe:input"):
        if (mapping.get("source") or "").removeprefix("=").strip() != "null":
            yield mapping.get("target", "")


_MAIL: Final = "common-partner-mail/Task_ReviewMail"
"""The mail that the office sees: a text that was sent empty comes back as the draft has it."""


@dataclass
class ReturnedInputs:
    """What was typed at each task, and the tasks that were returned with all of it."""

    returned: set[str] = field(default_factory=set)
    _typed: dict[tuple[Any, ...], Mapping[str, Any]] = field(default_factory=dict)

    def completing(self, records: Records, task: UserTask, typed: Mapping[str, Any]) -> None:
        """Take note of what a task is completed with; raises AssertionError where it had lost what was typed before."""
        known = tasks().get(f"{task.process_id}/{task.element_id}")
        if known is None:
            return
        shown = task.variables
        item = tuple(_named(shown.get(name)) for name in sorted(known.items | {"department"}))
        here = (task.process_instance_key, known.name, item)
        case = (_root(records, task.process_instance_key), known.name, item, "again")
        if (before := self._typed.get(here)) is not None:
            self._compare(known, before, shown, known.sources)
            self.returned.add(known.name)
        elif (before := self._typed.get(case)) is not None:
            again = {key: source for key, source in known.sources.items() if names_in(source or key) <= known.handed}
            self._compare(known, before, shown, again)
        self._typed[here] = self._typed[case] = dict(typed)

    @staticmethod
    def _compare(task: Task, before: Mapping[str, Any], shown: Mapping[str, Any], keys: Mapping[str, Any]) -> None:
        refused = shown.get("formError")
        anew = _anew(task) if refused is None else frozenset()
        lost = {
            key: {"typed": before[key], "shown": shown.get(key)}
            for key, source in keys.items()
            if key in before and source != "null" and key not in anew and "*" not in anew
            if not (refused is None and (source or "").startswith(_ONLY_AFTER_AN_ERROR))
            if not (task.name == _MAIL and not before[key])
            if not holds(shown.get(key), before[key])
        }
        assert not lost, f"{task.name} came back without what was typed: {json.dumps(lost, ensure_ascii=False)}"


def _anew(task: Task) -> frozenset[str]:
    names = (task.name, task.process, f"*/{task.element}")
    return task.anew.union(*(ONE_ACT.get(name, frozenset()) for name in names))


def holds(shown: Any, typed: Any) -> bool:
    """Return whether a value that a form shows has all that was typed: rows may know more, such as names of numbers."""
    if typed in _EMPTY or shown in _EMPTY:
        return typed in _EMPTY and shown in _EMPTY
    if isinstance(typed, Mapping):
        return isinstance(shown, Mapping) and all(holds(shown.get(key), value) for key, value in typed.items())
    if isinstance(typed, list) and all(isinstance(row, Mapping) for row in typed):
        listed = [row for row in typed if _listed(row, shown)]
        return isinstance(shown, list) and all(any(holds(found, row) for found in shown) for row in listed)
    return bool(shown == typed)


def _listed(row: Mapping[str, Any], shown: Any) -> bool:
    """Return whether a numbered row is one that the form lists; a scenario may send one that no form has."""
    numbers = {str(found.get("number")) for found in shown if isinstance(found, Mapping)}
    return "number" not in row or str(row["number"]) in numbers


def _named(item: Any) -> str:
    if not isinstance(item, Mapping):
        return str(item)
    return next((f"{name}={item[name]}" for name in _NAMES if item.get(name)), "")


def _root(records: Records, instance: int) -> int:
    with records.snapshot():
        while (found := records.instances.get(instance)) is not None and found.parent_key is not None:
            instance = found.parent_key
        return instance


RETURNED: Final = ReturnedInputs()
"""What this run of the tests returned."""
