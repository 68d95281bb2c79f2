"""The mail sender against a server that misbehaves: nothing is lost, nothing is sent twice without need."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from pyzeebe import ZeebeClient

from tests.kit.certificates import certificate
from tests.kit.posting import Posting, posting
from tests.kit.smtp import SmtpServer, Stage
from workers.adapters.registry.queue import QueuedEngineCall, QueueStatus
from workers.adapters.registry.unit_of_work import committing
from workers.runtime.enginecalls import EngineCalls
from workers.runtime.ports import UserTasks
from workers.runtime.sender import Sender

pytestmark = [pytest.mark.asyncio, pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")]


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path / 'registry.sqlite3'}"


@pytest.fixture(name="server")
def _server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


async def refused(post: Posting, sender: Sender, server: SmtpServer) -> str:
    """Wait until the sender knows that the server refuses us; returns the code."""
    code = await server.wait(lambda _: sender.refusal())
    assert (await post.states())[QueueStatus.SENT] == 0
    return str(code)


@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.MESSAGE])
async def test_a_mail_that_is_wanted_later_goes_later_and_once(
    stage: Stage, server: SmtpServer, sqlite_url: str, tmp_path: Path
) -> None:
    server.fail(stage, "451 4.3.0 try later", times=2)
    async with posting(sqlite_url, tmp_path, server) as post, post.sending():
        await post.enqueue("a", "b")
        await post.sent_once(server, "a", "b")
        assert sum(mail.attempts for mail in await post.mails.list()) == 4


async def test_a_greylisted_recipient_does_not_hold_up_the_others(
    server: SmtpServer, sqlite_url: str, tmp_path: Path
) -> None:
    server.fail(Stage.RCPT, "450 4.2.0 greylisted", recipient="a@city.example.jp", times=2)
    async with posting(sqlite_url, tmp_path, server) as post, post.sending():
        await post.enqueue("a", "b")
        await post.sent_once(server, "a", "b")
        assert [mail.recipients[0][0] for mail in server.accepted] == ["b", "a"]


async def test_a_server_that_is_down_costs_no_mail_and_no_attempt(
    server: SmtpServer, sqlite_url: str, tmp_path: Path
) -> None:
    server.refuse()
    async with posting(sqlite_url, tmp_path, server) as post, post.sending() as sender:
        await post.enqueue("a", "b")
        await server.wait(lambda _: sender._failures >= 3)
        assert (await post.states())[QueueStatus.SENT] == 0
        server.listen()
        await post.sent_once(server, "a", "b")
        assert {mail.attempts for mail in await post.mails.list()} == {1}


_BREAKS = [
    *((stage, "drop") for stage in (Stage.CONNECT, Stage.MAIL, Stage.DATA, Stage.MESSAGE)),
    *((stage, "421 4.3.2 shutting down") for stage in (Stage.CONNECT, Stage.RCPT, Stage.MESSAGE)),
    *((stage, "hang") for stage in (Stage.CONNECT, Stage.MESSAGE)),
]


@pytest.mark.parametrize(("stage", "action"), _BREAKS)
async def test_a_connection_that_breaks_before_the_mail_is_taken_makes_no_double(
    stage: Stage, action: str, server: SmtpServer, sqlite_url: str, tmp_path: Path
) -> None:
    server.fail(stage, action, times=2)
    async with posting(sqlite_url, tmp_path, server) as post, post.sending():
        await post.enqueue("a", "b")
        await post.sent_once(server, "a", "b")


async def test_a_connection_that_the_server_closed_meanwhile_is_opened_anew(
    server: SmtpServer, sqlite_url: str, tmp_path: Path
) -> None:
    server.fail(Stage.SENT, "drop")
    async with posting(sqlite_url, tmp_path, server) as post, post.sending():
        await post.enqueue("a", "b", "c")
        await post.sent_once(server, "a", "b", "c")
        assert {mail.attempts for mail in await post.mails.list()} == {1}
    assert server.connections == 3


async def test_a_lost_answer_makes_one_double_with_the_same_bytes(
    server: SmtpServer, sqlite_url: str, tmp_path: Path
) -> None:
    server.fail(Stage.STORED, "drop", times=1)
    async with posting(sqlite_url, tmp_path, server) as post, post.sending():
        await post.enqueue("a")
        await post.reached(QueueStatus.SENT, 1)
    first, second = server.accepted
    assert first.content == second.content
    assert first.message_id == "<notice-a@city.example.jp>"


@pytest.mark.parametrize("stage", [Stage.RCPT, Stage.DATA, Stage.MESSAGE])
async def test_a_refusal_for_good_is_a_bounce_that_the_history_tells(
    stage: Stage, server: SmtpServer, sqlite_url: str, tmp_path: Path
) -> None:
    server.fail(stage, "550 5.1.1 no such user", recipient="a@city.example.jp")
    async with posting(sqlite_url, tmp_path, server) as post, post.sending():
        await post.enqueue("a", "b")
        await post.reached(QueueStatus.BOUNCED, 1)
        await post.reached(QueueStatus.SENT, 1)
        mail = await post.mail("a")
        assert (mail.status, mail.last_error, mail.attempts) == (
            QueueStatus.BOUNCED,
            "550 5.1.1 no such user",
            1,
        )
        await make_calls(post)
        async with post.registry.units()() as uow:
            entries = [entry.what for entry in await uow.history.of_case("sakura-2026-1")]
    assert entries == [f"メール「offer-received」（番号 {mail.id}）が宛先に届かなかった。宛先を確かめてください"]


async def make_calls(post: Posting) -> list[QueuedEngineCall]:
    """Make the engine calls that are due, without an engine."""
    calls = EngineCalls(
        post.calls,
        client=cast("ZeebeClient", None),
        tasks=cast("UserTasks", None),
        open_unit=committing(post.registry.units()),
    )
    claimed = await post.calls.claim("test", 10, 60)
    for call in claimed:
        await calls._handle(call, "test")
    assert all(call.status is QueueStatus.SENT for call in await post.calls.list())
    return claimed


async def test_a_wrong_password_pauses_the_sender_until_it_is_mended(sqlite_url: str, tmp_path: Path) -> None:
    users = {"renkei": "old"}
    with SmtpServer(users=users) as server:
        settings = {"smtp_user": "renkei", "smtp_password": "new"}
        async with posting(sqlite_url, tmp_path, server, **settings) as post, post.sending() as sender:
            await post.enqueue("a", "b")
            assert await refused(post, sender, server) == "535 5.7.8"
            users["renkei"] = "new"
            await post.sent_once(server, "a", "b")
            assert sender.refusal() == ""
            assert {mail.attempts for mail in await post.mails.list()} == {1}


async def test_a_certificate_of_another_machine_pauses_the_sender(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, trusted = certificate(tmp_path, good=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with SmtpServer(tls=context) as server:
        async with posting(sqlite_url, tmp_path, server, smtp_tls="starttls") as post, post.sending() as sender:
            await post.enqueue("a")
            assert await refused(post, sender, server)
            assert (await post.states())[QueueStatus.BOUNCED] == 0
    assert server.accepted == []


async def test_mails_leave_over_starttls_with_login(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, trusted = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    settings = {"smtp_tls": "starttls", "smtp_user": "renkei", "smtp_password": "secret"}
    with SmtpServer(tls=context, require_tls=True, users={"renkei": "secret"}) as server:
        async with posting(sqlite_url, tmp_path, server, **settings) as post, post.sending():
            await post.enqueue("a")
            await post.sent_once(server, "a")


async def test_a_server_without_starttls_gets_nothing_when_it_is_asked_for(
    server: SmtpServer, sqlite_url: str, tmp_path: Path
) -> None:
    async with posting(sqlite_url, tmp_path, server, smtp_tls="starttls") as post, post.sending() as sender:
        await post.enqueue("a")
        assert await refused(post, sender, server)
    assert server.accepted == []


@pytest.mark.parametrize(
    ("stage", "answer"),
    [
        (Stage.MAIL, "553 5.7.1 sender address rejected"),
        (Stage.RCPT, "554 5.7.1 Relay access denied"),
        (Stage.RCPT, "530 5.7.0 authentication required"),
        (Stage.CONNECT, "554 5.3.2 no service for you"),
    ],
)
async def test_a_refusal_that_speaks_of_us_loses_no_mail(
    stage: Stage, answer: str, server: SmtpServer, sqlite_url: str, tmp_path: Path
) -> None:
    server.fail(stage, answer)
    async with posting(sqlite_url, tmp_path, server) as post, post.sending() as sender:
        await post.enqueue("a", "b")
        assert await refused(post, sender, server) == answer[:9]
        assert (await post.states())[QueueStatus.BOUNCED] == 0
        server.heal()
        await post.sent_once(server, "a", "b")
        assert sender.refusal() == ""


async def test_a_recipient_that_is_not_relayed_to_does_not_hold_up_the_others(
    server: SmtpServer, sqlite_url: str, tmp_path: Path
) -> None:
    server.fail(Stage.RCPT, "554 5.7.1 Relay access denied", recipient="a@city.example.jp")
    async with posting(sqlite_url, tmp_path, server) as post, post.sending() as sender:
        await post.enqueue("a", "b")
        await post.reached(QueueStatus.SENT, 1)
        assert (await post.mail("b")).status is QueueStatus.SENT
        assert sender.refusal() == "554 5.7.1"


async def test_a_mail_past_its_deadline_is_given_up_with_its_last_error(
    server: SmtpServer, sqlite_url: str, tmp_path: Path
) -> None:
    server.fail(Stage.RCPT, "450 4.2.0 greylisted", recipient="a@city.example.jp")
    async with posting(sqlite_url, tmp_path, server) as post:
        await post.enqueue("a", "b")
        overdue = datetime.now(UTC) - timedelta(minutes=1)
        mail = await post.mail("a")
        (claimed,) = [m for m in await post.mails.claim("test", 10, 60) if m.id == mail.id]
        await post.mails.failed(claimed.id, "first", permanent_bounce=False)
        await post.mails.requeue(claimed.id, deadline_at=overdue)
        await post.mails.release("test")
        async with post.sending():
            await post.reached(QueueStatus.FAILED, 1)
            await post.reached(QueueStatus.SENT, 1)
        assert (await post.mail("a")).last_error == "450 4.2.0 greylisted"


async def test_a_mail_without_a_sender_is_given_up_and_the_others_go(
    server: SmtpServer, sqlite_url: str, tmp_path: Path
) -> None:
    async with posting(sqlite_url, tmp_path, server) as post:
        post.letters.sender = "nobody"
        await post.enqueue("a")
        post.letters.sender = "office@city.example.jp"
        await post.enqueue("b")
        async with post.sending():
            await post.reached(QueueStatus.FAILED, 1)
            await post.sent_once(server, "b")
