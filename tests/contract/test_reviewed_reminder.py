"""A city whose office reads the reminder of a renewal before it leaves: the partner gets its link all the same."""

from __future__ import annotations

from datetime import date
from email import message_from_string
from email.policy import SMTP
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.kit.registry import registry_at, some_job
from tests.kit.terms import Terms
from tests.kit.work import open_procedure
from workers.adapters.registry.outbox_tables import engine_call
from workers.domain.answers import token_hash
from workers.domain.entities import CaseKind
from workers.domain.mails import MailChoice
from workers.usecases.procedures import file_procedure
from workers.usecases.renewals import renewal_of, tell_both
from workers.usecases.review_mail import WAITING_MAIL, MailDecision, finish_mail, prepare_mail

_PAGES = "http://pages.city.example"
_TASK = "Task_WatchNotices"


@pytest.mark.asyncio
async def test_a_reminder_that_the_office_has_read_brings_the_partners_link(tmp_path: Path) -> None:
    async with registry_at(f"sqlite+aiosqlite:///{tmp_path / 'registry.sqlite3'}", tmp_path) as registry:
        terms = Terms(registry, reviewed=["renewal-reminder"], pages_url=_PAGES)
        terms.on(date(2027, 1, 20))
        await terms.sign("isesaki", date(2026, 6, 1), ends=date(2027, 3, 31), renews=True)
        async with terms.unit() as uow:
            case = await file_procedure(uow, await uow.agreements.get("isesaki-a1"), CaseKind.RENEWAL, "2")
            await open_procedure(uow, kind="renewal", case_id=case.id, form={}, ref=some_job())
            await tell_both(uow, await renewal_of(uow, case.id), "reminder", page=_TASK)
            await uow.commit()
        async with terms.unit() as uow:
            payloads = (await uow._session.scalars(select(engine_call.c.payload))).all()
            (told,) = [payload["variables"] for payload in payloads if payload["name"] == WAITING_MAIL]
            draft, _ = await prepare_mail(
                uow,
                told["caseId"],
                template=told["mailTemplate"],
                attach=(),
                values={},
                key=told["mailKey"],
                page=told["mailPage"],
            )
            decided = MailDecision(choice=MailChoice.SEND, subject=draft.subject, body=draft.body)
            await finish_mail(uow, draft.id or 0, decided, may_return=False, page=told["mailPage"])
            await uow.commit()
        letter = message_from_string(await terms.letter("renewal-reminder"), policy=SMTP)
        body = letter.get_body(("plain",))
        assert body is not None
        text = body.get_content()
        words = [line.strip().removeprefix(f"{_PAGES}/a/") for line in text.splitlines() if f"{_PAGES}/a/" in line]
        async with terms.unit() as uow:
            seen = [await uow.answers.seen(token_hash(word)) for word in words]
    assert [found.link.element_id for found in seen if found] == [_TASK]
