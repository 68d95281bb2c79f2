"""``renkei test`` as a process owner uses it: a new city's pack, then the same pack with a mistake (ALL-8)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.process
_CODE = "midori-ta"
_SECONDS = 200
_PASSED, _UNTOUCHED = "#1a7f37", "#aab2bd"


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a new city's pack, far from the repository."""
    folder = tmp_path_factory.mktemp("packs")
    done = _renkei(folder, "new-city", _CODE, "みどり田市", "--dir", str(folder))
    assert done.returncode == 0, done.stderr
    return folder


def _renkei(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "RENKEI_DATA": str(folder / "data"), "RENKEI_PACKS": json.dumps([str(folder)])}
    return subprocess.run(
        [sys.executable, "-m", "workers.cli", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )


def test_a_pack_is_tried_and_what_a_mistake_changes_is_told(packs: Path, tmp_path: Path) -> None:
    """First all goes as told; then a gateway looks for a word that no form gives, and two scenarios say where."""
    first = _renkei(packs, "test", _CODE, "signed", "withdrawn", "given-up", "--pictures", str(tmp_path))
    assert first.returncode == 0, first.stdout + first.stderr
    assert [line[0] for line in first.stdout.splitlines()[:3]] == ["✓"] * 3
    assert "3 本の筋書きのうち、すべて通りました" in first.stdout
    drawn = (tmp_path / f"{_CODE}-signing.svg").read_text(encoding="utf-8")
    assert _PASSED in drawn
    assert _UNTOUCHED in drawn

    diagram = packs / _CODE / f"{_CODE}-signing.bpmn"
    text = diagram.read_text(encoding="utf-8")
    diagram.write_text(text.replace('=decision = "sign"', '=decision = "sing"'), encoding="utf-8")
    second = _renkei(packs, "test", _CODE, "--json", "signed", "withdrawn", "given-up")
    assert second.returncode == 1, second.stdout + second.stderr
    told: dict[str, Any] = json.loads(second.stdout)
    results = {result["scenario"]: result for result in told["results"]}
    assert {name: result["passed"] for name, result in results.items()} == {
        "signed": False,
        "withdrawn": True,
        "given-up": False,
    }
    (failure,) = results["signed"]["failures"]
    assert failure["expected"].startswith("作業「")
    assert failure["came"] == "案件は終わっていた"
    assert told["differences"]["newly_failing"] == ["given-up", "signed"]
    changed = {way["scenario"]: way for way in told["differences"]["ways"]}
    assert "Flow_Declined" in changed["signed"]["now"]
    assert "Call_AgreementSigning" in changed["signed"]["before"]
    assert "withdrawn" not in changed


def test_what_cannot_be_tried_is_told_before_an_engine_starts(packs: Path) -> None:
    """A scenario and a city that are not there."""
    unknown = _renkei(packs, "test", _CODE, "no-such")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert f"{_CODE} にこの筋書きはありません（declined、given-up、hard、signed、withdrawn）" in unknown.stderr
    assert "という市はありません" in _renkei(packs, "test", "nowhere").stderr
