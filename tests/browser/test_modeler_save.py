"""What Modeler saves of a file that ``renkei format`` has written: nothing but an owner's change (ALL-8)."""

from __future__ import annotations

import difflib
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.modeler_page import open_page
from workers.lint import formatting, linter
from workers.packs.diagrams import model
from workers.packs.new_pack import STARTER
from workers.settings import Settings

_ROOT = Path(__file__).parents[2]
_SHARED_PLACES = [_ROOT / "bpmn", STARTER, _ROOT / "tests" / "kit" / "lint_pack", _ROOT / "tests" / "data"]
_PACKS = sorted(path.name for path in (_ROOT / "bpmn").iterdir() if any(path.glob("*.bpmn")))
_PLACE = re.compile(r" +<(?:/?bpmndi:BPMNLabel ?/?|dc:Bounds |di:waypoint )")


@pytest.fixture(scope="module")
def modeler(chromium: Browser) -> Iterator[Page]:
    """A page with Modeler's editors."""
    page = open_page(chromium)
    yield page
    page.close()


@pytest.fixture(scope="module")
def formatted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copies of all packs, those of the starter and of the tests, written as Modeler would."""
    folder = tmp_path_factory.mktemp("formatted")
    for place in _SHARED_PLACES:
        shutil.copytree(place, folder / place.name)
    files, _ = linter.collect([folder])
    for written in formatting.write(files, cache=Settings().cache):
        assert not written.problem, (written.path, written.problem)
        written.save()
    return folder


@pytest.mark.parametrize("pack", [*(f"bpmn/{name}" for name in _PACKS), "starter", "lint_pack", "data"])
def test_opening_and_saving_a_diagram_changes_no_byte(modeler: Page, formatted: Path, pack: str) -> None:
    """Whichever of its planes is open; renaming a task changes one line, moving it places and the order of lines."""
    files = sorted((formatted / pack).rglob("*.bpmn"))
    assert files
    answers = {path: _saved(modeler, path) for path in files}
    assert {
        f"{path.name}: {saved['plane']}": _changes(path, saved["xml"])[:6]
        for path, answer in answers.items()
        for saved in answer["saved"]
        if saved["xml"].encode() != path.read_bytes()
    } == {}
    for path, answer in _with_a_task(answers).items():
        lines = _changes(path, answer["renamed"])
        assert len(lines) == 2, (path.name, lines)
        assert f'id="{_a_task(path)}" name="名前を変えた"' in lines[1]
        before, after = Counter(_lines(path)), Counter(answer["moved"].splitlines())
        assert [line for line in [*(before - after), *(after - before)] if not _PLACE.match(line)] == [], path.name


def test_opening_and_saving_a_decision_changes_no_byte(modeler: Page, formatted: Path) -> None:
    """As a table and as a diagram of decisions."""
    files = sorted(formatted.rglob("*.dmn"))
    assert len(files) >= len(_PACKS)
    for path in files:
        for saved in modeler.evaluate("saveDecision", path.read_text(encoding="utf-8")):
            assert saved.encode() == path.read_bytes(), (path.name, _changes(path, saved)[:6])


@pytest.mark.parametrize("pack", [*(f"bpmn/{name}" for name in _PACKS), "starter", "lint_pack"])
def test_opening_and_saving_a_form_changes_no_byte(modeler: Page, formatted: Path, pack: str) -> None:
    """And adding a field adds its lines, for every other one has its row already."""
    files = sorted((formatted / pack).rglob("*.form"))
    assert files
    for path in files:
        saved: dict[str, Any] = modeler.evaluate("saveForm", path.read_text(encoding="utf-8"))
        assert saved["plain"].encode() == path.read_bytes(), (path.name, _changes(path, saved["plain"])[:6])
        lines = _changes(path, saved["added"])
        assert [line for line in lines if line.startswith("-") and line.strip("- ") != "}"] == [], (path.name, lines)
        assert any("足した項目" in line for line in lines)
        assert len(lines) <= 12, (path.name, lines)


def _saved(modeler: Page, path: Path) -> dict[str, Any]:
    request = {"xml": path.read_text(encoding="utf-8"), "task": _a_task(path)}
    answer: dict[str, Any] = modeler.evaluate("saveDiagram", request)
    assert answer["warnings"] == [], path.name
    return answer


def _with_a_task(answers: dict[Path, dict[str, Any]]) -> dict[Path, dict[str, Any]]:
    return {path: answer for path, answer in answers.items() if "renamed" in answer}


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _a_task(path: Path) -> str:
    """Return the id of a named task of the diagram; empty where it has none."""
    tasks = model.parse_xml(path).iter(*(f"{{{model.BPMN}}}{kind}" for kind in ("task", "serviceTask", "userTask")))
    return next((str(task.get("id")) for task in tasks if task.get("name")), "")


def _changes(path: Path, saved: str) -> list[str]:
    """Return the lines that git would show, without context."""
    lines = list(difflib.unified_diff(_lines(path), saved.splitlines(), n=0, lineterm=""))[2:]
    return [line for line in lines if not line.startswith("@@")]
