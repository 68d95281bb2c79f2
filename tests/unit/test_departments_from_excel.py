"""``departments.csv`` as Excel saves it: with empty columns behind the table (ALL-10)."""

from __future__ import annotations

from pathlib import Path

import pytest

from workers.errors import InputErrors
from workers.packs.departments import read_departments

_HEADER = "code,部,課,group,email,surveyed"
_ROW = "kikaku,企画部,企画課,g-kikaku,kikaku@city.example,yes"


def test_empty_columns_behind_the_table_are_dropped_and_filled_ones_are_not(tmp_path: Path) -> None:
    file = tmp_path / "departments.csv"
    file.write_text(f"{_HEADER},,\n{_ROW},,\n,,,,,,,\n", encoding="cp932")
    (found,) = read_departments(file, file.name)
    assert (found.code, found.section, found.phone) == ("kikaku", "企画課", "")
    file.write_text(f"{_HEADER},,\n{_ROW},,メモ\n", encoding="utf-8")
    with pytest.raises(InputErrors, match="8列あります"):
        read_departments(file, file.name)
