"""Put right what the register says of an agreement, read by the same rules as an office's list (ALL-6, ALL-23)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workers.errors import InputError, InputErrors
from workers.readers.agreementlist import parse_row
from workers.readers.listcells import CityWords
from workers.readers.listdiff import Difference, differences, in_list_words
from workers.usecases.change_contacts import BOOK
from workers.usecases.correct_agreement import correct_agreement
from workers.usecases.ports import UnitOfWork

FACTS: Final = (
    *("title", "partner", "other_parties", "partner_kind", "trade", "signed_on", "starts_on", "expires_on", "fields"),
    *("department", "kind", "renews", "renewal_years", "notice_months", "remark"),
)
"""What is put right by hand: columns of the list. The rest follows from procedures, or is a contact."""


async def known_facts(uow: UnitOfWork, city_code: str, agreement_id: str) -> dict[str, str]:
    """Return what the register says of an agreement, in the words of a list, by column."""
    (known,) = await uow.register.known_ids(city_code, [agreement_id])
    return in_list_words(uow.cities.city(city_code), known)


async def correct_facts(
    uow: UnitOfWork, agreement_id: str, given: Mapping[str, str], *, source: str = BOOK
) -> list[Difference]:
    """Take what was typed (keys of ``FACTS``, words as in a list) and return what changed; each is kept in the history.

    Raises InputError(s), naming the column, for what cannot be read and for a term whose renewal is under way; nothing
    has changed then.
    """
    agreement = await uow.agreements.get(agreement_id, lock=True)
    city = uow.cities.city(agreement.city)
    (known,) = await uow.register.known_ids(city.code, [agreement.id])
    typed = {key: given[key].strip() for key in FACTS if key in given}
    cells = {**in_list_words(city, known), **typed}
    listed, errors = parse_row(1, cells, CityWords(city), uow.clock.today(), numbered=False)
    if listed is None:
        raise InputErrors([_without_row(error) for error in errors])
    changes = differences(city, known, listed, set(typed))
    if refused := [change for change in changes if change.why_not]:
        raise InputErrors([InputError(change.column, change.why_not) for change in refused])
    if changes:
        await correct_agreement(uow, city, listed, changes, source=source)
    return changes


def _without_row(error: InputError) -> InputError:
    """Return an error of a list's row without the row: there is but one."""
    where = error.where.partition("行目 ")[2] or error.where
    detail = error.message.removeprefix(f"{error.where}: ")
    return InputError(where, detail)
