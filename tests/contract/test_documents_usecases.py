"""The use cases hand the city's templates what they need: every document and every mail of a case, for real (ALL-2)."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import docx
import pytest
import pytest_asyncio
from sqlalchemy import select

from tests.kit import papers
from tests.kit.registry import MORNING, Registry, registry_at, some_job
from tests.kit.work import record_agreement_terms, register_agreement, request_answer
from workers.adapters.mail.renderer import TEXT
from workers.adapters.registry import outbox_tables
from workers.adapters.registry.unit_of_work import SqlUnitOfWork
from workers.domain.entities import (
    AnswerStatus,
    Case,
    Document,
    Offer,
    PastRecord,
    Project,
    Rating,
    Survey,
    SurveyAnswer,
    SurveyRating,
    SurveyTarget,
    SurveyWish,
    TargetStatus,
)
from workers.domain.jst import JST
from workers.domain.renewal import next_term
from workers.errors import InputError, PermanentError
from workers.jobs.catalog import JobInput
from workers.jobs.forms.mail import read_decision
from workers.jobs.papers import handle_prepare_mail, handle_send_mail
from workers.usecases import surveys
from workers.usecases.record_step import record_step
from workers.usecases.render_document import render_document
from workers.usecases.review_mail import finish_mail

pytestmark = pytest.mark.asyncio
CASE_ID = "isesaki-2026-1"
TALK = {
    "number": 1,
    "title": "見守り",
    "content": "配達の途中で",
    "fieldName": "高齢者福祉・障害者福祉に関すること",
    "department": "korei",
    "group": "isesaki-korei",
}
TO_PARTNER = [
    "offer-request",
    "city-invitation",
    "offer-correction",
    "survey-result",
    "agreement-draft",
    "agreement-signed",
    "declined",
    "individual",
    "invitation-declined",
    "withdrawn-confirmation",
]
Units = Callable[[], SqlUnitOfWork]


@pytest_asyncio.fixture
async def registry(tmp_path: Path) -> Any:
    async with registry_at(f"sqlite+aiosqlite:///{tmp_path / 'registry.sqlite3'}", tmp_path) as made:
        yield made


@pytest_asyncio.fixture
async def units(registry: Registry) -> Units:
    """Return units of work with the real renderers and one case between survey and agreement."""
    made = papers.units(registry)
    async with made() as uow:
        await uow.cases.add(a_case())
        await uow.surveys.add(a_survey())
        await uow.commit()
    return made


def a_case() -> Case:
    return Case(
        id=CASE_ID,
        city="isesaki",
        process_id="isesaki-signing",
        opened_on=date(2026, 5, 1),
        partner=papers.partner(),
        offers=[Offer(round=1, offered_on=date(2026, 5, 1), purpose="地域を支えるため", fields=[5, 7, 9])],
        projects=[
            Project(round=1, number=1, field=5, title="見守り", content="配達の途中で"),
            Project(round=1, number=2, field=9, title="涼み処", content="店舗を開放する"),
        ],
        records=[PastRecord(fiscal_year=2025, field=7, title="防災訓練", department="安心安全課")],
    )


def a_survey() -> Survey:
    answer = SurveyAnswer(
        department="korei",
        status=AnswerStatus.VALID,
        concerned=True,
        person="太田",
        contact="内線2345",
        on_behalf=False,
        late=False,
        answered_at=MORNING,
        job="test/1",
        ratings=[SurveyRating(project_number=1, rating=Rating.ADJUST, comment="曜日を決めたい")],
        wishes=[SurveyWish(field=3, content="健康教室")],
    )
    return Survey(
        id=f"{CASE_ID}-s1",
        case_id=CASE_ID,
        round=1,
        due_on=date(2026, 6, 15),
        opened_at=MORNING,
        targets=[a_target("korei", TargetStatus.ANSWERED), a_target("kankyo", TargetStatus.WAITING)],
        answers=[answer],
    )


def a_target(code: str, status: TargetStatus) -> SurveyTarget:
    department = papers.CITY.department(code)
    return SurveyTarget(
        department=code,
        division=department.division,
        section=department.section,
        group=department.group,
        email=department.email,
        status=status,
    )


async def agree(units: Units, **changes: Any) -> None:
    terms = {"purpose": "高齢者福祉、防災、暑さ対策", "fields": [5, 7, 9], "addedReason": "協議で加えた", **changes}
    async with units() as uow:
        await record_agreement_terms(uow, CASE_ID, terms)
        await uow.commit()


async def sign(units: Units) -> None:
    async with units() as uow:
        await register_agreement(uow, CASE_ID, {"signedOn": "令和8年6月1日"})
        await uow.commit()


async def made_document(units: Units, name: str, *, draft: bool = False) -> tuple[Document, str]:
    """Render a document through the use case; return its record and all its text."""
    async with units() as uow:
        document = await render_document(uow, CASE_ID, name, draft=draft)
        body = docx.Document(io.BytesIO(await uow.documents.read(document))).element.body
        await uow.commit()
    return document, "".join(body.itertext())


async def sent(units: Units, work: Callable[[SqlUnitOfWork], Awaitable[Any]]) -> list[EmailMessage]:
    """Do some work; return the mails that stand in the outbox afterwards."""
    async with units() as uow:
        await work(uow)
        await uow.commit()
    async with units() as uow:
        raws = (await uow._session.scalars(select(outbox_tables.mail.c.raw).order_by(outbox_tables.mail.c.id))).all()
    return [message_from_bytes(raw, policy=SMTP) for raw in raws]


def job(template: str, to: str, **variables: Any) -> JobInput:
    return JobInput(
        job_type="send-mail",
        variables={"caseId": CASE_ID, **variables},
        headers={"template": template, "to": to},
        ref=some_job(),
    )


async def test_the_offer_and_the_sheet_are_filled_from_the_case(units: Units) -> None:
    """What the partner filed and what the departments answered stands in the documents (ISE-F1, ISE-F2)."""
    _, offer = await made_document(units, "offer")
    document, sheet = await made_document(units, "proposal-sheet")
    assert [part for part in ("地域を支えるため", "防災訓練", "令和7年度", "（2件）") if part not in offer] == []
    assert [
        part for part in ("連携事業調査", "△", "曜日を決めたい", "高齢政策課", "健康教室") if part not in sheet
    ] == []
    assert document.name.startswith("連携事業調査_")


async def test_the_agreement_goes_from_draft_to_signed(units: Units) -> None:
    """The draft is undated and marked; the signed one has its day and the term from it (ISE-F3)."""
    await agree(
        units, otherParties=[{"name": "学校法人赤城学園", "address": "前橋市", "representative": "理事長 花子"}]
    )
    draft, draft_text = await made_document(units, "agreement", draft=True)
    assert "【締結の日から翌年3月31日まで】とする" in draft_text
    await sign(units)
    signed, signed_text = await made_document(units, "agreement")
    assert (draft.draft, signed.draft) == (True, False)
    assert "包括連携協定書（案）" in draft_text
    assert "令和　　年　　月　　日" in draft_text
    assert [part for part in ("（案）", "令和　　年") if part in signed_text] == []
    assert "令和8年6月1日" in signed_text
    assert "令和9年3月31日まで" in signed_text
    assert "本書3通" in signed_text
    assert "学校法人赤城学園（以下「丙」という。）" in signed_text


async def test_an_agreement_s_own_years_of_renewal_stand_in_it_and_in_the_register(units: Units) -> None:
    """D-5: renewed by the agreement's years, not by the city's; an end is asked for where the guideline has a term."""
    with pytest.raises(InputError, match="期間を定めて結びます（無期限にはできません）"):
        await agree(units, termKind="endless")
    with pytest.raises(InputError, match="更新する年数: 1 から 50"):
        await agree(units, renews="yes", renewalYears="0")
    await agree(units, renews="yes", renewalYears="3")
    _, text = await made_document(units, "agreement", draft=True)
    assert "満了の日の翌日から【3年間更新】される" in text
    await sign(units)
    async with units() as uow:
        agreement = await uow.agreements.of_case(CASE_ID)
    assert agreement is not None
    assert (agreement.renews, agreement.renewal_years) == (True, 3)
    following = next_term(papers.CITY, agreement, agreement.current_term)
    assert following is not None
    assert following.expires_on == date(2030, 3, 31)


async def test_what_is_signed_exists_before_the_ceremony(units: Units, registry: Registry) -> None:
    """The text without 案 carries the planned day; one that moves the last day is refused, no other (ISE-8, D-11)."""
    registry.clock.pinned = datetime(2026, 12, 25, 9, 0, tzinfo=JST)
    await agree(units)
    async with units() as uow:
        await record_step(uow, CASE_ID, "signing-plan", {"signingPlan": {"plannedOn": "2026-12-28"}})
        await uow.commit()
    clean, text = await made_document(units, "agreement")
    assert not clean.draft
    assert [part for part in ("（案）", "令和　　年") if part in text] == []
    assert "令和8年12月28日" in text
    assert "締結の日から令和9年3月31日までとする" in text
    registry.clock.pinned = datetime(2027, 1, 5, 9, 0, tzinfo=JST)
    async with units() as uow:
        with pytest.raises(InputError, match="令和10年3月31日になり、協定書に書いた令和9年3月31日と変わります"):
            await register_agreement(uow, CASE_ID, {"signedOn": "2027-01-05"})
        registered = await register_agreement(uow, CASE_ID, {"signedOn": "2026-12-29"})
    assert registered["agreementExpiry"] == "令和9年3月31日"


async def test_drafts_are_numbered_and_dated_and_all_stay(units: Units, registry: Registry) -> None:
    """第2案 is the next one with another text; the same text made again is the same draft, of its day (ALL-12)."""
    await agree(units)
    registry.clock.pinned = datetime(2026, 6, 8, 9, 0, tzinfo=JST)
    first, _ = await made_document(units, "agreement", draft=True)
    registry.clock.pinned = datetime(2026, 6, 9, 9, 0, tzinfo=JST)
    again, _ = await made_document(units, "agreement", draft=True)
    await agree(units, fields=[1, 5, 7])
    second, _ = await made_document(units, "agreement", draft=True)
    async with units() as uow:
        kept = [document for document in await uow.documents.of_case(CASE_ID) if document.draft]
        headers = [header_of(await uow.documents.read(document)) for document in kept]
    assert again.id == first.id
    assert [document.name for document in (first, second)] == [
        f"包括連携協定書（案）第{number}案_{CASE_ID}.docx" for number in (1, 2)
    ]
    assert [document.id for document in kept] == [first.id, second.id]
    assert ["第1案（令和8年6月8日）" in headers[0], "第2案（令和8年6月9日）" in headers[1]] == [True, True]


async def test_the_draft_mail_says_which_draft_it_carries(units: Units, registry: Registry) -> None:
    """Subject and body name number and date of the attached draft (ISE-8)."""
    registry.clock.pinned = datetime(2026, 6, 8, 9, 0, tzinfo=JST)
    for fields in ([5, 7, 9], [1, 5, 7]):
        await agree(units, fields=fields)
        await made_document(units, "agreement", draft=True)
    asked = JobInput(
        job_type="prepare-mail",
        variables={"caseId": CASE_ID, "mailTemplate": "agreement-draft", "mailAttach": ["agreement"]},
        headers={},
        ref=some_job(),
    )
    async with units() as uow:
        shown = (await handle_prepare_mail(asked, uow))["mailDraft"]
    assert "包括連携協定書（案）第2案（令和8年6月8日）のご確認" in shown["subject"]
    assert "・包括連携協定書（案）第2案（令和8年6月8日）" in shown["body"]
    names = [f"包括連携協定書（案）第2案_{CASE_ID}.docx", f"協定書案への返事（回答用）_{CASE_ID}.xlsx"]
    assert shown["attachments"] == "\n".join(names)


def header_of(content: bytes) -> str:
    return "".join(part.text for part in docx.Document(io.BytesIO(content)).sections[0].header.paragraphs)


async def test_the_first_mail_carries_blank_forms_and_a_day(units: Units, registry: Registry) -> None:
    """The partner gets the city's forms as Word files and knows by when to answer; nothing of a case is in them."""
    registry.clock.pinned = datetime(2026, 6, 1, 9, 0, tzinfo=JST)
    (mail,) = await sent(units, lambda uow: handle_send_mail(job("offer-request", "partner"), uow))
    attached = {str(part.get_filename()): part.get_content() for part in mail.iter_attachments()}
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr] # every mail has one
    *blanks, workbook = attached
    assert blanks == [f"{form}（様式）_{CASE_ID}.docx" for form in ("申出書", "連携事業提案書")]
    assert workbook == f"申出書・連携事業提案書（回答用）_{CASE_ID}.xlsx"
    assert [
        part
        for part in ("・申出書（様式）", "・連携事業提案書（様式）", "令和8年8月12日（水）を目安に")
        if part not in text
    ] == []
    sent_blanks = [attached[name] for name in blanks]
    forms = ["".join(docx.Document(io.BytesIO(content)).element.body.itertext()) for content in sent_blanks]
    assert all(field.name in forms[0] for field in papers.CITY.fields)
    assert [part for part in ("株式会社", "見守り", "特にありません") if part in "".join(forms)] == []


