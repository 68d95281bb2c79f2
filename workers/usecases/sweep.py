"""The daily watch over all agreements (ALL-5): opens renewals and yearly cycles, and does what a lost instance left.

It works from the days that stand in the registry, not from the last run: a day missed is caught up and a day repeated
changes nothing. Its cost follows the number of agreements that are due.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date

from workers.domain import renewal
from workers.domain.agreements import Agreement, AgreementTerm, TermStage
from workers.domain.cities import City
from workers.domain.deadlines import open_period
from workers.domain.entities import Case, CaseKind, CaseOutcome
from workers.domain.renewal import renewal_plan
from workers.errors import BusinessError, InputErrors, PermanentError
from workers.usecases.answer_links import forget_expired
from workers.usecases.ask_for_contacts import ask_for_contacts, bring_questions_forward
from workers.usecases.close_case import close_case
from workers.usecases.ports import UnitOfWork
from workers.usecases.procedures import file_procedure, start_procedure
from workers.usecases.renewals import apply_decision, apply_expiry, renewal_of, tell_both
from workers.usecases.yearly_collection import begin_collection

_RESTARTS_AT_MOST = 200
_Running = Mapping[tuple[str | None, str], Case]
"""Open renewals of a batch, read in one go, by agreement and period."""


@dataclass(kw_only=True)
class SweepReport:
    """What a run did; every list holds ids of agreements, ``restarted`` of cases, ``failed`` says why.

    ``last_id``: where the next batch goes on, empty after the last one.
    """

    opened: list[str] = field(default_factory=list)
    renewed: list[str] = field(default_factory=list)
    not_renewed: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    expired: list[str] = field(default_factory=list)
    cycles: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    restarted: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    last_id: str = ""

    def add(self, other: SweepReport) -> None:
        """Add a further batch."""
        for name, value in asdict(other).items():
            mine = getattr(self, name)
            if isinstance(mine, list):
                mine.extend(value)
            elif isinstance(mine, dict):
                mine.update(value)
        self.last_id = other.last_id

    def as_json(self) -> dict[str, object]:
        """Return the report as it is recorded and shown."""
        return {name: value for name, value in asdict(self).items() if name != "last_id"}


async def sweep_batch(uow: UnitOfWork, on: date, *, after: str = "", limit: int = 100) -> SweepReport:
    """Work on up to ``limit`` agreements that are due by a Japanese date, those with ids after ``after``.

    An agreement whose facts do not allow the step is reported in ``failed`` and keeps none of its effects; the others
    go on. The first batch also asks again for instances that never came.
    """
    report = SweepReport()
    if not after:
        for case in await uow.cases.unclaimed(limit=_RESTARTS_AT_MOST):
            if case.process_id and case.opened_on < on and await _opened(uow, case):
                await start_procedure(uow, case)
                report.restarted.append(case.id)
        await bring_questions_forward(uow, on)
    due = await uow.agreements.due(on, after=after, limit=limit)
    running = {(c.agreement_id, c.period): c for c in await uow.cases.running(due, CaseKind.RENEWAL)}
    for agreement_id in due:
        try:
            async with uow.savepoint():
                await _advance(uow, agreement_id, on, report, running)
        except (BusinessError, InputErrors, PermanentError) as error:
            report.failed[agreement_id] = str(error)
    report.last_id = due[-1] if len(due) == limit else ""
    return report


async def _opened(uow: UnitOfWork, case: Case) -> bool:
    """Whether the procedure's time has come: an early notice files a renewal months before (D-4)."""
    if case.kind is not CaseKind.RENEWAL or case.agreement_id is None:
        return True
    agreement = await uow.agreements.get(case.agreement_id)
    return agreement.term(int(case.period) - 1).stage is not TermStage.OPEN


async def complete_sweep(uow: UnitOfWork, on: date, report: SweepReport) -> None:
    """Record a run that came to its end; what partners typed and never sent is forgotten with their links."""
    await forget_expired(uow)
    await uow.sweeps.add(on, uow.clock.now(), report.as_json())


