"""Which mails to partners the office sees first: the common pack's rules and a city's changes (ALL-2, ALL-10)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from workers.errors import InputErrors, PermanentError
from workers.packs import CityPacks

_PACKS = Path(__file__).parents[2] / "bpmn"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a real pack beside the common rules."""
    shutil.copytree(_PACKS / "isesaki", tmp_path / "isesaki")
    (tmp_path / "common").mkdir()
    shutil.copy(_PACKS / "common" / "mails.toml", tmp_path / "common")
    return tmp_path


def _add(folder: Path, text: str) -> CityPacks:
    with (folder / "isesaki" / "city.toml").open("a", encoding="utf-8") as file:
        file.write(text)
    return CityPacks([folder])


def test_a_city_takes_the_common_rules(folder: Path) -> None:
    """A refusal is seen first, an instruction goes by itself."""
    city = CityPacks([folder]).city("isesaki")
    assert city.mail("declined").review
    assert not city.mail("offer-request").review
    assert city.mail("declined").title == "締結しないことの連絡"


def test_a_city_changes_a_common_rule_and_keeps_its_name(folder: Path) -> None:
    """Only what is written changes."""
    city = _add(folder, "\n[mails.meeting-dates]\nreview = true\n").city("isesaki")
    assert city.mail("meeting-dates").review
    assert city.mail("meeting-dates").title == "会議の候補日の確認"


def test_a_mail_that_nobody_decided_on_does_not_leave(folder: Path) -> None:
    """Neither reviewed nor declared routine: the message says what to write."""
    with pytest.raises(PermanentError, match=r"\[mails\.moon-letter\]"):
        CityPacks([folder]).city("isesaki").mail("moon-letter")


def test_a_misspelt_name_is_an_error_and_a_city_s_own_has_both_values(folder: Path) -> None:
    """A rule for a template that is not common needs title and review."""
    with pytest.raises(InputErrors) as error:
        _add(folder, "\n[mails.declinde]\nreview = false\n").city("isesaki")
    assert "[mails] declinde" in error.value.message
    assert "共通のひな形にない名前です" in error.value.message


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('[declined]\ntitle = "見送り"\nreview = "yes"\n', "[declined] review"),
        ('[declined]\ntitle = "見送り"\n', "[declined] review"),
        ('[declined]\ntitle = " "\nreview = true\n', "[declined] title"),
        ('[declined]\ntitle = "見送り"\nreview = true\nrewiew = true\n', "[declined] rewiew"),
        ('["../declined"]\ntitle = "見送り"\nreview = true\n', "../declined"),
    ],
)
def test_bad_common_rules_are_told_with_line_and_key(folder: Path, text: str, where: str) -> None:
    """The file is checked like a city's."""
    (folder / "common" / "mails.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputErrors) as error:
        CityPacks([folder]).city("isesaki")
    assert "common/mails.toml" in error.value.message
    assert where in error.value.message


def test_changed_common_rules_are_read_again(folder: Path) -> None:
    """A running worker sees them, as it sees an edited pack."""
    packs = CityPacks([folder])
    assert not packs.city("isesaki").mail("offer-request").review
    file = folder / "common" / "mails.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"申出の手順の案内"\nreview = false', '"案内"\nreview = true'), encoding="utf-8")
    assert packs.city("isesaki").mail("offer-request").review
