"""Feasible projects become planned activities of the right fiscal year (AGE-A2, AGE-A3, ALL-6)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.kit.registry import registry_at, some_case
from tests.kit.samples import CITY, city
from tests.kit.work import (
    plan_projects,
    propose_activity_years,
    record_agreement_terms,
    record_proposals,
    register_agreement,
)
from workers.adapters.registry.unit_of_work import SqlUnitOfWork
from workers.domain.agreements import ActivityStatus
from workers.domain.entities import ProjectStatus
from workers.errors import InputErrors

pytestmark = pytest.mark.asyncio
Units = Callable[[], SqlUnitOfWork]
SIGNED = {"signedOn": "2026-06-01"}
MIDORI = city(cost_next_year=True)  # what costs it money waits for the next year's budget


@pytest_asyncio.fixture
async def units(database_url: str, tmp_path: Path) -> AsyncIterator[Units]:
    """Return units of work on a registry with a case whose two projects are feasible; number 1 costs the city."""
    async with registry_at(database_url, tmp_path) as registry:
        made = registry.units(MIDORI)
        async with made() as uow:
            case = some_case("midori-2026-0001", city=CITY.code)
            for project in case.projects:
                project.status, project.department = ProjectStatus.FEASIBLE, "fukushi"
            await uow.cases.add(case)
            terms = {"purpose": "連携", "fields": ["1", "4", "5"], "addedReason": "協議で加えた"}
            await record_agreement_terms(uow, case.id, terms)
            await register_agreement(uow, case.id, SIGNED)
            await uow.commit()
        yield made


async def _years(units: Units) -> list[tuple[str, int, str]]:
    async with units() as uow:
        found = await uow.activities.of_agreement("midori-a1")
        return [(entry.title, entry.fiscal_year, entry.reason) for entry in found]


async def test_signing_makes_planned_activities_once(units: Units) -> None:
    """AGE-8, AGE-A3: what was found feasible is planned; a second registration adds nothing."""
    async with units() as uow:
        await register_agreement(uow, "midori-2026-0001", SIGNED)
        await uow.commit()
    assert sorted(await _years(units)) == [("出前講座", 2026, ""), ("見守り", 2027, "")]


async def test_what_begins_in_april_belongs_to_the_year_after_a_signature_in_february(
    database_url: str, tmp_path: Path
) -> None:
    """ISE-8, AGE-8: chosen at the registration; the rest belongs to the year in which the agreement begins."""
    async with registry_at(database_url, tmp_path) as registry:
        made = registry.units(city())
        async with made() as uow:
            case = some_case("midori-2026-0002", city=CITY.code)
            for project in case.projects:
                project.status = ProjectStatus.FEASIBLE
            await uow.cases.add(case)
            terms = {"purpose": "連携", "fields": ["1", "4", "5"], "addedReason": "協議で加えた"}
            await record_agreement_terms(uow, case.id, terms)
            await register_agreement(uow, case.id, {**SIGNED, "nextYearProjects": ["2"]})
            await uow.commit()
        assert sorted(await _years(made)) == [("出前講座", 2027, ""), ("見守り", 2026, "")]


async def test_a_project_proposed_anew_goes_on_as_the_one_it_is(units: Units) -> None:
    """AGE-A1: one that is planned or runs is not entered a second time."""
    async with units() as uow:
        case = await uow.cases.get("midori-2026-0001")
        (kept,) = [a for a in await uow.activities.of_agreement("midori-a1") if a.title == "出前講座"]
        kept.status = ActivityStatus.RUNNING
        await plan_projects(uow, case.id, year=2027)
        await uow.commit()
    assert sorted(await _years(units)) == [("出前講座", 2026, ""), ("見守り", 2027, "")]


async def test_cost_decides_the_usual_year(units: Units) -> None:
    """AGE-A2, AGE-A3: no cost to the city: this fiscal year; cost: the one after the proposal's."""
    async with units() as uow:
        proposed = await propose_activity_years(uow, "midori-2026-0001", year=2026)
    rows = {row["title"]: (row["fiscalYear"], row["cost"]) for row in proposed["activityPlan"]}
    assert rows == {"出前講座": ("2026", "なし"), "見守り": ("2027", "あり")}
    assert [option["label"] for option in proposed["yearOptions"]] == ["令和8年度", "令和9年度", "令和10年度"]


