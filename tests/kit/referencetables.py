"""Tables of the reference in Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from annotated_types import Ge, Le
from pydantic.fields import FieldInfo

MADE: Final = "<!-- コードから作った頁です（python -m tests.kit.reference）。手で直しません -->"


def table(head: str, rows: Iterable[Iterable[str]]) -> list[str]:
    """Return a table; ``head`` has its columns between bars. A cell's bars and lines do not end it."""
    columns = head.split("|")
    lines = ["| " + " | ".join(column.strip() for column in columns) + " |", "|" + "---|" * len(columns)]
    return [*lines, *("| " + " | ".join(map(_cell, row)) + " |" for row in rows)]


def code(text: str) -> str:
    """Return a text as code; nothing for nothing."""
    return f"`{text}`" if text else ""


def codes(names: Iterable[str]) -> str:
    """Return names as code, one beside the other."""
    return "、".join(map(code, names))


def plain(text: str) -> str:
    """Return a text in which nothing is Markdown or HTML."""
    for sign in "\\`*_[]<>":
        text = (
            text.replace(sign, f"\\{sign}")
            if sign not in "<>"
            else text.replace(sign, {"<": "&lt;", ">": "&gt;"}[sign])
        )
    return text


def span(about: FieldInfo) -> str:
    """Return in words which whole numbers a field takes."""
    low = next((limit.ge for limit in about.metadata if isinstance(limit, Ge)), None)
    high = next((limit.le for limit in about.metadata if isinstance(limit, Le)), "")
    return "整数" if low is None else f"整数（{low}～{high}）"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")
