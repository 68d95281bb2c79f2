"""A small pen for SVG: groups, lines, wrapped Japanese text. lxml does the escaping."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from lxml import etree

from workers.packs.diagrams.model import Box, Element

SVG: Final = "http://www.w3.org/2000/svg"
FONT: Final = "'Noto Sans CJK JP','Noto Sans JP','Hiragino Sans','Yu Gothic UI',Meiryo,Arial,sans-serif"
INK: Final = "#22252b"
LINE_HEIGHT: Final = 1.25
_NOT_AT_START: Final = frozenset("、。，．・：；？！）」』】〕〉》ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々,.)]}%％")
_WORDS: Final = frozenset({"CJK", "KATAKANA"})
_NOT_AT_END: Final = frozenset("（「『【〔〈《([{")

Point = tuple[float, float]


class Pen:
    """Draws into one SVG element with one colour."""

    def __init__(self, element: Element, colour: str = INK) -> None:
        self.element = element
        self.colour = colour

    def add(self, tag: str, **attributes: str | float | None) -> Element:
        """Append an element; ``stroke_width`` becomes ``stroke-width``, None leaves an attribute out."""
        texts = {
            key.rstrip("_").replace("_", "-"): _text(value) for key, value in attributes.items() if value is not None
        }
        return etree.SubElement(self.element, f"{{{SVG}}}{tag}", texts)

    def group(self, colour: str | None = None, **attributes: str | float | None) -> Pen:
        """Append a group and return a pen for it."""
        return Pen(self.add("g", **attributes), colour or self.colour)

    def line(self, points: Sequence[Point], *, width: float = 1.5, dashes: str | None = None) -> None:
        """Draw an open line through points."""
        coordinates = " ".join(f"{_text(x)},{_text(y)}" for x, y in points)
        self.add(
            "polyline",
            points=coordinates,
            fill="none",
            stroke=self.colour,
            stroke_width=width,
            stroke_linejoin="round",
            stroke_linecap="round",
            stroke_dasharray=dashes,
        )

    def polygon(self, points: Sequence[Point], *, fill: str = "none", width: float = 1.5) -> None:
        """Draw a closed outline."""
        coordinates = " ".join(f"{_text(x)},{_text(y)}" for x, y in points)
        self.add(
            "polygon", points=coordinates, fill=fill, stroke=self.colour, stroke_width=width, stroke_linejoin="round"
        )

    def circle(
        self, centre: Point, radius: float, *, fill: str = "none", width: float = 1.5, dashes: str | None = None
    ) -> None:
        """Draw a circle."""
        x, y = centre
        self.add(
            "circle", cx=x, cy=y, r=radius, fill=fill, stroke=self.colour, stroke_width=width, stroke_dasharray=dashes
        )

    def rectangle(  # noqa: PLR0913 (the visual properties of a rectangle)
        self,
        box: Box,
        *,
        radius: float = 0,
        fill: str = "none",
        width: float = 1.5,
        dashes: str | None = None,
        opacity: float | None = None,
    ) -> None:
        """Draw a rectangle."""
        self.add(
            "rect",
            x=box.x,
            y=box.y,
            width=box.width,
            height=box.height,
            rx=radius or None,
            fill=fill,
            fill_opacity=opacity,
            stroke=self.colour,
            stroke_width=width,
            stroke_dasharray=dashes,
        )

    def path(self, commands: str, *, fill: str = "none", width: float = 1.5) -> None:
        """Draw an SVG path."""
        self.add("path", d=commands, fill=fill, stroke=self.colour, stroke_width=width, stroke_linejoin="round")

    def write(  # noqa: PLR0913 (text has a place, a width, a size and an orientation)
        self,
        text: str,
        centre: Point,
        width: float,
        *,
        size: float = 12,
        top: float | None = None,
        vertical: bool = False,
        anchor: str = "middle",
    ) -> None:
        """Write wrapped text around a centre, or downwards from ``top``; ``vertical`` turns it like a lane's name."""
        lines = wrap(text, width, size, balanced=anchor == "middle")
        x, y = centre
        first = (top + size) if top is not None else y - (len(lines) - 1) * size * LINE_HEIGHT / 2 + size * 0.36
        turn = f"rotate(-90 {_text(x)} {_text(y)})" if vertical else None
        halo: dict[str, str | float] = {
            "stroke": "#fff",
            "stroke_width": 3,
            "paint_order": "stroke",
            "stroke_linejoin": "round",
        }
        for number, content in enumerate(lines):
            element = self.add(
                "text",
                x=x,
                y=first + number * size * LINE_HEIGHT,
                font_size=size,
                text_anchor=anchor,
                fill=INK,
                transform=turn,
                **(halo if top is not None else {}),
            )
            element.text = content


