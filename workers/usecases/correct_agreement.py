"""Put an agreement of the register right as a corrected list has it, and keep what stood there before (ALL-6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from workers.domain.acts import SYSTEM
from workers.domain.agreements import Agreement, TermStage
from workers.domain.cities import City
from workers.domain.corrections import Correction
from workers.domain.entities import Partner
from workers.domain.renewal import unwatch, watch_term
from workers.domain.terms import notice_deadline
from workers.readers.agreementlist import ListedAgreement
from workers.readers.listdiff import Difference
from workers.usecases.ports import UnitOfWork

_Setter = Callable[[Agreement, ListedAgreement], None]


async def correct_agreement(
    uow: UnitOfWork, city: City, listed: ListedAgreement, changes: Sequence[Difference], *, source: str
) -> None:
    """Take ``changes`` of one agreement from a list; each is kept in its history with old and new, who and ``source``.

    The days of a renewal that follow from a corrected term are found anew. Raises InputError for an agreement that is
    not registered.
    """
    agreement = await uow.agreements.get(changes[0].agreement_id, lock=True)
    keys = {change.key for change in changes}
    for key in keys:
        _SETTERS[key](agreement, listed)
    if keys & {"starts_on", "expires_on", "renewal_years", "notice_months", "ended_on"}:
        _settle_term(city, agreement)
    for change in changes:
        await uow.register.add_correction(
            Correction(
                agreement_id=agreement.id,
                at=uow.clock.now(),
                by=uow.by or SYSTEM,
                source=source,
                column=change.column,
                old=change.old,
                new=change.new,
            )
        )


def _settle_term(city: City, agreement: Agreement) -> None:
    if agreement.ended_on is not None:
        unwatch(city, agreement)
        return
    term = agreement.current_term
    rule = city.renewing_by(agreement.renewal_years, agreement.notice_months)
    term.notice_deadline = notice_deadline(rule.term, term.expires_on)
    if term.stage in {TermStage.OPEN, TermStage.SETTLED}:
        watch_term(city, term)


def _days(agreement: Agreement, listed: ListedAgreement) -> None:
    agreement.current_term.expires_on = listed.term.expires_on


def _start(agreement: Agreement, listed: ListedAgreement) -> None:
    agreement.current_term.starts_on = listed.term.starts_on


def _ended(agreement: Agreement, listed: ListedAgreement) -> None:
    agreement.ended_on, agreement.end = listed.ended_on, listed.end


def _parties(agreement: Agreement, listed: ListedAgreement) -> None:
    agreement.parties = list(listed.parties)


def _partner_name(agreement: Agreement, listed: ListedAgreement) -> None:
    old = agreement.partner.name if agreement.partner else ""
    _partner_of(agreement).name = listed.partner.name
    agreement.parties = [listed.partner.name if name == old else name for name in agreement.parties]


def _partner_of(agreement: Agreement) -> Partner:
    if agreement.partner is None:
        agreement.partner = Partner(name="", representative="", contact="", email="")
    return agreement.partner


def _plain(name: str) -> _Setter:
    def put(agreement: Agreement, listed: ListedAgreement) -> None:
        value = getattr(listed, name)
        setattr(agreement, name, list(value) if isinstance(value, tuple) else value)

    return put


def _contact(name: str) -> _Setter:
    return lambda agreement, listed: setattr(_partner_of(agreement), name, getattr(listed.partner, name))


_SETTERS: Final[Mapping[str, _Setter]] = {
    **{
        name: _plain(name)
        for name in (
            *("title", "kind", "signed_on", "fields", "partner_kind", "trade", "department"),
            *("renews", "renewal_years", "notice_months", "remark"),
        )
    },
    **{name: _contact(name) for name in ("representative", "contact", "email", "phone", "address", "corporate_number")},
    "partner": _partner_name,
    "other_parties": _parties,
    "starts_on": _start,
    "expires_on": _days,
    "old_rules": _plain("whole_guideline"),
    "ended_on": _ended,
    "end": _ended,
}
