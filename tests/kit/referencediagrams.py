"""Who uses what in the diagrams of all packs: job types, and the variables that they write and read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

from workers.packs.diagrams import feel, model
from workers.packs.diagrams.expressions import produced, slots
from workers.packs.diagrams.model import ZEEBE, Diagram

_BPMN: Final = Path(__file__).resolve().parents[2] / "bpmn"


@lru_cache(maxsize=1)
def _diagrams() -> dict[str, Diagram]:
    return {path.stem: model.load(path) for path in sorted(_BPMN.glob("*/*.bpmn"))}


def diagrams_by_job() -> dict[str, list[str]]:
    """Return the names of the diagrams that use a job type, by its name."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, diagram in _diagrams().items():
        for element in diagram.root.iter(f"{{{ZEEBE}}}taskDefinition", f"{{{ZEEBE}}}executionListener"):
            found[element.get("type", "")].add(name)
    return {job: sorted(names) for job, names in found.items()}


def diagrams_writing() -> dict[str, list[str]]:
    """Return the diagrams that make a variable by a mapping, a loop, a decision table, by its name."""
    return _by_variable(lambda diagram: iter(produced(diagram)))


def diagrams_reading() -> dict[str, list[str]]:
    """Return the diagrams in which an expression reads a variable, by its name."""
    return _by_variable(_read)


def _read(diagram: Diagram) -> Iterator[str]:
    for slot in slots(diagram):
        if slot.is_feel:
            yield from feel.variables(slot.body)


def _by_variable(names_in: object) -> dict[str, list[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for name, diagram in _diagrams().items():
        for variable in names_in(diagram):  # type: ignore[operator]
            found[variable].add(name)
    return {variable: sorted(names) for variable, names in found.items()}
