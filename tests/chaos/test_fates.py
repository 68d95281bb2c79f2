"""What becomes of a job whose handler fails, on a real broker: an error of the diagram, retries, an incident."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.chaos.at_work import at_work, one_task
from tests.kit.driver import EngineDriver
from workers.errors import BusinessError, PermanentError, RetryableError
from workers.jobs.catalog import JobInput
from workers.runtime import jobrunner, outcomes
from workers.settings import Settings
from workers.usecases.ports import UnitOfWork

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]


async def test_a_business_error_takes_the_path_that_the_diagram_draws(driver: EngineDriver, settings: Settings) -> None:
    async def refuse(_job: JobInput, _uow: UnitOfWork) -> dict[str, Any]:
        raise BusinessError("refused", "期限の日付ではありません")

    await driver.deploy(one_task("fate-error", "fate-error"))
    async with at_work(driver, settings, fate_error=refuse):
        instance = await driver.start("fate-error")
        await driver.completed(instance)
    assert driver.records.passed("Given_Up", instance=instance)


async def test_a_permanent_error_is_an_incident_with_its_words_and_goes_on_when_it_is_resolved(
    driver: EngineDriver, settings: Settings
) -> None:
    broken = True

    async def work(_job: JobInput, _uow: UnitOfWork) -> dict[str, Any]:
        if broken:
            raise PermanentError("ひな形 offer がありません")
        return {}

    await driver.deploy(one_task("fate-permanent", "fate-permanent"))
    async with at_work(driver, settings, fate_permanent=work):
        instance = await driver.start("fate-permanent")
        incident = await driver.incident(instance)
        assert incident.message == "ひな形 offer がありません"
        broken = False
        await driver.resolve(incident)
        await driver.completed(instance)


async def test_an_unknown_exception_is_retried_after_a_pause_and_its_text_stays_out_of_the_engine(
    driver: EngineDriver, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcomes, "_BACK_OFF_BASE_SECONDS", 0.4)
    attempts: list[float] = []

    async def work(_job: JobInput, _uow: UnitOfWork) -> dict[str, Any]:
        attempts.append(time.monotonic())
        raise KeyError("山田太郎")

    await driver.deploy(one_task("fate-unknown", "fate-unknown", retries=2))
    async with at_work(driver, settings, fate_unknown=work):
        instance = await driver.start("fate-unknown")
        incident = await driver.incident(instance)
    assert "予期しない誤り" in incident.message
    assert "山田" not in incident.message
    assert len(attempts) == 2
    assert attempts[1] - attempts[0] >= 0.2


async def test_a_passing_fault_is_tried_until_it_has_passed(
    driver: EngineDriver, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcomes, "_BACK_OFF_BASE_SECONDS", 0.2)
    monkeypatch.setattr(jobrunner, "_SECOND_TRY_SECONDS", 0.01)
    attempts = 0

    async def work(_job: JobInput, _uow: UnitOfWork) -> dict[str, Any]:
        nonlocal attempts
        attempts += 1
        if attempts < 4:
            raise RetryableError("混み合っています")
        return {}

    await driver.deploy(one_task("fate-passing", "fate-passing"))
    async with at_work(driver, settings, fate_passing=work):
        await driver.completed(await driver.start("fate-passing"))
    assert attempts == 4


async def test_an_integer_that_the_engine_cannot_take_becomes_an_incident(
    driver: EngineDriver, settings: Settings
) -> None:
    async def work(_job: JobInput, _uow: UnitOfWork) -> dict[str, Any]:
        return {"huge": 2**70}

    await driver.deploy(one_task("fate-huge", "fate-huge"))
    async with at_work(driver, settings, fate_huge=work):
        incident = await driver.incident(await driver.start("fate-huge"))
    assert "エンジンが受け付けませんでした" in incident.message
