"""Bar B7: 10,000 made agreements through two years of mornings missed and mornings repeated, in the machine's zone.

The sweep, the instances' jobs, notices and withdrawals run on a registry in memory with the production clock, whose
source of time is moved. What must come out is calculated from ``specdates``. Run as a program it prints one JSON
object; the zone is that of the environment (``TZ``).
"""

from __future__ import annotations

import asyncio
import heapq
import json
import random
import sys
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from functools import cache
from typing import Any

from sqlalchemy.orm import clear_mappers

from tests.kit import specdates
from tests.kit.memory import MemoryUnit
from tests.kit.samples import CITY
from tests.kit.specdates import ONE, Rule
from workers import wiring
from workers.domain.agreements import Agreement, Notice, Side
from workers.domain.cities import City, MailRule, RenewalRule, TermRule, TermRuleKind
from workers.domain.entities import CaseKind, Partner
from workers.domain.renewal import renewal_plan, watch
from workers.domain.terms import first_term
from workers.errors import InputError
from workers.usecases import notices, renewals
from workers.usecases.sweep import SweepReport, complete_sweep, sweep_batch

FIRST, LAST = date(2027, 1, 4), date(2028, 12, 28)
SEED = 20260401
_OPENS, _REMIND, _TELL = 60, 20, 3
_KINDS = {
    "fiscal": TermRuleKind.END_OF_NEXT_FISCAL_YEAR,
    "march": TermRuleKind.NEXT_MARCH_31,
    "years": TermRuleKind.YEARS,
    "written": TermRuleKind.AGREED,
}
RULES = {
    **specdates.CITIES,
    "clear": Rule(first="march", clear=True),
    "firstday": Rule(first="years", years=3, first_day_counts=True, notice=False, renewal=3),
    "once": Rule(first="fiscal", again=False),
    "twice": Rule(first="written", renewal=2),
}
"""The five cities' rules and what else a pack may say."""
_EDGES = ((1, 31), (2, 27), (2, 28), (3, 1), (3, 30), (3, 31), (4, 1), (4, 30), (12, 31), (1, 1))


@dataclass(frozen=True, kw_only=True)
class Said:
    """A notice: when it arrived, was entered, and was withdrawn; ``renew``: what the office then decided."""

    received: date
    entered: date
    withdrawn: date | None = None
    renew: bool = False


@dataclass(frozen=True, kw_only=True)
class Made:
    """An agreement and what happens to it; ``terminated``: the day on which it is ended before its term."""

    id: str
    rule: str
    signed: date
    starts: date | None
    ends: date | None
    says: bool | None
    said: tuple[Said, ...] = ()
    terminated: date | None = None


@dataclass(kw_only=True)
class Expected:
    """What must have come of an agreement: the days of its terms, when each renewal is due, its end."""

    terms: list[tuple[date, date]] = field(default_factory=list)
    decided: dict[int, date] = field(default_factory=dict)
    quiet: set[int] = field(default_factory=set)
    ended: date | None = None


@cache
def expected(made: Made, through: date = LAST) -> Expected:
    """Calculate the outcome up to and including a day."""
    rule, result = RULES[made.rule], Expected()
    start = made.starts or made.signed
    end: date | None = specdates.first_end(rule, made.signed, starts=made.starts, ends=made.ends)
    while end is not None:
        number = len(result.terms) + 1
        result.terms.append((start, end))
        last = specdates.last_notice_day(rule, end)
        following = specdates.next_end(rule, number, end, says=made.says)
        heard = [said for said in made.said if start <= said.received <= last] if following else []
        if not heard:
            result.quiet.add(number)
        blocked = following is None or any(not said.renew for said in heard)
        if made.terminated is not None and made.terminated <= (end if blocked else last):
            result.ended = made.terminated if made.terminated <= through else None
            break
        if blocked:
            result.ended = end if end < through else None
            break
        if last >= through:
            break
        result.decided[number] = last + ONE
        start, end = end + ONE, following
    return result


def make(count: int, seed: int = SEED) -> list[Made]:
    """Return agreements of every rule, many of them signed or ending on the days where calendars trip."""
    draw = random.Random(seed)  # noqa: S311 (a repeatable schedule, not a secret)
    codes = list(RULES)
    return [_made(draw, f"{codes[n % len(codes)]}-a{n:05d}", codes[n % len(codes)]) for n in range(count)]


