"""``departments.csv``: one row a department, edited with a text editor or Excel (so in UTF-8 or Shift_JIS).

The last column, ``phone``, may be left out: mails that name the department as the one to ask then say no number.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from workers.domain import text
from workers.domain.cities import Department
from workers.errors import InputError, InputErrors
from workers.packs.schema import CODE_PATTERN

HEADER: Final = ("code", "部", "課", "group", "email", "surveyed")
_WITH_PHONE: Final = (*HEADER, "phone")
_SURVEYED: Final = {"yes": True, "no": False}
_MAXIMUM_SIZE: Final = 5_000_000


def read_departments(path: Path, name: str) -> tuple[Department, ...]:
    """Return the rows of a ``departments.csv``; ``name`` is what messages call the file.

    Raises InputErrors with every problem, its line and its column.
    """
    departments: list[Department] = []
    errors: list[InputError] = []
    lines: dict[tuple[str, str], int] = {}
    for line, row, header in _rows(path, name):
        found: list[InputError] = []
        department = _department(f"{name} {line}行目", row, header, found)
        for key, value in () if found else (("code", department.code), ("課", department.name)):
            if (first := lines.setdefault((key, value), line)) != line:
                found.append(InputError(f"{name} {line}行目 {key}", f"「{value}」は{first}行目にもあります"))
        departments.append(department)
        errors += found
    if errors:
        raise InputErrors(errors)
    if not any(department.surveyed for department in departments):
        raise InputErrors([InputError(name, "surveyed が yes の課が1つもありません")])
    return tuple(departments)


def _rows(path: Path, name: str) -> Iterator[tuple[int, list[str], tuple[str, ...]]]:
    """Yield (line, cells, header) of each row below the header; blank lines are passed over."""
    reader = csv.reader(io.StringIO(_text(path, name), newline=""), strict=True)
    begin = 1
    header: tuple[str, ...] = ()
    try:
        for row in reader:
            line, begin = begin, reader.line_num + 1
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if header:
                yield line, _without_blank_end(cells, len(header)), header
                continue
            cells = _without_blank_end(cells, 0)
            if tuple(cells) not in {HEADER, _WITH_PHONE}:
                raise InputErrors([InputError(f"{name} {line}行目", f"見出しは {','.join(HEADER)} と書いてください")])
            header = tuple(cells)
    except csv.Error:
        where = f"{name} {begin}行目"
        raise InputErrors([InputError(where, '引用符（"）の使い方に誤りがあり、表として読めません')]) from None
    if not header:
        raise InputErrors([InputError(name, f"空です。1行目に見出し {','.join(HEADER)} を書いてください")])


def _without_blank_end(cells: list[str], columns: int) -> list[str]:
    """Return a row without the empty columns that Excel leaves behind those of the table."""
    while len(cells) > columns and not cells[-1]:
        cells = cells[:-1]
    return cells


def _department(where: str, cells: list[str], header: tuple[str, ...], errors: list[InputError]) -> Department:
    if len(cells) != len(header):
        errors.append(InputError(where, f"{len(cells)}列あります。{len(header)}列（{','.join(header)}）にしてください"))
    padded = (*cells, *[""] * len(_WITH_PHONE))[: len(_WITH_PHONE)]
    code, division, section, group, email, surveyed, phone = padded
    if errors:
        return Department(code=code, division=division, section=section, group=group, email=email)
    for key, value in (("code", code), ("group", group)):
        _note(errors, f"{where} {key}", value, _identifier)
    for key, value in (("部", division), ("課", section)):
        _note(errors, f"{where} {key}", value, _line)
    _note(errors, f"{where} email", email, text.email)
    _note(errors, f"{where} surveyed", surveyed, _yes_or_no)
    if phone:
        _note(errors, f"{where} phone", phone, text.phone)
    return Department(
        code=code,
        division=division,
        section=section,
        group=group,
        email=email,
        surveyed=_SURVEYED.get(surveyed, True),
        phone=phone,
    )


def _note(errors: list[InputError], where: str, value: str, check: Callable[[str, str], object]) -> None:
    if not value:
        errors.append(InputError(where, "空です。書いてください"))
        return
    try:
        check(value, where)
    except InputError as error:
        errors.append(error)


def _line(value: str, where: str) -> None:
    text.single_line(value, where, maximum=100)


def _identifier(value: str, where: str) -> None:
    if not re.fullmatch(CODE_PATTERN, value):
        shown = text.shown(value)
        raise InputError(
            where, f"「{shown}」は使えません。英小文字で始まる小文字の英数字とハイフンだけで書いてください"
        )


def _yes_or_no(value: str, where: str) -> None:
    if value not in _SURVEYED:
        raise InputError(where, f"「{text.shown(value)}」は使えません。yes（照会する）か no（しない）です")


def _text(path: Path, name: str) -> str:
    try:
        if path.stat().st_size > _MAXIMUM_SIZE:
            raise InputErrors([InputError(name, "大きすぎます。5MBまでにしてください")])
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputErrors([InputError(name, "ファイルがありません")]) from None
    except OSError:
        raise InputErrors([InputError(name, "ファイルを読めません。権限などを確かめてください")]) from None
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputErrors([InputError(name, "文字を読めません。UTF-8 か Shift_JIS の CSV で保存してください")])
