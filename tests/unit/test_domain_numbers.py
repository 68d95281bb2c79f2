"""Whole numbers as people type them (ALL-10)."""

from __future__ import annotations

import pytest

from workers.domain.numbers import parse_number
from workers.errors import InputError


@pytest.mark.parametrize("value", ["12", " 12　", "１２", 12, 12.0, "12.0"])
def test_a_number_is_read_however_it_is_typed(value: object) -> None:
    """Full-width digits are digits, and a form's number may come as a float."""
    assert parse_number(value, "月数", least=0, most=36) == 12


@pytest.mark.parametrize("value", ["", "　", None, "十二", "12か月", "1.5", 1.5, True, [12], "37", -1, "٣"])
def test_anything_else_is_refused_by_the_field_s_name(value: object) -> None:
    """The message names the field and the range."""
    with pytest.raises(InputError, match=r"月数: .*0 から 36 までの整数"):
        parse_number(value, "月数", least=0, most=36)
