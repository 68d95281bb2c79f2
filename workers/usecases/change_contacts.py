"""Change whom an agreement's partner is reached by, and keep what stood there before (ALL-6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from workers.domain import text
from workers.domain.acts import SYSTEM
from workers.domain.bookrows import CONTACT_COLUMNS
from workers.domain.corrections import Correction
from workers.domain.entities import Partner
from workers.usecases.ports import UnitOfWork

EDITED: Final = {key: heading for key, heading in CONTACT_COLUMNS if key != "corporate_number"}
"""What an office may change of a partner: keys and headings; its name and number are the agreement's own."""
BOOK: Final = "台帳の画面"
_LONGEST: Final = 200


def _line(value: str, where: str) -> str:
    return text.single_line(value, where, maximum=_LONGEST)


def _email(value: str, where: str) -> str:
    return text.email(value, where) if value.strip() else ""


def _phone(value: str, where: str) -> str:
    return text.phone(value, where) if value.strip() else ""


_READ: Final[Mapping[str, Callable[[str, str], str]]] = {"email": _email, "phone": _phone}


async def change_contacts(
    uow: UnitOfWork, agreement_id: str, given: Mapping[str, str], *, source: str = BOOK, by: str = ""
) -> list[Correction]:
    """Take new contacts (keys of ``EDITED``) and return what changed, each kept with who, when, old and new.

    ``by``: who says so, where it is not whoever acts in this transaction.

    Raises InputError for a value that cannot be one, and then nothing has changed.
    """
    agreement = await uow.agreements.get(agreement_id, lock=True)
    read = {key: _READ.get(key, _line)(given[key], EDITED[key]) for key in EDITED if key in given}
    partner = agreement.partner or Partner(name="", representative="", contact="", email="")
    changed = [key for key, value in read.items() if value != getattr(partner, key)]
    corrections = []
    for key in changed:
        correction = Correction(
            agreement_id=agreement.id,
            at=uow.clock.now(),
            by=by or uow.by or SYSTEM,
            source=source,
            column=EDITED[key],
            old=getattr(partner, key),
            new=read[key],
        )
        setattr(partner, key, read[key])
        await uow.register.add_correction(correction)
        corrections.append(correction)
    if changed and agreement.partner is None:
        agreement.partner = partner
    return corrections
