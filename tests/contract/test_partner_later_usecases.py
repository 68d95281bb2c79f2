"""A case may begin before its partner is known, and an agreement may have a title of its own (CHI-3, CHI-4)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.kit import papers
from tests.kit.registry import registry_at, some_job
from tests.kit.work import open_case, record_agreement_terms, record_partner, register_agreement
from workers.adapters.registry.unit_of_work import SqlUnitOfWork
from workers.errors import InputError, InputErrors

pytestmark = pytest.mark.asyncio
PARTNER = {
    "name": "特定非営利活動法人うみまち",
    "representative": "代表理事　浜田 洋子",
    "contact": "海野 健",
    "email": "umi@example.jp",
}
TERMS = {"purpose": "海岸の見守り", "fields": ["3"], "startsOn": "2026-08-01", "expiresOn": "2027-07-31"}


@pytest_asyncio.fixture
async def uow(tmp_path: Path) -> AsyncIterator[SqlUnitOfWork]:
    """A unit of work in an empty registry."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'registry.sqlite3'}"
    async with registry_at(url, tmp_path) as registry:
        units = papers.units(registry)
        async with units() as unit:
            yield unit


async def _opened(uow: SqlUnitOfWork, form: dict[str, str], *, later: bool = True) -> str:
    city = uow.cities.city("chigasaki")
    opened = await open_case(uow, city=city, case_id=None, form=form, ref=some_job(), partner_later=later)
    assert opened["partnerKnown"] is bool(form.get("name"))
    return str(opened["caseId"])


async def test_a_case_without_a_partner_gets_one_later(uow: SqlUnitOfWork) -> None:
    """Its personal data is nulled, as on the start form."""
    case_id = await _opened(uow, {"name": ""})
    assert (await uow.cases.get(case_id)).partner is None

    written = await record_partner(uow, case_id, PARTNER)

    partner = (await uow.cases.get(case_id)).partner
    assert partner is not None
    assert partner.name == PARTNER["name"]
    assert written["partnerKnown"] is True
    assert {written[key] for key in PARTNER} == {None}


async def test_a_named_partner_is_checked_at_once(uow: SqlUnitOfWork) -> None:
    """``partner = later`` lets only the empty name pass."""
    with pytest.raises(InputErrors, match="メールアドレス"):
        await _opened(uow, {**PARTNER, "email": "umi@example"})
    with pytest.raises(InputErrors, match="企業等名"):
        await _opened(uow, {}, later=False)


async def test_a_bad_partner_is_refused_later_too(uow: SqlUnitOfWork) -> None:
    """The case keeps having none."""
    case_id = await _opened(uow, {})
    with pytest.raises(InputErrors, match="メールアドレス"):
        await record_partner(uow, case_id, {**PARTNER, "email": "umi"})
    assert (await uow.cases.get(case_id)).partner is None


async def test_an_agreement_takes_the_title_and_the_dates_that_were_agreed(uow: SqlUnitOfWork) -> None:
    """A rule of kind ``agreed`` adds no days and no renewal."""
    case_id = await _opened(uow, PARTNER)
    await record_agreement_terms(uow, case_id, {**TERMS, "kind": "collaboration", "title": "海岸の見守り 委託契約書"})

    await register_agreement(uow, case_id, {"signedOn": str(uow.clock.today())})

    agreement = await uow.agreements.of_case(case_id)
    assert agreement is not None
    assert (agreement.kind, agreement.title) == ("collaboration", "海岸の見守り 委託契約書")
    assert str(agreement.current_term.expires_on) == "2027-07-31"
    assert agreement.current_term.notice_deadline is None


async def test_without_a_title_the_kind_names_the_agreement(uow: SqlUnitOfWork) -> None:
    """An unknown kind is refused."""
    case_id = await _opened(uow, PARTNER)
    with pytest.raises(InputError, match="協定の形態"):
        await record_agreement_terms(uow, case_id, {**TERMS, "kind": "friendly"})
    await record_agreement_terms(uow, case_id, {**TERMS, "kind": "collaboration"})

    await register_agreement(uow, case_id, {"signedOn": str(uow.clock.today())})

    agreement = await uow.agreements.of_case(case_id)
    assert agreement is not None
    assert agreement.title == "茅ヶ崎市と特定非営利活動法人うみまちとの協働"
