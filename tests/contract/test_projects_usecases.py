"""Past projects as a step of their own, and projects that need no talks (AGE-2, AGE-3, AGE-5, AGE-T0)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from tests.kit import papers
from tests.kit.registry import registry_at, some_job
from tests.kit.work import (
    recheck_requirements,
    record_discussion,
    record_offer,
    record_past_projects,
    record_project_talk,
    record_requirement_check,
    summarize_talks,
)
from workers.adapters.registry import outbox_tables
from workers.adapters.registry.unit_of_work import SqlUnitOfWork
from workers.domain.entities import Case, Offer, PastRecord, Project, ProjectStatus
from workers.errors import InputError, InputErrors
from workers.jobs.forms.offer import offer_variables
from workers.usecases.send_mail import recipients_of

pytestmark = pytest.mark.asyncio
CASE_ID = "ageo-2026-1"
KEPT = "防災訓練での炊き出し"
OFFER = {
    "offeredOn": "2026-06-01",
    "purpose": "見守り",
    "fields": ["2"],
    "projects": [{"field": "2", "title": "見守り", "content": "声を掛ける"}],
}


@pytest_asyncio.fixture
async def uow(tmp_path: Path) -> AsyncIterator[SqlUnitOfWork]:
    """A unit of work in a registry with one case of two projects and one past record."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'registry.sqlite3'}"
    async with registry_at(url, tmp_path) as registry, papers.units(registry)() as unit:
        await unit.cases.add(_case())
        yield unit


def _case() -> Case:
    return Case(
        id=CASE_ID,
        city="ageo",
        process_id="ageo-signing",
        opened_on=date(2026, 5, 1),
        partner=papers.partner(),
        offers=[Offer(round=1, offered_on=date(2026, 5, 1), purpose="見守り", fields=[1, 2])],
        projects=[
            Project(round=1, number=1, field=1, title="健康測定", content="店舗で測る"),
            Project(round=1, number=2, field=2, title="見守り", content="声を掛ける"),
        ],
        records=[PastRecord(fiscal_year=2024, field=6, title=KEPT, department="")],
    )


async def _titles(uow: SqlUnitOfWork) -> list[str]:
    return [record.title for record in (await uow.cases.get(CASE_ID)).records]


async def test_past_projects_replace_the_former_list_and_come_back_as_rows(uow: SqlUnitOfWork) -> None:
    form = {"records": [{"fiscalYear": "令和7年度", "field": "2", "title": "養成講座", "department": "高齢介護課"}]}
    answer = await record_past_projects(uow, CASE_ID, form)
    assert await _titles(uow) == ["養成講座"]
    assert answer["pastRecords"] == [
        {
            "fiscalYear": "令和7年度",
            "field": "2",
            "fieldName": "高齢者福祉・障害者福祉に関すること",
            "title": "養成講座",
            "department": "高齢介護課",
        }
    ]


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ({"fiscalYear": "令和40年度", "field": "2", "title": "講座"}, "1件目 年度"),
        ({"fiscalYear": "令和7年度", "field": "99", "title": "講座"}, "1件目 連携事項"),
        ({"fiscalYear": "令和7年度", "field": "2"}, "1件目 事業名"),
    ],
)
async def test_a_bad_past_project_is_refused_by_name_and_the_former_list_stays(
    row: dict[str, str], named: str, uow: SqlUnitOfWork
) -> None:
    with pytest.raises(InputErrors, match=named):
        await record_past_projects(uow, CASE_ID, {"records": [row]})
    assert await _titles(uow) == [KEPT]


async def test_an_offer_without_a_list_of_records_leaves_them_as_they_are(uow: SqlUnitOfWork) -> None:
    await record_offer(uow, CASE_ID, OFFER)
    assert await _titles(uow) == [KEPT]


@pytest.mark.parametrize("records", [None, []])
async def test_an_offer_with_an_empty_list_of_records_clears_them(records: Any, uow: SqlUnitOfWork) -> None:
    await record_offer(uow, CASE_ID, {**OFFER, "records": records})
    assert await _titles(uow) == []


ROWS = [
    {"number": 1, "judgement": "feasible", "departments": ["kenko"]},
    {"number": 2, "judgement": "talks", "departments": ["korei", "kenko"]},
]


async def test_a_project_can_be_feasible_without_talks_and_have_several_departments(uow: SqlUnitOfWork) -> None:
    answer = await record_discussion(uow, CASE_ID, {"next": "talks", "projects": ROWS})
    first, second = (await uow.cases.get(CASE_ID)).current_projects()
    assert (first.status, first.department) == (ProjectStatus.FEASIBLE, "kenko")
    assert (second.status, second.departments) == (ProjectStatus.TALKS, ["korei", "kenko"])
    (row,) = answer["talkProjects"]
    assert (row["number"], row["groups"]) == (2, ["ageo-korei", "ageo-kenko"])
    assert f"担当者: {papers.partner().contact}" in row["partner"]


