"""An Excel file's sheet row by row, as a person sees its cells (ALL-6): a streaming reader of our own on lxml.

openpyxl gives the serial numbers of Japanese date formats and of formulas either text or value, and takes three times
as long; calamine knows neither formats nor which value was never saved (docs/decisions/lists.md).
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from lxml import etree

from workers.adapters.cellformats import Show, shows
from workers.errors import InputError
from workers.readers.listcells import UnreadCell

_OPTIONS: Final[dict[str, Any]] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": True,
    "remove_comments": True,
    "remove_pis": True,
}
_KEPT_ROWS: Final = 256
_LAST_ROW: Final = 1_048_576
_LAST_COLUMN: Final = 16_384
_ESCAPE: Final = re.compile("_x([0-9A-Fa-f]{4})_")
_NO_VALUE: Final = (
    "式の計算結果がファイルに保存されていません。Excel で開いて上書き保存してから、もう一度取り込んでください"
)

BROKEN: Final = (KeyError, ValueError, TypeError, IndexError, EOFError, zlib.error, zipfile.BadZipFile, etree.LxmlError)
"""What reading a damaged workbook raises."""


class Book:
    """The parts of an open package that a sheet needs: shared strings, formats, where the sheets are."""

    def __init__(self, package: zipfile.ZipFile, name: str) -> None:
        self._package = package
        self._names = {entry.filename for entry in package.infolist()}
        workbook = self._main_part()
        root = self._parse(workbook)
        targets = self._relations(workbook)
        self._since_1904 = any(node.get("date1904") in {"1", "true"} for node in root.iter("{*}workbookPr"))
        listed = [node for node in root.iter("{*}sheet") if _relation(node) in targets]
        sheets = [node for node in listed if targets[_relation(node)][1].endswith("/worksheet")]
        if not sheets:
            raise InputError(name, "シートがありません")
        shown = [node for node in sheets if node.get("state") in {None, "visible"}] or sheets
        self._sheet = targets[_relation(shown[0])][0]
        self.sheet_name: str = shown[0].get("name") or ""
        self.other_sheets = tuple(str(node.get("name")) for node in shown[1:])
        by_kind = {kind.rpartition("/")[2]: target for target, kind in targets.values()}
        self._strings = self._read_strings(by_kind.get("sharedStrings"))
        self._shows = self._read_formats(by_kind.get("styles"))

    def rows(self) -> Iterator[list[str]]:
        """Yield the sheet's rows as texts, blank rows too; an UnreadCell stands where a cell has no value to read."""
        with self._package.open(self._sheet) as part:
            expected = 1
            for _event, row in etree.iterparse(part, events=("end",), tag="{*}row", **_OPTIONS):
                number = int(row.get("r") or expected)
                if not expected <= number <= _LAST_ROW:
                    raise ValueError("rows out of order")
                for _ in range(expected, number):
                    yield []
                yield self._cells(row)
                expected = number + 1
                row.clear()
                if number % _KEPT_ROWS == 0 and (sheet := row.getparent()) is not None:
                    del sheet[:-1]

    def _cells(self, row: etree._Element) -> list[str]:
        cells: list[str] = []
        strings, places = self._strings, _PLACES
        for cell in row:
            ref = cell.get("r")
            if ref:
                letters = ref.rstrip("0123456789")
                place = places.get(letters)
                if place is None:
                    place = _place(letters)
                if place > len(cells):
                    cells.extend([""] * (place - len(cells)))
            kind = cell.get("t")
            if len(cell) == 1:
                child = cell[0]
                if kind == "s":
                    cells.append(strings[int(child.text or 0)])
                    continue
                if kind == "inlineStr":
                    text = child[0].text if len(child) == 1 else None
                    cells.append(_inline(child) if text is None or "_x" in text or "\r" in text else text)
                    continue
                if kind in {None, "n"} and child.tag.endswith("}v"):
                    style = cell.get("s")
                    text = child.text or ""
                    cells.append(self._shows[int(style)](text) if style else _plain_number(text))
                    continue
            cells.append(self._other(cell, kind, ref or ""))
        return cells

    def _other(self, cell: etree._Element, kind: str | None, ref: str) -> str:  # noqa: PLR0911 (one way a kind of cell)
        """Return the text of a cell that is no plain number or string: a formula's saved value, an error, a day."""
        value, formula = cell.find("{*}v"), cell.find("{*}f")
        text = (value.text if value is not None else None) or ""
        if kind == "e":
            return UnreadCell(text or "#N/A", f"セル {ref} が Excel のエラー（{text or '#N/A'}）になっています")
        if formula is not None and not text and kind != "str":
            return UnreadCell("=" + (formula.text or ""), f"セル {ref} の{_NO_VALUE}")
        if kind == "b":
            return {"1": "TRUE", "0": "FALSE"}.get(text, text)
        if kind == "d":
            return re.sub(r"T00:00:00(\.0+)?Z?$", "", text).replace("T", " ")
        if kind == "s":
            return self._strings[int(text)] if text else ""
        if kind == "str":
            return _unescaped(text)
        inline = cell.find("{*}is")
        if inline is not None:
            return _inline(inline)
        return self._shows[int(cell.get("s") or 0)](text) if text else ""

    def _read_strings(self, part: str | None) -> Sequence[str]:
        if part is None or part not in self._names:
            return ()
        found: list[str] = []
        with self._package.open(part) as source:
            for _event, item in etree.iterparse(source, events=("end",), tag="{*}si", **_OPTIONS):
                found.append(_inline(item))
                item.clear()
                while item.getprevious() is not None:
                    del item.getparent()[0]
        return found

    def _read_formats(self, part: str | None) -> Sequence[Show]:
        if part is None or part not in self._names:
            return _AnyStyle([])
        root = self._parse(part)
        codes = {int(node.get("numFmtId") or 0): node.get("formatCode") or "" for node in root.iter("{*}numFmt")}
        styles = root.find("{*}cellXfs")
        ids = [int(node.get("numFmtId") or 0) for node in styles] if styles is not None else []
        return _AnyStyle([shows(number, codes.get(number), since_1904=self._since_1904) for number in ids])

    def _main_part(self) -> str:
        for target, kind in self._relations("").values():
            if kind.endswith("/officeDocument"):
                return target
        return "xl/workbook.xml"

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Return the targets and kinds that a part refers to, by id."""
        path = PurePosixPath(part)
        name = str(path.parent / "_rels" / f"{path.name}.rels") if part else "_rels/.rels"
        if name not in self._names:
            return {}
        found = {}
        for node in self._parse(name).iter("{*}Relationship"):
            if node.get("TargetMode") == "External":
                continue
            found[str(node.get("Id"))] = (_target(path.parent, node.get("Target") or ""), node.get("Type") or "")
        return found

    def _parse(self, part: str) -> etree._Element:
        parser = etree.XMLParser(**_OPTIONS)
        return etree.fromstring(self._package.read(part), parser)


class _AnyStyle(list[Show]):
    """Formats by style; a style that the workbook does not have shows a number as it is."""

    def __getitem__(self, place: Any) -> Any:
        return super().__getitem__(place) if 0 <= place < len(self) else _plain_number


def _plain_number(text: str) -> str:
    return text if text.isdecimal() else shows(0, None)(text)


def _inline(node: etree._Element) -> str:
    """Return a string item's text, without the readings (ふりがな) that Excel keeps with it."""
    if len(node) == 1:
        child = node[0]
        if child.tag.endswith("}t"):
            return _unescaped(child.text or "")
    parts = []
    for child in node:
        if child.tag.endswith("}t"):
            parts.append(child.text or "")
        elif child.tag.endswith("}r"):
            parts += [run.text or "" for run in child if run.tag.endswith("}t")]
    return _unescaped("".join(parts))


def _unescaped(text: str) -> str:
    """Return a text with Excel's ``_x000D_`` and the like as the signs they stand for; line ends are line feeds."""
    if "_x" in text:
        text = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


_PLACES: Final[dict[str, int]] = {}


def _place(letters: str) -> int:
    """Return a column's place, from 0, by its letters; raises ValueError for none that Excel has."""
    place = 0
    for letter in letters:
        if not "A" <= letter <= "Z":
            raise ValueError("no column")
        place = place * 26 + ord(letter) - 64
    if not 0 < place <= _LAST_COLUMN:
        raise ValueError("no column")
    _PLACES[letters] = place - 1
    return place - 1


def _relation(node: etree._Element) -> str:
    return next((str(value) for key, value in node.attrib.items() if str(key).endswith("}id")), "")


def _target(folder: PurePosixPath, target: str) -> str:
    if target.startswith("/"):
        return target.lstrip("/")
    parts: list[str] = []
    for part in (folder / target).parts:
        if part == "..":
            parts = parts[:-1]
        else:
            parts.append(part)
    return "/".join(parts)
