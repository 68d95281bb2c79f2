"""Writes a working pack for another city: the one in ``starter/`` under the city's own code and name (ALL-8)."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Container
from pathlib import Path
from typing import Final

from workers.domain import text
from workers.errors import InputError

STARTER: Final = Path(__file__).with_name("starter")
STARTER_CODE: Final = "newcity"
STARTER_NAME: Final = "みほん市"
_CODE: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_LONGEST_CODE: Final = 30
_LONGEST_NAME: Final = 20
_RESERVED: Final = frozenset({"common", "element-templates", "scenarios", "templates"})


def write_pack(folder: Path, code: str, name: str, *, taken: Container[str]) -> Path:
    """Write the pack of a city into ``folder/CODE`` and return that folder; the whole pack or nothing.

    ``taken`` are the codes of the cities that there are. Raises InputError for a code or a name that cannot be used,
    and for a folder that exists already or cannot be written.
    """
    _check_code(code, taken)
    target = folder / code
    checked_name = _name(name)
    if target.exists() or target.is_symlink():
        raise InputError(str(target), "すでにあります。別のコードにするか、フォルダーを移してください")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-city-", dir=folder) as draft:
            made = Path(draft, code)
            _copy(made, code, checked_name)
            made.rename(target)
    except OSError as error:
        raise InputError(
            str(folder), f"書き込めません（{error.strerror}）。--dir で別の場所を指定してください"
        ) from error
    return target


def _check_code(code: str, taken: Container[str]) -> None:
    if not _CODE.fullmatch(code):
        signs = "英小文字で始まる小文字の英数字とハイフン（続けず、終わりにも置かない）"
        raise InputError("市のコード", f"「{text.shown(code)}」は使えません。{signs}で書いてください")
    if len(code) > _LONGEST_CODE:
        raise InputError("市のコード", f"長すぎます。{_LONGEST_CODE}文字までにしてください")
    if code in _RESERVED or code.startswith("common-"):
        raise InputError("市のコード", f"「{code}」は、すべての市が使うものの名前なので使えません")
    if code in taken:
        raise InputError("市のコード", f"「{code}」の市はすでにあります")


def _name(name: str) -> str:
    """Return a city's name as files of every kind can hold it unquoted; raises InputError."""
    checked = text.single_line(name, "市の名前", maximum=_LONGEST_NAME)
    if not checked:
        raise InputError("市の名前", "空です。書いてください")
    if strange := re.sub(r"[\w・]", "", checked).replace("_", ""):
        raise InputError("市の名前", f"「{text.shown(strange)}」は使えません。文字と数字だけで書いてください")
    return checked


def _copy(target: Path, code: str, name: str) -> None:
    shutil.copytree(STARTER, target, copy_function=shutil.copyfile)
    for path in sorted(target.rglob("*")):
        if path.is_file():
            content = path.read_text(encoding="utf-8")
            path.write_text(content.replace(STARTER_CODE, code).replace(STARTER_NAME, name), encoding="utf-8")
            path.rename(path.with_name(path.name.replace(STARTER_CODE, code)))
