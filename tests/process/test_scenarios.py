"""Every scenario of every city's pack on a real broker, from its start to its end.

A pack's scenario is a test as soon as its file lies in ``bpmn/CITY/scenarios``; nothing is written here for a city.
"""

from __future__ import annotations

import pytest
from defusedxml import ElementTree

from tests.kit.desk import PACKS, assert_ends_as_told, office, pack_files, scenario_files_of
from tests.kit.driver import EngineDriver
from workers.domain.entities import CaseKind
from workers.packs import CityPacks
from workers.packs.scenarios import AgreementFacts, read_scenario, scenario_files
from workers.readers.offerfile import read_offer
from workers.scenarios.agreement import register
from workers.settings import Settings
from workers.usecases.open_case import file_case
from workers.usecases.procedures import file_procedure, new_period
from workers.usecases.yearly_collection import file_collection

pytestmark = pytest.mark.process
_PROCESS = "{http://www.omg.org/spec/BPMN/20100524/MODEL}process"
_END = "{http://www.omg.org/spec/BPMN/20100524/MODEL}endEvent"


_CITIES = sorted(pack.name for pack in PACKS.iterdir() if (pack / "city.toml").is_file())


def _scenarios() -> list[object]:
    """Return (city, scenario) of every pack; those that call themselves slow run in ``make test-all`` only."""
    return [
        pytest.param(
            pack.name,
            path.stem,
            id=f"{pack.name}-{path.stem}",
            marks=[pytest.mark.slow] if read_scenario(path).slow else [],
        )
        for pack in sorted(PACKS.iterdir())
        if (pack / "city.toml").is_file()
        for path in scenario_files(pack)
    ]


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(("city", "name"), _scenarios())
async def test_a_scenario_ends_as_its_file_says(city: str, name: str, driver: EngineDriver, settings: Settings) -> None:
    """Outcome, failed conditions, mails and passed elements are those of the scenario file.

    The first time that a mail to a partner waits to be seen, the office goes back a step and does it again as before.
    """
    await driver.deploy(scenario_files_of(city))
    async with office(driver, settings) as at_work:
        await assert_ends_as_told(at_work, city, name, goes_back=True)


def _inner_parts() -> list[tuple[str, str]]:
    """Return (pack, process) of every process that is only called: started alone it has an end of its own for that."""
    return [
        (path.parent.name, process.attrib["id"])
        for path in sorted(PACKS.glob("*/*.bpmn"))
        for process in ElementTree.parse(path).iter(_PROCESS)
        if any(end.attrib["id"] == "EndEvent_StartedByMistake" for end in process.iter(_END))
    ]


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(("city", "process_id"), _inner_parts())
async def test_an_inner_part_started_alone_ends_at_once(city: str, process_id: str, driver: EngineDriver) -> None:
    """Tasklist offers every process: a clerk who starts a called part by itself sees it end, and nothing else."""
    await driver.deploy(pack_files("common", _CITIES[0] if city == "common" else city))
    instance = await driver.start(process_id)
    await driver.completed(instance)
    assert driver.records.passed("EndEvent_StartedByMistake", instance=instance)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("city", _CITIES)
async def test_a_second_instance_of_a_claimed_case_ends_at_already_started(
    city: str, driver: EngineDriver, settings: Settings
) -> None:
    """A case belongs to the first instance that names it: starting is not idempotent, claiming is."""
    await driver.deploy(pack_files("common", city))
    async with office(driver, settings) as at_work:
        pack = at_work.services.packs.city(city)
        path = min((PACKS / city / "scenarios").glob("offer-*.toml"))
        async with at_work.services.open_unit() as uow:
            case_id = (await file_case(uow, pack, read_offer(path, pack, driver.clock.today()))).id
        first = await driver.start(pack.signing_process, {"caseId": case_id})
        await driver.passed(first, "Task_OpenCase")
        second = await driver.start(pack.signing_process, {"caseId": case_id})
        await driver.completed(second)
    assert driver.records.passed("EndEvent_AlreadyStarted", instance=second)
    assert not driver.records.passed("EndEvent_AlreadyStarted", instance=first)


def _procedures() -> list[tuple[str, CaseKind]]:
    """Return (city, kind) of every procedure that a clerk may begin for a signed agreement.

    ``test_renewal`` and ``test_endings`` have the common ones and the renewals, which only a message starts.
    """
    packs = CityPacks([PACKS])
    begun = (CaseKind.ANNUAL, CaseKind.PROPOSAL, CaseKind.TALK, CaseKind.ARRANGEMENT)
    at_end = [(code, CaseKind.REPORT) for code in _CITIES if packs.city(code).cycle.at_end]
    return [*at_end, *((code, kind) for code in _CITIES for kind in begun if kind in packs.city(code).procedures)]


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(("city", "kind"), _procedures())
async def test_a_second_instance_of_a_procedure_ends_at_already_started(
    city: str, kind: CaseKind, driver: EngineDriver, settings: Settings
) -> None:
    """A message that the engine no longer remembers starts a second instance: the registry tells it that one runs."""
    await driver.deploy(pack_files("common", city))
    async with office(driver, settings) as at_work:
        pack = at_work.services.packs.city(city)
        path = min((PACKS / city / "scenarios").glob("offer-*.toml"))
        offer = read_offer(path, pack, driver.clock.today())
        facts = AgreementFacts(procedure=kind, expires="{today+300}")
        async with at_work.services.open_unit() as uow:
            agreement = await register(uow, pack, offer, facts)
            period = await new_period(uow, agreement, kind)
            together = kind is CaseKind.ANNUAL and pack.cycle.together
            filing = file_collection(uow, pack, period) if together else file_procedure(uow, agreement, kind, period)
            case = await filing
        first = await driver.start(case.process_id, {"caseId": case.id})
        await driver.passed(first, "Task_OpenProcedure")
        second = await driver.start(case.process_id, {"caseId": case.id})
        await driver.completed(second)
    assert driver.records.passed("EndEvent_AlreadyStarted", instance=second)
    assert not driver.records.passed("EndEvent_AlreadyStarted", instance=first)


def test_every_pack_that_signs_has_scenarios() -> None:
    """A pack with a signing process but no scenario would leave its diagrams untried."""
    packs = {pack.name for pack in PACKS.iterdir() if (pack / "city.toml").is_file()}
    assert packs == {pack for pack in packs if scenario_files(PACKS / pack)}
