"""The coverage page shows each plane of a folded diagram under its step's name, with its own figures."""

from __future__ import annotations

import json
from pathlib import Path

from tests.kit import coverage_page, planes
from tests.kit.coverage import Coverage, ProcessCoverage


def _report(folder: Path, content: bytes) -> list[ProcessCoverage]:
    (folder / "p.bpmn").write_bytes(content)
    return Coverage([folder]).report()


def test_each_plane_has_its_own_figures(tmp_path: Path) -> None:
    page = coverage_page.write(_report(tmp_path, planes.folded("p")), tmp_path / "report")

    (figures,) = json.loads((page.parent / "coverage.json").read_text(encoding="utf-8"))["processes"]
    assert figures["levels"] == {"p": {"passed": 0, "elements": 1}, "Step_Talk": {"passed": 0, "elements": 3}}
    text = page.read_text(encoding="utf-8")
    assert "① 相談する（0/3 要素を通過）" in text
    assert 'href="#p-Step_Talk"' in text
    assert 'id="p-Step_Talk"' in text


def test_a_diagram_without_steps_has_no_headings(tmp_path: Path) -> None:
    page = coverage_page.write(_report(tmp_path, planes.flat("p")), tmp_path / "report")

    assert "要素を通過" not in page.read_text(encoding="utf-8")
