"""What other files ask of a diagram: as long as this stays the same, they need not be judged again."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from workers.errors import InputError
from workers.lint.papers.usage import called_processes, made_variables, recorded_steps, usages
from workers.packs.diagrams.model import FLOW_NODES, NS, Diagram, extension, load, local

_ELEMENTS: Final = (*sorted(FLOW_NODES), "sequenceFlow")


def outline(path: Path) -> list[Any]:
    """Return what scenarios and city.toml ask of a diagram: its elements, their forms, what waits for a time."""
    diagram = _loaded(path)
    found: list[Any] = [] if diagram is None else [process.get("id") for process in diagram.processes]
    for element in () if diagram is None else diagram.all(*_ELEMENTS):
        form = extension(element, "formDefinition")
        shown = None if form is None else form.get("formId")
        timed = element.find("bpmn:timerEventDefinition", NS) is not None
        found.append([local(element), element.get("id"), element.get("name"), shown, timed])
    return found


def handed(path: Path) -> list[Any]:
    """Return all that the check of templates asks of a diagram; nothing of one that cannot be read."""
    diagram = _loaded(path)
    if diagram is None:
        return []
    made = [(name, None if parts is None else sorted(parts)) for name, parts in made_variables(diagram)]
    parts = (list(usages(diagram)), made, list(recorded_steps(diagram)), list(called_processes(diagram)))
    return [process.get("id", "") for process in diagram.processes] + [repr(part) for part in parts]


def _loaded(path: Path) -> Diagram | None:
    try:
        return load(path)
    except InputError:
        return None  # the file's own check says so
