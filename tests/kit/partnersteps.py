"""Every step that partners answer, by link or by file, and those that the office enters for them on purpose.

``python -m tests.kit.partnersteps`` rewrites the table in docs/process-owners.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from workers.packs import CityPacks
from workers.packs.answersteps import OFFICE, PARTNER, form_id, name_of, page_mark
from workers.packs.diagrams import model

ROOT: Final = Path(__file__).parent.parent.parent
DOCUMENT: Final = ROOT / "docs" / "process-owners.md"
_BEGIN: Final = "<!-- 相手方の手順の表: はじまり（python -m tests.kit.partnersteps で作り直します） -->"
_END: Final = "<!-- 相手方の手順の表: 終わり -->"


def by_file() -> Iterator[tuple[str, str]]:
    """Yield (pack, user task) of every partner's step whose mail brings its form as a workbook."""
    filed = _filed(CityPacks([ROOT / "bpmn"]))
    for path in sorted((ROOT / "bpmn").glob("*/*.bpmn")):
        for task in model.load(path).all("userTask"):
            if page_mark(task) == PARTNER and form_id(task) in filed:
                yield path.parent.name, task.get("id") or ""


def _filed(packs: CityPacks) -> set[str]:
    return {rule.answer_form for code in packs.codes() for rule in packs.city(code).mails.values()}


def rows() -> Iterator[str]:
    """Yield a row for each step: whose it is, what it is called, the ways in which the partner answers."""
    packs = CityPacks([ROOT / "bpmn"])
    names = {code: packs.city(code).name for code in packs.codes()}
    filed = _filed(packs)
    for path in sorted((ROOT / "bpmn").glob("*/*.bpmn")):
        for task in model.load(path).all("userTask"):
            mark, form = page_mark(task), form_id(task)
            if mark == PARTNER:
                ways = f"できる | {'できる' if form in filed else '—'} |  |"
            elif mark.startswith(OFFICE):
                ways = f"— | — | {mark.removeprefix(OFFICE).strip()} |"
            else:
                continue
            where = names.get(path.parent.name, "共通")
            yield f"| {where} | {name_of(task)}（`{path.stem}: {task.get('id')}`） | {ways}"


def table() -> str:
    """Return the table with its markers."""
    head = "| 市 | 手順 | リンク（ページ） | ファイル（Excel） | 所管課が入れるわけ |\n|---|---|---|---|---|"
    return "\n".join([_BEGIN, "", head, *rows(), "", _END])


def rewritten(text: str) -> str:
    """Return the document with the table as it is now."""
    before, _, rest = text.partition(_BEGIN)
    return before + table() + rest.partition(_END)[2]


if __name__ == "__main__":
    DOCUMENT.write_text(rewritten(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