async def test_talks_chosen_for_a_project_against_the_way_on_are_refused_by_name(uow: SqlUnitOfWork) -> None:
    """「詳細協議へ」 in a row and 「協議せずに進む」 for all contradict each other; nobody decides which one holds."""
    wishes = [{"adopt": "talks", "title": "講座", "field": "2", "content": "月1回", "departments": ["kenko"]}]
    with pytest.raises(InputErrors, match="事業2「見守り」、1番目の希望") as caught:
        await record_discussion(uow, CASE_ID, {"next": "decide", "projects": ROWS, "wishes": wishes})
    assert "健康測定" not in caught.value.message


async def test_a_wish_of_a_department_becomes_a_project(uow: SqlUnitOfWork) -> None:
    wish = {"title": "認知症カフェ", "field": "2", "content": "月1回開く", "departments": ["korei"]}
    wishes = [{**wish, "adopt": "no"}, {**wish, "adopt": "talks"}]
    answer = await record_discussion(uow, CASE_ID, {"next": "talks", "projects": ROWS, "wishes": wishes})
    added = (await uow.cases.get(CASE_ID)).current_projects()[2]
    assert (added.number, added.field, added.title, added.content) == (3, 2, "認知症カフェ", "月1回開く")
    assert [row["number"] for row in answer["talkProjects"]] == [2, 3]
    assert [row["title"] for row in answer["proposals"]] == ["健康測定", "見守り", "認知症カフェ"]
    renamed = [{**wish, "adopt": "talks", "title": "認知症の講座"}]
    again = await record_discussion(uow, CASE_ID, {"next": "talks", "projects": ROWS, "wishes": renamed})
    assert [row["title"] for row in again["proposals"]] == ["健康測定", "見守り", "認知症の講座"]
    without = await record_discussion(uow, CASE_ID, {"next": "talks", "projects": ROWS})
    assert [row["title"] for row in without["proposals"]] == ["健康測定", "見守り"]
    bare = [{"adopt": "talks", "field": "2", "content": "月1回", "departments": ["korei"]}]
    with pytest.raises(InputErrors, match="1番目の希望の事業名"):
        await record_discussion(uow, CASE_ID, {"next": "talks", "projects": ROWS, "wishes": bare})


async def test_a_wish_can_be_feasible_without_talks_like_a_proposal(uow: SqlUnitOfWork) -> None:
    """AGE-5: taken up although the case goes on without talks, and planned like what was proposed."""
    wish = {"adopt": "feasible", "title": "認知症カフェ", "field": "2", "content": "月1回", "departments": ["korei"]}
    rows = [{"number": number, "judgement": "drop"} for number in (1, 2)]
    answer = await record_discussion(uow, CASE_ID, {"next": "decide", "projects": rows, "wishes": [wish]})
    added = (await uow.cases.get(CASE_ID)).current_projects()[2]
    assert (added.title, added.status, added.departments) == ("認知症カフェ", ProjectStatus.FEASIBLE, ["korei"])
    assert (answer["discussionNext"], answer["talkProjects"]) == ("none", [])


async def test_the_departments_of_a_shared_project_are_told_the_result_and_the_office_the_end(
    uow: SqlUnitOfWork,
) -> None:
    await record_discussion(uow, CASE_ID, {"next": "talks", "projects": ROWS})
    talk, ref = {"feasible": "yes", "result": "9月から"}, some_job()
    await record_project_talk(uow, CASE_ID, 2, talk, template="talk-result", ref=ref)
    await record_project_talk(uow, CASE_ID, 1, talk, template="talk-result", ref=ref)
    done = await summarize_talks(uow, CASE_ID, template="talks-ended", ref=ref)
    assert done["talkResults"][1]["result"] == "実施できる\n9月から"
    kinds = (await uow._session.scalars(select(outbox_tables.mail.c.kind).order_by(outbox_tables.mail.c.id))).all()
    assert kinds == ["talk-result", "talk-result", "talks-ended"]


async def test_a_project_that_goes_on_needs_a_department(uow: SqlUnitOfWork) -> None:
    rows = [{"number": 1, "judgement": "feasible"}, {"number": 2, "judgement": "drop"}]
    with pytest.raises(InputErrors, match="事業1「健康測定」の担当する課"):
        await record_discussion(uow, CASE_ID, {"next": "decide", "projects": rows})


