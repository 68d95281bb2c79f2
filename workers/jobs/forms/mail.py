"""Mails to a partner as the office's forms have them: drafts, and those that did not arrive (ALL-2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from workers.domain.business_days import add_business_days
from workers.domain.cities import City
from workers.domain.entities import Document
from workers.domain.jst import at
from workers.domain.mails import MailChoice, MailDraft
from workers.domain.text import multi_line
from workers.jobs.forms.rows import text
from workers.usecases.meeting_people import Recipient, office_recipient
from workers.usecases.ports import KeptMail
from workers.usecases.review_mail import MAIL_CHOICES, MailDecision

_DAYS: Final = 2
"""Business days in which the office deals with a draft, or with a mail that did not arrive."""


def read_addressee(to: Any, city: City) -> Recipient | None:
    """Read who gets a mail where that is not the partner; the office tells somebody who has no address."""
    if not to:
        return None
    name = f"{to.get('name') or ''} {to.get('contact') or ''}".strip()
    address = str(to.get("email") or "") or office_recipient(city).address
    return Recipient(key="applicant", name=name, address=address)


def read_decision(form: Mapping[str, Any]) -> MailDecision:
    """Read what the office decided on a draft."""
    choice = text(form.get("choice"))
    sent = choice == MailChoice.SEND
    reason = "" if sent else multi_line(form.get("reason") or "", "理由", maximum=1000)
    return MailDecision(choice=choice, subject=form.get("subject"), body=form.get("body"), reason=reason)


def draft_variables(
    draft: MailDraft, title: str, documents: Sequence[Document], today: date, *, may_return: bool
) -> dict[str, Any]:
    """Return what the office's form shows of a draft; ``mailReview``: whether the pack wants the office to see it."""
    return {
        "mailDraft": {
            "id": draft.id,
            "title": title,
            "to": f"{draft.recipient_name} <{draft.recipient}>",
            "subject": draft.subject,
            "body": draft.body.rstrip("\n"),
            "attachments": "\n".join(document.name for document in documents) or "なし",
        },
        "mailReview": draft.review,
        "mailChoices": [
            {"label": label, "value": choice.value}
            for choice, label in MAIL_CHOICES.items()
            if may_return or choice is not MailChoice.RETURN
        ],
        "mailDueAt": at(add_business_days(today, _DAYS), 23, 59, 59).isoformat(),
    }


def undelivered_variables(mail: KeptMail, title: str, today: date) -> dict[str, Any]:
    """Return what the office's form shows of a mail that did not arrive, and until when it is to be dealt with."""
    return {
        "undelivered": {
            "title": title,
            "to": mail.recipient,
            "subject": mail.subject,
            "reason": f"{_why(mail)}\n{mail.error}".rstrip(),
        },
        "mailDueAt": at(add_business_days(today, _DAYS), 17, 15).isoformat(),
    }


def _why(mail: KeptMail) -> str:
    if mail.bounced:
        return "宛先のメールサーバーが、このアドレスへの受け取りを断りました。"
    return "何度も試しましたが、期限までに送れませんでした。"
