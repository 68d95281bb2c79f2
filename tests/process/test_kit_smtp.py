"""The SMTP server of the kit misbehaves exactly as told, seen by a real client."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest

from tests.kit.certificates import certificate
from tests.kit.smtp import SmtpServer, Stage

pytestmark = [pytest.mark.asyncio, pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")]


@pytest.fixture(name="server")
def _server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


def _message(to: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "city@example.jp", to, "照会のお知らせ"
    message["Message-ID"] = f"<{to}>"
    message.set_content("ご回答をお願いします。")
    return message


async def _send(server: SmtpServer, to: str = "a@example.jp", **options: object) -> None:
    defaults: dict[str, object] = {"start_tls": False, "timeout": 2}
    await aiosmtplib.send(_message(to), hostname="127.0.0.1", port=server.port, **(defaults | options))  # type: ignore[arg-type]  # options of several types


async def test_an_accepted_mail_is_kept_parsed(server: SmtpServer) -> None:
    await _send(server)
    (mail,) = await server.wait(list)
    assert (mail.sender, mail.recipients) == ("city@example.jp", ["a@example.jp"])
    assert (mail.subject, mail.text.strip()) == ("照会のお知らせ", "ご回答をお願いします。")
    assert mail.message_id == "<a@example.jp>"
    assert server.connections == mail.connection == 1


async def test_a_refused_recipient_does_not_touch_the_others(server: SmtpServer) -> None:
    fault = server.fail(Stage.RCPT, "550 5.1.1 no such user", recipient="b@example.jp")
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused, match=r"5\.1\.1"):
        await _send(server, "b@example.jp")
    await _send(server, "a@example.jp")
    assert fault.struck == 1
    assert [mail.recipients for mail in server.accepted] == [["a@example.jp"]]


@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.MESSAGE])
async def test_a_temporary_refusal_ends_after_its_times(server: SmtpServer, stage: Stage) -> None:
    server.fail(stage, "451 4.3.0 later", times=1)
    with pytest.raises(aiosmtplib.SMTPException, match=r"4\.3\.0"):
        await _send(server)
    assert server.accepted == []
    await _send(server)
    assert len(server.accepted) == 1


async def test_421_closes_the_connection(server: SmtpServer) -> None:
    server.fail(Stage.RCPT, "421 4.3.2 shutting down")
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=server.port, start_tls=False, timeout=2) as client:
        with pytest.raises(aiosmtplib.SMTPException, match=r"4\.3\.2"):
            await client.send_message(_message("a@example.jp"))
        with pytest.raises(aiosmtplib.SMTPServerDisconnected):
            await client.noop()
    assert server.accepted == []


async def test_421_can_come_instead_of_the_greeting(server: SmtpServer) -> None:
    server.fail(Stage.CONNECT, "421 4.7.0 too many connections")
    with pytest.raises(aiosmtplib.SMTPException):
        await _send(server)
    assert (server.accepted, server.connections) == ([], 1)


async def test_a_hanging_server_times_the_client_out_and_heals(server: SmtpServer) -> None:
    server.fail(Stage.DATA, "hang")
    with pytest.raises(aiosmtplib.SMTPTimeoutError):
        await _send(server, timeout=0.3)
    server.heal()
    await _send(server)
    assert len(server.accepted) == 1


@pytest.mark.parametrize(("stage", "kept"), [(Stage.DATA, 0), (Stage.MESSAGE, 0), (Stage.STORED, 1)])
async def test_a_dropped_connection_leaves_the_sender_without_an_answer(
    server: SmtpServer, stage: Stage, kept: int
) -> None:
    server.fail(stage, "drop", times=1)
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await _send(server)
    assert len(server.accepted) == kept


async def test_a_connection_can_be_dropped_right_after_the_250(server: SmtpServer) -> None:
    server.fail(Stage.SENT, "drop", times=1)
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=server.port, start_tls=False, timeout=2) as client:
        await client.send_message(_message("a@example.jp"))
        with pytest.raises(aiosmtplib.SMTPServerDisconnected):
            await client.send_message(_message("b@example.jp"))
    assert [mail.recipients for mail in server.accepted] == [["a@example.jp"]]


async def test_a_server_that_is_down_refuses_and_comes_back_on_its_port(server: SmtpServer) -> None:
    port = server.port
    server.refuse()
    with pytest.raises(aiosmtplib.SMTPConnectError):
        await _send(server)
    server.listen()
    await _send(server)
    assert server.port == port
    assert len(server.accepted) == 1


async def test_a_login_is_checked() -> None:
    with SmtpServer(users={"renkei": "right"}) as server:
        with pytest.raises(aiosmtplib.SMTPAuthenticationError, match=r"535"):
            await _send(server, username="renkei", password="wrong")  # noqa: S106 (no secret)
        await _send(server, username="renkei", password="right")  # noqa: S106 (no secret)
        server.fail(Stage.AUTH, "454 4.7.0 temporary")
        with pytest.raises(aiosmtplib.SMTPException, match=r"4\.7\.0"):
            await _send(server, username="renkei", password="right")  # noqa: S106 (no secret)
        assert len(server.accepted) == 1


async def test_starttls_with_a_good_certificate_delivers_and_with_a_wrong_one_does_not(tmp_path: Path) -> None:
    for good in (True, False):
        context, trusted = certificate(tmp_path, good=good)
        client = ssl.create_default_context(cafile=trusted)
        with SmtpServer(tls=context, require_tls=True) as server:
            if good:
                await _send(server, start_tls=True, tls_context=client)
            else:
                with pytest.raises(ssl.SSLCertVerificationError, match=r"127\.0\.0\.1"):
                    await _send(server, start_tls=True, tls_context=client)
            assert len(server.accepted) == int(good)