async def test_a_mail_that_the_office_sees_carries_its_blank_forms(units: Units) -> None:
    """The forms stand among the attachments that the office is shown, and are kept once (ALL-2)."""
    asked = JobInput(
        job_type="prepare-mail",
        variables={"caseId": CASE_ID, "mailTemplate": "city-invitation"},
        headers={},
        ref=some_job(),
    )
    async with units() as uow:
        shown = [(await handle_prepare_mail(asked, uow))["mailDraft"]["attachments"] for _ in range(2)]
        kinds = [document.kind for document in await uow.documents.of_case(CASE_ID)]
    names = [f"{form}（様式）_{CASE_ID}.docx" for form in ("申出書", "連携事業提案書")]
    names.append(f"申出書・連携事業提案書（回答用）_{CASE_ID}.xlsx")
    assert shown[0].splitlines() == names == shown[1].splitlines()
    assert kinds[:2] == ["blank-offer", "blank-proposal-sheet"]


async def test_the_history_calls_mails_by_their_names(units: Units) -> None:
    """Neither a mail to the partner nor one to departments is called by its template's file (ALL-6)."""
    await agree(units)
    await sign(units)
    async with units() as uow:
        await handle_send_mail(job("offer-request", "partner"), uow)
        await handle_send_mail(job("agreement-signed-departments", "departments"), uow)
        told = [entry.what for entry in await uow.history.of_case(CASE_ID) if "メールを用意した" in entry.what]
    assert told == [
        "相手方へのメールを用意した: 申出の手順の案内（1通）",
        "照会した課すべてへのメールを用意した: 包括連携協定を締結しました（2通）",
    ]


