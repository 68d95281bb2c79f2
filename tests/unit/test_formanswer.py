"""The small FEEL of forms, and a partner's answer read against its form (ALL-3, ALL-10)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from workers.errors import InputError
from workers.packs.answersteps import is_for_partner
from workers.packs.diagrams import model
from workers.packs.diagrams.model import extension
from workers.readers.feelvalues import UnknownFeelError, is_true, value_of
from workers.readers.formanswer import read_answer
from workers.readers.pageform import partner_form

BPMN = Path(__file__).parents[2] / "bpmn"
NAMES = {"a": "x", "n": 3, "rows": [1, 2], "none": None, "this": {"status": "done"}, "yes": True}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('=a = "x"', True),
        ('a != "x" or n > 2 and yes', True),
        ('missing = "x"', False),
        ("missing = null", True),
        ("count(rows) > 0", True),
        ("count(missing) > 0", None),
        ('this.status != "done"', False),
        ("this.other.deep = null", True),
        ("not(yes)", False),
        ("list contains(rows, 2)", True),
        ("count(rows) = 0 or none", None),
        ("yes = 1", False),
        ('concatenate(rows, [{label: "他", value: "none"}])', [1, 2, {"label": "他", "value": "none"}]),
        ('if n = 3 then "drei" else "viele"', "drei"),
    ],
)
def test_small_feel_has_the_values_that_form_js_gives(expression: str, value: object) -> None:
    assert value_of(expression, NAMES) == value


@pytest.mark.parametrize("expression", ["for x in rows return x", "sum(rows)", "a +", '"offen', "rows[1]", "count()"])
def test_other_feel_is_refused_instead_of_guessed(expression: str) -> None:
    with pytest.raises(UnknownFeelError):
        is_true(expression, NAMES)


def _page_forms() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(BPMN.glob("*/*.bpmn")):
        for task in model.load(path).all("userTask"):
            form = extension(task, "formDefinition")
            if is_for_partner(task) and form is not None:
                name = form.get("formId") or ""
                yield name, json.loads(path.with_name(f"{name}.form").read_text(encoding="utf-8"))


def _parts(container: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for part in container.get("components", []):
        yield part
        yield from _parts(part)


def test_every_condition_of_a_partners_form_can_be_decided_here() -> None:
    """What the server could not decide it would have to believe."""
    forms = dict(_page_forms())
    assert forms
    for form in forms.values():
        for part in _parts(form):
            for expression in ((part.get("conditional") or {}).get("hide"), part.get("expression")):
                if expression:
                    value_of(expression, {})


def test_a_row_that_is_fixed_keeps_what_the_city_wrote() -> None:
    """Nobody renames a project by sending another title; rows do not vanish."""
    title = {"type": "textfield", "key": "title", "label": "事業名", "readonly": True}
    answer = {"type": "radio", "key": "answer", "label": "可否", "values": [{"label": "可", "value": "yes"}]}
    rows = {"type": "dynamiclist", "path": "rows", "label": "回答", "allowAddRemove": False}
    form = {"components": [{**rows, "components": [title, answer]}]}
    known = {"rows": [{"title": "見守り"}, {"title": "清掃"}]}
    read = read_answer(form, {"rows": [{"title": "別物", "answer": "yes"}, {"answer": "no"}]}, known)
    assert [row["title"] for row in read.values["rows"]] == ["見守り", "清掃"]
    assert read.problems == ["回答 2件目の可否: 選べるものから選んでください"]
    assert read_answer(form, {"rows": []}, known).problems == [
        "「回答」: 行の数が変わっています。画面を開き直してください"
    ]


@pytest.mark.parametrize(
    ("given", "value", "problem"),
    [("１，２００", 1200, ""), (1200, 1200, ""), ("3000", None, "以下"), ("十", None, "数字で"), (None, None, "")],
)
def test_numbers_are_folded_and_held_to_their_limits(given: object, value: object, problem: str) -> None:
    form = {"components": [{"type": "number", "key": "n", "label": "人数", "validate": {"max": 2000}}]}
    read = read_answer(form, {"n": given}, {})
    assert read.values == {"n": value}
    assert problem in "".join(read.problems)
    assert bool(read.problems) == bool(problem)


@pytest.mark.parametrize("text", ["a\x00b", "a\u202eb", "\ue000"])
def test_signs_that_no_document_can_hold_are_refused(text: str) -> None:
    form = {"components": [{"type": "textfield", "key": "t", "label": "名前"}]}
    assert len(read_answer(form, {"t": text}, {}).problems) == 1


_OFFICE_PARTS: list[dict[str, Any]] = [
    {"type": "text", "text": "職員へ", "properties": {"renkei:office": "yes"}},
    {
        "type": "radio",
        "key": "arrived",
        "values": [{"value": "received", "label": "届いた"}, {"value": "closed", "label": "締め切る"}],
        "properties": {"renkei:office": "choices: closed"},
    },
    {"type": "textfield", "key": "way", "properties": {"renkei:office": "value: page"}},
    {
        "type": "textfield",
        "key": "receivedOn",
        "conditional": {"hide": '=reporting != "report"'},
        "properties": {"renkei:office": "today"},
    },
    {"type": "text", "text": "=if receivedOn = null then 1 else 2", "properties": {"renkei:kind": "reading"}},
    {
        "type": "radio",
        "key": "reporting",
        "values": [{"value": value, "label": value} for value in ("report", "none", "closed")],
        "properties": {"renkei:office": "choices: closed"},
    },
]


def test_what_only_the_office_enters_is_left_out_and_answered_for_the_partner() -> None:
    """A day that the office's screen would hide is no part of the answer."""
    asked = partner_form({"components": _OFFICE_PARTS}, date(2026, 6, 1))
    (left,) = asked.form["components"]
    assert [value["value"] for value in left["values"]] == ["report", "none"]
    assert asked.fixed == {"arrived": "received", "way": "page", "receivedOn": "2026-06-01"}
    assert asked.applying({"reporting": "report"}) == asked.fixed
    assert asked.applying({"reporting": "none"}) == {"arrived": "received", "way": "page"}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("omit", "読めません"),
        ("value:", "読めません"),
        ("choices: gone", "という選択肢がありません"),
        ("choices: ,", "残していません"),
        ("choices: report, none, closed", "残していません"),
    ],
)
def test_words_that_say_nothing_about_the_offices_part_are_refused(said: str, told: str) -> None:
    part = {**_OFFICE_PARTS[-1], "id": "R", "properties": {"renkei:office": said}}
    with pytest.raises(InputError, match=told):
        partner_form({"components": [part]}, date(2026, 6, 1))


