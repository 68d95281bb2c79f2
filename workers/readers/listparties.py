"""The partners in a cell: one, several, or a question where that is not certain (ASA-7, ALL-10)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from workers.domain.text import shown
from workers.errors import InputError

_SIGNS: Final = re.compile(r"[、；;，]\s*(?!(?:Inc|Ltd|LLC|Co|Corp|Limited|K\.K)\b)")
_LINES: Final = re.compile(r"[\n\r]+")
_LEADING: Final = re.compile(r"^(?:[①-⑳]|[(（]?\d{1,2}[)）.．、]|[・●○◆■◇□*＊‐-])\s*")
_BODY: Final = re.compile(
    "会社|[(（]?[株有合同][)）]|㈱|㈲|組合|法人|協会|大学|学校|学園|高校|銀行|金庫|連合会|協議会|商工会|会議所|自治会|町内会|"
    "社会福祉|医師会|薬剤師会|財団|社団|機構|公社|公団|研究所|病院|診療所|クラブ|ホールディングス|グループ|"
    "[都道府県市区町村]$|[会団社]$|センター$|Inc|Ltd|LLC|Corp"
)
_PART_OF_ONE: Final = re.compile(
    r"^[(（].*[)）]$|(?:支店|支社|支部|本店|本社|本部|営業所|事業部|出張所|支所|工場|部|課)$|^(?:代表|取締役|理事長|会長|社長|学長)"
)


@lru_cache(maxsize=1024)
def parties(value: str, where: str = "") -> tuple[str, ...]:
    """Return the names in a cell, the contracting partner first.

    ``A、B`` are two, and so are names on lines of their own that each say what body they are; a branch or a title on a
    line of its own belongs to the name before it. Raises InputError, as a question, for lines that may be either.
    """
    names: list[str] = []
    for line in _LINES.split(value):
        for place, part in enumerate(_SIGNS.split(line)):
            name = _LEADING.sub("", " ".join(part.split()))
            if not name:
                continue
            if names and place == 0 and _PART_OF_ONE.search(name) and not re.search("会社|組合|法人|大学", name):
                names[-1] = f"{names[-1]} {name}"
            else:
                names.append(name)
    broken = len([line for line in _LINES.split(value) if line.strip()]) > 1
    if broken and len(names) > 1 and not all(_BODY.search(name) for name in names):
        raise InputError(
            where,
            f"「{shown('／'.join(names))}」が1つの相手方か、いくつかの相手方か分かりません。"
            "いくつかなら「、」で区切り、1つならセルの中の改行を取ってください",
        )
    return tuple(dict.fromkeys(names))
