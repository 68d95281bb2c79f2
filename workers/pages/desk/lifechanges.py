"""What the office changes of an agreement on its page: contacts, facts, how it was signed, on what it hangs, its copy.

Each change is kept with who, when, old and new; what cannot be taken comes back as it was typed (ALL-19, ALL-23,
ALL-25).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.responses import Response

from workers.errors import InputError, InputErrors
from workers.pages.desk.face import PREFIX, Visit, office_of
from workers.pages.desk.life import Typed, seen_life, shown_life
from workers.pages.incoming import read_incoming
from workers.readers.attachedfile import FileLimits
from workers.usecases.change_contacts import EDITED, change_contacts
from workers.usecases.correct_facts import FACTS, correct_facts
from workers.usecases.ports import UnitOfWork
from workers.usecases.record_signing import hang_on, record_signing
from workers.usecases.staff_files import add_signed_copy

_LIMITS: Final = FileLimits(count=1)
_Change = Callable[[UnitOfWork, str], Awaitable[object]]


async def contacts(visit: Visit) -> Response:
    """Take changed contacts."""
    given = {key: visit.field(key) for key in EDITED if key in visit.fields}
    return await _taken(
        visit, Typed(part="contacts", values=given), lambda unit, key: change_contacts(unit, key, given)
    )


async def facts(visit: Visit) -> Response:
    """Take corrected facts."""
    given = {key: visit.field(key) for key in FACTS if key in visit.fields}
    given["fields"] = "、".join(visit.fields.get("fields") or [])
    return await _taken(visit, Typed(part="facts", values=given), lambda unit, key: correct_facts(unit, key, given))


async def signing(visit: Visit) -> Response:
    """Take how it was signed."""
    given = {key: visit.field(key) for key in ("way", "service", "evidence", "reason")}
    return await _taken(visit, Typed(part="signing", values=given), lambda unit, key: record_signing(unit, key, given))


async def parent(visit: Visit) -> Response:
    """Take the agreement on which it hangs."""
    number = visit.field("parent")
    typed = Typed(part="parent", values={"parent": number})
    return await _taken(visit, typed, lambda unit, key: hang_on(unit, key, number))


async def signed_copy(visit: Visit) -> Response:
    """Keep the copy with the signatures."""
    async with visit.open_unit() as unit:
        life = await seen_life(visit, unit, visit.request.path_params["agreement_id"])
    office_of(visit, life.agreement.city)
    incoming = await read_incoming(visit.request, _LIMITS)
    problems = list(incoming.problems)
    if not incoming.files and not problems:
        problems.append("ファイルが選ばれていません")
    problem = "。".join(problems)
    typed = Typed(part="copy", problem=problem)
    if problem:
        return await shown_life(visit, typed)
    return await _taken(visit, typed, lambda unit, key: add_signed_copy(unit, key, incoming.files[0]))


async def _taken(visit: Visit, typed: Typed, change: _Change) -> Response:
    agreement_id = visit.request.path_params["agreement_id"]
    try:
        async with visit.open_unit() as unit:
            life = await seen_life(visit, unit, agreement_id)
            office_of(visit, life.agreement.city)
            await change(unit, agreement_id)
    except (InputError, InputErrors) as error:
        return await shown_life(visit, Typed(part=typed.part, values=typed.values, problem=error.message))
    return visit.go(f"{PREFIX}/agreement/{agreement_id}#{typed.part}")
