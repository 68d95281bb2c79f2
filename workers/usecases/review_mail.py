"""A mail to the partner that the office sees before it leaves: prepared, sent, dropped or taken back (ALL-2, ALL-20).

The text that the office saw and changed is the text that leaves: the template is filled once, when the draft is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from workers.domain.entities import Case, Document
from workers.domain.mails import STATE_AFTER, DraftState, MailChoice, MailDraft, WrittenMail, reviewed_text
from workers.errors import InputError
from workers.usecases.answer_links import LINK_LATER, has_page, issue_link
from workers.usecases.answer_workbooks import answer_workbook
from workers.usecases.blank_forms import answer_context, answer_day, blank_forms
from workers.usecases.journal import note
from workers.usecases.lead import lead_of, signing_department
from workers.usecases.lookup import case_title
from workers.usecases.meeting_people import Recipient
from workers.usecases.ports import MailRequest, TemplateValues, UnitOfWork
from workers.usecases.send_mail import attached_documents, draft_context, mail_context, recipients_of
from workers.variables import named

WAITING_MAIL: Final = "common-waiting-mail"
"""The message that begins the review of a mail for which no diagram waits."""
MAIL_CHOICES: Final = {
    MailChoice.SEND: "この内容で送る",
    MailChoice.RETURN: "送らずに前の手順に戻る",
    MailChoice.DROP: "メールでは送らない（郵送や電話で伝える）",
}
_ENDED: Final = {
    DraftState.SENT: "確かめて送った",
    DraftState.RETURNED: "送らずに前の手順に戻した",
    DraftState.DROPPED: "メールでは送らないことにした",
}


@dataclass(frozen=True, kw_only=True)
class MailDecision:
    """What the office decided on a draft: one of ``MAIL_CHOICES``; the text as it left it, or why it is not sent."""

    choice: str
    subject: object = None
    body: object = None
    reason: str = ""


async def prepare_mail(  # noqa: PLR0913 (the parts of a mail as the diagram names them)
    uow: UnitOfWork,
    case_id: str,
    *,
    template: str,
    attach: Sequence[str],
    values: TemplateValues,
    key: str,
    meeting_id: str | None = None,
    to: Recipient | None = None,
    page: str = "",
) -> tuple[MailDraft, list[Document]]:
    """Keep a mail to the partner as a draft and return it with the documents that go with it.

    ``key`` says which step this is, as in ``send_mail``; the draft that one has already is returned as it is. ``to`` is
    who gets it where that is not the case's partner: an applicant (CHI-3). ``page``: the user task that the partner may
    do by a link in the mail. Raises PermanentError for a template that
    the pack does not name, and for a document that is missing.
    """
    case = await uow.cases.get(case_id)
    return await _drafted(
        uow, case, template=template, attach=attach, values=values, key=key, meeting_id=meeting_id, to=to, page=page
    )


async def begin_review(  # noqa: PLR0913 (the parts of a mail)
    uow: UnitOfWork, case_id: str, *, template: str, values: TemplateValues, key: str, page: str = ""
) -> None:
    """Keep a mail that no diagram waits for as a draft, once, and begin a process in which the office sees it.

    For what a day or a notice decides: the procedure, or the watch in its place, goes on meanwhile (ALL-5). Where a
    department leads the case, it sees its own mail (ASA-1). ``page``: as in ``prepare_mail``.
    """
    case = await uow.cases.get(case_id)
    city = uow.cities.city(case.city)
    lead = await lead_of(uow, case, city)
    draft, _ = await _drafted(uow, case, template=template, attach=(), values=values, key=key, page=page)
    await uow.outbox.engine_call(
        business_key=f"{draft.business_key}:review",
        kind="publish-message",
        payload={
            "name": WAITING_MAIL,
            "correlation_key": draft.business_key,
            "message_id": f"{WAITING_MAIL}:{draft.business_key}",
            "variables": named(
                case_id=case.id,
                case_title=case_title(case),
                office_group=(lead or city.office).group,
                mail_template=template,
                mail_key=key,
                mail_page=page,
            ),
        },
    )


async def _drafted(  # noqa: PLR0913 (the parts of a mail)
    uow: UnitOfWork,
    case: Case,
    *,
    template: str,
    attach: Sequence[str],
    values: TemplateValues,
    key: str,
    meeting_id: str | None = None,
    to: Recipient | None = None,
    page: str = "",
) -> tuple[MailDraft, list[Document]]:
    """Return the draft of a step, made where there is none, and the documents that go with it."""
    city = uow.cities.city(case.city)
    rule = city.mail(template)
    business_key = f"{case.id}:{key}:partner:{template}"
    draft = await uow.drafts.of_key(business_key)
    (recipient,) = [to] if to else await recipients_of(uow, case, city, "partner")
    forms = await blank_forms(uow, case, city, template, values)
    due_on = answer_day(uow, city, template)
    asked = answer_context(forms, due_on)
    workbook = await answer_workbook(uow, case, city, template, values, due_on=due_on)
    documents = [document for kind in attach for document in await attached_documents(uow, case, kind)]
    documents += [*forms, *([workbook] if workbook else [])]
    if draft is not None:
        return draft, documents
    meeting = await uow.meetings.get(meeting_id) if meeting_id else None
    about = {
        **await mail_context(uow, case, city, meeting),
        **await draft_context(uow, case, documents),
        "lead": await signing_department(uow, case, city),
    }
    if to is None and has_page(uow, page, case):
        about["answer_link"] = LINK_LATER
    request = MailRequest(
        business_key=business_key,
        case_id=case.id,
        city=city.code,
        kind=template,
        template=template,
        recipient_name=recipient.name,
        recipient=recipient.address,
        context={**asked, "answer_file": workbook.name if workbook else "", **values, **about, "reviewed": rule.review},
    )
    written = uow.outbox.compose(request)
    draft = MailDraft(
        business_key=business_key,
        case_id=case.id,
        city=city.code,
        template=template,
        recipient_name=recipient.name,
        recipient=recipient.address,
        subject=written.subject,
        body=written.body,
        documents=[document.id for document in documents if document.id is not None],
        review=rule.review,
        made_at=uow.clock.now(),
    )
    await uow.drafts.add(draft)
    if rule.review:
        await note(uow, case.id, f"相手方へのメールの下書きを作った: {rule.title}")
    return draft, documents


async def finish_mail(
    uow: UnitOfWork, draft_id: int, decided: MailDecision | None, *, may_return: bool, page: str = ""
) -> DraftState:
    """Do with a draft what the office decided, once; deciding again returns what was done.

    ``decided`` None sends a routine mail as it is. ``page``: as in ``prepare_mail``. Raises InputError for what cannot
    be sent, or a missing reason.
    """
    draft = await uow.drafts.get(draft_id)
    if draft.state is not DraftState.WAITING:
        return draft.state
    choice = _choice(decided, may_return=may_return)
    if choice is MailChoice.SEND:
        await _send(uow, draft, decided, page)
    else:
        draft.reason = decided.reason if decided else ""
        if not draft.reason:
            raise InputError("理由", "送らない理由を書いてください")
    draft.state, draft.ended_at = STATE_AFTER[choice], uow.clock.now()
    await _leave_a_trace(uow, draft)
    return draft.state


def _choice(decided: MailDecision | None, *, may_return: bool) -> MailChoice:
    if decided is None:
        return MailChoice.SEND
    allowed = {choice for choice in MailChoice if may_return or choice is not MailChoice.RETURN}
    if decided.choice not in allowed:
        labels = "・".join(label for one, label in MAIL_CHOICES.items() if one in allowed)
        raise InputError("どうするか", f"選んでください（{labels}）")
    return MailChoice(decided.choice)


async def _send(uow: UnitOfWork, draft: MailDraft, decided: MailDecision | None, page: str) -> None:
    """Freeze the text as the office left it; the documents are those of the moment when the draft was made."""
    written = WrittenMail(subject=draft.subject, body=draft.body)
    if decided is not None:
        written = reviewed_text(draft, decided.subject, decided.body)
    draft.edited = (written.subject, written.body) != (draft.subject, draft.body)
    kept = {document.id: document for document in await uow.documents.of_case(draft.case_id)}
    case = await uow.cases.get(draft.case_id)
    lead = await signing_department(uow, case, uow.cities.city(draft.city))
    if page and LINK_LATER in written.body:
        recipient = Recipient(key="partner", name=draft.recipient_name, address=draft.recipient)
        link = await issue_link(uow, case, page, recipient)
        written = replace(written, body=written.body.replace(LINK_LATER, link))
    await uow.outbox.mail(
        MailRequest(
            business_key=draft.business_key,
            case_id=draft.case_id,
            city=draft.city,
            kind=draft.template,
            template=draft.template,
            recipient_name=draft.recipient_name,
            recipient=draft.recipient,
            context={"lead": lead},
            attachments=[kept[number] for number in draft.documents],
            written=written,
        )
    )


async def _leave_a_trace(uow: UnitOfWork, draft: MailDraft) -> None:
    title = uow.cities.city(draft.city).mail(draft.template).title
    if not draft.review:
        await note(uow, draft.case_id, f"相手方へのメールを用意した: {title}（1通）")
        return
    edited = "（本文を直した）" if draft.edited else ""
    await note(uow, draft.case_id, f"相手方へのメールを{_ENDED[draft.state]}: {title}{edited}")
