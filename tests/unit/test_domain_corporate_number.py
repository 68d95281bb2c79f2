"""The corporate number and its check digit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.domain.corporate_number import parse_corporate_number
from workers.errors import InputError

VALID = "5835678256246"  # the example in python-stdnum's documentation


@pytest.mark.parametrize(
    "value", [VALID, int(VALID), "5-8356-7825-6246", "5 8356 7825 6246", "５８３５６７８２５６２４６", f" {VALID} "]
)
def test_a_number_is_kept_as_thirteen_plain_digits(value: object) -> None:
    """ISE-2/3: however it is typed."""
    assert parse_corporate_number(value) == VALID


@pytest.mark.parametrize("digit", "012346789")
def test_every_other_check_digit_is_refused(digit: str) -> None:
    """ALL-10."""
    with pytest.raises(InputError, match="法人番号: 検査数字（先頭の1桁）が合いません"):
        parse_corporate_number(digit + VALID[1:])


@pytest.mark.parametrize(
    "value", ["", "583567825624", VALID + "1", "T" + VALID, "T835678256246", "٥835678256246", None, True, 1.5, []]
)
def test_what_is_no_thirteen_digits_is_refused(value: object) -> None:
    """ALL-10."""
    with pytest.raises(InputError, match="番号の欄: 13桁の数字で書いてください"):
        parse_corporate_number(value, "番号の欄")


@given(st.text(alphabet="0123456789", min_size=12, max_size=12))
def test_exactly_one_check_digit_fits(base: str) -> None:
    """The tax agency's rule: 9 minus the weighted sum modulo 9, never 0."""
    total = sum(int(digit) * (1 if n % 2 == 0 else 2) for n, digit in enumerate(reversed(base)))
    fitting = []
    for digit in "0123456789":
        try:
            fitting.append(parse_corporate_number(digit + base)[0])
        except InputError:
            continue
    assert fitting == [str(9 - total % 9)]
