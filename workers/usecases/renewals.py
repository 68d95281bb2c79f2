"""The renewal of one term: its plan, the decision, what both sides are told, the expiry (D-4, D-5, ALL-5).

The registry decides. The process instance and the daily watch call the same functions, and whoever comes second finds
the work done: a lost instance loses nothing, and nobody is told twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from workers.domain import renewal
from workers.domain.agreements import Agreement, AgreementEnd, AgreementTerm, Notice, Side, TermStage
from workers.domain.cities import City
from workers.domain.entities import Case, CaseKind, CaseOutcome
from workers.domain.renewal import RenewalPlan, renewal_plan
from workers.domain.wareki import format_wareki
from workers.errors import PermanentError
from workers.usecases.close_case import close_case
from workers.usecases.journal import note
from workers.usecases.ports import UnitOfWork
from workers.usecases.procedures import file_procedure, start_procedure
from workers.usecases.review_mail import begin_review
from workers.usecases.send_mail import send_mail

SIDE_NAMES = {Side.CITY: "市", Side.PARTNER: "相手方"}
OCCASIONS = {
    "reminder": "renewal-reminder",
    "expiry-reminder": "expiry-reminder",
    "renewed": "renewal-done",
    "blocked": "renewal-blocked",
    "reversed": "renewal-reversed",
    "expired": "agreement-expired",
}
"""What both sides are told of, and the mail template of it."""
OCCASION_NAMES = {
    "reminder": "期限が近いこと",
    "expiry-reminder": "満了が近いこと",
    "renewed": "更新したこと",
    "blocked": "更新しないこと",
    "reversed": "更新の取消し",
    "expired": "満了したこと",
}
_AT_END = "1"
"""The period of the one report that begins by itself."""


@dataclass(frozen=True, kw_only=True)
class Renewal:
    """One term's renewal with everything that belongs to it."""

    case: Case
    agreement: Agreement
    term: AgreementTerm
    city: City
    plan: RenewalPlan
    notices: list[Notice]

    @property
    def blocked(self) -> bool:
        """Whether a notice keeps the term from being renewed."""
        return bool(renewal.blocking(self.term, self.notices, self.plan.last_day))

    @property
    def state(self) -> str:
        """Where the renewal stands: open, renewed, blocked (the agreement ends with the term) or ended."""
        if self.agreement.ended_on is not None:
            return "ended"
        if any(entry.number == self.term.number + 1 and entry.counts for entry in self.agreement.terms):
            return "renewed"
        return "blocked" if self.term.stage in (TermStage.EXPIRE, TermStage.SETTLED) else "open"


async def renewal_of(uow: UnitOfWork, case_id: str, held: Agreement | None = None) -> Renewal:
    """Return a renewal procedure's term, its agreement held to the end of the transaction.

    ``held``: the agreement where the caller holds it already. Raises PermanentError for a case that is no renewal.
    """
    case = await uow.cases.get(case_id)
    if case.agreement_id is None or not case.period.isdigit():
        raise PermanentError(f"案件 {case.id} は更新の手続ではありません")
    agreement = held or await uow.agreements.get(case.agreement_id, lock=True)
    term = agreement.term(int(case.period) - 1)
    city = uow.cities.city(agreement.city)
    notices = [entry for entry in await uow.agreements.notices(agreement.id) if entry.term_number == term.number]
    return Renewal(case=case, agreement=agreement, term=term, city=city, plan=renewal_plan(city, term), notices=notices)


async def decide_renewal(uow: UnitOfWork, case_id: str) -> Renewal:
    """Renew the term or let it run out, once; deciding again returns what was decided.

    The state stays open where the day of the decision has not come: the agreement was amended meanwhile, and the
    diagram plans anew.
    """
    found = await renewal_of(uow, case_id)
    if found.state == "open" and uow.clock.today() >= found.plan.decide_on:
        await apply_decision(uow, found)
    return found


async def apply_decision(uow: UnitOfWork, found: Renewal) -> None:
    """Record the renewal, or that there is none; both are on the case's history."""
    if renewal.decide(found.city, found.agreement, found.term, blocked=found.blocked):
        successor = found.agreement.term(found.term.number + 1)
        await note(uow, found.case.id, f"更新を記録した（第{successor.number}期、{_until(successor)}）")
    else:
        why = "更新しない旨の申出がある" if found.blocked else "更新の定めがない"
        await note(uow, found.case.id, f"更新しない（{why}）。{_until(found.term)}で満了する")


