"""How large and how tangled each level of a diagram is: what fits on one screen can be read (ALL-22).

A level is one plane of the drawing: the top, with the guideline's own steps, or the inside of a folded step.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any, Final

from workers.packs.diagrams.model import FLOW_NODES, GATEWAYS, NS, Box, Diagram, Edge, Element, extension, local

WIDTH: Final = 1600
HEIGHT: Final = 900
NODES: Final = 25
CROSSINGS: Final = 3
_RECORDING: Final = "record-"
_TECHNICAL: Final = frozenset({"serviceTask", "sendTask", "businessRuleTask", "scriptTask"})
_AIR: Final = 0.5

Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Level:
    """The figures of one plane. ``records``: tasks of a top level that only record; ``joins``: where flows just meet.

    ``technical`` counts what no guideline knows: jobs, joining gateways, errors at a task's edge.
    """

    file: Path
    id: str
    name: str
    top: bool
    width: int
    height: int
    nodes: int
    technical: int
    crossings: int
    records: tuple[str, ...]
    joins: tuple[str, ...]

    def problems(self) -> Iterator[str]:
        """Yield what goes beyond the limits, in Japanese."""
        if self.width > WIDTH or self.height > HEIGHT:
            yield f"大きさが {self.width:,} × {self.height:,} ピクセルです（{WIDTH:,} × {HEIGHT} まで）"
        if self.nodes > NODES:
            yield f"要素が {self.nodes} 個あります（{NODES} 個まで）"
        if self.crossings > CROSSINGS:
            yield f"フローの線が {self.crossings} か所で交わっています（{CROSSINGS} か所まで）"
        for name in self.joins:
            yield f"{name}に、合流のゲートウェイなしで 2 本以上のフローが入っています"
        for name in self.records:
            yield f"{name}は記録するだけの作業です（一番上の段には置かず、手順の箱の中に入れます）"

    def as_dict(self) -> dict[str, Any]:
        """Return the level for JSON."""
        figures = {key: getattr(self, key) for key in ("id", "name", "top", "width", "height", "nodes", "technical")}
        found = {"crossings": self.crossings, "joins": list(self.joins), "records": list(self.records)}
        return {"file": str(self.file), **figures, **found, "problems": list(self.problems())}


def levels(diagram: Diagram, job_types: Container[str]) -> list[Level]:
    """Return the figures of each plane of a diagram, the top one first."""
    return [_level(diagram, number, job_types) for number in range(len(diagram.planes))]


def as_lines(found: Sequence[Level]) -> Iterator[str]:
    """Yield a table (Markdown) for people, a row a level, then what goes beyond the limits; those cells bear a mark."""
    heads = ("ファイル", "段", f"ピクセル（{WIDTH:,} × {HEIGHT} まで）", f"要素（{NODES} まで）", "うち技術的な要素")
    more = (f"線の交わり（{CROSSINGS} まで）", "ゲートウェイのない合流（0）", "一番上の段の記録だけの作業（0）")
    yield f"| {' | '.join([*heads, *more])} |"
    yield f"|{'---|' * len([*heads, *more])}"
    for level in found:
        size = f"{level.width:,} × {level.height:,}{_mark(level.width > WIDTH or level.height > HEIGHT)}"
        name = level.name if level.top else f"└ {level.name}"
        numbers = [
            f"{level.nodes}{_mark(level.nodes > NODES)}",
            f"{level.technical}",
            f"{level.crossings}{_mark(level.crossings > CROSSINGS)}",
            *(f"{len(names)}{_mark(bool(names))}" for names in (level.joins, level.records)),
        ]
        yield f"| {' | '.join([level.file.name, name, size, *numbers])} |"
    yield ""
    for level in found:
        yield from (f"{level.file.name} 「{level.name}」: {problem}" for problem in level.problems())
    over = sum(any(level.problems()) for level in found)
    yield f"段 {len(found)}、上限を超える段 {over}"


def _mark(over: bool) -> str:  # noqa: FBT001 (a cell's mark)
    return " ×" if over else ""


def as_json(found: Sequence[Level]) -> str:
    """Return the levels as JSON, with the limits."""
    limits = {"width": WIDTH, "height": HEIGHT, "nodes": NODES, "crossings": CROSSINGS, "joins": 0, "records": 0}
    return json.dumps({"limits": limits, "levels": [level.as_dict() for level in found]}, ensure_ascii=False, indent=2)


def _level(diagram: Diagram, plane: int, job_types: Container[str]) -> Level:
    drawn = [diagram.ids[i] for i, shape in diagram.shapes.items() if shape.plane == plane and i in diagram.ids]
    nodes = [element for element in drawn if local(element) in FLOW_NODES]
    owner = diagram.ids.get(diagram.planes[plane])
    top = owner is None or local(owner) in {"process", "collaboration"}
    incoming = _incoming(diagram)
    joins = [n for n in nodes if incoming.get(n.get("id", ""), 0) > 1 and local(n) not in GATEWAYS]
    width, height = _size(diagram, plane)
    return Level(
        file=diagram.path,
        id=diagram.planes[plane],
        name=_name(next(iter(diagram.processes), owner) if top else owner),
        top=top,
        width=width,
        height=height,
        nodes=len(nodes),
        technical=sum(_is_technical(node, incoming) for node in nodes),
        crossings=_crossings(diagram, plane),
        records=tuple(_called(node) for node in nodes if top and _only_records(node, job_types)),
        joins=tuple(_called(node) for node in joins),
    )


def _incoming(diagram: Diagram) -> dict[str, int]:
    found: dict[str, int] = {}
    for flow in diagram.all("sequenceFlow"):
        found[flow.get("targetRef", "")] = found.get(flow.get("targetRef", ""), 0) + 1
    return found


def _size(diagram: Diagram, plane: int) -> tuple[int, int]:
    boxes: list[Box] = []
    for shape in (shape for shape in diagram.shapes.values() if shape.plane == plane):
        boxes += [shape.box, *([shape.label] if shape.label else [])]
    for edge in _edges(diagram, plane):
        boxes += [*(Box(x, y, 0, 0) for x, y in edge.points), *([edge.label] if edge.label else [])]
    if not boxes:
        return 0, 0
    width = max(box.right for box in boxes) - min(box.x for box in boxes)
    height = max(box.bottom for box in boxes) - min(box.y for box in boxes)
    return round(width), round(height)


def _edges(diagram: Diagram, plane: int) -> list[Edge]:
    found = [(i, edge) for i, edge in diagram.edges.items() if edge.plane == plane and i in diagram.ids]
    return [edge for i, edge in found if local(diagram.ids[i]) == "sequenceFlow"]


def _crossings(diagram: Diagram, plane: int) -> int:
    found = 0
    for one, other in combinations(_edges(diagram, plane), 2):
        found += sum(_cross(a, b) for a in pairwise(one.points) for b in pairwise(other.points))
    return found


def _cross(one: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    """Return whether two lines pass through each other; lines that touch, or run on each other, do not."""
    sides = (_side(one, other[0]), _side(one, other[1]), _side(other, one[0]), _side(other, one[1]))
    return sides[0] * sides[1] < 0 and sides[2] * sides[3] < 0


def _side(line: tuple[Point, Point], point: Point) -> int:
    (ax, ay), (bx, by), (x, y) = *line, point
    length = max(abs(bx - ax) + abs(by - ay), _AIR)
    distance = ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / length
    return 0 if abs(distance) < _AIR else 1 if distance > 0 else -1


def _is_technical(node: Element, incoming: Mapping[str, int]) -> bool:
    joins = local(node) in GATEWAYS and incoming.get(node.get("id", ""), 0) > 1
    refuses = local(node) == "boundaryEvent" and node.find("bpmn:errorEventDefinition", NS) is not None
    return local(node) in _TECHNICAL or joins or refuses


def _only_records(node: Element, job_types: Container[str]) -> bool:
    definition = extension(node, "taskDefinition")
    kind = "" if definition is None else definition.get("type", "")
    return kind.startswith(_RECORDING) and kind in job_types


def _name(element: Element | None) -> str:
    return "" if element is None else " ".join((element.get("name") or element.get("id") or "").split())


def _called(node: Element) -> str:
    return f"「{_name(node)}」（{node.get('id')}）"
