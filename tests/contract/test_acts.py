"""The history bears who did what (ALL-15): acts in the registry, their persons found afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio
import structlog

from tests.kit.registry import Registry, registry_at, some_case
from tests.kit.samples import CITY
from workers.adapters.registry.acts import next_look, open_acts
from workers.adapters.registry.queue import MailQueue
from workers.adapters.registry.unit_of_work import MakeUnit, SqlUnitOfWork
from workers.domain.acts import SYSTEM, SYSTEM_USER, Act, Completion
from workers.errors import PermanentError, RetryableError
from workers.runtime import persons
from workers.runtime.persons import PersonSearch
from workers.runtime.ports import WorkerServices
from workers.usecases.journal import note, officer_of
from workers.usecases.ports import JobRef
from workers.usecases.record_act import act_of, adopt_acts, record_act, record_start

pytestmark = pytest.mark.asyncio
CASE = "midori-2026-0001"
NAME = "佐藤 花子"


def _ref(element: str = "Task_Answer", *, instance: int = 700, key: int = 101) -> JobRef:
    return JobRef(
        engine_id="local",
        job_key=key + 5000,
        process_instance_key=instance,
        element_id=element,
        element_instance_key=key,
    )


@dataclass
class _Source:
    """Tells what a test says; ``away`` and ``refuses`` are failures, ``silent`` an engine without an index."""

    known: dict[int, Completion] = field(default_factory=dict)
    failure: Exception | None = None
    silent: bool = False
    asked: list[list[int]] = field(default_factory=list)

    async def look_up(self, acts: Sequence[Act], taken: Iterable[int]) -> dict[int, Completion] | None:
        """Return what is known."""
        del taken
        if self.failure is not None:
            raise self.failure
        self.asked.append([act.id or 0 for act in acts])
        return None if self.silent else {act.id: self.known[act.id] for act in acts if act.id in self.known}


@dataclass
class _Office:
    """A registry with a case, and the search for persons on it."""

    registry: Registry
    units: MakeUnit
    source: _Source

    @property
    def search(self) -> PersonSearch:
        """The search."""
        return PersonSearch(cast("WorkerServices", self), self.source)

    @asynccontextmanager
    async def open_unit(self) -> AsyncIterator[SqlUnitOfWork]:
        """Open a unit that commits."""
        async with self.units() as uow:
            yield uow
            await uow.commit()

    async def open_acts(self) -> Any:
        """Return what waits."""
        return await open_acts(self.registry.engines[0])

    async def next_look(self) -> Any:
        """Return when somebody looks."""
        return await next_look(self.registry.engines[0])

    async def acts(self, ref: JobRef, case_id: str | None = CASE, loop: int | None = None) -> int:
        """Record an act and return its number."""
        async with self.open_unit() as uow:
            made = await record_act(uow, case_id=case_id, process_id="midori-signing", loop=loop, ref=ref)
        assert made.id is not None
        return made.id

    async def due(self, ago: timedelta = timedelta()) -> None:
        """Let every waiting act be due, and have waited since some time."""
        async with self.open_unit() as uow:
            for act in await uow.acts.claim(datetime.max.replace(tzinfo=UTC), until=datetime.now(UTC), limit=99):
                act.look_at = datetime.now(UTC)
                act.queued_at = datetime.now(UTC) - ago

    async def lines(self) -> list[tuple[str, str]]:
        """Return the history: who and what."""
        async with self.units() as uow:
            return [(entry.who, entry.what) for entry in await uow.history.of_case(CASE)]


@pytest_asyncio.fixture
async def office(database_url: str, tmp_path: Path) -> AsyncIterator[_Office]:
    """An office with one case."""
    async with registry_at(database_url, tmp_path) as registry:
        made = _Office(registry, registry.units(CITY), _Source())
        async with made.open_unit() as uow:
            case = some_case(CASE, city=CITY.code)
            case.offers[0].fields = [1, 2]
            await uow.cases.add(case)
        yield made


async def test_the_history_bears_the_person_as_soon_as_the_engine_tells(office: _Office) -> None:
    """The task and what was recorded right after it; the system's own lines stay the system's."""
    number = await office.acts(_ref())
    async with office.open_unit() as uow:
        uow.act = await act_of(uow, number, _ref("Task_Record", key=102))
        await note(uow, CASE, "申出書を受け付けた")
        await note(uow, CASE, "照会を締め切った", actor=SYSTEM)
    assert await office.lines() == [
        ("（担当者を確認中）", "作業「Task_Answer」を済ませた"),
        ("（担当者を確認中）", "申出書を受け付けた"),
        ("renkei（自動）", "照会を締め切った"),
    ]
    office.source.known = {number: Completion(task_key=7, person="sato", name=NAME)}
    await office.due()
    await office.search.look()
    assert [who for who, _ in await office.lines()] == [NAME, NAME, "renkei（自動）"]
    assert (await office.open_acts()).waiting == 0


async def test_papers_name_whoever_worked_on_the_case_last_and_is_known(office: _Office) -> None:
    """Neither one of many departments, nor the system, nor a name that is still looked up."""
    first, department, machine, last = [await office.acts(_ref(key=key)) for key in (101, 201, 301, 401)]
    async with office.open_unit() as uow:
        assert await officer_of(uow, CASE) == ""
        for number, person in ((first, "sato"), (department, "tanaka"), (machine, SYSTEM_USER)):
            act = await uow.acts.find(number)
            assert act is not None
            act.loop = 1 if number == department else None
            act.settle(Completion(task_key=number, person=person, name=NAME if number == first else ""))
        assert await officer_of(uow, CASE) == NAME
        act = await uow.acts.find(last)
        assert act is not None
        act.settle(Completion(task_key=last, person="yamada", name=""))
        assert await officer_of(uow, CASE) == "yamada"


async def test_nobody_inherits_a_person(office: _Office) -> None:
    """A job without an act, with another instance's, another engine's, or something that is no number, is nobody's."""
    number = await office.acts(_ref())
    async with office.units() as uow:
        for other in (None, "1", True, number + 1):
            assert await act_of(uow, other, _ref()) is None
        assert await act_of(uow, number, _ref(instance=701)) is None
        assert await act_of(uow, number, _ref()) is not None


