"""Edges of the signing flow on a real broker: double starts, lone starts, answers that do not count."""

from __future__ import annotations

import pytest

from tests.kit.desk import PACKS, BrokerDesk, Office, office, pack_files
from tests.kit.driver import EngineDriver
from workers.domain.entities import AnswerStatus, TargetStatus
from workers.readers.offerfile import read_offer
from workers.settings import Settings
from workers.usecases.open_case import file_case

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]
_PROPOSAL = {
    "notGovernment": "yes",
    "sharedGoal": "yes",
    "dialogue": "yes",
    "partnerCheck": "none",
    "projectsCheck": "none",
}
_PERSON = {"person": "田村 由美", "contact": "内線 2311"}


async def test_personal_data_of_the_start_form_leaves_the_variables(driver: EngineDriver, settings: Settings) -> None:
    """The job that records the consultation nulls what it has recorded."""
    await driver.deploy(pack_files("common", "isesaki"))
    form = {
        "name": "株式会社ためし",
        "representative": "代表取締役 試 太郎",
        "contact": "試 花子",
        "email": "hanako@tameshi.example",
        "phone": "0270-00-0000",
        "origin": "partner",
    }
    async with office(driver, settings):
        instance = await driver.start("isesaki-signing", form)
        await driver.task("Task_SubmitOffer", instance=instance)
        left = {name: value for name, value in driver.variables(instance).items() if name in form and value}
    assert left == {"origin": "partner"}


async def test_an_answer_after_the_office_answered_on_behalf_is_kept_and_does_not_count(
    driver: EngineDriver, settings: Settings
) -> None:
    """The office's answer for a department wins; what the department sends later is kept beside it."""
    await driver.deploy(pack_files("common", "isesaki"))
    async with office(driver, settings) as at_work:
        desk, case_id = await _surveyed(at_work, ["korei", "anzen"])
        await driver.complete(
            "Task_ManageSurvey", {"action": "on-behalf", "targetDepartment": "korei"}, instance=desk.instance
        )
        yes = {"concerned": "yes", "ratings": [{"number": 1, "rating": "feasible", "comment": "進めたい"}], **_PERSON}
        await driver.complete("Task_EnterAnswer", yes, instance=desk.instance)
        await driver.settled()
        no = {"concerned": "no", **_PERSON}
        await driver.complete("Task_AnswerSurvey", no, instance=desk.instance, candidate="isesaki-korei")
        await driver.settled()
        async with at_work.services.open_unit() as uow:
            (survey,) = await uow.surveys.of_case(case_id)
        answers = [(answer.status, answer.on_behalf) for answer in survey.answers]
        assert answers == [(AnswerStatus.VALID, True), (AnswerStatus.SECOND, False)]
        await driver.complete("Task_AnswerSurvey", no, instance=desk.instance, candidate="isesaki-anzen")
        await driver.task("Task_DiscussResults", instance=desk.instance)


async def test_an_extension_moves_the_due_dates_of_open_tasks(driver: EngineDriver, settings: Settings) -> None:
    """Changing a variable moves no due date: the extension's engine call does (ALL-1)."""
    await driver.deploy(pack_files("common", "isesaki"))
    async with office(driver, settings) as at_work:
        desk, case_id = await _surveyed(at_work, ["korei", "anzen"])
        before = (await driver.task("Task_AnswerSurvey", instance=desk.instance)).due_date
        await driver.complete(
            "Task_ManageSurvey", {"action": "extend", "newDueOn": "2099-04-01"}, instance=desk.instance
        )
        moved = await driver.task(
            "Task_AnswerSurvey", instance=desk.instance, where=lambda task: task.due_date != before
        )
        async with at_work.services.open_unit() as uow:
            (survey,) = await uow.surveys.of_case(case_id)
    assert str(moved.due_date).startswith("2099-04-01")
    assert survey.due_on.isoformat() == "2099-04-01"


async def test_closing_leaves_a_department_without_an_answer_on_record(
    driver: EngineDriver, settings: Settings
) -> None:
    """Early closing: open tasks disappear, who did not answer is named so (ALL-1)."""
    await driver.deploy(pack_files("common", "isesaki"))
    async with office(driver, settings) as at_work:
        desk, case_id = await _surveyed(at_work, ["korei", "anzen"])
        await driver.complete("Task_ManageSurvey", {"action": "close", "closeAnyway": True}, instance=desk.instance)
        await driver.task("Task_DiscussResults", instance=desk.instance)
        assert driver.records.open_tasks("Task_AnswerSurvey", instance=desk.instance) == []
        async with at_work.services.open_unit() as uow:
            (survey,) = await uow.surveys.of_case(case_id)
    assert {target.status for target in survey.targets} == {TargetStatus.UNANSWERED}


async def _filed_case(at_work: Office) -> str:
    city = at_work.services.packs.city("isesaki")
    path = PACKS / "isesaki" / "scenarios" / "offer-mimamori.toml"
    async with at_work.services.open_unit() as uow:
        return (await file_case(uow, city, read_offer(path, city, at_work.driver.clock.today()))).id


async def _surveyed(at_work: Office, departments: list[str]) -> tuple[BrokerDesk, str]:
    """Return a case whose survey of these departments is open."""
    desk = BrokerDesk(at_work.driver)
    case_id = await _filed_case(at_work)
    await desk.start("isesaki-signing", {"caseId": case_id})
    await desk.complete("Task_CheckRequirements", None, _PROPOSAL)
    await desk.complete("Task_PlanSurvey", None, {"departmentCodes": departments})
    await at_work.driver.task("Task_ManageSurvey", instance=desk.instance)
    for _ in departments:
        await at_work.driver.task("Task_AnswerSurvey", instance=desk.instance)
    await at_work.driver.settled()
    return desk, case_id
