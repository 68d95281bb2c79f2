"""The page of settings: their names and limits from the program, their meaning from the operations guide's table."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from tests.kit.referencetables import code, span, table
from workers.settings import Settings

_GUIDE: Final = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
_ROW: Final = re.compile(r"^\| `(RENKEI_[A-Z_]+)` \| (.*?) \| (.*?) \|$", re.MULTILINE)


def page() -> str:
    """Return the page."""
    explained = {
        name: (meaning, default) for name, meaning, default in _ROW.findall(_GUIDE.read_text(encoding="utf-8"))
    }
    rows = []
    for field, about in Settings.model_fields.items():
        name = f"RENKEI_{field.upper()}"
        meaning, default = explained.get(name, ("", ""))
        rows.append((code(name), _meant(meaning), _kind(about), default))
    return "\n".join(
        [
            "# 設定",
            "",
            (
                "環境変数、秘密のファイル（`/run/secrets/renkei_…`）、`RENKEI_HOME` の `renkei.toml` の順に読みます。"
                "`renkei.toml` では `RENKEI_` を除いた小文字で書きます。"
            ),
            "使い方の説明は[運用の手引き](../operations.md#設定の一覧)、調べるのは `renkei doctor` です。",
            "",
            *table("環境変数 | 意味 | 書けるもの | 書かないとき", rows),
        ]
    )


def _meant(text: str) -> str:
    """Return a meaning whose links to places of the guide lead there from here."""
    return text.replace("](#", "](../operations.md#")


def _kind(about: FieldInfo) -> str:
    annotation: Any = about.annotation
    plain = {
        SecretStr: "秘密（ファイルに書く）",
        bool: "`true`・`false`",
        int: span(about),
        list[Path]: "フォルダーの並び（JSON）",
    }
    if annotation in plain:
        return plain[annotation]
    pattern = next((str(found) for limit in about.metadata if (found := getattr(limit, "pattern", None))), "")
    words = re.fullmatch(r"\^\(([\w|]+)\)\$", pattern)
    if words:
        return "・".join(map(code, words[1].split("|")))
    if "https?" in pattern:
        return "URL"
    return "フォルダーかファイル" if "Path" in str(annotation) else "文字"
