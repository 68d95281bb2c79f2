"""What an amendment's paper says: what changes, the parties as they sign now, the day that it carries (ISE-T4)."""

from __future__ import annotations

from workers.domain.agreements import Agreement
from workers.domain.agreementtext import ENDLESS, STYLES, AmendmentTerms, Party
from workers.domain.cities import City
from workers.domain.entities import Case
from workers.readers.kept import amendment_day, kept
from workers.usecases.parties import labelled, parties_of, signed_terms
from workers.usecases.ports import UnitOfWork


async def signing_parties(uow: UnitOfWork, case: Case, agreement: Agreement) -> list[Party]:
    """Return the parties as the agreement knows them."""
    return [
        {"name": row["name"], "address": row["address"], "representative": row["title_and_representative"]}
        for row in await parties_of(uow, case, agreement)
    ]


async def signing_style(uow: UnitOfWork, city: City, agreement: Agreement) -> str:
    """Return how the agreement itself was signed, where that is not known how the city's are (ISE-F3)."""
    terms = await signed_terms(uow, agreement)
    return (terms and terms.signature_style) or city.signatory.style


async def amendment_context(uow: UnitOfWork, case: Case, city: City, agreement: Agreement) -> dict[str, object]:
    """Return what ``amendment.docx`` is given; before the signature ``signed_on`` is the planned day."""
    terms = kept(AmendmentTerms, case) or AmendmentTerms(
        title=agreement.title,
        before_title=agreement.title,
        fields=agreement.fields,
    )
    rows = terms.parties or await signing_parties(uow, case, agreement)
    return {
        "signatory": city.signatory,
        "parties": labelled(rows),
        "before_title": terms.before_title or agreement.title,
        "changes": terms.changes,
        "title": terms.title,
        "fields": [city.field_name(number) for number in terms.fields],
        "expires_on": terms.expires_on,
        "endless": terms.term_kind == ENDLESS,
        "effective_on": terms.effective_on,
        **{f"{part}_changed": bool(terms.changed.get(part)) for part in ("title", "term", "fields")},
        "signed_on": amendment_day(case),
        "signature_style": STYLES[terms.signature_style or city.signatory.style],
        "copies": 1 + len(rows),
    }
