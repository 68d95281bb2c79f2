"""Offices' lists as files: CSV (UTF-8, Shift_JIS, UTF-16) and Excel, read row by row; what is neither is named.

A cell is the text that a person sees in it. A file is known by what is in it, never by its name alone.
"""

from __future__ import annotations

import codecs
import csv
import re
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from workers.adapters.sheets import check_package, no_excel, plain_cell
from workers.errors import InputError

MAXIMUM_SIZE: Final = 500 * 1024 * 1024
_MAXIMUM_UNPACKED: Final = 2 * 1024 * 1024 * 1024
_CHUNK: Final = 1024 * 1024
_EXCEL: Final = {".xlsx", ".xlsm"}
_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_END_OF_FILE: Final = "\x1a"
_FORCED_TEXT: Final = re.compile(r'="(.*)"')
_SAVE: Final = (
    "Excel で開き、「ファイル」の「名前を付けて保存」で「Excel ブック（*.xlsx）」を選んで保存し直してください"
)
_LOCKED: Final = (
    "パスワードの付いた Excel のファイルです。Excel で開き、「ファイル」の「情報」、「ブックの保護」、"
    "「パスワードを使用して暗号化」でパスワードを消してから、保存し直してください"
)
_KINDS: Final = (
    (re.compile(rb"\s*(<!doctype html|<html|<table|<head|<meta)", re.IGNORECASE), "Web ページ（HTML）"),
    (re.compile(rb"\s*<\?xml[^>]*>\s*(<\?[^>]*>\s*)?<html", re.IGNORECASE), "Web ページ（HTML）"),
    (re.compile(rb"\s*<\?xml[^>]*>.*<(ss:)?Workbook", re.DOTALL), "XML スプレッドシート"),
    (re.compile(rb"%PDF"), "PDF"),
    (re.compile(rb"\{\\rtf"), "リッチテキスト（.rtf）"),
    (re.compile(rb"MIME-Version:", re.IGNORECASE), "Web アーカイブ（.mht）"),
)


@dataclass
class ListRows:
    """The rows of a list; iterate once. ``notes`` says what of the file is not read."""

    rows: Iterator[list[str]]
    notes: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[list[str]]:
        return self.rows


@contextmanager
def open_rows(path: Path, *, name: str = "") -> Iterator[ListRows]:
    """Yield the rows of a CSV or Excel file (its first sheet), never the whole file at once.

    ``name``: what the person calls the file, where it is not the path's. Raises InputError, naming the file and where
    possible the row, with what it is and what to do in Excel: unreadable, too large, neither UTF-8, UTF-16 nor
    Shift_JIS, stray quotes, an older Excel's or LibreOffice's file, a password, a web page, an XML with a DOCTYPE.
    """
    name = name or path.name
    try:
        size = path.stat().st_size
        if size > MAXIMUM_SIZE:
            raise InputError(name, f"大きすぎます。{MAXIMUM_SIZE // 1024 // 1024}MBまでにしてください")
        if size == 0:
            raise InputError(name, "空のファイルです")
        with path.open("rb") as file:
            head = file.read(4096)
        excel = _is_excel(path, name, head)
        with _excel(path, name) if excel else _csv(path, name) as rows:
            yield rows
    except FileNotFoundError:
        raise InputError(name, "ファイルがありません") from None
    except IsADirectoryError:
        raise InputError(name, "フォルダーです。ファイルを指定してください") from None
    except OSError as error:
        raise InputError(name, "ファイルを読めません。権限などを確かめてください") from error


def _is_excel(path: Path, name: str, head: bytes) -> bool:
    """Whether a file is an Excel workbook, else text; raises InputError for anything else, with what to do."""
    named_excel = Path(name).suffix.lower() in _EXCEL
    if head.startswith(_OLE):
        if _contains(path, _ENCRYPTED):
            raise InputError(name, _LOCKED)
        old = f"古い Excel の形式（.xls）です。パスワードがあれば外してから、{_SAVE}"
        raise InputError(name, f"パスワードの付いたファイルか、名前を変えた{old}" if named_excel else old)
    if head.startswith(_ZIP):
        if b"application/vnd.oasis.opendocument" in head:
            raise InputError(name, f"LibreOffice などの形式（.ods）です。{_SAVE}")
        check_package(path, name, _MAXIMUM_UNPACKED)
        if not named_excel:
            raise InputError(name, f"中身は Excel ブック（.xlsx）ですが、名前の終わりが違います。{_SAVE}")
        return True
    for sign, kind in _KINDS:
        if sign.match(head):
            raise InputError(name, f"{kind}です。{_SAVE}")
    if named_excel:
        text = b"\0" not in head and (b"," in head or b"\t" in head)
        raise InputError(name, f"中身は CSV（文字だけのファイル）です。{_SAVE}") if text else no_excel(name)
    return False


def _contains(path: Path, sign: bytes) -> bool:
    tail = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if sign in tail + chunk:
                return True
            tail = chunk[-len(sign) :]
    return False


@contextmanager
def _csv(path: Path, name: str) -> Iterator[ListRows]:
    encoding, ends = _encoding(path, name)
    with path.open(encoding=encoding, newline="") as file:
        first = [file.readline() for _ in range(20)]
        file.seek(0)
        tabs, commas = ("".join(first).count(sign) for sign in "\t,")
        lines = (line.replace(_END_OF_FILE, "") for line in file) if ends else file
        reader = csv.reader(lines, delimiter="\t" if tabs > commas else ",", strict=True)
        yield ListRows(_csv_rows(reader, name))


def _csv_rows(reader: Iterable[list[str]], name: str) -> Iterator[list[str]]:
    row = 1
    try:
        for cells in reader:
            whole = "".join(cells)
            if "'" in whole or '="' in whole:
                yield [_csv_cell(cell) for cell in cells]
            else:
                yield cells
            row += 1
    except csv.Error:
        raise InputError(f"{name} {row}行目", '引用符（"）の使い方に誤りがあり、表として読めません') from None


def _csv_cell(cell: str) -> str:
    forced = _FORCED_TEXT.fullmatch(cell)
    return forced[1] if forced else plain_cell(cell)


def _encoding(path: Path, name: str) -> tuple[str, bool]:
    """Return the encoding in which the whole file can be read, and whether an old end-of-file sign stands in it."""
    with path.open("rb") as file:
        head = file.read(4)
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp932"):
        decoder, ends = codecs.getincrementaldecoder(encoding)(), False
        try:
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    text = decoder.decode(chunk)
                    ends = ends or _END_OF_FILE in text
                    if "\0" in text:
                        raise InputError(name, "文字ではないデータが入っています。CSV のファイルを指定してください")
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding, ends
    raise InputError(name, f"文字を読めません。{_SAVE}（CSV なら UTF-8 か Shift_JIS で）")


@contextmanager
def _excel(path: Path, name: str) -> Iterator[ListRows]:
    from workers.adapters.xlsxrows import BROKEN, Book

    try:
        package = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise no_excel(name) from error
    with package:
        try:
            book = Book(package, name)
        except BROKEN as error:
            raise no_excel(name) from error
        others = "、".join(book.other_sheets)
        notes = [f"シート「{book.sheet_name}」だけを読みます。ほかのシート（{others}）は読みません"] if others else []
        yield ListRows(_excel_rows(book.rows(), name, BROKEN), notes)


def _excel_rows(rows: Iterator[list[str]], name: str, broken: tuple[type[Exception], ...]) -> Iterator[list[str]]:
    try:
        for cells in rows:
            yield [plain_cell(cell) for cell in cells] if "'" in "".join(cells) else cells
    except broken as error:
        raise no_excel(name) from error
