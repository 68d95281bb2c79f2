"""The bars of the fault tests and benchmarks: a run fails when one does not hold, a seed repeats a schedule."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.kit import bars as kit
from tests.kit.bars import Bars, markdown

pytest_plugins = ["pytester"]
TEST = """
def test_measured(bars):
    bars.add("B1", "した", figure="1", bound="0", holds={holds}, drawn=bars.random("faults").random())
"""


def run(pytester: pytest.Pytester, *arguments: str, holds: bool) -> pytest.RunResult:
    pytester.makepyfile(TEST.format(holds=holds))
    return pytester.runpytest_inprocess("-p", "tests.kit.bars", "-p", "no:cacheprovider", *arguments)


@pytest.mark.parametrize("holds", [True, False])
def test_a_run_fails_when_a_bar_does_not_hold(holds: bool, pytester: pytest.Pytester) -> None:  # noqa: FBT001
    result = run(pytester, "--seed=7", holds=holds)
    assert result.ret == (0 if holds else 1)
    result.assert_outcomes(passed=1)
    assert "SEED=7" in result.stdout.str()


def test_the_report_of_a_seed_is_the_same_and_becomes_a_table(
    pytester: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kit, "ROOT", tmp_path)
    reports = []
    for _ in range(2):
        run(pytester, "--seed=7", "--bars=chaos", holds=True)
        reports.append(json.loads((tmp_path / "build" / "chaos.json").read_text(encoding="utf-8")))
    assert reports[0]["bars"] == reports[1]["bars"]
    assert reports[0]["bars"][0]["details"]["drawn"] == Bars("", 7).random("faults").random()
    assert "| B1 | した | 1 | 0 | ○ |" in markdown(reports[0])
    assert "make chaos SEED=7" in markdown(reports[0])


def test_what_was_measured_is_kept_at_once(
    pytester: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kit, "ROOT", tmp_path)
    look = """
def test_the_next():
    from tests.kit import bars
    assert '"B1"' in (bars.ROOT / "build" / "chaos.json").read_text(encoding="utf-8")
"""
    pytester.makepyfile(TEST.format(holds=True) + look)
    result = pytester.runpytest_inprocess("-p", "tests.kit.bars", "-p", "no:cacheprovider", "--bars=chaos")
    result.assert_outcomes(passed=2)


@pytest.mark.parametrize("holds", [True, False])
def test_what_is_measured_side_by_side_is_one_table(
    holds: bool,  # noqa: FBT001 (a parameter of the test)
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(test_one=TEST.format(holds=True), test_two=TEST.format(holds=holds).replace("B1", "B2"))
    plugins = ("-p", "xdist", "-p", "tests.kit.bars", "-p", "no:cacheprovider")
    result = pytester.runpytest_inprocess(*plugins, "-n", "2", "--seed", "7")
    assert result.ret == (0 if holds else 1)
    result.assert_outcomes(passed=2)
    output = result.stdout.str()
    assert output.index("B1") < output.index("B2")
    assert "SEED=7" in output


@pytest.mark.parametrize(
    ("happens", "row", "side_by_side"),
    [
        ("assert bars.seed == 8", "失敗: test_it.py:3: AssertionError", ("-p", "xdist", "-n", "1")),
        ("import pytest; pytest.skip('ディスクがない')", "省略: Skipped: ディスクがない", ()),
    ],
    ids=["failed", "skipped"],
)
def test_a_test_without_a_figure_is_a_row_that_does_not_hold(
    happens: str,
    row: str,
    side_by_side: tuple[str, ...],
    pytester: pytest.Pytester,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kit, "ROOT", tmp_path)
    pytester.makepyfile(test_it=TEST.format(holds=True).strip() + f"\n    {happens}")
    plugins = ("-p", "tests.kit.bars", "-p", "no:cacheprovider", *side_by_side)
    result = pytester.runpytest_inprocess(*plugins, "--bars=chaos", "--seed=7")
    assert result.ret == 1
    report = json.loads((tmp_path / "build" / "chaos.json").read_text(encoding="utf-8"))
    assert [(bar["id"], bar["holds"]) for bar in report["bars"]] == [("B1", True), ("試験", False)]
    assert report["bars"][1]["figure"] == row
    assert "test_it.py::test_measured" in report["bars"][1]["done"]
