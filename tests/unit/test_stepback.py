"""Where a case may go back to, found in an engine that stands where the test says (ALL-22)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.kit.diagram import bpmn
from workers.adapters.camunda.instances import MULTI_INSTANCE_BODY, ElementInstance, RunningInstance
from workers.adapters.camunda.open_tasks import OpenTask
from workers.errors import PermanentError
from workers.packs.stepways import StepWays
from workers.runtime.stepback import StepBack

pytestmark = pytest.mark.asyncio


def _back(value: str) -> str:
    return (
        "<bpmn:extensionElements><zeebe:properties>"
        f'<zeebe:property name="back" value="{value}"/></zeebe:properties></bpmn:extensionElements>'
    )


MAIN = bpmn(
    "kita-signing",
    f"""<bpmn:userTask id="Offer" name="申し出る">{_back("first")}</bpmn:userTask>
    <bpmn:userTask id="Check" name="確かめる">{_back("Offer")}</bpmn:userTask>
    <bpmn:callActivity id="Survey" name="照会する">{_back("Check")}</bpmn:callActivity>
    <bpmn:subProcess id="Talks" name="協議する">{_back("Survey, Check")}<bpmn:multiInstanceLoopCharacteristics/>
      <bpmn:userTask id="Talk" name="話す"/></bpmn:subProcess>
    <bpmn:subProcess id="Step_Decide" name="可否を決める">
      <bpmn:userTask id="Hear" name="聞き取る">{_back("Check")}</bpmn:userTask>
      <bpmn:userTask id="Decide" name="決める">{_back("Hear")}</bpmn:userTask></bpmn:subProcess>""",
)
INNER = bpmn(
    "kita-inner",
    f"""<bpmn:userTask id="Ask" name="聞く">{_back("first")}</bpmn:userTask>
    <bpmn:userTask id="Judge" name="判断する">{_back("Ask")}</bpmn:userTask>
    <bpmn:userTask id="Meet" name="会う">{_back("form")}</bpmn:userTask>
    <bpmn:intermediateCatchEvent id="Day" name="日を待つ">{_back("none: 期日")}</bpmn:intermediateCatchEvent>""",
)


@dataclass
class Engine:
    """Stands still, and remembers what it was told."""

    at: dict[int, list[ElementInstance]]
    passed: dict[int, list[ElementInstance]] = field(default_factory=dict)
    running: list[RunningInstance] = field(default_factory=lambda: [RunningInstance(key=1, process_id="kita-signing")])
    gone: bool = False
    moved: list[tuple[int, list[int], str]] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)

    async def tree(self, root: int) -> list[RunningInstance]:
        """Return what runs."""
        return self.running if root == 1 else []

    async def active(self, instance: int) -> list[ElementInstance]:
        """Return where an instance stands."""
        return self.at.get(instance, [])

    async def completed(self, instance: int) -> list[ElementInstance]:
        """Return what an instance has come through."""
        return self.passed.get(instance, [])

    async def move(self, instance: int, *, leave: Sequence[int], enter: str) -> None:
        """Remember the move, or refuse it."""
        if self.gone:
            raise PermanentError("その要素はありません")
        self.moved.append((instance, list(leave), enter))

    async def open_keys(self, process_instance_key: int) -> list[int]:
        """Return the keys of the open tasks."""
        return [task.key for task in await self.of_instance(process_instance_key)]

    async def of_instance(self, process_instance_key: int) -> list[OpenTask]:
        """Return the open tasks."""
        return [
            OpenTask(
                key=element.key + 1000,
                element_id=element.element_id,
                name="",
                process_instance_key=process_instance_key,
                assignee="",
                candidate_groups=(f"group-{element.element_id}",),
                due_date="",
            )
            for element in self.at[process_instance_key]
            if element.type == "USER_TASK"
        ]

    async def all_open(self) -> list[OpenTask]:
        """Nothing here asks for all."""
        raise AssertionError

    async def set_due_date(self, key: int, due_date: str) -> None:
        """Nothing here asks for it."""
        raise AssertionError(key, due_date)

    async def set_variables(self, scope_key: int, variables: Mapping[str, Any]) -> None:
        """Nothing here asks for it."""
        raise AssertionError(scope_key, variables)

    async def complete(self, key: int, variables: Mapping[str, Any]) -> None:
        """Remember that a task was closed."""
        assert variables == {}
        self.closed.append(key)


def _at(key: int, element_id: str, type_: str = "USER_TASK") -> ElementInstance:
    return ElementInstance(key=key, element_id=element_id, type=type_)


def _ways(engine: Engine, folder: Path) -> StepBack:
    (folder / "kita").mkdir(exist_ok=True)
    for name, content in (("kita-signing", MAIN), ("kita-inner", INNER)):
        (folder / "kita" / f"{name}.bpmn").write_bytes(content)
    return StepBack(engine, engine, StepWays([folder]))


async def test_a_task_goes_back_to_the_step_that_its_property_names(tmp_path: Path) -> None:
    engine = Engine({1: [_at(20, "Check")]}, {1: [_at(10, "Offer")]})
    ways = _ways(engine, tmp_path)
    assert await ways.choices(1) == {"steps": [{"label": "確かめる → 申し出る", "value": "1:20"}]}
    answer = await ways.take(1, "1:20")
    assert (engine.moved, engine.closed, answer["formError"]) == ([(1, [20], "Offer")], [1020], None)


async def test_the_first_step_has_no_way_back(tmp_path: Path) -> None:
    ways = _ways(Engine({1: [_at(10, "Offer")]}), tmp_path)
    assert await ways.choices(1) == {"steps": []}


async def test_of_several_ways_it_is_the_one_through_which_the_case_came_last(tmp_path: Path) -> None:
    """A case that has skipped the survey does not go back to it; a multi-instance step is left as a whole."""
    talks = [_at(40, "Talks", MULTI_INSTANCE_BODY), _at(41, "Talks", "SUB_PROCESS"), _at(42, "Talk")]
    engine = Engine({1: talks}, {1: [_at(20, "Check"), _at(30, "Survey", "CALL_ACTIVITY"), _at(35, "Check")]})
    (move,) = await _ways(engine, tmp_path).moves(1)
    assert (move.leave, move.enter, [task.key for task in move.tasks]) == (40, "Check", [1042])


async def test_tasks_inside_a_step_that_only_groups_go_back_one_by_one(tmp_path: Path) -> None:
    """Within the step, and out of it to the one before; the step itself is nothing to go back from."""
    inside = [_at(40, "Step_Decide", "SUB_PROCESS"), _at(42, "Decide")]
    passed = [_at(20, "Check"), _at(41, "Hear")]
    (move,) = await _ways(Engine({1: inside}, {1: passed}), tmp_path).moves(1)
    assert (move.leave, move.enter, [task.key for task in move.tasks]) == (42, "Hear", [1042])
    (move,) = await _ways(Engine({1: [inside[0], _at(41, "Hear")]}, {1: passed[:1]}), tmp_path).moves(1)
    assert (move.leave, move.enter) == (41, "Check")


def _called(*inner: ElementInstance, passed: Sequence[ElementInstance] = ()) -> Engine:
    running = [
        RunningInstance(key=1, process_id="kita-signing"),
        RunningInstance(key=2, process_id="kita-inner", parent_key=1, parent_element_key=30),
    ]
    at = {1: [_at(30, "Survey", "CALL_ACTIVITY")], 2: list(inner)}
    return Engine(at, {1: [_at(20, "Check")], 2: list(passed)}, running)


async def test_from_the_first_step_of_a_called_process_one_goes_back_in_the_calling_one(tmp_path: Path) -> None:
    """A timer that runs beside it does not matter; the called one's tasks go with it."""
    (move,) = await _ways(_called(_at(50, "Ask"), _at(51, "Day", "INTERMEDIATE_CATCH_EVENT")), tmp_path).moves(1)
    assert (move.instance, move.leave, move.enter) == (1, 30, "Check")
    assert move.left() == {"label": "照会する → 確かめる", "processes": ["kita-inner"], "groups": ["group-Ask"]}


