"""How templates are filled: shared by mails and documents."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, Template, Undefined, UndefinedError, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import LRUCache

from workers.domain.entities import Rating
from workers.domain.fiscal import format_fiscal_year
from workers.domain.jst import JST
from workers.domain.wareki import format_wareki, parse_date
from workers.errors import InputError, PermanentError
from workers.packs.templatewords import in_words, line_of

_KEPT_TEXTS = 200
_BLANK_DATE = "令和　　年　　月　　日"
# What XML 1.0 cannot hold, the C1 controls, lone surrogates, and signs that reverse the reading direction
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_LINE_BREAK = re.compile("\r\n|[\r\x85\u2028\u2029]")


def clean(text: str) -> str:
    """Return text without control characters; every kind of line break becomes a line feed."""
    return _FORBIDDEN.sub("", _LINE_BREAK.sub("\n", text))


class _Environment(ImmutableSandboxedEnvironment):
    """Keeps what it compiled from a text: docxtpl hands in a document's whole XML for each document that it fills."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._compiled: LRUCache = LRUCache(_KEPT_TEXTS)

    def from_string(
        self,
        source: Any,
        globals: Any = None,  # noqa: A002 (Jinja's name)
        template_class: type[Template] | None = None,
    ) -> Template:
        if not isinstance(source, str) or globals or template_class:
            return super().from_string(source, globals, template_class)
        if source not in self._compiled:
            self._compiled[source] = super().from_string(source)
        template: Template = self._compiled[source]
        return template


def environment(**options: Any) -> ImmutableSandboxedEnvironment:
    """Return a sandboxed Jinja environment with our filters; an unknown variable is an error, and so is None."""
    jinja = _Environment(undefined=StrictUndefined, **options)
    jinja.filters.update(
        wareki=wareki,
        nendo=format_fiscal_year,
        lines=lines,
        mark=mark,
        circled=circled,
        joined=joined,
        either=either,
        labels=labels,
        preamble=preamble,
        negotiable=negotiable,
    )
    return jinja


def template_error(error: Exception, template: str) -> PermanentError:
    """Return the Japanese error for a template that could not be filled; values never get into it."""
    line = line_of(error)
    place = f"{line} 行目: " if line and template.endswith(".j2") else ""
    return PermanentError(f"ひな形 {template}: {place}{in_words(error)}")


def read_text(path: Path) -> str:
    """Return a text template; raises PermanentError (Japanese) for one that is not plain UTF-8, saying what to do."""
    content = path.read_bytes()
    shown = "/".join(path.parts[-3:])
    if content.startswith(codecs.BOM_UTF8):
        raise PermanentError(
            f"ひな形 {shown}: 文字コードが「UTF-8（BOM 付き）」です。メモ帳の「名前を付けて保存」で、"
            "文字コードを「UTF-8」（BOM の付かない方）にして保存し直してください"
        )
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise PermanentError(
            f"ひな形 {shown}: 文字コードが UTF-8 ではありません（{_encoding(content)}）。"
            "メモ帳の「名前を付けて保存」で、文字コードを「UTF-8」にして保存し直してください"
        ) from error


def _encoding(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "UTF-16 のようです"
    try:
        content.decode("cp932")
    except UnicodeDecodeError:
        return "読めない文字があります"
    return "Shift_JIS（ANSI）のようです"


def printable(value: Any) -> Any:
    """Return what a template may print; raises UndefinedError for None, which would be printed as such."""
    if value is None:
        raise UndefinedError("値が空（None）です")
    if callable(value) and not isinstance(value, (str, Undefined)) and not hasattr(value, "__html__"):
        raise UndefinedError("値ではありません")
    return value


def wareki(value: date | str | None, *, weekday: bool = False) -> str:
    """Filter: a date in the Japanese calendar (D-2), on request with the weekday; None: a line to fill in by hand.

    A form's date comes as it was typed, ISO or wareki; a text that is no date stays as it was written.
    """
    if value is None:
        return _BLANK_DATE
    if isinstance(value, str):
        try:
            value = parse_date(value)
        except InputError:
            return str(value)
    return format_wareki(value.astimezone(JST).date() if isinstance(value, datetime) else value, weekday=weekday)


@pass_context
def negotiable(context: Context, value: Any) -> Any:
    """Filter: in a draft a part that the parties settle in their talks, 【…】; in the final text the part alone."""
    part = printable(value)
    return f"【{part}】" if part != "" and context.get("draft") else part


def mark(value: Rating | str | None) -> str:
    """Filter: the sign ○, △, × of a rating; an empty one stays empty (ISE-4)."""
    if value is None or value in {"", "○", "△", "×"}:
        return value or ""
    return Rating(value).mark


def lines(texts: Sequence[str]) -> str:
    """Filter: texts below each other; empty ones and one that repeats its predecessor are left out."""
    kept = [text for text in texts if text]
    return "\n".join(text for index, text in enumerate(kept) if index == 0 or text != kept[index - 1])


def circled(number: int) -> str:
    """Filter: 1 to 50 as a circled number, others in brackets."""
    for first, last, sign in ((1, 20, 0x2460), (21, 35, 0x3251), (36, 50, 0x32B1)):
        if first <= number <= last:
            return chr(sign + number - first)
    return f"({number})"


def joined(names: str | Sequence[str]) -> str:
    """Filter: names as an enumeration that means all of them: A、B及びC."""
    return _enumeration(names, "及び")


def either(names: str | Sequence[str]) -> str:
    """Filter: names as an enumeration that means any of them: A、B又はC."""
    return _enumeration(names, "又は")


def labels(parties: Sequence[Any]) -> list[str]:
    """Filter: the short names of all parties of an agreement, the city's 甲 first."""
    return ["甲", *(_get(party, "label") for party in parties)]


def preamble(parties: Sequence[Any], city: str) -> str:
    """Filter: who concludes the agreement, each with the short name used in the articles."""
    named = [(city, "甲"), *((_get(party, "name"), _get(party, "label")) for party in parties)]
    return joined([f"{name}（以下「{label}」という。）" for name, label in named])


def _get(item: Any, key: str) -> str:
    return str(item[key] if isinstance(item, dict) else getattr(item, key))


def _enumeration(names: str | Sequence[str], word: str) -> str:
    listed = [names] if isinstance(names, str) else list(names)
    if len(listed) < 2:
        return "".join(listed)
    return "、".join(listed[:-1]) + word + listed[-1]
