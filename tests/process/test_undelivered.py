"""A mail that a partner did not get is a task of the office, on the real engine (ALL-2)."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import SMTP

import pytest
from sqlalchemy import select

from tests.kit.desk import PACKS, Office, office, starting_files
from tests.kit.driver import EngineDriver
from workers.adapters.registry import outbox_tables
from workers.adapters.registry.queue import FollowUp
from workers.readers.offerfile import read_offer
from workers.runtime.sender import BOUNCED
from workers.settings import Settings
from workers.usecases.open_case import file_case
from workers.usecases.send_mail import send_mail

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]
_MAIL = outbox_tables.mail.c


async def _refused_mail(at_work: Office, *, bounced: bool) -> str:
    """Send a case's first mail, let the partner's server refuse it, and return the case's number."""
    city = at_work.services.packs.city("isesaki")
    path = PACKS / "isesaki" / "scenarios" / "offer-mimamori.toml"
    async with at_work.services.open_unit() as uow:
        case = await file_case(uow, city, read_offer(path, city, at_work.driver.clock.today()))
        await send_mail(
            uow,
            case.id,
            template="offer-request",
            to="partner",
            attach=(),
            values={},
            department=None,
            key="first",
        )
    (mail,) = await at_work.services.mails.list(case_id=case.id)
    call = FollowUp(business_key=f"{BOUNCED}:{mail.id}:1", kind=BOUNCED, payload={"mail_id": mail.id})
    assert await at_work.services.mails.failed(mail.id, "550 5.1.1 no such user", bounced, follow_up=call)
    return case.id


async def test_a_refused_mail_is_sent_again_to_a_mended_address(driver: EngineDriver, settings: Settings) -> None:
    """The office reads why; an address that is none comes back as typed; text and documents leave unchanged."""
    await driver.deploy(starting_files())
    async with office(driver, settings) as at_work:
        case_id = await _refused_mail(at_work, bounced=True)
        task = await driver.task("Task_Handle")
        group = at_work.services.packs.city("isesaki").office.group
        shown = dict(task.variables)
        await driver.complete_task(task, {"undeliveredChoice": "resend", "newAddress": "だれか"})
        again = await driver.task("Task_Handle", instance=task.process_instance_key)
        returned = dict(again.variables)
        await driver.complete_task(again, {"undeliveredChoice": "resend", "newAddress": "atarashii@mihon.example"})
        await driver.completed(task.process_instance_key)
        async with at_work.services.open_unit() as uow:
            case = await uow.cases.get(case_id)
            history = [entry.what for entry in await uow.history.of_case(case_id)]
            query = select(_MAIL.recipient, _MAIL.raw).where(_MAIL.case_id == case_id).order_by(_MAIL.id)
        async with at_work.services.engine.connect() as connection:
            first, second = (await connection.execute(query)).all()
    assert (task.candidate_groups, shown["mailTitle"], shown["mailTo"]) == (
        [group],
        "申出の手順の案内",
        first.recipient,
    )
    assert "受け取りを断りました。\n550 5.1.1 no such user" in shown["failureReason"]
    assert shown["newAddress"] == first.recipient
    assert "メールアドレスの形" in returned["formError"]
    assert (returned["newAddress"], returned["undeliveredChoice"]) == ("だれか", "resend")
    assert case.partner is not None
    assert second.recipient == case.partner.email == "atarashii@mihon.example"
    assert any("が宛先に届かなかった" in what for what in history)
    assert "届かなかったメールを、宛先を直して送り直した: 申出の手順の案内" in history
    old, new = (message_from_bytes(row.raw, policy=SMTP) for row in (first, second))
    assert (old["Subject"], old["Message-ID"] == new["Message-ID"]) == (new["Subject"], False)
    assert new["To"].addresses[0].addr_spec == "atarashii@mihon.example"
    assert new["To"].addresses[0].display_name == old["To"].addresses[0].display_name
    assert [part.get_payload(decode=True) for part in old.walk()] == [
        part.get_payload(decode=True) for part in new.walk()
    ]


async def test_what_was_told_otherwise_is_recorded(driver: EngineDriver, settings: Settings) -> None:
    """A mail that could not leave in time is told by telephone; nothing is sent, the account is in the history."""
    await driver.deploy(starting_files())
    async with office(driver, settings) as at_work:
        case_id = await _refused_mail(at_work, bounced=False)
        task = await driver.task("Task_Handle")
        assert "期限までに送れませんでした" in task.variables["failureReason"]
        await driver.complete_task(task, {"undeliveredChoice": "told", "howTold": "　"})
        again = await driver.task("Task_Handle", instance=task.process_instance_key)
        assert "どう伝えたか" in again.variables["formError"]
        await driver.complete_task(again, {"undeliveredChoice": "told", "howTold": "6月2日に電話で担当の方に伝えた"})
        await driver.completed(task.process_instance_key)
        mails = await at_work.services.mails.list(case_id=case_id)
        async with at_work.services.open_unit() as uow:
            history = [entry.what for entry in await uow.history.of_case(case_id)]
    assert len(mails) == 1
    assert any("6月2日に電話で担当の方に伝えた" in what for what in history)
