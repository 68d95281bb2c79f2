"""A decision table as SVG."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from lxml import etree

from workers.drawing.svg import FONT, LINE_HEIGHT, SVG, Pen, wrap
from workers.errors import InputError
from workers.packs.diagrams import dmn
from workers.packs.diagrams.dmn import NS
from workers.packs.diagrams.model import Box, Element

_MARGIN: Final = 20.0
_SIZE: Final = 12.0
_PADDING: Final = 8.0
_NUMBER_WIDTH: Final = 40.0
_WIDTHS: Final = {"input": 150.0, "output": 360.0, "note": 160.0}
_HEAD_COLOURS: Final = {"input": "#e3edf9", "output": "#e5f3e6", "note": "#f2f2f2"}

Row = list[tuple[str, str]]  # (kind of column, text)


def draw_svg(path: Path) -> str:
    """Return the decision tables of a .dmn file as one SVG, below each other.

    Raises InputError (Japanese) when the file is no DMN or holds no table.
    """
    tables = [(d, t) for d in dmn.load(path).decisions if (t := d.find("dmn:decisionTable", NS)) is not None]
    if not tables:
        raise InputError(str(path), "デシジョン表がありません")
    root = etree.Element(f"{{{SVG}}}svg", {"font-family": FONT, "role": "img"}, nsmap={None: SVG})  # type: ignore[dict-item] # the stubs do not know the default namespace
    pen = Pen(root)
    backdrop = pen.add("rect", fill="#fff")
    top, width = _MARGIN, 0.0
    for decision, table in tables:
        title = f"{decision.get('name') or decision.get('id')}（{table.get('hitPolicy') or 'UNIQUE'}）"
        pen.write(title, (_MARGIN, 0), 2000, size=15, top=top, anchor="start")
        top, right = _table(pen, table, top + 30)
        width, top = max(width, right), top + _MARGIN
    for element in (root, backdrop):
        element.set("width", f"{width + _MARGIN:g}")
        element.set("height", f"{top:g}")
    root.set("viewBox", f"0 0 {width + _MARGIN:g} {top:g}")
    return etree.tostring(root, encoding="unicode")


def _table(pen: Pen, table: Element, top: float) -> tuple[float, float]:
    head: Row = [
        ("input", i.get("label") or i.findtext("dmn:inputExpression/dmn:text", "", NS) or "")
        for i in _all(table, "input")
    ]
    head += [("output", o.get("label") or o.get("name") or "") for o in _all(table, "output")]
    right = _MARGIN
    top, right = _row(pen, "", [*head, ("note", "注記")], top, head=True)
    for number, rule in enumerate(_all(table, "rule"), start=1):
        row = [("input", _text(cell)) for cell in _all(rule, "inputEntry")]
        row += [("output", _text(cell)) for cell in _all(rule, "outputEntry")]
        row.append(("note", rule.findtext("dmn:description", "", NS)))
        top, right = _row(pen, str(number), row, top)
    return top, right


def _row(pen: Pen, number: str, row: Row, top: float, *, head: bool = False) -> tuple[float, float]:
    """Draw a row and return (its lower edge, its right edge)."""
    lines = max(len(wrap(text, _WIDTHS[kind] - 2 * _PADDING, _SIZE)) for kind, text in row)
    height = max(lines, 1) * _SIZE * LINE_HEIGHT + 2 * _PADDING
    left = _MARGIN
    _cell(pen, Box(left, top, _NUMBER_WIDTH, height), number, "#f7f7f7")
    left += _NUMBER_WIDTH
    for kind, text in row:
        _cell(pen, Box(left, top, _WIDTHS[kind], height), text, _HEAD_COLOURS[kind] if head else "#fff")
        left += _WIDTHS[kind]
    return top + height, left


def _cell(pen: Pen, box: Box, text: str, fill: str) -> None:
    pen.rectangle(box, fill=fill, width=0.8)
    pen.write(text, (box.x + _PADDING, box.centre[1]), box.width - 2 * _PADDING, size=_SIZE, anchor="start")


def _all(parent: Element, name: str) -> list[Element]:
    return list(parent.findall(f"dmn:{name}", NS))


def _text(cell: Element) -> str:
    text = (cell.findtext("dmn:text", "", NS) or "").strip()
    return "" if text == "-" else text.removeprefix('"').removesuffix('"') if text.count('"') == 2 else text