async def test_what_was_done_before_a_case_had_its_number_reaches_its_history(office: _Office) -> None:
    """A start form that was corrected; another instance's correction is another case's."""
    await office.acts(_ref("Task_CorrectStart"), case_id=None)
    await office.acts(_ref("Task_CorrectStart", instance=701), case_id=None)
    async with office.open_unit() as uow:
        await adopt_acts(uow, CASE, _ref("Task_OpenCase"))
    assert [what for _, what in await office.lines()] == ["作業「Task_CorrectStart」を済ませた"]


async def test_whoever_started_by_the_form_entered_it_unless_somebody_corrected_it(office: _Office) -> None:
    """8.6 does not tell who started: that is said, and bothers nobody."""
    async with office.open_unit() as uow:
        await record_start(uow, CASE, _ref("Task_OpenCase"))
        await note(uow, CASE, "事前相談を登録した")
    number = await office.acts(_ref("Task_CorrectStart"))
    async with office.open_unit() as uow:
        uow.act = await act_of(uow, number, _ref())
        await record_start(uow, CASE, _ref("Task_OpenCase"))
        await note(uow, CASE, "事前相談を登録し直した")
    start = number - 1
    office.source.known = {
        start: Completion(task_key=None, person="", name=""),
        number: Completion(task_key=7, person="sato", name=""),
    }
    for _ in range(persons._SURE_AFTER):
        await office.due()
        await office.search.look()
    assert [who for who, _ in await office.lines()] == ["（開始した人の記録なし）", "sato", "sato"]
    assert await MailQueue(office.registry.sessions()).list(case_id=CASE) == []
    assert (await office.open_acts()).unassigned == 0


