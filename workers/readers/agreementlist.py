"""An office's own list of agreements, row by row: what its cells mean (ALL-6, ALL-10).

A row comes as texts under the list's headings, however the office wrote them; dates are wareki or ISO.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from typing import Final, TypeVar

from workers.domain import text
from workers.domain.agreements import AgreementEnd, AgreementTerm
from workers.domain.numbers import parse_number
from workers.domain.text import shown
from workers.domain.wareki import format_wareki
from workers.errors import InputError
from workers.readers.inputs import FieldError
from workers.readers.listcells import CityWords, UnreadCell, listed_phone, yes_no
from workers.readers.listcolumns import HEADINGS
from workers.readers.listdates import read_day
from workers.readers.listparties import parties
from workers.readers.listterms import course_of

T = TypeVar("T")

KIND_WORDS: Final = {"包括": "comprehensive", "個別": "individual", "協働": "collaboration"}
_MOST_RENEWAL_YEARS: Final = 50
_MOST_NOTICE_MONTHS: Final = 24
_MOST_REMARK: Final = 2000


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

    The fields mean the same as those of ``agreements.Agreement``; ``number`` is ``""`` in a list without numbers.
    ``computed``: what does not stand in the list but was computed or assumed, by column, in words.
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
    remark: str = ""
    computed: tuple[tuple[str, str], ...] = ()


def parse_row(
    row: int, cells: Mapping[str, str], words: CityWords, today: date, *, numbered: bool = True
) -> tuple[ListedAgreement | None, list[InputError]]:
    """Return a row's agreement, or None and all that is wrong with it, each error with row and column (ALL-10).

    ``numbered``: the list has a column of numbers, so each row needs one.
    """
    reader = RowReader(row, cells)
    signed_on = reader.day("signed_on", required=True)
    if signed_on is not None and signed_on > today:
        reader.problem("signed_on", f"{format_wareki(signed_on)}はまだ来ていません")
    years, months = reader.take("renewal_years", _years), reader.take("notice_months", _months)
    course = course_of(reader, words, signed_on, today, years=years, months=months) if signed_on else None
    partner, names = _partner(reader)
    kind = reader.take("kind", _kind) or "comprehensive"
    number = reader.text("number", 60, required=numbered)
    title = reader.text("title", 300, required=True)
    fields = reader.take("fields", words.field_list, required=True) or ()
    partner_kind, trade = reader.text("partner_kind", 60), reader.text("trade", 60)
    department = reader.take("department", words.department_code) or ""
    old = reader.take("old_rules", yes_no) or (signed_on is not None and words.city.term.came_before(signed_on))
    if (said := reader.lines("remark", _MOST_REMARK)) and said not in reader.remarks:
        reader.remarks.append(said)
    if reader.errors or course is None or signed_on is None:
        return None, reader.errors
    return ListedAgreement(
        row=row,
        number=number,
        title=title,
        kind=kind,
        signed_on=signed_on,
        term=course.term,
        partner=partner,
        parties=names,
        fields=fields,
        partner_kind=partner_kind,
        trade=trade,
        department=department,
        renews=course.renews,
        renewal_years=course.renewal_years,
        notice_months=course.notice_months,
        whole_guideline=not old,
        ended_on=course.ended_on,
        end=course.end,
        remark="\n".join(reader.remarks)[:_MOST_REMARK],
        computed=course.computed,
    ), []


class RowReader:
    """The cells of a row. Problems gather in ``errors``, what was written beside a value in ``remarks``."""

    def __init__(self, row: int, cells: Mapping[str, str]) -> None:
        self._row = row
        self._cells = cells
        self.errors: list[InputError] = []
        self.remarks: list[str] = []

    def problem(self, key: str, detail: str) -> None:
        """Note a problem of a column."""
        self.errors.append(FieldError((self._row, key), f"{self._row}行目 {HEADINGS[key]}", detail))

    def remark(self, key: str, said: str) -> None:
        """Keep what stood beside a column's value."""
        if said:
            self.remarks.append(f"{HEADINGS[key]}: {said}")

    def take(self, key: str, read: Callable[[str, str], T], *, required: bool = False) -> T | None:
        """Return a cell as ``read`` gives it; None where it is empty or wrong."""
        value = self._cells.get(key)
        if not value or not (stripped := value.strip()):
            if required:
                self.problem(key, "入力してください")
            return None
        if isinstance(value, UnreadCell):
            self.problem(key, value.why)
            return None
        try:
            return read(stripped, "")
        except InputError as error:
            self.problem(key, error.message.removeprefix(f"{error.where}: "))
        return None

    def day(self, key: str, *, required: bool = False) -> date | None:
        """Return a day; the remark beside it is kept."""
        found = self.take(key, read_day, required=required)
        if found is None:
            return None
        if found[1]:
            self.remark(key, found[1])
        return found[0]

    def text(self, key: str, maximum: int, *, required: bool = False) -> str:
        """Return a cell of one line; line breaks within a spreadsheet's cell become blanks."""
        value = self._cells.get(key)
        if value and value.__class__ is str:  # what nearly every cell is
            line = " ".join(value.split())
            usual = line.isprintable() and (line.isascii() or unicodedata.is_normalized("NFC", line))
            if line and usual and len(line) <= maximum:
                return line
        elif not value and not required:
            return ""
        return self.take(key, partial(_line, maximum=maximum), required=required) or ""

    def lines(self, key: str, maximum: int) -> str:
        """Return a cell of several lines."""
        return self.take(key, partial(text.multi_line, maximum=maximum)) or ""


