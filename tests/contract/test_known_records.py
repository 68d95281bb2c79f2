"""When the city invites a partner, the mail names what the register knows of their projects so far (ISE-1)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.kit import papers
from tests.kit.registry import registry_at, some_job
from tests.kit.work import open_case
from workers.adapters.registry.unit_of_work import SqlUnitOfWork
from workers.domain.agreements import Activity, ActivityStatus, Agreement, AgreementTerm
from workers.domain.entities import Partner
from workers.usecases.review_mail import prepare_mail

pytestmark = pytest.mark.asyncio
_FORM = {
    "name": "株式会社上州あおぞら銀行",
    "representative": "代表取締役頭取　高崎 太郎",
    "contact": "渋川 次郎",
    "email": "renkei@aozora.example",
}


@pytest_asyncio.fixture(name="uow")
async def _uow(database_url: str, tmp_path: Path) -> AsyncIterator[SqlUnitOfWork]:
    """A unit of work in a registry with an individual agreement of the partner and its projects."""
    async with registry_at(database_url, tmp_path) as registry, papers.units(registry)() as unit:
        await _register(unit, papers.partner(), "isesaki-a1", "災害時の炊き出し", "配達時の見守り")
        other = Partner(name="株式会社ほか", representative="代表", contact="担当", email="o@example.jp")
        await _register(unit, other, "isesaki-a2", "ほかの相手との事業")
        yield unit


async def _register(uow: SqlUnitOfWork, partner: Partner, number: str, *titles: str) -> None:
    term = AgreementTerm(number=1, starts_on=date(2024, 4, 1), expires_on=date(2027, 3, 31), notice_deadline=None)
    agreement = Agreement(
        id=number,
        case_id=None,
        city="isesaki",
        kind="individual",
        title="個別の協定",
        signed_on=date(2024, 4, 1),
        parties=[partner.name],
        fields=[7],
        partner=partner,
        terms=[term],
    )
    await uow.agreements.add(agreement)
    for year, title in enumerate(titles, start=2024):
        row: dict[str, Any] = {"agreement_id": number, "case_id": None, "fiscal_year": year, "field": 7}
        await uow.activities.add(Activity(**row, title=title, department="korei", status=ActivityStatus.DONE))
        await uow.activities.add(Activity(**row, title=f"{title}（取りやめ）", status=ActivityStatus.CANCELLED))


async def _opened(uow: SqlUnitOfWork, origin: str) -> dict[str, Any]:
    return await open_case(uow, city=papers.CITY, case_id=None, form={**_FORM, "origin": origin}, ref=some_job())


async def test_the_citys_invitation_lists_what_was_done_so_far(uow: SqlUnitOfWork) -> None:
    """By year, of this partner alone, what was called off left out; the office sees it before it leaves."""
    opened = await _opened(uow, "city")
    assert [row["title"] for row in opened["pastRecords"]] == ["災害時の炊き出し", "配達時の見守り"]
    assert opened["pastRecords"][0]["department"] == papers.CITY.department("korei").name
    draft, _ = await prepare_mail(
        uow, opened["caseId"], template="city-invitation", attach=(), values={"message": ""}, key="k"
    )
    body = draft.body
    assert "・令和6年度 災害時の炊き出し" in body
    assert "・令和7年度 配達時の見守り" in body
    assert [word for word in ("ほかの相手", "取りやめ") if word in body] == []


async def test_an_offer_of_the_partners_own_brings_its_own_records(uow: SqlUnitOfWork) -> None:
    """Nothing is put into it beforehand."""
    assert (await _opened(uow, "partner"))["pastRecords"] == []


async def test_the_records_of_an_earlier_case_count_once(uow: SqlUnitOfWork) -> None:
    """A second invitation finds those of the first, and the same projects are not listed twice."""
    await _opened(uow, "city")
    assert len((await _opened(uow, "city"))["pastRecords"]) == 2