def _made(draw: random.Random, number: str, code: str) -> Made:
    rule = RULES[code]
    starts = ends = None
    if rule.first == "years":
        signed = _day(draw, 2024, 2025)
    elif rule.first == "written":
        signed = _day(draw, 2023, 2027)
    else:
        signed = _day(draw, 2025, 2027)
    if draw.random() < 0.15:
        starts = signed + timedelta(days=draw.choice([0, 1, 30, 90]))
    if rule.first == "written" or draw.random() < 0.1:
        ends = max(_day(draw, 2027, 2028), FIRST, (starts or signed) + ONE)
    says = draw.choice([None, None, None, True, True, False]) if rule.first == "written" else None
    if rule.first != "written" and draw.random() < 0.05:
        says = draw.choice([True, False])
    plain = Made(id=number, rule=code, signed=signed, starts=starts, ends=ends, says=says)
    return replace(plain, said=_said(draw, plain)) if draw.random() < 0.3 else plain


def _day(draw: random.Random, first: int, last: int) -> date:
    year = draw.randint(first, last)
    if draw.random() < 0.4:
        month, day = draw.choice(_EDGES)
        return date(year, month, day)
    if year % 4 == 0 and draw.random() < 0.2:
        return date(year, 2, 29)
    return date(year, 1, 1) + timedelta(days=draw.randrange(365))


def _said(draw: random.Random, made: Made) -> tuple[Said, ...]:
    """Return a notice of one of the terms, around its last day, often entered later than it arrived."""
    outcome = expected(made)
    number = draw.randrange(len(outcome.terms))
    start, end = outcome.terms[number]
    last = specdates.last_notice_day(RULES[made.rule], end)
    received = last + timedelta(days=draw.choice([-40, -10, -3, -1, 0, 0, 0, 1, 1, 2]))
    received = min(max(received, start, FIRST), LAST)
    entered = min(received + timedelta(days=draw.choice([0, 0, 1, 2, 5, 12, 40])), LAST)
    if draw.random() < 0.4 and received <= last and entered <= end:
        withdrawn = entered + timedelta(days=draw.randint(0, (end - entered).days))
        if withdrawn <= LAST:
            return (Said(received=received, entered=entered, withdrawn=withdrawn, renew=draw.random() < 0.6),)
    return (Said(received=received, entered=entered),)


def mornings(seed: int = SEED) -> list[date]:
    """Return the days on which the watch runs: single days are missed, and now and then weeks."""
    draw = random.Random(seed + 1)  # noqa: S311 (a repeatable schedule, not a secret)
    days, day = [], FIRST
    while day < LAST:
        if draw.random() < 0.01:
            day += timedelta(days=draw.randint(4, 40))
        elif draw.random() < 0.1:
            day += ONE
        days.append(min(day, LAST))
        day += ONE
    return sorted({*days, LAST})


class _Moved(datetime):
    """``datetime`` with a source of time that the simulation moves."""

    moment = 0.0

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # a plain datetime, as from the original
        return datetime.fromtimestamp(cls.moment, tz)

    @classmethod
    def set(cls, day: date, seconds: int) -> None:
        """Set the time to so many seconds after a Japanese midnight."""
        cls.moment = (day.toordinal() - date(1970, 1, 1).toordinal()) * 86400 + seconds - 9 * 3600


def cities() -> list[City]:
    """Return a city per rule."""
    return [
        replace(
            CITY,
            code=code,
            term=TermRule(
                kind=_KINDS[rule.first],
                years=rule.years or None,
                first_day_counts=rule.first_day_counts,
                notice_months=1 if rule.notice else None,
                notice_clear_month=rule.clear,
                renewal_years=rule.renewal,
                repeat=rule.again,
            ),
            renewal=RenewalRule(opens_days_before=_OPENS, remind_before=_REMIND, tell_after=_TELL),
            # No office is simulated that could see a mail before it leaves.
            mails={name: MailRule(title=name, review=False) for name in renewals.OCCASIONS.values()},
        )
        for code, rule in RULES.items()
    ]


def has_instance(number: str, term: int) -> bool:
    """Whether the engine starts the renewal's instance (else it got lost before its first job)."""
    return sum(number.encode()) % 2 == term % 2


def does_its_step(number: str, term: int, step: str) -> bool:
    """Whether the instance still lives at a step."""
    return sum(f"{number}{term}{step}".encode()) % 5 != 0


