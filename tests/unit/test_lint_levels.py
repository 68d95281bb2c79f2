"""Each level of a diagram fits on one screen: the figures of a plane, their limits, and the list of old diagrams."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner

from tests.kit import planes
from tests.kit.diagram import bpmn, drawn
from tests.kit.lint_examples import JOB_TYPES, SIGNING, Example, example
from tests.kit.planes import edge, plane, shape
from workers.cli.diagrams import lint
from workers.jobs.catalog import all_job_types
from workers.lint import figures
from workers.lint.figures import Level
from workers.lint.rules import Context, drawing
from workers.packs.diagrams import model
from workers.packs.diagrams.catalogue import Catalogue

ROOT: Final = Path(__file__).parents[2]
_RECORD: Final = """<bpmn:serviceTask id="Save" name="記録する"><bpmn:extensionElements>
  <zeebe:taskDefinition type="record-answer"/></bpmn:extensionElements></bpmn:serviceTask>"""
_FLOWS: Final = """<bpmn:sequenceFlow id="F1" sourceRef="A" targetRef="B"/>
  <bpmn:sequenceFlow id="F2" sourceRef="C" targetRef="D"/><bpmn:sequenceFlow id="F3" sourceRef="A" targetRef="D"/>"""
_TASKS: Final = "".join(f'<bpmn:task id="{name}" name="{name}"/>' for name in "ABCD")


def _levels(folder: Path, *, inside: str = _RECORD, edges: tuple[str, ...] = ()) -> list[Level]:
    """Return the figures of four tasks and a step with something inside."""
    process = f'{_TASKS}{_FLOWS}<bpmn:subProcess id="Step" name="① 相談">{inside}</bpmn:subProcess>'
    places = zip("ABCD", ((0, 0), (400, 400), (0, 400), (400, 0)), strict=True)
    top = plane("p", *(shape(name, *place) for name, place in places), shape("Step", 600, 0), *edges)
    levels_ = top + plane("Step", shape("Save", 0, 0))
    path = folder / "p.bpmn"
    path.write_bytes(bpmn("p", process, outside=levels_))
    return figures.levels(model.load(path), JOB_TYPES)


def test_each_plane_has_figures_of_its_own(tmp_path: Path) -> None:
    top, step = _levels(tmp_path)
    assert (top.name, top.top, top.width, top.height, top.nodes) == ("p", True, 700, 480, 5)
    assert (step.name, step.top, step.width, step.height, step.nodes) == ("① 相談", False, 100, 80, 1)
    assert (top.technical, step.technical) == (0, 1)


def test_what_only_records_belongs_into_a_step(tmp_path: Path) -> None:
    """Inside, it is where it should be; drawn on the top level, it is named."""
    top, step = _levels(tmp_path)
    assert (top.records, step.records) == ((), ())
    flat = tmp_path / "flat.bpmn"
    flat.write_bytes(drawn(bpmn("flat", _RECORD)))
    (level,) = figures.levels(model.load(flat), JOB_TYPES)
    assert level.records == ("「記録する」（Save）",)


def test_flows_that_meet_without_a_gateway_are_named(tmp_path: Path) -> None:
    top, _ = _levels(tmp_path)
    assert top.joins == ("「D」（D）",)
    (problem,) = top.problems()
    assert "「D」（D）に、合流のゲートウェイなしで" in problem


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        (((50, 40), (450, 440)), ((50, 440), (450, 40)), 1),
        (((50, 40), (50, 240), (450, 240)), ((50, 440), (50, 240), (450, 240)), 0),
        (((50, 40), (450, 40)), ((50, 440), (450, 440)), 0),
        (((50, 40), (450, 40)), ((250, 440), (250, 40)), 0),
        (((0, 40), (400, 40), (400, 200), (0, 200)), ((200, 0), (200, 440)), 2),
    ],
    ids=["across", "on each other", "side by side", "touching", "twice"],
)
def test_crossings_of_flow_lines(
    tmp_path: Path, first: tuple[tuple[int, int], ...], second: tuple[tuple[int, int], ...], found: int
) -> None:
    top, _ = _levels(tmp_path, edges=(edge("F1", *first), edge("F2", *second)))
    assert top.crossings == found


@pytest.mark.parametrize(("figure", "most"), [("width", 1600), ("height", 900), ("nodes", 25), ("crossings", 3)])
def test_the_limits(tmp_path: Path, figure: str, most: int) -> None:
    _, step = _levels(tmp_path)
    kept, broken = (Level(**{**vars(step), figure: value}) for value in (most, most + 1))
    assert (list(kept.problems()), len(list(broken.problems()))) == ([], 1)


@pytest.fixture
def wide(tmp_path: Path) -> Example:
    """Return a pack with a diagram that is too wide."""
    pack = example(tmp_path)
    pack.replace(SIGNING, '<dc:Bounds x="', '<dc:Bounds x="-9')
    return pack


def test_a_level_beyond_the_limits_is_an_error(wide: Example) -> None:
    finding = wide.only()
    assert (finding.rule, "ピクセルです" in finding.message) == ("level", True)


def test_the_command_prints_a_table_and_is_strict_when_asked(wide: Example) -> None:
    good, bad = str(wide.path("common")), str(wide.path(SIGNING))
    shown = CliRunner().invoke(lint, ["--figures", bad])
    assert (shown.exit_code, " × |" in shown.output, "上限を超える段 1" in shown.output) == (0, True, True)
    assert CliRunner().invoke(lint, ["--figures", "--strict", bad]).exit_code == 1
    assert CliRunner().invoke(lint, ["--figures", "--strict", good]).exit_code == 0
    found = json.loads(CliRunner().invoke(lint, ["--figures", "--json", bad]).output)
    assert (found["limits"]["width"], len(found["levels"][0]["problems"])) == (1600, 1)


def test_the_repositorys_diagrams_keep_the_limits() -> None:
    job_types = all_job_types()
    for path in sorted((ROOT / "bpmn").glob("*/*.bpmn")):
        over = any(any(level.problems()) for level in figures.levels(model.load(path), job_types))
        assert not over, path.name


def _drawing(folder: Path, content: bytes) -> list[tuple[str, str]]:
    """Return what the rules on levels say of a drawing."""
    path = folder / "p.bpmn"
    path.write_bytes(content)
    found = drawing.levels(model.load(path), Context(Catalogue([]), {}, {}))
    return [(one.element, one.message) for one in found]


def test_what_is_folded_is_drawn_on_its_own_plane(tmp_path: Path) -> None:
    """A part that is left on the level above, and a box that cannot be opened, are named."""
    good = planes.folded("p")
    assert _drawing(tmp_path, good) == []
    assert _drawing(tmp_path, planes.expanded("p")) == []
    closed = good.replace(b'bpmnElement="Step_Talk"><bpmndi', b'bpmnElement="X"><bpmndi')
    ((element, message),) = _drawing(tmp_path, closed)
    assert (element, "中の段がありません" in message) == ("Step_Talk", True)
    tasks = '<bpmn:task id="Ask" name="聞く"/><bpmn:task id="Tell"/>'
    step = f'<bpmn:subProcess id="Step_Talk" name="① 相談する">{tasks}</bpmn:subProcess>'
    above = planes.plane("p", shape("Step_Talk", 0, 0), shape("Ask", 0, 0))
    inside = planes.plane("Step_Talk", shape("Tell", 0, 0))
    found = _drawing(tmp_path, bpmn("p", step, outside=above + inside))
    assert found == [("Ask", "「聞く」が「① 相談する」の中の段に描かれていません")]
