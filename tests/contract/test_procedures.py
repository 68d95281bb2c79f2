"""Procedures of a signed agreement: one per agreement, kind and period, claimed by one process instance."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from tests.kit.registry import registry_at, some_agreement, some_case, some_job
from tests.kit.samples import CITY, city
from tests.kit.work import open_procedure
from workers.adapters.registry.outbox_tables import engine_call
from workers.adapters.registry.unit_of_work import SqlUnitOfWork
from workers.domain.entities import Case, CaseKind
from workers.errors import InputError, PermanentError
from workers.usecases import procedures
from workers.usecases.record_step import last_agreement_step, record_step

pytestmark = pytest.mark.asyncio
Units = Callable[[], SqlUnitOfWork]
JOB = some_job()
OTHER = replace(JOB, process_instance_key=99)
MIDORI = city(procedures={CaseKind.ANNUAL: "midori-annual", CaseKind.AMENDMENT: "midori-amendment"})


@pytest_asyncio.fixture
async def units(database_url: str, tmp_path: Path) -> AsyncIterator[Units]:
    """Return units of work on a registry with one agreement of 株式会社さくら."""
    async with registry_at(database_url, tmp_path) as registry:
        made = registry.units(MIDORI)
        async with made() as uow:
            signing = some_case("midori-2025-0001", city=CITY.code)
            await uow.cases.add(signing)
            await uow.agreements.add(some_agreement(signing))
            await uow.commit()
        yield made


async def _filed(units: Units, period: str = "2026") -> str:
    async with units() as uow:
        agreement = await uow.agreements.get("midori-a1")
        case = await procedures.file_procedure(uow, agreement, CaseKind.ANNUAL, period)
        await procedures.start_procedure(uow, case)
        await uow.commit()
        return case.id


async def test_a_procedure_is_filed_once_and_asks_for_one_instance(units: Units) -> None:
    first, again, next_year = await _filed(units), await _filed(units), await _filed(units, "2027")
    assert first == again
    assert first != next_year
    async with units() as uow:
        calls = await uow._session.scalar(select(func.count()).select_from(engine_call))
        case = await uow.cases.get(first)
        assert [c.id for c in await uow.cases.of_agreement("midori-a1")] == [first, next_year]
    assert calls == 2
    assert case.partner is not None
    assert (case.partner.name, case.kind, case.process_id) == ("株式会社さくら", CaseKind.ANNUAL, "midori-annual")


async def test_the_database_refuses_a_second_procedure_of_the_same_period(units: Units) -> None:
    case_id = await _filed(units)
    async with units() as uow:
        filed = await uow.cases.get(case_id)
        twin = Case(
            id="midori-2026-0099",
            city=filed.city,
            process_id=filed.process_id,
            opened_on=filed.opened_on,
            kind=filed.kind,
            agreement_id=filed.agreement_id,
            period=filed.period,
        )
        with pytest.raises(IntegrityError):
            await uow.cases.add(twin)


async def test_the_first_instance_claims_and_the_second_learns_that_it_runs(units: Units) -> None:
    case_id = await _filed(units)
    async with units() as uow:
        first = await open_procedure(uow, kind="annual", case_id=case_id, form={}, ref=JOB)
        second = await open_procedure(uow, kind="annual", case_id=case_id, form={}, ref=OTHER)
        again = await open_procedure(uow, kind="annual", case_id=case_id, form={}, ref=JOB)
    assert (first["caseState"], first["periodName"], first["agreementId"]) == ("new", "令和8年度", "midori-a1")
    assert "令和9年3月31日" in first["agreementSummary"]
    assert second == {"caseId": case_id, "caseState": "already-started"}
    assert again == first


async def test_a_clerk_s_start_joins_what_the_watch_has_filed(units: Units) -> None:
    case_id = await _filed(units)
    async with units() as uow:
        form = {"agreementId": "midori-a1"}
        opened = await open_procedure(uow, kind="annual", case_id=None, form=form, ref=JOB)
        first = await open_procedure(uow, kind="amendment", case_id=None, form=form, ref=OTHER)
        second = await open_procedure(uow, kind="amendment", case_id=None, form=form, ref=OTHER)
    assert opened["caseId"] == case_id
    assert [first["periodName"], second["periodName"]] == ["第1回", "第2回"]


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({}, "協定番号: 入力してください"),
        ({"agreementId": "midori-a9"}, "協定番号: .*midori-a9"),
    ],
)
async def test_an_unknown_agreement_is_a_clear_error(units: Units, form: dict[str, str], message: str) -> None:
    async with units() as uow:
        with pytest.raises(InputError, match=message):
            await open_procedure(uow, kind="annual", case_id=None, form=form, ref=JOB)


async def test_a_department_that_starts_a_procedure_is_found_by_its_name(units: Units) -> None:
    """ISE-A1: by section, whole name or code; an unknown one is refused before a case is filed."""
    async with units() as uow:
        for name in ("福祉課", "福祉部福祉課", "fukushi"):
            form = {"agreementId": "midori-a1", "sectionName": name}
            opened = await open_procedure(uow, kind="amendment", case_id=None, form=form, ref=JOB)
            assert opened["department"]["code"] == "fukushi"
        filed = len(await uow.cases.of_agreement("midori-a1"))
        form = {"agreementId": "midori-a1", "sectionName": "ない課"}
        with pytest.raises(InputError, match="担当課: 「ない課」という課は登録されていません"):
            await open_procedure(uow, kind="amendment", case_id=None, form=form, ref=OTHER)
        assert len(await uow.cases.of_agreement("midori-a1")) == filed


async def test_an_agreement_that_has_ended_starts_no_procedure(units: Units) -> None:
    async with units() as uow:
        agreement = await uow.agreements.get("midori-a1")
        agreement.ended_on = date(2026, 5, 31)  # the test's day is 2026-06-01
        with pytest.raises(InputError, match="効力がありません"):
            await open_procedure(uow, kind="amendment", case_id=None, form={"agreementId": "midori-a1"}, ref=JOB)


async def test_what_was_done_last_year_is_reported_although_the_agreement_is_over(units: Units) -> None:
    """ASA-8, DAT-A, CHI-7: the yearly procedure of an agreement that ended in this or the last fiscal year begins."""
    async with units() as uow:
        agreement = await uow.agreements.get("midori-a1")
        agreement.ended_on = date(2026, 5, 31)  # the test's day is 2026-06-01
        form = {"agreementId": "midori-a1"}
        opened = await open_procedure(uow, kind="annual", case_id=None, form=form, ref=JOB)
        agreement.ended_on = date(2025, 3, 31)
        with pytest.raises(InputError, match="効力がありません"):
            await open_procedure(uow, kind="annual", case_id=None, form=form, ref=OTHER)
    assert opened["period"] == "2026"


async def test_a_signing_lets_the_next_procedure_begin_once(units: Units) -> None:
    """CHI-6: a case ends with its registration; the procedure that follows is filed and asked for."""
    async with units() as uow:
        first = await procedures.start_next(uow, "midori-2025-0001", "annual", variables={"nextOn": "2026-07-01"})
        again = await procedures.start_next(uow, "midori-2025-0001", "annual")
        calls = (await uow._session.execute(select(engine_call))).mappings().all()
        with pytest.raises(PermanentError, match="anual"):
            await procedures.start_next(uow, "midori-2025-0001", "anual")
    assert first.id == again.id
    assert [call["payload"]["variables"] for call in calls] == [{"nextOn": "2026-07-01", "caseId": first.id}]


async def test_a_misspelt_kind_and_a_kind_that_the_city_lacks_are_told(units: Units) -> None:
    async with units() as uow:
        form = {"agreementId": "midori-a1"}
        with pytest.raises(PermanentError, match="anual"):
            await open_procedure(uow, kind="anual", case_id=None, form=form, ref=JOB)
        with pytest.raises(InputError, match=r"procedures\.termination"):
            await open_procedure(uow, kind="termination", case_id=None, form=form, ref=JOB)


async def test_only_what_was_agreed_comes_back_in_a_later_procedure(units: Units) -> None:
    """A draft that the partner never agreed to stays behind; one's own draft comes back while it is talked over."""
    agreed = "arrangements-answer:arrangementAnswer=agreed"
    first, second, third = [await _filed(units, year) for year in ("2025", "2026", "2027")]
    async with units() as uow:
        for case_id, flyers, answer in ((first, 300, "agreed"), (second, 500, "revise")):
            await record_step(uow, case_id, "arrangements", {"flyers": flyers})
            await record_step(uow, case_id, "arrangements-answer", {"arrangementAnswer": answer})
        later = await last_agreement_step(uow, third, "arrangements", agreed=agreed)
        own = await last_agreement_step(uow, second, "arrangements", agreed=agreed)
    assert (later, own) == ({"flyers": 300}, {"flyers": 500})
