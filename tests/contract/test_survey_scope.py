"""A revision asks only about what changed; what was answered before goes on counting (ISE-4, AGE-4)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.kit import papers
from tests.kit.registry import registry_at, some_job
from tests.kit.work import open_survey, record_answer, record_discussion, record_offer, summarize_survey
from workers.adapters.registry.unit_of_work import SqlUnitOfWork
from workers.domain.entities import Case, Offer, Project
from workers.jobs.forms.offer import proposals
from workers.usecases.send_mail import recipients_of
from workers.usecases.survey_closing import check_survey
from workers.usecases.surveys import survey_context

pytestmark = pytest.mark.asyncio
CASE_ID = "ageo-2026-1"
PERSON = {"person": "長島", "contact": "内線 3141"}
HEALTH = {"field": "1", "title": "健康測定", "content": "店舗で測る"}
WATCH = {"field": "2", "title": "見守り", "content": "声を掛ける"}
PICTURE_BOOKS = {"field": "4", "title": "絵本の貸出し", "content": "店舗で貸す"}
KENKO = {"concerned": "yes", "ratings": [{"number": 1, "rating": "feasible", "comment": "ぜひ"}], **PERSON}
KOREI = {
    "concerned": "yes",
    "ratings": [{"number": 2, "rating": "adjust", "reason": "範囲を狭めたい"}],
    "wishes": [{"field": "2", "content": "講座の案内"}],
    **PERSON,
}


@pytest_asyncio.fixture
async def uow(tmp_path: Path) -> AsyncIterator[SqlUnitOfWork]:
    """A case whose two projects three departments answered about; 「見守り」 is to be revised."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'registry.sqlite3'}"
    async with registry_at(url, tmp_path) as registry, papers.units(registry)() as unit:
        await unit.cases.add(
            Case(
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
            )
        )
        survey = (await open_survey(unit, CASE_ID, {"departmentCodes": ["kenko", "korei", "shoko"]}))["survey"]
        await _answered(unit, survey["id"], {"kenko": KENKO, "korei": KOREI, "shoko": {"concerned": "no", **PERSON}})
        rows = [{"number": number, "judgement": "talks", "departments": ["kenko"]} for number in (1, 2)]
        await record_discussion(unit, CASE_ID, {"next": "revise", "projects": rows})
        yield unit


async def _answered(uow: SqlUnitOfWork, survey: str, forms: Mapping[str, Mapping[str, Any]]) -> None:
    for department, form in forms.items():
        await record_answer(uow, survey, department, form, on_behalf=False, ref=some_job())


async def _revised(uow: SqlUnitOfWork, *projects: Mapping[str, str], **plan: Any) -> dict[str, Any]:
    await record_offer(
        uow,
        CASE_ID,
        {"offeredOn": "2026-06-01", "purpose": "見守り", "fields": ["1", "2", "4"], "projects": list(projects)},
    )
    opened: dict[str, Any] = (await open_survey(uow, CASE_ID, {"scope": "changed", **plan}))["survey"]
    return opened


def _codes(survey: Mapping[str, Any]) -> list[str]:
    return [row["code"] for row in survey["departments"]]


def _titles(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return [row["title"] for row in rows]


async def test_only_what_changed_is_asked_of_those_that_spoke_about_it(uow: SqlUnitOfWork) -> None:
    survey = await _revised(uow, WATCH | {"content": "月曜に声を掛ける"}, HEALTH)
    case = await uow.cases.get(CASE_ID)
    city = uow.cities.city("ageo")
    assert [row["change"] for row in proposals(case, city)] == ["変更あり", "変更なし"]
    assert (_titles(survey["proposals"]), _codes(survey)) == (["見守り"], ["korei"])
    context: dict[str, Any] = dict(survey_context(case, date(2026, 6, 10), city))
    assert _titles(context["projects"]) == ["見守り"]
    assert [column["key"] for column in survey["view"]["columns"]][3:] == ["p1"]


async def test_what_was_answered_before_goes_on_counting(uow: SqlUnitOfWork) -> None:
    survey = await _revised(uow, WATCH | {"content": "月曜に声を掛ける"}, HEALTH)
    again = {"concerned": "yes", "ratings": [{"number": 1, "rating": "feasible", "comment": "これでよい"}], **PERSON}
    await _answered(uow, survey["id"], {"korei": again})
    summary = await summarize_survey(uow, survey["id"])
    watch, health = summary["surveyResult"]
    assert (watch["feasible"], watch["adjust"], watch["departments"]) == (1, 0, ["korei"])
    assert (health["feasible"], health["notConcerned"], health["departments"]) == (1, 2, ["kenko"])
    assert "ぜひ" in health["answers"]
    assert [wish["content"] for wish in summary["surveyWishes"]] == ["講座の案内"]
    told = await recipients_of(uow, await uow.cases.get(CASE_ID), uow.cities.city("ageo"), "departments")
    assert sorted(one.key for one in told) == ["kenko", "korei", "shoko"]
    rows = [{"number": number, "judgement": "talks", "departments": ["kenko"]} for number in (1, 2)]
    talks = (await record_discussion(uow, CASE_ID, {"next": "talks", "projects": rows}))["talkProjects"]
    assert ["これでよい" in talks[0]["answers"], "ぜひ" in talks[1]["answers"]] == [True, True]


async def test_a_new_project_is_asked_of_everybody(uow: SqlUnitOfWork) -> None:
    survey = await _revised(uow, HEALTH, WATCH, PICTURE_BOOKS)
    assert _titles(survey["proposals"]) == ["絵本の貸出し"]
    assert len(survey["departments"]) > len(["kenko", "korei", "shoko"])


async def test_where_nothing_changed_nobody_is_asked(uow: SqlUnitOfWork) -> None:
    survey = await _revised(uow, HEALTH)
    assert (survey["departments"], survey["proposals"]) == ([], [])
    assert await check_survey(uow, survey["id"], "survey-complete") is True
    (row,) = (await summarize_survey(uow, survey["id"]))["surveyResult"]
    assert (row["feasible"], row["departments"]) == (1, ["kenko"])


async def test_an_answer_is_found_over_two_revisions(uow: SqlUnitOfWork) -> None:
    await _revised(uow, WATCH | {"content": "月曜に声を掛ける"}, HEALTH)
    rows = [{"number": number, "judgement": "talks", "departments": ["kenko"]} for number in (1, 2)]
    await record_discussion(uow, CASE_ID, {"next": "revise", "projects": rows})
    survey = await _revised(uow, HEALTH, WATCH | {"content": "火曜に声を掛ける"})
    assert _titles(survey["proposals"]) == ["見守り"]
    health = (await summarize_survey(uow, survey["id"]))["surveyResult"][0]
    assert (health["title"], health["feasible"]) == ("健康測定", 1)


async def test_everything_is_asked_again_where_the_office_says_so(uow: SqlUnitOfWork) -> None:
    survey = await _revised(uow, HEALTH, WATCH, scope="all")
    assert _titles(survey["proposals"]) == ["健康測定", "見守り"]
    (row, _) = (await summarize_survey(uow, survey["id"]))["surveyResult"]
    assert row["feasible"] == 0


async def test_a_second_survey_of_the_round_can_ask_everything(uow: SqlUnitOfWork) -> None:
    await _revised(uow, WATCH | {"content": "月曜に声を掛ける"}, HEALTH)
    survey = (await open_survey(uow, CASE_ID, {"scope": "all"}))["survey"]
    assert _titles(survey["proposals"]) == ["見守り", "健康測定"]
