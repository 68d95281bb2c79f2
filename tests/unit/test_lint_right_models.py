"""Lint does not cry wolf: diagrams that are unusual but right are left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.lint_examples import example
from tests.kit.rightmodels import RIGHT, RIGHT_FILES
from workers.lint import linter
from workers.lint.findings import Finding, Severity


@pytest.mark.parametrize("name", sorted(RIGHT))
def test_a_right_model_is_left_alone(tmp_path: Path, name: str) -> None:
    """Neither an error nor a warning."""
    pack = example(tmp_path)
    path = pack.path("midori/midori-odd.bpmn")
    path.write_text(RIGHT[name], encoding="utf-8")
    found = linter.lint([path], home=pack.home).findings
    assert [_said(finding) for finding in found if finding.severity is not Severity.NOTE] == []


@pytest.mark.parametrize("name", sorted(RIGHT_FILES))
def test_a_right_decision_or_form_is_left_alone(tmp_path: Path, name: str) -> None:
    """Neither an error nor a warning."""
    pack = example(tmp_path)
    file, text = RIGHT_FILES[name]
    path = pack.path(f"midori/{file}")
    path.write_text(text, encoding="utf-8")
    found = linter.lint([path], home=pack.home).findings
    assert [_said(finding) for finding in found if finding.severity is not Severity.NOTE] == []


def test_a_due_date_of_now_and_a_duration_is_noted(tmp_path: Path) -> None:
    """It is right, to the minute; the note says what it does not reckon with."""
    pack = example(tmp_path)
    path = pack.path("midori/midori-odd.bpmn")
    path.write_text(RIGHT["a due date of now and a duration"], encoding="utf-8")
    report = linter.lint([path], home=pack.home)
    noted = [(f.rule, f.element, f.severity) for f in report.findings if f.rule != "unread-output"]
    assert noted == [("due-span", "Task_Answer", Severity.NOTE)]
    assert (report.ok, report.errors, report.warnings) == (True, 0, 0)


def test_what_is_typed_and_read_nowhere_is_noted(tmp_path: Path) -> None:
    """It may be meant so, but an owner has to know."""
    pack = example(tmp_path)
    path = pack.path("midori/midori-odd.bpmn")
    path.write_text(RIGHT["a due date of now and a duration"], encoding="utf-8")
    found = [f for f in linter.lint([path], home=pack.home).findings if f.rule == "unread-output"]
    assert [(f.element, f.severity) for f in found] == [("Task_Answer", Severity.NOTE)]
    assert "「reply」は、この後どこでも読まれません" in found[0].message


def _said(finding: Finding) -> tuple[str, str, str]:
    return finding.rule, finding.element, finding.message


def test_there_are_twenty_and_more() -> None:
    """As many as the project promises."""
    assert len(RIGHT) + len(RIGHT_FILES) >= 20
