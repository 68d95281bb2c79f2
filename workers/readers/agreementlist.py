"""An office's own list of agreements, row by row: which column is which, and what its cells mean (ALL-6, ALL-10).

A row comes as texts under the list's headings, however the office wrote them; dates are wareki or ISO.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from typing import Final, TypeVar

from workers.domain import text
from workers.domain.agreements import AgreementEnd, AgreementTerm
from workers.domain.cities import City, TermRuleKind
from workers.domain.numbers import parse_number
from workers.domain.terms import first_term
from workers.domain.text import shown
from workers.domain.wareki import NEVER, WITHOUT_END, format_wareki, parse_date
from workers.errors import InputError
from workers.readers.inputs import FieldError
from workers.readers.listcells import CityWords, plain, yes_no
from workers.readers.listcolumns import HEADINGS

T = TypeVar("T")

KIND_WORDS: Final = {"包括": "comprehensive", "個別": "individual", "協働": "collaboration"}
_END_WORDS: Final = {"満了": AgreementEnd.EXPIRED, "解除": AgreementEnd.TERMINATED, "終了": AgreementEnd.EXPIRED}
_ENDLESS_WORDS: Final = frozenset(map(plain, (WITHOUT_END, "期限なし", "期間の定めなし", "定めなし", "期限の定めなし")))
_MOST_RENEWAL_YEARS: Final = 50
_MOST_NOTICE_MONTHS: Final = 24
_WEEKDAY: Final = re.compile(r"[(（][日月火水木金土][)）]$")


@dataclass(frozen=True, kw_only=True)
class ListedPartner:
    """The other party as the list has it; what the list leaves out is ``""``."""

    name: str
    representative: str = ""
    contact: str = ""
    email: str = ""
    phone: str = ""
    address: str = ""
    corporate_number: str = ""


@dataclass(frozen=True, kw_only=True)
class ListedAgreement:
    """A row that is in order. ``term`` is the current one; how often it was renewed before is not known.

    The fields mean the same as those of ``agreements.Agreement``.
    """

    row: int
    number: str
    title: str
    kind: str
    signed_on: date
    term: AgreementTerm
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


def parse_row(
    row: int, cells: Mapping[str, str], words: CityWords, today: date
) -> tuple[ListedAgreement | None, list[InputError]]:
    """Return a row's agreement, or None and all that is wrong with it, each error with row and column (ALL-10)."""
    reader = _Row(row, cells)
    signed_on = reader.take("signed_on", _day, required=True)
    if signed_on is not None and signed_on > today:
        reader.problem("signed_on", f"{format_wareki(signed_on)}はまだ来ていません")
    ended_on, end = _ending(reader, today)
    renews = reader.take("renews", yes_no)
    years, months = reader.take("renewal_years", _years), reader.take("notice_months", _months)
    term = _term(reader, words.city.renewing_by(years, months), signed_on) if signed_on else None
    if term is not None and ended_on is None and term.expires_on < today:
        ended_on, end = _past(reader, term, words.city, renews=renews)
    if (
        term is not None
        and ended_on is None
        and renews is not False
        and signed_on
        and words.city.term.came_before(signed_on)
    ):
        _own_renewal(reader, term, words.city)
    partner = _partner(reader)
    others = tuple(part for part in re.split(r"[、,\n/／]+", reader.text("other_parties", 500)) if part)
    found = ListedAgreement(
        row=row,
        number=reader.text("number", 60, required=True),
        title=reader.text("title", 300, required=True),
        kind=reader.take("kind", _kind) or "comprehensive",
        signed_on=signed_on or today,
        term=term or AgreementTerm(number=1, starts_on=today, expires_on=today, notice_deadline=None),
        partner=partner,
        parties=(partner.name, *others),
        fields=reader.take("fields", words.field_list, required=True) or (),
        partner_kind=reader.text("partner_kind", 60),
        trade=reader.text("trade", 60),
        department=reader.take("department", words.department_code) or "",
        renews=renews,
        renewal_years=years,
        notice_months=months,
        whole_guideline=not (
            reader.take("old_rules", yes_no) or (signed_on is not None and words.city.term.came_before(signed_on))
        ),
        ended_on=ended_on,
        end=end,
    )
    return (None, reader.errors) if reader.errors else (found, [])


class _Row:
    """The cells of a row; problems gather in ``errors``."""

    def __init__(self, row: int, cells: Mapping[str, str]) -> None:
        self._row = row
        self._cells = cells
        self.errors: list[InputError] = []

    def problem(self, key: str, detail: str) -> None:
        """Note a problem of a column."""
        self.errors.append(FieldError((self._row, key), f"{self._row}行目 {HEADINGS[key]}", detail))

    def take(self, key: str, read: Callable[[str, str], T], *, required: bool = False) -> T | None:
        """Return a cell as ``read`` gives it; None where it is empty or wrong."""
        if not (value := self._cells.get(key, "").strip()):
            if required:
                self.problem(key, "入力してください")
            return None
        try:
            return read(value, "")
        except InputError as error:
            self.problem(key, error.message.removeprefix(": "))
        return None

    def text(self, key: str, maximum: int, *, required: bool = False) -> str:
        """Return a cell of one line; line breaks within a spreadsheet's cell become blanks."""
        if not required and not self._cells.get(key):
            return ""
        return self.take(key, partial(_line, maximum=maximum), required=required) or ""


