"""Renewals that open a day apart, on a broker, with what goes wrong on the way (DESIGN "Exactly once")."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import delete, func, select

from tests.kit.broker import Broker
from tests.kit.decade import Decade
from tests.kit.desk import Office, starting_files
from tests.kit.specdates import ONE
from tests.kit.yearsahead import Made
from workers.adapters.registry.outbox_tables import engine_call
from workers.domain.entities import Case, CaseKind
from workers.domain.jst import JST
from workers.usecases.sweep import sweep_batch

_CITY = "asahikawa"
"""A city without a last day for notices before the expiry: a procedure opens a number of days before the end."""
_APART = 3
"""Days between two openings; the last two open on following days."""
_UNSENT = engine_call.c.sent_at.is_(None)


@dataclass
class Once(Decade):
    """A simulation of agreements that all renew; ``opens`` are the days on which their procedures begin."""

    opens: tuple[date, ...] = ()

    @classmethod
    async def begin(cls, office: Office, *, agreements: int) -> Once:  # type: ignore[override]  # other facts to begin with
        """Deploy everything and register the agreements."""
        first = office.driver.clock.today() + 2 * ONE
        before = office.services.packs.city(_CITY).renewal.opens_days_before
        days = [first + _APART * n * ONE for n in range(agreements - 1)]
        opens = (*days, days[-1] + ONE)
        made = [
            Made(
                id=f"{_CITY}-a{800 + number}",
                rule=_CITY,
                signed=first - 100 * ONE,
                starts=None,
                ends=day + before * ONE,
                says=True,
            )
            for number, day in enumerate(opens)
        ]
        self = cls(office=office, first=first, through=first + 400 * ONE, made=made, opens=opens)
        await self.prepare()
        return self

    async def to_opening(self, number: int, *, hour: int = 6) -> None:
        """Let time pass until a minute after an hour of the day on which a procedure opens.

        By way of the morning before: what the jump misses fires there, and not on the day itself before its hour.
        """
        before = datetime.combine(self.opens[number] - ONE, time(6, 1), JST)
        if self.driver.clock.now() < before:
            await self._until(before)
        await self._until(datetime.combine(self.opens[number], time(hour, 1), JST))

    async def to_morning(self, days: int) -> None:
        """Let time pass until after the watch so many days later."""
        await self._until(datetime.combine(self.driver.clock.today() + days * ONE, time(6, 1), JST))

    async def _until(self, moment: datetime) -> None:
        await self.driver.move_clock_to(moment)
        await self.rest()

    async def case(self, number: int) -> Case:
        """Return the one renewal of an agreement."""
        async with self.office.services.open_unit() as uow:
            (case,) = await uow.cases.of_agreement(self.made[number].id, kind=CaseKind.RENEWAL)
            return case

    async def start_again(self, case: Case, correlation_key: str) -> list[int]:
        """Publish a case's start once more, when the engine has forgotten the first; returns what it started."""
        records = self.driver.records

        def forgotten() -> bool:
            return all(message.expired for message in records.messages.values() if message.message_id == case.id)

        await self.driver.advance(timedelta(hours=2))
        await self.driver.reached(forgotten, what="the end of the message's life")
        message = await self.driver.publish(case.process_id, correlation_key, {"caseId": case.id}, id_=case.id)
        await self.rest()
        return message.correlated

    async def instances(self) -> dict[int, int]:
        """Count the instances at work by the agreement's place; nothing for those that are not open yet."""
        found: Counter[int] = Counter()
        for number, life in enumerate(self.made):
            async with self.office.services.open_unit() as uow:
                cases = await uow.cases.of_agreement(life.id, kind=CaseKind.RENEWAL)
            for case in cases:
                found[number] += self._instances(case)
        return dict(found)

    async def redeploy_watch(self, nonce: str) -> None:
        """Deploy the watch as a new version, which restarts its timer."""
        files = {path.name: path.read_bytes() for path in starting_files()}
        changed = {
            name: content.replace(b"</bpmn:definitions>", f"<!-- {nonce} --></bpmn:definitions>".encode())
            if name.endswith(".bpmn")
            else content
            for name, content in files.items()
        }
        await self.driver.deploy(changed)
        await self.rest()

    async def by_hand(self, times: int) -> None:
        """Start the watch by hand, all at once."""
        runs = await asyncio.gather(*(self.driver.start("common-renewal-watch") for _ in range(times)))
        for run in runs:
            await self.driver.completed(run)
        await self.rest()

    async def sweep_and_lose_the_call(self, number: int) -> int:
        """Sweep and lose the outbox's call for an instance within the transaction; returns how many were lost."""
        async with self.office.services.open_unit() as uow:
            report = await sweep_batch(uow, self.opens[number])
            assert report.opened == [self.made[number].id]
            lost = await uow._session.scalar(select(func.count()).select_from(engine_call).where(_UNSENT))
            await uow._session.execute(delete(engine_call).where(_UNSENT))
        return int(lost or 0)

    async def down_for(self, broker: Broker, delta: timedelta) -> None:
        """Stop the broker, let time pass, start it again."""
        await self.driver.settled()
        await asyncio.to_thread(broker.stop)
        broker.clock.offset += delta
        broker.launch()
        await asyncio.to_thread(broker.wait_ready)