async def test_from_a_later_step_of_a_called_process_one_goes_back_inside_it(tmp_path: Path) -> None:
    (move,) = await _ways(_called(_at(60, "Judge"), passed=[_at(50, "Ask")]), tmp_path).moves(1)
    assert (move.instance, move.leave, move.enter) == (2, 60, "Ask")


async def test_a_form_that_offers_to_go_back_is_the_only_way(tmp_path: Path) -> None:
    assert await _ways(_called(_at(70, "Meet")), tmp_path).moves(1) == []


@pytest.mark.parametrize("choice", ["1:20", "1:99", ""])
async def test_a_case_that_has_moved_on_stays_where_it_is(choice: str, tmp_path: Path) -> None:
    """What the office saw is not where the case stands now: nothing is closed."""
    engine = Engine({1: [_at(20, "Check")]}, {1: [_at(10, "Offer")]}, gone=True)
    answer = await _ways(engine, tmp_path).take(1, choice)
    assert answer["stepLeft"] is None
    assert "手順が進んだ" in answer["formError"]
    assert (engine.moved, engine.closed) == ([], [])


async def test_an_edited_diagram_is_read_again(tmp_path: Path) -> None:
    engine = Engine({1: [_at(20, "Check")]}, {1: [_at(10, "Offer")]})
    ways = _ways(engine, tmp_path)
    assert len(await ways.moves(1)) == 1
    path = tmp_path / "kita" / "kita-signing.bpmn"
    path.write_bytes(MAIN.replace(b'value="Offer"', b'value="first"'))
    assert await ways.moves(1) == []
