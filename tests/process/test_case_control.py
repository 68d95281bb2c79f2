"""The control of a case on a real broker, on its ways that no scenario takes (ALL-22)."""

from __future__ import annotations

import pytest

from tests.kit.desk import BrokerDesk, Office, office, scenario_files_of
from tests.kit.driver import EngineDriver
from workers.scenarios.player import CONFIRM_TASK, CONTROL_PROCESS
from workers.settings import Settings
from workers.trial.happened import State

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]
_START = {
    "name": "株式会社あおぞら",
    "representative": "代表取締役 青空 太郎",
    "contact": "総務部 山田 花子",
    "email": "yamada@aozora.example",
    "origin": "partner",
}
_ORDER = {"caseAction": "stop", "caseReason": "二重に始めたため。", "tellPartner": "no"}


async def _waiting_case(at_work: Office) -> BrokerDesk:
    """Return a desk with a case that waits for its offer."""
    city = at_work.services.packs.city("isesaki")
    desk = BrokerDesk(at_work.driver)
    await desk.start(city.signing_process, _START)
    await at_work.driver.task("Task_SubmitOffer", instance=desk.instance)
    return desk


async def test_what_cannot_be_done_comes_back_with_what_was_typed(driver: EngineDriver, settings: Settings) -> None:
    """A wrong number, a number changed at the last moment, a first step, a quit: the case stays as it was."""
    await driver.deploy(scenario_files_of("isesaki"))
    async with office(driver, settings) as at_work:
        desk = await _waiting_case(at_work)
        case_id = driver.variables(desk.instance)["caseId"]
        wrong = {**_ORDER, "caseNumber": "isesaki-1999-0001"}
        control = await driver.start(CONTROL_PROCESS, wrong)
        task = await driver.task(CONFIRM_TASK, instance=control)
        assert "isesaki-1999-0001 という案件はありません" in task.variables["formError"]
        assert task.candidate_groups == [at_work.services.packs.city("isesaki").office.group]
        assert {key: task.variables[key] for key in wrong} == wrong

        right = {**_ORDER, "caseNumber": case_id}
        await driver.complete_task(task, {**right, "orderNext": "again"})
        task = await driver.task(CONFIRM_TASK, instance=control)
        assert (task.variables["formError"], task.variables["steps"]) == (None, [])
        assert "株式会社あおぞら" in task.variables["orderText"]

        await driver.complete_task(task, {**right, "caseNumber": "isesaki-1999-0001", "orderNext": "run"})
        task = await driver.task(CONFIRM_TASK, instance=control)
        assert "という案件はありません" in task.variables["formError"]

        back = {"caseNumber": case_id, "caseAction": "back", "caseReason": "直すため。"}
        await driver.complete_task(task, {**back, "orderNext": "again"})
        task = await driver.task(CONFIRM_TASK, instance=control)
        await driver.complete_task(task, {**back, "stepChoice": "1:1", "orderNext": "run"})
        await driver.passed(control, "Flow_NotBack")
        task = await driver.task(CONFIRM_TASK, instance=control)
        assert "手順が進んだため" in task.variables["formError"]

        await driver.complete_task(task, {**back, "orderNext": "quit"})
        await driver.completed(control)
        assert driver.records.passed("EndEvent_NotDone", instance=control)
        assert driver.records.instances[desk.instance].state is State.ACTIVE
        async with at_work.services.open_unit() as uow:
            assert (await uow.cases.get(case_id)).outcome is None
