"""A BPMN file's own drawing (DI) as SVG, in the look that people know from Camunda Modeler. No browser is needed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final

from lxml import etree

from workers.drawing import nodes
from workers.drawing.svg import FONT, INK, SVG, Pen, Point, arrow_head, text_width, wrap
from workers.errors import InputError
from workers.packs.diagrams import model
from workers.packs.diagrams.model import Box, Diagram, Edge, Element, Shape, local

_MARGIN: Final = 20.0
_EXTERNAL_WIDTH: Final = 96.0
_HEAD: Final = 52.0
_LINK: Final = "#1565c0"
HERE: Final = "#c74700"
DONE: Final = "#197a4b"


def draw_svg(bpmn_path: Path | str, *, colours: Mapping[str, str] | None = None, anchor: str = "") -> str:
    """Return the picture of a .bpmn file as an SVG text; see ``draw``.

    Raises InputError (Japanese) when the file cannot be read, is no BPMN or has no drawing.
    """
    return draw(model.load(Path(bpmn_path)), colours=colours, anchor=anchor)


def draw(
    diagram: Diagram,
    *,
    colours: Mapping[str, str] | None = None,
    notes: Mapping[str, str] | None = None,
    anchor: str = "",
) -> str:
    """Return the picture of a parsed diagram: the top plane, and below it each folded step under its name.

    ``colours`` gives colours (``#rrggbb``) by element id: a node gets that outline and a light fill of it, a
    connection a thicker line. ``notes`` gives a remark by plane (the id of the step, or of the process), shown above
    it. A folded box leads to its plane, whose id in the picture is the step's after ``anchor``.
    """
    painter = _painter(diagram, colours or {}, lambda step: f"#{anchor}{step}")
    painter.notes = notes or {}
    painter.anchor = anchor
    return painter.paint(range(len(diagram.planes)))


def draw_top(diagram: Diagram, *, steps: str) -> str:
    """Return the picture of the top plane alone; its boxes lead to the planes in the picture ``steps``."""
    return _painter(diagram, {}, lambda step: f"{steps}#{step}").paint([0])


def draw_standing(diagram: Diagram, *, here: Collection[str], done: Collection[str]) -> str:
    """Return where a case stands: the top plane, and below it each folded step in which it stands now.

    ``here``: the elements at which it stands, ``done``: those that it has passed (ids of the diagram).
    """
    passed, now = {*done, *_around(diagram, done)}, {*here, *_around(diagram, here)}
    colours = dict.fromkeys(passed, DONE) | dict.fromkeys(now, HERE)
    planes = sorted({0, *(shape.plane for identity, shape in diagram.shapes.items() if identity in here)})
    return _painter(diagram, colours, lambda step: f"#{step}").paint(planes)


def _around(diagram: Diagram, elements: Collection[str]) -> set[str]:
    """Return the folded steps within which elements are, up to the top: their boxes show that something went on."""
    found: set[str] = set()
    for identity in elements:
        shape = diagram.shapes.get(identity)
        while shape is not None and shape.plane:
            step = diagram.planes[shape.plane]
            found.add(step)
            shape = diagram.shapes.get(step)
    return found


def draw_steps(diagram: Diagram, *, top: str) -> str:
    """Return the picture of all planes below the top, each under its step's name, with a way back to ``top``."""
    painter = _painter(diagram, {}, lambda step: f"#{step}")
    painter.top = top
    return painter.paint(range(1, len(diagram.planes)))


def _painter(diagram: Diagram, colours: Mapping[str, str], link: Callable[[str], str]) -> _Painter:
    if not diagram.shapes:
        raise InputError(str(diagram.path), "図の座標（BPMNDI）がありません。Modeler で開いて保存し直してください")
    return _Painter(diagram, colours, link)


@dataclass
class _Painter:
    diagram: Diagram
    colours: Mapping[str, str]
    link: Callable[[str], str]
    """Where a folded box leads, by the step's id."""
    notes: Mapping[str, str] = field(default_factory=dict)
    anchor: str = ""
    top: str = ""
    """The picture of the top plane, where it is another one."""

    def paint(self, planes: Sequence[int]) -> str:
        extents = {number: self._extent(number) for number in planes}
        heads = {number: _HEAD if self._heading(number) else 0.0 for number in planes}
        width = max(box.width for box in extents.values()) + 2 * _MARGIN
        height = sum(box.height for box in extents.values()) + sum(heads.values()) + _MARGIN * (len(extents) + 1)
        root = etree.Element(
            f"{{{SVG}}}svg",
            {
                "width": f"{width:g}",
                "height": f"{height:g}",
                "viewBox": f"0 0 {width:g} {height:g}",
                "font-family": FONT,
                "role": "img",
            },
            nsmap={None: SVG},  # type: ignore[dict-item] # the stubs do not know the default namespace
        )
        pen = Pen(root)
        pen.add("title").text = self._title()
        pen.add("rect", width=width, height=height, fill="#fff")
        top = _MARGIN
        for number, box in extents.items():
            plane = pen.group(id=self.anchor + self.diagram.planes[number]) if number else pen
            self._paint_heading(plane, number, top)
            shift = f"translate({_MARGIN - box.x:g} {top + heads[number] - box.y:g})"
            self._paint_plane(plane.group(transform=shift), number)
            top += heads[number] + box.height + _MARGIN
        return etree.tostring(root, encoding="unicode")

    def _heading(self, plane: int) -> str:
        """Return what stands above a plane: the step's name; above the top one only where there is a note."""
        note = self.notes.get(self.diagram.planes[plane], "")
        name = self._name(plane) if plane or note else ""
        return f"{name}（{note}）" if note else name

    def _name(self, plane: int) -> str:
        owner = self.diagram.ids.get(self.diagram.planes[plane])
        return one_line(owner) if plane and owner is not None else self._title()

    def _paint_heading(self, pen: Pen, plane: int, top: float) -> None:
        if not (heading := self._heading(plane)):
            return
        left = _MARGIN
        for number in self._above(plane):
            text = f"{self._name(number)}　›　"
            target = self.top if number == 0 else self.link(self.diagram.planes[number])
            way = Pen(pen.add("a", href=target)) if target else pen
            way.add("text", x=left, y=top + 12, font_size=12, fill=_LINK).text = text
            left += text_width(text, 12)
        pen.add("text", x=_MARGIN, y=top + 34, font_size=16, font_weight="bold", fill=INK).text = heading

    def _above(self, plane: int) -> list[int]:
        """Return the planes from the top one down to that which holds a plane's box."""
        found: list[int] = []
        while plane and (shape := self.diagram.shapes.get(self.diagram.planes[plane])) and shape.plane not in found:
            plane = shape.plane
            found.insert(0, plane)
        return found

    def _title(self) -> str:
        return "、".join(one_line(process) for process in self.diagram.processes)

    def _extent(self, plane: int) -> Box:
        boxes = [shape.box for shape in self.diagram.shapes.values() if shape.plane == plane]
        for identity, shape in self._shapes(plane):
            boxes += self._label_boxes(identity, shape)
        for edge in self.diagram.edges.values():
            if edge.plane == plane:
                boxes += [Box(x, y, 0, 0) for x, y in edge.points] + ([edge.label] if edge.label else [])
        if not boxes:
            return Box(0, 0, 0, 0)
        left, top = min(box.x for box in boxes), min(box.y for box in boxes)
        return Box(left, top, max(b.right for b in boxes) - left, max(b.bottom for b in boxes) - top)

    def _label_boxes(self, identity: str, shape: Shape) -> list[Box]:
        element = self.diagram.ids[identity]
        text = element.get("name")
        if not text or local(element) not in model.EVENTS | model.GATEWAYS | model.ARTIFACTS:
            return []
        place = nodes.label_place(shape)
        lines = wrap(text, place.width, 11)
        widest = max(text_width(line, 11) for line in lines)
        return [Box(place.centre[0] - widest / 2, place.y, widest, len(lines) * 14)]

    def _shapes(self, plane: int) -> list[tuple[str, Shape]]:
        return [(i, s) for i, s in self.diagram.shapes.items() if s.plane == plane and i in self.diagram.ids]

    def _paint_plane(self, pen: Pen, plane: int) -> None:
        shapes = sorted(self._shapes(plane), key=lambda item: self._depth(*item))
        containers = [item for item in shapes if self._depth(*item)[0] < _DEPTH_OF_EDGES]
        for identity, shape in containers:
            self._paint_shape(pen, identity, shape)
        for identity, edge in self.diagram.edges.items():
            if edge.plane == plane and identity in self.diagram.ids:
                self._paint_edge(pen, identity, edge)
        for identity, shape in shapes[len(containers) :]:
            self._paint_shape(pen, identity, shape)
        self._paint_edge_names(pen, plane)

    def _depth(self, identity: str, shape: Shape) -> tuple[int, float]:
        kind = local(self.diagram.ids[identity])
        order = {"participant": 0, "lane": 1, "boundaryEvent": 6}.get(kind, 5)
        if kind in model.SUB_PROCESSES and shape.expanded:
            order = 2
        return order, -shape.box.width * shape.box.height

    def _paint_shape(self, pen: Pen, identity: str, shape: Shape) -> None:
        element = self.diagram.ids[identity]
        colour = self.colours.get(identity)
        folded = not shape.expanded and identity in self.diagram.planes
        way = Pen(pen.add("a", href=self.link(identity))) if folded else pen
        group = way.group(colour=colour or INK, data_element_id=identity)
        if name := element.get("name"):
            group.add("title").text = f"{name}（中を開く）" if folded else name
        nodes.paint(group, element, shape, colour)

    def _paint_edge(self, pen: Pen, identity: str, edge: Edge) -> None:
        element = self.diagram.ids[identity]
        group = pen.group(colour=self.colours.get(identity, INK), data_element_id=identity)
        width = 3.0 if identity in self.colours else 1.5
        tip, tail = edge.points[-1], edge.points[-2]
        kind = local(element)
        if kind == "sequenceFlow":
            group.line([*edge.points[:-1], _before(tip, tail, 6)], width=width)
            group.polygon(arrow_head(tip, tail), fill=group.colour, width=1)
            self._paint_flow_start(group, element, edge)
        elif kind == "messageFlow":
            group.line([*edge.points[:-1], _before(tip, tail, 8)], width=width, dashes="10 8")
            group.polygon(arrow_head(tip, tail), fill="#fff", width=1.2)
            group.circle(edge.points[0], 4, fill="#fff")
        else:
            group.line(edge.points, width=width, dashes="1 5")
            if kind.startswith("data"):
                left, right = arrow_head(tip, tail)[1:]
                group.line([left, tip, right])

    def _paint_flow_start(self, pen: Pen, flow: Element, edge: Edge) -> None:
        source = self.diagram.ids.get(flow.get("sourceRef", ""))
        if source is None:
            return
        start, towards = edge.points[0], edge.points[1]
        if source.get("default") == flow.get("id"):
            x, y = _after(start, towards, 10)
            dx, dy = _direction(start, towards)
            pen.line([(x - 3 * dx - 5 * dy, y - 3 * dy + 5 * dx), (x + 3 * dx + 5 * dy, y + 3 * dy - 5 * dx)])
        elif flow.find("bpmn:conditionExpression", model.NS) is not None and local(source) in model.ACTIVITIES:
            dx, dy = _direction(start, towards)
            middle, end = _after(start, towards, 8), _after(start, towards, 16)
            side = (5 * dy, -5 * dx)
            corners = [
                start,
                (middle[0] + side[0], middle[1] + side[1]),
                end,
                (middle[0] - side[0], middle[1] - side[1]),
            ]
            pen.polygon(corners, fill="#fff", width=1.2)

    def _paint_edge_names(self, pen: Pen, plane: int) -> None:
        for identity, edge in self.diagram.edges.items():
            element = self.diagram.ids.get(identity)
            if element is None or edge.plane != plane or not (text := element.get("name")):
                continue
            if edge.label is None:
                x, y = _middle(edge.points)
                pen.write(text, (x, y), _EXTERNAL_WIDTH, size=11, top=y - 16)
            else:
                pen.write(text, edge.label.centre, max(edge.label.width, _EXTERNAL_WIDTH), size=11, top=edge.label.y)


_DEPTH_OF_EDGES: Final = 3


def one_line(element: Element) -> str:
    """Return an element's name in one line, its id where it has none."""
    return " ".join((element.get("name") or element.get("id") or "").split())


def _direction(start: Point, towards: Point) -> Point:
    dx, dy = towards[0] - start[0], towards[1] - start[1]
    length = (dx * dx + dy * dy) ** 0.5 or 1.0
    return dx / length, dy / length


def _after(start: Point, towards: Point, distance: float) -> Point:
    dx, dy = _direction(start, towards)
    return start[0] + dx * distance, start[1] + dy * distance


def _before(tip: Point, tail: Point, distance: float) -> Point:
    return _after(tip, tail, distance)


def _middle(points: tuple[Point, ...]) -> Point:
    lengths = [((b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2) ** 0.5 for a, b in pairwise(points)]
    rest = sum(lengths) / 2
    for (start, end), length in zip(pairwise(points), lengths, strict=True):
        if rest <= length:
            return _after(start, end, rest)
        rest -= length
    return points[-1]
