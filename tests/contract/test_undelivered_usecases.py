"""Which undelivered mails are the office's task, and what a mended address changes (ALL-2)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from tests.kit import papers
from tests.kit.registry import Registry, registry_at
from tests.kit.work import load_undelivered, settle_undelivered
from workers.adapters.registry import outbox_tables
from workers.adapters.registry.outbox_tables import QueueStatus
from workers.adapters.registry.unit_of_work import SqlUnitOfWork
from workers.domain.entities import Case
from workers.errors import InputError, PermanentError
from workers.usecases.send_mail import send_mail
from workers.usecases.undelivered import report_undelivered

pytestmark = pytest.mark.asyncio
CASE_ID = "isesaki-2026-1"
Units = Callable[[], SqlUnitOfWork]
_MAIL = outbox_tables.mail


@pytest_asyncio.fixture
async def registry(tmp_path: Path) -> Any:
    async with registry_at(f"sqlite+aiosqlite:///{tmp_path / 'registry.sqlite3'}", tmp_path) as made:
        yield made


@pytest_asyncio.fixture
async def units(registry: Registry) -> Units:
    """Return units of work with one case whose partner was written to."""
    made = papers.units(registry)
    case = Case(
        id=CASE_ID,
        city="isesaki",
        process_id="isesaki-signing",
        opened_on=date(2026, 5, 1),
        partner=papers.partner(),
    )
    async with made() as uow:
        await uow.cases.add(case)
        await uow.commit()
    return made


async def refused(uow: SqlUnitOfWork, to: str = "partner", template: str = "offer-request") -> int:
    """Write a mail that its recipient's server refuses; returns its number."""
    values = {"task_name": "② 申出書を出す", "done_at": uow.clock.now()}
    await send_mail(uow, CASE_ID, template=template, to=to, attach=(), values=values, department=None, key="k")
    number: int = (await uow._session.scalars(select(_MAIL.c.id).order_by(_MAIL.c.id.desc()))).first() or 0
    bounced = {"status": QueueStatus.BOUNCED, "last_error": "550 no such user"}
    await uow._session.execute(update(_MAIL).where(_MAIL.c.id == number).values(**bounced))
    return number


async def test_only_a_mail_to_the_partner_is_a_task_and_once(units: Units) -> None:
    """Reported twice it begins one task; the office's own mail is told in the history alone."""
    async with units() as uow:
        partner = await refused(uow)
        office = await refused(uow, "office", "task-unassigned")
        for number in (partner, partner, office):
            await report_undelivered(uow, number)
        calls = (await uow._session.execute(select(outbox_tables.engine_call))).all()
        told = [entry.what for entry in await uow.history.of_case(CASE_ID) if "届かなかった" in entry.what]
    assert [call.payload["variables"] for call in calls] == [{"caseId": CASE_ID, "mailId": partner}]
    assert any("「担当者の分からない作業があります」" in what for what in told)


async def test_a_mended_address_is_kept_and_the_same_one_is_no_change(units: Units) -> None:
    """The next mail goes to the new address; sending again to the old one changes nobody's address."""
    async with units() as uow:
        number = await refused(uow)
        shown = (await load_undelivered(uow, CASE_ID, number))["undelivered"]
        await settle_undelivered(uow, CASE_ID, number, {"choice": "resend", "address": shown["to"]}, key="1")
        kept = (await uow.cases.get(CASE_ID)).partner
        assert kept is not None
        assert kept.email == shown["to"] == papers.partner().email
        await settle_undelivered(uow, CASE_ID, number, {"choice": "resend", "address": "a@mihon.example"}, key="2")
        case = await uow.cases.get(CASE_ID)
        recipients = (await uow._session.scalars(select(_MAIL.c.recipient).order_by(_MAIL.c.id))).all()
    assert case.partner is not None
    assert case.partner.email == "a@mihon.example"
    assert recipients == [shown["to"], shown["to"], "a@mihon.example"]


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"choice": "told", "how": " "},
        {"choice": "resend", "address": ""},
        {"choice": "resend", "address": "a@b.example\nBcc: c@d.example"},
    ],
)
async def test_an_incomplete_answer_is_refused(units: Units, reply: dict[str, Any]) -> None:
    """Neither an address that is none nor an empty account passes; nothing is written."""
    async with units() as uow:
        number = await refused(uow)
        with pytest.raises(InputError):
            await settle_undelivered(uow, CASE_ID, number, reply, key="1")
        assert len((await uow._session.scalars(select(_MAIL.c.id))).all()) == 1


async def test_a_mail_that_is_not_there_is_said_to_be_missing(units: Units) -> None:
    """A number of nothing is an error with the number."""
    async with units() as uow:
        with pytest.raises(PermanentError, match="メール 77 が台帳にありません"):
            await report_undelivered(uow, 77)