def _line(value: str, where: str, *, maximum: int) -> str:
    return text.single_line(" ".join(value.split()), where, maximum=maximum)


def _partner(reader: RowReader) -> tuple[ListedPartner, tuple[str, ...]]:
    """Return the contracting partner and the names of all parties on that side."""
    names = reader.take("partner", _names, required=True) or ("",)
    others = reader.take("other_parties", _names) or ()
    phone, behind = reader.take("phone", listed_phone) or ("", "")
    reader.remark("phone", behind)
    partner = ListedPartner(
        name=names[0],
        representative=reader.text("representative", 100),
        contact=reader.text("contact", 100),
        email=reader.take("email", _email) or "",
        phone=phone,
        address=reader.text("address", 200),
        corporate_number=reader.take("corporate_number", _corporate_number) or "",
    )
    return partner, tuple(dict.fromkeys((*names, *others)))


def _names(value: str, where: str) -> tuple[str, ...]:
    if "\n" not in value and "、" not in value and "；" not in value and "，" not in value and ";" not in value:
        return (_line(value, where, maximum=200),)
    return tuple(_line(name, where, maximum=200) for name in parties(value, where)) or ("",)


def _corporate_number(value: str, where: str) -> str:
    number = unicodedata.normalize("NFKC", value).replace("-", "")
    return number if number.isdecimal() else _line(value, where, maximum=20)


@lru_cache(maxsize=64)
def _kind(value: str, where: str) -> str:
    for word, kind in KIND_WORDS.items():
        if word in value or value == kind:
            return kind
    raise InputError(where, f"「{shown(value)}」は使えません。{'・'.join(KIND_WORDS)} のどれかを書いてください")


def _years(value: str, where: str) -> int:
    number = value.removesuffix("ごと").removesuffix("間").removesuffix("年")
    return parse_number(number, where, least=1, most=_MOST_RENEWAL_YEARS)


def _months(value: str, where: str) -> int:
    number = value.removesuffix("まで").removesuffix("前").removesuffix("月")
    for counter in ("か", "ヶ", "カ", "ヵ", "ケ", "箇", "個"):
        number = number.removesuffix(counter)
    return parse_number(number, where, least=0, most=_MOST_NOTICE_MONTHS)


def _email(value: str, where: str) -> str:
    """Return a mail address; full-width signs are folded."""
    return text.email(value if value.isascii() else unicodedata.normalize("NFKC", value), where)
