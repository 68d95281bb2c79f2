"""In Tasklist people tell their tasks apart: by partner, case number and department, by names that tell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from workers.packs.diagrams import model
from workers.packs.diagrams.expressions import linked_forms
from workers.packs.diagrams.model import NS, Diagram, Element, local

_PACKS = Path(__file__).parent.parent.parent / "bpmn"
_DIAGRAMS = sorted(_PACKS.glob("*/*.bpmn"))
_WITHOUT_A_CASE = {"common-case-control", "common-renewal-watch"}
"""The case is still to be named there; the list is about many agreements."""


@cache
def _forms() -> dict[str, list[dict[str, Any]]]:
    found = [json.loads(path.read_text(encoding="utf-8")) for path in _PACKS.glob("*/*.form")]
    return {form["id"]: form["components"] for form in found}


def _shown(components: list[dict[str, Any]]) -> str:
    """Return the texts of a form, and the keys of its read-only fields."""
    parts = []
    for component in components:
        parts += [component.get("text") or "", component.get("content") or "", component.get("key") or ""]
        parts.append(_shown(component.get("components", [])))
    return " ".join(parts)


def _tasks(diagram: Diagram) -> Iterator[tuple[Element, str]]:
    yield from ((element, form) for element, form in linked_forms(diagram) if local(element) == "userTask")


def _starts(path: Path) -> set[str]:
    """Return the forms that begin a process: a case has no number before."""
    diagram = model.load(path)
    return {form for element, form in linked_forms(diagram) if local(element) == "startEvent"}


_START_FORMS = {form for path in _DIAGRAMS for form in _starts(path)}


@pytest.mark.parametrize("path", _DIAGRAMS, ids=lambda path: path.stem)
def test_a_task_says_whose_case_it_is(path: Path) -> None:
    """Number and partner stand at the top of every form, but those with which a case begins."""
    unsaid = [
        (task.get("id"), form)
        for task, form in _tasks(model.load(path))
        if form not in _START_FORMS | _WITHOUT_A_CASE and "caseTitle" not in _shown(_forms()[form][:3])
    ]
    assert unsaid == []


@pytest.mark.parametrize("path", _DIAGRAMS, ids=lambda path: path.stem)
def test_one_of_many_tasks_says_for_which_department_or_project_it_is(path: Path) -> None:
    """The cards of a survey would all read the same."""
    unsaid = []
    for task, form in _tasks(model.load(path)):
        body = task.getparent()
        loop = None if body is None else body.find("bpmn:multiInstanceLoopCharacteristics", NS)
        if loop is None:
            continue
        names = {"departmentName", "department.name", "departmentNames", "reviewer.code", "project.title"}
        if not any(name in _shown(_forms()[form]) for name in names):
            unsaid.append((task.get("id"), form))
    assert unsaid == []


@pytest.mark.parametrize("path", _DIAGRAMS, ids=lambda path: path.stem)
def test_a_process_with_peoples_tasks_is_not_called_internal(path: Path) -> None:
    """Tasklist shows the process's name under the task's."""
    diagram = model.load(path)
    (process,) = diagram.all("process")
    assert not (list(diagram.all("userTask")) and "内部" in (process.get("name") or ""))