def _line(value: str, where: str, *, maximum: int) -> str:
    return text.single_line(" ".join(value.split()), where, maximum=maximum)


def _partner(reader: _Row) -> ListedPartner:
    return ListedPartner(
        name=reader.text("partner", 200, required=True),
        representative=reader.text("representative", 100),
        contact=reader.text("contact", 100),
        email=reader.take("email", _email) or "",
        phone=reader.take("phone", text.phone) or "",
        address=reader.text("address", 200),
        corporate_number=reader.text("corporate_number", 20),
    )


def _term(reader: _Row, city: City, signed_on: date) -> AgreementTerm | None:
    """Return the current term from the dates given, by the city's rule where the list has no expiry date (D-3).

    An agreement that was made before the guideline has a term of its own, never the rule's (ISE-T3).
    """
    before = len(reader.errors)
    starts_on, expires_on = reader.take("starts_on", _day), reader.take("expires_on", _last_day)
    if len(reader.errors) > before:
        return None
    if expires_on is None and city.term.came_before(signed_on):
        since = format_wareki(city.term.since) if city.term.since else ""
        reader.problem("expires_on", f"{since}より前に結んだ協定は、協定書にある満了日を入力してください")
        return None
    try:
        endless = expires_on == NEVER
        return first_term(
            city.term, signed_on, starts_on=starts_on, ends_on=None if endless else expires_on, endless=endless
        )
    except InputError as error:
        reader.problem("expires_on", error.message.removeprefix(f"{error.where}: "))
    return None


def _own_renewal(reader: _Row, term: AgreementTerm, city: City) -> None:
    """Ask how an agreement from before the guideline is renewed: the guideline's rule is not its own (ISE-T3)."""
    since = format_wareki(city.term.since) if city.term.since else ""
    for key, what in (("renewal_years", "更新の年数"), ("notice_months", "何か月前までの申出か（期限がなければ0）")):
        if not term.endless and not reader.text(key, 20):
            reader.problem(
                key,
                f"{since}より前に結んだ協定は、協定書にある{what}を入力してください"
                "（更新しない協定は「更新の定め」に「なし」と書きます）",
            )


def _past(
    reader: _Row, term: AgreementTerm, city: City, *, renews: bool | None
) -> tuple[date | None, AgreementEnd | None]:
    """Return how an agreement ended whose last day has passed; one that renews must say what its term is now."""
    by_rule = city.term.renewal_years is not None and city.term.kind is not TermRuleKind.AGREED
    if renews or (renews is None and by_rule):
        reader.problem(
            "expires_on",
            f"{format_wareki(term.expires_on)}は過ぎています。更新された協定は今の期間の満了日を、"
            "終わった協定は「終了日」か「更新の定め」の「なし」を書いてください",
        )
        return None, None
    return term.expires_on, AgreementEnd.EXPIRED


def _ending(reader: _Row, today: date) -> tuple[date | None, AgreementEnd | None]:
    ended_on, end = reader.take("ended_on", _day), reader.take("end", _end)
    if ended_on is not None and ended_on > today:
        reader.problem("ended_on", f"{format_wareki(ended_on)}はまだ来ていません")
    if end is not None and ended_on is None:
        reader.problem("ended_on", "終了の理由があるときは、終了日も入力してください")
    return ended_on, (end or AgreementEnd.TERMINATED) if ended_on else None


def _end(value: str, where: str) -> AgreementEnd:
    for word, end in _END_WORDS.items():
        if word in value:
            return end
    raise InputError(where, f"「{shown(value)}」は使えません。満了 か 解除 と書いてください")


def _kind(value: str, where: str) -> str:
    for word, kind in KIND_WORDS.items():
        if word in value or value == kind:
            return kind
    raise InputError(where, f"「{shown(value)}」は使えません。{'・'.join(KIND_WORDS)} のどれかを書いてください")


@lru_cache(maxsize=8192)
def _day(value: str, where: str) -> date:
    return parse_date(_WEEKDAY.sub("", value), where)


def _last_day(value: str, where: str) -> date:
    """Read a day, or the words for an agreement that has no end (D-3)."""
    return NEVER if plain(value) in _ENDLESS_WORDS else _day(value, where)


def _years(value: str, where: str) -> int:
    return parse_number(value.removesuffix("間").removesuffix("年"), where, least=1, most=_MOST_RENEWAL_YEARS)


def _months(value: str, where: str) -> int:
    number = value.removesuffix("まで").removesuffix("前").removesuffix("月")
    for counter in ("か", "ヶ", "カ", "ヵ", "ケ", "箇", "個"):
        number = number.removesuffix(counter)
    return parse_number(number, where, least=0, most=_MOST_NOTICE_MONTHS)


@lru_cache(maxsize=8192)
def _email(value: str, where: str) -> str:
    return text.email(value, where)
