"""What scenarios answer, the screen can submit: Tasklist sends a form's own keys only, in the rows of lists, too.

A row that loses its number on the screen would be entered into the registry a second time.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

PACKS = Path(__file__).parents[2] / "bpmn"
SCENARIOS = sorted(path for path in PACKS.glob("*/scenarios/*.toml") if not path.name.startswith("offer-"))


def _keys(components: Iterable[dict[str, Any]], prefix: str = "") -> Iterator[str]:
    """Yield the paths of what is submitted, rows of a list as ``list.*.key``."""
    for component in components:
        if component["type"] == "dynamiclist":
            yield f"{prefix}{component['path']}"
            yield from _keys(component["components"], f"{prefix}{component['path']}.*.")
            continue
        inner = f"{component['path']}." if component.get("path") else ""
        if component.get("key"):
            parts = f"{prefix}{inner}{component['key']}".split(".")
            yield from (".".join(parts[:end]) for end in range(1, len(parts) + 1))
        yield from _keys(component.get("components", []), prefix + inner)


def _typed(answers: object, prefix: str = "") -> Iterator[str]:
    if isinstance(answers, dict):
        for key, value in answers.items():
            yield f"{prefix}{key}"
            yield from _typed(value, f"{prefix}{key}.")
    elif isinstance(answers, list):
        for row in answers:
            yield from _typed(row, f"{prefix}*.")


FORMS = {
    form["id"]: set(_keys(form["components"]))
    for form in (json.loads(path.read_text(encoding="utf-8")) for path in PACKS.glob("*/*.form"))
}


def _forms_of_tasks() -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for path in PACKS.glob("*/*.bpmn"):
        source = path.read_text(encoding="utf-8")
        for task in re.finditer(r'<bpmn:userTask id="(\w+)".*?</bpmn:userTask>', source, re.DOTALL):
            form = re.search(r'formId="([\w-]+)"', task[0])
            if form:
                found.setdefault((path.parent.name, task[1]), set()).add(form[1])
    return found


TASKS = _forms_of_tasks()


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: f"{path.parent.parent.name}-{path.stem}")
def test_a_scenario_answers_what_the_form_asks(path: Path) -> None:
    city = path.parent.parent.name
    faults = []
    for step in tomllib.loads(path.read_text(encoding="utf-8"))["steps"]:
        forms = TASKS.get((city, step.get("task", "")), set()) | TASKS.get(("common", step.get("task", "")), set())
        asked = set().union(*(FORMS[form] for form in forms))
        if forms:
            faults += [f"{step['task']}: {key}" for key in _typed(step.get("answers", {})) if key not in asked]
    assert faults == []
