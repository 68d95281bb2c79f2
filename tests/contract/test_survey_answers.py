"""A survey: which answers count, what is refused, what the office sees, how it ends (ALL-1)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.kit import papers
from tests.kit.registry import registry_at, some_case, some_job, some_survey
from tests.kit.work import record_answer, request_answer
from workers.adapters.registry.queue import EngineCallQueue, QueuedEngineCall
from workers.adapters.registry.unit_of_work import SqlUnitOfWork
from workers.domain.entities import AnswerStatus, TargetStatus
from workers.errors import InputError, InputErrors
from workers.jobs.surveys import refreshed_board
from workers.usecases.survey_closing import check_survey, close_survey, stop_survey

pytestmark = pytest.mark.asyncio
SURVEY = "sakura-2026-1-s1"
_PERSON = {"person": "太田", "contact": "内線2345"}
_NOT_OURS = {"concerned": "no", **_PERSON}
_YES = {"concerned": "yes", "ratings": [{"number": 1, "rating": "feasible"}], **_PERSON}

Units = Callable[[], SqlUnitOfWork]


@asynccontextmanager
async def surveyed(url: str, folder: Path) -> AsyncIterator[tuple[Units, EngineCallQueue]]:
    """Return a registry with a survey of two departments on two projects, and its outbox of engine calls."""
    async with registry_at(url, folder) as registry:
        units = papers.units(registry)
        async with units() as uow:
            await uow.cases.add(some_case(city="isesaki"))
            await uow.surveys.add(some_survey())
            await uow.commit()
        yield units, EngineCallQueue(registry.sessions())


async def answered(units: Units, department: str, form: Mapping[str, Any]) -> dict[str, Any]:
    async with units() as uow:
        result = await record_answer(uow, SURVEY, department, form, on_behalf=False, ref=some_job())
        await uow.commit()
    return result


async def refused(units: Units, form: Mapping[str, Any]) -> str:
    with pytest.raises(InputErrors) as caught:
        await answered(units, "welfare", form)
    return caught.value.message


async def waiting(calls: EngineCallQueue) -> list[QueuedEngineCall]:
    return [call for call in await calls.list() if call.kind == "refresh-survey"]


async def board(units: Units) -> dict[str, Any]:
    async with units() as uow:
        shown: dict[str, Any] = (await refreshed_board(uow, SURVEY))["surveyView"]
        await uow.commit()
    return shown


async def test_each_answer_finds_its_place(database_url: str, tmp_path: Path) -> None:
    async with surveyed(database_url, tmp_path) as (units, _):
        forms = (("welfare", _YES), ("welfare", _NOT_OURS), ("school", _NOT_OURS))
        assert [(await answered(units, *form))["surveyComplete"] for form in forms] == [False, False, True]
        async with units() as uow:
            survey = await uow.surveys.get(SURVEY)
            survey.targets[0].status = TargetStatus.CORRECTING
            await uow.commit()
        assert (await answered(units, "welfare", _NOT_OURS))["surveyComplete"] is True
        async with units() as uow:
            await close_survey(uow, SURVEY, despite_missing=False, process_instance_key=1)
            await uow.commit()
        assert (await answered(units, "school", _YES))["surveyComplete"] is True
        async with units() as uow:
            survey = await uow.surveys.get(SURVEY)
        assert [(answer.department, answer.status, answer.concerned) for answer in survey.answers] == [
            ("welfare", AnswerStatus.SUPERSEDED, True),
            ("welfare", AnswerStatus.SECOND, False),
            ("school", AnswerStatus.VALID, False),
            ("welfare", AnswerStatus.VALID, False),
            ("school", AnswerStatus.AFTER_CLOSING, True),
        ]
        assert [target.status for target in survey.targets] == [TargetStatus.NOT_CONCERNED] * 2


async def test_who_is_concerned_rates_something_and_says_why_not(database_url: str, tmp_path: Path) -> None:
    """「関わる」 without a rating, △ and × without a comment come back, with the project's name."""
    async with surveyed(database_url, tmp_path) as (units, _):
        nothing = {"concerned": "yes", "ratings": [{"number": 1, "rating": "none"}], **_PERSON}
        assert "1つ以上の事業に見込みを選んでください" in await refused(units, nothing)
        for rating, sign in (("adjust", "△"), ("infeasible", "×")):
            bare = {"concerned": "yes", "ratings": [{"number": 2, "rating": rating, "comment": "　"}], **_PERSON}
            message = await refused(units, bare)
            assert "事業2「出前講座」の意見" in message
            assert sign in message
        rows = [{"number": 2, "rating": "adjust", "reason": "時期を変えたい"}, {"number": 1, "rating": "feasible"}]
        await answered(units, "welfare", {"concerned": "yes", "ratings": rows, **_PERSON})
        async with units() as uow:
            (kept,) = (await uow.surveys.get(SURVEY)).answers
        assert {r.project_number: r.comment for r in kept.ratings} == {1: "", 2: "時期を変えたい"}


async def test_a_survey_without_projects_asks_for_own_proposals_only(database_url: str, tmp_path: Path) -> None:
    """DAT-A: C — who says that there is something to propose says what; who has nothing is done."""
    async with surveyed(database_url, tmp_path) as (units, _):
        async with units() as uow:
            case = await uow.cases.get("sakura-2026-1")
            case.projects.clear()
            await uow.commit()
        assert "1件以上入力するか" in await refused(units, {"concerned": "yes", **_PERSON})
        wish = {"field": "5", "content": "出張講座"}
        await answered(units, "welfare", {"concerned": "yes", "wishes": [wish], **_PERSON})
        assert await answered(units, "school", _NOT_OURS) == {"surveyComplete": True, "answer": None}


