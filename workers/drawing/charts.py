"""Charts as SVG: stacked bars that a person reads at a glance, with what a screen reader says of them.

No style sheet and no script: a page's content security policy may forbid both. The numbers stand in the bars and in the
table that a page puts beside the chart, so that no meaning hangs on a colour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_COLOURS: Final = ("#0017c1", "#007a74", "#b35900", "#6b2fb3", "#9c1b5e", "#4d6600", "#5c5c5c", "#8a6d00")
"""Each has more than 4.5 : 1 against white, so that the numbers in the bars can be read."""
_FONT: Final = "'Noto Sans JP', 'Noto Sans CJK JP', sans-serif"
_WIDTH: Final = 720
_LABEL: Final = 300
"""The widest place for the labels; a longer one is cut, the table has it whole."""
_RIGHT: Final = 70
_BAR, _GAP = 28, 14
_LEGEND_LINE: Final = 26
_SIGN: Final = 15
"""Width of a full-width letter."""


@dataclass(frozen=True, kw_only=True)
class Series:
    """One part of every bar: what it is called, and its number for each label."""

    name: str
    values: Sequence[int]


def stacked_bars(title: str, description: str, labels: Sequence[str], series: Sequence[Series], *, unit: str) -> str:
    """Return an SVG of a bar for each label, its parts side by side in the order of the series.

    ``description``: what one sees in it, in a sentence. ``unit``: what is counted (``件``), after each bar's total.
    """
    left = min(max([len(label) for label in labels], default=0) * _SIGN + 16, _LABEL)
    totals = [sum(part.values[place] for part in series) for place in range(len(labels))]
    longest = max([*totals, 1])
    legend = list(_legend(series, left))
    top = max(y for _, y, _, _ in legend) + 24 if legend else 10
    height = top + len(labels) * (_BAR + _GAP)
    scale = (_WIDTH - left - _RIGHT) / longest
    parts = [_key(*entry) for entry in legend]
    for place, label in enumerate(labels):
        y = top + place * (_BAR + _GAP)
        parts.append(_text(left - 10, y + 20, _short(label), anchor="end"))
        parts += _bar([part.values[place] for part in series], left, y, scale)
        parts.append(_text(left + totals[place] * scale + 8, y + 20, f"{totals[place]:,}{unit}"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
        f' role="img" font-family="{_FONT}" font-size="14"><title>{escape(title)}</title>'
        f"<desc>{escape(description)}</desc>{''.join(parts)}</svg>"
    )


def _bar(values: Sequence[int], left: int, y: int, scale: float) -> Iterator[str]:
    x = float(left)
    for place, value in enumerate(values):
        width = value * scale
        if not value:
            continue
        colour = _COLOURS[place % len(_COLOURS)]
        yield f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_BAR}" fill="{colour}" stroke="#ffffff"/>'
        if width > len(str(value)) * 9 + 6:
            yield _text(x + width / 2, y + 19, str(value), anchor="middle", colour="#ffffff")
        x += width


def _legend(series: Sequence[Series], left: int) -> Iterator[tuple[int, int, str, str]]:
    """Yield place, colour and name of each entry; a full line goes on in the next."""
    if len(series) == 1:
        return
    x, y = left, 8
    for place, part in enumerate(series):
        wide = 40 + len(part.name) * _SIGN
        if x + wide > _WIDTH and x > left:
            x, y = left, y + _LEGEND_LINE
        yield x, y, _COLOURS[place % len(_COLOURS)], part.name
        x += wide


def _short(label: str) -> str:
    most = (_LABEL - 16) // _SIGN
    return label if len(label) <= most else label[: most - 1] + "…"


def _key(x: int, y: int, colour: str, name: str) -> str:
    return f'<rect x="{x}" y="{y}" width="16" height="16" fill="{colour}"/>{_text(x + 22, y + 13, name)}'


def _text(x: float, y: float, text: str, *, anchor: str = "start", colour: str = "#1a1a1a") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'
