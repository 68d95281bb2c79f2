"""Every task that the diagrams can return was returned once in this run, and showed all that was typed (ALL-19)."""

from __future__ import annotations

import pytest

from tests.kit.desk import PACKS, office, scenario_files_of
from tests.kit.driver import EngineDriver
from tests.kit.returned import ReturnedInputs, tasks
from workers.readers.offerfile import read_offer
from workers.scenarios.player import CONFIRM_TASK, CONTROL_PROCESS
from workers.settings import Settings
from workers.usecases.open_case import file_case

pytestmark = pytest.mark.process


@pytest.mark.asyncio(loop_scope="session")
async def test_the_control_of_a_case_shows_again_what_was_typed(driver: EngineDriver, settings: Settings) -> None:
    """A wrong number is told; the reason stays while the clerk looks again, and nothing is done without a word."""
    await driver.deploy(scenario_files_of("isesaki"))
    async with office(driver, settings) as at_work:
        pack = at_work.services.packs.city("isesaki")
        path = min((PACKS / "isesaki" / "scenarios").glob("offer-*.toml"))
        async with at_work.services.open_unit() as uow:
            case_id = (await file_case(uow, pack, read_offer(path, pack, driver.clock.today()))).id
        case = await driver.start(pack.signing_process, {"caseId": case_id})
        await driver.passed(case, "Task_OpenCase")
        order = {
            "caseNumber": "isesaki-0",
            "caseAction": "stop",
            "caseReason": "担当が替わるため。",
            "tellPartner": "no",
        }
        control = await driver.start(CONTROL_PROCESS, order)
        refused = await driver.task(CONFIRM_TASK, instance=control)
        assert refused.variables["formError"]
        await driver.complete_task(refused, {**order, "caseNumber": case_id, "orderNext": "again"})
        shown = await driver.task(CONFIRM_TASK, instance=control)
        assert {**order, "caseNumber": case_id}.items() <= shown.variables.items()
        await driver.complete_task(shown, {**order, "caseNumber": case_id, "orderNext": "quit"})
        await driver.completed(control)
    assert driver.records.passed("EndEvent_NotDone", instance=control)
    assert not driver.records.passed("Task_Order", instance=control)


def test_the_run_returned_every_returnable_task_with_what_was_typed(returned_inputs: ReturnedInputs) -> None:
    """What each returned task showed is compared where a test completes it: see ``EngineDriver.complete_task``."""
    returnable = {name for name, task in tasks().items() if task.returnable}
    assert len(returnable) > 50
    assert sorted(returnable - returned_inputs.returned) == []
