"""The yearly question about contacts in the registry: who is asked, when, and what an answer changes (ALL-25)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from tests.kit.registry import registry_at
from tests.kit.terms import Terms
from workers.domain.contactchecks import NEVER
from workers.domain.entities import CaseKind, Partner
from workers.errors import InputError
from workers.usecases.agreement_life import life_of
from workers.usecases.confirm_contacts import Confirmation, GivenContacts, confirm_contacts

pytestmark = pytest.mark.asyncio
SIGNED, OPENING, ENDS = date(2026, 4, 1), date(2026, 10, 1), date(2030, 3, 31)
_DAY = timedelta(days=1)
PAGE = "Task_ConfirmContacts"
CHANGED = {
    "representative": "",
    "contact": "総務課 見本 花子",
    "email": "hanako@partner.example",
    "phone": "027-000-0000",
}


@pytest_asyncio.fixture
async def terms(database_url: str, tmp_path: Path) -> AsyncIterator[Terms]:
    """Return a register with three agreements of 伊勢崎市, the third with another person, and one of 旭川市."""
    async with registry_at(database_url, tmp_path) as registry:
        made = Terms(registry, asking={"isesaki"})
        made.on(SIGNED)
        for number in (1, 2, 3):
            await made.sign("isesaki", SIGNED, ends=ENDS, number=number)
        await made.sign("asahikawa", SIGNED, ends=ENDS)
        async with made.unit() as uow:
            third = await uow.agreements.get("isesaki-a3")
            third.partner = Partner(name="株式会社上州あおぞら銀行", representative="", contact="融資課", email="")
            await uow.commit()
        yield made


async def _asked(terms: Terms, day: date) -> list[str]:
    return (await terms.sweep(day)).questions


async def _confirm(terms: Terms, given: GivenContacts) -> None:
    (case,) = await terms.cases("isesaki-a1", CaseKind.CONTACTS)
    async with terms.unit() as uow:
        await confirm_contacts(uow, case.id, given, page=PAGE)
        await uow.commit()


async def _contacts(terms: Terms, agreement_id: str) -> tuple[str, str]:
    partner = (await terms.agreement(agreement_id)).partner
    assert partner is not None
    return partner.contact, partner.email


async def test_the_watch_asks_each_person_once_a_year_also_after_days_missed(terms: Terms) -> None:
    """Not the day before; a missed day is caught up; a repeated day changes nothing; the next year it asks again."""
    assert await _asked(terms, OPENING - _DAY) == []
    assert await _asked(terms, OPENING + 3 * _DAY) == ["isesaki-a1", "isesaki-a3"]
    assert await _asked(terms, OPENING + 3 * _DAY) == []
    assert await _asked(terms, OPENING + 200 * _DAY) == []
    assert await _asked(terms, date(2027, 10, 1)) == ["isesaki-a1", "isesaki-a3"]
    periods = [case.period for case in await terms.cases("isesaki-a1", CaseKind.CONTACTS)]
    assert periods == ["2026", "2027"]
    assert (await terms.agreement("asahikawa-a1")).contacts_due_on == NEVER, "its city asks nobody"


async def test_a_city_that_begins_to_ask_asks_on_its_next_day(terms: Terms) -> None:
    """Agreements of before the question waited for ever, or for another day that the city had chosen."""
    async with terms.unit() as uow:
        for number, day in ((1, NEVER), (3, date(2027, 3, 1))):
            (await uow.agreements.get(f"isesaki-a{number}")).contacts_due_on = day
        await uow.commit()
    assert await _asked(terms, OPENING - _DAY) == []
    assert await _asked(terms, OPENING) == ["isesaki-a1", "isesaki-a3"]


async def test_another_day_within_the_year_asks_nobody_twice(terms: Terms) -> None:
    """An agreement whose day comes from the city's former choice was asked this year already."""
    assert await _asked(terms, OPENING) == ["isesaki-a1", "isesaki-a3"]
    async with terms.unit() as uow:
        for number in (1, 2, 3):
            (await uow.agreements.get(f"isesaki-a{number}")).contacts_due_on = date(2027, 2, 1)
        await uow.commit()
    assert await _asked(terms, date(2027, 2, 1)) == []


async def test_an_agreement_that_has_ended_is_not_asked_about(terms: Terms) -> None:
    """The term is over on the day of the question."""
    async with terms.unit() as uow:
        for number in (1, 2):
            (await uow.agreements.get(f"isesaki-a{number}")).ended_on = date(2026, 9, 30)
        await uow.commit()
    assert await _asked(terms, OPENING) == ["isesaki-a3"]


async def test_corrected_contacts_go_to_every_agreement_of_the_person_with_what_stood_before(terms: Terms) -> None:
    """The other person's agreement keeps its contacts; the book says when they were confirmed."""
    await _asked(terms, OPENING)
    before = await _contacts(terms, "isesaki-a3")
    await _confirm(terms, GivenContacts(confirmation=Confirmation.CHANGED, contacts=CHANGED))
    for number in (1, 2):
        assert await _contacts(terms, f"isesaki-a{number}") == (CHANGED["contact"], CHANGED["email"])
    assert await _contacts(terms, "isesaki-a3") == before
    async with terms.unit() as uow:
        life, other = await life_of(uow, "isesaki-a2"), await life_of(uow, "isesaki-a3")
        corrections = await uow.register.corrections("isesaki-a2")
    assert life.confirmed is not None
    assert (life.confirmed.on, life.confirmed.said) == (OPENING, "直した")
    assert other.confirmed is None
    assert {(one.column, one.by, one.new) for one in corrections} >= {
        ("担当者", "戦略推進課", CHANGED["contact"]),
        ("メール", "戦略推進課", CHANGED["email"]),
    }
    assert all(one.source == "連絡先の確認 令和8年度 第1号" for one in corrections)


@pytest.mark.parametrize("confirmation", [Confirmation.SAME, Confirmation.UNREACHABLE])
async def test_an_answer_without_a_change_changes_nothing(terms: Terms, confirmation: Confirmation) -> None:
    """What the hidden fields hold does not count."""
    await _asked(terms, OPENING)
    before = await _contacts(terms, "isesaki-a1")
    await _confirm(terms, GivenContacts(confirmation=confirmation, contacts=CHANGED, remark="電話をかけた"))
    assert await _contacts(terms, "isesaki-a1") == before
    async with terms.unit() as uow:
        assert await uow.register.corrections("isesaki-a1") == []
        life = await life_of(uow, "isesaki-a1")
    assert life.confirmed is not None
    assert life.confirmed.on == OPENING


async def test_a_contact_that_cannot_be_one_is_refused_and_named(terms: Terms) -> None:
    """Nothing of the answer is kept."""
    await _asked(terms, OPENING)
    before = await _contacts(terms, "isesaki-a1")
    with pytest.raises(InputError, match="電話"):
        await _confirm(
            terms, GivenContacts(confirmation=Confirmation.CHANGED, contacts={**CHANGED, "phone": "代表に同じ"})
        )
    assert await _contacts(terms, "isesaki-a1") == before
