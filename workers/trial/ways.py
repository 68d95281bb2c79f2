"""Pictures of the ways that cases took: what was passed is coloured, what nobody reached stays grey."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from workers.drawing.picture import draw
from workers.packs.diagrams import model
from workers.packs.diagrams.model import FLOW_NODES, Diagram, local
from workers.trial.result import Result

_PASSED: Final = "#1a7f37"
_STOPPED: Final = "#cf222e"
_UNTOUCHED: Final = "#aab2bd"


def write_ways(files: Sequence[Path], results: Sequence[Result], folder: Path) -> list[Path]:
    """Write a picture of each diagram that a case passed: green what was passed, red where one stopped; returns them.

    Raises OSError where the folder cannot be written.
    """
    passed = {(process, i) for result in results for process, ids in result.paths.items() for i in ids}
    stopped = {failure.element for result in results for failure in result.failures}
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for path in sorted(files):
        if path.suffix != ".bpmn":
            continue
        diagram = model.load(path)
        own = {identity for process, identity in passed if process == path.stem}
        if own:
            picture = folder / f"{path.stem}.svg"
            colours = dict(_colours(diagram, own, stopped))
            picture.write_text(draw(diagram, colours=colours, notes=_notes(diagram, own)), encoding="utf-8")
            written.append(picture)
    return written


def _colours(diagram: Diagram, passed: set[str], stopped: set[str]) -> Iterator[tuple[str, str]]:
    for identity in {**diagram.shapes, **diagram.edges}:
        element = diagram.ids.get(identity)
        if element is None or not _is_part(element):
            continue
        if identity in passed or _is_way_to_event(diagram, element, passed):
            yield identity, _PASSED
        else:
            yield identity, _STOPPED if identity in stopped else _UNTOUCHED


def _is_part(element: model.Element) -> bool:
    return local(element) in FLOW_NODES or local(element) == "sequenceFlow"


def _is_way_to_event(diagram: Diagram, flow: model.Element, passed: set[str]) -> bool:
    """Whether a flow leads from an event-based gateway to an event that was passed: the engine tells no such flow."""
    source = diagram.ids.get(flow.get("sourceRef", ""))
    behind = source is not None and local(source) == "eventBasedGateway"
    return behind and flow.get("targetRef") in passed


def _notes(diagram: Diagram, passed: set[str]) -> dict[str, str]:
    """Return what stands above each plane: how many of its flow nodes were passed."""
    notes = {}
    for number, plane in enumerate(diagram.planes):
        nodes = [
            identity
            for identity, shape in diagram.shapes.items()
            if shape.plane == number and identity in diagram.ids and local(diagram.ids[identity]) in FLOW_NODES
        ]
        notes[plane] = f"{len(passed.intersection(nodes))}/{len(nodes)} 要素を通過"
    return notes
