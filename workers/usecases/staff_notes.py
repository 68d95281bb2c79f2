"""Notes among staff beside a case; nobody outside the city ever sees them."""

from __future__ import annotations

from workers.domain.desk import Person, StaffNote
from workers.domain.text import multi_line
from workers.errors import InputError
from workers.usecases.ports import UnitOfWork

_LONGEST = 2000


async def add_note(uow: UnitOfWork, case_id: str, person: Person, text: str) -> StaffNote:
    """Keep a note; raises InputError for an empty one, or one that is too long."""
    written = multi_line(text, "メモ", maximum=_LONGEST)
    if not written:
        raise InputError("メモ", "何も書かれていません")
    note = StaffNote(case_id=case_id, user=person.user, writer=person.name, text=written, at=uow.clock.now())
    await uow.desk.add_note(note)
    return note
