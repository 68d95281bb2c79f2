"""What came of the yearly question about a partner's contacts, and when they were confirmed last (ALL-25)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from workers.domain.agreements import Agreement
from workers.domain.answers import PARTNER, AnswerState, LinkEnd
from workers.domain.casenumbers import case_number
from workers.domain.entities import Case, CaseKind
from workers.domain.jst import jst_date
from workers.usecases.answer_links import end_links
from workers.usecases.ask_for_contacts import agreements_asked_about
from workers.usecases.change_contacts import change_contacts
from workers.usecases.first_answers import last_answer
from workers.usecases.journal import note, record
from workers.usecases.ports import UnitOfWork
from workers.usecases.procedures import procedure_of

STEP: Final = "contact-check"


class Confirmation(StrEnum):
    """What the answer says of what is registered."""

    SAME = "same"
    CHANGED = "changed"
    UNREACHABLE = "unreachable"


_SAID: Final = {
    Confirmation.SAME: "変わりがない",
    Confirmation.CHANGED: "直した",
    Confirmation.UNREACHABLE: "連絡がつかない",
}


@dataclass(frozen=True, kw_only=True)
class GivenContacts:
    """An answer: ``contacts`` by the keys of ``EDITED`` where they changed; ``remark`` what the office noted."""

    confirmation: Confirmation
    contacts: Mapping[str, str] = field(default_factory=dict, repr=False)
    message: str = field(default="", repr=False)
    remark: str = field(default="", repr=False)


async def confirm_contacts(uow: UnitOfWork, case_id: str, given: GivenContacts, *, page: str) -> None:
    """Take what came of a question: corrected contacts go to every agreement that it was asked for.

    ``page``: the partner's step, whose links end. Raises InputError for a contact that cannot be one, and then nothing
    has changed.
    """
    case, agreement = await procedure_of(uow, case_id, lock=True)
    asked = await agreements_asked_about(uow, agreement, uow.clock.today())
    source, by = f"連絡先の確認 {case_number(case.id)}", await _who(uow, case, page)
    changed: list[str] = []
    if given.confirmation is Confirmation.CHANGED:
        for one in asked:
            corrections = await change_contacts(uow, one.id, given.contacts, source=source, by=by)
            changed += [correction.column for correction in corrections]
    await end_links(uow, case.id, page, LinkEnd.OFFICE)
    names = list(dict.fromkeys(changed))
    kept = {"confirmation": given.confirmation.value, "changed": names, "agreements": [one.id for one in asked]}
    await record(uow, case, STEP, {**kept, "message": given.message, "remark": given.remark})
    what = f"（{'、'.join(names)}）" if names else ""
    await note(uow, case.id, f"連絡先を確かめた: {_SAID[given.confirmation]}{what}")


@dataclass(frozen=True, kw_only=True)
class LastConfirmation:
    """When contacts were asked about last, and what came of it."""

    on: date
    said: str


async def last_confirmation(
    uow: UnitOfWork, agreement: Agreement, others: Sequence[Agreement]
) -> LastConfirmation | None:
    """Return the newest answer about an agreement; None where nobody has answered yet.

    ``others``: agreements with the same partner; one question may be for several.
    """
    ids = dict.fromkeys([agreement.id, *(other.id for other in others)])
    cases = [case for id_ in ids for case in await uow.cases.of_agreement(id_, kind=CaseKind.CONTACTS)]
    steps = [step for case in cases for step in case.steps if step.name == STEP]
    mine = [step for step in steps if agreement.id in step.payload["agreements"]]
    if not mine:
        return None
    newest = max(mine, key=lambda step: step.recorded_at)
    return LastConfirmation(
        on=jst_date(newest.recorded_at), said=_SAID[Confirmation(str(newest.payload["confirmation"]))]
    )


async def _who(uow: UnitOfWork, case: Case, page: str) -> str:
    """Return whose word it is: the partner's own where its answer was taken, else the office's."""
    answer = await last_answer(uow, case.id, page)
    own = answer is not None and answer.state is not AnswerState.LATE
    return PARTNER if own else uow.cities.city(case.city).office.section