async def test_a_task_that_nobody_was_assigned_to_is_named_and_told_to_the_office_once_a_day(office: _Office) -> None:
    numbers = [await office.acts(_ref(key=101)), await office.acts(_ref(key=201))]
    office.source.known = {number: Completion(task_key=number, person="", name="") for number in numbers}
    for _ in range(persons._SURE_AFTER):  # the index may show the end before the person
        assert not any("割り当て" in who for who, _ in await office.lines())
        await office.due()
        await office.search.look()
    lines = await office.lines()
    assert [who for who, what in lines if "済ませた" in what] == ["（割り当てられずに完了）"] * 2
    mails = await MailQueue(office.registry.sessions()).list(case_id=CASE)
    assert [mail.kind for mail in mails] == ["task-unassigned"]
    found = await office.open_acts()
    assert (found.waiting, found.unassigned, found.unknown) == (0, 2, 0)


async def test_a_task_that_the_index_never_shows_is_given_up_after_a_day(office: _Office) -> None:
    await office.acts(_ref())
    await office.due(ago=persons.GIVE_UP_AFTER - timedelta(minutes=1))
    await office.search.look()
    assert (await office.lines())[0][0] == "（担当者を確認中）"
    await office.due(ago=persons.GIVE_UP_AFTER + timedelta(minutes=1))
    await office.search.look()
    assert (await office.lines())[0][0] == "（担当者の記録なし）"
    await office.due()
    await office.search.look()
    assert len(office.source.asked) == 2  # nobody looks any more


@pytest.mark.parametrize("failure", [RetryableError("つながりません"), PermanentError("入れません")])
async def test_while_the_engine_is_away_no_act_is_given_up(office: _Office, failure: Exception) -> None:
    number = await office.acts(_ref())
    await office.due(ago=persons.GIVE_UP_AFTER * 9)
    office.source.failure = failure
    with pytest.raises(type(failure)):
        await office.search.look()
    office.source.failure = None
    office.source.known = {number: Completion(task_key=7, person="sato", name="")}
    await office.due(ago=persons.GIVE_UP_AFTER * 9)
    await office.search.look()
    assert (await office.lines())[0][0] == "sato"


async def test_where_no_engine_tells_acts_wait_without_being_given_up(office: _Office) -> None:
    office.source.silent = True
    await office.acts(_ref())
    await office.due(ago=persons.GIVE_UP_AFTER * 9)
    await office.search.look()
    await office.search.look()
    assert len(office.source.asked) == 1  # the next look is a while off
    assert (await office.lines())[0][0] == "（担当者を確認中）"


async def test_two_workers_share_the_looking(office: _Office) -> None:
    for key in (101, 201, 301):
        await office.acts(_ref(key=key))
    await office.due()
    await asyncio.gather(office.search.look(), office.search.look())
    asked = [number for numbers in office.source.asked for number in numbers]
    assert len(asked) == len(set(asked)) == 3


async def test_the_search_runs_by_itself_and_logs_no_name(office: _Office) -> None:
    number = await office.acts(_ref())
    office.source.known = {number: Completion(task_key=7, person="sato", name=NAME)}
    await office.due()
    stop = asyncio.Event()
    with structlog.testing.capture_logs() as logs:
        running = asyncio.create_task(office.search.run(stop))
        async with asyncio.timeout(20):
            while (await office.lines())[0][0] != NAME:  # noqa: ASYNC110 (a registry: nothing tells)
                await asyncio.sleep(0.02)
            stop.set()
            await running
    assert NAME not in str(logs)
    assert "sato" not in str(logs)


async def test_what_the_system_completed_by_itself_is_the_systems(office: _Office) -> None:
    number = await office.acts(_ref())
    office.source.known = {number: Completion(task_key=7, person=SYSTEM_USER, name="")}
    await office.due()
    await office.search.look()
    assert (await office.lines())[0][0] == SYSTEM
