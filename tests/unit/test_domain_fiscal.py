"""Fiscal years (D-1, D-2)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.domain.fiscal import first_day, fiscal_year, format_fiscal_year, last_day, parse_fiscal_year
from workers.errors import InputError


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 3, 31), 2025),
        (date(2026, 4, 1), 2026),
        (date(2026, 12, 31), 2026),
        (date(2027, 1, 1), 2026),
        (date(2027, 3, 31), 2026),
        (date(2028, 2, 29), 2027),
    ],
)
def test_january_to_march_belong_to_the_year_before(day: date, expected: int) -> None:
    """D-1."""
    assert fiscal_year(day) == expected


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2900, 1, 1)))
def test_every_day_lies_within_its_fiscal_year(day: date) -> None:
    """D-1."""
    year = fiscal_year(day)
    assert first_day(year) <= day <= last_day(year)
    assert last_day(year) + timedelta(days=1) == first_day(year + 1)


@pytest.mark.parametrize(
    ("year", "expected"),
    [
        (2026, "令和8年度"),
        (2019, "令和元年度"),
        (2020, "令和2年度"),
        (2018, "平成30年度"),
        (1989, "平成元年度"),
        (1988, "昭和63年度"),
    ],
)
def test_a_fiscal_year_is_written_in_wareki(year: int, expected: str) -> None:
    """D-2."""
    assert format_fiscal_year(year) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("令和8年度", 2026),
        ("令和元年度", 2019),
        ("平成31年度", 2019),
        ("平成元年度", 1989),
        ("昭和63年度", 1988),
        ("令和８年度", 2026),
        ("令和 8 年度", 2026),
        ("令和8年", 2026),
        ("R2", 2020),
        ("R2年度", 2020),
        ("H28", 2016),
        ("Ｈ２８", 2016),
        ("R元", 2019),
        ("2026年度", 2026),
        ("2026年", 2026),
        ("2026", 2026),
        ("FY2026", 2026),
        (2026, 2026),
    ],
)
def test_a_fiscal_year_is_read_however_it_is_written(value: object, expected: int) -> None:
    """D-2, CHI-8."""
    assert parse_fiscal_year(value) == expected


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("平成40年度", "平成は31年までです"),
        ("平成32年度", "平成は31年までです"),
        ("令和0年度", "令和は元年から始まります"),
        ("昭和64年度", "平成元年度と書いてください"),
        ("S64", "平成元年度と書いてください"),
        ("8年度", "「8年度」は年度として読めません"),
        (8, "「8」は年度として読めません"),
        ("2026度", "「2026度」は年度として読めません"),
        ("昨年度", "「昨年度」は年度として読めません"),
        ("", "は年度として読めません"),
        (None, "年度ではありません"),
        (True, "年度ではありません"),
        (2026.0, "年度ではありません"),
    ],
)
def test_a_fiscal_year_that_never_was_is_refused(value: object, message: str) -> None:
    """D-2, ALL-10."""
    with pytest.raises(InputError, match=message) as caught:
        parse_fiscal_year(value, "年度の欄")
    assert caught.value.where == "年度の欄"


@given(st.integers(min_value=1873, max_value=2900))
def test_every_fiscal_year_survives_writing_and_reading(year: int) -> None:
    """D-2."""
    assert parse_fiscal_year(format_fiscal_year(year)) == year
