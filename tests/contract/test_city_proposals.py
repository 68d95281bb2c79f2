"""The city's own proposals in the registry, and papers that belong to one department (DAT-5, DAT-6, DAT-8)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio
from sqlalchemy import select

from tests.kit import papers
from tests.kit.outgoing import word_text
from tests.kit.registry import registry_at, some_job
from tests.kit.work import open_survey, record_city_proposals
from workers.adapters.registry import outbox_tables
from workers.adapters.registry.unit_of_work import SqlUnitOfWork
from workers.domain.entities import Case, Offer, Project
from workers.errors import InputErrors, PermanentError
from workers.jobs.catalog import JobInput
from workers.jobs.papers import handle_prepare_mail, handle_render_document, handle_send_mail
from workers.usecases.surveys import notify_department

pytestmark = pytest.mark.asyncio
CASE_ID = "date-2026-0001"
KENKO = {"code": "kenko", "name": "健康福祉部健康推進課", "group": "date-kenko"}
NOSEI = {"code": "nosei", "name": "産業部農政課", "group": "date-nosei"}
ADVICE = {"departmentCode": "kenko", "field": "1", "title": "健康相談", "content": "月1回開く。"}
FAIR = {"departmentCode": "nosei", "field": 3, "title": "販売会", "content": "秋に開く。"}
Units = Callable[[], SqlUnitOfWork]


@pytest_asyncio.fixture
async def units(tmp_path: Path) -> Any:
    """Return units of work with the real renderers and a case with two proposed projects."""
    async with registry_at(f"sqlite+aiosqlite:///{tmp_path / 'registry.sqlite3'}", tmp_path) as registry:
        made = papers.units(registry)
        async with made() as uow:
            await uow.cases.add(_case())
            await uow.commit()
        yield made


def _case() -> Case:
    return Case(
        id=CASE_ID,
        city="date",
        process_id="date-signing",
        opened_on=date(2026, 5, 1),
        partner=papers.partner(),
        offers=[Offer(round=1, offered_on=date(2026, 5, 1), purpose="健康づくりのため", fields=[1])],
        projects=[Project(round=1, number=number, field=1, title=f"事業{number}", content="内容") for number in (1, 2)],
    )


async def _proposed(units: Units, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    async with units() as uow:
        result = await record_city_proposals(uow, CASE_ID, rows)
        await uow.commit()
    return list(result["cityProposals"])


async def _projects(units: Units) -> list[tuple[int, int, str, str]]:
    async with units() as uow:
        case = await uow.cases.get(CASE_ID)
        return sorted((p.round, p.number, p.title, p.department) for p in case.projects)


async def test_the_citys_proposals_are_numbered_after_the_partners(units: Units) -> None:
    rows = await _proposed(units, ADVICE, FAIR)
    assert [(row["number"], row["title"], row["departmentName"]) for row in rows] == [
        (3, "健康相談", "健康福祉部健康推進課"),
        (4, "販売会", "産業部農政課"),
    ]
    assert rows[1]["fieldName"] == "農業・商工業・観光に関すること"
    assert await _projects(units) == [
        (1, 1, "事業1", ""),
        (1, 2, "事業2", ""),
        (1, 3, "健康相談", "kenko"),
        (1, 4, "販売会", "nosei"),
    ]


async def test_proposals_entered_again_replace_those_of_the_same_round_only(units: Units) -> None:
    """A corrected entry leaves no duplicate; another round's projects stay."""
    await _proposed(units, ADVICE, FAIR)
    await _proposed(units, FAIR)
    assert [row[1:3] for row in await _projects(units)] == [(1, "事業1"), (2, "事業2"), (3, "販売会")]
    async with units() as uow:
        case = await uow.cases.get(CASE_ID)
        case.offers.append(Offer(round=2, offered_on=date(2026, 6, 1), purpose="改めた", fields=[1]))
        case.projects.append(Project(round=2, number=1, field=1, title="改めた事業", content="内容"))
        await uow.commit()
    await _proposed(units, ADVICE)
    assert [row[:3] for row in await _projects(units)] == [
        (1, 1, "事業1"),
        (1, 2, "事業2"),
        (1, 3, "販売会"),
        (2, 1, "改めた事業"),
        (2, 2, "健康相談"),
    ]


async def test_every_bad_field_of_a_proposal_is_named_and_nothing_is_kept(units: Units) -> None:
    """ALL-10: row and field in Japanese, all at once."""
    with pytest.raises(InputErrors) as caught:
        await _proposed(units, {**ADVICE, "field": "99"}, {**FAIR, "title": " ", "departmentCode": "nowhere"})
    assert [error.where for error in caught.value.errors] == [
        "市からの提案 1件目 連携事項",
        "市からの提案 2件目 事業名",
        "市からの提案 2件目 課",
    ]
    assert len(await _projects(units)) == 2


def _job(variables: dict[str, Any], **headers: str) -> JobInput:
    return JobInput(job_type="", variables={"caseId": CASE_ID, **variables}, headers=headers, ref=some_job(7))


def _feedback(title: str) -> list[dict[str, Any]]:
    row = {"number": "1", "title": title, "content": "内容", "proposerName": "事業者等", "resultName": "可"}
    return [{**row, "reason": None, "asked": True}]


