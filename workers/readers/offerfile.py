"""The input file of ``renkei start CITY --input FILE.toml``: ``readers.offerinput``'s rules with lines and files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

from workers.domain.cities import City
from workers.errors import InputError, InputErrors
from workers.readers.inputs import FieldError
from workers.readers.offerinput import OfferInput, parse_offer
from workers.readers.tomlsource import Place, TomlSource, read_toml

MAXIMUM_ATTACHMENT: Final = 10 * 1024 * 1024
MAXIMUM_ATTACHMENTS_TOTAL: Final = 30 * 1024 * 1024

_Problem = tuple[Place, str]


def read_offer(path: Path, city: City, today: date) -> OfferInput:
    """Return the offer of a file; ``attachments`` become absolute paths of existing files.

    Attachment paths count from the file's own folder. Raises InputErrors with all problems at once, each with file,
    line and key.
    """
    source = read_toml(path)
    errors: list[_Problem] = []
    offer: OfferInput | None = None
    try:
        offer = parse_offer(source.data, city, today)
    except InputErrors as found:
        errors += [(error.place, error.detail) for error in found.errors if isinstance(error, FieldError)]
    files, missing = _attachments(source, path.resolve().parent)
    errors += missing
    if errors or offer is None:
        errors.sort(key=lambda problem: source.line(problem[0]) or 0)
        raise InputErrors([InputError(source.where(place), detail) for place, detail in errors])
    return replace(offer, attachments=tuple(map(str, files)))


def _attachments(source: TomlSource, folder: Path) -> tuple[list[Path], list[_Problem]]:
    files: list[Path] = []
    errors: list[_Problem] = []
    total = 0
    for place, text in _paths(source):
        file = folder / text
        detail = _problem(file) or ("2回書かれています" if file in files else None)
        if detail is not None:
            errors.append((place, f"{text} は{detail}"))
            continue
        files.append(file)
        total += file.stat().st_size
    if total > MAXIMUM_ATTACHMENTS_TOTAL:
        limit = f"{MAXIMUM_ATTACHMENTS_TOTAL // 1024 // 1024}MB"
        errors.append((("attachments",), f"添付資料が合わせて{limit}を超えています"))
    return files, errors


def _paths(source: TomlSource) -> Iterator[tuple[Place, str]]:
    """Yield the paths that are at least texts; the rules have refused the rest."""
    rows = source.data.get("attachments")
    for number, row in enumerate(rows if isinstance(rows, list) else []):
        text = row.get("path") if isinstance(row, dict) else None
        if isinstance(text, str) and text.strip() and "\0" not in text:
            yield ("attachments", number, "path"), text.strip()


def _problem(file: Path) -> str | None:
    """Say why a file cannot be attached, or None."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return "見つかりません"
    except OSError:
        return "読めません"
    if stat.S_ISDIR(status.st_mode):
        return "フォルダーです。ファイルを書いてください"
    if not stat.S_ISREG(status.st_mode) or not os.access(file, os.R_OK):
        return "読めません"
    if status.st_size > MAXIMUM_ATTACHMENT:
        return f"大きすぎます（{MAXIMUM_ATTACHMENT // 1024 // 1024}MBまで）"
    return None if status.st_size else "空のファイルです"
