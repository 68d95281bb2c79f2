"""The text of an agreement and of its amendment, read from their forms (ISE-F3, ISE-T4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from workers.domain.agreements import Agreement
from workers.domain.agreementtext import (
    ENDLESS,
    KIND_NAMES,
    RENEWS,
    STYLES,
    UNTIL,
    AgreementTerms,
    AmendmentTerms,
    Party,
    check_endless,
)
from workers.domain.cities import City
from workers.domain.numbers import parse_number
from workers.domain.text import multi_line, shown, single_line
from workers.domain.wareki import NEVER, parse_date
from workers.errors import InputError
from workers.readers.offervalues import field_numbers

_MOST_RENEWAL_YEARS: Final = 50


def read_terms(terms: Mapping[str, Any], city: City) -> AgreementTerms:
    """Read the form of the text; raises InputError for a bad date, field or kind, and for a party without a name."""
    purpose = str(terms.get("purpose") or "").strip()
    if not purpose:
        raise InputError("目的", "入力してください")
    fields = field_numbers(city, list(terms.get("fields") or []), "連携事項")
    starts_on = _day(terms.get("startsOn"), "有効期間の始まり")
    expires_on = _day(terms.get("expiresOn"), "有効期間の終わり")
    endless = terms.get("termKind") == ENDLESS
    if endless:
        check_endless(city)
    kind = str(terms.get("kind") or "comprehensive")
    if kind not in KIND_NAMES:
        raise InputError("協定の形態", f"{shown(kind)} は使えません（{'・'.join(KIND_NAMES)}）")
    others = terms.get("otherParties") or []
    if not isinstance(others, list) or not all(isinstance(row, Mapping) for row in others):
        raise InputError("ほかの当事者", "表の並びとして書いてください")
    return AgreementTerms(
        kind=kind,
        title=" ".join(str(terms.get("title") or "").split()),
        purpose=purpose,
        fields=sorted(fields),
        added_reason=str(terms.get("addedReason") or "").strip(),
        department=city.department(str(terms["department"])).code if terms.get("department") else "",
        starts_on=starts_on,
        expires_on=None if endless else expires_on,
        term_kind=ENDLESS if endless else UNTIL,
        renews="no" if endless else _renews(terms.get("renews")),
        renewal_years=None if endless else _renewal_years(terms),
        first_day=str(terms.get("firstDay") or ""),
        signature_style="signature" if terms.get("signatureStyle") == "signature" else "name-seal",
        other_parties=[_party(row, index) for index, row in enumerate(others, start=1)],
    )


def read_amendment(
    terms: Mapping[str, Any], agreement: Agreement, city: City, *, parties: Sequence[Party], style: str
) -> AmendmentTerms:
    """Read the form of the amended text; raises InputError for a bad date, an unknown field or an empty text.

    ``parties``: who they are is the agreement's; the form says who signs for each now, and where it sits.
    """
    title = single_line(terms.get("title") or "", "協定の名称", maximum=300)
    changes = multi_line(terms.get("changes") or "", "変更の内容", maximum=4000)
    for value, label in ((title, "協定の名称"), (changes, "変更の内容")):
        if not value:
            raise InputError(label, "入力してください")
    fields = field_numbers(city, list(terms.get("fields") or []), city.field_word)
    expires_on = NEVER if terms.get("termKind") == ENDLESS else _day(terms.get("expiresOn"), "有効期間の終わり")
    chosen = str(terms.get("signatureStyle") or style)
    if chosen not in STYLES:
        raise InputError("当事者の記し方", f"{shown(chosen)} は使えません（{'・'.join(STYLES)}）")
    expires_on = expires_on or agreement.current_term.expires_on
    if expires_on == NEVER and terms.get("termKind") != ENDLESS:
        raise InputError("有効期間の終わり", "満了日を入力してください")
    return AmendmentTerms(
        title=title,
        before_title=agreement.title,
        purpose=multi_line(terms.get("purpose") or "", "目的", maximum=2000),
        fields=sorted(fields),
        expires_on=expires_on,
        effective_on=_day(terms.get("effectiveOn"), "変更の効力が生じる日"),
        term_kind=ENDLESS if expires_on == NEVER else UNTIL,
        changes=changes,
        requirements=str(terms.get("requirements") or ""),
        changed={
            "title": title != agreement.title,
            "fields": set(fields) != set(agreement.fields),
            "term": expires_on != agreement.current_term.expires_on,
        },
        signature_style=chosen,
        parties=_signing(parties, terms.get("parties")),
    )


def amendment_form(
    agreement: Agreement, city: City, *, purpose: str, parties: Sequence[Party], style: str
) -> dict[str, Any]:
    """Return ``amendmentTerms``: what the agreement says now, as the form of the amended text begins.

    One without an end, where the guideline asks for one, begins without a last day: the office has to name it (ISE-T3).
    """
    term = agreement.current_term
    return {
        "title": agreement.title,
        "purpose": purpose,
        "fields": [str(number) for number in agreement.fields],
        "termKind": ENDLESS if term.endless and city.term.endless_allowed else UNTIL,
        "expiresOn": None if term.endless else term.expires_on.isoformat(),
        "effectiveOn": None,
        "changes": None,
        "requirements": None,
        "signatureStyle": style,
        "parties": [dict(party) for party in parties],
    }


def _signing(known: Sequence[Party], rows: Any) -> list[Party]:
    """Return the parties as the form has corrected them; raises InputError where nobody is named who signs."""
    written = rows if isinstance(rows, list) else []
    read: list[Party] = []
    for number, party in enumerate(known):
        row = written[number] if number < len(written) and isinstance(written[number], Mapping) else party
        label = f"{party['name']}の代表者の職・氏名"
        representative = single_line(row.get("representative") or "", label, maximum=120)
        if not representative:
            raise InputError(label, "入力してください")
        address = single_line(row.get("address") or "", f"{party['name']}の所在地", maximum=200)
        read.append({"name": party["name"], "address": address, "representative": representative})
    return read


def _renewal_years(terms: Mapping[str, Any]) -> int | None:
    given = terms.get("renewalYears")
    if not given or terms.get("renews") != "yes":
        return None
    return parse_number(given, "更新する年数", least=1, most=_MOST_RENEWAL_YEARS)


def _renews(value: Any) -> str:
    chosen = str(value or "rule")
    if chosen not in RENEWS:
        raise InputError("更新の定め", f"{shown(chosen)} は使えません（{'・'.join(RENEWS)}）")
    return chosen


def _party(row: Mapping[str, Any], number: int) -> Party:
    for key, label in (("name", "名称"), ("representative", "代表者の職・氏名")):
        if not str(row.get(key) or "").strip():
            raise InputError(f"ほかの当事者 {number}件目の{label}", "入力してください")
    return {key: str(row.get(key) or "").strip() for key in ("name", "address", "representative")}


def _day(value: Any, where: str) -> date | None:
    return parse_date(value, where) if value else None
