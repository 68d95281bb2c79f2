"""The page of ``city.toml``, from its schema."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tests.kit import citykeys
from tests.kit.referencetables import code, codes, span, table
from workers.packs.schema import TABLES, CityFile, Email, MonthDay, Phone


def keys() -> dict[str, FieldInfo]:
    """Return every entry by its place: ``office.group``; tables are no entries."""
    return {
        f"{name}.{key}" if name else key: about
        for name, model in TABLES.items()
        for key, about in model.model_fields.items()
        if name or key not in TABLES
    }


def page() -> str:
    """Return the page."""
    lines = [
        "# 市の設定（city.toml）",
        "",
        (
            "市のフォルダーの `city.toml` に書けるものです。知らない項目や、型の違う値は `renkei lint` がファイル、"
            "行、項目を挙げて断ります。例は[伊勢崎市のもの](../../bpmn/isesaki/city.toml)を見てください。"
        ),
    ]
    for name, model in TABLES.items():
        needed = name and CityFile.model_fields[name].is_required()
        head = f"`[{name}]`" if name else "いちばん上"
        lines += ["", f"## {head}", "", f"{citykeys.TABLES[name]}。{'必ず書きます。' if needed else ''}", ""]
        rows = [
            (code(key), citykeys.KEYS.get(place, ""), _kind(about), _default(about))
            for place, about in keys().items()
            if (key := place.removeprefix(f"{name}.")) in model.model_fields and place.rpartition(".")[0] == name
        ]
        lines += table("項目 | 意味 | 書けるもの | 書かないとき", rows)
    return "\n".join(lines)


def _default(about: FieldInfo) -> str:
    if about.is_required():
        return "（必ず書く）"
    value = about.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, bool):
        return code(str(value).lower())
    if isinstance(value, BaseModel) or value in (None, "", [], {}):
        return "なし"
    if isinstance(value, dict):
        return "、".join(map(str, value.values()))
    return code(str(value.value if isinstance(value, Enum) else value))


def _kind(about: FieldInfo) -> str:
    annotation: Any = about.annotation
    for type_, words in ((Email, "メールアドレス"), (Phone, "電話番号"), (MonthDay, '月日（`"03-31"`）')):
        if _same(annotation, about, type_):
            return words
    return _plain(annotation, about)


def _same(annotation: Any, about: FieldInfo, type_: Any) -> bool:
    """Tell whether a field is of an annotated type; pydantic keeps the annotation's parts apart."""
    options = [annotation, *get_args(annotation)]
    return type_ in options or any(mark in about.metadata for mark in get_args(type_)[1:])


def _plain(annotation: Any, about: FieldInfo) -> str:
    if get_origin(annotation) is Literal:
        return codes(map(str, get_args(annotation)))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return codes(str(member.value) for member in annotation)
    kinds = {get_origin(option) or option for option in (annotation, *get_args(annotation))}
    words = {bool: "`true`・`false`", dict: "表", list: "並び", int: span(about), date: "日付"}
    if annotation == list[int]:
        return "番号の並び"
    return next((word for kind, word in words.items() if kind in kinds), "文字")