@dataclass(frozen=True, kw_only=True)
class _Work:
    """What the steps of one agreement share."""

    uow: UnitOfWork
    agreement: Agreement
    city: City
    on: date
    report: SweepReport
    running: _Running

    async def renewal(self, term: AgreementTerm) -> Case:
        """Return the procedure of a term, filed where it is not yet."""
        period = str(term.number + 1)
        known = self.running.get((self.agreement.id, period))
        return known or await file_procedure(self.uow, self.agreement, CaseKind.RENEWAL, period)


async def _advance(uow: UnitOfWork, agreement_id: str, on: date, report: SweepReport, running: _Running) -> None:
    agreement = await uow.agreements.get(agreement_id, lock=True)
    city = uow.cities.city(agreement.city)
    work = _Work(uow=uow, agreement=agreement, city=city, on=on, report=report, running=running)
    if agreement.ended_on is not None:
        renewal.unwatch(city, agreement)
    if await ask_for_contacts(uow, agreement, on):
        report.questions.append(agreement.id)
    while (term := _next_due(agreement, on)) is not None:
        if term.stage is TermStage.OPEN:
            await _open(work, term)
        elif not await _settle(work, term):
            if term.stage is TermStage.DECIDE:
                return  # whether the agreement goes on is open: its yearly procedure waits for that
            break
    await _open_cycles(work)


def _next_due(agreement: Agreement, on: date) -> AgreementTerm | None:
    due = [term for term in agreement.terms if term.due_on is not None and term.due_on <= on]
    return min(due, key=lambda term: term.number, default=None)


async def _open(work: _Work, term: AgreementTerm) -> None:
    """Open the renewal's procedure; one whose term is over already is settled in the registry alone."""
    plan = renewal_plan(work.city, term)
    if work.on < plan.opens_on:
        term.due_on = plan.opens_on
        return
    case = await work.renewal(term)
    if work.on < plan.over_on:
        await start_procedure(work.uow, case)
    term.stage, term.due_on = TermStage.DECIDE, plan.decide_on
    work.report.opened.append(work.agreement.id)


async def _settle(work: _Work, term: AgreementTerm) -> bool:
    """Do a step that the procedure's own instance should have done; False while it still has the day for it."""
    uow, report, agreement = work.uow, work.report, work.agreement
    case = await work.renewal(term)
    if case.process_instance_key is not None and case.closed_on is None and term.due_on == work.on:
        return False
    found = await renewal_of(uow, case.id, agreement)
    if term.stage is TermStage.DECIDE:
        await apply_decision(uow, found)
        if found.state == "renewed":
            report.renewed.append(agreement.id)
        else:
            report.not_renewed.append(agreement.id)
            await tell_both(uow, found, "blocked")
    elif term.stage is TermStage.TELL:
        await tell_both(uow, found, "renewed")
        if case.process_instance_key is None:
            await close_case(uow, case.id, CaseOutcome.RENEWED)
        report.told.append(agreement.id)
    else:
        await apply_expiry(uow, found)
        report.expired.append(agreement.id)
    return True


async def _open_cycles(work: _Work) -> None:
    """Open the yearly procedures that are due, the one that collects an ended agreement's last year included.

    Where a city has one for all its agreements, the first of them opens it.

    AGE-A1, ISE-A1, DAT-A, ASA-8.
    """
    agreement, rule = work.agreement, work.city.cycle
    while agreement.cycle_due_on is not None and agreement.cycle_due_on <= work.on:
        opening = agreement.cycle_due_on
        concerned = renewal.concerns_opening(work.city, agreement, opening)
        concerned = concerned and not rule.reports_at_end(agreement.fields)
        if concerned and CaseKind.ANNUAL in work.city.procedures:
            period = str(open_period(rule, opening))
            if rule.together:
                await begin_collection(work.uow, work.city, period)
            else:
                await start_procedure(work.uow, await file_procedure(work.uow, agreement, CaseKind.ANNUAL, period))
            work.report.cycles.append(agreement.id)
        following = renewal.next_opening(work.city, opening)
        agreement.cycle_due_on = renewal.due_opening(work.city, agreement, following)
