"""An engine whose data was wiped gives out the same keys again; no job gets another one's result."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from datetime import timedelta
from functools import partial
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

KEYS_FROM = (1 << 51) + 150
"""The keys of a partition begin at its number times 2**51; a start of the engine and of a worker takes some tens."""
LIVES_AT_MOST = 5
"""A poll between two steps moves the keys; then the engine begins anew."""


async def echo(job: JobInput, _uow: UnitOfWork) -> dict[str, Any]:
    return {"echoed": job.variables["number"]}


async def use_keys(driver: EngineDriver) -> None:
    """Use the engine's keys up to ``KEYS_FROM``, so that what follows gets the same ones in each life.

    A worker's polls use keys, too, and a worker that runs on polls as often as it likes before the first step.
    """
    while await asyncio.to_thread(driver.api.publish, "nobody-waits", "nobody", {}, ttl=timedelta()) < KEYS_FROM:
        pass


@pytest.mark.parametrize("restarted", [True, False], ids=["worker-restarted", "worker-running"])
async def test_a_wiped_engines_keys_do_not_bring_back_old_results(
    restarted: bool,  # noqa: FBT001 (a parameter of the test)
    settings: Settings,
    bars: Bars,
) -> None:
    keys: list[tuple[int, ...]] = []
    echoed = []
    with Broker() as broker:
        driver = EngineDriver(broker)
        own = settings.model_copy(update={"gateway_address": broker.gateway, "rest_address": broker.rest})
        work = partial(at_work, driver, own, wiped_echo=echo)
        async with nullcontext() if restarted else work():
            for number in range(1, LIVES_AT_MOST + 1):
                async with work() if restarted else nullcontext():
                    await use_keys(driver)
                    await driver.deploy(one_task("wiped-echo", "wiped-echo"))
                    instance = await driver.start("wiped-echo", {"number": number})
                    await driver.completed(instance)
                    keys.append((instance, *(job.key for job in broker.records.jobs.values())))
                    echoed.append(driver.variables(instance)["echoed"])
                if keys[-1] in keys[:-1]:
                    break
                await broker.begin_anew()
        driver.api.close()
    bars.add(
        "鍵の重複",
        f"エンジンのデータを消し、同じ番号のジョブを処理する（ワーカーは{'再起動' if restarted else '動いたまま'}）",
        figure=f"同じ鍵が{'出た' if keys[-1] in keys[:-1] else '出ない'}、結果は {' と '.join(map(str, echoed))}",
        bound="同じ鍵が出て、結果は自分のもの",
        holds=keys[-1] in keys[:-1] and echoed == list(range(1, len(keys) + 1)),
    )
