"""What an amendment's paper says: what changes, the parties as they sign now, the day that it carries (ISE-T4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from workers.domain.agreements import Agreement
from workers.domain.cities import City
from workers.domain.entities import Case
from workers.domain.text import single_line
from workers.errors import InputError
from workers.usecases.agree import ENDLESS
from workers.usecases.parties import AMENDMENT_STEP, labelled, parties_of, signed_terms
from workers.usecases.ports import UnitOfWork

APPROVAL_STEP = "amendment-approval"
SIGNATURE_STEP = "amendment-signature"
STYLES = {"signature": "署名捺印", "name-seal": "記名押印"}
"""How the parties sign, as papers have it."""


async def signing_parties(uow: UnitOfWork, case: Case, agreement: Agreement) -> list[dict[str, str]]:
    """Return the parties as the agreement knows them, for the form: ``name``, ``address``, ``representative``."""
    return [
        {"name": row["name"], "address": row["address"], "representative": row["title_and_representative"]}
        for row in await parties_of(uow, case, agreement)
    ]


async def signing_style(uow: UnitOfWork, city: City, agreement: Agreement) -> str:
    """Return how the agreement itself was signed, where that is not known how the city's are (ISE-F3)."""
    step = await signed_terms(uow, agreement)
    return str(step.payload.get("signatureStyle") or city.signatory.style) if step else city.signatory.style


def read_parties(known: Sequence[Mapping[str, str]], rows: Any) -> list[dict[str, str]]:
    """Return the parties as the form has corrected them; raises InputError where nobody is named who signs.

    Who the parties are is the agreement's: their names are not read.
    """
    written = rows if isinstance(rows, list) else []
    read = []
    for number, party in enumerate(known):
        row = written[number] if number < len(written) and isinstance(written[number], Mapping) else party
        label = f"{party['name']}の代表者の職・氏名"
        representative = single_line(row.get("representative") or "", label, maximum=120)
        if not representative:
            raise InputError(label, "入力してください")
        address = single_line(row.get("address") or "", f"{party['name']}の所在地", maximum=200)
        read.append({"name": party["name"], "address": address, "representative": representative})
    return read


async def amendment_context(uow: UnitOfWork, case: Case, city: City, agreement: Agreement) -> dict[str, Any]:
    """Return what ``amendment.docx`` is given; before the signature ``signed_on`` is the planned day."""
    step = case.last_step(AMENDMENT_STEP)
    terms: Mapping[str, Any] = step.payload if step else {}
    changed: Mapping[str, bool] = terms.get("changed") or {}
    rows = terms.get("parties") or await signing_parties(uow, case, agreement)
    effective_on = terms.get("effectiveOn")
    return {
        "signatory": city.signatory,
        "parties": labelled(rows),
        "before_title": terms.get("before_title", agreement.title),
        "changes": terms.get("changes", ""),
        "title": terms.get("title", agreement.title),
        "fields": [city.field_name(number) for number in terms.get("fields", agreement.fields)],
        "expires_on": date.fromisoformat(terms["expiresOn"]) if terms.get("expiresOn") else None,
        "endless": terms.get("termKind") == ENDLESS,
        "effective_on": date.fromisoformat(effective_on) if effective_on else None,
        **{f"{part}_changed": bool(changed.get(part)) for part in ("title", "term", "fields")},
        "signed_on": _day_on_the_paper(case),
        "signature_style": STYLES[str(terms.get("signatureStyle") or city.signatory.style)],
        "copies": 1 + len(rows),
    }


def _day_on_the_paper(case: Case) -> date | None:
    signed, approved = case.last_step(SIGNATURE_STEP), case.last_step(APPROVAL_STEP)
    if signed is not None:
        return date.fromisoformat(signed.payload["signedOn"])
    planned = approved.payload.get("approval") if approved is not None else None
    return date.fromisoformat(planned["plannedOn"]) if isinstance(planned, dict) and planned.get("plannedOn") else None
