"""Draws one node: lane, event, gateway, activity, artifact."""

from __future__ import annotations

import re
from typing import Final

from workers.drawing import icons
from workers.drawing.svg import Pen
from workers.packs.diagrams import model
from workers.packs.diagrams.model import Box, Element, Shape, local

_EXTERNAL_WIDTH: Final = 96.0
_BAND: Final = 30.0
_HEX: Final = re.compile("#[0-9a-fA-F]{6}")


def paint(pen: Pen, element: Element, shape: Shape, colour: str | None) -> None:
    """Draw an element at its place; ``colour`` is its mark, if it has one."""
    fill = _tint(colour) if colour else "#fff"
    kind = local(element)
    if kind in {"participant", "lane"}:
        _paint_band(pen, element, shape, colour)
    elif kind in model.EVENTS:
        _paint_event(pen, element, shape, fill)
    elif kind in model.GATEWAYS:
        _paint_gateway(pen, element, shape, fill)
    elif kind in model.ACTIVITIES:
        _paint_activity(pen, element, shape, fill)
    elif kind in model.ARTIFACTS:
        _paint_artifact(pen, element, shape)


def _tint(colour: str) -> str:
    """Mix a ``#rrggbb`` colour with white; solid, because lines below must not shine through."""
    if not _HEX.fullmatch(colour):
        return "#fff"
    parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(255 - (255 - part) * 0.18):02x}" for part in parts)


def _paint_band(pen: Pen, element: Element, shape: Shape, colour: str | None) -> None:
    box, name = shape.box, element.get("name") or ""
    pen.rectangle(box, fill=colour or "#fff", opacity=0.08 if colour else None, width=1.5)
    if local(element) == "participant":
        ends = (
            [(box.x + _BAND, box.y), (box.x + _BAND, box.bottom)]
            if shape.horizontal
            else [(box.x, box.y + _BAND), (box.right, box.y + _BAND)]
        )
        pen.line(ends)
    if shape.horizontal:
        pen.write(name, (box.x + _BAND / 2, box.centre[1]), box.height - 8, vertical=True)
    else:
        pen.write(name, (box.centre[0], box.y + _BAND / 2), box.width - 8)


def _paint_event(pen: Pen, element: Element, shape: Shape, fill: str) -> None:
    kind, centre, radius = local(element), shape.box.centre, shape.box.width / 2
    interrupting = element.get("cancelActivity", element.get("isInterrupting", "true")) == "true"
    dashes = None if interrupting else "6 4"
    pen.circle(centre, radius, fill=fill, width=4 if kind == "endEvent" else 1.8, dashes=dashes)
    if kind not in {"startEvent", "endEvent"}:
        pen.circle(centre, radius - 3.5, width=1.5, dashes=dashes)
    definitions = [local(child) for child in element if local(child).endswith("EventDefinition")]
    if definitions:
        icon = definitions[0] if len(definitions) == 1 else "multiple"
        throws = kind in {"endEvent", "intermediateThrowEvent"}
        icons.EVENT_ICONS[icon](pen, centre, throws)
    _paint_label(pen, element, shape)


def _paint_gateway(pen: Pen, element: Element, shape: Shape, fill: str) -> None:
    box, (x, y) = shape.box, shape.box.centre
    pen.polygon([(x, box.y), (box.right, y), (x, box.bottom), (box.x, y)], fill=fill, width=1.8)
    icons.GATEWAY_ICONS[local(element)](pen, (x, y), False)
    _paint_label(pen, element, shape)


def _paint_activity(pen: Pen, element: Element, shape: Shape, fill: str) -> None:
    kind, box = local(element), shape.box
    sub_process = kind in model.SUB_PROCESSES
    dashes = "2 4" if element.get("triggeredByEvent") == "true" else None
    pen.rectangle(box, radius=10, fill=fill, width=5 if kind == "callActivity" else 1.8, dashes=dashes)
    if kind == "transaction":
        pen.rectangle(Box(box.x + 3, box.y + 3, box.width - 6, box.height - 6), radius=8)
    if icon := icons.TASK_ICONS.get(kind):
        icon(pen, (box.x + 16, box.y + 15), False)
    name = element.get("name") or ""
    if sub_process and shape.expanded:
        pen.write(name, (box.centre[0], box.y), box.width - 16, top=box.y + 6)
    else:
        pen.write(name, (box.centre[0], box.centre[1] + (3 if icon else 0)), box.width - 12)
    icons.draw_markers(pen, _marker_names(element, shape), box)


def _marker_names(element: Element, shape: Shape) -> list[str]:
    names = []
    if (loop := element.find("bpmn:multiInstanceLoopCharacteristics", model.NS)) is not None:
        names.append("sequential" if loop.get("isSequential") == "true" else "parallel")
    if element.find("bpmn:standardLoopCharacteristics", model.NS) is not None:
        names.append("loop")
    kind = local(element)
    if kind in model.SUB_PROCESSES and not shape.expanded:
        names.append("collapsed")
    if kind == "adHocSubProcess":
        names.append("ad-hoc")
    return names


def _paint_artifact(pen: Pen, element: Element, shape: Shape) -> None:
    box, kind = shape.box, local(element)
    if kind == "textAnnotation":
        pen.line([(box.x + 10, box.y), (box.x, box.y), (box.x, box.bottom), (box.x + 10, box.bottom)])
        text = element.findtext("bpmn:text", default="", namespaces=model.NS)
        pen.write(text, (box.x + 6, box.y), box.width - 8, size=11, top=box.y + 4, anchor="start")
    elif kind == "group":
        pen.rectangle(box, radius=10, dashes="10 6 1 6")
    elif kind == "dataStoreReference":
        rim = box.height / 6
        pen.path(
            f"M {box.x} {box.y + rim} v {box.height - 2 * rim} a {box.width / 2} {rim} 0 0 0 {box.width} 0 "
            f"v {2 * rim - box.height} a {box.width / 2} {rim} 0 0 0 {-box.width} 0 "
            f"a {box.width / 2} {rim} 0 0 0 {box.width} 0",
            fill="#fff",
        )
    else:
        fold = 10
        outline = [(box.x, box.y), (box.right - fold, box.y), (box.right, box.y + fold), (box.right, box.bottom)]
        pen.polygon([*outline, (box.x, box.bottom)], fill="#fff")
        pen.line([(box.right - fold, box.y), (box.right - fold, box.y + fold), (box.right, box.y + fold)])
    if kind != "textAnnotation":
        _paint_label(pen, element, shape)


def _paint_label(pen: Pen, element: Element, shape: Shape) -> None:
    if text := element.get("name"):
        place = label_place(shape)
        pen.write(text, place.centre, place.width, size=11, top=place.y)


def label_place(shape: Shape) -> Box:
    """Return where the name of an event, a gateway or a data object stands."""
    if shape.label is not None:  # Modeler stores tight boxes; our glyphs may be a little wider than the author's
        label = shape.label
        width = max(label.width, _EXTERNAL_WIDTH)
        return Box(label.centre[0] - width / 2, label.y, width, label.height)
    x, _ = shape.box.centre
    return Box(x - _EXTERNAL_WIDTH / 2, shape.box.bottom + 4, _EXTERNAL_WIDTH, 14)
