"""The rules of surveys and projects, on a registry in memory: values in, entities out, no variable and no form."""

from __future__ import annotations

from datetime import date
from typing import cast

import pytest
import pytest_asyncio

from tests.kit import papers
from tests.kit.memory import SigningUnit
from tests.kit.registry import MORNING, some_case, some_job, some_survey
from workers.domain.entities import AnswerStatus, Project, ProjectStatus, Rating, SurveyRating, TargetStatus
from workers.errors import InputError, InputErrors
from workers.readers.offerinput import OfferContent, ProjectInput
from workers.readers.surveyanswer import GivenAnswer
from workers.trial.clock import EngineClock
from workers.usecases.discuss_projects import Discussion, Judgement, TakenWish, record_discussion
from workers.usecases.ports import UnitOfWork
from workers.usecases.propose_projects import record_city_proposals
from workers.usecases.record_offer import record_offer
from workers.usecases.survey_answers import record_answer
from workers.usecases.survey_closing import check_survey, close_survey
from workers.usecases.surveys import PlannedSurvey, open_survey

pytestmark = pytest.mark.asyncio
CASE, SURVEY = "sakura-2026-1", "sakura-2026-1-s1"
TALKS = Judgement(status=ProjectStatus.TALKS, departments=["korei", "bosai"])


@pytest_asyncio.fixture
async def unit() -> SigningUnit:
    """A case of 伊勢崎市 with two projects and a survey of two departments on them."""
    clock = EngineClock()
    clock.pinned = MORNING
    made = SigningUnit(clock, [papers.CITY])
    await made.cases.add(some_case(city="isesaki"))
    await made.surveys.add(some_survey())
    return made


def _uow(unit: SigningUnit) -> UnitOfWork:
    return cast("UnitOfWork", unit)


async def _projects(unit: SigningUnit) -> list[Project]:
    return (await unit.cases.get(CASE)).current_projects()


def _answer(*problems: InputError, concerned: bool = True) -> GivenAnswer:
    ratings = [SurveyRating(project_number=1, rating=Rating.FEASIBLE)]
    return GivenAnswer(
        concerned=concerned, person="太田", contact="内線1", ratings=ratings, wishes=[], problems=list(problems)
    )


async def _answered(unit: SigningUnit, department: str, given: GivenAnswer) -> bool:
    return await record_answer(_uow(unit), SURVEY, department, given, on_behalf=False, ref=some_job())


async def test_a_survey_asks_the_chosen_departments_by_the_citys_own_days(unit: SigningUnit) -> None:
    chosen = [department.code for department in papers.CITY.departments[:2]]
    survey, timetable = await open_survey(_uow(unit), CASE, PlannedSurvey(departments=chosen, message="急ぎます"))
    assert [target.department for target in survey.targets] == chosen
    assert survey.due_on == timetable.due_on > unit.clock.today()
    step = (await unit.cases.get(CASE)).last_step("survey-plan")
    assert step is not None
    assert step.payload == {"survey": survey.id, "message": "急ぎます"}


async def test_a_survey_is_not_due_on_a_closed_day(unit: SigningUnit) -> None:
    with pytest.raises(InputError, match="閉庁日"):
        await open_survey(_uow(unit), CASE, PlannedSurvey(due_on=date(2026, 6, 14)))
    assert [survey.id for survey in await unit.surveys.of_case(CASE)] == [SURVEY]


async def test_the_last_answer_makes_a_survey_complete_and_a_second_one_does_not_count(unit: SigningUnit) -> None:
    told = [await _answered(unit, department, _answer()) for department in ("welfare", "welfare", "school")]
    assert told == [False, False, True]
    survey = await unit.surveys.get(SURVEY)
    assert [answer.status for answer in survey.answers] == [AnswerStatus.VALID, AnswerStatus.SECOND, AnswerStatus.VALID]
    assert len(unit.outbox.calls) == 1, "one call waits, however many answers come"
    assert [await check_survey(_uow(unit), SURVEY), survey.closed_at is not None] == [True, True]


async def test_a_bad_answer_comes_back_before_the_closing_and_is_kept_after_it(unit: SigningUnit) -> None:
    wrong = InputError("担当者の氏名", "入力してください")
    with pytest.raises(InputErrors, match="担当者の氏名"):
        await _answered(unit, "welfare", _answer(wrong))
    with pytest.raises(InputError, match="まだ回答していない課があります"):
        await close_survey(_uow(unit), SURVEY, despite_missing=False, process_instance_key=1)
    await close_survey(_uow(unit), SURVEY, despite_missing=True, process_instance_key=1)
    assert await _answered(unit, "welfare", _answer(wrong)) is True
    survey = await unit.surveys.get(SURVEY)
    assert [answer.status for answer in survey.answers] == [AnswerStatus.AFTER_CLOSING]
    assert {target.status for target in survey.targets} == {TargetStatus.UNANSWERED}


def _offer(day: date) -> OfferContent:
    project = ProjectInput(number=1, field=1, title="見守り", content="毎週")
    return OfferContent(offered_on=day, purpose="見守り", fields=(1,), other="", projects=(project,), records=())


async def test_an_offer_is_the_next_round_and_none_of_a_day_to_come(unit: SigningUnit) -> None:
    with pytest.raises(InputError, match="まだ来ていません"):
        await record_offer(_uow(unit), CASE, _offer(date(2026, 6, 2)), with_records=True)
    assert (await unit.cases.get(CASE)).round == 1
    await record_offer(_uow(unit), CASE, _offer(date(2026, 6, 1)), with_records=True)
    assert [(project.round, project.number, project.title) for project in await _projects(unit)] == [(2, 1, "見守り")]


async def test_the_citys_own_proposals_are_numbered_after_the_partners(unit: SigningUnit) -> None:
    def proposals(*titles: str) -> list[Project]:
        return [Project(round=0, number=0, field=1, title=title, content="") for title in titles]

    await record_city_proposals(_uow(unit), CASE, proposals("健康相談", "販売会"))
    await record_city_proposals(_uow(unit), CASE, proposals("販売会"))
    assert [(project.number, project.title) for project in await _projects(unit)] == [
        (1, "見守り"),
        (2, "出前講座"),
        (3, "販売会"),
    ]


async def test_a_wish_becomes_a_project_and_goes_when_it_is_not_taken_up_again(unit: SigningUnit) -> None:
    judged = {1: TALKS, 2: Judgement(status=ProjectStatus.DROPPED)}
    wish = TakenWish(field=1, title="カフェ", content="月1回", judgement=TALKS)
    talks = await record_discussion(_uow(unit), CASE, Discussion(following="talks", judgements=judged, wishes=[wish]))
    assert [(project.number, project.title, project.departments) for project in talks] == [
        (1, "見守り", ["korei", "bosai"]),
        (3, "カフェ", ["korei", "bosai"]),
    ]
    await record_discussion(_uow(unit), CASE, Discussion(following="talks", judgements=judged, wishes=[]))
    assert [(p.number, p.status) for p in await _projects(unit)] == [
        (1, ProjectStatus.TALKS),
        (2, ProjectStatus.DROPPED),
    ]
