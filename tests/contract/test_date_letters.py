"""What 伊達市's partner and sections read: the sentence around the values, and what comes with it (DAT-1 to DAT-F8)."""

from __future__ import annotations

import io
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, cast

import pytest
from docx import Document as WordDocument

from tests.kit import papers
from tests.kit.outgoing import word_text
from workers.adapters.documents.word import WordDocuments
from workers.adapters.mail.renderer import JinjaMails
from workers.domain.cities import SurveyPlan
from workers.domain.entities import Case, Origin
from workers.usecases.ports import MailRequest

_DATE = papers.CITIES.city("date")
_RENDERER = WordDocuments(papers.FOLDERS)
_CASE = replace(papers.case(), id="date-2026-1", city="date", process_id="date-signing")
_PARTNER = papers.partner()
_ALL_PARTIES = f"{_PARTNER.name}・株式会社みらい"
_ROW = {"number": "1", "title": "減塩の献立づくり教室", "judgement": "no", "reason": "同じ教室がすでにある。"}
_PROPOSAL = {
    "number": 2,
    "title": "店舗での健康相談",
    "content": "月1回、保健師が相談を受ける。",
    "department_name": "健康福祉部健康推進課",
}
_DEADLINE = {"text": "令和8年6月15日（月）"}


def _mail(template: str, case: Case = _CASE, **values: Any) -> tuple[str, str]:
    """Return subject and body of a mail of 伊達市, white space joined."""
    context = {
        "case": case,
        "partner": _PARTNER,
        "partner_names": _ALL_PARTIES,
        "projects": [],
        "message": "",
        "agreement": None,
        "deadline": _DEADLINE,
        "due_on": papers.DUE_ON,
        "failed_conditions": [],
        **values,
    }
    request = MailRequest(
        business_key=f"key:{template}",
        case_id=case.id,
        city="date",
        kind=template,
        template=template,
        recipient_name="健康福祉部健康推進課",
        recipient="to@partner.example",
        context=context,
    )
    mails = JinjaMails(papers.FOLDERS, papers.CITIES, papers.clock())
    message = message_from_bytes(mails.render(request).raw, policy=SMTP)
    text = str(cast("EmailMessage", message.get_body(("plain",))).get_content())
    return str(message["Subject"]), text.replace("\r\n", "\n")


def _paper(name: str, **values: Any) -> str:
    return word_text(_filled(name, **values))


def _filled(name: str, **values: Any) -> bytes:
    context = {
        "city": _DATE,
        "office": _DATE.office,
        "signatory": _DATE.signatory,
        "partner": _PARTNER,
        "partner_names": _ALL_PARTIES,
        "today": papers.TODAY,
        "draft": False,
        "steps": {},
        "report_person": "青葉 計",
        **values,
    }
    return _RENDERER.render(city="date", name=name, context=context)[0]


@pytest.mark.parametrize(
    ("rows", "proposals", "said", "unsaid"),
    [
        ([_ROW], [], ["ご提案いただいた事業\n", "減塩の献立づくり教室 … 否"], ["市からの提案", "様式5"]),
        ([], [_PROPOSAL], ["庁内で募った連携事業", "添付の「様式5」"], ["ご提案いただいた", "検討した結果"]),
        ([_ROW], [_PROPOSAL], ["検討した結果", "あわせて、市からも連携事業を提案します", "添付の「様式5」"], []),
    ],
)
def test_form_4_answers_only_what_was_proposed(
    rows: list[Any], proposals: list[Any], said: list[str], unsaid: list[str]
) -> None:
    """DAT-6: 様式4's mail of a round without proposals of the partner does not thank for any."""
    _, text = _mail("proposal-report", report_rows=rows, city_proposals=proposals)
    assert [part for part in said if part not in text] == []
    assert [part for part in unsaid if part in text] == []


def test_the_sentence_of_form_4_says_what_stands_below_it() -> None:
    """DAT-F4: answer, proposal or both; an empty box says so."""
    both = _paper("form4", report_rows=[_ROW], city_proposals=[_PROPOSAL])
    assert "提案のあったものに次のとおり回答し、併せて伊達市からも提案します。" in both
    assert "今回はありません。" not in both
    answer = _paper("form4", report_rows=[_ROW], city_proposals=[])
    assert "提案のあったものに次のとおり回答します。" in answer
    assert "提案します" not in answer
    proposal = _paper("form4", report_rows=[], city_proposals=[_PROPOSAL])
    assert "伊達市から次のとおり提案します。" in proposal
    assert "回答" not in proposal
    assert [text.count("今回はありません。") for text in (answer, proposal)] == [1, 1]