async def test_a_project_without_a_judgement_is_refused(uow: SqlUnitOfWork) -> None:
    with pytest.raises(InputErrors, match="事業2「見守り」の進め方"):
        await record_discussion(uow, CASE_ID, {"next": "decide", "projects": [ROWS[0], {"number": 2}]})


async def test_an_offer_comes_back_as_it_was_typed(uow: SqlUnitOfWork) -> None:
    """For a correction, with what the registry would have written otherwise."""
    typed = {**OFFER, "offeredOn": "令和8年5月1日", "purpose": " 見守り ", "records": []}
    assert (await record_offer(uow, CASE_ID, typed))["offer"] == typed


async def test_an_offer_from_a_file_comes_back_as_its_form(uow: SqlUnitOfWork) -> None:
    """Nobody typed it into the form: the registry fills it in."""
    case = await uow.cases.get(CASE_ID)
    form = offer_variables(case, uow.cities.city(case.city))["offer"]
    assert form == {
        "offeredOn": "2026-05-01",
        "purpose": "見守り",
        "fields": ["1", "2"],
        "other": "",
        "projects": [
            {"field": "1", "title": "健康測定", "content": "店舗で測る", "costToCity": False},
            {"field": "2", "title": "見守り", "content": "声を掛ける", "costToCity": False},
        ],
        "records": [{"fiscalYear": "令和6年度", "field": "6", "title": KEPT, "department": ""}],
    }
    assert (await record_offer(uow, CASE_ID, form))["offer"] == form


async def test_the_agreements_terms_begin_with_the_offers_fields(uow: SqlUnitOfWork) -> None:
    """Article 1 lists fields; what the offer says of its purpose are sentences that make nonsense there."""
    offer = {**OFFER, "purpose": "見守りに役立てることを目的とします。", "fields": ["2", "8", "10"]}
    terms = (await record_offer(uow, CASE_ID, offer))["agreementTerms"]
    assert terms["purpose"] == "高齢者福祉・障害者福祉、地域経済の活性化"
    assert (terms["fields"], terms["startsOn"]) == (["2", "8", "10"], None)


async def test_a_revised_offer_leaves_the_other_terms_as_they_were_typed(uow: SqlUnitOfWork) -> None:
    """The fields are the partner's again; days, third party and a purpose that still fits are the clerk's."""
    typed = {"purpose": "前の目的", "fields": ["1"], "startsOn": "2026-07-01", "otherParties": [{"name": "乙"}]}
    terms = (await record_offer(uow, CASE_ID, OFFER, terms=typed))["agreementTerms"]
    assert (terms["purpose"], terms["fields"]) == ("高齢者福祉・障害者福祉", ["2"])
    again = (await record_offer(uow, CASE_ID, OFFER, terms={**typed, "fields": ["2"]}))["agreementTerms"]
    assert again["purpose"] == "前の目的"
    assert (terms["startsOn"], terms["otherParties"]) == ("2026-07-01", [{"name": "乙"}])


async def test_talks_of_an_earlier_round_come_back_for_the_same_project(uow: SqlUnitOfWork) -> None:
    """Found by field and title: the revised offer numbers its projects anew."""
    rows = [{"number": number, "judgement": "talks", "departments": ["korei"]} for number in (1, 2)]
    first = await record_discussion(uow, CASE_ID, {"next": "talks", "projects": rows})
    assert [row["result"] for row in first["talkProjects"]] == ["", ""]
    await record_project_talk(uow, CASE_ID, 2, {"feasible": "no", "result": "場所が足りない"}, ref=some_job())
    await record_offer(uow, CASE_ID, OFFER)
    again = await record_discussion(uow, CASE_ID, {"next": "talks", "projects": rows[:1]})
    assert [(row["title"], row["result"]) for row in again["talkProjects"]] == [("見守り", "場所が足りない")]


async def test_talks_that_are_taken_up_again_begin_with_what_was_said(uow: SqlUnitOfWork) -> None:
    """When a step goes back to them."""
    rows = [{"number": number, "judgement": "talks", "department": "korei"} for number in (1, 2)]
    going_on = (await record_discussion(uow, CASE_ID, {"next": "talks", "projects": rows}))["talkProjects"]
    await record_project_talk(uow, CASE_ID, 2, {"feasible": "yes", "result": "毎月行う"}, ref=some_job())
    told = (await summarize_talks(uow, CASE_ID, going_on, ref=some_job()))["talkProjects"]
    assert [(row["number"], row["group"], row["result"]) for row in told] == [
        (1, going_on[0]["group"], ""),
        (2, going_on[1]["group"], "毎月行う"),
    ]


async def test_an_offer_of_a_day_to_come_is_refused(uow: SqlUnitOfWork) -> None:
    """Its date would be printed on the offer."""
    tomorrow = (uow.clock.today() + timedelta(days=1)).isoformat()

    with pytest.raises(InputError, match=r"申出書の日付: .*はまだ来ていません"):
        await record_offer(uow, CASE_ID, {**OFFER, "offeredOn": tomorrow})


