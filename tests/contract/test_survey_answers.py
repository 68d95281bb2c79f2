"""Answers to a survey: which counts, which is kept beside it, when the survey is complete (ALL-1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit import papers
from tests.kit.registry import registry_at, some_case, some_job, some_survey
from workers.domain.entities import AnswerStatus, TargetStatus
from workers.usecases.survey_answers import close_survey, record_answer

SURVEY = "sakura-2026-1-s1"


@pytest.mark.asyncio
async def test_each_answer_finds_its_place(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        units = papers.units(registry)
        async with units() as uow:
            await uow.cases.add(some_case(city="isesaki"))
            await uow.surveys.add(some_survey())
            await uow.commit()

        async def answered(department: str, concerned: str) -> object:
            async with units() as uow:
                form = {"concerned": concerned, "person": "太田", "contact": "内線2345"}
                result = await record_answer(uow, SURVEY, department, form, on_behalf=False, ref=some_job())
                await uow.commit()
                return result["surveyComplete"]

        complete = [await answered("welfare", "yes"), await answered("welfare", "no"), await answered("school", "no")]
        assert complete == [False, False, True]
        async with units() as uow:
            survey = await uow.surveys.get(SURVEY)
            survey.targets[0].status = TargetStatus.CORRECTING
            await uow.commit()
        assert await answered("welfare", "no") is True
        async with units() as uow:
            await close_survey(uow, SURVEY)
            await uow.commit()
        assert await answered("school", "yes") is True
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
