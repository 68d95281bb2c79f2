"""A delivery status report, as a mail server sends it hours after it took a mail."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP


def report(
    message_id: str = "",
    *,
    action: str = "failed",
    status: str = "5.1.1",
    to: str = "x@city.example",
    recipient: str = "renkei@aozora.example",
) -> bytes:
    """Return a report as Postfix writes it: about a mail by its Message-ID, sent to the address ``to``."""
    outer = EmailMessage(policy=SMTP)
    outer["From"], outer["To"], outer["Subject"] = "MAILER-DAEMON@mx.example", to, "Undelivered Mail Returned to Sender"
    outer["Content-Type"] = 'multipart/report; report-type=delivery-status; boundary="b"'
    head = outer.as_bytes().replace(b"\r\n\r\n", b"\r\n")
    body = f"""--b
Content-Type: text/plain; charset=us-ascii

The mail system could not deliver your message.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Mon, 1 Jun 2026 08:30:00 +0900

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} <{recipient}>: Recipient
    address rejected

--b
Content-Type: text/rfc822-headers

From: renkei@city.example
Message-ID: {message_id}
Subject: test

--b--
"""
    return head + b"\r\n" + body.replace("\n", "\r\n").encode()
