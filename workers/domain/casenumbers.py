"""Numbers of cases and agreements as people say them; their ids stand in addresses and commands alone."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from workers.domain.fiscal import format_fiscal_year, parse_fiscal_year
from workers.errors import InputError

_CASE: Final = re.compile(r"[a-z][a-z0-9-]*-(\d{4})-(\d+)", re.ASCII)
_SAID: Final = re.compile(r"(.+年度)第(\d{1,9})号", re.ASCII)
_IN_WORDS: Final = re.compile(r"(?<![\w.@-])[a-z][a-z0-9-]*-(?:a\d+|\d{4}-\d+)(?![\w-])", re.ASCII)
_NAME_OF_A_STEP: Final = re.compile(r": [a-z][a-z0-9-]*(?=（|$)", re.ASCII)
_AGREEMENT: Final = re.compile(r"[a-z][a-z0-9-]*-a(\d+)", re.ASCII)


def case_number(case_id: str) -> str:
    """Return ``令和8年度 第12号`` for ``CITY-2026-12``; an id of another shape comes back as it is."""
    found = _CASE.fullmatch(case_id)
    return f"{format_fiscal_year(int(found[1]))} 第{int(found[2])}号" if found else case_id


def case_id(city: str, number: str) -> str:
    """Return the id of a city's case that people call ``令和8年度 第12号``; anything else comes back without blanks."""
    bare = "".join(unicodedata.normalize("NFKC", number).split())
    found = _SAID.fullmatch(bare)
    try:
        return f"{city}-{parse_fiscal_year(found[1], '案件番号')}-{int(found[2])}" if found else bare
    except InputError:
        return bare


def agreement_number(agreement_id: str) -> str:
    """Return ``協定第12号`` for ``CITY-a12``; an id of another shape comes back as it is."""
    found = _AGREEMENT.fullmatch(agreement_id)
    return f"協定第{int(found[1])}号" if found else agreement_id


def file_name(name: str, case_id: str) -> str:
    """Return a file's name without the case's id, which stands there for folders outside."""
    return name.replace(f"_{case_id}", "").replace(case_id, case_number(case_id))


def in_words(text: str) -> str:
    """Return a line of a history without ids: numbers as people say them, a step's name of the diagram left out."""
    return _NAME_OF_A_STEP.sub("", _IN_WORDS.sub(lambda found: agreement_number(case_number(found[0])), text))
