"""Every list on the screen: numbers stay whole on a narrow one, kinds and procedures have Japanese names (ALL-10)."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.kit.lists import list_rows, write_list
from workers.cli import main
from workers.domain.wareki import format_wareki
from workers.wiring import SystemClock

_NUMBER = "isesaki-a1"
_LISTS = ["agreements", "cases", "mails"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry with an agreement whose renewal is over: a case, and mails to both sides."""
    data = tmp_path_factory.mktemp("data")
    today = SystemClock().today()
    (row,) = list_rows(1)
    row |= {"締結日": format_wareki(today - timedelta(200)), "満了日": format_wareki(today + timedelta(120))}
    _shown(data, "import", str(write_list(data / "list.csv", [row])), "--city", "isesaki")
    _shown(data, "sweep", "--on", (today + timedelta(100)).isoformat())
    return data


def _shown(data: Path, *arguments: str) -> str:
    done = CliRunner().invoke(main, [*arguments, "--data", str(data)])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize("command", _LISTS)
def test_a_narrow_screen_cuts_no_number(command: str, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers are copied into the next command."""
    monkeypatch.setenv("COLUMNS", "20")
    rows = json.loads(_shown(data, command, "--json"))
    numbers = {row.get("case") or row["id"] for row in rows}
    assert numbers
    shown = _shown(data, command)
    assert [number for number in numbers if not re.search(rf"(?<!\S){re.escape(number)}(?!\S)", shown)] == []


@pytest.mark.parametrize("command", _LISTS)
def test_a_list_calls_nothing_by_an_id_of_the_program(
    command: str, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kinds of mails and agreements, procedures, states: what is not a number, a name or an address is Japanese."""
    monkeypatch.setenv("COLUMNS", "250")
    words = set(re.findall(r"(?<![\w.@-])[a-z]+(?:-[a-z]+)+(?![\w.@-])", _shown(data, command)))
    assert words == set()
    rows = json.loads(_shown(data, command, "--json"))
    keys = ("kind_name", "procedure", "outcome_name", "status_name")
    names = [row[key] for row in rows for key in keys if key in row]
    assert names
    assert [name for name in names if not re.search(r"[\u3041-\u30ff\u4e00-\u9fff]", name)] == []
    if command != "agreements":  # the kind stands in its files
        assert all(name in _shown(data, command) for name in names)
