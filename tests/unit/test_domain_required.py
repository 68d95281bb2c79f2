"""What an input has to hold, as the diagrams' headers say it (ALL-10, ALL-11)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from workers.domain.required import check, parse_rules, read, spoken_days
from workers.errors import InputErrors

_TODAY = date(2026, 11, 29)
_APPROVAL = "approval.number:起案番号[decision=sign|decline],approval.on:決裁日[decision=sign|decline]"


def _problems(values: dict[str, Any], *, opened_on: date | None = None, **rules: str) -> list[str]:
    """Return the messages of everything that is wrong."""
    try:
        check(values, parse_rules(**rules), today=_TODAY, opened_on=opened_on)
    except InputErrors as problems:
        return [problem.message for problem in problems.errors]
    return []


def test_everything_that_is_missing_is_said_at_once() -> None:
    """A person mends it in one go (ALL-10)."""
    assert _problems({"decision": "sign"}, require=_APPROVAL) == [
        "起案番号: 入力してください",
        "決裁日: 入力してください",
    ]


@pytest.mark.parametrize("blank", [None, "", " ", "　", "\u00a0", "\u200b", "\t\n　", False, [], {}])
def test_a_blank_of_any_kind_is_missing(blank: object) -> None:
    """The screen takes blanks of any width for an answer."""
    assert len(_problems({"reason": blank}, require="reason:理由")) == 1


@pytest.mark.parametrize("answer", ["0", 0, "なし", ["a"], True])
def test_an_answer_is_not_missing(answer: object) -> None:
    """Nought is an answer."""
    assert _problems({"reason": answer}, require="reason:理由") == []


@pytest.mark.parametrize(("decision", "wrong"), [("sign", 2), ("decline", 2), ("revise", 0), (None, 0)])
def test_a_condition_says_when_a_value_is_needed(decision: str | None, wrong: int) -> None:
    """No number is asked for a case that goes back."""
    assert len(_problems({"decision": decision, "approval": None}, require=_APPROVAL)) == wrong


@pytest.mark.parametrize(("filing", "wrong"), [("file", 1), ("withdraw", 0), (None, 1)])
def test_a_negated_condition(filing: str | None, wrong: int) -> None:
    """``!=`` holds for a missing value too."""
    assert len(_problems({"filing": filing}, require="purpose:目的[filing!=withdraw]")) == wrong


@pytest.mark.parametrize(
    ("decision", "failed", "wrong"),
    [
        (
            "sign",
            ["3分野に達していません", "滞納がある"],
            ["締結する: この判断はできません（3分野に達していません、滞納がある）"],
        ),
        ("sign", [], []),
        ("sign", None, []),
        ("decline", ["滞納がある"], []),
    ],
)
def test_a_list_that_has_to_be_empty(decision: str, failed: list[str] | None, wrong: list[str]) -> None:
    """Nobody signs while a requirement is not met, and the message names it (ISE-7, AGE-7)."""
    values = {"decision": decision, "failed": failed}
    assert _problems(values, empty="failed:締結する[decision=sign]") == wrong


def test_a_ticked_box_is_the_value_true() -> None:
    """Conditions compare texts."""
    assert len(_problems({"renews": True}, require="years:年数[renews=true]")) == 1


def test_rows_are_checked_one_by_one() -> None:
    """The message says which row."""
    rows = [{"judgement": "drop"}, {"judgement": "talks", "department": "　"}, "?"]

    assert _problems({"rows": rows}, require="rows.*.department:担当する課[.judgement=talks]") == [
        "担当する課（2件目）: 入力してください"
    ]
    assert _problems({"rows": [{}, {"title": "a"}]}, require="rows.*.title:事業名") == [
        "事業名（1件目）: 入力してください"
    ]


def test_a_list_without_rows_is_missing() -> None:
    """And its rows ask for nothing."""
    assert _problems({"rows": []}, require="rows:事業,rows.*.title:事業名") == ["事業: 1つ以上入れてください"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("2026-11-30", "決裁日: 令和8年11月30日はまだ来ていません"),
        ("2026-04-30", "決裁日: 令和8年4月30日は、案件を始めた日（令和8年5月1日）より前です"),
        ("令和8年2月30日", "決裁日: 「令和8年2月30日」はない日付です"),
    ],
)
def test_a_date_stays_within_its_bounds(value: str, message: str) -> None:
    """A decision is neither taken tomorrow nor before there was a case (ALL-11)."""
    assert _problems({"on": value}, dates="on:決裁日 <=today >=case", opened_on=date(2026, 5, 1)) == [message]


@pytest.mark.parametrize("value", ["2026-11-29", "令和8年5月1日", "", None])
def test_a_date_within_its_bounds_or_a_blank_one_passes(value: str | None) -> None:
    """Whether it may be blank is another rule's business."""
    assert _problems({"on": value}, dates="on:決裁日 <=today >=case", opened_on=date(2026, 5, 1)) == []


def test_a_date_is_compared_with_another_one_of_its_row() -> None:
    """A period does not end before it begins."""
    rows = [{"first": "2026-01-02", "last": "2026-01-01"}, {"first": "", "last": "2026-01-01"}]

    assert _problems({"rows": rows}, dates="rows.*.last:終わり >=.first:始まり") == [
        "終わり（1件目）: 令和8年1月1日は、始まり（令和8年1月2日）より前です"
    ]


@pytest.mark.parametrize(
    ("value", "wrong"), [(0, 1), (1, 0), ("５", 0), (5.0, 0), (6, 1), (2.5, 1), ("多", 1), ("", 0)]
)
def test_a_number_stays_within_its_range(value: object, wrong: int) -> None:
    """Full-width digits are read."""
    assert len(_problems({"score": value}, ranges="score:点 1..5")) == wrong


@pytest.mark.parametrize(
    "rules",
    [
        {"require": "目的"},
        {"require": "purpose:目的[filing]"},
        {"require": "purpose:目的[filing=x"},
        {"dates": "on:決裁日 <today"},
        {"ranges": "score:点"},
        {"ranges": "score:点 1-5"},
    ],
)
def test_a_rule_that_cannot_be_read_is_refused(rules: dict[str, str]) -> None:
    """In Japanese, for the process owner."""
    with pytest.raises(ValueError, match="読めません"):
        parse_rules(**rules)


def test_what_was_checked_is_kept_as_it_was_read() -> None:
    """Nothing but the worker's reading follows: dates in ISO, numbers as numbers, texts without blanks around them."""
    values: dict[str, Any] = {
        "approval": {"on": "令和８年６月８日", "number": "　市企第12号 ", "note": "\u00a0　"},
        "scores": [{"ability": "３", "comment": " よい"}, {"ability": None, "comment": ""}],
        "count": 5,
    }
    values["decision"] = {"mode": "later", "on": "そのうち"}  # nobody asked for this one
    rules = parse_rules(
        dates="approval.on:決裁日,decision.on:日[decision.mode=now]",
        ranges="scores.*.ability:遂行できるか 1..5,count:人数 0..9",
    )
    assert read(values, rules) == {
        "approval": {"on": "2026-06-08", "number": "市企第12号", "note": None},
        "scores": [{"ability": 3, "comment": "よい"}, {"ability": None, "comment": ""}],
        "count": 5,
        "decision": {"mode": "later", "on": "そのうち"},
    }
    assert spoken_days(values, rules) == ["決裁日 令和8年6月8日（月）"]
    assert values["approval"]["on"] == "令和８年６月８日"