async def test_a_document_rendered_again_is_kept_once(units: Units) -> None:
    """The same content has the same hash, so a repeated job stores nothing new."""
    first, _ = await made_document(units, "offer")
    second, _ = await made_document(units, "offer")
    assert first.sha256 == second.sha256
    async with units() as uow:
        assert [document.kind for document in await uow.documents.of_case(CASE_ID)] == ["offer"]


async def test_a_mail_that_the_office_has_to_see_never_leaves_unread(units: Units) -> None:
    """A diagram that sends a refusal by itself gets an incident that says what to do; an instruction goes."""
    async with units() as uow:
        with pytest.raises(PermanentError, match="送る前に確かめるメールです"):
            await handle_send_mail(job("declined", "partner"), uow)
    assert len(await sent(units, lambda uow: handle_send_mail(job("offer-request", "partner"), uow))) == 1


@pytest.mark.parametrize("template", TO_PARTNER)
async def test_a_mail_to_the_partner_needs_no_more_than_the_job_gives(units: Units, template: str) -> None:
    """Each template is filled from the variables that the job hands over anyway."""
    await agree(units)
    await sign(units)

    async def seen_and_sent(uow: SqlUnitOfWork) -> None:
        asked = JobInput(
            job_type="prepare-mail",
            variables={"caseId": CASE_ID, "mailTemplate": template},
            headers={},
            ref=some_job(),
        )
        draft = (await handle_prepare_mail(asked, uow))["mailDraft"]
        form = {"choice": "send", "subject": draft["subject"], "body": draft["body"]}
        await finish_mail(uow, draft["id"], read_decision(form), may_return=False)

    mails = await sent(units, seen_and_sent)
    assert [mail["To"].addresses[0].addr_spec for mail in mails] == ["renkei@aozora.example"]
    assert mails[0]["Subject"].startswith("【伊勢崎市】")