class Years:
    """The simulation."""

    def __init__(self, agreements: list[Made], swept: list[date]) -> None:
        self.made = {entry.id: entry for entry in agreements}
        self.swept = swept
        self.unit: Any = MemoryUnit(wiring.SystemClock(), cities())
        self.renewed_on: dict[tuple[str, int], list[date]] = defaultdict(list)
        self.faults: list[str] = []
        self.refused: Counter[str] = Counter()
        self._counting: dict[str, int] = {}
        self._instances: list[tuple[date, int, str, str]] = []

    async def run(self) -> None:
        """Play every day from ``FIRST`` to ``LAST``."""
        by_day: dict[date, list[tuple[str, Said, str]]] = defaultdict(list)
        new: dict[date, list[Made]] = defaultdict(list)
        for made in self.made.values():
            new[max(made.signed, FIRST)].append(made)
            for said in made.said:
                by_day[said.entered].append((made.id, said, "entered"))
                if said.withdrawn:
                    by_day[said.withdrawn].append((made.id, said, "withdrawn"))
        swept, day = set(self.swept), FIRST
        while day <= LAST:
            _Moved.set(day, 600)
            await self._timers(day)
            for made in new[day]:
                self._sign(made)
            if day in swept:
                await self._sweep(day)
            for number, said, what in by_day[day]:
                _Moved.set(day, 86399 if said.received == said.entered else 5)
                await self._speak(number, said, what)
            day += ONE

    def _sign(self, made: Made) -> None:
        city = self.unit.cities.city(made.rule)
        agreement = Agreement(
            id=made.id,
            case_id=None,
            city=made.rule,
            kind="comprehensive",
            title=made.id,
            signed_on=made.signed,
            parties=[],
            fields=[1],
            partner=Partner(name="相手", representative="", contact="", email="a@example.jp"),
            renews=made.says,
        )
        agreement.terms.append(first_term(city.term, made.signed, starts_on=made.starts, ends_on=made.ends))
        watch(city, agreement, self.unit.clock.today())
        self.unit.agreements.put(agreement)
        self._counting[made.id] = 1

    async def _sweep(self, day: date) -> None:
        for seconds in (6 * 3600, 8 * 3600 + 3599) if day.day % 9 == 0 else (6 * 3600,):
            _Moved.set(day, seconds)
            on, after = self.unit.clock.today(), ""
            while True:
                report = await sweep_batch(self.unit, on, after=after)
                self._look(day)
                await self._start(day, report)
                after = report.last_id
                if not after:
                    await complete_sweep(self.unit, on, report)
                    break
            if seconds > 6 * 3600 and (report.opened or report.renewed or report.expired):
                self.faults.append(f"{day}: a second run did {report.as_json()}")
            self.faults.extend(f"{day}: {number} failed: {why}" for number, why in report.failed.items())

    async def _start(self, day: date, report: SweepReport) -> None:
        """Let the engine start instances of the procedures that were opened."""
        for number in report.opened:
            agreement = await self.unit.agreements.get(number)
            term = agreement.current_term
            case = await self.unit.cases.procedure(number, CaseKind.RENEWAL, str(term.number + 1))
            if case is None or term.expires_on < day or not has_instance(number, term.number):
                continue
            case.process_instance_key, case.engine_id = 1, "test"
            plan = renewal_plan(self.unit.cities.city(agreement.city), term)
            for step, on in (("decide", plan.decide_on), ("tell", plan.tell_on), ("expire", plan.over_on)):
                if on > day:
                    if not does_its_step(number, term.number, step):
                        break  # the instance is lost from here on
                    heapq.heappush(self._instances, (on, len(self._instances), case.id, step))

    async def _timers(self, day: date) -> None:
        while self._instances and self._instances[0][0] <= day:
            _, _, case_id, step = heapq.heappop(self._instances)
            if step == "decide":
                await renewals.decide_renewal(self.unit, case_id)
            elif step == "tell":
                await renewals.tell(self.unit, case_id, "renewed")
            else:
                await renewals.settle_expiry(self.unit, case_id)
            self._look(day)

    async def _speak(self, number: str, said: Said, what: str) -> None:
        try:
            if what == "entered":
                await notices.record_notice(self.unit, number, side=Side.PARTNER, received_on=said.received)
            else:
                entered: list[Notice] = await self.unit.agreements.notices(number)
                if not entered:
                    return  # it was refused
                assert said.withdrawn is not None
                withdrawn = notices.Withdrawal(number=str(entered[-1].id), on=said.withdrawn, renew=said.renew)
                await notices.withdraw_notice(self.unit, number, withdrawn)
        except InputError as error:
            self.refused[error.where] += 1
            if counts(self.made[number], said):
                self.faults.append(f"{number}: {said} {what} was refused: {error}")
        else:
            if not counts(self.made[number], said):
                self.faults.append(f"{number}: {said} {what} was taken")
        self._look(max(said.entered, said.withdrawn or FIRST) if what == "withdrawn" else said.entered)

    def _look(self, day: date) -> None:
        """Note which terms were added since the last look."""
        for number in self.unit.agreements.touched:
            agreement = self.unit.agreements._agreements[number]
            counting = sum(term.counts for term in agreement.terms)
            for term in range(self._counting[number], counting):
                self.renewed_on[number, term].append(day)
            self._counting[number] = counting
        self.unit.agreements.reindex()

    def compare(self) -> list[str]:
        """Return where the registry is not as it must be."""
        mails = Counter(
            (self.unit.cases._cases[mail.case_id].agreement_id, mail.template, mail.case_id)
            for key, mail in self.unit.outbox.mails.items()
            if ":office:" not in key
        )
        told: dict[tuple[str, str], list[int]] = defaultdict(list)
        for (number, template, _), count in mails.items():
            told[number, template].append(count)
        faults = list(self.faults)
        for made in self.made.values():
            faults.extend(f"{made.id}: {fault} ({made})" for fault in self._faults(made, told))
        return faults

    def _faults(self, made: Made, told: dict[tuple[str, str], list[int]]) -> list[str]:
        agreement = self.unit.agreements._agreements[made.id]
        must, faults = expected(made), []
        terms = [(term.starts_on, term.expires_on) for term in agreement.terms if term.counts]
        if terms != must.terms:
            faults.append(f"terms {terms}, must be {must.terms}")
        if agreement.ended_on != must.ended:
            faults.append(f"ended {agreement.ended_on}, must be {must.ended}")
        for term, due in must.decided.items():
            if term in must.quiet:
                right = [min([self._right_day(made, term, due), *_spoken_after(made, must.terms[term - 1][1])])]
                if self.renewed_on[made.id, term] != right:
                    faults.append(f"term {term} renewed on {self.renewed_on[made.id, term]}, must be {right}")
        done = told[made.id, "renewal-done"]
        quiet = sum(
            term in must.quiet and self._told_by_now(must.terms[term - 1][1], made.rule) for term in must.decided
        )
        if any(count > 2 for count in done) or len(done) < quiet:
            faults.append(f"mails of renewals {done}, at least {quiet} renewals")
        if not made.said and any(count > 1 for count in done):
            faults.append(f"a renewal was told twice {done}")
        if told[made.id, "agreement-expired"] != ([1] if must.ended else []):
            faults.append(f"mails of the expiry {told[made.id, 'agreement-expired']}")
        return faults

    def _told_by_now(self, end: date, rule: str) -> bool:
        return specdates.business_day_after(specdates.last_notice_day(RULES[rule], end), _TELL) <= LAST

    def _right_day(self, made: Made, term: int, due: date) -> date:
        """Return the day on which a quiet renewal has to be recorded."""
        watched = max(made.signed, FIRST)
        opened = self._first_sweep(max(due - ONE - timedelta(days=_OPENS), watched))
        if opened < due and has_instance(made.id, term):
            return due if does_its_step(made.id, term, "decide") else self._first_sweep(due + ONE)
        return self._first_sweep(max(due, watched))

    def _first_sweep(self, day: date) -> date:
        return self.swept[bisect_left(self.swept, day)]


