"""An agreement's whole life: what the page of an agreement shows (ALL-6, ALL-15)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from workers.domain.agreements import Activity, Agreement, Notice
from workers.domain.entities import Case, CaseKind, Document, HistoryEntry
from workers.domain.meetings import Meeting
from workers.errors import InputError
from workers.usecases.confirm_contacts import LastConfirmation, last_confirmation
from workers.usecases.ports import UnitOfWork
from workers.usecases.procedures import file_procedure, new_period, start_procedure

FROM_THE_BOOK: Final = {
    CaseKind.AMENDMENT: "変更の手続",
    CaseKind.TERMINATION: "解除の手続",
    CaseKind.PROPOSAL: "途中の提案の受付",
}
"""The procedures that an office begins from an agreement's page, where its city has them, and what they are called."""


@dataclass(frozen=True, kw_only=True)
class AgreementLife:
    """All that the registry knows of an agreement. ``related``: others with the same partner, oldest first.

    ``signing``: its signing case, None where it was made before renkei. ``documents``: of the signing and of every
    procedure, oldest first. ``history``: the same, by moment. ``confirmed``: when contacts were last confirmed.
    """

    agreement: Agreement
    signing: Case | None
    activities: list[Activity]
    notices: list[Notice]
    meetings: list[Meeting]
    procedures: list[Case]
    documents: list[Document]
    history: list[HistoryEntry]
    related: list[Agreement]
    confirmed: LastConfirmation | None = None


async def life_of(uow: UnitOfWork, agreement_id: str) -> AgreementLife:
    """Return an agreement's life; raises InputError for an unknown one."""
    found = await uow.agreements.get(agreement_id)
    procedures = await uow.cases.of_agreement(found.id)
    signing = await uow.cases.get(found.case_id) if found.case_id else None
    cases = [case.id for case in ([signing] if signing else []) + procedures]
    history = [entry for case_id in dict.fromkeys(cases) for entry in await uow.history.of_case(case_id)]
    documents = [document for case_id in dict.fromkeys(cases) for document in await uow.documents.of_case(case_id)]
    others = await uow.agreements.of_partner(found.city, found.partner) if found.partner else []
    return AgreementLife(
        agreement=found,
        signing=signing,
        activities=await uow.activities.of_agreement(found.id),
        notices=await uow.agreements.notices(found.id),
        meetings=await uow.meetings.of_agreement(found.id),
        procedures=procedures,
        documents=sorted(documents, key=lambda document: document.created_at),
        history=sorted(history, key=lambda entry: entry.at),
        related=[other for other in others if other.id != found.id],
        confirmed=await last_confirmation(uow, found, others),
    )


def beginnings(uow: UnitOfWork, agreement: Agreement) -> list[CaseKind]:
    """Return which procedures the office may begin from the book today."""
    if not agreement.in_force(uow.clock.today()):
        return []
    drawn = uow.cities.city(agreement.city).procedures
    return [kind for kind in FROM_THE_BOOK if drawn.get(kind)]


async def begin_from_book(uow: UnitOfWork, agreement_id: str, kind: CaseKind) -> Case:
    """File a procedure of an agreement and ask the engine to start it, in the name of whoever asks (ALL-21).

    Raises InputError where the city has no such procedure, the agreement is not in force, or one is under way.
    """
    agreement = await uow.agreements.get(agreement_id, lock=True)
    if kind not in beginnings(uow, agreement):
        raise InputError("手続", "この協定では、いまこの手続を始められません")
    if any(case.closed_on is None for case in await uow.cases.of_agreement(agreement.id, kind=kind)):
        raise InputError("手続", f"{FROM_THE_BOOK[kind]}は、もう始まっています")
    case = await file_procedure(uow, agreement, kind, await new_period(uow, agreement, kind))
    await start_procedure(uow, case)
    return case