def wrap(text: str, width: float, size: float, *, balanced: bool = True) -> list[str]:
    """Split text into lines of at most ``width`` pixels; no line starts with 。 and the like.

    ``balanced`` makes the lines about equally long, without adding one, and breaks between words where it can.
    """
    lines = _fill(text, width, size)
    found, narrow = [lines], width
    while balanced and len(lines) > 1 and narrow > size * 4:
        narrow -= size / 2
        shorter = _fill(text, narrow, size)
        if len(shorter) > len(lines):
            break
        found.append(shorter)
    return min(reversed(found), key=_broken)


def _broken(lines: list[str]) -> int:
    """Return how badly lines break: within a word (Chinese characters, katakana, Latin letters), before a particle."""
    total = 0
    for line, following in pairwise(lines):
        before, after = _script(line[-1]), _script(following[0])
        total += 2 if before == after != "HIRAGANA" else int(before in _WORDS and after == "HIRAGANA")
    return total


def _script(sign: str) -> str:
    """Return what kind of sign it is, in Unicode's word: CJK, KATAKANA, HIRAGANA, LATIN, DIGIT …."""
    return unicodedata.name(sign, "").replace("-", " ").split(" ", maxsplit=1)[0]


def _fill(text: str, width: float, size: float) -> list[str]:
    lines: list[str] = []
    for paragraph in text.splitlines():
        line = ""
        for piece in _pieces(paragraph):
            if line and text_width(line + piece, size) > width and not _keeps_together(line, piece):
                lines.append(line.rstrip())
                line = piece.lstrip()
            else:
                line += piece
        if line.strip():
            lines.append(line.rstrip())
    return lines


def text_width(text: str, size: float) -> float:
    """Return about how wide a text is drawn, in pixels: full-width signs are one em, others a little over half."""
    ems = sum(1.0 if unicodedata.east_asian_width(sign) in "WFA" else 0.56 for sign in text)
    return ems * size


def arrow_head(tip: Point, tail: Point, length: float = 10, half: float = 4.5) -> list[Point]:
    """Return the triangle of an arrow that ends at ``tip`` and comes from ``tail``."""
    angle = math.atan2(tip[1] - tail[1], tip[0] - tail[0])
    back = tip[0] - length * math.cos(angle), tip[1] - length * math.sin(angle)
    across = half * math.sin(angle), half * math.cos(angle)
    return [tip, (back[0] + across[0], back[1] - across[1]), (back[0] - across[0], back[1] + across[1])]


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    for sign in text:
        latin = unicodedata.east_asian_width(sign) not in "WFA" and not sign.isspace()
        if latin and pieces and unicodedata.east_asian_width(pieces[-1][-1]) not in "WFA" and pieces[-1][-1] != " ":
            pieces[-1] += sign
        else:
            pieces.append(sign)
    return pieces


def _keeps_together(line: str, piece: str) -> bool:
    return piece[0] in _NOT_AT_START or line[-1] in _NOT_AT_END


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{round(value, 2):g}"
