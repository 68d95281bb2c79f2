"""連携事業 of an agreement in the registry: planned, reported, read back (ALL-6, ISE-A1, ASA-8, DAT-A)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import date
from pathlib import Path

import pytest
import pytest_asyncio

from tests.kit.registry import registry_at, some_agreement, some_case
from tests.kit.samples import CITY
from tests.kit.work import load_activities, plan_projects, record_activities, record_offer
from workers.adapters.registry.unit_of_work import SqlUnitOfWork
from workers.domain.agreements import ActivityStatus
from workers.domain.entities import Case, CaseKind, Project, ProjectStatus
from workers.errors import InputError, InputErrors, PermanentError

pytestmark = pytest.mark.asyncio
Units = Callable[[], SqlUnitOfWork]
ANNUAL = "midori-2026-0002"


@pytest_asyncio.fixture
async def units(database_url: str, tmp_path: Path) -> AsyncIterator[Units]:
    """Return units of work on a registry with an agreement, its signing and its yearly procedure."""
    async with registry_at(database_url, tmp_path) as registry:
        made = registry.units(CITY)
        async with made() as uow:
            signing = some_case("midori-2025-0001", city=CITY.code)
            await uow.cases.add(signing)
            await uow.agreements.add(some_agreement(signing, fields=[1, 2], department="fukushi"))
            await uow.cases.add(
                Case(
                    id=ANNUAL,
                    city=CITY.code,
                    process_id="midori-annual",
                    opened_on=date(2026, 4, 1),
                    kind=CaseKind.ANNUAL,
                    agreement_id="midori-a1",
                    period="2026",
                    partner=signing.partner,
                )
            )
            await uow.commit()
        yield made


async def test_a_planned_activity_becomes_a_reported_one(units: Units) -> None:
    async with units() as uow:
        planned = await record_activities(
            uow, ANNUAL, [{"field": "1", "title": "見守り"}], year=2026, department="fukushi"
        )
        (row,) = planned["activities"]
        before = await load_activities(uow, ANNUAL, year="令和8年度")
        await record_activities(
            uow, ANNUAL, [{"id": row["id"], "title": "見守り", "status": "done", "result": "12回"}], year=2026
        )
        after = await load_activities(uow, ANNUAL, year=2026, department="fukushi")
        (kept,) = await uow.activities.of_agreement("midori-a1")
    assert (row["fieldName"], row["statusName"], row["departmentName"]) == ("分野1に関すること", "予定", "福祉部福祉課")
    assert before["workedDepartments"] == []
    assert after["workedDepartments"] == ["fukushi"]
    assert [entry["result"] for entry in after["activities"]] == ["12回"]
    assert (kept.field, kept.case_id, kept.status) == (1, ANNUAL, ActivityStatus.DONE)
    assert kept.reported_at is not None


async def test_a_project_over_years_is_asked_about_in_each_and_keeps_what_was_answered(units: Units) -> None:
    """ALL-6, ISE-A1, DAT-A: one row; every year has its own result, until it is done."""
    async with units() as uow:
        first = await record_activities(
            uow, ANNUAL, [{"field": "1", "title": "見守り", "status": "running", "result": "始めた"}], year=2025
        )
        number = first["activities"][0]["id"]
        (asked,) = (await load_activities(uow, ANNUAL, year=2026))["activities"]
        again = {"field": "1", "title": "見守り　", "status": "running", "result": "続けた"}
        await record_activities(uow, ANNUAL, [again], year=2026)
        done = {"id": number, "title": "見守り", "status": "done", "startsOn": "2025-06-01", "endsOn": "2026-05-31"}
        await record_activities(uow, ANNUAL, [{**done, "result": "終えた", "partnerResult": "12回"}], year=2027)
        years = [(await load_activities(uow, ANNUAL, year=year))["activities"] for year in range(2024, 2030)]
    assert (asked["status"], asked["reported"], asked["result"]) == ("running", False, "")
    assert asked["formerResults"] == "令和7年度: 始めた"
    assert [[(row["id"], row["status"], row["result"]) for row in rows] for rows in years] == [
        [],
        [(number, "running", "始めた")],
        [(number, "running", "続けた")],
        [(number, "done", "終えた")],
        [],
        [],
    ]
    assert years[3][0]["partnerResult"] == "12回"


async def test_a_report_in_between_belongs_to_the_year_in_which_the_project_ended(units: Units) -> None:
    """ISE-A1: the department reports when a project ends, not in April; what it adds is planned from this year on."""
    async with units() as uow:
        done = {"field": "1", "title": "工作教室", "status": "done", "endsOn": "2026-03-31", "result": "3回開いた"}
        rows = [done, {"field": "2", "title": "古着の回収", "status": "planned"}]
        await record_activities(uow, ANNUAL, rows, year=None, department="fukushi")
        of_2025 = await load_activities(uow, ANNUAL, year=2025)
        of_2026 = await load_activities(uow, ANNUAL, year=2026)
    assert [[row["title"] for row in found["activities"]] for found in (of_2025, of_2026)] == [
        ["工作教室"],
        ["古着の回収"],
    ]
    assert of_2026["activities"][0]["departmentCode"] == "fukushi"


async def test_what_is_planned_for_the_year_after_is_told_beside(units: Units) -> None:
    """AGE-A3: a project of the year after its proposal is on that year's list."""
    async with units() as uow:
        await record_activities(uow, ANNUAL, [{"field": "1", "title": "備蓄"}], year=2027)
        before = await load_activities(uow, ANNUAL, year=2026)
        of_its_year = await load_activities(uow, ANNUAL, year=2027)
    assert [[row["title"] for row in before[key]] for key in ("activities", "comingActivities")] == [[], ["備蓄"]]
    assert [[row["title"] for row in of_its_year[key]] for key in ("activities", "comingActivities")] == [["備蓄"], []]


