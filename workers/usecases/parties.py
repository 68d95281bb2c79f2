"""Who stands on the other side of an agreement: 乙, the partner that the city writes to, 丙 and further parties."""

from __future__ import annotations

from collections.abc import Sequence

from workers.domain.agreements import Agreement
from workers.domain.agreementtext import AgreementTerms, AmendmentTerms, Party
from workers.domain.entities import Case, Partner
from workers.readers.kept import kept
from workers.usecases.ports import UnitOfWork

_LABELS = "乙丙丁戊己庚辛壬癸"


def party_rows(partner: Partner | None, others: Sequence[Party]) -> list[dict[str, str]]:
    """Return the partner and the further parties as :func:`labelled`."""
    known = {
        "name": partner.name if partner else "",
        "address": partner.address if partner else "",
        "representative": partner.representative if partner else "",
    }
    return labelled([known, *others])


def labelled(rows: Sequence[Party]) -> list[dict[str, str]]:
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
    amended = await _amended(uow, agreement) if agreement is not None else ()
    if amended:
        return labelled(amended)
    terms = kept(AgreementTerms, case) if agreement is None else await signed_terms(uow, agreement)
    written: Sequence[Party] = terms.other_parties if terms else ()
    if agreement is not None:
        known = {row["name"]: row for row in written}
        written = [known.get(name, {"name": name}) for name in agreement.parties[1:]]
    return party_rows(case.partner, written)


async def signed_terms(uow: UnitOfWork, agreement: Agreement) -> AgreementTerms | None:
    """Return an agreement's text as it was settled; None for one that was imported."""
    signing = await uow.cases.find(agreement.case_id) if agreement.case_id else None
    return kept(AgreementTerms, signing) if signing else None


async def _amended(uow: UnitOfWork, agreement: Agreement) -> Sequence[Party]:
    """Return the parties as the newest registered amendment names them, empty before the first."""
    for version in sorted(agreement.versions, key=lambda version: version.number, reverse=True):
        case = await uow.cases.find(version.case_id) if version.case_id else None
        terms = kept(AmendmentTerms, case) if case else None
        if terms is not None and terms.parties:
            return terms.parties
    return ()


def spoken(parties: Sequence[Party]) -> dict[str, object]:
    """Return what templates say of them: ``partner_names``, ``partner_labels``, ``other_parties`` (丙 and further)."""
    names = [row["name"] for row in parties]
    return {
        "partner_names": "・".join(names),
        "partner_labels": [row["label"] for row in parties],
        "other_parties": names[1:],
    }