async def test_the_office_sees_every_answer_and_one_call_at_most_waits(database_url: str, tmp_path: Path) -> None:
    """However many answers come in, one call waits; what comes after it has looked orders the next one."""
    async with surveyed(database_url, tmp_path) as (units, calls):
        before = await board(units)
        assert before["open"] == "部welfare課\n部school課"
        rows = [{"number": 2, "rating": "infeasible", "reason": "人手が\nない"}]
        await answered(units, "welfare", {"concerned": "yes", "ratings": rows, **_PERSON})
        await answered(units, "school", _NOT_OURS)
        (first,) = await waiting(calls)
        shown = await board(units)
        assert [column["label"] for column in shown["columns"][3:]] == ["1 見守り", "2 出前講座"]
        marks = [(row["status"], row["p1"], row["p2"]) for row in shown["rows"]]
        assert marks == [("回答済み", "－", "×"), ("所管外", "－", "－")]
        told = shown["projects"][1]
        assert told["answers"] == "× 部welfare課（太田、内線2345）\n人手が\nない\n\n所管外: 部school課"
        assert told["tally"] == "○ 0　△ 0　× 1　所管外 1　未回答 0"
        assert shown["openCount"] == 0
        await answered(units, "welfare", _NOT_OURS)
        assert [call.id == first.id for call in await waiting(calls)] == [True, False]


async def test_an_answer_sent_back_comes_back_filled_with_who_asks(database_url: str, tmp_path: Path) -> None:
    async with surveyed(database_url, tmp_path) as (units, _):
        wish = {"field": "5", "content": "出張講座"}
        rows = [{"number": 1, "rating": "adjust", "comment": "時期を変えたい"}]
        await answered(units, "welfare", {"concerned": "yes", "ratings": rows, "wishes": [wish], **_PERSON})
        order = {"action": "send-back", "targetDepartment": "welfare", "question": "いつならできますか"}
        async with units() as uow:
            entry = (await request_answer(uow, SURVEY, order, template="survey-sent-back", process_instance_key=1))[
                "entry"
            ]
        assert entry["answer"] == {"concerned": "yes", "ratings": rows, "wishes": [wish], **_PERSON}
        assert entry["question"] == "いつならできますか"
        assert entry["askedBy"].startswith(papers.CITY.office.section)


async def test_closing_with_answers_missing_asks_again_and_names_the_departments(
    database_url: str, tmp_path: Path
) -> None:
    async with surveyed(database_url, tmp_path) as (units, _):
        await answered(units, "school", _NOT_OURS)
        async with units() as uow:
            with pytest.raises(InputError, match="部welfare課") as caught:
                await close_survey(uow, SURVEY, despite_missing=False, process_instance_key=1)
        assert "school" not in caught.value.message
        async with units() as uow:
            await close_survey(uow, SURVEY, despite_missing=True, process_instance_key=1)
            await uow.commit()
        async with units() as uow:
            survey = await uow.surveys.get(SURVEY)
        assert [target.status for target in survey.targets] == [TargetStatus.UNANSWERED, TargetStatus.NOT_CONCERNED]


async def test_the_office_is_told_once_that_the_last_answer_is_in(database_url: str, tmp_path: Path) -> None:
    async with surveyed(database_url, tmp_path) as (units, _):
        for department, told in (("welfare", False), ("school", True)):
            await answered(units, department, _NOT_OURS)
            async with units() as uow:
                done = await check_survey(uow, SURVEY, "survey-complete")
                again = await check_survey(uow, SURVEY, "survey-complete")
                assert (done, again, "mail" in uow.outbox_used) == (told,) * 3
                await uow.commit()


async def test_a_stopped_survey_tells_all_who_were_asked_and_keeps_their_answers(
    database_url: str, tmp_path: Path
) -> None:
    async with surveyed(database_url, tmp_path) as (units, _):
        await answered(units, "school", _YES)
        async with units() as uow:
            await stop_survey(uow, SURVEY, "survey-stopped")
            await stop_survey(uow, SURVEY, "survey-stopped")
            case = await uow.cases.get("sakura-2026-1")
            assert [step.payload for step in case.steps] == [{"survey": SURVEY, "answered": 1}]
            await uow.commit()
        async with units() as uow:
            survey = await uow.surveys.get(SURVEY)
        assert survey.closed_at is not None
        assert [target.status for target in survey.targets] == [TargetStatus.UNANSWERED, TargetStatus.ANSWERED]
        assert len(survey.answers) == 1


@pytest.mark.parametrize(
    ("lacking", "named"),
    [
        ({"concerned": None}, "この提案に関わりますか"),
        ({"person": " "}, "担当者の氏名"),
        ({"contact": None}, "内線・連絡先"),
        ({"wishes": [{"field": "1", "content": "　"}]}, "希望する連携事業の内容"),
    ],
)
async def test_an_answer_says_who_answers_and_what(
    database_url: str, tmp_path: Path, lacking: dict[str, Any], named: str
) -> None:
    """Saying nothing is not "not ours"; after the closing, when nobody can be asked any more, it is kept as it is."""
    async with surveyed(database_url, tmp_path) as (units, _):
        assert named in await refused(units, {**_NOT_OURS, **lacking})
        async with units() as uow:
            survey = await uow.surveys.get(SURVEY)
            assert survey.targets[0].status is TargetStatus.WAITING
            await close_survey(uow, SURVEY, despite_missing=True, process_instance_key=1)
            await uow.commit()
        await answered(units, "welfare", {**_NOT_OURS, **lacking})
        async with units() as uow:
            (kept,) = (await uow.surveys.get(SURVEY)).answers
    assert kept.status is AnswerStatus.AFTER_CLOSING
