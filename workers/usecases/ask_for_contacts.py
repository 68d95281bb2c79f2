"""Once a year each partner is asked to confirm its contacts: the watch files the question, once (ALL-25)."""

from __future__ import annotations

from datetime import date

from workers.domain.agreements import Agreement
from workers.domain.contactchecks import (
    asked_together,
    asks_partners,
    next_question,
    opening_on_or_after,
    opening_on_or_before,
    question_period,
)
from workers.domain.entities import CaseKind
from workers.usecases.ports import UnitOfWork
from workers.usecases.procedures import file_procedure, start_procedure


async def bring_questions_forward(uow: UnitOfWork, on: date) -> None:
    """Let agreements wait no longer than until their city's next day.

    A city may begin to ask, or choose another day, at any time: what its agreements waited for is from before.
    """
    for code in uow.cities.codes():
        city = uow.cities.city(code)
        if asks_partners(city):
            await uow.agreements.bring_questions_forward(code, opening_on_or_after(city.contacts, on))


async def ask_for_contacts(uow: UnitOfWork, agreement: Agreement, on: date) -> bool:
    """File and start the yearly question of an agreement whose day has come; False where none is to be asked.

    One case for all agreements about which the same person is written to; the registry holds one a year, so that a day
    missed is caught up and a day repeated changes nothing.
    """
    if agreement.contacts_due_on is None or agreement.contacts_due_on > on:
        return False
    city = uow.cities.city(agreement.city)
    agreement.contacts_due_on = next_question(city, on)
    if not asks_partners(city) or not agreement.in_force(on):
        return False
    period = question_period(opening_on_or_before(city.contacts, on))
    for one in await agreements_asked_about(uow, agreement, on):
        if await uow.cases.procedure(one.id, CaseKind.CONTACTS, period) is not None:
            return False
    await start_procedure(uow, await file_procedure(uow, agreement, CaseKind.CONTACTS, period))
    return True


async def agreements_asked_about(uow: UnitOfWork, agreement: Agreement, on: date) -> list[Agreement]:
    """Return the agreements that one question is for, the agreement itself first."""
    partner = agreement.partner
    others = await uow.agreements.of_partner(agreement.city, partner) if partner is not None else []
    return asked_together(agreement, others, on)
