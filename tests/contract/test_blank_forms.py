"""What a city asks its partner to fill in goes with the mail that asks for it, as a Word file to write in (ALL-2)."""

from __future__ import annotations

import pytest

from tests.kit import outgoing, papers, yearly
from workers.adapters.documents import WordDocuments

_RENDERER = WordDocuments(papers.FOLDERS)
_FORMS = {
    ("ageo", "offer-request"): ["proposal-sheet"],
    ("asahikawa", "proposal-request"): ["proposal"],
    ("date", "city-invitation"): ["form1"],
    ("date", "form8-request"): ["form8"],
    ("date", "posting"): ["form3"],
    ("date", "posting-city"): ["form3"],
    ("date", "proposal-report"): ["form5"],
    ("date", "proposal-request"): ["form1"],
    ("isesaki", "city-invitation"): ["offer", "proposal-sheet"],
    ("isesaki", "offer-request"): ["offer", "proposal-sheet"],
}


def test_the_mail_that_asks_for_a_form_carries_it() -> None:
    """Every city that has forms for its partner sends them with the first mail that asks for them."""
    found = {
        (city, name): list(rule.forms)
        for city in ("ageo", "asahikawa", "chigasaki", "date", "isesaki")
        for name, rule in papers.CITIES.city(city).mails.items()
        if rule.forms
    }
    assert {key: found.get(key) for key in _FORMS} == _FORMS


@pytest.mark.parametrize(
    ("city", "name"), sorted({(city, name) for (city, _), names in _FORMS.items() for name in names})
)
def test_a_blank_form_has_room_to_write_and_nothing_of_a_case(city: str, name: str) -> None:
    """The date is left open, the rows are empty, no value is called undefined."""
    pack = papers.CITIES.city(city)
    choices = [{"number": entry.number, "name": entry.name} for entry in pack.fields]
    context = {"city": pack, "office": pack.office, "signatory": pack.signatory, "fields": choices}
    text = outgoing.word_text(_RENDERER.blank(city=city, name=name, context=context)[0])
    assert any(part in text for part in (pack.name, pack.office.section, "事業者名"))
    assert [part for part in ("{{", "{%", "ndefined", "None", "令和8年") if part in text] == []


@pytest.mark.parametrize("city", ["ageo", "asahikawa", "chigasaki", "date", "isesaki"])
@pytest.mark.parametrize("name", ["agreement", "amendment"])
def test_what_is_signed_names_the_mayor_and_marks_what_is_negotiated(city: str, name: str) -> None:
    """No city's paper has a blank where its head signs, and every draft marks the parts to be negotiated (ISE-F3)."""
    text = outgoing.word_text(papers.FOLDERS.find(city, "documents", name, ".docx").read_bytes())
    assert "signatory.representative" in text
    assert "| negotiable" in text


@pytest.mark.parametrize("draft", [True, False])
def test_the_arrangements_mark_what_is_still_to_be_agreed(draft: bool) -> None:  # noqa: FBT001 (a parameter)
    """In a draft only: matters, departments in charge, numbers and remarks; the windows are facts (ISE-F5)."""
    context = {**yearly.DOCUMENTS["arrangements"], "draft": draft}
    text = outgoing.word_text(_RENDERER.render(city="isesaki", name="arrangements", context=context)[0])
    parts = ("催しの日程", "こども保育課", "200 部", "配る前に協議する", "広報紙への掲載は、2か月前までに申し出る。")
    assert [f"【{part}】" in text for part in parts] == [draft] * len(parts)
    assert all(part in text for part in parts)
    assert "【内線 100】" not in text
