"""Who stands on the other side of an agreement: 乙, the partner that the city writes to, 丙 and further parties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workers.domain.agreements import Agreement
from workers.domain.entities import Case, Partner, Step
from workers.usecases.agree import TERMS_STEP
from workers.usecases.ports import UnitOfWork

AMENDMENT_STEP = "amendment-terms"
_LABELS = "乙丙丁戊己庚辛壬癸"


def party_rows(partner: Partner | None, others: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Return the partner and the further parties as :func:`labelled`."""
    known = {
        "name": partner.name if partner else "",
        "address": partner.address if partner else "",
        "representative": partner.representative if partner else "",
    }
    return labelled([known, *others])


def labelled(rows: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Return the parties as templates name them: ``label``, ``name``, ``address``, ``title_and_representative``.

    ``position`` is the title alone, for papers on which the name is signed; empty where the two stand unseparated.
    ``rows``: ``name``, ``address``, ``representative`` of each, 乙 first.
    """
    return [
        {
            "label": label,
            "name": row["name"],
            "address": row.get("address", ""),
            "title_and_representative": row.get("representative", ""),
            "position": _position(row.get("representative", "")),
        }
        for label, row in zip(_LABELS, rows, strict=False)
    ]


def _position(representative: str) -> str:
    title, _, name = representative.strip().replace("　", " ").partition(" ")
    return title if name else ""


async def parties_of(uow: UnitOfWork, case: Case, agreement: Agreement | None) -> list[dict[str, str]]:
    """Return the parties of a case's agreement, before the signing those of its text, as :func:`party_rows`.

    Address and representative are those of the text that was signed last, the agreement or its newest amendment; an
    imported agreement has names alone.
    """
    amended = await _amended(uow, agreement) if agreement is not None else []
    if amended:
        return labelled(amended)
    step = case.last_step(TERMS_STEP) if agreement is None else await signed_terms(uow, agreement)
    written: list[dict[str, str]] = list(step.payload.get("otherParties") or []) if step else []
    if agreement is not None:
        known = {row["name"]: row for row in written}
        written = [known.get(name, {"name": name}) for name in agreement.parties[1:]]
    return party_rows(case.partner, written)


async def signed_terms(uow: UnitOfWork, agreement: Agreement) -> Step | None:
    """Return the step at which an agreement's text was settled; None for one that was imported."""
    signing = await uow.cases.find(agreement.case_id) if agreement.case_id else None
    return signing.last_step(TERMS_STEP) if signing else None


async def _amended(uow: UnitOfWork, agreement: Agreement) -> list[dict[str, str]]:
    """Return the parties as the newest registered amendment names them, empty before the first."""
    for version in sorted(agreement.versions, key=lambda version: version.number, reverse=True):
        case = await uow.cases.find(version.case_id) if version.case_id else None
        step = case.last_step(AMENDMENT_STEP) if case else None
        if step is not None and step.payload.get("parties"):
            return list(step.payload["parties"])
    return []


def spoken(parties: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Return what templates say of them: ``partner_names``, ``partner_labels``, ``other_parties`` (丙 and further)."""
    names = [row["name"] for row in parties]
    return {
        "partner_names": "・".join(names),
        "partner_labels": [row["label"] for row in parties],
        "other_parties": names[1:],
    }
