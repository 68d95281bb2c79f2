"""What a Word template says, paragraph by paragraph, and what in it could never be filled.

Word breaks a text over runs as it likes; a tag broken that way is healed. What is not healed is told: full-width
or single braces, a tag in a part of the document that is never filled, words that a paragraph's tag takes away.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from lxml import etree

from workers.packs.tags import UNCLOSED, UNOPENED, leftover_tags, leftover_words

_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_A: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_FALLBACK: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_FILLED: Final = {"document": "本文", "header": "ヘッダー", "footer": "フッター", "footnotes": "脚注"}
_UNFILLED: Final = {
    "endnotes": "文末脚注",
    "charts": "グラフ",
    "diagrams": "SmartArt",
    "glossary": "文書パーツ",
}
_TAG: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_WHOLE_PART: Final = re.compile(r"\{[%{#](?P<kind>p|tr|tc) .*?[%}#]\}", re.DOTALL)
_PLACES: Final = {"p": "段落", "tr": "表の行", "tc": "表のセル"}
_HOLDERS: Final = {"p": f"{_W}p", "tr": f"{_W}tr", "tc": f"{_W}tc"}
_LONGEST: Final = 24


@dataclass(frozen=True)
class Paragraph:
    """One paragraph: where it stands, in Japanese, what it says, and what its row or cell of a table says."""

    place: str
    text: str
    filled: bool
    row: str = ""
    cell: str = ""

    @property
    def shown(self) -> str:
        """Where the paragraph is and how it begins."""
        return f"{self.place}「{shortened(self.text)}」"


def shortened(text: str) -> str:
    """Return the beginning of a text in one line."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def paragraphs(content: bytes) -> Iterator[Paragraph]:
    """Yield the paragraphs of all parts of a Word document that people see."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for name in package.namelist():
            place, filled = _place(name)
            if not place:
                continue
            root = etree.fromstring(package.read(name))
            for paragraph in root.iter(f"{_W}p", f"{_A}p"):
                text = _text(paragraph, paragraph.tag)
                if text.strip() and not _is_copy(paragraph):
                    box = any(holder.tag == f"{_W}txbxContent" for holder in paragraph.iterancestors())
                    yield Paragraph(
                        f"{place}のテキストボックス" if box else place,
                        text,
                        filled,
                        _holder(paragraph, "tr"),
                        _holder(paragraph, "tc"),
                    )


@lru_cache(maxsize=64)
def faults(content: bytes) -> tuple[str, ...]:
    """Return what in a template would be printed as it stands or lost, in words for whoever edits it."""
    found: list[str] = []
    for paragraph in paragraphs(content):
        told = [fault for fault in _of(paragraph) if not (found and UNCLOSED in found[-1] and UNOPENED in fault)]
        found += told  # a tag over two paragraphs is one mistake
    return tuple(dict.fromkeys(found))


def _of(paragraph: Paragraph) -> Iterator[str]:
    if not paragraph.filled:
        if _TAG.search(paragraph.text):
            place = f"{paragraph.shown}: {paragraph.place}"
            yield f"{place}の差し込みは埋まりません。本文・ヘッダー・フッター・脚注に移してください"
        return
    for tag in leftover_tags(paragraph.text):
        yield f"{paragraph.shown}: {leftover_words(tag)}"
    for match in _WHOLE_PART.finditer(paragraph.text):
        kind = match["kind"]
        around = {"p": paragraph.text, "tr": paragraph.row, "tc": paragraph.cell}[kind]
        if around and around.replace(match[0], "", 1).strip():
            rest = shortened(around.replace(match[0], "", 1))
            yield (
                f"{paragraph.shown}: 「{match[0]}」と同じ{_PLACES[kind]}にある「{rest}」が消えます。"
                f"{{%{kind} … %}} は、それだけの{_PLACES[kind]}に書いてください"
            )


def _place(name: str) -> tuple[str, bool]:
    folder, _, file = name.rpartition("/")
    kind = re.sub(r"\d*\.xml$", "", file)
    if folder == "word" and kind in _FILLED:
        return _FILLED[kind], True
    part = kind if folder == "word" else folder.removeprefix("word/").partition("/")[0]
    known = name.endswith(".xml") and name.startswith("word/")
    return (_UNFILLED.get(part, "") if known else ""), False


def _text(holder: Any, own: str) -> str:
    """Return what a paragraph says, without the paragraphs of a text box that hangs in it."""
    marks = holder.iter(f"{_W}t", f"{_W}br", f"{_W}tab", f"{_A}t")
    own_marks = (mark for mark in marks if next(mark.iterancestors(own)) is holder)
    return "".join((mark.text or "") if mark.tag in {f"{_W}t", f"{_A}t"} else " " for mark in own_marks)


def _holder(paragraph: Any, kind: str) -> str:
    """Return what the row or the cell around a paragraph says."""
    holder = next(paragraph.iterancestors(_HOLDERS[kind]), None)
    return "" if holder is None else "".join(element.text or "" for element in holder.iter(f"{_W}t"))


def _is_copy(paragraph: Any) -> bool:
    """Return whether a paragraph is the copy of a text box that old versions of Word read."""
    return any(holder.tag == _FALLBACK for holder in paragraph.iterancestors())
