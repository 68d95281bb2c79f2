"""One yearly procedure for all of a city's agreements: opened once, each section asked about its own (ASA-8)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy.exc import IntegrityError

from tests.kit.registry import registry_at
from tests.kit.terms import Terms
from tests.kit.work import load_activities, open_collection, record_activities
from workers.domain.agreements import Activity, ActivityStatus
from workers.domain.entities import Case, CaseKind, CaseOutcome
from workers.errors import InputError, InputErrors
from workers.usecases.ports import JobRef

pytestmark = pytest.mark.asyncio
SIGNED, OPENING, ENDS = date(2025, 5, 1), date(2027, 4, 1), date(2030, 3, 31)
CITY_CODE = "asahikawa"


@pytest_asyncio.fixture
async def terms(database_url: str, tmp_path: Path) -> AsyncIterator[Terms]:
    """Return a register in which one section has two agreements and a project under a third."""
    async with registry_at(database_url, tmp_path) as registry:
        made = Terms(registry)
        made.on(SIGNED)
        await made.sign(CITY_CODE, SIGNED, ends=ENDS, department="bosai")
        await made.sign(CITY_CODE, SIGNED, ends=date(2026, 6, 1), number=2, department="bosai")
        await made.sign(CITY_CODE, SIGNED, ends=ENDS, number=3)
        await made.sign(CITY_CODE, SIGNED, ends=date(2026, 3, 1), number=4, department="bosai")
        async with made.unit() as uow:
            for number, department in ((1, ""), (3, "bosai")):
                entry = Activity(
                    agreement_id=f"asahikawa-a{number}", case_id=None, fiscal_year=2026, field=5, title="訓練"
                )
                entry.department = department
                await uow.activities.add(entry)
            await uow.commit()
        yield made


def _ref(instance: int) -> JobRef:
    return JobRef(
        engine_id="test", job_key=instance, process_instance_key=instance, element_id="E", element_instance_key=1
    )


async def _collections(terms: Terms) -> list[Case]:
    async with terms.unit() as uow:
        return [case for case in await uow.cases.all(city=CITY_CODE) if case.kind is CaseKind.ANNUAL]


async def _opened(terms: Terms) -> str:
    """Let the watch open the collection of 令和8年度 and return its case."""
    await terms.sweep(OPENING)
    return next(case.id for case in await _collections(terms) if case.period == "2027")


async def _open(terms: Terms, instance: int, case_id: str | None = None, **form: Any) -> dict[str, Any]:
    async with terms.unit() as uow:
        told = await open_collection(uow, CITY_CODE, case_id=case_id, form=form, ref=_ref(instance))
        await uow.commit()
        return told


async def test_the_watch_opens_one_for_the_whole_city_each_year(terms: Terms) -> None:
    for day in (date(2027, 3, 31), OPENING, OPENING, date(2027, 4, 5)):
        await terms.sweep(day)
    found = await _collections(terms)
    assert sorted(case.period for case in found) == ["2026", "2027"]
    assert {case.agreement_id for case in found} == {None}
    asked = [case for name, case in await terms.starts() if name == "sakura-annual"]
    assert {case.id for case in found} == set(asked)


async def test_one_that_no_instance_took_is_asked_for_again(terms: Terms) -> None:
    case_id = await _opened(terms)
    await terms.wipe_outbox()
    report = await terms.sweep(date(2027, 4, 2))
    assert case_id in report.restarted
    await _open(terms, 7, case_id)
    assert (await _open(terms, 8, case_id))["caseState"] == "already-started"


async def test_a_person_begins_the_collection_of_a_year_that_is_over(terms: Terms) -> None:
    terms.on(OPENING)
    with pytest.raises(InputError, match="まだ終わっていません"):
        await _open(terms, 7, listYear="令和9年度")
    told = await _open(terms, 7, listYear="令和8年度")
    assert (told["caseState"], told["period"]) == ("new", "2027")
    assert "令和8年度" in told["caseTitle"]
    assert (await _open(terms, 9, listYear="令和8年度"))["caseState"] == "already-started"
    await terms.sweep(OPENING)
    assert [case.period for case in await _collections(terms)].count("2027") == 1


async def test_the_database_refuses_a_second_one_unless_the_first_was_cancelled(terms: Terms) -> None:
    case_id = await _opened(terms)

    def twin(number: int) -> Case:
        return Case(
            id=f"asahikawa-2027-{number}",
            city=CITY_CODE,
            process_id="sakura-annual",
            opened_on=OPENING,
            kind=CaseKind.ANNUAL,
            period="2027",
        )

    async with terms.unit() as uow:
        with pytest.raises(IntegrityError):
            await uow.cases.add(twin(9001))
    async with terms.unit() as uow:
        (await uow.cases.get(case_id)).outcome = CaseOutcome.CANCELLED
        await uow.commit()
    async with terms.unit() as uow:
        await uow.cases.add(twin(9002))
        await uow.commit()


async def test_each_section_is_asked_about_all_its_agreements_and_projects(terms: Terms) -> None:
    """The office answers for an agreement that no section contracted; what ended before the year is not asked about."""
    case_id = await _opened(terms)
    async with terms.unit() as uow:
        found = await load_activities(uow, case_id, year=2026)
        bosai = await load_activities(uow, case_id, year=2026, department="bosai")
        office = await load_activities(uow, case_id, year=2026, department="chiiki")
    assert [d["code"] for d in found["activityDepartments"]] == ["bosai"]
    own = [(row["value"], row["count"]) for row in bosai["ownAgreements"]]
    assert own == [("asahikawa-a1", 1), ("asahikawa-a2", 0), ("asahikawa-a3", 1)]
    assert [row["agreementId"] for row in bosai["activities"]] == ["asahikawa-a1", "asahikawa-a3"]
    assert bosai["activities"][0]["agreementName"] == "包括連携協定（asahikawa-a1）"
    assert [row["value"] for row in office["ownAgreements"]] == ["asahikawa-a3"]


async def test_the_office_is_asked_where_no_section_is_known(terms: Terms) -> None:
    await terms.sign(CITY_CODE, SIGNED, ends=ENDS, number=5)
    case_id = await _opened(terms)
    async with terms.unit() as uow:
        found = await load_activities(uow, case_id, year=2026)
    assert [d["code"] for d in found["activityDepartments"]] == ["chiiki", "bosai"]


async def test_a_row_goes_to_its_agreement(terms: Terms) -> None:
    case_id = await _opened(terms)
    new = {"field": "5", "title": "備蓄", "status": "running", "result": "始めた"}
    async with terms.unit() as uow:
        with pytest.raises(InputErrors, match="どの協定の事業か"):
            await record_activities(uow, case_id, [new], year=2026, department="bosai")
        with pytest.raises(InputErrors, match="選べません"):
            await record_activities(
                uow, case_id, [{**new, "agreementId": "asahikawa-a4"}], year=2026, department="bosai"
            )
    async with terms.unit() as uow:
        rows = (await load_activities(uow, case_id, year=2026, department="bosai"))["activities"]
        answers = [{"id": row["id"], "title": row["title"], "status": "running", "result": "行った"} for row in rows]
        added = {**new, "agreementId": "asahikawa-a2"}
        await record_activities(uow, case_id, [*answers, added], year=2026, department="bosai")
        await record_activities(uow, case_id, [{**new, "title": "啓発"}], year=2026, department="chiiki")
        await uow.commit()
    async with terms.unit() as uow:
        kept = {n: await uow.activities.of_agreement(f"asahikawa-a{n}") for n in (1, 2, 3)}
    assert [(e.title, e.department, e.status) for e in kept[2]] == [("備蓄", "bosai", ActivityStatus.RUNNING)]
    assert [(e.title, e.status) for e in kept[1]] == [("訓練", ActivityStatus.RUNNING)]
    assert [(e.title, e.department) for e in kept[3]] == [("訓練", "bosai"), ("啓発", "chiiki")]
