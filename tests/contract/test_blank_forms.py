"""What a city asks its partner to fill in goes with the mail that asks for it, as a Word file to write in (ALL-2)."""

from __future__ import annotations

import pytest

from tests.kit import outgoing, papers, yearly
from workers.adapters.documents.word import WordDocuments
from workers.domain.eligibility import eligibility_facts
from workers.domain.entities import PastRecord

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


def _blank(name: str) -> str:
    pack = papers.CITIES.city("isesaki")
    choices = [{"number": entry.number, "name": entry.name} for entry in pack.fields]
    context = {"city": pack, "office": pack.office, "signatory": pack.signatory, "fields": choices}
    return outgoing.word_text(_RENDERER.blank(city="isesaki", name=name, context=context)[0])


def test_the_blank_sheet_has_its_eight_numbered_rows() -> None:
    """As the form of the guideline prints them (ISE-F2)."""
    assert [number for number in "①②③④⑤⑥⑦⑧⑨" if number in _blank("proposal-sheet")] == list("①②③④⑤⑥⑦⑧")


def test_the_blank_offer_says_nothing_in_the_partners_name() -> None:
    """Only what the guideline's form has: nobody declares on it that requirements were checked (ISE-F1)."""
    text = _blank("offer")
    assert "確認しました" not in text
    assert "所在地" not in text


def test_the_arrangements_have_the_headings_of_the_form() -> None:
    """What was not agreed leaves room to write, for flyers and posters alike in copies (ISE-F5)."""
    context = yearly.DOCUMENTS["arrangements"]
    text = outgoing.word_text(_RENDERER.render(city="isesaki", name="arrangements", context=context)[0])
    for heading in ("業務活動における連携協力", "イベント事業等の周知に係る連携協力", "包括連携協定に関する担当窓口"):
        assert heading in text
    assert "―" not in text
    assert "枚" not in text


def test_a_list_of_records_counts_as_the_requirements_do() -> None:
    """AGE-2, AGE-R1: one activity of three years is one project, on the list that the partner gets, too."""
    case = papers.case()
    case.records[:] = [
        PastRecord(fiscal_year=year, field=1, title="健康測定", department="") for year in (2022, 2023, 2024)
    ]
    city = papers.CITIES.city("ageo")
    count = eligibility_facts(city, [], case.records).done_count
    context = {"city": city, "case": case, "partner": case.partner, "today": papers.TODAY, "record_count": count}
    text = outgoing.word_text(_RENDERER.render(city="ageo", name="record-list", context=context)[0])
    assert "1件、1分野" in text.replace(" ", "")
    assert "合わせて1件と数えます" in text