def test_the_partner_gets_form_5_with_the_projects_to_answer() -> None:
    """DAT-7, DAT-F5: No. and 提案事業名 are filled in, nothing is answered in the partner's place."""
    context = {"city": _DATE, "office": _DATE.office, "signatory": _DATE.signatory, "city_proposals": [_PROPOSAL]}
    content = _RENDERER.blank(city="date", name="form5", context=context)[0]
    text = word_text(content)
    assert "店舗での健康相談" in text
    table = WordDocument(io.BytesIO(content)).tables[-1]
    assert [cell.text for cell in table.rows[1].cells] == ["2", "店舗での健康相談", "", ""]
    assert "伊達市から提案のあった、包括連携協定に係る連携事業の可否" in text


def test_every_sheet_says_whose_projects_it_is_about() -> None:
    """DAT-F1 to DAT-F8: 様式6 reports the results of proposals that concern the section, whoever made them."""
    rows = [{"number": "1", "title": "教室", "content": "開く", "proposer_name": "事業者等", "result_name": "可"}]
    department = _DATE.department("kenko")
    text = _paper("form6", department=department, feedback_rows=[{**rows[0], "reason": None}])
    assert f"貴課に関わる、{_ALL_PARTIES}との包括連携協定の連携事業について、提案の結果" in text
    assert "貴課の提案の結果" not in text
    for name, part in (
        ("form1", "包括連携協定に係る連携事業を、次のとおり提案します"),
        ("form3", "包括連携協定に係る連携事業を、次のとおり提案します"),
        ("form8", "連携事業実績を、次のとおり報告します"),
    ):
        context = {"city": _DATE, "office": _DATE.office, "signatory": _DATE.signatory}
        assert part in word_text(_RENDERER.blank(city="date", name=name, context=context)[0])


def test_a_blank_form_3_is_one_page_to_write_in() -> None:
    """DAT-F3: what goes to the sections with the posting."""
    context = {"city": _DATE, "office": _DATE.office, "signatory": _DATE.signatory}
    text = word_text(_RENDERER.blank(city="date", name="form3", context=context)[0])
    assert text.count("（様式3）") == 1
    assert "提出した課はありません" not in text


def test_a_round_of_the_city_asks_for_its_own_proposals_only() -> None:
    """DAT-A: C — no section is asked to answer proposals that do not exist."""
    subject, text = _mail("survey-notice", projects=[])
    assert "様式2" not in subject + text
    assert "提案のあった" not in text
    assert "提案したい事業はない" in text
    subject, text = _mail("survey-notice", projects=[papers.project(1)], message="広くご検討ください。")
    assert "様式2" in subject
    assert "広くご検討ください。" in text
    _, reminder = _mail("survey-reminder", projects=[])
    assert "提案したい事業がない場合も" in reminder
    _, reminder = _mail("survey-reminder", projects=[papers.project(1)])
    assert "「当課の所管ではない」" in reminder


@pytest.mark.parametrize("template", ["posting", "posting-city"])
def test_a_section_that_is_not_asked_is_told_so_and_how_to_propose(template: str) -> None:
    """DAT-3, DAT-5: the posting asks nobody to answer; 様式3 comes with it."""
    agreement = papers.agreement()
    subject, text = _mail(template, survey={"due_text": _DEADLINE["text"]}, agreement=agreement)
    assert "お知らせ" in subject
    assert "回答は不要です" in text
    assert "添付の様式3" in text
    assert list(_DATE.mail(template).forms) == ["form3"]


def test_who_was_invited_by_the_city_is_not_ordered_to_answer() -> None:
    """DAT-1: neither the invitation nor the reminder sets a term for what the city wishes."""
    invited = replace(_CASE, origin=Origin.CITY)
    for template in ("city-invitation", "proposal-reminder"):
        subject, text = _mail(template, invited, due_on=papers.DUE_ON, forms=["様式1"])
        assert "期限" not in subject + text
        assert "までにお送りください" not in text
        assert "までにお願い" not in text
        assert "見合わせる" in text
    _, asked = _mail("proposal-reminder")
    assert f"{_DEADLINE['text']}までにお送りください" in asked
    _, declined = _mail("invitation-declined", invited)
    assert "取り下げ" not in declined


