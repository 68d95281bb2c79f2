"""Wareki and ISO dates (D-2)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.domain.wareki import era_year, format_wareki, parse_date, parse_year
from workers.errors import InputError

FIRST = date(1873, 1, 1)
DAYS = st.dates(min_value=FIRST, max_value=date(2999, 12, 31))
HEADS = {"明治": "M", "大正": "T", "昭和": "S", "平成": "H", "令和": "R"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("令和8年4月1日", date(2026, 4, 1)),
        ("令和元年5月1日", date(2019, 5, 1)),
        ("令和1年5月1日", date(2019, 5, 1)),
        ("平成31年4月30日", date(2019, 4, 30)),
        ("平成元年1月8日", date(1989, 1, 8)),
        ("昭和64年1月7日", date(1989, 1, 7)),
        ("昭和元年12月25日", date(1926, 12, 25)),
        ("大正15年12月24日", date(1926, 12, 24)),
        ("明治6年1月1日", date(1873, 1, 1)),
        ("令和8年2月28日", date(2026, 2, 28)),
        ("令和10年2月29日", date(2028, 2, 29)),
        ("R8.4.1", date(2026, 4, 1)),
        ("r8.4.1", date(2026, 4, 1)),
        ("R8/4/1", date(2026, 4, 1)),
        ("R08-04-01", date(2026, 4, 1)),
        ("R.8.4.1", date(2026, 4, 1)),
        ("R元.5.1", date(2019, 5, 1)),
        ("H31.4.30", date(2019, 4, 30)),
        ("Ｈ２８．３．３１", date(2016, 3, 31)),
        ("令和８年４月１日", date(2026, 4, 1)),
        ("令和　８年　４月　１日", date(2026, 4, 1)),
        (" 令和8年 4月 1日 ", date(2026, 4, 1)),
        ("㋿8年4月1日", date(2026, 4, 1)),
        ("2026-04-01", date(2026, 4, 1)),
        ("２０２６－０４－０１", date(2026, 4, 1)),
        ("2026−04−01", date(2026, 4, 1)),
        ("2026/4/1", date(2026, 4, 1)),
        ("1873-01-01", date(1873, 1, 1)),
        ("R7981.12.31", date(9999, 12, 31)),
        ("2026.4.1", date(2026, 4, 1)),
        ("2026年4月1日", date(2026, 4, 1)),
        (date(2026, 4, 1), date(2026, 4, 1)),
    ],
)
def test_a_date_is_read_however_an_office_writes_it(text: object, expected: date) -> None:
    """D-2."""
    assert parse_date(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("令和8年2月30日", "「令和8年2月30日」はない日付です"),
        ("令和8年2月29日", "「令和8年2月29日」はない日付です"),
        ("令和8年13月1日", "「令和8年13月1日」はない日付です"),
        ("令和8年0月1日", "「令和8年0月1日」はない日付です"),
        ("2026-02-30", "「2026-02-30」はない日付です"),
        ("平成40年1月1日", "「平成40年1月1日」の年がありません。平成は31年までです"),
        ("平成32年1月1日", "「平成32年1月1日」の年がありません。平成は31年までです"),
        ("昭和65年1月1日", "「昭和65年1月1日」の年がありません。昭和は64年までです"),
        ("令和0年5月1日", "「令和0年5月1日」の年がありません。令和は元年から始まります"),
        ("令和元年4月30日", "「令和元年4月30日」はない日付です。令和は令和元年5月1日に始まりました"),
        ("平成31年5月1日", "「平成31年5月1日」はない日付です。平成は平成31年4月30日までです"),
        ("昭和64年1月8日", "「昭和64年1月8日」はない日付です。昭和は昭和64年1月7日までです"),
        ("平成元年1月7日", "「平成元年1月7日」はない日付です。平成は平成元年1月8日に始まりました"),
        ("明治5年12月2日", "「明治5年12月2日」は古すぎます。明治6年1月1日より後の日付を書いてください"),
        ("1872-12-31", "「1872-12-31」は古すぎます。明治6年1月1日より後の日付を書いてください"),
        ("R7982.1.1", "「R7982.1.1」の年が大きすぎます"),
    ],
)
def test_an_impossible_date_is_refused_with_its_reason(text: str, message: str) -> None:
    """D-2, ALL-10."""
    with pytest.raises(InputError) as caught:
        parse_date(text, "申出日")
    assert caught.value.where == "申出日"
    assert caught.value.message == f"申出日: {message}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "令和",
        "R8",
        "令和8年",
        "8年4月1日",
        "R8.4-1",
        "2026-4",
        "26-04-01",
        "2026-04-01T00:00",
        "X8.4.1",
        "令和-8年4月1日",
        "令和八年四月一日",
        "明日",
        "令和8年4月1日頃",
        "令和٨年4月1日",
        "20260401",
        "0",
        "\x00",
    ],
)
def test_what_is_no_full_date_is_refused_with_an_example(text: str) -> None:
    """D-2, ALL-10."""
    with pytest.raises(InputError, match="令和8年4月1日 または 2026-04-01 のように書いてください"):
        parse_date(text)


@pytest.mark.parametrize("value", [None, 20260401, 1.5, True, [], datetime(2026, 4, 1, tzinfo=UTC)])
def test_another_type_is_no_date(value: object) -> None:
    """A time of day would need a zone to be a Japanese date (D-7): it is refused."""
    with pytest.raises(InputError):
        parse_date(value)


def test_a_long_or_unprintable_text_is_shortened_in_the_message() -> None:
    """ALL-10."""
    with pytest.raises(InputError) as caught:
        parse_date("\x1b[31m" + "あ" * 100)
    assert "\x1b" not in caught.value.message
    assert len(caught.value.message) < 120


@given(DAYS)
def test_every_day_survives_writing_and_reading(day: date) -> None:
    """D-2: wareki in full, short, and ISO."""
    written = format_wareki(day)
    era, year = era_year(day)
    assert parse_date(written) == day
    assert parse_date(f"{HEADS[era]}{year}.{day.month}.{day.day}") == day
    assert parse_date(day.isoformat()) == day


@given(DAYS)
def test_every_day_belongs_to_exactly_one_era(day: date) -> None:
    """D-2: with the day fixed, only one era's name is accepted."""
    accepted = []
    for era, began in {"明治": 1868, "大正": 1912, "昭和": 1926, "平成": 1989, "令和": 2019}.items():
        try:
            accepted.append(parse_date(f"{era}{day.year - began + 1}年{day.month}月{day.day}日"))
        except InputError:
            continue
    assert accepted == [day]


