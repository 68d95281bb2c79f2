"""The packs on a newer engine than the local stack's (ALL-8): Camunda 8.8, in memory, by gRPC.

It has no REST, so no user task can be completed: each city's case runs up to its first one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.kit.desk import PACKS, office
from tests.kit.driver import EngineDriver
from tests.kit.newer import VERSION, NewerEngine
from tests.kit.prepared import prepare
from tests.kit.stack import open_sockets
from workers.adapters.camunda.gateway import open_channel, zeebe_client
from workers.cli.packdeploy import PackDeployment, State, deploy_city, deploy_common
from workers.readers.offerfile import read_offer
from workers.settings import Settings
from workers.trial.happened import JobState
from workers.trial.receiver import HOST
from workers.usecases.open_case import file_case
from workers.wiring import services

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]
_CITIES = sorted(pack.name for pack in PACKS.iterdir() if (pack / "city.toml").is_file())


@pytest.fixture(scope="module")
def engine() -> Iterator[NewerEngine]:
    with NewerEngine() as running:
        yield running


@pytest.fixture
def newer(engine: NewerEngine) -> Iterator[EngineDriver]:
    """A driver whose waiting works here, and nothing that needs REST."""
    driver = EngineDriver(engine)  # type: ignore[arg-type]  # all of a broker but REST
    yield driver
    driver.api.close()


def _settings(engine: NewerEngine, data: Path) -> Settings:
    settings = Settings(data=data, gateway_address=engine.gateway, rest_address=engine.rest, engine_id="newer")
    prepare(settings.registry_url)
    return settings


@pytest.fixture
def at_work(engine: NewerEngine, tmp_path: Path) -> Settings:
    return _settings(engine, tmp_path)


async def _start(settings: Settings, driver: EngineDriver, process_id: str, variables: dict[str, str]) -> int:
    async with open_channel(settings) as channel:
        key = (await zeebe_client(channel).run_process(process_id, variables)).process_instance_key
    await driver.records.wait(lambda: key in driver.records.instances, what=f"start {process_id}")
    return key


async def test_the_engine_is_the_version_that_the_documents_name(engine: NewerEngine) -> None:
    """README and the operations guide say what was really run."""
    assert engine.version == VERSION
    for document in ("README.md", "docs/operations.md"):
        assert VERSION in (PACKS.parent / document).read_text(encoding="utf-8")


async def test_the_engine_listens_on_this_machine_only(engine: NewerEngine) -> None:
    """By itself it would take calls from the whole network."""
    assert engine.pid is not None
    assert open_sockets([engine.pid]) == ({f"tcp {HOST}:{engine.ports.gateway}"}, set())


async def _deploy_all(settings: Settings) -> list[PackDeployment]:
    async with services(settings) as built:
        done = [await deploy_city(built, code) for code in _CITIES]
        return done + ([common] if (common := await deploy_common(built)) else [])


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def first(engine: NewerEngine, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, list[PackDeployment]]:
    """The packs' first deployment on the newer engine, and with what settings."""
    settings = _settings(engine, tmp_path_factory.mktemp("registry"))
    return settings, await _deploy_all(settings)


async def test_every_pack_deploys_and_unchanged_packs_stay_as_they_are(
    first: tuple[Settings, list[PackDeployment]],
) -> None:
    """The newer engine answers a second call as the older one does: nothing new, no foreign hand."""
    settings, deployed = first
    again = await _deploy_all(settings)
    for done, expected in ((deployed, State.DEPLOYED), (again, State.UNCHANGED)):
        assert {(found.state, tuple(found.foreign)) for found in done} == {(expected, ())}


@pytest.mark.usefixtures("first")
@pytest.mark.parametrize("city", _CITIES)
async def test_a_case_runs_up_to_its_first_user_task(city: str, newer: EngineDriver, at_work: Settings) -> None:
    """The real workers take its jobs from the newer gateway and their results are taken back."""
    async with office(newer, at_work) as busy:
        built = busy.services
        pack = built.packs.city(city)
        path = min((PACKS / city / "scenarios").glob("offer-*.toml"))
        async with built.open_unit() as uow:
            case_id = (await file_case(uow, pack, read_offer(path, pack, newer.clock.today()))).id
        instance = await _start(at_work, newer, pack.signing_process, {"caseId": case_id})
        task = await newer.reached(
            lambda: next(iter(newer.records.open_tasks(instance=instance)), None), instance=instance, what="a user task"
        )
        async with built.open_unit() as uow:
            assert (await uow.cases.get(case_id)).process_instance_key == instance
    tree = newer.records.tree(instance)
    done = {job.type for job in newer.records.jobs.values() if job.process_instance_key in tree}
    assert "open-case" in done
    assert all(j.state is JobState.CLOSED for j in newer.records.jobs.values() if j.process_instance_key in tree)
    assert task.form_key is not None


@pytest.mark.parametrize("city", _CITIES)
async def test_inner_processes_started_alone_end_at_once(
    city: str, newer: EngineDriver, first: tuple[Settings, list[PackDeployment]]
) -> None:
    """Their first gateway decides in FEEL, as the newer engine reads it."""
    settings, packs = first
    (deployed,) = [done for done in packs if done.pack == city]
    keys = {item.key for item in deployed.definitions if item.kind == "process"}
    found = newer.records.definitions
    await newer.records.wait(lambda: keys <= set(found), what="the records of the processes")
    inner = [found[key].process_id for key in keys if 'id="EndEvent_StartedByMistake"' in found[key].xml.decode()]
    assert inner
    for process_id in inner:
        instance = await _start(settings, newer, process_id, {})
        await newer.completed(instance)
        assert newer.records.passed("EndEvent_StartedByMistake", instance=instance)
