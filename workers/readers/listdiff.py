"""What a list says otherwise than the register, column by column, in the words of both (ALL-6)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from workers.domain.agreements import AgreementEnd
from workers.domain.agreementtext import KIND_NAMES
from workers.domain.cities import City
from workers.domain.wareki import format_wareki
from workers.readers.agreementlist import ListedAgreement, ListedPartner
from workers.readers.listcolumns import HEADINGS

_ENDS: Final = {AgreementEnd.EXPIRED: "満了", AgreementEnd.TERMINATED: "解除"}
_YES_NO: Final = {True: "あり", False: "なし", None: ""}


@dataclass(frozen=True, kw_only=True)
class KnownAgreement:
    """An agreement of the register as a list would have it. ``terms``: first and last days, the current one last.

    ``renewing``: the current term's procedure has begun, so its days are no longer a list's to change.
    """

    id: str
    number: str
    title: str
    kind: str
    signed_on: date
    terms: tuple[tuple[date, date], ...]
    partner: ListedPartner
    parties: tuple[str, ...]
    fields: tuple[int, ...]
    partner_kind: str
    trade: str
    department: str
    renews: bool | None
    renewal_years: int | None
    notice_months: int | None
    whole_guideline: bool
    ended_on: date | None
    end: AgreementEnd | None
    remark: str
    renewing: bool = False

    @property
    def serial(self) -> int:
        """The N of the agreement's id (``CITY-aN``)."""
        return int(self.id.rpartition("-a")[2])


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A value that a list has otherwise than the register. ``key``: the column. ``why_not``: why it cannot be taken."""

    row: int
    number: str
    agreement_id: str
    key: str
    old: str
    new: str
    why_not: str = ""

    @property
    def column(self) -> str:
        """The column's heading."""
        return HEADINGS[self.key]

    @property
    def in_words(self) -> str:
        """``番号 12 満了日: 令和9年3月31日 → 令和11年3月31日``."""
        number = f"番号 {self.number} " if self.number else f"{self.row}行目 "
        behind = f"（{self.why_not}）" if self.why_not else ""
        return f"{number}{self.column}: {self.old or '（空）'} → {self.new or '（空）'}{behind}"


def differences(city: City, known: KnownAgreement, listed: ListedAgreement, given: Collection[str]) -> list[Difference]:
    """Return where a list differs from the register. Only what the list ``given`` says counts: an empty cell is none.

    A last day that an earlier term had is none, either: the register has renewed the agreement since.
    """
    found = []
    for key, said in _listed(city, listed, given).items():
        stands = _KNOWN[key](city, known)
        if said == stands:
            continue
        why_not = ""
        if key in {"starts_on", "expires_on"}:
            if any(said == format_wareki(term[key == "expires_on"]) for term in known.terms[:-1]):
                continue
            why_not = "更新の手続が始まっているので、変更の手続で直してください" if known.renewing else ""
        found.append(
            Difference(
                row=listed.row,
                number=known.number,
                agreement_id=known.id,
                key=key,
                old=stands,
                new=said,
                why_not=why_not,
            )
        )
    return found


def in_list_words(city: City, known: KnownAgreement) -> dict[str, str]:
    """Return an agreement of the register in the words of a list, by column."""
    return {key: say(city, known) for key, say in _KNOWN.items()}


def _listed(city: City, listed: ListedAgreement, given: Collection[str]) -> dict[str, str]:
    """Return what a row says, in words, by column; only what the list itself gives."""
    values = {
        "title": listed.title,
        "partner": listed.partner.name,
        "signed_on": format_wareki(listed.signed_on),
        "fields": _fields(city, listed.fields),
        "kind": KIND_NAMES.get(listed.kind, listed.kind),
        "department": _department(city, listed.department),
        "renews": _YES_NO[listed.renews],
        "renewal_years": _number(listed.renewal_years),
        "notice_months": _number(listed.notice_months),
        "old_rules": "" if listed.whole_guideline else "○",
        "ended_on": format_wareki(listed.ended_on) if listed.ended_on else "",
        "end": _ENDS[listed.end] if listed.end else "",
        "partner_kind": listed.partner_kind,
        "trade": listed.trade,
        "remark": listed.remark,
        **{key: getattr(listed.partner, key) for key in _PARTNER_KEYS},
    }
    said = {key: value for key, value in values.items() if key in given}
    dated = "expires_on" in given or "period" in given
    if dated:
        said["expires_on"] = format_wareki(listed.term.expires_on)
    if "starts_on" in given or ("period" in given and listed.term.starts_on != listed.signed_on):
        said["starts_on"] = format_wareki(listed.term.starts_on)
    if "other_parties" in given or len(listed.parties) > 1:
        said["other_parties"] = "、".join(listed.parties[1:])
    if listed.remark:
        said["remark"] = listed.remark
    return said


_PARTNER_KEYS: Final = ("representative", "contact", "email", "phone", "address", "corporate_number")


def _partner_value(key: str) -> Callable[[City, KnownAgreement], str]:
    return lambda _city, known: str(getattr(known.partner, key))


_KNOWN: Final[Mapping[str, Callable[[City, KnownAgreement], str]]] = {
    "title": lambda _city, known: known.title,
    "partner": lambda _city, known: known.partner.name,
    "signed_on": lambda _city, known: format_wareki(known.signed_on),
    "starts_on": lambda _city, known: format_wareki(known.terms[-1][0]),
    "expires_on": lambda _city, known: format_wareki(known.terms[-1][1]),
    "fields": lambda city, known: _fields(city, known.fields),
    "kind": lambda _city, known: KIND_NAMES.get(known.kind, known.kind),
    "department": lambda city, known: _department(city, known.department),
    "renews": lambda _city, known: _YES_NO[known.renews],
    "renewal_years": lambda _city, known: _number(known.renewal_years),
    "notice_months": lambda _city, known: _number(known.notice_months),
    "old_rules": lambda _city, known: "" if known.whole_guideline else "○",
    "ended_on": lambda _city, known: format_wareki(known.ended_on) if known.ended_on else "",
    "end": lambda _city, known: _ENDS[known.end] if known.end else "",
    "partner_kind": lambda _city, known: known.partner_kind,
    "trade": lambda _city, known: known.trade,
    "remark": lambda _city, known: known.remark,
    "other_parties": lambda city, known: "、".join(
        name for name in known.parties if name not in {known.partner.name, city.signatory.name}
    ),
    **{key: _partner_value(key) for key in _PARTNER_KEYS},
}


def _fields(city: City, numbers: tuple[int, ...]) -> str:
    names = {field.number: field.name for field in city.fields}
    return "、".join(names.get(number, str(number)) for number in numbers)


def _department(city: City, code: str) -> str:
    return next((entry.name for entry in city.departments if entry.code == code), code or city.office.section)


def _number(value: int | None) -> str:
    return "" if value is None else str(value)
