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

from tests.kit.clock import TOKYO
from tests.kit.coverage import ProcessCoverage
from workers.lint.picture import draw

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
        svg = draw(process.diagram, colours=_colours(process))
        (folder / f"{process.process_id}.svg").write_text(svg, encoding="utf-8")
        pictures.append((process, Markup(svg)))  # noqa: S704 (lxml wrote it and escaped every text)
    moment = datetime.now(TOKYO).replace(microsecond=0)
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


def _figures(process: ProcessCoverage) -> dict[str, Any]:
    return {
        "id": process.process_id,
        "name": process.name,
        "file": process.diagram.path.name,
        "passed": process.covered,
        "elements": len(process.parts),
        "missing": [part.id for part in process.missing],
        "times": {part.id: part.times for part in process.parts},
        "foreign_versions": process.foreign,
    }
