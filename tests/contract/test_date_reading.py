"""The screen's reading of a typed date says what the worker says: run with Tasklist's own FEEL (D-2)."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Final

import pytest

from workers.domain.meetings import parse_moment
from workers.domain.wareki import format_wareki, parse_date
from workers.errors import InputError
from workers.lint import node_tools
from workers.packs.diagrams import dates
from workers.settings import Settings

_EVALUATE: Final = """
import { evaluate } from 'feelin-of-tasklist';
import { readFileSync } from 'node:fs';
const { feel, values } = JSON.parse(readFileSync(0, 'utf8'));
console.log(JSON.stringify(values.map((value) => evaluate(feel, { value }))));
"""
_ERAS: Final = ["1873-01-01", "1912-07-29", "1912-07-30", "1926-12-24", "1926-12-25", "1989-01-07", "1989-01-08"]
_ERAS_NOW: Final = ["2019-04-30", "2019-05-01", "2024-02-29", "2026-06-08", "2026-12-31", "2126-06-08"]
_WRITTEN: Final = [
    *(
        "令和8年6月8日",
        "R8.6.8",
        "r8-6-8",
        "Ｒ８．６．８",
        "令和 8 年 6 月 8 日",
        "　令和8年6月8日 ",
        "2026/6/8",
        "２０２６－０６－０８",
    ),
    *(
        "2026年6月8日",
        "2026.6.8",
        "平成31年4月30日",
        "平成31年5月1日",
        "令和元年5月1日",
        "令和1年4月30日",
        "昭和64年1月7日",
    ),
    *("昭和64年1月8日", "大正15年12月24日", "明治45年7月29日", "明治5年12月2日", "令和0年1月1日", "平成40年1月1日"),
    *(
        "2026-02-29",
        "2026-02-30",
        "2026-13-01",
        "2026-00-10",
        "2026-04-31",
        "2026-6/8",
        "20260608",
        "6月8日",
        "1872-12-31",
    ),
    *("", " ", "　", "あした", "2026-06-08x", "令和8年6月8日（月）", "2026-06-08 14:00", "R8", "8|6|8|1", "1|2|3|4"),
]
_MOMENTS: Final = [
    *(
        "令和8年6月8日 14:00",
        "令和8年6月8日14時",
        "令和8年6月8日　14時05分",
        "2026-06-08 9:30",
        "2026-06-08T14:00+09:00",
    ),
    *(
        "2026-06-08T14:00:00+09:00",
        "Ｒ８．６．８　１４：００",
        "2026-6-8 14:00",
        "2026-06-08 24:00",
        "2026-06-08 14:60",
    ),
    *("2026-06-08", "14:00", "", "　", "2026-02-30 10:00", "あした 10:00"),
]


def _readings(feel: str, values: list[str]) -> list[str]:
    """Evaluate a reading as Tasklist does, for many values in one run of Node.js."""
    node = node_tools.find_node()
    folder = node_tools.installed(Settings().cache, node)
    stdin = json.dumps({"feel": feel.removeprefix("="), "values": values})
    found: list[str] = json.loads(
        node_tools.run((*node.node, "--input-type=module", "-e", _EVALUATE), folder=folder, seconds=60, stdin=stdin)
    )
    return found


def _spoken(value: str) -> str:
    if not value.strip():
        return ""
    try:
        return f"→ {format_wareki(parse_date(value), weekday=True)}"
    except InputError:
        return "→ **日付として読めません**"


def _spoken_moment(value: str) -> str:
    if not value.strip():
        return ""
    try:
        moment = parse_moment(value, "日時")
    except InputError:
        return "→ **日時として読めません**"
    return f"→ {format_wareki(moment.date(), weekday=True)}{moment.hour}:{moment.minute:02d}"


@pytest.fixture(scope="module")
def days_of_all_eras() -> list[str]:
    """Days over all eras that have solar dates, so that months, leap years and weekdays all come up."""
    first = date(1873, 1, 1)
    return [(first + timedelta(days=211 * number)).isoformat() for number in range(270)]


def test_the_screen_and_the_worker_read_every_date_alike(days_of_all_eras: list[str]) -> None:
    """Wareki and ISO, every era's limits, full-width signs, days that do not exist, and no dates at all."""
    values = [*_WRITTEN, *_ERAS, *_ERAS_NOW, *days_of_all_eras]
    values += [format_wareki(date.fromisoformat(value)) for value in [*_ERAS, *_ERAS_NOW]]

    found = _readings(dates.reading("value", dates.DATE), values)

    assert dict(zip(values, found, strict=True)) == {value: _spoken(value) for value in values}


def test_the_screen_and_the_worker_read_every_moment_alike() -> None:
    """A day and a time of day, in Japan's time."""
    found = _readings(dates.reading("value", dates.MOMENT), _MOMENTS)

    assert dict(zip(_MOMENTS, found, strict=True)) == {value: _spoken_moment(value) for value in _MOMENTS}


@pytest.mark.parametrize(("kind", "read"), [(dates.DATE, _spoken), (dates.MOMENT, _spoken_moment)])
def test_the_field_takes_whatever_can_be_read(kind: str, read: object) -> None:
    """The pattern refuses only what the worker would refuse, too."""
    values = _WRITTEN if kind == dates.DATE else _MOMENTS
    assert callable(read)
    readable = [value for value in values if value.strip() and "読めません" not in read(value)]
    assert len(readable) > 5
    assert [value for value in readable if not re.search(dates.pattern(kind), value)] == []


@pytest.mark.parametrize("typed", ["", "6/8", "20260608", "あした", "　", "令和8年6月", "R8.6"])
def test_the_field_refuses_what_has_no_year_month_and_day(typed: str) -> None:
    """So the screen stops it before it is sent."""
    assert re.search(dates.pattern(dates.DATE), typed) is None
