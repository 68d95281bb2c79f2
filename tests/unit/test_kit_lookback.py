"""A run that lanes share is judged on what all of them passed, and by nobody before."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.kit.coverage import ROOT

_FILES = ("tests/process/test_coverage.py", "tests/process/test_returned_inputs.py")


def _pytest(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *_FILES, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_lane_leaves_the_judgement_to_the_last(tmp_path: Path) -> None:
    listed = _pytest("--collect-only", f"--passed={tmp_path / 'one.passed.json'}").stdout
    assert "test_the_control_of_a_case" in listed
    assert "test_the_run" not in listed


def test_the_last_lane_judges_only_and_what_no_lane_passed_fails_it(tmp_path: Path) -> None:
    file = tmp_path / "one.passed.json"
    file.write_text(json.dumps({"passed": [], "returned": []}), encoding="utf-8")
    told = _pytest("--judge", str(file)).stdout
    assert "テストが通っていない要素があります" in told
    assert "2 failed, 1 deselected" in told
