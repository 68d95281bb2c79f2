"""How an agreement was signed, and which agreement it hangs on: entered by the office, each change kept (ALL-25)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from workers.domain import text
from workers.domain.acts import SYSTEM
from workers.domain.agreements import Agreement
from workers.domain.corrections import Correction
from workers.domain.signing import SigningRecord, SigningWay
from workers.errors import InputError
from workers.usecases.change_contacts import BOOK
from workers.usecases.lookup import agreement_named
from workers.usecases.ports import UnitOfWork

WAY: Final = "締結の方法"
PARENT: Final = "もとの協定"
_SERVICE: Final = "電子署名のサービス"
_EVIDENCE: Final = "署名の証し"
_REASON: Final = "紙にした理由"
_LONGEST: Final = 200


async def record_signing(uow: UnitOfWork, agreement_id: str, given: Mapping[str, str], *, source: str = BOOK) -> None:
    """Keep how an agreement was signed: ``way``, ``service``, ``evidence``, ``reason``.

    An electronic signature names its service and its evidence, paper the reason. ``source``: where it was entered.
    Raises InputError for what is missing.
    """
    agreement = await uow.agreements.get(agreement_id, lock=True)
    record = read_signing(agreement.id, given)
    known = await uow.register.signing(agreement.id)
    old = known.in_words if known else ""
    if record.in_words != old:
        await uow.register.keep_signing(record)
        await _keep(uow, agreement, WAY, old, record.in_words, source)


def read_signing(agreement_id: str, given: Mapping[str, str]) -> SigningRecord:
    """Return how it was signed, as typed; what belongs to the other way is left out. Raises InputError as above."""
    if given.get("way") not in set(SigningWay):
        raise InputError(WAY, "紙か電子署名かを選んでください")
    way = SigningWay(given["way"])
    electronic = way is SigningWay.ELECTRONIC
    return SigningRecord(
        agreement_id=agreement_id,
        way=way,
        service=_line(given, "service", _SERVICE) if electronic else "",
        evidence=_line(given, "evidence", _EVIDENCE) if electronic else "",
        reason="" if electronic else _line(given, "reason", _REASON),
    )


async def hang_on(uow: UnitOfWork, agreement_id: str, parent_number: str, *, source: str = BOOK) -> None:
    """Hang an agreement on the one of the same city with the office's own number or ours; on none with ``""``.

    Raises InputError for a number that there is not, for the agreement itself, and where it would hang on itself.
    """
    agreement = await uow.agreements.get(agreement_id, lock=True)
    parent = await _named(uow, agreement, parent_number.strip())
    above = parent
    while above is not None:
        if above.id == agreement.id:
            raise InputError(PARENT, "自分自身か、この協定をもとにした協定は選べません")
        above = await uow.register.parent(above.id)
    known = await uow.register.parent(agreement.id)
    if (known.id if known else None) != (parent.id if parent else None):
        await uow.register.set_parent(agreement.id, parent.id if parent else None)
        old, new = known.title if known else "", parent.title if parent else ""
        await _keep(uow, agreement, PARENT, old, new, source)


async def _named(uow: UnitOfWork, agreement: Agreement, number: str) -> Agreement | None:
    found = await agreement_named(uow, agreement.city, number) if number else None
    if number and found is None:
        raise InputError(PARENT, f"番号「{text.shown(number)}」の協定は台帳にありません")
    return found


def _line(given: Mapping[str, str], key: str, where: str) -> str:
    value = text.single_line(given.get(key, ""), where, maximum=_LONGEST)
    if not value:
        raise InputError(where, "入力してください")
    return value


async def _keep(  # noqa: PLR0913, PLR0917 (a row of the history)
    uow: UnitOfWork, agreement: Agreement, column: str, old: str, new: str, source: str
) -> None:
    correction = Correction(
        agreement_id=agreement.id,
        at=uow.clock.now(),
        by=uow.by or SYSTEM,
        source=source,
        column=column,
        old=old,
        new=new,
    )
    await uow.register.add_correction(correction)
