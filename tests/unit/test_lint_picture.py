"""Pictures are made of the file's own drawing; nothing is lost, names are readable, marks are seen."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from defusedxml import ElementTree

from tests.kit import planes
from tests.kit.diagram import bpmn
from tests.kit.lint_examples import DECISION, FORM, SIGNING, Example, example
from workers.drawing import pages, tables
from workers.drawing.picture import draw_svg
from workers.drawing.svg import text_width, wrap
from workers.errors import InputError, InputErrors
from workers.packs.diagrams import model

_SVG = "{http://www.w3.org/2000/svg}"
_REAL = sorted((Path(__file__).parents[2] / "bpmn").glob("*/*.bpmn"))


@pytest.fixture
def pack(tmp_path: Path) -> Example:
    return example(tmp_path)


@pytest.mark.parametrize("path", _REAL, ids=lambda path: path.stem)
def test_every_drawn_element_of_the_real_diagrams_is_in_the_picture(path: Path) -> None:
    """Each shape and line, with its name as text."""
    diagram = model.load(path)

    root = ElementTree.fromstring(draw_svg(path))

    drawn = {group.get("data-element-id") for group in root.iter(f"{_SVG}g")}
    assert (diagram.shapes.keys() | diagram.edges.keys()) <= drawn
    written = "".join("".join(text.itertext()) for text in root.iter(f"{_SVG}text"))
    names = ["".join((e.get("name") or "").split()) for e in diagram.all("userTask", "serviceTask", "lane", "endEvent")]
    assert [name for name in names if name not in "".join(written.split())] == []


def test_a_coloured_element_gets_its_colour_and_others_keep_theirs(pack: Example) -> None:
    """Nodes are outlined and tinted, lines are thicker."""
    colours = {"Task_Judge": "#2e7d32", "Flow_4": "#2e7d32"}

    root = ElementTree.fromstring(draw_svg(pack.path(SIGNING), colours=colours))

    strokes = {
        group.get("data-element-id"): {part.get("stroke") for part in group.iter() if part.get("stroke")} - {"#fff"}
        for group in root.iter(f"{_SVG}g")
    }
    assert strokes["Task_Judge"] == {"#2e7d32"}
    assert strokes["Flow_4"] == {"#2e7d32"}
    assert "#2e7d32" not in strokes["Task_Answer"]


def test_a_name_cannot_break_out_of_the_picture(pack: Example) -> None:
    """Names are text, never markup."""
    pack.replace(SIGNING, 'name="書類を作る"', 'name="&lt;script&gt;alert(1)&lt;/script&gt;"')

    picture = draw_svg(pack.path(SIGNING))

    assert "<script" not in picture
    assert "&lt;script" in picture


def test_a_diagram_without_drawing_is_refused(pack: Example) -> None:
    """With a message that says what to do."""
    path = pack.path(SIGNING)
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("<bpmndi:BPMNDiagram")] + "</bpmn:definitions>", encoding="utf-8")

    with pytest.raises(InputError, match="BPMNDI"):
        draw_svg(path)


def test_a_decision_table_shows_every_cell(pack: Example) -> None:
    """Head, conditions, results and notes."""
    root = ElementTree.fromstring(tables.draw_svg(pack.path(DECISION)))

    texts = [text.text for text in root.iter(f"{_SVG}text")]
    for expected in ("締結の要件（FIRST）", "分野数", "判定", "< 3", "few", "分野が足りない"):
        assert expected in texts


def test_render_writes_a_picture_for_every_diagram_and_table(pack: Example, tmp_path: Path) -> None:
    """Called like the files."""
    written = pages.render([pack.packs], tmp_path / "out")

    assert sorted(path.name for path in written) == ["common-review.svg", "midori-check.svg", "midori-signing.svg"]
    assert all(ElementTree.fromstring(path.read_bytes()).tag == f"{_SVG}svg" for path in written)


def test_a_folded_step_is_drawn_under_its_name_and_its_box_leads_there(tmp_path: Path) -> None:
    """In one picture, the box and the plane find each other; the box shows that it holds more."""
    path = tmp_path / "steps.bpmn"
    path.write_bytes(planes.folded("steps"))

    root = ElementTree.fromstring(draw_svg(path, anchor="new-"))

    (box,) = root.findall(f"{_SVG}g/{_SVG}a")
    assert box.get("href") == "#new-Step_Talk"
    (plane,) = [group for group in root.findall(f"{_SVG}g") if group.get("id") == "new-Step_Talk"]
    titles = [text.text for text in plane.findall(f"{_SVG}text")]
    assert titles == ["steps　›　", "① 相談する"]
    inside = {group.get("data-element-id") for group in plane.iter(f"{_SVG}g")} - {None}
    assert inside == {"Ask", "Tell", "F"}


def test_render_writes_the_steps_into_a_picture_of_their_own(tmp_path: Path) -> None:
    """The first picture is what fits on one screen; its boxes lead to the second one, which leads back."""
    for name, content in (("flat", planes.flat), ("steps", planes.folded)):
        (tmp_path / f"{name}.bpmn").write_bytes(content(name))

    written = pages.render([tmp_path], tmp_path / "out")

    assert [path.name for path in written] == ["flat.svg", "steps.svg", "steps-steps.svg"]
    top, steps = (path.read_text(encoding="utf-8") for path in written[1:])
    assert 'href="steps-steps.svg#Step_Talk"' in top
    assert "聞く" not in top
    assert 'href="steps.svg"' in steps
    assert "聞く" in steps


def test_a_way_out_of_a_step_has_the_sign_of_an_escalation(tmp_path: Path) -> None:
    """Empty where it is caught at the edge, filled where it is thrown."""
    path = tmp_path / "p.bpmn"
    definition = '<bpmn:escalationEventDefinition id="{0}"/>'
    events = (
        f'<bpmn:boundaryEvent id="Leave" attachedToRef="Ask">{definition.format("L")}</bpmn:boundaryEvent>'
        f'<bpmn:endEvent id="Exit">{definition.format("E")}</bpmn:endEvent>'
    )
    places = planes.plane("p", *(planes.shape(name, 0, 0, 36, 36) for name in ("Ask", "Leave", "Exit")))
    path.write_bytes(bpmn("p", '<bpmn:task id="Ask"/>' + events, outside=places))

    root = ElementTree.fromstring(draw_svg(path))

    groups = {group.get("data-element-id"): group for group in root.iter(f"{_SVG}g")}
    heads = [groups[name].find(f"{_SVG}polygon") for name in ("Leave", "Exit")]
    assert [None if head is None else head.get("fill") for head in heads] == ["#fff", "#22252b"]


def test_render_refuses_what_it_cannot_draw(pack: Example, tmp_path: Path) -> None:
    """A form, and a path that does not exist."""
    with pytest.raises(InputErrors) as caught:
        pages.render([pack.path(FORM), tmp_path / "nowhere"], tmp_path / "out")

    assert len(caught.value.errors) == 2
    assert not (tmp_path / "out").exists()


def test_labels_are_wrapped_within_their_width_and_lose_nothing() -> None:
    """No line starts with a closing mark; the lines are about equally long."""
    text = "未回答の課への対応を決める（延長、締切、差し戻し）"

    lines = wrap(text, 96, 12)

    assert "".join(lines) == text
    assert all(text_width(line, 12) <= 96 + 24 for line in lines)
    assert not any(line[0] in "、。）" for line in lines)
    widths = [text_width(line, 12) for line in lines]
    assert all(abs(a - b) <= 48 for a, b in pairwise(widths))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("締結の可否を判断する", ["締結の可否を", "判断する"]),
        ("協定書を協議し締結する", ["協定書を協議し", "締結する"]),
        ("ワーカーを動かす", ["ワーカーを", "動かす"]),
    ],
)
def test_a_name_breaks_between_words_where_it_can(text: str, lines: list[str]) -> None:
    assert wrap(text, 86, 12) == lines


def test_the_pictures_in_the_documentation_show_the_diagrams_as_they_are(tmp_path: Path) -> None:
    """Whoever changes a diagram or a table draws them anew: ``renkei render bpmn --out docs/pictures``."""
    root = Path(__file__).parents[2]
    kept = root / "docs" / "pictures"
    drawn = pages.render((root / "bpmn",), tmp_path)
    stale = [path.name for path in drawn if path.read_bytes() != _content(kept / path.name)]
    others = {"new-city.svg", "new-city-steps.svg", "rooms.svg", "production.svg"}  # drawn by others
    networks = {path.name for path in kept.glob("network-*.svg")}
    gone = {path.name for path in kept.glob("*.svg")} - {path.name for path in drawn} - others - networks
    assert (stale, gone) == ([], set())


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""
