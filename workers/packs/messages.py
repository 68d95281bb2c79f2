"""pydantic's findings as Japanese messages that a clerk understands."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from workers.domain.text import shown
from workers.errors import InputError
from workers.packs.schema import CODE_PATTERN, TABLES
from workers.readers.tomlsource import Place, TomlSource

_UNKNOWN: Final = "extra_forbidden"
_TYPES: Final[Mapping[str, str]] = {
    "missing": "ありません。書き加えてください",
    "string_type": '文字を "…" で囲んで書いてください',
    "int_type": '数字を "…" で囲まずに書いてください',
    "int_from_float": "小数でない数字で書いてください",
    "bool_type": "true か false で書いてください",
    "list_type": "[[…]] の並びで書いてください",
    "dict_type": "[…] の表として書いてください",
    "model_type": "[…] の表として書いてください",
    "too_short": "1件もありません。書き加えてください",
}


def problems(source: TomlSource, error: ValidationError, model: type[BaseModel] | None = None) -> list[InputError]:
    """Return one InputError for each finding, with file, line and key.

    ``model`` is what the whole file is read as, where that is no ``city.toml``. A misspelt key is one finding, though
    the right one is missing then, too.
    """
    meant = {(*found["loc"][:-1], _near(found, model)) for found in error.errors() if found["type"] == _UNKNOWN}
    return [
        InputError(source.where(_place(found)), _detail(found, model))
        for found in error.errors()
        if found["type"] != "missing" or found["loc"] not in meant
    ]


def _place(found: ErrorDetails) -> Place:
    """Return where a finding stands; pydantic marks a wrong key of a free table with a part of its own."""
    return found["loc"][:-1] if found["loc"][-1:] == ("[key]",) else found["loc"]


def _detail(found: ErrorDetails, model: type[BaseModel] | None) -> str:
    kind = found["type"]
    if kind == _UNKNOWN:
        near = _near(found, model)
        return f"知らない項目です。{near} の間違いではありませんか" if near else "知らない項目です。取り除いてください"
    if (describe := _WITH_VALUE.get(kind)) is not None:
        return describe(found)
    return _TYPES.get(kind, f"書き方が違います（{kind}）")


def _context(found: ErrorDetails, key: str) -> Any:
    return found.get("ctx", {}).get(key, "")


def _choices(found: ErrorDetails) -> str:
    """Return what a key may hold, as it is written in the file."""
    return "・".join(re.findall(r"'([^']*)'", str(_context(found, "expected"))))


def _pattern(found: ErrorDetails) -> str:
    if str(_context(found, "pattern")).startswith("^https?"):
        return f"「{shown(found['input'])}」は http:// か https:// で始まるアドレスではありません"
    signs = "小文字の英数字とハイフン" if _context(found, "pattern") == CODE_PATTERN else "英数字・ハイフン・下線"
    return f"「{shown(found['input'])}」は使えません。英小文字で始まる{signs}だけで書いてください"


def _near(found: ErrorDetails, model: type[BaseModel] | None) -> str:
    """Return the known key that a misspelt one is nearest to; empty where none is near."""
    place = found["loc"]
    holder = TABLES.get(str(place[0]) if len(place) > 1 else "") if model is None else _held(model, place[:-1])
    near = get_close_matches(str(place[-1]), list(holder.model_fields) if holder else [], n=1)
    return near[0] if near else ""


def _held(model: type[BaseModel], place: Place) -> type[BaseModel] | None:
    """Return the model of a table within a file."""
    holder: type[BaseModel] | None = model
    for part in place:
        if isinstance(part, str) and holder is not None:
            field = holder.model_fields.get(part)
            holder = _model_of(field.annotation) if field else None
    return holder


def _model_of(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_of(part)) is not None), None)


_WITH_VALUE: Final[Mapping[str, Callable[[ErrorDetails], str]]] = {
    "enum": lambda error: f"「{shown(error['input'])}」は使えません。{_choices(error)} のどれかです",
    "greater_than_equal": lambda error: f"{shown(error['input'])} は小さすぎます。{_context(error, 'ge')} 以上です",
    "less_than_equal": lambda error: f"{shown(error['input'])} は大きすぎます。{_context(error, 'le')} までです",
    "string_pattern_mismatch": _pattern,
    "value_error": lambda error: str(_context(error, "error")),
    "literal_error": lambda error: (
        f"「{shown(error['input'])}」は使えません。{_context(error, 'expected')} のどれかです"
    ),
}