def test_the_partner_is_heard_about_what_there_is() -> None:
    """DAT-5: before 様式4 of a round of the city there is no proposal of the partner to speak of."""
    _, text = _mail("hearing-partner", hearing_matter="場所")
    assert "ご提案いただいた" not in text
    _, text = _mail("hearing-partner", hearing_matter="場所", projects=[papers.project(1)])
    assert "ご提案いただいた連携事業" in text


def test_the_sections_talks_have_a_date_and_an_arranger() -> None:
    """DAT-10, DAT-A (4J※2): the section itself arranges the day; whose proposal it is does not matter."""
    project = {**papers.project(1), "field_name": "健康"}
    _, text = _mail("talks-request", project=project)
    assert "日程も、貴課から先方に連絡して調整してください" in text
    assert f"{_DEADLINE['text']}までに" in text
    assert "から提案された" not in text


def test_an_overdue_form_1_names_the_choice_that_the_form_has() -> None:
    """DAT-1: C is spoken of in the yearly procedure only."""
    _, text = _mail("proposal-overdue")
    assert "「取り下げる・今年度は提案がない」" in text
    assert "C" not in text.split("────")[0]


def test_the_published_list_says_who_reported_what() -> None:
    """DAT-A: I — a partner's report does not stand in the column of the sections."""
    row = {"title": "教室", "result": "4回開いた。", "department_name": "健康推進課", "status_name": "実施済み"}
    content = _filled(
        "results-list",
        published=[row],
        partner_results=[{"title": "教室", "result": "管理栄養士を派遣した。"}],
        year_name="令和7年度",
    )
    city, partner, _ = WordDocument(io.BytesIO(content)).tables
    assert [[cell.text for cell in line.cells] for line in city.rows][1:] == [
        ["1", "教室", "4回開いた。", "健康推進課", "実施済み"]
    ]
    assert [[cell.text for cell in line.cells] for line in partner.rows] == [
        ["No.", "連携事業名", "実績内容"],
        ["1", "教室", "管理栄養士を派遣した。"],
    ]
    assert f"{_ALL_PARTIES}からの報告" in word_text(content)
    alone = _filled("results-list", published=[], partner_results=[], year_name="令和7年度")
    assert len(WordDocument(io.BytesIO(alone)).tables) == 1


def test_ratings_are_shown_in_the_words_of_the_citys_sheet() -> None:
    """DAT-F2: 可 and 否, never a sign that 様式2 does not have; where the sheet has signs, the signs."""
    assert [_DATE.survey.mark(rating) for rating in ("feasible", "infeasible")] == ["可", "否"]
    assert [SurveyPlan().mark(rating) for rating in ("feasible", "adjust", "infeasible")] == ["○", "△", "×"]
    assert papers.CITY.survey.mark("adjust") == "△"


@pytest.mark.parametrize("template", ["declined", "proposal-correction", "proposal-refused"])
def test_grounds_are_told_in_the_guidelines_terms_and_one_not_at_all(template: str) -> None:
    """DAT-R1: no number that the guideline does not have; 暴力団 stays with the office unless it writes so itself."""
    grounds = ["市税を滞納している", "暴力団と関係がある、またはそのおそれがある"]
    _, text = _mail(template, agreement=papers.agreement(), failed_conditions=grounds)
    assert "・市税を滞納している" in text
    assert "暴力団" not in text
    _, text = _mail(template, agreement=papers.agreement(), failed_conditions=grounds[1:], message="協議の結果です。")
    assert "・" not in text
    assert "基準に照らし" not in text
    assert "協議の結果です。" in text


def test_the_grounds_have_the_terms_of_the_guideline() -> None:
    """DAT-R1: 2◆1 — what the office ticks, what the table judges and what the partner reads is one text."""
    table = (papers.ROOT / "bpmn" / "date" / "date-suitability.dmn").read_text(encoding="utf-8")
    for ground in (*_DATE.partner_grounds, *_DATE.project_grounds):
        assert f'<text>"{ground.text}' in table
    texts = "".join(ground.text for ground in (*_DATE.partner_grounds, *_DATE.project_grounds))
    for term in ("おそれ", "医療類似行為", "直接的な営業", "第167条の4第1項または第2項", "迷信に類し"):
        assert term in texts
