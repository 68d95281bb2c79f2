"""Years of agreements in all five cities on a broker of their own, and what must happen exactly once (ALL-5).

The clock jumps between the days that matter; what must come of every agreement is calculated from the specification.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.kit.bars import Bars
from tests.kit.broker import Broker
from tests.kit.decade import Decade
from tests.kit.desk import office
from tests.kit.driver import EngineDriver
from tests.kit.once import Once
from workers.settings import Settings

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture
def own_broker() -> Iterator[Broker]:
    """A broker whose clock goes years ahead: the run's other tests stay in their year."""
    with Broker() as running:
        yield running


@pytest.fixture
def own_driver(own_broker: Broker) -> Iterator[EngineDriver]:
    """A driver of it; what a test leaves is cancelled."""
    driver = EngineDriver(own_broker, timeout=120)
    try:
        yield driver
        driver.cancel_all()
    finally:
        driver.api.close()


@pytest.fixture
def own_settings(own_broker: Broker, tmp_path: Path) -> Settings:
    """Settings of a worker on it, with a registry of the test's own."""
    ports = own_broker.ports
    return Settings(
        data=tmp_path, gateway_address=own_broker.gateway, rest_address=own_broker.rest, health_port=ports.health
    )


async def test_a_year_of_the_five_cities(own_driver: EngineDriver, own_settings: Settings) -> None:
    """ALL-5, AGE-T1, ISE-T1, DAT-T1, D-5: terms, renewals, expiries, terminations and yearly procedures are right."""
    async with office(own_driver, own_settings) as at_work:
        years = await Decade.begin(at_work, days=366, count=10)
        await years.run()
        assert await years.faults() == []
        assert years.by_form > 0
        years.made = [replace(life, said=(), terminated=None) for life in years.made]
        assert await years.faults() != []  # the comparison sees what a notice changes


@pytest.mark.slow
@pytest.mark.timeout(3600)
async def test_ten_years_of_sixty_agreements(bars: Bars, own_driver: EngineDriver, own_settings: Settings) -> None:
    """ALL-5, ALL-6, D-3, D-4, D-5, D-7: notices, withdrawals, terminations, and projects that run over years.

    Each project is asked about by the yearly procedures exactly while it should be. Those are of the kit and have one
    task (``askedyears.yearly_that_asks``), with the packs' own jobs: a pack's whole year has dozens, and whether it
    asks for what the register names is shown by its scenarios. Days are skipped wherever nothing is due.
    """
    async with office(own_driver, own_settings) as at_work:
        years = await Decade.begin(at_work, days=3652, count=60)
        await years.run()
        faults = await years.faults()
        terms = sum([len(await _terms(years, life.id)) for life in years.made])
        bars.add(
            "十年",
            f"{len(years.made)} 協定の 10 年を実際のエンジンで（時計を {years.jumps} 回進める）",
            figure=f"期 {terms}、断った申出 {sum(years.refused.values())}、誤り {len(faults)}",
            bound="誤り 0",
            holds=not faults,
        )
        assert faults == []


async def _terms(years: Decade, agreement_id: str) -> list[int]:
    async with years.office.services.open_unit() as uow:
        return [term.number for term in (await uow.agreements.get(agreement_id)).terms if term.counts]


@pytest.mark.slow
async def test_one_instance_per_agreement_and_term_whatever_happens(
    own_driver: EngineDriver, own_settings: Settings, own_broker: Broker
) -> None:
    """ALL-5, DESIGN "Exactly once": published again, watch redeployed, outbox wiped, broker down, two workers."""
    async with office(own_driver, own_settings) as at_work:
        once = await Once.begin(at_work, agreements=6)

        # The start is published again after the engine has forgotten its message: with the case's own key the engine
        # starts nothing while the first instance lives, with another one the registry ends the second at once.
        await once.to_opening(0)
        case = await once.case(0)
        assert await once.start_again(case, case.id) == []
        (second,) = await once.start_again(case, "another")
        await own_driver.completed(second)
        assert own_driver.records.passed("EndEvent_AlreadyStarted", instance=second)
        assert await once.instances() == {0: 1}

        # The watch is deployed anew before and after its hour on the day.
        await once.to_opening(1, hour=5)
        await once.redeploy_watch("before")
        await once.to_opening(1)
        await once.redeploy_watch("after")
        await once.by_hand(1)
        assert await once.instances() == {0: 1, 1: 1}

        # The call for the instance is lost before it leaves.
        await once.to_opening(2, hour=5)
        assert await once.sweep_and_lose_the_call(2) == 1
        assert (await once.case(2)).process_instance_key is None
        await once.to_morning(1)
        assert await once.instances() == {0: 1, 1: 1, 2: 1}

        # Two workers sweep at once: one opens, the other finds it done.
        await once.to_opening(3, hour=5)
        ports = own_settings.model_copy(update={"health_port": 0, "port_offset": own_settings.port_offset + 9000})
        async with office(own_driver, ports):
            await once.by_hand(4)
            await once.to_opening(3)
        assert await once.instances() == {0: 1, 1: 1, 2: 1, 3: 1}

        # The broker is down over six mornings, the opening of two procedures among them.
        await once.to_opening(4, hour=5)
        await once.down_for(own_broker, timedelta(days=6, hours=2))
        await once.rest()
        assert await once.instances() == dict.fromkeys(range(6), 1)
        await once.to_morning(1)
        assert await once.instances() == dict.fromkeys(range(6), 1)
        assert own_driver.records.open_incidents() == []
