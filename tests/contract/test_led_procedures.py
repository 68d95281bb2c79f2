"""What a department leads stays with it after the signing: procedures, and mails that wait to be seen (ASA-1)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from tests.kit.registry import registry_at, some_job
from tests.kit.terms import Terms
from tests.kit.work import open_procedure
from workers.adapters.registry import outbox_tables
from workers.domain.agreements import Side
from workers.domain.entities import Case, CaseKind
from workers.usecases.lead import signing_department
from workers.usecases.lookup import project_name
from workers.usecases.notices import record_notice
from workers.usecases.procedures import file_procedure
from workers.usecases.record_step import record_step
from workers.usecases.renewals import renewal_of, tell_both
from workers.usecases.review_mail import WAITING_MAIL
from workers.usecases.send_mail import mail_context, send_mail

pytestmark = pytest.mark.asyncio
_ENDS = date(2027, 3, 31)
_OFFICE, _SECTION = "asahikawa-chiiki", "asahikawa-kankyo"


@pytest_asyncio.fixture(name="terms")
async def _terms(tmp_path: Path) -> AsyncIterator[Terms]:
    """A register with an agreement that a section leads, and one of the office."""
    async with registry_at(f"sqlite+aiosqlite:///{tmp_path / 'registry.sqlite3'}", tmp_path) as registry:
        made = Terms(registry)
        made.on(date(2027, 1, 20))
        await made.sign("asahikawa", date(2026, 6, 1), number=1, ends=_ENDS, renews=True, department="kankyo")
        await made.sign("asahikawa", date(2026, 6, 1), number=2, ends=_ENDS, renews=True)
        yield made


async def _group(terms: Terms, number: str, kind: CaseKind) -> str:
    async with terms.unit() as uow:
        case = await file_procedure(uow, await uow.agreements.get(number), kind, "2027")
        opened = await open_procedure(uow, kind=kind.value, case_id=case.id, form={}, ref=some_job())
        lead = (await mail_context(uow, case, uow.cities.city("asahikawa")))["lead"]
        assert (lead is not None) == (opened["officeGroup"] != _OFFICE)
        return str(opened["officeGroup"])


async def test_the_section_works_on_the_procedures_of_its_agreement(terms: Terms) -> None:
    """The office's tasks of a renewal are its own, and its mails speak as it; the yearly collection is the office's."""
    assert await _group(terms, "asahikawa-a1", CaseKind.RENEWAL) == _SECTION
    assert await _group(terms, "asahikawa-a2", CaseKind.RENEWAL) == _OFFICE
    assert await _group(terms, "asahikawa-a1", CaseKind.ANNUAL) == _OFFICE


async def test_the_section_sees_its_mails_before_they_leave(terms: Terms) -> None:
    """A renewal that does not come about is told by whoever leads the agreement."""
    for number in ("asahikawa-a1", "asahikawa-a2"):
        async with terms.unit() as uow:
            await record_notice(uow, number, side=Side.PARTNER, received_on=date(2027, 1, 20))
            await uow.commit()
    async with terms.unit() as uow:
        for number in ("asahikawa-a1", "asahikawa-a2"):
            (case,) = await uow.cases.of_agreement(number, kind=CaseKind.RENEWAL)
            await tell_both(uow, await renewal_of(uow, case.id), "blocked")
        await uow.commit()
    async with terms.unit() as uow:
        payloads = (await uow._session.scalars(select(outbox_tables.engine_call.c.payload))).all()
    waiting = [payload["variables"] for payload in payloads if payload["name"] == WAITING_MAIL]
    assert sorted(variables["officeGroup"] for variables in waiting) == [_OFFICE, _SECTION]


async def test_a_partner_is_written_by_the_section_whose_project_it_is(terms: Terms) -> None:
    """CHI-4: 茅ヶ崎市's office keeps its tasks; name, telephone and reply address of mails are the section's."""
    ends = date(2027, 6, 30)
    await terms.sign("chigasaki", date(2026, 7, 1), ends=ends, department="koen")
    async with terms.unit() as uow:
        case = await file_procedure(uow, await uow.agreements.get("chigasaki-a1"), CaseKind.ANNUAL, "2026")
        opened = await open_procedure(uow, kind="annual", case_id=case.id, form={}, ref=some_job())
        await send_mail(
            uow,
            case.id,
            template="evaluation-reminder-partner",
            to="partner",
            attach=(),
            values={"deadline": {"text": "令和9年2月1日（月）"}},
            department="koen",
            key="reminder",
        )
        await uow.commit()
    async with terms.unit() as uow:
        (raw,) = (await uow._session.scalars(select(outbox_tables.mail.c.raw))).all()
    message = message_from_bytes(raw, policy=SMTP)
    text = message.get_content()
    assert opened["officeGroup"] == "chigasaki-jichi"
    assert message["Reply-To"] == "koen@city.chigasaki.example"
    assert [
        part for part in ("茅ヶ崎市 公園緑地課です。", "建設部 公園緑地課", "0467-00-0114") if part not in text
    ] == []


async def test_before_there_is_an_agreement_the_project_says_whose_it_is(terms: Terms) -> None:
    """CHI-4: from the day on which the project was given to a section; before, the office writes."""
    async with terms.unit() as uow:
        city = uow.cities.city("chigasaki")
        case = Case(
            id="chigasaki-1", city="chigasaki", process_id="chigasaki-collaboration", opened_on=date(2027, 1, 20)
        )
        await uow.cases.add(case)
        assert await signing_department(uow, case, city) is None
        await record_step(uow, case.id, "project", {"departmentCode": "doro"})
        found = await signing_department(uow, await uow.cases.get(case.id), city)
    assert found is not None
    assert found.email == "doro@city.chigasaki.example"


async def test_what_is_evaluated_is_the_project_and_not_its_paper(terms: Terms) -> None:
    """CHI-7: the name that the case recorded; an agreement without a case is called by its title."""
    await terms.sign("chigasaki", date(2026, 7, 1), ends=date(2027, 6, 30), department="koen")
    async with terms.unit() as uow:
        agreement = await uow.agreements.get("chigasaki-a1")
        assert await project_name(uow, agreement) == agreement.title
        begun = date(2026, 6, 1)
        case = Case(id="chigasaki-1", city="chigasaki", process_id="chigasaki-collaboration", opened_on=begun)
        await uow.cases.add(case)
        await record_step(uow, case.id, "project", {"projectTitle": "海岸の見守りと清掃"})
        agreement.case_id = case.id
        assert await project_name(uow, agreement) == "海岸の見守りと清掃"
