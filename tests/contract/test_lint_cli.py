"""The commands as a process owner types them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from tests.kit.lint_examples import FORM, SIGNING, Example, example
from workers.cli import diagrams

_REAL = Path(__file__).parents[2]


@pytest.fixture
def pack(tmp_path: Path) -> Example:
    return example(tmp_path)


def _run(command: click.Command, *arguments: str | Path) -> Result:
    """Run a command within the real checkout's settings."""
    return CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)


def _mutated(folder: Path, old: str, new: str, name: str = "isesaki-signing.bpmn") -> Path:
    """Copy a real diagram and break it."""
    text = (_REAL / "bpmn" / "isesaki" / name).read_text(encoding="utf-8")
    assert old in text
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder / name


def test_the_real_packs_pass_all_linters() -> None:
    """Exit code 0, and the last lines say what was checked and by whom."""
    result = _run(diagrams.lint, _REAL / "bpmn")

    assert result.exit_code == 0, result.output
    assert "bpmnlint 11." in result.output
    assert "@camunda/linting 3." in result.output
    assert "エラー 0 件" in result.output


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('type="open-case"', 'type="opne-case"', "job-type"),
        ('formId="isesaki-offer"', 'formId="isesaki-nothing"', "reference"),
        ('key="template" value="offer-request"', 'key="template" value="nothing"', "mail-template"),
        (">=origin = ", ">origin = ", "feel-prefix"),
        ('bpmnElement="Task_RecordOffer"', 'bpmnElement="Task_Nowhere"', "drawing"),
    ],
)
def test_a_broken_copy_of_a_real_diagram_is_refused(tmp_path: Path, old: str, new: str, rule: str) -> None:
    """Exit code 1, one line with file, line, element, rule and message."""
    path = _mutated(tmp_path / "trial", old, new)

    result = _run(diagrams.lint, path, "--no-node")

    assert result.exit_code == 1
    lines = [line for line in result.output.splitlines() if f"[{rule}]" in line]
    assert lines, result.output
    assert str(path) in lines[0]


def test_json_holds_every_finding(tmp_path: Path) -> None:
    """For programs: file, line, element, rule, severity, message."""
    path = _mutated(tmp_path / "trial", 'type="open-case"', 'type="opne-case"')

    content = json.loads(_run(diagrams.lint, path, "--no-node", "--json").stdout)

    assert content["errors"] == len(content["findings"])
    (finding,) = [found for found in content["findings"] if found["rule"] == "job-type"]
    assert (finding["file"], finding["element"], finding["rule"]) == (str(path), "Task_OpenCase", "job-type")
    assert finding["line"] > 1
    assert content["linters"] == ["renkei の規則"]
    assert "--no-node" in content["skipped"][0]


def test_render_names_the_pictures(tmp_path: Path) -> None:
    """One line a file."""
    result = _run(diagrams.render, _REAL / "bpmn" / "common", "--out", tmp_path / "out")

    assert result.exit_code == 0
    assert {Path(line) for line in result.output.splitlines()} == set((tmp_path / "out").iterdir())


def test_diff_tells_and_shows_the_changes(pack: Example, tmp_path: Path) -> None:
    """Exit code 0 although something changed; the page lies where --out says."""
    old = _REAL / "bpmn" / "isesaki" / "isesaki-signing.bpmn"
    new = _mutated(tmp_path / "trial", 'type="open-case"', 'type="start-case"')

    result = _run(diagrams.diff, old, new, "--out", tmp_path / "out")

    assert result.exit_code == 0
    assert "ジョブ型が「open-case」から「start-case」に変わった" in result.output
    assert (tmp_path / "out" / "isesaki-signing.bpmn.diff.html").is_file()
    assert "違いはありません" in _run(diagrams.diff, pack.path(SIGNING), pack.path(SIGNING)).output
    assert "違いはありません" in _run(diagrams.diff, pack.path(FORM), pack.path(FORM)).output


@pytest.mark.parametrize("command", diagrams.commands, ids=lambda command: str(command.name))
def test_help_is_japanese(command: click.Command) -> None:
    """Usage, texts and every option."""
    text = _run(command, "--help").output

    assert text.startswith("使い方: ")
    options: Sequence[click.Parameter] = [p for p in command.params if isinstance(p, click.Option)]
    assert all(isinstance(option, click.Option) and option.help and not option.help.isascii() for option in options)