async def test_what_costs_the_city_waits_for_the_year_after_its_first_proposal(units: Units) -> None:
    """AGE-A3: received in March, revised and planned in April: the year of the receipt counts, not of the revision."""
    rows = [{"field": "3", "title": "備蓄品の購入", "content": "そろえる", "costToCity": True}]
    async with units() as uow:
        await record_proposals(uow, "midori-2026-0001", rows, purpose="随時", received="令和8年3月20日")
        revised = [{**rows[0], "content": "数を減らしてそろえる"}, {**rows[0], "title": "機器の購入", "field": "2"}]
        await record_proposals(uow, "midori-2026-0001", revised, purpose="随時", received="2026-05-10")
        case = await uow.cases.get("midori-2026-0001")
        for project in case.current_projects():
            project.status = ProjectStatus.FEASIBLE
        proposed = await propose_activity_years(uow, "midori-2026-0001", year=2026)
    years = {row["title"]: row["fiscalYear"] for row in proposed["activityPlan"]}
    assert years == {"備蓄品の購入": "2026", "機器の購入": "2027"}


async def test_without_a_year_the_offers_day_counts(units: Units) -> None:
    """AGE-A4: a proposal in between belongs to the fiscal year of its own day."""
    async with units() as uow:
        proposed = await propose_activity_years(uow, "midori-2026-0001")
    assert {row["fiscalYear"] for row in proposed["activityPlan"]} == {"2026", "2027"}


async def test_another_year_needs_a_reason_that_is_kept(units: Units) -> None:
    """AGE-A3: the reason is recorded; every row without one is named, and nothing is kept then."""
    early: list[dict[str, Any]] = [{"number": 1, "fiscalYear": "2026"}, {"number": 2, "fiscalYear": "2025"}]
    async with units() as uow:
        with pytest.raises(InputErrors) as refused:
            await plan_projects(uow, "midori-2026-0001", year=2026, rows=early)
        messages = [error.message for error in refused.value.errors]
        assert messages[0].startswith("事業1の理由: 令和9年度の事業とするのが原則")
        assert messages[1] == "事業2の年度: 令和8年度より前にはできません"
        early[0]["reason"], early[1]["fiscalYear"] = "補正予算で行う。", "2026"
        planned = await plan_projects(uow, "midori-2026-0001", year=2026, rows=early)
        await uow.commit()
    assert [row["reason"] for row in planned["activities"]] == ["補正予算で行う。", ""]
    assert ("見守り", 2026, "補正予算で行う。") in await _years(units)


async def test_a_planned_period_lies_in_the_year_of_the_plan(units: Units) -> None:
    """AGE-A2: the days are kept with the project and told; the first day decides no other year in silence."""
    rows = [{"number": 2, "fiscalYear": "2026", "startsOn": "令和9年4月1日", "endsOn": "2026-12-20"}]
    async with units() as uow:
        with pytest.raises(InputErrors, match="令和8年度ではありません"):
            await plan_projects(uow, "midori-2026-0001", year=2026, rows=rows)
        rows[0]["startsOn"] = "令和8年7月1日"
        planned = await plan_projects(uow, "midori-2026-0001", year=2026, rows=rows)
    periods = {row["title"]: row["periodText"] for row in planned["activities"]}
    assert periods == {"見守り": "", "出前講座": "令和8年7月1日から令和8年12月20日まで"}


async def test_proposals_are_a_round_of_their_own(units: Units) -> None:
    """AGE-A1: the batch becomes the case's newest round; a row without a title names itself."""
    rows = [{"field": "2", "title": "清掃", "content": "月1回", "costToCity": True}]
    async with units() as uow:
        recorded = await record_proposals(uow, "midori-2026-0001", rows, purpose="当年度の提案")
        case = await uow.cases.get("midori-2026-0001")
        assert (case.round, [project.title for project in case.current_projects()]) == (2, ["清掃"])
        assert recorded["proposals"][0]["cost"] == "あり"
        with pytest.raises(InputErrors) as refused:
            await record_proposals(uow, case.id, [{"field": "2", "content": "x"}], purpose="当年度の提案")
    assert [error.message for error in refused.value.errors] == ["連携事業 1件目 事業名: 入力してください"]
