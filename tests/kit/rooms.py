"""``python -m tests.kit.rooms`` draws docs/pictures/rooms.svg: the rooms of workers/, and who imports whom.

Layers come from the contract in pyproject.toml, modules and imports from the code itself. An arrow that a chain of
others implies is left out.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from html import escape
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "pictures" / "rooms.svg"
_PACKAGE = "workers"
_BOX, _HEIGHT, _GAP, _STEP, _EDGE = 168, 44, 56, 104, 28
_STYLE = """
text { font: 14px sans-serif; text-anchor: middle; fill: #22252b }
.few { font-size: 12px; fill: #5b6370 }
rect { fill: #fff; stroke: #22252b; rx: 6 }
path { fill: none; stroke: #3d6fb4; opacity: .55; marker-end: url(#tip) }
"""


@dataclass(frozen=True)
class Rooms:
    """The rooms by layer, how many modules each has, and how many of its modules import one of another room."""

    layers: list[list[str]]
    modules: Counter[str]
    imports: Counter[tuple[str, str]]


def found() -> Rooms:
    """Return the rooms as the contract and the code have them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    graph = grimp.build_graph(_PACKAGE, cache_dir=None)
    modules = sorted(name for name in graph.modules if name.startswith(f"{_PACKAGE}."))
    pairs = {
        (name, _room(other))
        for name in modules
        for other in graph.find_modules_directly_imported_by(name)
        if other.startswith(f"{_PACKAGE}.") and _room(other) != _room(name)
    }
    return Rooms(
        layers=[[name.strip() for name in layer.replace(":", "|").split("|")] for layer in layers],
        modules=Counter(map(_room, modules)),
        imports=Counter((_room(name), room) for name, room in pairs),
    )


def drawn(rooms: Rooms) -> str:
    """Return the picture as SVG."""
    widest = max(map(len, rooms.layers))
    width = widest * _BOX + (widest - 1) * _GAP + 2 * _EDGE
    height = (len(rooms.layers) - 1) * _STEP + _HEIGHT + 2 * _EDGE
    places: dict[str, tuple[float, float]] = {}
    for row, layer in enumerate(rooms.layers):
        whole = len(layer) * _BOX + (len(layer) - 1) * _GAP
        for column, name in enumerate(layer):
            left = (width - whole) / 2 + column * (_BOX + _GAP)
            places[name] = (left + _BOX / 2, _EDGE + row * _STEP)
    arrows = [_arrow(places, *pair, rooms.imports[pair]) for pair in sorted(shown(set(rooms.imports)))]
    boxes = [_box(name, *place, rooms.modules[name]) for name, place in places.items()]
    tip = '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">',
            f"<style>{_STYLE}</style>",
            f'<defs>{tip} markerUnits="userSpaceOnUse"><path d="M0 0 8 4 0 8z" style="fill:#3d6fb4"/></marker></defs>',
            f'<rect width="{width}" height="{height}" style="stroke:none"/>',
            *arrows,
            *boxes,
            "</svg>\n",
        ]
    )


def shown(imports: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the imports that no chain of others implies: all of them would hide the order."""
    beyond: dict[str, set[str]] = {}

    def reached(room: str) -> set[str]:
        if room not in beyond:
            beyond[room] = set()
            for source, target in imports:
                if source == room:
                    beyond[room] |= {target, *reached(target)}
        return beyond[room]

    nexts: dict[str, set[str]] = {}
    for source, target in imports:
        nexts.setdefault(source, set()).add(target)
    return {
        (source, target)
        for source, target in imports
        if not any(target in reached(via) for via in nexts[source] - {target})
    }


def _room(module: str) -> str:
    return module.split(".")[1]


def _box(name: str, middle: float, top: float, modules: int) -> str:
    words = "1 module" if modules == 1 else f"{modules} modules"
    return (
        f'<rect x="{middle - _BOX / 2:g}" y="{top:g}" width="{_BOX}" height="{_HEIGHT}"/>'
        f'<text x="{middle:g}" y="{top + 19:g}">{escape(name)}</text>'
        f'<text class="few" x="{middle:g}" y="{top + 36:g}">{words}</text>'
    )


def _arrow(places: dict[str, tuple[float, float]], source: str, target: str, count: int) -> str:
    (x1, y1), (x2, y2) = places[source], places[target]
    rows = round((y2 - y1) / _STEP)
    aside = 0.0 if rows <= 1 else (1 if x1 <= x2 else -1) * (_BOX / 2 + 12 * rows)
    start, end = f"{x1:g} {y1 + _HEIGHT:g}", f"{x2:g} {y2:g}"
    bends = f"{x1 + aside:g} {y1 + _HEIGHT + _STEP / 2:g} {x2 + aside:g} {y2 - _STEP / 2:g}"
    title = f"{source} → {target}: {count}"
    return f'<path d="M{start}C{bends} {end}" stroke-width="{min(5, 1 + count / 12):.1f}"><title>{title}</title></path>'


if __name__ == "__main__":
    PICTURE.write_text(drawn(found()), encoding="utf-8")
