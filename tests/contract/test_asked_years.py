"""Ten years of sixty agreements in the registry: each project is asked about exactly while it should be (ALL-6).

Their projects run over years, end in mid-year, are called off or never end; the agreements renew, expire, are given
notice of and terminated. ``tests.kit.askedyears`` calculates from the specification; the same runs on the real engine
in ``tests/process/test_renewal_years.py``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from tests.kit.askedyears import Plan, must_be_asked, plans
from tests.kit.lives import CITIES, cycles, lives, moments, spoken
from tests.kit.registry import registry_at
from tests.kit.terms import Terms
from tests.kit.work import load_activities, record_activities
from tests.kit.yearsahead import Made
from workers.domain.activityyears import OPEN
from workers.domain.agreements import Activity, ActivityStatus, AgreementEnd
from workers.domain.cities import City
from workers.domain.deadlines import reported_year
from workers.domain.entities import Case, CaseKind
from workers.domain.jst import JST
from workers.domain.renewal import unwatch
from workers.errors import InputError
from workers.usecases.ports import UnitOfWork

pytestmark = pytest.mark.asyncio
FIRST = date(2026, 12, 1)
THROUGH = FIRST + timedelta(days=3652)


class _Register:
    """The agreements, their projects and what was asked about them."""

    def __init__(self, terms: Terms, made: list[Made]) -> None:
        self.terms = terms
        self.made = made
        self.plans: dict[str, list[Plan]] = {}
        self.asked: dict[str, dict[str, list[str]]] = defaultdict(dict)

    async def sign(self) -> None:
        """Register every agreement with its projects, planned."""
        self.terms.on(FIRST)
        for turn, life in enumerate(self.made):
            number = int(life.id.rpartition("-a")[2])
            await self.terms.sign(life.rule, life.signed, number=number, ends=life.ends, renews=life.says)
            self.plans[life.id] = plans(life, FIRST, turn)
            async with self.terms.unit() as uow:
                for plan in self.plans[life.id]:
                    await uow.activities.add(
                        Activity(agreement_id=life.id, case_id=None, fiscal_year=plan.year, field=1, title=plan.title)
                    )
                await uow.commit()

    async def live(self) -> None:
        """Sweep in the morning of every day on which something is due, and let happen at noon what the lives say."""
        for day in self._days():
            report = await self.terms.sweep(day)
            if report.cycles:
                await self._ask(day, set(report.cycles))
            for life in self.made:
                if life.terminated == day or any(day in (said.entered, said.withdrawn) for said in life.said):
                    await self._happen(life, day)

    def _days(self) -> Iterator[date]:
        due = {moment.date() for life in self.made for moment in moments(life, self._city(life.rule), THROUGH)}
        openings = {self._city(code).cycle.opens for code in CITIES}
        due |= {date(year, *opens) for year in range(FIRST.year, THROUGH.year + 1) for opens in openings}
        yield from sorted(day for day in due if FIRST < day <= THROUGH)

    def _city(self, code: str) -> City:
        return self.terms.unit().cities.city(code)

    async def _ask(self, day: date, opened: set[str]) -> None:
        """Do the yearly procedures that opened: read whom to ask about, answer truly, close."""
        async with self.terms.unit() as uow:
            for life in (life for life in self.made if life.id in opened):
                for case in await self._cases(uow, life):
                    if case.period in self.asked[life.id]:
                        continue
                    year = reported_year(self._city(life.rule).cycle, int(case.period))
                    rows = (await load_activities(uow, case.id, year=year))["activities"]
                    rows = [r for r in rows if ActivityStatus(r["status"]) in OPEN and r["agreementId"] == life.id]
                    self.asked[life.id][case.period] = sorted(row["title"] for row in rows)
                    known = {plan.title: plan for plan in self.plans[life.id]}
                    answers = [{"id": r["id"], "title": r["title"], **known[r["title"]].answer(day)} for r in rows]
                    await record_activities(uow, case.id, answers, year=year)
                    case.process_instance_key, case.engine_id, case.closed_on = 1, "test", day
            await uow.commit()

    async def _cases(self, uow: UnitOfWork, life: Made) -> list[Case]:
        """Return the yearly procedures that ask about an agreement: its own, or the newest of its whole city."""
        if not self._city(life.rule).cycle.together:
            return await uow.cases.of_agreement(life.id, kind=CaseKind.ANNUAL)
        every = await uow.cases.all(city=life.rule)
        return [case for case in every if case.kind is CaseKind.ANNUAL and case.opened_on == uow.clock.today()]

    async def _happen(self, life: Made, day: date) -> None:
        noon = datetime.combine(day, time(12, 0), JST)
        self.terms.on(day, hour=12)
        for said in life.said:
            with suppress(InputError):  # one that came too late
                if next(spoken(said)) == noon:
                    await self.terms.notice(life.id, said.received)
                if said.withdrawn == day and await self.terms.notices(life.id):
                    await self.terms.withdraw(life.id, day, "renew" if said.renew else "expire", "決めた")
        if life.terminated == day:
            async with self.terms.unit() as uow:
                agreement = await uow.agreements.get(life.id, lock=True)
                agreement.ended_on, agreement.end = day, AgreementEnd.TERMINATED
                unwatch(uow.cities.city(life.rule), agreement)
                await uow.commit()

    def faults(self) -> list[str]:
        """Return where what was asked is not as calculated."""
        found = []
        for life in self.made:
            city = self._city(life.rule)
            periods = cycles(life, city, FIRST, THROUGH)
            must = must_be_asked(self.plans[life.id], city, periods)
            if must != self.asked[life.id]:
                found.append(f"{life}: asked {self.asked[life.id]}, must be {must}")
        return found


@pytest.mark.parametrize("count", [15, pytest.param(60, marks=[pytest.mark.slow, pytest.mark.timeout(1200)])])
async def test_each_project_is_asked_about_exactly_while_it_should_be(
    database_url: str, tmp_path: Path, count: int
) -> None:
    if not database_url.startswith("sqlite"):
        pytest.skip("the rules are Python's; one database is enough for ten years")
    async with registry_at(database_url, tmp_path) as registry:
        register = _Register(Terms(registry), lives(FIRST, THROUGH, count))
        await register.sign()
        await register.live()
        assert register.faults() == []
        asked = [titles for years in register.asked.values() for titles in years.values()]
        assert sum(map(len, asked)) > 12 * count
        # The comparison sees a project that ended earlier, and an agreement that did.
        longest = sorted(register.made, key=lambda life: len(register.asked[life.id]))[-2:]
        plan = register.plans[longest[0].id]
        plan[2] = replace(plan[2], over=FIRST)
        register.made = [
            replace(life, said=(), terminated=FIRST + timedelta(days=200)) if life is longest[1] else life
            for life in register.made
        ]
        assert len(register.faults()) == 2