async def test_the_departments_are_told_of_talks_and_of_the_agreement(units: Units) -> None:
    """The project of the talks comes from the process, the agreement from the registry."""
    await agree(units)
    await sign(units)
    talks = await sent(units, lambda uow: handle_send_mail(job("talks-request", "department", project=TALK), uow))
    assert "高齢者福祉・障害者福祉に関すること" in talks[0].get_content()
    mails = await sent(units, lambda uow: handle_send_mail(job("agreement-signed-departments", "departments"), uow))
    assert [mail["To"].addresses[0].addr_spec for mail in mails[1:]] == [
        papers.CITY.department(code).email for code in ("korei", "kankyo")
    ]
    assert "② 防犯・防災に関すること" in mails[1].get_content()


async def test_every_mail_of_a_survey_is_filled(units: Units) -> None:
    """Notice, reminders, escalation, extension and question, in the order of a survey that drags on (ALL-1)."""
    survey = f"{CASE_ID}-s1"
    later = date(2026, 6, 15) + timedelta(days=14)

    async def all_of_it(uow: SqlUnitOfWork) -> None:
        await surveys.notify_department(uow, survey, "kankyo", "survey-notice")
        await surveys.remind_departments(uow, survey, "survey-reminder")
        await surveys.remind_departments(uow, survey, "survey-due-today")
        await surveys.escalate_survey(uow, survey, "survey-escalation")
        await surveys.extend_survey(uow, survey, later, template="survey-extended", process_instance_key=1)
        order = {"action": "send-back", "targetDepartment": "korei", "question": "曜日の希望は？"}
        await request_answer(uow, survey, order, template="survey-sent-back", process_instance_key=1)

    mails = await sent(units, all_of_it)
    facts = [
        "② 涼み処",
        "6月15日（月）まで",
        "本日 令和8年6月15日",
        "・環境部環境政策課",
        "令和8年6月29日（月）",
        "曜日の希望は？",
    ]
    assert [fact in mail.get_content() for fact, mail in zip(facts, mails, strict=True)] == [True] * len(facts)


async def test_every_mail_of_the_signing_is_there() -> None:
    """The templates that the tests above fill; those of procedures are filled by scenarios, which pass every task."""
    survey = ["notice", "reminder", "due-today", "escalation", "extended", "sent-back"]
    tested = {*TO_PARTNER, "talks-request", "agreement-signed-departments", *(f"survey-{name}" for name in survey)}
    assert tested - set(papers.FOLDERS.names("isesaki", "mail", TEXT)) == set()
