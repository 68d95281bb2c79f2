"""The mail server: connection, TLS, login, and a mail to try it with."""

from __future__ import annotations

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from aiosmtplib import SMTPException, SMTPResponseException

from workers.adapters.mail.headers import POLICY
from workers.adapters.mail.message import address
from workers.domain.cities import Sender
from workers.runtime.doctor.connections import expiry
from workers.runtime.doctor.findings import Finding, bad, good
from workers.runtime.smtp import MailServer, Meaning, NotConnectedError, judge
from workers.settings import Settings

_ANSWER_SECONDS = 10.0
_ADVICE = "RENKEI_SMTP_… の設定と、メールサーバーがこのサーバーからの送信を許しているかを確かめてください"


async def mail_findings(settings: Settings) -> list[Finding]:
    """Return whether the mail server takes us in: connection, STARTTLS, login. No mail is sent."""
    host, port = settings.smtp
    server = MailServer(settings, answer_seconds=_ANSWER_SECONDS)
    try:
        await server.connect()
        certificate = server.certificate
    except NotConnectedError as error:
        return [bad("メール", f"{host}:{port} {_failure(error)}", _ADVICE)]
    finally:
        await server.close()
    found = [good("メール", f"{host}:{port} につながります（TLS: {settings.smtp_tls}）")]
    return [*found, expiry(f"{host}:{port}", certificate["notAfter"])] if certificate else found


async def send_test_mail(settings: Settings, sender: Sender, to: str, now: datetime) -> list[Finding]:
    """Send a short mail from a city's address; raises InputError for an address that is none.

    Args:
        settings: The mail server.
        sender: Whose address it comes from.
        to: The address of somebody in the office.
        now: The moment that the mail bears.
    """
    recipient = address("", to, "--mail")
    origin = address(sender.name, sender.address, "sender")
    server = MailServer(settings, answer_seconds=_ANSWER_SECONDS)
    try:
        reply = await server.send(origin.addr_spec, recipient.addr_spec, _message(origin, recipient, now))
    except (NotConnectedError, SMTPException, OSError) as error:
        return [bad("試しのメール", f"{to} に送れません: {_failure(error)}", _ADVICE)]
    finally:
        await server.close()
    return [good("試しのメール", f"{to} に送りました（{reply}）。届いたことを確かめてください")]


def _failure(error: BaseException) -> str:
    """Return what a failure means; a server's own words are its answer, the rest is its kind."""
    trouble = judge(error)
    if isinstance(error.__cause__ or error, SMTPResponseException):
        return f"に断られました: {trouble.reply}"
    if trouble.meaning is Meaning.REFUSED:
        return f"と TLS かログインのしかたが合いません（{trouble.code}）"
    return f"につながりません（{trouble.code}）"


def _message(origin: Address, recipient: Address, now: datetime) -> bytes:
    message = EmailMessage(policy=POLICY)
    message["From"], message["To"] = origin, recipient
    message["Subject"] = "renkei からの試しのメール"
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=origin.domain)
    message.set_content("renkei doctor が送った、試しのメールです。届いていれば、メールの設定は正しく働いています。\n")
    return message.as_bytes()
