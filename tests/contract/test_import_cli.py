"""``renkei import``, ``agreements`` and ``stats`` as a person uses them (ALL-6, ALL-7, ASA-7)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from click.testing import CliRunner, Result
from openpyxl import load_workbook

from tests.kit.lists import list_rows, write_list
from workers.cli import main


def _renkei(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--data", str(data)])


def test_the_commands_import_list_and_count(tmp_path: Path) -> None:
    """What was imported is listed, and what was listed as CSV can be imported elsewhere."""
    file = write_list(tmp_path / "a.csv", list_rows(3), encoding="cp932")
    done = _renkei(tmp_path, "import", str(file), "--city", "isesaki")
    assert (done.exit_code, done.stdout.strip()) == (0, "3 件を取り込みました")
    listed = json.loads(_renkei(tmp_path, "agreements", "--on", "令和8年6月1日", "--json").stdout)
    assert [row["number"] for row in listed] == ["1", "2", "3"]
    assert listed[0]["expires_on"] == "2027-03-31"
    counted = json.loads(_renkei(tmp_path, "agreements", "--on", "2026-06-01", "--count", "--json").stdout)
    assert {"group": "全体", "key": "", "name": "全体", "agreements": 3} in counted
    out = tmp_path / "stats.xlsx"
    written = _renkei(tmp_path, "stats", "isesaki", "--year", "令和8年度", "--out", str(out))
    assert written.exit_code == 0, written.stderr
    cells = list(load_workbook(out).active.iter_rows(values_only=True))
    assert cells[1][:5] == ("令和8年度", "全体", "全体", "3", "3")
    table = json.loads(_renkei(tmp_path, "stats", "isesaki", "--year", "2026", "--table", "--json").stdout)
    assert [(line["year"], line["total"]) for line in table] == [(2026, 3)]
    _check_round_trip(tmp_path)
    wrong = _renkei(tmp_path, "agreements", "--city", "isesaki", "--field", "99")
    assert (wrong.exit_code, wrong.stderr.strip()) == (
        1,
        "fields: 99 は伊勢崎市の連携事項の番号にありません [RK-3005]",
    )


def _check_round_trip(folder: Path) -> None:
    exported = _renkei(folder, "agreements", "--on", "2026-06-01", "--csv").stdout
    (folder / "out.csv").write_text(exported, encoding="utf-8")
    again: Mapping[str, int] = json.loads(
        _renkei(folder / "other", "import", str(folder / "out.csv"), "--city", "isesaki", "--json").stdout
    )
    assert (again["added"], again["error_rows"]) == (3, 0)


def test_candidates_and_one_agreement_are_shown(tmp_path: Path) -> None:
    """D-8: the report lists and decides nothing; one agreement shows its terms, an unknown one is told."""
    _renkei(tmp_path, "import", str(write_list(tmp_path / "a.csv", list_rows(2))), "--city", "isesaki")
    rows = json.loads(_renkei(tmp_path, "dissolution", "isesaki", "--on", "2026-11-01", "--json").stdout)
    assert [(row["agreement_id"], row["candidate"]) for row in rows] == [("isesaki-a1", False), ("isesaki-a2", False)]
    assert rows[0]["from"].startswith("令和10年4月")
    found = json.loads(_renkei(tmp_path, "agreement", "isesaki-a1", "--json").stdout)
    assert (found["number"], found["terms"][0]["number"], found["versions"]) == ("1", 1, [])
    assert "第1期" in _renkei(tmp_path, "agreement", "isesaki-a1").stdout
    unknown = _renkei(tmp_path, "agreement", "isesaki-a9")
    assert (unknown.exit_code, "協定番号: isesaki-a9" in unknown.stderr) == (1, True)
    no_rule = _renkei(tmp_path, "dissolution", "asahikawa")
    assert (no_rule.exit_code, "解除の定めがありません" in no_rule.stderr) == (1, True)
