"""How names are compared when somebody searches: width, kana and the legal form do not matter (ALL-6).

``㈱ミドリ商事``, ``(株)みどり商事`` and ``みどり商事株式会社`` are found by any of them. The form is cut off
and not only unified, because people leave it out; who searches for a form alone gets all that have it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

_FORMS: Final = {
    "株式会社": ("(株)",),
    "有限会社": ("(有)",),
    "合同会社": ("(同)",),
    "合資会社": ("(資)",),
    "合名会社": ("(名)",),
    "相互会社": ("(相)",),
    "一般社団法人": ("(一社)",),
    "一般財団法人": ("(一財)",),
    "公益社団法人": ("(公社)",),
    "公益財団法人": ("(公財)",),
    "社団法人": ("(社)",),
    "財団法人": ("(財)",),
    "学校法人": ("(学)",),
    "医療法人": ("(医)",),
    "社会福祉法人": ("(福)", "(社福)"),
    "宗教法人": ("(宗)",),
    "特定非営利活動法人": ("(特非)", "(npo)", "npo法人"),
    "国立大学法人": ("(大)", "(国大)"),
    "独立行政法人": ("(独)",),
    "生活協同組合": ("(生協)",),
}
"""Legal forms and how lists shorten them, in NFKC and lower case."""

_SHORT: Final = {short: form for form, shorts in _FORMS.items() for short in shorts}
_SHORT_FORM: Final = re.compile("|".join(re.escape(short) for short in _SHORT))
_FORM: Final = re.compile("|".join(sorted(_FORMS, key=len, reverse=True)))
_LONG_SIGNS: Final = "‐‑‒–—―−ー-〜~"
_TO_HIRAGANA: Final = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)} | {
    ord(sign): "ー" for sign in _LONG_SIGNS
}
_PASSED_OVER: Final = re.compile(r"[\s・･,、.。'’「」『』]+")
_BETWEEN: Final = "\n"  # no word that is searched for has one


def search_text(texts: Iterable[str]) -> str:
    """Return what is searched of an agreement: its texts without legal forms, and the forms.

    A text that another one contains is left out.
    """
    forms: dict[str, None] = {}
    names: list[str] = []
    for text in dict.fromkeys(texts):
        whole = _folded(text)
        name = whole if whole.isascii() else _FORM.sub("", whole)
        if name != whole:
            forms |= dict.fromkeys(_FORM.findall(whole))
        if name and name not in _BETWEEN.join(names):
            names = [*(other for other in names if other not in name), name]
    return _BETWEEN.join([*names, *forms])


def search_words(asked: str) -> list[str]:
    """Return the words that all have to occur in a :func:`search_text`; none for a blank question."""
    words = (_folded(word) for word in unicodedata.normalize("NFKC", asked).split())
    return list(dict.fromkeys(_FORM.sub("", word) or word for word in words if word))


def _folded(text: str) -> str:
    """Return a text without widths, cases, blanks, kinds of kana and short forms."""
    plain = text.isascii()  # numbers: the dear steps find nothing in them
    text = _PASSED_OVER.sub("", text.casefold() if plain else unicodedata.normalize("NFKC", text).casefold())
    if "(" in text or "npo" in text:
        text = _SHORT_FORM.sub(lambda found: _SHORT[found[0]], text)
    return text.replace("-", "ー").replace("~", "ー") if text.isascii() else text.translate(_TO_HIRAGANA)
