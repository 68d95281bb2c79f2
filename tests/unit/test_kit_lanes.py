"""The lanes of the tests: all of them run, what they print stays readable, and one failure fails the run."""

from __future__ import annotations

import io
import sys
import threading
from pathlib import Path

import pytest

from tests.kit import lanes

ROOT = lanes.ROOT
_GOOD = "def test_a(): pass\ndef test_b(): pass\n"
_BAD = "import pytest\ndef test_c(): assert False, 'broken'\ndef test_d(): pytest.skip('why')\n"


@pytest.fixture(autouse=True)
def _reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports of the lanes under test are not those of the lanes that run these tests."""
    monkeypatch.setattr(lanes, "_REPORTS", tmp_path / "reports")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def _run(folder: Path, **contents: str) -> tuple[int, list[str]]:
    """Run lanes of one file each; returns the exit code and what was printed."""
    made: dict[str, list[str]] = {}
    for name, content in contents.items():
        file = folder / f"test_{name}.py"
        file.write_text(content, encoding="utf-8")
        alone = ["-o", "addopts=", f"--rootdir={folder}", f"--confcutdir={folder}", "-p", "no:cacheprovider"]
        made[name] = lanes.command(name, [str(file)], alone)
    output = io.StringIO()
    return lanes.run(made, output), output.getvalue().splitlines()


def _lanes_of(file: str) -> list[str]:
    """Return the lanes that run a file."""
    found = []
    for name, paths in lanes.LANES.items():
        named = any(file == path or file.startswith(f"{path}/") for path in paths)
        if named and f"--ignore={file}" not in paths:
            found.append(name)
    return found


def test_every_file_of_tests_is_in_one_lane() -> None:
    """No test is left out, none runs twice."""
    files = [path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("test_*.py")]
    assert {file: _lanes_of(file) for file in files if len(_lanes_of(file)) != 1} == {}


def test_lanes_that_pass_are_added_up(tmp_path: Path) -> None:
    """Progress carries the lane's name; the last line is the sum, alone."""
    code, lines = _run(tmp_path, one=_GOOD, two=_GOOD)
    assert code == 0
    assert {line.partition(" | ")[0] for line in lines if "test_one.py " in line} == {"one"}
    assert lines[-1] == "4 passed, 0 failed, 0 skipped"
    assert lines[-3].startswith("one: 2 passed, 0 failed, 0 skipped in 0:")


def test_a_failure_in_one_lane_fails_the_run_and_is_shown_in_one_piece(tmp_path: Path) -> None:
    """A skipped test is no passed one."""
    code, lines = _run(tmp_path, one=_GOOD, two=_BAD)
    assert code == 1
    assert lines[-1] == "2 passed, 1 failed, 1 skipped"
    report = lines[lines.index("two:") :]
    end = next(number for number, line in enumerate(report) if line.startswith("===") and " 1 failed" in line)
    assert not [line for line in report[:end] if " | " in line]
    assert any("AssertionError: broken" in line for line in report[:end])


def test_lanes_that_break_fail_the_run(tmp_path: Path) -> None:
    """Neither a module that cannot be read nor a process that dies is taken for a lane without tests."""
    dies = "import os\ndef test_e(): os._exit(3)\n"
    code, lines = _run(tmp_path, one=_GOOD, two="import nothing_of_this_name\n", three=dies)
    assert code == 1
    assert lines[-1] == "2 passed, 2 failed, 0 skipped"


@pytest.mark.parametrize(("told", "code"), [("true", 0), ("false", 1)])
def test_what_is_checked_beside_the_tests_counts_as_one_failure_or_none(tmp_path: Path, told: str, code: int) -> None:
    file = tmp_path / "test_one.py"
    file.write_text(_GOOD, encoding="utf-8")
    alone = ["-o", "addopts=", f"--rootdir={tmp_path}", f"--confcutdir={tmp_path}", "-p", "no:cacheprovider"]
    output = io.StringIO()
    assert lanes.run({"one": lanes.command("one", [str(file)], alone), lanes.CHECK: [told]}, output) == code
    assert output.getvalue().splitlines()[-1] == f"2 passed, {code} failed, 0 skipped"


def test_a_run_without_any_test_fails(tmp_path: Path) -> None:
    """A selection may leave one lane empty, not both."""
    assert _run(tmp_path, one=_GOOD, two="")[0] == 0
    assert _run(tmp_path, one="", two="")[0] == 1


def test_an_interruption_ends_the_lanes_as_ctrl_c_does(tmp_path: Path) -> None:
    """Fixtures end what they have started."""
    file = tmp_path / "test_long.py"
    file.write_text(
        "import pytest, time, pathlib\n"
        f"F = pathlib.Path({str(tmp_path)!r})\n"
        "@pytest.fixture\ndef started():\n    yield\n    (F / 'down').touch()\n"
        "def test_f(started):\n    (F / 'up').touch()\n    time.sleep(60)\n",
        encoding="utf-8",
    )
    lane = lanes.Lane(
        "one",
        [sys.executable, "-m", "pytest", "-o", "addopts=", f"--rootdir={tmp_path}", str(file)],
        io.StringIO(),
        threading.Lock(),
    )
    while not (tmp_path / "up").exists():
        assert lane.process.poll() is None
    lane.stop()
    assert (tmp_path / "down").exists()