@given(st.text(max_size=20))
def test_any_text_is_a_date_or_an_input_error(text: str) -> None:
    """ALL-10: no other exception leaves the reader."""
    try:
        result: date | InputError = parse_date(text)
    except InputError as error:
        result = error
    assert isinstance(result, date) or result.message


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 4, 1), "令和8年4月1日"),
        (date(2019, 5, 1), "令和元年5月1日"),
        (date(2019, 12, 31), "令和元年12月31日"),
        (date(2020, 1, 1), "令和2年1月1日"),
        (date(2019, 4, 30), "平成31年4月30日"),
        (date(1989, 1, 8), "平成元年1月8日"),
        (date(1989, 1, 7), "昭和64年1月7日"),
        (date(1873, 1, 1), "明治6年1月1日"),
    ],
)
def test_a_date_is_written_without_leading_zeros_and_with_gannen(day: date, expected: str) -> None:
    """D-2."""
    assert format_wareki(day) == expected


def test_the_weekday_may_follow() -> None:
    """Due dates in mails name the weekday."""
    week = [format_wareki(date(2026, 6, day), weekday=True)[-2] for day in range(1, 8)]
    assert week == ["月", "火", "水", "木", "金", "土", "日"]
    assert format_wareki(date(2026, 4, 1), weekday=True) == "令和8年4月1日（水）"


def test_a_day_of_the_lunar_calendar_is_not_written() -> None:
    """D-2: before 1873 a wareki date was another day."""
    with pytest.raises(InputError):
        format_wareki(date(1872, 12, 31))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("令和元年", 2019),
        ("R2", 2020),
        ("H28", 2016),
        ("平成28年", 2016),
        ("2026", 2026),
        ("2026年", 2026),
        (2026, 2026),
        ("1873", 1873),
    ],
)
def test_a_year_is_read(value: object, expected: int) -> None:
    """D-2."""
    assert parse_year(value) == expected


@pytest.mark.parametrize(
    "value", ["平成40年", "令和0年", "1872", "昭和65", "8", 8, "", None, True, 1.0, "R", "令和8年度"]
)
def test_an_impossible_year_is_refused(value: object) -> None:
    """D-2, ALL-10."""
    with pytest.raises(InputError):
        parse_year(value)
