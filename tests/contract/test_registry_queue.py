"""The outboxes: once only in, one sender at a time out, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from tests.kit.registry import MORNING, Registry, registry_at, some_case, some_mail
from workers.adapters.registry.queue import (
    Depth,
    EngineCallQueue,
    FollowUp,
    MailQueue,
    QueuedMail,
    QueueStatus,
)

pytestmark = pytest.mark.asyncio


async def enqueue(registry: Registry, *keys: str) -> None:
    async with registry.units()() as uow:
        for key in keys:
            assert await uow.outbox.mail(some_mail(key))
        await uow.commit()


def mail_queue(registry: Registry) -> MailQueue:
    return MailQueue(registry.sessions(), now=registry.now)


async def claim_one(queue: MailQueue, owner: str = "a", lease_seconds: float = 60) -> QueuedMail:
    (mail,) = await queue.claim(owner, 1, lease_seconds)
    return mail


async def test_a_mail_is_rendered_once_and_accepted_once(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        async with registry.units()() as uow:
            await uow.cases.add(some_case())
            document = await uow.documents.store(
                case_id="sakura-2026-1",
                kind="offer",
                name="申出書.docx",
                media_type="application/x",
                content=b"abc",
                draft=False,
            )
            assert await uow.outbox.mail(some_mail(attachments=[document])) is True
            assert await uow.outbox.mail(some_mail()) is False
            await uow.commit()
        async with registry.units()() as uow:
            assert await uow.outbox.mail(some_mail()) is False
        assert registry.mails.rendered == 1
        mail = await claim_one(mail_queue(registry))
        assert mail.message_id == "<1@example.jp>"
        assert mail.raw == repr((1, some_mail().business_key, [("申出書.docx", "application/x", b"abc")])).encode()
        assert (mail.status, mail.attempts, mail.lease_owner) == (QueueStatus.SENDING, 1, "a")
        assert (mail.dated_at, mail.queued_at) == (MORNING, registry.now())
        assert mail.deadline_at == registry.now() + timedelta(hours=72)


async def test_a_mail_of_a_transaction_that_failed_is_not_there(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        async with registry.units()() as uow:
            await uow.outbox.mail(some_mail())
        assert await mail_queue(registry).claim("a", 10, 60) == []


async def test_claimers_in_parallel_never_get_the_same_mail_and_together_get_all(
    database_url: str, tmp_path: Path
) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        keys = [f"key-{number}" for number in range(120)]
        await enqueue(registry, *keys)
        got: list[str] = []

        async def drain(owner: str) -> None:
            queue = mail_queue(registry)
            while mails := await queue.claim(owner, 5, 60):
                got.extend(mail.business_key for mail in mails)

        await asyncio.gather(*(drain(f"sender-{number}") for number in range(6)))
        assert len(got) == 120
        assert set(got) == set(keys)


async def test_a_claim_does_not_wait_for_rows_that_another_one_is_claiming(database_url: str, tmp_path: Path) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite has one writer at a time: claims wait for each other there")
    async with registry_at(database_url, tmp_path) as registry:
        await enqueue(registry, "first", "second")
        slow = mail_queue(registry)
        async with slow._transaction() as session:
            held = await session.execute(slow._claiming("slow", 1, 60))
            assert [row.business_key for row in held] == ["first"]
            async with asyncio.timeout(5):
                assert [mail.business_key for mail in await mail_queue(registry).claim("fast", 5, 60)] == ["second"]


async def test_a_lease_that_ran_out_is_claimable_again_and_not_before(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        await enqueue(registry, "key")
        queue = mail_queue(registry)
        await claim_one(queue, "a", 60)
        registry.now.forward(seconds=59)
        assert await queue.claim("b", 1, 60) == []
        assert await queue.next_due() == registry.now() + timedelta(seconds=1)
        registry.now.forward(seconds=1)
        again = await claim_one(queue, "b", 60)
        assert (again.lease_owner, again.attempts) == ("b", 2)


async def test_who_lost_the_lease_cannot_put_the_mail_back_but_can_say_that_it_is_out(
    database_url: str, tmp_path: Path
) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        await enqueue(registry, "key")
        queue = mail_queue(registry)
        mail = await claim_one(queue, "a", 60)
        registry.now.forward(seconds=61)
        await claim_one(queue, "b", 60)
        assert await queue.retry(mail.id, "451", registry.now(), owner="a") is False
        assert await queue.failed(mail.id, "550", permanent_bounce=True, owner="a") is False
        assert await queue.sent(mail.id, "250 2.0.0 Ok") is True
        assert await queue.retry(mail.id, "451", registry.now(), owner="b") is False
        assert await queue.sent(mail.id, "250 again") is False
        (listed,) = await queue.list()
        assert (listed.status, listed.smtp_reply, listed.sent_at) == (
            QueueStatus.SENT,
            "250 2.0.0 Ok",
            registry.now(),
        )
        assert (listed.lease_owner, listed.lease_until, listed.raw) == (None, None, b"")


async def test_a_mail_put_back_comes_at_its_moment_with_its_error(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        await enqueue(registry, "key")
        queue = mail_queue(registry)
        mail = await claim_one(queue)
        later = registry.now() + timedelta(minutes=5)
        assert await queue.retry(mail.id, "451 後で", later)
        assert await queue.claim("a", 1, 60) == []
        assert await queue.next_due() == later
        registry.now.forward(minutes=5)
        again = await claim_one(queue)
        assert (again.last_error, again.attempts, again.raw) == ("451 後で", 2, mail.raw)


async def test_leases_are_prolonged_and_given_back(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        await enqueue(registry, "one", "two", "three")
        queue = mail_queue(registry)
        held = await queue.claim("a", 2, 60)
        await queue.claim("b", 1, 60)
        await queue.sent(held[0].id, "250")
        registry.now.forward(seconds=50)
        assert await queue.extend("a", 60) == 1
        registry.now.forward(seconds=50)
        assert [mail.business_key for mail in await queue.claim("c", 9, 60)] == ["three"]
        assert await queue.release("a") == 1
        back = await claim_one(queue, "c")
        assert (back.business_key, back.attempts) == ("two", 1)


async def test_a_bounce_ends_the_mail_and_orders_the_offices_task_once(database_url: str, tmp_path: Path) -> None:
    """ALL-2."""
    async with registry_at(database_url, tmp_path) as registry:
        await enqueue(registry, "key", "other")
        queue = mail_queue(registry)
        one, two = await queue.claim("a", 2, 60)
        call = FollowUp(business_key="bounce/key", kind="publish-message", payload={"case": "sakura-2026-1"})
        assert await queue.failed(one.id, "550 宛先なし", permanent_bounce=True, follow_up=call)
        assert not await queue.failed(one.id, "550 宛先なし", permanent_bounce=True, follow_up=call)
        assert await queue.failed(two.id, "期限", permanent_bounce=False)
        assert [(mail.status, mail.last_error) for mail in await queue.list()] == [
            (QueueStatus.BOUNCED, "550 宛先なし"),
            (QueueStatus.FAILED, "期限"),
        ]
        assert await queue.next_due() is None
        calls = EngineCallQueue(registry.sessions(), now=registry.now)
        (made,) = await calls.claim("a", 10, 60)
        assert (made.kind, made.payload) == ("publish-message", {"case": "sakura-2026-1"})
        assert await queue.requeue(one.id, deadline_at=registry.now() + timedelta(hours=1))
        assert not await queue.requeue(one.id)
        assert (await claim_one(queue)).deadline_at == registry.now() + timedelta(hours=1)


async def test_depth_and_age_tell_what_waits(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        queue = mail_queue(registry)
        assert await queue.depth_and_age() == Depth(waiting=0, oldest_seconds=0.0)
        assert await queue.next_due() is None
        await enqueue(registry, "old")
        registry.now.forward(seconds=90)
        await enqueue(registry, "new")
        assert await queue.depth_and_age() == Depth(waiting=2, oldest_seconds=90.0)
        await queue.sent((await claim_one(queue)).id, "250")
        assert await queue.depth_and_age() == Depth(waiting=1, oldest_seconds=0.0)
        assert await queue.counts() == {QueueStatus.QUEUED: 1, QueueStatus.SENT: 1}


async def test_mails_are_listed_by_status_case_and_city(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        async with registry.units()() as uow:
            await uow.outbox.mail(some_mail("a"))
            await uow.outbox.mail(some_mail("b", case_id="ume-2026-1", city="ume"))
            await uow.outbox.mail(some_mail("c", case_id="sakura-2026-2"))
            await uow.commit()
        queue = mail_queue(registry)
        await queue.sent((await claim_one(queue)).id, "250")
        assert [m.business_key for m in await queue.list()] == ["a", "b", "c"]
        assert [m.business_key for m in await queue.list(limit=2)] == ["b", "c"]
        assert [m.business_key for m in await queue.list(status=QueueStatus.SENT)] == ["a"]
        assert [m.business_key for m in await queue.list(city="ume")] == ["b"]
        assert [m.business_key for m in await queue.list(case_id="sakura-2026-2")] == ["c"]
        whole = await queue.get((await queue.list())[1].id)
        assert whole is not None
        assert whole.raw == repr((2, "b", [])).encode()
        assert await queue.get(999) is None


async def test_engine_calls_are_accepted_once_and_leave_like_mails(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        async with registry.units()() as uow:
            payload = {"name": "common-due-changed", "key": 2**53 + 1, "理由": ["延長"]}
            assert await uow.outbox.engine_call(business_key="due/1", kind="publish-message", payload=payload) is True
            assert await uow.outbox.engine_call(business_key="due/1", kind="publish-message", payload={}) is False
            await uow.outbox.engine_call(business_key="due/2", kind="update-due-dates", payload={})
            await uow.commit()
        queue = EngineCallQueue(registry.sessions(), now=registry.now)
        one, two = await queue.claim("a", 10, 60)
        assert (one.kind, one.payload) == ("publish-message", payload)
        assert await queue.sent(one.id)
        assert await queue.failed(two.id, "NOT_FOUND")
        assert [(c.status, c.last_error) for c in await queue.list()] == [
            (QueueStatus.SENT, ""),
            (QueueStatus.FAILED, "NOT_FOUND"),
        ]


async def test_what_a_queue_shows_of_a_mail_in_a_log_names_nobody(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        await enqueue(registry, "key")
        mail = await claim_one(mail_queue(registry))
        assert mail.recipient == "taro@partner.example.jp"
        assert "taro" not in repr(mail)
