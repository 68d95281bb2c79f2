"""The small signs in tasks, events and gateways, drawn with our own lines around a centre point."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from workers.drawing.svg import Pen, Point
from workers.packs.diagrams.model import Box

Icon = Callable[[Pen, Point, bool], None]


def _envelope(pen: Pen, centre: Point, filled: bool, size: float = 17) -> None:  # noqa: FBT001 (an Icon)
    x, y = centre
    half, tall = size / 2, size * 0.33
    pen.rectangle(Box(x - half, y - tall, size, 2 * tall), fill=pen.colour if filled else "#fff", width=1.3)
    flap = pen.group(colour="#fff" if filled else pen.colour)
    flap.line([(x - half + 1, y - tall + 1), (x, y + 0.5), (x + half - 1, y - tall + 1)], width=1.3)


def _clock(pen: Pen, centre: Point, filled: bool) -> None:  # noqa: FBT001 (an Icon)
    del filled
    x, y = centre
    pen.circle(centre, 10.5, fill="#fff", width=1.3)
    for hour in range(12):
        angle = hour * math.pi / 6
        inner, outer = (
            (x + 8.5 * math.cos(angle), y + 8.5 * math.sin(angle)),
            (
                x + 10 * math.cos(angle),
                y + 10 * math.sin(angle),
            ),
        )
        pen.line([inner, outer], width=1)
    pen.line([(x + 1.5, y - 7), (x, y), (x + 5.5, y + 0.5)], width=1.3)


def _polygon(points: list[Point]) -> Icon:
    def draw(pen: Pen, centre: Point, filled: bool) -> None:  # noqa: FBT001 (an Icon)
        x, y = centre
        pen.polygon([(x + dx, y + dy) for dx, dy in points], fill=pen.colour if filled else "#fff", width=1.4)

    return draw


def _regular(corners: int, radius: float) -> list[Point]:
    step = 2 * math.pi / corners
    return [(radius * math.sin(i * step), -radius * math.cos(i * step)) for i in range(corners)]


def _disc(pen: Pen, centre: Point, filled: bool) -> None:  # noqa: FBT001 (an Icon)
    del filled
    pen.circle(centre, 9, fill=pen.colour, width=2)


def _rewind(pen: Pen, centre: Point, filled: bool) -> None:  # noqa: FBT001 (an Icon)
    x, y = centre
    for left in (x - 8, x):
        points = [(left, y), (left + 7.5, y - 6), (left + 7.5, y + 6)]
        pen.polygon(points, fill=pen.colour if filled else "#fff", width=1.3)


def _page(pen: Pen, centre: Point, filled: bool) -> None:  # noqa: FBT001 (an Icon)
    del filled
    x, y = centre
    pen.rectangle(Box(x - 6, y - 8, 12, 16), fill="#fff", width=1.3)
    for row in (-4, 0, 4):
        pen.line([(x - 4, y + row), (x + 4, y + row)], width=1.2)


EVENT_ICONS: Final[dict[str, Icon]] = {
    "messageEventDefinition": _envelope,
    "timerEventDefinition": _clock,
    "signalEventDefinition": _polygon([(0, -8.5), (8.5, 6), (-8.5, 6)]),
    "errorEventDefinition": _polygon([(-8, 7), (-3, -7), (2, 1), (8, -8), (3, 7), (-2, -1)]),
    "escalationEventDefinition": _polygon([(0, -9), (7, 8), (0, 1), (-7, 8)]),
    "terminateEventDefinition": _disc,
    "compensateEventDefinition": _rewind,
    "conditionalEventDefinition": _page,
    "linkEventDefinition": _polygon([(-8, -3), (1, -3), (1, -7.5), (9, 0), (1, 7.5), (1, 3), (-8, 3)]),
    "cancelEventDefinition": _polygon(
        [
            (-7, -4.5),
            (-4.5, -7),
            (0, -2.5),
            (4.5, -7),
            (7, -4.5),
            (2.5, 0),
            (7, 4.5),
            (4.5, 7),
            (0, 2.5),
            (-4.5, 7),
            (-7, 4.5),
            (-2.5, 0),
        ]
    ),
    "multiple": _polygon(_regular(5, 9.5)),
}


def _person(pen: Pen, centre: Point, filled: bool) -> None:  # noqa: FBT001 (an Icon)
    del filled
    x, y = centre
    pen.path(f"M {x - 8} {y + 8} v -2.5 q 0 -5 5 -6 h 6 q 5 1 5 6 v 2.5 z", fill="#fff", width=1.2)
    pen.circle((x, y - 3.5), 4.3, fill="#fff", width=1.2)
    pen.path(
        f"M {x - 4.2} {y - 4.2} q 2 -2.6 4 -0.9 q 2.4 1 4.3 0.2 q -0.4 -3.4 -4.1 -3.4 q -3.6 0 -4.2 4.1 z",
        fill=pen.colour,
        width=0.6,
    )


def _gear(pen: Pen, centre: Point, filled: bool) -> None:  # noqa: FBT001 (an Icon)
    del filled
    x, y = centre
    points: list[Point] = []
    for tooth in range(8):
        for shift, radius in ((-0.22, 8.2), (0.22, 8.2), (0.30, 6), (0.486, 6)):
            angle = tooth * math.pi / 4 + shift
            points.append((x + radius * math.cos(angle), y + radius * math.sin(angle)))
    pen.polygon(points, fill="#fff", width=1.2)
    pen.circle(centre, 2.7, width=1.2)


def _table(pen: Pen, centre: Point, filled: bool) -> None:  # noqa: FBT001 (an Icon)
    del filled
    x, y = centre
    pen.rectangle(Box(x - 9, y - 6.5, 18, 13), fill="#fff", width=1.2)
    pen.rectangle(Box(x - 9, y - 6.5, 18, 4), fill=pen.colour, opacity=0.35, width=1.2)
    pen.line([(x - 9, y + 2), (x + 9, y + 2)], width=1)
    pen.line([(x - 3.5, y - 2.5), (x - 3.5, y + 6.5)], width=1)


def _hand(pen: Pen, centre: Point, filled: bool) -> None:  # noqa: FBT001 (an Icon)
    del filled
    x, y = centre
    pen.path(
        f"M {x - 8} {y + 6} v -7 l 4 -5 q 1.5 -1.5 2 0 l -1 3 h 10 q 1.6 1 0 2.2 h -4 h 4.5 q 1.4 1.1 0 2.2 h -4.5"
        f" h 4 q 1.2 1 0 2.2 h -5 h 3 q 1 1 -0.2 2.2 h -9 z",
        fill="#fff",
        width=1.1,
    )


TASK_ICONS: Final[dict[str, Icon]] = {
    "userTask": _person,
    "serviceTask": _gear,
    "businessRuleTask": _table,
    "sendTask": lambda pen, centre, _: _envelope(pen, centre, True),
    "receiveTask": _envelope,
    "scriptTask": _page,
    "manualTask": _hand,
}


def _cross(pen: Pen, centre: Point, filled: bool) -> None:  # noqa: FBT001 (an Icon)
    del filled
    x, y = centre
    pen.line([(x - 8, y - 8), (x + 8, y + 8)], width=4)
    pen.line([(x + 8, y - 8), (x - 8, y + 8)], width=4)


def _plus(pen: Pen, centre: Point, filled: bool) -> None:  # noqa: FBT001 (an Icon)
    del filled
    x, y = centre
    pen.line([(x - 11, y), (x + 11, y)], width=4)
    pen.line([(x, y - 11), (x, y + 11)], width=4)


def _ring(pen: Pen, centre: Point, filled: bool) -> None:  # noqa: FBT001 (an Icon)
    del filled
    pen.circle(centre, 11, width=3)


def _event_choice(pen: Pen, centre: Point, filled: bool) -> None:  # noqa: FBT001 (an Icon)
    pen.circle(centre, 13, width=1.2)
    pen.circle(centre, 10.5, width=1.2)
    _polygon(_regular(5, 7.5))(pen, centre, filled)


def _star(pen: Pen, centre: Point, filled: bool) -> None:  # noqa: FBT001 (an Icon)
    _plus(pen, centre, filled)
    _cross(pen, centre, filled)


GATEWAY_ICONS: Final[dict[str, Icon]] = {
    "exclusiveGateway": _cross,
    "parallelGateway": _plus,
    "inclusiveGateway": _ring,
    "eventBasedGateway": _event_choice,
    "complexGateway": _star,
}


def draw_markers(pen: Pen, names: list[str], box: Box) -> None:
    """Draw the markers at the lower edge of an activity, side by side (names: keys of ``_MARKERS``)."""
    x, y = box.centre[0] - (len(names) - 1) * 9, box.bottom - 10
    for name in names:
        _MARKERS[name](pen, (x, y))
        x += 18


def _parallel(pen: Pen, at: Point) -> None:
    for shift in (-4.5, 0, 4.5):
        pen.line([(at[0] + shift, at[1] - 6), (at[0] + shift, at[1] + 6)], width=2.2)


def _sequential(pen: Pen, at: Point) -> None:
    for shift in (-4.5, 0, 4.5):
        pen.line([(at[0] - 6, at[1] + shift), (at[0] + 6, at[1] + shift)], width=2.2)


def _loop(pen: Pen, at: Point) -> None:
    pen.path(f"M {at[0] - 2} {at[1] + 6} a 6 6 0 1 1 4 0", width=1.5)
    pen.line([(at[0] - 6, at[1] + 6.5), (at[0] - 2, at[1] + 6), (at[0] - 2.5, at[1] + 2)], width=1.5)


def _collapsed(pen: Pen, at: Point) -> None:
    pen.rectangle(Box(at[0] - 7, at[1] - 7, 14, 14), fill="#fff", width=1.5)
    pen.line([(at[0] - 4, at[1]), (at[0] + 4, at[1])], width=1.5)
    pen.line([(at[0], at[1] - 4), (at[0], at[1] + 4)], width=1.5)


def _ad_hoc(pen: Pen, at: Point) -> None:
    pen.path(f"M {at[0] - 7} {at[1] + 2} q 3.5 -6 7 -1.5 q 3.5 4.5 7 -1.5", width=2.5)


_MARKERS: Final[dict[str, Callable[[Pen, Point], None]]] = {
    "parallel": _parallel,
    "sequential": _sequential,
    "loop": _loop,
    "collapsed": _collapsed,
    "ad-hoc": _ad_hoc,
}
