"""Tables as files: written as CSV and Excel, and partners' workbooks opened. ``listfiles`` reads offices' lists.

A cell is a text, and no formula is ever written.
"""

from __future__ import annotations

import csv
import re
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from workers.errors import InputError

if TYPE_CHECKING:
    from openpyxl import Workbook

_CHUNK: Final = 1024 * 1024
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r")
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_BOOK_SIZE: Final = 20 * 1024 * 1024
_BOOK_UNPACKED: Final = 40 * 1024 * 1024
_OLE: Final = b"\xd0\xcf\x11\xe0"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_LOCKED: Final = "パスワードが付いていて読めません。パスワードを外して保存し直してもらってください"
_OLD_EXCEL: Final = "古い形式（.xls）のファイルです。Excel ブック（.xlsx）で保存し直してもらってください"
_OPEN_DOCUMENT: Final = (
    "LibreOffice などの形式（.ods など）のファイルです。Excel（.xlsx）の形式で保存し直してもらってください"
)


def safe_cell(value: str) -> str:
    """Return a cell's text that no spreadsheet takes for a formula, without signs that no file can hold."""
    text = _UNWRITABLE.sub("\ufffd", value)
    return f"'{text}" if text.startswith(_DANGEROUS) else text


def plain_cell(value: str) -> str:
    """Return what :func:`safe_cell` was given: lists that renkei wrote are read as they were."""
    return value[1:] if value.startswith("'") and value[1:].startswith(_DANGEROUS) else value


def write_csv(target: IO[str], headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table as CSV; no cell is a formula."""
    writer = csv.writer(target)
    writer.writerow(headings)
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)


def excel_bytes(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a table as an Excel file with one sheet; no cell is a formula."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.append(list(headings))
    for row in rows:
        sheet.append([safe_cell(cell) for cell in row])
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def open_book(name: str, content: bytes) -> Workbook:
    """Return a partner's workbook, whole: small, without macros; nothing in it is computed or followed.

    Raises InputError, naming the file, for what else people send: a file with a password, an older Excel's, one of
    LibreOffice's own, a damaged one, one that unpacks to too much, an XML with a DOCTYPE.
    """
    if not content:
        raise InputError(name, "空のファイルです")
    if len(content) > _BOOK_SIZE:
        raise InputError(name, f"大きすぎます。{_BOOK_SIZE // 1024 // 1024}MBまでにしてください")
    if content.startswith(_OLE):
        locked = _ENCRYPTED in content
        raise InputError(name, _LOCKED if locked else _OLD_EXCEL)
    check_package(BytesIO(content), name, _BOOK_UNPACKED)
    from openpyxl import load_workbook

    try:
        return load_workbook(BytesIO(content), data_only=False, keep_links=False)
    except Exception as error:
        raise no_excel(name) from error


def check_package(source: Path | BytesIO, name: str, maximum: int) -> None:
    """Refuse what is no Excel package, one that unpacks to too much, and XML with a DOCTYPE (entities)."""
    try:
        with zipfile.ZipFile(source) as package:
            entries = package.infolist()
            if sum(entry.file_size for entry in entries) > maximum:
                raise InputError(name, "中身が大きすぎます")
            files = {entry.filename for entry in entries}
            if "mimetype" in files and b"opendocument" in package.read("mimetype")[:100]:
                raise InputError(name, _OPEN_DOCUMENT)
            if any(file.endswith("vbaProject.bin") for file in files) and maximum == _BOOK_UNPACKED:
                raise InputError(name, "マクロの入ったファイルは読みません。マクロのない .xlsx で保存し直してください")
            for entry in entries:
                if entry.filename.endswith((".xml", ".rels")):
                    _check_part(package, entry, name)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise no_excel(name) from error


def _check_part(package: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> None:
    tail = b""
    with package.open(entry) as part:
        while chunk := part.read(_CHUNK):
            if b"<!DOCTYPE" in tail + chunk or b"<!ENTITY" in tail + chunk:
                raise InputError(name, "DOCTYPE（DTD・実体の宣言）を含む Excel のファイルは受け付けません")
            tail = chunk[-16:]


def no_excel(name: str) -> InputError:
    """Return the error for a file that is no Excel workbook, or a damaged one."""
    return InputError(name, "Excel のファイルとして読めません。.xlsx か CSV で保存し直してください")
