"""What an agreement, and an amendment of it, are to say before they are signed (ISE-F3, ISE-T4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from workers.domain.agreements import AgreementTerm
from workers.domain.cities import City, TermRule
from workers.domain.terms import first_term
from workers.errors import InputError

KIND_NAMES: Final = {"comprehensive": "包括連携協定", "individual": "個別連携協定", "collaboration": "協働"}
"""What an agreement of a kind is called (ASA-1, CHI-4)."""
STYLES: Final = {"signature": "署名捺印", "name-seal": "記名押印"}
"""How the parties sign, as papers have it."""
RENEWS: Final[dict[str, bool | None]] = {"rule": None, "yes": True, "no": False}
"""What an agreement says of its renewal: nothing of its own, that it renews, that it does not (D-5)."""
FIRST_DAY: Final[dict[str, bool | None]] = {"": None, "counted": True, "not-counted": False}
"""Whether the day of signing counts; nothing where the city's rule says so (DAT-T1)."""
UNTIL, ENDLESS = "until", "endless"
"""What a text says of its end: a last day, by date or by the rule; or none (D-3)."""
Party = Mapping[str, str]
"""A party of an agreement: ``name``, ``address``, ``representative``."""


@dataclass(frozen=True, kw_only=True)
class AgreementTerms:
    """What an agreement is to say. ``kind`` is one of ``KIND_NAMES``.

    ``title`` names the document where it is no agreement of that name: a contract, a notice of a grant (CHI-4).
    ``department`` (a code) is the contracting unit where it is not the office (CHI-9, ASA-7). ``added_reason``: why it
    names a field that nobody proposed. ``renews`` is one of ``RENEWS``; ``renewal_years``: by how many years, where it
    does so by other years than the city's rule. ``first_day`` is one of ``FIRST_DAY``.
    """

    kind: str = "comprehensive"
    title: str = ""
    purpose: str
    fields: Sequence[int]
    added_reason: str = ""
    department: str = ""
    starts_on: date | None = None
    expires_on: date | None = None
    term_kind: str = UNTIL
    renews: str = "rule"
    renewal_years: int | None = None
    first_day: str = ""
    signature_style: str = ""
    other_parties: Sequence[Party] = ()

    def rule(self, city: City) -> TermRule:
        """Return the city's rule as this agreement has it."""
        said = FIRST_DAY.get(self.first_day)
        return city.term if said is None else replace(city.term, first_day_counts=said)

    def term(self, city: City, signed_on: date) -> AgreementTerm:
        """Return the agreement's first term; dates written in the agreement win over the city's rule (D-3)."""
        rule, ends_on = self.rule(city), self.expires_on
        return first_term(rule, signed_on, starts_on=self.starts_on, ends_on=ends_on, endless=self.term_kind == ENDLESS)


@dataclass(frozen=True, kw_only=True)
class AmendmentTerms:
    """What an amended agreement is to say; ``effective_on`` None: from the day of its signature.

    ``expires_on`` is ``NEVER`` where it is ``ENDLESS``. ``changed``: what differs of title, fields, term, so that the
    paper names nothing else. ``requirements`` (``met``): confirmed for an agreement from before the guideline (ISE-T3).
    """

    title: str
    before_title: str = field(default="", metadata={"key": "before_title"})
    purpose: str = ""
    fields: Sequence[int]
    expires_on: date | None = None
    effective_on: date | None = None
    changes: str = ""
    requirements: str = ""
    changed: Mapping[str, bool] = field(default_factory=dict)
    signature_style: str = ""
    term_kind: str = UNTIL
    parties: Sequence[Party] = ()


def check_count(city: City, kind: str, fields: Sequence[int]) -> None:
    """Raise InputError for a comprehensive agreement over fewer fields than the city's guideline requires."""
    least = city.requirements.minimum_fields
    if kind == "comprehensive" and len(fields) < least:
        raise InputError("連携事項", f"包括連携協定には{least}以上の連携事項が要ります（今は{len(fields)}）")


def check_endless(city: City) -> None:
    """Raise InputError where the city's guideline itself says how long an agreement lasts."""
    if not city.term.endless_allowed:
        raise InputError("有効期間の終わり", f"{city.name}の協定は、期間を定めて結びます（無期限にはできません）")
