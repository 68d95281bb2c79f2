"""Tables as files: offices' lists in CSV (UTF-8 or Shift_JIS) and Excel, read row by row; tables written as both.

A cell is a text. What is a formula in the file stays the text that it is, and none is ever written.
"""

from __future__ import annotations

import codecs
import csv
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from workers.errors import InputError

if TYPE_CHECKING:
    from openpyxl import Workbook

MAXIMUM_SIZE: Final = 500 * 1024 * 1024
_MAXIMUM_UNPACKED: Final = 2 * 1024 * 1024 * 1024
_CHUNK: Final = 1024 * 1024
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r")
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_EXCEL: Final = {".xlsx", ".xlsm"}
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


@contextmanager
def open_rows(path: Path) -> Iterator[Iterator[list[str]]]:
    """Yield the rows of a CSV or Excel file (its first sheet), never the whole file at once.

    Raises InputError, naming the file and where possible the row: unreadable, too large, neither UTF-8 nor Shift_JIS,
    stray quotes, no Excel file, an XML with a DOCTYPE.
    """
    try:
        size = path.stat().st_size
        if size > MAXIMUM_SIZE:
            raise InputError(path.name, f"大きすぎます。{MAXIMUM_SIZE // 1024 // 1024}MBまでにしてください")
        if size == 0:
            raise InputError(path.name, "空のファイルです")
        opened = _excel(path) if path.suffix.lower() in _EXCEL else _csv(path)
        with opened as rows:
            yield rows
    except FileNotFoundError:
        raise InputError(path.name, "ファイルがありません") from None
    except IsADirectoryError:
        raise InputError(path.name, "フォルダーです。ファイルを指定してください") from None
    except OSError as error:
        raise InputError(path.name, "ファイルを読めません。権限などを確かめてください") from error


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


@contextmanager
def _csv(path: Path) -> Iterator[Iterator[list[str]]]:
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        first = file.readline()
        file.seek(0)
        delimiter = "\t" if first.count("\t") > first.count(",") else ","
        yield _csv_rows(csv.reader(file, delimiter=delimiter, strict=True), path.name)


def _csv_rows(reader: Iterator[list[str]], name: str) -> Iterator[list[str]]:
    row = 1
    try:
        for cells in reader:
            yield [plain_cell(cell) for cell in cells]
            row += 1
    except csv.Error:
        raise InputError(f"{name} {row}行目", '引用符（"）の使い方に誤りがあり、表として読めません') from None


def _encoding(path: Path) -> str:
    """Return the encoding in which the whole file can be read."""
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError(path.name, "UTF-16 のファイルです。UTF-8 か Shift_JIS の CSV で保存してください")
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise InputError(path.name, "Excel のファイルのようです。名前の終わりを .xlsx にしてください")
    for encoding in ("utf-8-sig", "cp932"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    if "\0" in decoder.decode(chunk):
                        raise InputError(
                            path.name, "文字ではないデータが入っています。CSV のファイルを指定してください"
                        )
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise InputError(path.name, "文字を読めません。UTF-8 か Shift_JIS の CSV で保存してください")


@contextmanager
def _excel(path: Path) -> Iterator[Iterator[list[str]]]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    _check_package(path, path.name, _MAXIMUM_UNPACKED)
    try:
        book = load_workbook(path, read_only=True, data_only=False, keep_links=False)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise _no_excel(path.name) from error
    try:
        if not book.worksheets:
            raise InputError(path.name, "シートがありません")
        yield _excel_rows(book.worksheets[0], path)
    finally:
        book.close()


def _excel_rows(sheet: Any, path: Path) -> Iterator[list[str]]:
    sheet.reset_dimensions()  # what the file says of its size may be wrong
    try:
        for cells in sheet.iter_rows(values_only=True):
            yield [plain_cell(_cell_text(cell)) for cell in cells]
    except (KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise _no_excel(path.name) from error


def _cell_text(value: object) -> str:
    """Return what a person sees in a cell: a day as ISO, a whole number without a point."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


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
    _check_package(BytesIO(content), name, _BOOK_UNPACKED)
    from openpyxl import load_workbook

    try:
        return load_workbook(BytesIO(content), data_only=False, keep_links=False)
    except Exception as error:
        raise _no_excel(name) from error


def _check_package(source: Path | BytesIO, name: str, maximum: int) -> None:
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
        raise _no_excel(name) from error


def _check_part(package: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> None:
    tail = b""
    with package.open(entry) as part:
        while chunk := part.read(_CHUNK):
            if b"<!DOCTYPE" in tail + chunk or b"<!ENTITY" in tail + chunk:
                raise InputError(name, "DOCTYPE（DTD・実体の宣言）を含む Excel のファイルは受け付けません")
            tail = chunk[-16:]


def _no_excel(name: str) -> InputError:
    return InputError(name, "Excel のファイルとして読めません。.xlsx か CSV で保存し直してください")
