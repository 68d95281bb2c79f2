"""Past projects as a step of their own, and projects that need no talks (AGE-2, AGE-3, AGE-5, AGE-T0)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.kit import papers
from tests.kit.registry import registry_at
from workers.adapters.registry.unit_of_work import SqlUnitOfWork
from workers.domain.entities import Case, Offer, PastRecord, Project, ProjectStatus
from workers.errors import InputError, InputErrors
from workers.usecases.discuss_projects import record_discussion
from workers.usecases.record_offer import record_offer, record_past_projects

pytestmark = pytest.mark.asyncio
CASE_ID = "ageo-2026-1"
KEPT = "防災訓練での炊き出し"
OFFER = {
    "offeredOn": "2026-06-01",
    "purpose": "見守り",
    "fields": ["2"],
    "projects": [{"field": "2", "title": "見守り", "content": "声を掛ける"}],
}


@pytest_asyncio.fixture
async def uow(tmp_path: Path) -> AsyncIterator[SqlUnitOfWork]:
    """A unit of work in a registry with one case of two projects and one past record."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'registry.sqlite3'}"
    async with registry_at(url, tmp_path) as registry, papers.units(registry)() as unit:
        await unit.cases.add(_case())
        yield unit


def _case() -> Case:
    return Case(
        id=CASE_ID,
        city="ageo",
        process_id="ageo-signing",
        opened_on=date(2026, 5, 1),
        partner=papers.partner(),
        offers=[Offer(round=1, offered_on=date(2026, 5, 1), purpose="見守り", fields=[1, 2])],
        projects=[
            Project(round=1, number=1, field=1, title="健康測定", content="店舗で測る"),
            Project(round=1, number=2, field=2, title="見守り", content="声を掛ける"),
        ],
        records=[PastRecord(fiscal_year=2024, field=6, title=KEPT, department="")],
    )


async def _titles(uow: SqlUnitOfWork) -> list[str]:
    return [record.title for record in (await uow.cases.get(CASE_ID)).records]


async def test_past_projects_replace_the_former_list_and_come_back_as_rows(uow: SqlUnitOfWork) -> None:
    form = {"records": [{"fiscalYear": "令和7年度", "field": "2", "title": "養成講座", "department": "高齢介護課"}]}
    answer = await record_past_projects(uow, CASE_ID, form)
    assert await _titles(uow) == ["養成講座"]
    assert answer["pastRecords"] == [
        {
            "fiscalYear": "令和7年度",
            "field": "2",
            "fieldName": "高齢者福祉・障害者福祉に関すること",
            "title": "養成講座",
            "department": "高齢介護課",
        }
    ]


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ({"fiscalYear": "令和40年度", "field": "2", "title": "講座"}, "1件目 年度"),
        ({"fiscalYear": "令和7年度", "field": "99", "title": "講座"}, "1件目 連携事項"),
        ({"fiscalYear": "令和7年度", "field": "2"}, "1件目 事業名"),
    ],
)
async def test_a_bad_past_project_is_refused_by_name_and_the_former_list_stays(
    row: dict[str, str], named: str, uow: SqlUnitOfWork
) -> None:
    with pytest.raises(InputErrors, match=named):
        await record_past_projects(uow, CASE_ID, {"records": [row]})
    assert await _titles(uow) == [KEPT]


async def test_an_offer_without_a_list_of_records_leaves_them_as_they_are(uow: SqlUnitOfWork) -> None:
    await record_offer(uow, CASE_ID, OFFER)
    assert await _titles(uow) == [KEPT]


@pytest.mark.parametrize("records", [None, []])
async def test_an_offer_with_an_empty_list_of_records_clears_them(records: Any, uow: SqlUnitOfWork) -> None:
    await record_offer(uow, CASE_ID, {**OFFER, "records": records})
    assert await _titles(uow) == []


@pytest.mark.parametrize("following", ["talks", "decide"])
async def test_a_project_can_be_feasible_without_talks(following: str, uow: SqlUnitOfWork) -> None:
    rows = [
        {"number": 1, "judgement": "feasible", "department": "kenko"},
        {"number": 2, "judgement": "talks", "department": "korei"},
    ]
    answer = await record_discussion(uow, CASE_ID, {"next": following, "projects": rows})
    first, second = (await uow.cases.get(CASE_ID)).current_projects()
    assert (first.status, first.department) == (ProjectStatus.FEASIBLE, "kenko")
    assert second.status is (ProjectStatus.TALKS if following == "talks" else ProjectStatus.PROPOSED)
    assert [row["number"] for row in answer["talkProjects"]] == ([2] if following == "talks" else [])


async def test_a_project_that_goes_on_needs_a_department(uow: SqlUnitOfWork) -> None:
    with pytest.raises(InputError, match="事業1の担当する課"):
        await record_discussion(uow, CASE_ID, {"next": "decide", "projects": [{"number": 1, "judgement": "feasible"}]})
