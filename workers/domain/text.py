"""What a person may type into a text field, and how it is kept.

Texts go into mails, Word files and XML: a character which one of them cannot hold is refused where it was typed, with
its code, and never dropped in silence. Messages do not repeat addresses and numbers, which are personal data.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from workers.errors import InputError

# NFC would replace these with other ideographs (神 becomes 神), which changes people's names.
_COMPATIBILITY_IDEOGRAPHS: Final = re.compile("([\uf900-\ufaff\U0002f800-\U0002fa1f]+)")
_ZERO_WIDTH_JOINER: Final = "\u200d"  # part of emoji
_REFUSED: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_PHONE: Final = re.compile(r"[0-9+\-() 内線代表直通・、,/:]+")
_PHONE_DIGITS: Final = 9
_EMAIL_MAX: Final = 254
# What the validator returns as it is, forty times slower: long lists hold hardly anything else.
_USUAL_EMAIL: Final = re.compile(
    r"[a-z0-9_+]+(?:[.-][a-z0-9_+]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+([a-z]{2,})", re.ASCII
)
_NOBODYS_DOMAINS: Final = frozenset({"arpa", "invalid", "local", "localhost", "onion", "test"})
"""Those of the validator's ``SPECIAL_USE_DOMAIN_NAMES`` that are a whole top-level domain."""
_USUAL_MAX: Final = 60  # within every limit of a part
# What XML, and so a Word file, cannot hold; of it databases refuse NUL and lone surrogates.
_UNKEEPABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def single_line(value: object, where: str, *, maximum: int) -> str:
    """Return a text of one line, trimmed and composed; an empty one is ``""``.

    Raises InputError for another type, a line break, a character that cannot be printed, or more than ``maximum``
    characters.
    """
    text = _text(value, where).strip()
    if "\n" in text:
        raise InputError(where, "改行せずに1行で書いてください")
    _check(text, where, maximum)
    return text


def multi_line(value: object, where: str, *, maximum: int) -> str:
    """Return a text of any number of lines, trimmed, line ends as line feeds; errors as ``single_line``."""
    lines = _text(value, where).replace("\t", " ").split("\n")
    text = "\n".join(line.rstrip() for line in lines).strip()
    _check(text, where, maximum)
    return text


def email(value: object, where: str) -> str:
    """Return a mail address in ASCII; raises InputError for what no mail server would take."""
    text = single_line(value, where, maximum=_EMAIL_MAX)
    if (usual := _USUAL_EMAIL.fullmatch(text)) and len(text) <= _USUAL_MAX and usual[1] not in _NOBODYS_DOMAINS:
        return text
    from email_validator import EmailNotValidError, validate_email

    try:
        checked = validate_email(text, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise InputError(
            where, "メールアドレスの形ではありません（name@city.example のように書いてください）"
        ) from None
    return checked.ascii_email or checked.normalized


def phone(value: object, where: str) -> str:
    """Return a telephone number as written, in half-width characters; an extension may follow (内線 123)."""
    text = unicodedata.normalize("NFKC", single_line(value, where, maximum=60))
    text = re.sub("[‐‑‒–—―−ー]", "-", text)
    if text and (not _PHONE.fullmatch(text) or sum(map(str.isdecimal, text)) < _PHONE_DIGITS):
        raise InputError(where, "電話番号の形ではありません（0270-00-0000 のように書いてください）")
    return text


def check_keepable(value: object, where: str) -> None:
    """Raise InputError for a text anywhere in JSON that neither a database nor a document can hold."""
    pending = [value]
    while pending:
        found = pending.pop()
        if isinstance(found, str):
            if bad := _UNKEEPABLE.search(found):
                raise _unusable(where, "使えない文字", bad[0])
        elif isinstance(found, Mapping):
            pending += [*found.keys(), *found.values()]
        elif isinstance(found, list):
            pending += found


def shown(value: object, limit: int = 30) -> str:
    """Return what a person wrote, printable and short enough for a message."""
    text = "".join(character if character.isprintable() else "?" for character in str(value))
    return text if len(text) <= limit else text[:limit] + "…"


def comparable(text: str) -> str:
    """Return a title as it is compared: without blanks, widths and case of signs."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise InputError(where, "文字で書いてください")
    # NFC holds no compatibility ideographs, so such a text stays as it is.
    if "\r" not in value and (value.isascii() or unicodedata.is_normalized("NFC", value)):
        return value
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    parts = _COMPATIBILITY_IDEOGRAPHS.split(text)
    return "".join(part if n % 2 else unicodedata.normalize("NFC", part) for n, part in enumerate(parts))


def _check(text: str, where: str, maximum: int) -> None:
    if len(text) <= maximum and text.isprintable():  # nearly every text: no need to look at each character
        return
    for character in text:
        if character not in {"\n", _ZERO_WIDTH_JOINER} and (problem := _problem(character)):
            raise _unusable(where, problem, character)
    if len(text) > maximum:
        raise InputError(where, f"長すぎます（{len(text)}文字）。{maximum}文字までにしてください")


def _unusable(where: str, problem: str, character: str) -> InputError:
    return InputError(where, f"{problem}（U+{ord(character):04X}）が入っています。取り除いてください")


def _problem(character: str) -> str | None:
    category = unicodedata.category(character)
    if category in _REFUSED:
        return "目に見えない文字"
    if category == "Co":
        return "外字"
    # Two code points at the end of each plane, and a block of 32, are no characters at all.
    return "使えない文字" if ord(character) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(character) <= 0xFDEF else None