async def test_the_contracting_unit_takes_part_where_nobody_does_yet(units: Units) -> None:
    async with units() as uow:
        found = await load_activities(uow, ANNUAL, year=2026)
        (await uow.agreements.get("midori-a1")).department = ""
        nobody = await load_activities(uow, ANNUAL, year=2026)
    assert [department["code"] for department in found["activityDepartments"]] == ["fukushi"]
    assert (nobody["activities"], nobody["activityDepartments"]) == ([], [])


async def test_feasible_projects_are_planned_for_the_year(units: Units) -> None:
    """DAT-A: L. What was not found feasible is not planned."""
    async with units() as uow:
        case = await uow.cases.get("midori-2025-0001")
        case.projects[:] = []
        await uow._session.flush()
        case.projects[:] = [
            Project(round=1, number=n, field=n, title=f"事業{n}", content="内容", status=status, department="fukushi")
            for n, status in enumerate((ProjectStatus.FEASIBLE, ProjectStatus.DROPPED), start=1)
        ]
        planned = await plan_projects(uow, case.id, year=2027)
    assert [(row["title"], row["fiscalYear"], row["status"]) for row in planned["activities"]] == [
        ("事業1", 2027, "planned")
    ]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"field": "1"}, "連携事業 1件目 事業名: 入力してください"),
        ({"title": "見守り"}, "分野: 入力してください"),
        ({"title": "見守り", "field": "99"}, "分野: 99 は"),
        ({"title": "見守り", "field": "1", "departmentCode": "nobody"}, "担当課: .*nobody"),
        ({"title": "見守り", "field": "1", "status": "lost"}, "状況: 「lost」は使えません"),
        ({"title": "見守り", "id": "77"}, "台帳の番号: 77 は"),
        ({"title": "見守り", "field": "1", "status": "done", "endsOn": "2099-01-01"}, "終わりの日が、まだ来ていません"),
    ],
)
async def test_bad_input_is_told_by_field_and_nothing_is_kept(units: Units, row: dict[str, str], message: str) -> None:
    """ALL-10."""
    async with units() as uow:
        with pytest.raises(InputErrors, match=message):
            await record_activities(uow, ANNUAL, [{"field": "1", "title": "よい行"}, row][::-1], year=2026)
        assert await uow.activities.of_agreement("midori-a1") == []


async def test_a_case_without_agreement_has_no_activities(units: Units) -> None:
    async with units() as uow:
        await uow.cases.add(some_case("midori-2026-0009", city=CITY.code))
        with pytest.raises(PermanentError, match="協定がない"):
            await load_activities(uow, "midori-2026-0009")


async def test_a_proposal_under_an_agreement_keeps_to_its_fields(units: Units) -> None:
    """DAT-A: B. The same form without the agreement's bounds is accepted."""
    project = {"field": "1", "title": "見守り", "content": "内容"}
    form = {"offeredOn": "2026-05-01", "purpose": "目的", "fields": ["1", "2", "3"], "projects": [project]}
    async with units() as uow:
        with pytest.raises(InputError, match="連携事項: 3 は協定の連携事項にありません（協定の連携事項は 1・2）"):
            await record_offer(uow, ANNUAL, form, within_agreement=True)
        assert (await uow.cases.get(ANNUAL)).offers == []
        kept = await record_offer(uow, ANNUAL, {**form, "fields": ["1"]}, within_agreement=True)
        await record_offer(uow, ANNUAL, form)
    assert [row["title"] for row in kept["proposals"]] == ["見守り"]


async def test_a_section_that_did_not_contract_may_add_a_project(units: Units) -> None:
    async with units() as uow:
        (await uow.agreements.get("midori-a1")).department = ""
        kept = await record_activities(uow, ANNUAL, [{"field": "1", "title": "助言"}], year=2026, department="fukushi")
    assert [row["departmentCode"] for row in kept["activities"]] == ["fukushi"]
