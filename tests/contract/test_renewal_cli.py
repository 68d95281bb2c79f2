"""``renkei sweep`` and ``renkei notice`` as a person uses them (ALL-5, D-4)."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.kit import specdates
from tests.kit.lists import list_rows, write_list
from workers.cli import main
from workers.domain.wareki import format_wareki
from workers.wiring import SystemClock

DAY = timedelta(days=1)


def _renkei(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--data", str(data)])


@pytest.fixture
def today() -> date:
    return SystemClock().today()


@pytest.fixture
def expiry(tmp_path: Path, today: date) -> date:
    """The day on which the one agreement of 伊勢崎市 in the registry expires."""
    expiry = today + 120 * DAY
    (row,) = list_rows(1)
    row |= {"締結日": format_wareki(today - 200 * DAY), "満了日": format_wareki(expiry)}
    done = _renkei(tmp_path, "import", str(write_list(tmp_path / "a.csv", [row])), "--city", "isesaki")
    assert done.exit_code == 0, done.output
    return expiry


def _swept(data: Path, on: date) -> dict[str, list[str]]:
    done = _renkei(data, "sweep", "--on", on.isoformat(), "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def test_the_sweep_reports_what_it_did_and_does_it_once(tmp_path: Path, expiry: date) -> None:
    """ALL-5."""
    last = specdates.last_notice_day(specdates.CITIES["isesaki"], expiry)
    assert _swept(tmp_path, last)["renewed"] == []
    assert _swept(tmp_path, last + DAY)["renewed"] == ["isesaki-a1"]
    assert _swept(tmp_path, last + DAY)["renewed"] == []
    shown = _renkei(tmp_path, "sweep").stdout
    assert shown.strip().endswith("までの期日を確かめました")


def test_a_day_to_come_is_refused_on_a_production_engine(
    tmp_path: Path, today: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DESIGN "Renewal": dates to come may be played through on this machine only."""
    monkeypatch.setenv("RENKEI_GATEWAY_ADDRESS", "camunda.city.example:26500")
    refused = _renkei(tmp_path, "sweep", "--on", (today + DAY).isoformat())
    assert refused.exit_code == 1
    assert refused.stderr.startswith("--on: ")
    assert "まだ来ていません" in refused.stderr
    assert _renkei(tmp_path, "sweep", "--on", today.isoformat()).exit_code == 0


def _approval(day: date) -> list[str]:
    options = {"number": "戦推第9号", "level": "mayor"}
    own = [part for name, value in options.items() for part in (f"--approval-{name}", value)]
    return [*own, "--decided-on", day.isoformat(), "--decided-by", "市長"]


@pytest.mark.usefixtures("expiry")
def test_the_citys_own_decision_needs_its_approval(tmp_path: Path, today: date) -> None:
    """ALL-11: as on the form, for the city's notice and for what follows a withdrawal; the history says who did it."""
    by_city = ("notice", "isesaki-a1", "--from", "city", "--received", today.isoformat())
    withdrawn = (*by_city, "--withdraw", "--decision", "expire")
    for command in (by_city, withdrawn):
        refused = _renkei(tmp_path, *command)
        assert refused.exit_code == 1
        assert [label for label in ("起案番号", "決裁日", "決裁区分", "決裁者") if label not in refused.stderr] == []
    late = _renkei(tmp_path, *by_city, *_approval(today + DAY))
    assert (late.exit_code, "決裁日" in late.stderr) == (1, True)
    assert _renkei(tmp_path, *by_city, *_approval(today)).exit_code == 0
    (case,) = json.loads(_renkei(tmp_path, "cases", "--json").stdout)
    history = json.loads(_renkei(tmp_path, "case", case["id"], "--json").stdout)["history"]
    entered = [line for line in history if "申出を登録した" in line["what"]]
    assert [line["who"].endswith("（renkei コマンド）") for line in entered] == [True]


def test_a_notice_is_entered_and_withdrawn(tmp_path: Path, today: date, expiry: date) -> None:
    """D-4: by its side and the day it was received; without a decision of the office nothing is withdrawn."""
    given = ("notice", "isesaki-a1", "--from", "partner", "--received", today.isoformat())
    assert _renkei(tmp_path, *given).stdout.strip() == "isesaki-a1: 申出を登録しました"
    undecided = _renkei(tmp_path, *given, "--withdraw")
    assert (undecided.exit_code, "--decision" in undecided.stderr) == (1, True)
    decided = ("--withdraw", "--decision", "renew", *_approval(today))
    other = _renkei(tmp_path, *given[:3], "city", *given[4:], *decided)
    assert (other.exit_code, "取り下げられていない申出はありません" in other.stderr) == (1, True)
    done = _renkei(tmp_path, *given, *decided, "--json")
    said = f"（起案番号 戦推第9号、決裁日 {format_wareki(today)}、決裁区分 市長、決裁者 市長）"
    assert json.loads(done.stdout)["notices"][0]["decision"] == f"更新する {said}"
    assert _swept(tmp_path, expiry)["renewed"] == ["isesaki-a1"]
    unknown = _renkei(
        tmp_path, "notice", "isesaki-a9", "--from", "city", "--received", today.isoformat(), *_approval(today)
    )
    assert (unknown.exit_code, unknown.stderr.strip()) == (
        1,
        "協定番号: isesaki-a9 の協定は登録されていません [RK-5040]",
    )
