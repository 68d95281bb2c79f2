"""The coverage report: JSON for programs, a page with one picture a diagram for people."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tests.kit.coverage import Part, ProcessCoverage
from workers.domain.jst import JST
from workers.drawing.picture import draw

PASSED, MISSED = "#1a7f37", "#cf222e"
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def write(report: Sequence[ProcessCoverage], folder: Path) -> Path:
    """Write ``coverage.json``, ``index.html`` and one ``.svg`` a process; returns the page."""
    shutil.rmtree(folder, ignore_errors=True)  # a picture of a process that is gone must not stay
    folder.mkdir(parents=True)
    pictures = []
    for process in report:
        svg = draw(process.diagram, colours=_colours(process), notes=_notes(process), anchor=f"{process.process_id}-")
        (folder / f"{process.process_id}.svg").write_text(svg, encoding="utf-8")
        pictures.append((process, Markup(svg)))  # noqa: S704 (lxml wrote it and escaped every text)
    moment = datetime.now(JST).replace(microsecond=0)
    content = {"made_at": moment.isoformat(), "processes": [_figures(process) for process in report]}
    (folder / "coverage.json").write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    page = folder / "index.html"
    template = _TEMPLATES.get_template("coverage.html.j2")
    page.write_text(template.render(moment=moment, pictures=pictures, passed=PASSED, missed=MISSED), encoding="utf-8")
    return page


def summary(report: Sequence[ProcessCoverage]) -> list[str]:
    """Return one Japanese line a process."""
    return [f"{p.process_id}: {p.covered}/{len(p.parts)} 要素を通過" for p in report]


def _colours(process: ProcessCoverage) -> dict[str, str]:
    return {part.id: PASSED if part.times else MISSED for part in process.parts}


def _levels(process: ProcessCoverage) -> dict[str, list[Part]]:
    """Return the parts that each plane shows, by the id of its step, or of the process."""
    planes = {name: drawn.plane for name, drawn in process.diagram.shapes.items()}
    planes |= {name: drawn.plane for name, drawn in process.diagram.edges.items()}
    shown: dict[str, list[Part]] = {plane: [] for plane in process.diagram.planes}
    for part in process.parts:
        if part.id in planes:
            shown[process.diagram.planes[planes[part.id]]].append(part)
    return shown


def _notes(process: ProcessCoverage) -> dict[str, str]:
    """Return what stands above each plane of a diagram with folded steps."""
    levels = _levels(process)
    counted = {plane: sum(part.times > 0 for part in parts) for plane, parts in levels.items()}
    notes = {plane: f"{counted[plane]}/{len(parts)} 要素を通過" for plane, parts in levels.items()}
    return notes if len(notes) > 1 else {}


def _figures(process: ProcessCoverage) -> dict[str, Any]:
    return {
        "id": process.process_id,
        "name": process.name,
        "file": process.diagram.path.name,
        "passed": process.covered,
        "elements": len(process.parts),
        "missing": [part.id for part in process.missing],
        "times": {part.id: part.times for part in process.parts},
        "levels": {
            plane: {"passed": sum(part.times > 0 for part in parts), "elements": len(parts)}
            for plane, parts in _levels(process).items()
        },
        "foreign_versions": process.foreign,
    }
