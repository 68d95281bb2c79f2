"""TOML files written by people: read by the standard library, with the line of every key for messages.

The standard parser checks the file; only then are its statements walked once more for their lines, so that the walk may
rely on valid TOML.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from workers.errors import InputError, InputErrors

Place = tuple[str | int, ...]

_AT: Final = re.compile(r"\(at line (\d+), column (\d+)\)")
# A statement's value runs to the end of its line, unless a string or a bracket goes on: these are its pieces.
_PIECE: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"""+'
    r"|'''.*?'''+"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*"
    r"|[\[\]{}\n=]"
    r"|[^\[\]{}\n=#\"']+",
    re.DOTALL,
)
_OPEN: Final = {"[": 1, "{": 1, "]": -1, "}": -1}
_MAXIMUM_SIZE: Final = 1_000_000


@dataclass(frozen=True, kw_only=True)
class TomlSource:
    """A parsed TOML file. ``lines``: place (keys and list positions from 0) to line number, from 1."""

    name: str
    data: dict[str, Any]
    lines: Mapping[Place, int]

    def line(self, place: Place) -> int | None:
        """Return the line of a place, or of the nearest table that holds it; None for the file as a whole."""
        while place:
            if place in self.lines:
                return self.lines[place]
            place = place[:-1]
        return None

    def where(self, place: Place) -> str:
        """Return ``FILE 12行目 [[projects]] 2件目 title`` for a message."""
        line = self.line(place)
        return " ".join(part for part in (self.name, f"{line}行目" if line else "", label(place)) if part)


def label(place: Place) -> str:
    """Return a place as one finds it in a TOML file: ``[office] email``, ``[[fields]] 2件目 name``."""
    if len(place) < 2:
        return str(place[0]) if place else ""
    top, *rest = place
    head = f"[[{top}]]" if isinstance(rest[0], int) else f"[{top}]"
    return " ".join([head, *(f"{part + 1}件目" if isinstance(part, int) else part for part in rest)])


def read_toml(path: Path, name: str | None = None) -> TomlSource:
    """Read a TOML file (UTF-8, with or without BOM).

    ``name`` is what messages call it, by default its file name. Raises InputErrors, with the line, for a file that
    is missing, unreadable, too large, in another encoding, or no TOML.
    """
    shown = name or path.name
    text = _text(path, shown)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputErrors([_syntax_error(shown, text, str(error))]) from None
    except RecursionError:
        raise InputErrors([InputError(shown, "入れ子が深すぎます")]) from None
    return TomlSource(name=shown, data=data, lines=key_lines(text))


def key_lines(text: str) -> dict[Place, int]:
    """Return the line on which each key and each table header of a valid TOML text begins; the first one counts."""
    lines: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    for line, statement in _statements(text.replace("\r\n", "\n")):
        if statement.startswith("[["):
            table = _resolve(_keys(statement, "[[", "]]"), counts)
            counts[table] = counts.get(table, -1) + 1
            lines.setdefault(table, line)
            table = (*table, counts[table])
            _note(lines, table, line)
        elif statement.startswith("["):
            table = _resolve(_keys(statement, "[", "]"), counts)
            _note(lines, table, line)
        else:
            _note(lines, (*table, *_keys(statement)), line)
    return lines


def _note(lines: dict[Place, int], place: Place, line: int) -> None:
    for length in range(1, len(place) + 1):
        lines.setdefault(place[:length], line)


def _resolve(keys: tuple[str, ...], counts: Mapping[Place, int]) -> Place:
    """Return the place of a header: a list of tables on the way stands for its newest entry."""
    place: Place = ()
    for number, key in enumerate(keys):
        place = (*place, key)
        if place in counts and number < len(keys) - 1:
            place = (*place, counts[place])
    return place


def _keys(text: str, opening: str = "", closing: str = "") -> tuple[str, ...]:
    """Return a dotted key's parts; the standard parser unquotes them."""
    text = text.strip().removeprefix(opening).removesuffix(closing)
    node: Any = tomllib.loads(f"{text} = 0")
    keys = []
    while isinstance(node, dict):
        ((key, node),) = node.items()
        keys.append(key)
    return tuple(keys)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line, header or key) of each statement; the value is skipped over."""
    line, start, depth, head, in_value = 1, 1, 0, "", False
    for match in _PIECE.finditer(text + "\n"):
        piece = match.group()
        if piece == "\n" and (depth == 0 or not in_value):
            if head.strip():
                yield start, head.strip()
            depth, head, in_value = 0, "", False
        elif piece.startswith("#"):
            pass
        elif in_value:
            depth += _OPEN.get(piece, 0)
        elif piece == "=":
            in_value = True
        else:
            start = start if head.strip() else line
            head += piece
        line += piece.count("\n")


def _text(path: Path, name: str) -> str:
    try:
        if path.is_dir():
            raise InputErrors([InputError(name, "フォルダーです。ファイルを指定してください")])
        if path.stat().st_size > _MAXIMUM_SIZE:
            raise InputErrors([InputError(name, "大きすぎます。1MBまでにしてください")])
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputErrors([InputError(name, "ファイルがありません")]) from None
    except OSError:
        raise InputErrors([InputError(name, "ファイルを読めません。権限などを確かめてください")]) from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        where = f"{name} {line}行目"
        raise InputErrors([InputError(where, "UTF-8 ではない文字があります。UTF-8 で保存してください")]) from None


def _syntax_error(name: str, text: str, message: str) -> InputError:
    """Put the standard parser's English into Japanese; its line and column are kept."""
    known = {
        "Cannot overwrite a value": "同じ項目が2回書かれています",
        "Cannot declare": "同じ表が2回書かれています",
        "Cannot mutate": "同じ表が2回書かれています",
        "Duplicate inline table key": "同じ項目が2回書かれています",
        "Unterminated": '引用符（"）が閉じられていません',
        "Illegal character '\\n'": '引用符（"）が閉じられていません',
        'Expected "\'"': "引用符（'）が閉じられていません",
        "Expected '='": "「項目 = 値」の形になっていません",
        "Invalid value": '値を読めません。文字は "…" で囲んでください',
        "Unclosed array": "[ が閉じられていません",
        "Invalid date or datetime": "ない日付です",
        "Expected newline": "1行に2つの項目があります",
        "Illegal character": "使えない文字があります",
        "Unescaped": "\\ は \\\\ と書いてください",
    }
    detail = next((japanese for english, japanese in known.items() if message.startswith(english)), "")
    position = _AT.search(message)
    line = int(position[1]) if position else text.rstrip("\n").count("\n") + 1
    return InputError(f"{name} {line}行目", detail or "TOML の書き方に誤りがあります")