def _spoken_after(made: Made, end: date) -> list[date]:
    """Return when notices of a later term were entered: that needs the renewal, even if the watch has missed it."""
    return [said.entered for said in made.said if said.received > end]


def counts(made: Made, said: Said, through: date = LAST) -> bool:
    """Whether a notice has to be taken: in force, renewing, arrived by the last day (D-4)."""
    rule = RULES[made.rule]
    for number, (start, end) in enumerate(expected(made, through).terms, start=1):
        if start <= said.received <= end:
            renews = specdates.next_end(rule, number, end, says=made.says) is not None
            return renews and said.received <= specdates.last_notice_day(rule, end)
    return False


def main(count: int) -> dict[str, Any]:
    """Run it and return the figures."""
    clear_mappers()  # plain objects: no database is behind them
    wiring.datetime = _Moved  # type: ignore[attr-defined]  # the source of the production clock's time
    years = Years(make(count), mornings())
    asyncio.run(years.run())
    faults = years.compare()
    return {
        "zone": time.tzname[0],
        "agreements": len(years.made),
        "renewals": sum(len(days) for days in years.renewed_on.values()),
        "ended": sum(1 for made in years.made.values() if expected(made).ended),
        "mails": len(years.unit.outbox.mails),
        "refused": dict(years.refused),
        "sweeps": len(years.swept),
        "faults": len(faults),
        "first": faults[:10],
    }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1])), ensure_ascii=False))  # noqa: T201 (its only output)
