"""What mails of 伊勢崎市 and 上尾市 promise and ask for: days, forms, and whose projects (ISE-2, AGE-A3)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.contract.test_mail_render_templates import TO_PARTNER, render, text_of
from tests.kit import papers
from workers.packs.diagrams import model

_CITIES = papers.CITIES
_UNTIL = re.compile(r'duration\("P(\d+)D"\)')


def _ways(city: str, diagram: str, task: str) -> int:
    """Return the days after which a user task is late."""
    root = model.parse_xml(papers.ROOT / f"bpmn/{city}/{diagram}.bpmn")
    (schedule,) = root.iterfind(f".//bpmn:userTask[@id='{task}']//zeebe:taskSchedule", model.NS)
    found = _UNTIL.search(schedule.get("dueDate", ""))
    assert found is not None
    return int(found[1])


def _without(*names: str) -> dict[str, Any]:
    return {name: value for name, value in TO_PARTNER.items() if name not in names}


def test_an_offer_may_come_when_the_partner_is_ready() -> None:
    """The guideline names no day for the offer: the mail's day is none to be late for (ISE-2)."""
    text = text_of(render("offer-request", TO_PARTNER))
    assert "を目安に、準備ができましたらお送りください。" in text
    assert "までにお願い" not in text
    assert "準備ができましたらお送りください。" in text_of(render("offer-request", _without("due_on")))


@pytest.mark.parametrize(
    ("city", "mail", "diagram", "task"),
    [
        ("ageo", "offer-request", "ageo-proposal", "Task_SubmitProposal"),
        ("ageo", "offer-correction", "ageo-proposal", "Task_SubmitProposal"),
        ("ageo", "annual-proposals", "ageo-annual", "Task_SubmitProposals"),
        ("ageo", "annual-revision", "ageo-annual", "Task_SubmitProposals"),
        ("isesaki", "offer-request", "isesaki-signing", "Task_SubmitOffer"),
        ("isesaki", "city-invitation", "isesaki-signing", "Task_SubmitOffer"),
    ],
)
def test_the_clerk_is_not_late_before_the_partner_is(city: str, mail: str, diagram: str, task: str) -> None:
    """The longest that a number of business days takes is a New Year or a May of holidays: ten days more."""
    days = _CITIES.city(city).mails[mail].answer_days
    assert days > 0
    assert _ways(city, diagram, task) >= days * 7 / 5 + 7


@pytest.mark.parametrize("mail", ["offer-correction", "annual-revision"])
def test_a_revised_proposal_is_asked_for_by_a_day(mail: str) -> None:
    """The day that the clerk waits for stands in the mail (AGE-3)."""
    text = text_of(render(mail, {**TO_PARTNER, "message": "事業2の内容を具体的に"}, city="ageo"))
    assert "6月15日（月）までに" in text


def test_the_yearly_mail_carries_the_form_for_what_is_proposed_at_once() -> None:
    """AGE-A1: a bulk proposal has its sheet."""
    assert list(_CITIES.city("ageo").mails["annual-proposals"].forms) == ["proposal-sheet"]
    context = {**_without("due_on"), "period_name": "令和9年度", "forms": ["連携事業提案書（様式）"]}
    text = text_of(render("annual-proposals", {**context, "coming_activities": []}, city="ageo"))
    assert "・連携事業提案書（様式）" in text


def test_a_section_is_asked_about_the_budget_of_its_own_projects() -> None:
    """AGE-A3: before the year's meeting each paying section is asked what became of the budget of its own rows."""
    rows = [
        {"title": "備蓄品の購入", "cost_to_city": True, "department_name": "総務部危機管理防災課"},
        {"title": "減塩教室", "cost_to_city": True, "department_name": "健康福祉部健康増進課"},
        {"title": "絵本の読み聞かせ", "cost_to_city": False, "department_name": "総務部危機管理防災課"},
    ]
    context = {**TO_PARTNER, "period_name": "令和9年度", "coming_activities": rows}
    mail = render("annual-budget-question", context, city="ageo", recipient_name="総務部危機管理防災課")
    text = text_of(mail)
    assert "・備蓄品の購入" in text
    assert "減塩教室" not in text
    assert "絵本" not in text
    assert "個別定例会議までに市民協働推進課へお知らせください" in text


def test_a_refused_idea_of_the_year_is_named() -> None:
    """AGE-A4: the mail says which project, and that it was the partner's."""
    assert "ご提案いただいた次の連携事業" in text_of(render("adhoc-declined", TO_PARTNER, city="ageo"))