def test_several_tags_are_taken_like_several_ticks() -> None:
    part = {"type": "taglist", "key": "tags", "label": "課", "valuesExpression": "=departments"}
    known = {"departments": [{"label": "総務課", "value": "soumu"}, {"label": "企画課", "value": "kikaku"}]}
    read = read_answer({"components": [part]}, {"tags": ["kikaku"]}, known)
    refused = read_answer({"components": [part]}, {"tags": ["haishi"]}, known)
    assert read.values == {"tags": ["kikaku"]}
    assert [(said.label, said.text) for said in read.said] == [("課", "企画課")]
    assert refused.problems == ["課: 選べるものから選んでください"]


def test_what_is_only_read_comes_back_as_it_was_whatever_it_is() -> None:
    """A number in a read-only field of a list that cannot grow is no text, and nobody has typed it."""
    row = [{"type": "textfield", "key": "number", "label": "番号", "readonly": True}]
    rows = {"type": "dynamiclist", "path": "rows", "label": "行", "allowAddRemove": False, "components": row}
    form = {"components": [rows]}
    answer = read_answer(form, {"rows": [{"number": "9"}]}, {"rows": [{"number": 1}]})
    assert (answer.values, answer.problems) == ({"rows": [{"number": 1}]}, [])


def test_fields_of_a_context_are_read_from_it_and_stay_in_it() -> None:
    """``approval.number``: form-js keeps such fields within ``approval``, on both ways."""
    parts = [{"type": "textfield", "key": f"approval.{name}", "label": name} for name in ("number", "by")]
    group = {
        "type": "group",
        "components": [{"type": "textfield", "key": "approval.day", "label": "日", "readonly": True}],
    }
    given = {"approval": {"number": "戦推第12号", "by": "市長", "day": "x", "other": "y"}}
    answer = read_answer({"components": [*parts, group]}, given, {"approval": {"day": "令和8年6月1日"}})
    assert answer.values == {"approval": {"number": "戦推第12号", "by": "市長", "day": "令和8年6月1日"}}
    assert not answer.problems