async def test_a_department_gets_its_own_document_whatever_was_made_last(units: Units) -> None:
    """DAT-8: two departments' sheets are made side by side; each mail carries its own."""
    async with units() as uow:
        for department, title in ((KENKO, "健康相談"), (NOSEI, "販売会")):
            job = _job(
                {"department": department, "feedbackRows": _feedback(title), "reportPerson": "青葉 計"},
                document="form6",
                title="様式6 提案結果報告",
                per="department",
                values="feedbackRows,reportPerson",
            )
            await handle_render_document(job, uow)
        send = _job(
            {"department": KENKO, "feedbackRows": _feedback("健康相談"), "deadline": {"text": "令和8年6月22日（月）"}},
            template="feedback",
            to="department",
            attach="form6@department",
            values="feedbackRows,deadline",
        )
        await handle_send_mail(send, uow)
        kept = {document.kind: document for document in await uow.documents.of_case(CASE_ID)}
        texts = {kind: word_text(await uow.documents.read(document)) for kind, document in kept.items()}
        await uow.commit()
    assert set(kept) == {"form6@kenko", "form6@nosei"}
    assert "健康推進課長" in texts["form6@kenko"]
    assert "販売会" not in texts["form6@kenko"]
    assert "健康相談" not in texts["form6@nosei"]
    async with units() as uow:
        (raw,) = (await uow._session.scalars(select(outbox_tables.mail.c.raw))).all()
    (attached,) = message_from_bytes(raw, policy=SMTP).iter_attachments()
    assert attached.get_filename() == f"様式6 提案結果報告_健康推進課_{CASE_ID}.docx"
    assert attached.get_content() is not None


@pytest.mark.parametrize(
    ("variables", "attach"),
    [({}, "form6@department"), ({"department": KENKO}, "form6@kenko"), ({"department": KENKO}, "form6@department")],
)
async def test_a_mail_never_falls_back_to_another_departments_document(
    units: Units, variables: dict[str, Any], attach: str
) -> None:
    """No department, a department by name, or a document that was never made: an incident, not a guess."""
    job = _job({**variables, "ceremony": None}, template="ceremony-plan", to="partner", attach=attach)
    async with units() as uow:
        with pytest.raises(PermanentError, match="form6"):
            await handle_send_mail(job, uow)


async def test_a_departments_document_needs_a_department(units: Units) -> None:
    job = _job({"feedbackRows": []}, document="form6", per="department", values="feedbackRows")
    async with units() as uow:
        with pytest.raises(PermanentError, match="department"):
            await handle_render_document(job, uow)


@pytest.mark.parametrize("rows", [[], [{"number": 3, "title": "健康相談", "departmentName": "健康福祉部健康推進課"}]])
async def test_form_5_comes_with_form_4_where_the_city_proposes(units: Units, rows: list[dict[str, Any]]) -> None:
    """DAT-7: what the partner is to fill in goes with the mail that asks for it, and only then."""
    values = {"reportRows": [], "cityProposals": rows, "deadline": {"text": "令和8年6月22日（月）"}}
    job = _job({"mailTemplate": "proposal-report", "mailAttach": [], "mailValues": values, "mailMayReturn": True})
    async with units() as uow:
        told = await handle_prepare_mail(job, uow)
        kept = [(await uow.documents.read(document)) for document in await uow.documents.of_case(CASE_ID)]
    attached = told["mailDraft"]["attachments"]
    if rows:
        form = "様式5 伊達市提案連携事業について（回答）"
        assert attached.splitlines() == [f"{form}（様式）_{CASE_ID}.docx", f"{form}（回答用）_{CASE_ID}.xlsx"]
        assert "健康相談" in word_text(kept[0])
    else:
        assert attached == "なし"


async def test_the_sections_that_are_not_asked_get_the_posting(units: Units) -> None:
    """DAT-3: one mail for each section, the survey's or the posting's; the posting has 様式3 with it."""
    plan = {"departmentCodes": ["kenko", "nosei"], "message": "広くご検討ください。"}
    async with units() as uow:
        survey = (await open_survey(uow, CASE_ID, plan))["survey"]
        for code in ("kenko", "nosei"):
            await notify_department(uow, survey["id"], code, "survey-notice")
        job = _job(
            {"survey": survey, "message": plan["message"]}, template="posting", to="other-departments", values="survey"
        )
        await handle_send_mail(job, uow)
        await uow.commit()
        surveyed = {entry.code for entry in uow.cities.city("date").departments if entry.surveyed}
    mail = outbox_tables.mail.c
    async with units() as uow:
        rows = (await uow._session.execute(select(mail.kind, mail.recipient, mail.raw))).all()
    told = {kind: [row for row in rows if row.kind == kind] for kind in ("survey-notice", "posting")}
    reached = [row.recipient.partition("@")[0] for row in rows]
    assert sorted(reached) == sorted(surveyed)
    assert {row.recipient.partition("@")[0] for row in told["survey-notice"]} == {"kenko", "nosei"}
    for row in rows:
        message = message_from_bytes(row.raw, policy=SMTP)
        assert "広くご検討ください。" in cast("EmailMessage", message.get_body(("plain",))).get_content()
    (form,) = message_from_bytes(told["posting"][0].raw, policy=SMTP).iter_attachments()
    assert str(form.get_filename()).startswith("様式3 連携事業の提案（様式）")
