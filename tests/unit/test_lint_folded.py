"""A diagram whose tasks are folded into steps is judged as the same diagram unfolded (ALL-22)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from lxml import etree

from tests.kit.diagram import bpmn
from tests.kit.folding import fold
from tests.kit.lint_examples import example
from workers.jobs.catalog import all_job_types
from workers.lint.loops import returns
from workers.lint.rules import (
    Context,
    escalations,
    flow,
    mailways,
    people,
    required,
    returned,
    scopes,
    variables,
    ways,
)
from workers.packs.diagrams import catalogue, model
from workers.packs.diagrams.catalogue import Catalogue
from workers.packs.diagrams.flowgraph import graph_of
from workers.packs.diagrams.model import BPMN, ZEEBE, Element
from workers.variables import VARIABLES

ROOT: Final = Path(__file__).parents[2]
DIAGRAMS: Final = sorted((ROOT / "bpmn").glob("*/*.bpmn"))
_RULES: Final = (
    *(returned.returned_input, required.checks, ways.back, mailways.mail_back, flow.gateways),
    *(people.listeners, people.scopes, people.recordings, people.side_by_side, scopes.multi_instance),
    *(variables.undeclared, escalations.caught, escalations.thrown),
)
_ACTIVITIES: Final = ("userTask", "serviceTask", "callActivity", "businessRuleTask", "subProcess")
_SINGLE_WAY: Final = 1


@pytest.fixture(scope="module")
def context() -> Context:
    """Return what the diagrams of the packs may refer to."""
    return Context(catalogue.build(DIAGRAMS, home=ROOT, extra=[]), all_job_types(), VARIABLES)


def _findings(path: Path, root: Element, context: Context, *, demands: bool) -> set[tuple[str, str, str]]:
    path.write_bytes(etree.tostring(root, encoding="UTF-8"))
    diagram = model.load(path)
    rules = (*_RULES, required.agree) if demands else _RULES
    return {(found.rule, found.element, found.message) for rule in rules for found in rule(diagram, context)}


def _foldable(root: Element) -> list[str]:
    """Return the activities that have one way on, or none, outside event sub-processes."""
    flows = [str(flow.get("sourceRef")) for flow in root.iter(f"{{{BPMN}}}sequenceFlow")]
    found = root.iter(*(f"{{{BPMN}}}{kind}" for kind in _ACTIVITIES))
    ids = [str(element.get("id")) for element in found if element.get("triggeredByEvent") != "true"]
    return [identity for identity in ids if flows.count(identity) == _SINGLE_WAY]


def _forget(root: Element) -> None:
    """Let nobody catch an error, and nothing come back."""
    _no_inputs(root)
    _no_errors(root)


def _parent(element: Element) -> Element:
    parent = element.getparent()
    assert parent is not None
    return parent


def _no_inputs(root: Element) -> None:
    """Let no task get back what was typed, and no sub-process have variables of its own but one."""
    for mapping in list(root.iter(f"{{{ZEEBE}}}input")):
        owner = next(mapping.iterancestors(f"{{{ZEEBE}}}ioMapping"))
        if _parent(_parent(owner)).tag != f"{{{BPMN}}}subProcess" or mapping.get("target") == "act":
            _parent(mapping).remove(mapping)


def _no_checks(root: Element) -> None:
    """Let no job check what was typed, and nobody refuse it."""
    for header in list(root.iter(f"{{{ZEEBE}}}header")):
        if header.get("key") == "require":
            _parent(header).remove(header)


def _no_errors(root: Element) -> None:
    for event in list(root.iter(f"{{{BPMN}}}boundaryEvent")):
        for definition in event.findall(f"{{{BPMN}}}errorEventDefinition"):
            event.remove(definition)


_BUSY: Final = [path for path in DIAGRAMS if path.stem.endswith(("-signing", "-survey", "-intake", "-talks"))]


@pytest.mark.parametrize(
    ("diagram", "mistake"),
    [
        *(pytest.param(path, _forget, id=f"{path.stem}-forgets") for path in DIAGRAMS),
        *(pytest.param(path, _no_checks, id=f"{path.stem}-checks-nothing") for path in _BUSY),
        *(pytest.param(path, list, id=path.stem) for path in _BUSY),
    ],
)
def test_folding_a_task_changes_no_judgement(
    diagram: Path, mistake: Callable[[Element], object], tmp_path: Path, context: Context
) -> None:
    """With every activity in a step of its own, and these in steps again, each mistake is found as before."""
    root = model.parse_xml(diagram)
    mistake(root)
    demands = mistake is not _forget  # what forms and jobs demand takes long to compare, and nothing was changed there
    flat = _findings(tmp_path / diagram.name, root, context, demands=demands)
    for activity in _foldable(root):
        fold(root, fold(root, activity))

    assert _findings(tmp_path / diagram.name, root, context, demands=demands) == flat


def test_the_mistakes_are_some(tmp_path: Path, context: Context) -> None:
    """The comparison above would hold for a linter that finds nothing."""
    rules: set[str] = set()
    for mistake in (_forget, _no_checks):
        for path in _BUSY:
            root = model.parse_xml(path)
            mistake(root)
            rules |= {
                rule for rule, _, _ in _findings(tmp_path / path.name, root, context, demands=mistake is _no_checks)
            }

    assert {"returned-input", "person-inherited", "required-agrees", "input-checks", "mail-back"} <= rules


_TASK: Final = '<bpmn:userTask id="Task_A" name="入力する"/>'
_ESCALATION: Final = '<bpmn:escalation id="Escalation_Back" escalationCode="{code}"/>'


def _step(*, throws: bool = True, catches: bool = True, cancel: str = "true") -> str:
    """Return a process whose step is left by its end or, where it throws and something catches, by an escalation."""
    end = '<bpmn:escalationEventDefinition escalationRef="Escalation_Back"/>' if throws else ""
    leave = f"""<bpmn:boundaryEvent id="Leave_A_Back" name="見直しへ" attachedToRef="Step_A" cancelActivity="{cancel}">
      <bpmn:escalationEventDefinition escalationRef="Escalation_Back"/></bpmn:boundaryEvent>
      <bpmn:sequenceFlow id="F5" sourceRef="Leave_A_Back" targetRef="Step_A"/>"""
    return f"""<bpmn:startEvent id="Start"/><bpmn:sequenceFlow id="F1" sourceRef="Start" targetRef="Step_A"/>
      <bpmn:subProcess id="Step_A" name="① 相談を受ける"><bpmn:startEvent id="In"/>{_TASK}
        <bpmn:exclusiveGateway id="Gateway" default="F4"/>
        <bpmn:endEvent id="Out"/><bpmn:endEvent id="Exit_A_Back" name="見直しへ">{end}</bpmn:endEvent>
        <bpmn:sequenceFlow id="F2" sourceRef="In" targetRef="Task_A"/>
        <bpmn:sequenceFlow id="F3" sourceRef="Task_A" targetRef="Gateway"/>
        <bpmn:sequenceFlow id="F4" sourceRef="Gateway" targetRef="Out"/>
        <bpmn:sequenceFlow id="F6" sourceRef="Gateway" targetRef="Exit_A_Back"/></bpmn:subProcess>
      {leave if catches else ""}<bpmn:endEvent id="End"/>
      <bpmn:sequenceFlow id="F7" sourceRef="Step_A" targetRef="End"/>"""


def _load(folder: Path, elements: str, code: str = "back") -> model.Diagram:
    path = folder / "midori-steps.bpmn"
    path.write_bytes(bpmn("midori-steps", elements, outside=_ESCALATION.format(code=code)))
    return model.load(path)


def _ways_out(diagram: model.Diagram, catalogue_: Catalogue | None = None) -> list[tuple[str, str]]:
    context = Context(catalogue_ or Catalogue([]), {}, {})
    found = [*escalations.caught(diagram, context), *escalations.thrown(diagram, context)]
    return [(one.element, one.message) for one in found]


def test_the_ways_into_a_step_through_it_and_out_of_it(tmp_path: Path) -> None:
    graph = graph_of(_load(tmp_path, _step()).root)

    ways = {node: [way.target for way in graph.after(node)] for node in graph.nodes}
    assert ways == {
        "Start": ["In"],
        "In": ["Task_A"],
        "Task_A": ["Gateway"],
        "Gateway": ["Out", "Exit_A_Back"],
        "Out": ["End"],
        "Exit_A_Back": ["Leave_A_Back"],
        "Leave_A_Back": ["In"],
        "End": [],
    }


def test_a_loop_that_leads_over_the_edge_of_a_step_is_seen(tmp_path: Path) -> None:
    """The task inside is returned: what is entered there has to come back."""
    (way,) = returns(_load(tmp_path, _step()).ids["Task_A"])
    assert way.way == {"In", "Task_A", "Gateway", "Exit_A_Back", "Leave_A_Back"}
    assert list(returns(_load(tmp_path, _step(catches=False)).ids["Task_A"])) == []


def test_a_way_out_that_nobody_catches_is_refused(tmp_path: Path) -> None:
    ((element, message),) = _ways_out(_load(tmp_path, _step(catches=False)))
    assert (element, "受け取る境界イベントがありません" in message) == ("Exit_A_Back", True)
    assert _ways_out(_load(tmp_path, _step())) == []


@pytest.mark.parametrize(
    ("flow_id", "old", "new"),
    [("F1", 'targetRef="Step_A"', 'targetRef="Task_A"'), ("F4", 'targetRef="Out"', 'targetRef="End"')],
)
def test_a_flow_over_the_edge_of_a_step_is_refused(tmp_path: Path, flow_id: str, old: str, new: str) -> None:
    context = Context(Catalogue([]), {}, {})
    assert list(flow.borders(_load(tmp_path, _step()), context)) == []
    before, _, after = _step().partition(f'id="{flow_id}"')
    (found,) = flow.borders(_load(tmp_path, f'{before}id="{flow_id}"{after.replace(old, new, 1)}'), context)
    assert (found.element, "境を越えています" in found.message) == (flow_id, True)


def test_an_event_whose_escalation_nothing_throws_is_refused(tmp_path: Path) -> None:
    ((element, message),) = _ways_out(_load(tmp_path, _step(throws=False)))
    assert (element, "どこも投げません" in message) == ("Leave_A_Back", True)


def test_an_escalation_has_a_code(tmp_path: Path) -> None:
    ((element, message),) = _ways_out(_load(tmp_path, _step(), code=""))
    assert (element, "コードがありません" in message) == ("Exit_A_Back", True)


def test_a_caller_may_catch_what_a_called_process_throws(tmp_path: Path) -> None:
    known = Catalogue([], escalating={"midori-steps": {"back"}})
    assert _ways_out(_load(tmp_path, _step(catches=False)), known) == []


_CALLS: Final = """<bpmn:startEvent id="Start"/><bpmn:sequenceFlow id="F1" sourceRef="Start" targetRef="Call"/>
  <bpmn:callActivity id="Call" name="部品を呼ぶ"><bpmn:extensionElements>
    <zeebe:calledElement processId="midori-steps"/></bpmn:extensionElements></bpmn:callActivity>
  <bpmn:boundaryEvent id="Back" attachedToRef="Call">
    <bpmn:escalationEventDefinition escalationRef="Escalation_Back"/></bpmn:boundaryEvent>"""


@pytest.mark.parametrize(("code", "found"), [("back", set()), ("other", {"Exit_A_Back", "Back"})])
def test_an_escalation_passes_from_a_called_process_to_its_call(tmp_path: Path, code: str, found: set[str]) -> None:
    """Each of the two files is judged with the other one in mind; of different codes, both are wrong."""
    pack = example(tmp_path)
    steps = bpmn("midori-steps", _step(catches=False), outside=_ESCALATION.format(code="back"))
    pack.path("midori/midori-steps.bpmn").write_bytes(steps)
    calls = bpmn("midori-calls", _CALLS, outside=_ESCALATION.format(code=code))
    pack.path("midori/midori-calls.bpmn").write_bytes(calls)

    assert {one.element for one in pack.lint().findings if one.rule == "escalation"} == found


def test_what_only_runs_beside_the_way_does_not_end_a_step(tmp_path: Path) -> None:
    """A reminder inside a step is over when it is over; the step goes on with the task."""
    reminder = """<bpmn:boundaryEvent id="Late" attachedToRef="Task_A" cancelActivity="false">
      <bpmn:timerEventDefinition id="T"/></bpmn:boundaryEvent><bpmn:endEvent id="Reminded"/>
      <bpmn:sequenceFlow id="F8" sourceRef="Late" targetRef="Reminded"/>"""
    graph = graph_of(_load(tmp_path, _step().replace(_TASK, _TASK + reminder)).root)
    assert (graph.after("Reminded"), graph.events("Task_A")) == ([], ["Late"])
