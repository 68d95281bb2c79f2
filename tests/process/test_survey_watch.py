"""A survey on a real broker: the office's open task follows the answers; what comes back is filled (ALL-1)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.kit.desk import PACKS, BrokerDesk, Office, office, pack_files
from tests.kit.driver import EngineDriver
from workers.readers.offerfile import read_offer
from workers.settings import Settings
from workers.trial.happened import UserTask
from workers.usecases.open_case import file_case

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]

_PERSON = {"person": "田村 由美", "contact": "内線 2311"}
_WISH = {"field": "5", "content": "認知症カフェへの出張講座"}
_RATED = {"concerned": "yes", "ratings": [{"number": 1, "rating": "adjust", "reason": "秋なら"}], **_PERSON}
_NOT_OURS = {"concerned": "no", **_PERSON}


@asynccontextmanager
async def surveying(driver: EngineDriver, settings: Settings) -> AsyncIterator[tuple[Office, BrokerDesk]]:
    """Run an office whose case has a survey of two departments open."""
    await driver.deploy(pack_files("common", "isesaki"))
    async with office(driver, settings) as at_work:
        city = at_work.services.packs.city("isesaki")
        path = PACKS / "isesaki" / "scenarios" / "offer-mimamori.toml"
        async with at_work.services.open_unit() as uow:
            case_id = (await file_case(uow, city, read_offer(path, city, driver.clock.today()))).id
        desk = BrokerDesk(driver)
        await desk.start("isesaki-signing", {"caseId": case_id})
        checked = {
            "notGovernment": "yes",
            "sharedGoal": "yes",
            "dialogue": "yes",
            "partnerCheck": "none",
            "projectsCheck": "none",
        }
        await desk.complete("Task_CheckRequirements", None, checked)
        await desk.complete("Task_PlanSurvey", None, {"departmentCodes": ["korei", "anzen"]})
        yield at_work, desk


def _row(task: UserTask, code: str) -> dict[str, Any]:
    rows: list[dict[str, Any]] = task.variables["surveyView"]["rows"]
    return next(row for row in rows if row["code"] == code)


async def test_the_open_task_shows_the_answers_as_they_come(driver: EngineDriver, settings: Settings) -> None:
    """The very task that is open changes: nobody has to complete it to see more."""
    async with surveying(driver, settings) as (_, desk):
        opened = await driver.task("Task_ManageSurvey", instance=desk.instance)
        assert _row(opened, "korei")["status"] == "未回答"
        await desk.complete("Task_AnswerSurvey", "isesaki-korei", {**_RATED, "wishes": [_WISH], "wishesCount": 1})
        seen = await driver.task(
            "Task_ManageSurvey", instance=desk.instance, where=lambda task: _row(task, "korei")["p1"] == "△"
        )
        view = seen.variables["surveyView"]
        assert seen.key == opened.key
        assert "秋なら" in view["projects"][0]["answers"]
        assert "田村 由美、内線 2311" in view["projects"][0]["answers"]
        assert [wish["content"] for wish in view["wishes"]] == [_WISH["content"]]
        assert view["openCount"] == 1


async def test_a_refused_answer_and_one_sent_back_come_back_filled(driver: EngineDriver, settings: Settings) -> None:
    async with surveying(driver, settings) as (_, desk):
        typed = {"concerned": "yes", "ratings": [{"number": 1, "rating": "infeasible"}], "wishes": [_WISH], **_PERSON}
        await desk.complete("Task_AnswerSurvey", "isesaki-korei", typed)
        again = await driver.task(
            "Task_AnswerSurvey",
            instance=desk.instance,
            candidate="isesaki-korei",
            where=lambda task: bool(task.variables["formError"]),
        )
        assert "事業1" in again.variables["formError"]
        assert {key: again.variables[key] for key in ("concerned", "person", "wishes")} == {
            "concerned": "yes",
            "person": "田村 由美",
            "wishes": [_WISH],
        }
        assert again.variables["ratings"][0]["rating"] == "infeasible"
        emptied = {"ratings": _RATED["ratings"], "wishesCount": 0}
        await desk.complete("Task_AnswerSurvey", "isesaki-korei", emptied)
        order = {"action": "send-back", "targetDepartment": "korei", "question": "いつからできますか"}
        await desk.complete("Task_ManageSurvey", None, order)
        entry = (await driver.task("Task_EnterAnswer", instance=desk.instance, candidate="isesaki-korei")).variables
        assert (entry["question"], entry["askedBy"][:5]) == ("いつからできますか", "戦略推進課")
        assert (entry["concerned"], entry["person"], entry["wishes"]) == ("yes", "田村 由美", [])
        rated = entry["ratings"][0]
        assert (rated["rating"], rated["comment"], rated["reason"]) == ("adjust", "秋なら", "秋なら")


async def test_closing_early_names_who_is_missing_and_keeps_what_was_chosen(
    driver: EngineDriver, settings: Settings
) -> None:
    async with surveying(driver, settings) as (_, desk):
        await desk.complete("Task_ManageSurvey", None, {"action": "close"})
        asked = await driver.task(
            "Task_ManageSurvey", instance=desk.instance, where=lambda task: bool(task.variables["formError"])
        )
        assert asked.variables["action"] == "close"
        assert "高齢政策課" in asked.variables["formError"]
        assert "安心安全課" in asked.variables["formError"]
        assert len(driver.records.open_tasks("Task_AnswerSurvey", instance=desk.instance)) == 2
        await desk.complete("Task_ManageSurvey", None, {"closeAnyway": True})
        await driver.task("Task_DiscussResults", instance=desk.instance)


async def test_a_stopped_survey_leads_back_to_its_plan_as_it_was_typed(
    driver: EngineDriver, settings: Settings
) -> None:
    async with surveying(driver, settings) as (at_work, desk):
        await desk.complete("Task_AnswerSurvey", "isesaki-korei", _NOT_OURS)
        await desk.complete("Task_ManageSurvey", None, {"action": "stop"})
        plan = await driver.task("Task_PlanSurvey", instance=desk.instance)
        assert plan.variables["departmentCodes"] == ["korei", "anzen"]
        assert driver.records.open_tasks("Task_AnswerSurvey", instance=desk.instance) == []
        told = [mail.recipient for mail in await at_work.services.mails.list() if mail.kind == "survey-stopped"]
        assert len(told) == len(set(told)) == 2
