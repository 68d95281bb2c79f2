"""The mail sender against a server that behaves: once each, one recipient a message, at once, over one connection."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.posting import SENDER, posting
from tests.kit.smtp import SmtpServer
from workers.adapters.registry.queue import MailQueue, QueueStatus
from workers.errors import RetryableError

pytestmark = pytest.mark.asyncio


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'registry.sqlite3'}"


@pytest.fixture(name="server")
def _server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


async def test_mails_leave_once_each_with_one_recipient_over_one_connection(
    server: SmtpServer, database_url: str, tmp_path: Path
) -> None:
    async with posting(database_url, tmp_path, server) as post, post.sending():
        await post.enqueue("a", "b", "c")
        await post.sent_once(server, "a", "b", "c")
        assert {tuple(mail.recipients) for mail in server.accepted} == {(f"{n}@city.example.jp",) for n in "abc"}
        assert {mail.sender for mail in server.accepted} == {SENDER}
        assert server.connections == 1
        mail = await post.mail("a")
        assert (mail.attempts, mail.smtp_reply) == (1, "250 2.0.0 OK")
        queued = await post.mails.get(mail.id)
        assert queued is not None
        assert server.of("a@city.example.jp")[0].content == queued.raw


async def test_two_senders_share_the_work_and_send_each_mail_once(
    server: SmtpServer, database_url: str, tmp_path: Path
) -> None:
    names = [f"n{number}" for number in range(150)]
    async with posting(database_url, tmp_path, server) as post:
        await post.enqueue(*names)
        async with post.sending(), post.sending():
            await post.sent_once(server, *names)


async def test_a_mail_that_is_queued_in_this_process_leaves_at_once(
    server: SmtpServer, sqlite_url: str, tmp_path: Path
) -> None:
    async with posting(sqlite_url, tmp_path, server) as post, post.sending():
        await post.enqueue("warm")
        await post.reached(QueueStatus.SENT, 1)
        started = time.monotonic()
        await post.enqueue("a")
        await server.wait(lambda mails: len(mails) == 2)
        assert time.monotonic() - started < 0.5


async def test_a_mail_of_another_process_leaves_within_two_seconds(
    server: SmtpServer, sqlite_url: str, tmp_path: Path
) -> None:
    async with posting(sqlite_url, tmp_path, server) as post, post.sending():
        await post.enqueue("a", wake=False)
        await server.wait(list, timeout=2)


async def test_a_registry_that_fails_at_the_mark_stops_the_sending_until_it_is_back(
    server: SmtpServer, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_sent = MailQueue.sent
    refusals = 0

    async def failing(self: MailQueue, item_id: int, reply: str) -> bool:
        nonlocal refusals
        if refusals < 3:
            refusals += 1
            assert len(server.accepted) == 1
            raise RetryableError("データベースに今つながりません")
        return await really_sent(self, item_id, reply)

    monkeypatch.setattr(MailQueue, "sent", failing)
    async with posting(sqlite_url, tmp_path, server) as post, post.sending():
        await post.enqueue("a", "b")
        await post.sent_once(server, "a", "b")
    assert refusals == 3


async def test_a_sender_that_stops_gives_back_what_it_has_not_sent(
    server: SmtpServer, sqlite_url: str, tmp_path: Path
) -> None:
    server.latency = 0.2
    async with posting(sqlite_url, tmp_path, server) as post:
        await post.enqueue(*"abcdefgh")
        async with post.sending():
            await server.wait(list)
        states = await post.states()
        assert states[QueueStatus.SENDING] == 0
        assert states[QueueStatus.SENT] == len(server.accepted) < 8
        assert {mail.attempts for mail in await post.mails.list(status=QueueStatus.QUEUED)} == {0}
        server.latency = 0
        async with post.sending():
            await post.sent_once(server, *"abcdefgh")


async def test_the_mails_of_a_sender_that_died_are_taken_over_when_its_lease_has_run_out(
    server: SmtpServer, sqlite_url: str, tmp_path: Path
) -> None:
    async with posting(sqlite_url, tmp_path, server) as post:
        await post.enqueue("a", "b")
        assert len(await post.mails.claim("dead", 10, 1.0)) == 2
        async with post.sending():
            await post.sent_once(server, "a", "b")
        assert {mail.attempts for mail in await post.mails.list()} == {2}


async def test_a_long_queue_keeps_its_leases_while_the_server_is_slow(
    server: SmtpServer, sqlite_url: str, tmp_path: Path
) -> None:
    server.latency = 0.3
    async with posting(sqlite_url, tmp_path, server) as post:
        await post.enqueue(*"abcdefgh")
        async with post.sending() as slow, post.sending() as other:
            slow.drain._lease_seconds = other.drain._lease_seconds = 1.5
            await post.sent_once(server, *"abcdefgh")
        await asyncio.sleep(0)
    assert len(server.accepted) == 8
