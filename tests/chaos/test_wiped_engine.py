"""An engine whose data was wiped gives out the same keys again; no job gets another one's result."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chaos.at_work import at_work, one_task
from tests.kit.bars import Bars
from tests.kit.broker import Broker
from tests.kit.driver import EngineDriver
from workers.jobs.catalog import JobInput
from workers.settings import Settings
from workers.usecases.ports import UnitOfWork

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]


async def echo(job: JobInput, _uow: UnitOfWork) -> dict[str, Any]:
    return {"echoed": job.variables["number"]}


@pytest.mark.parametrize("restarted", [True, False], ids=["worker-restarted", "worker-running"])
async def test_a_wiped_engines_keys_do_not_bring_back_old_results(
    restarted: bool,  # noqa: FBT001 (a parameter of the test)
    settings: Settings,
    bars: Bars,
) -> None:
    keys, echoed = [], []
    with Broker() as broker:
        driver = EngineDriver(broker)
        own = settings.model_copy(update={"gateway_address": broker.gateway, "rest_address": broker.rest})

        async def once(number: int) -> None:
            await driver.deploy(one_task("wiped-echo", "wiped-echo"))
            instance = await driver.start("wiped-echo", {"number": number})
            await driver.completed(instance)
            keys.append((instance, *(job.key for job in broker.records.jobs.values())))
            echoed.append(driver.variables(instance)["echoed"])

        if restarted:
            for number in (1, 2):
                async with at_work(driver, own, wiped_echo=echo):
                    await once(number)
                if number == 1:
                    await broker.begin_anew()
        else:
            async with at_work(driver, own, wiped_echo=echo):
                await once(1)
                await broker.begin_anew()
                await once(2)
        driver.api.close()
    bars.add(
        "鍵の重複",
        f"エンジンのデータを消し、同じ番号のジョブを処理する（ワーカーは{'再起動' if restarted else '動いたまま'}）",
        figure=f"同じ鍵が{'出た' if keys[0] == keys[1] else '出ない'}、結果は {echoed[0]} と {echoed[1]}",
        bound="同じ鍵でも、結果は 1 と 2",
        holds=echoed == [1, 2],
    )