@pytest.mark.parametrize(
    ("checked", "grounds"),
    [
        ({"partnerCheck": "none", "projectsCheck": "none"}, ([], [])),
        ({"partnerCheck": "some", "projectsCheck": "some"}, ([1], [2])),
        ({}, ([1], [2])),
    ],
)
async def test_grounds_count_as_the_office_has_judged(
    uow: SqlUnitOfWork, checked: dict[str, str], grounds: tuple[list[int], list[int]]
) -> None:
    """What was ticked before the office judged that nothing applies no longer counts (AGE-R1)."""
    ticked = {"partnerGrounds": ["1"], "projectChecks": [{"number": 1, "grounds": ["2"]}]}

    found = (await record_requirement_check(uow, CASE_ID, {**ticked, **checked}))["eligibility"]

    assert (found["partnerGrounds"], found["projectGrounds"]) == grounds


async def test_a_ground_that_applies_is_named(uow: SqlUnitOfWork) -> None:
    """Else nobody could tell the partner why."""
    with pytest.raises(InputError, match="連携事業の除外事由"):
        await record_requirement_check(uow, CASE_ID, {"partnerCheck": "none", "projectsCheck": "some"})


async def test_before_the_decision_only_what_is_left_counts(uow: SqlUnitOfWork) -> None:
    """A project that the talks dropped counts no longer, and neither does a ground of it alone (AGE-7, ALL-27)."""
    check = {
        "notGovernment": "yes",
        "sharedGoal": "yes",
        "dialogue": "no",
        "partnerCheck": "some",
        "partnerGrounds": ["1"],
        "projectsCheck": "some",
        "projectChecks": [{"number": 1, "grounds": ["2"]}],
    }
    first = (await record_requirement_check(uow, CASE_ID, check))["eligibility"]
    rows = [{"number": number, "judgement": "talks", "departments": ["korei"]} for number in (1, 2)]
    await record_discussion(uow, CASE_ID, {"next": "talks", "projects": rows})
    await record_project_talk(uow, CASE_ID, 1, {"feasible": "no", "result": "場所がない"}, ref=some_job())
    await record_project_talk(uow, CASE_ID, 2, {"feasible": "yes", "result": "毎月行う"}, ref=some_job())

    again = (await recheck_requirements(uow, CASE_ID))["eligibility"]

    counted = ("fieldCount", "projectCount", "minimumFields", "minimumProjects", "projectGrounds")
    assert [first[key] for key in counted] == [3, 3, 3, 3, [2]]
    assert [again[key] for key in counted] == [2, 2, 3, 3, []]
    judged = ("notGovernment", "sharedGoal", "dialogue", "partnerGrounds")
    assert [again[key] for key in judged] == [True, True, False, [1]]
    fields = next(row for row in again["results"] if row["criterion"] == "連携する分野の数")
    assert (fields["result"], fields["fact"][:3]) == ("満たさない", "2分野")


async def test_a_ministry_or_a_municipality_is_found(uow: SqlUnitOfWork) -> None:
    """Asked, not hinted at (ISE-R1, AGE-R1); a city that does not ask has nothing found."""
    asked = (await record_requirement_check(uow, CASE_ID, {"notGovernment": "no"}))["eligibility"]
    silent = (await record_requirement_check(uow, CASE_ID, {}))["eligibility"]
    assert (asked["notGovernment"], silent["notGovernment"]) == (False, True)


async def test_only_those_in_charge_of_the_chosen_projects_are_told(uow: SqlUnitOfWork) -> None:
    """AGE-9, ISE-9: the departments of the chosen projects, or those that the decision lists, once each."""
    rows = [
        {"number": 1, "judgement": "talks", "departments": ["kenko"]},
        {"number": 2, "judgement": "talks", "departments": ["korei", "kenko"]},
    ]
    await record_discussion(uow, CASE_ID, {"next": "talks", "projects": rows})
    case = await uow.cases.get(CASE_ID)
    city = uow.cities.city("ageo")

    async def told(to: str, chosen: list[str] | None) -> list[str]:
        return [one.key for one in await recipients_of(uow, case, city, to, chosen=chosen)]

    assert await told("project-departments", ["1"]) == ["kenko"]
    assert sorted(await told("project-departments", ["1", "2"])) == ["kenko", "korei"]
    assert await told("project-departments", None) == []
    assert await told("listed-departments", ["koho", "koho"]) == ["koho"]
    assert sorted(await told("departments", None)) == ["kenko", "korei"], "AGE-8: in charge, though never asked"