async def tell(uow: UnitOfWork, case_id: str, occasion: str, *, page: str = "") -> None:
    """Tell both sides, once per occasion and decision; a mail that no longer says the truth is not sent.

    ``page``: the user task that the partner may answer by a link of the mail. Raises PermanentError for an occasion
    that the diagram's header misspells.
    """
    if occasion not in OCCASIONS:
        raise PermanentError(f"ヘッダー occasion の値 {occasion} は使えません（{'・'.join(OCCASIONS)}）")
    found = await renewal_of(uow, case_id)
    truth = {"renewed": "renewed", "blocked": "blocked", "reversed": "blocked", "expired": "ended"}
    if truth.get(occasion, found.state) == found.state:
        await tell_both(uow, found, occasion, page=page)


async def tell_both(uow: UnitOfWork, found: Renewal, occasion: str, *, page: str = "") -> None:
    """Enqueue the mails of an occasion to partner and office; a renewal that was told waits for nothing more."""
    if occasion == "renewed" and found.term.stage is TermStage.TELL:
        found.term.stage, found.term.due_on = TermStage.SETTLED, None
    if found.city.cycle.reports_at_end(found.agreement.fields) and found.agreement.renews is not True:
        return  # one event or grant is over by itself; the report on it is what both sides hear of (CHI-7)
    # A notice after the reminder leads the diagram back to where the day of the reminder has passed: it is sent once.
    template, key = OCCASIONS[occasion], f"{occasion}:{0 if occasion == 'reminder' else _revision(found)}"
    values = _mail_values(found)
    for to in ("partner", "office"):
        told = {**values, "to_partner": to == "partner"}
        if to == "partner" and not (found.case.partner and found.case.partner.email):
            continue
        if to == "partner" and found.city.mail(template).review:  # a judgement: the office sees it first (ALL-2)
            await begin_review(uow, found.case.id, template=template, values=told, key=key, page=page)
            continue
        await send_mail(
            uow,
            found.case.id,
            template=template,
            to=to,
            attach=(),
            values=told,
            department=None,
            key=key,
            page=page if to == "partner" else "",
        )


def _revision(found: Renewal) -> int:
    """Count what was entered: a notice or its overruling makes an occasion a new one."""
    return len(found.notices) + sum(1 for entry in found.notices if entry.overruled)


def _mail_values(found: Renewal) -> dict[str, object]:
    successors = [entry for entry in found.agreement.terms if entry.number == found.term.number + 1 and entry.counts]
    return {
        "agreement_title": found.agreement.title,
        "expires_on": found.term.expires_on,
        "last_day": found.plan.last_day,
        "new_starts_on": successors[0].starts_on if successors else None,
        "new_expires_on": successors[0].expires_on if successors else None,
        "notices": [
            {"side": SIDE_NAMES[entry.side], "received_on": entry.received_on}
            for entry in renewal.blocking(found.term, found.notices, found.plan.last_day)
        ],
    }


async def settle_expiry(uow: UnitOfWork, case_id: str) -> Renewal:
    """End the agreement with its term, once, and tell both sides; a renewed or terminated one stays as it is.

    The state stays as it is where the term is not over: the agreement was amended meanwhile.
    """
    found = await renewal_of(uow, case_id)
    if uow.clock.today() >= found.plan.over_on:
        if found.state == "open":
            await apply_decision(uow, found)
        if found.state == "blocked":
            await apply_expiry(uow, found)
    return found


async def apply_expiry(uow: UnitOfWork, found: Renewal) -> None:
    """Record the expiry and tell both sides; a procedure that has no instance, or had one, is closed here."""
    renewal.expire(found.city, found.agreement, found.term)
    await note(uow, found.case.id, f"協定が満了した（{_until(found.term)}）")
    if found.agreement.end is AgreementEnd.EXPIRED:
        await tell_both(uow, found, "expired")
        await _report_at_end(uow, found)
    if found.case.process_instance_key is None or found.case.closed_on is not None:
        await close_case(uow, found.case.id, CaseOutcome.EXPIRED)


async def _report_at_end(uow: UnitOfWork, found: Renewal) -> None:
    """Let the report begin of an agreement that is reported on when it ends, not every year (CHI-7)."""
    if found.city.cycle.reports_at_end(found.agreement.fields) and CaseKind.REPORT in found.city.procedures:
        await start_procedure(uow, await file_procedure(uow, found.agreement, CaseKind.REPORT, _AT_END))


def _until(term: AgreementTerm) -> str:
    return f"{format_wareki(term.expires_on)}まで"
