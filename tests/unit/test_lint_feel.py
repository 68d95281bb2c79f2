"""Which variables an expression reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.packs.diagrams.feel import FeelSyntaxError, calls, shadowed, variables


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a", ["a"]),
        ("a + b * a", ["a", "b"]),
        ("住所 = 1", ["住所"]),
        ("case.partner.name", ["case"]),
        ('decision = "sign // no" // comment', ["decision"]),
        ("/* x */ a", ["a"]),
        ('"text with {{b}}"', []),
        ('@"2026-04-01" < due', ["due"]),
        ("true and not(false) or null = a", ["a"]),
        ("is defined(surveyId) and surveyId != null", ["surveyId"]),
        ('date and time(now(), "Asia/Tokyo")', []),
        ('get or else(x, "y")', ["x"]),
        ("if a instance of number then b else c", ["a", "b", "c"]),
        ("x between a and b", ["x", "a", "b"]),
        ("x in [1, 2]", ["x"]),
        ("[1..n]", ["n"]),
        ("a.time offset", ["a"]),
        ("for x in xs, y in ys return x.a + y + z", ["xs", "ys", "z"]),
        ("for i in 1..n return i", ["n"]),
        ("some r in ratings satisfies r.x > limit", ["ratings", "limit"]),
        ("every p in ps satisfies (p = q)", ["ps", "q"]),
        ('string join(for p in ps return p.name, "、")', ["ps"]),
        ("{a: a, b: a + c}", ["a", "c"]),
        ('{"a key": a, b: 1}', ["a"]),
        ("{a: {b: c}}.a.b", ["c"]),
        ("date(from: d)", ["d"]),
        ("departments[code = target].name", ["departments"]),
        ("list[item > 1]", ["list"]),
        ("function(a, b) a + b + c", ["c"]),
        ("sort(l, function(x, y) x < y)", ["l"]),
        ("list contains(?, 3)", []),
        ("a instance of date and time and b", ["a", "b"]),
        ("x in (> 3)", ["x"]),
        ("-a + -1", ["a"]),
        ("`a b` = 1", ["a b"]),
        ("[]", []),
        ('a != "x" and (b or c)', ["a", "b", "c"]),
        ("(a) or (b)", ["a", "b"]),
        ("and([a, b]) or (c)", ["a", "b", "c"]),
    ],
)
def test_the_variables_of_an_expression_are_found(expression: str, expected: list[str]) -> None:
    """Strings, properties, keys, loop variables and built-in functions are none."""
    assert variables(expression) == expected


def test_conditions_of_a_decision_table_are_read() -> None:
    """They may start with a comparison, and have several alternatives."""
    assert variables("> 3, < limit", unary=True) == ["limit"]
    with pytest.raises(FeelSyntaxError):
        variables("> 3")


# Each of these is refused by the engine's own parser too (feel-engine 1.18, as in Camunda 8.6)
@pytest.mark.parametrize(
    "expression",
    [
        *(
            "(a",
            "a)",
            "[a",
            "{a: 1",
            "{a: 1)",
            '"open',
            "a # b",
            "a & b",
            "a == 1",
            "a = = b",
            "is_defined(a)",
            "１ + a",
            "a b",
            "a = 1 b = 2",
        ),
        *("a = 'x'", "a; b", "a and", "and a", "if a then b", "a -> b", "not a", "a.b c", "a +", "a, b =", "(,a)"),
        *("-", "f(a b)", "[1 2]", '"a" "b"', "if a then else b", "for x in return y"),
    ],
)
def test_an_unreadable_expression_is_refused_in_japanese(expression: str) -> None:
    """Open brackets and quotes, and signs that FEEL does not have."""
    with pytest.raises(FeelSyntaxError) as caught:
        variables(expression)

    assert not str(caught.value).isascii()


@given(st.text(max_size=60))
def test_no_text_makes_the_reader_crash(text: str) -> None:
    """It returns names or refuses; names are words."""
    try:
        names = variables(text)
    except FeelSyntaxError:
        return
    assert all(name and not name.isspace() for name in names)


def test_calls_are_found_only_as_calls() -> None:
    """A variable or a text of the same name is none."""
    assert calls("today() + a", "today")
    assert not calls("today", "today")
    assert not calls('"today()"', "today")
    assert not calls('"open', "today")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("{department: department.name, code: department.code}", ["department"]),
        ("for d in ds return {d: d.x, e: [d.y]}", ["d"]),
        ("{a: {b: b.c, d: b.e}}", ["b"]),
        ("{code: department.code, department: department.name}", []),
        ("{a: a, b: a.x}", []),
        ("{a: 1, b: a + 1}", []),
        ("{a: {b: a.b}, c: d}", []),
        ("{a: a.x} = {b: a.y}", []),
        ("{a: a.x", []),
    ],
)
def test_an_entry_that_hides_the_variable_of_later_ones_is_found(expression: str, expected: list[str]) -> None:
    """The engine (feel-engine 1.18) gives null for the later entry, without a word."""
    assert shadowed(expression) == expected
