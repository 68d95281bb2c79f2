"""Amendment and termination of an agreement on the real engine, the clock moved between the days that matter."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.kit import outgoing
from tests.kit.clerk import APPROVED, FIXED_MEETING, Clerk
from tests.kit.clerk import clerk as clerk_of
from tests.kit.driver import EngineDriver
from workers.domain.agreements import AgreementEnd
from workers.domain.entities import CaseKind, CaseOutcome
from workers.domain.terms import months_before
from workers.domain.wareki import format_wareki
from workers.packs.scenarios import dated
from workers.settings import Settings
from workers.usecases.procedures import file_procedure, start_procedure

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]
_MEETING: dict[str, dict[str, Any]] = {
    "Task_ProposeDates": FIXED_MEETING,
    "Task_HoldMeeting": {"next": "held", "heldOn": "{today}", "minutes": "双方で話し合った。"},
}


async def _agreed_to_amend(clerk: Clerk, **terms: Any) -> None:
    await clerk.does("Task_RecordTalks", talksOn="{today}", talksResult="amend", summary="分野を加える")
    await clerk.does("Task_DraftAmendment", **{**_terms(), **terms})


async def _takes_the_whole_guideline(clerk: Clerk) -> None:
    """ISE-T3: an older agreement is amended only when the requirements are confirmed, and with as many fields."""
    await _agreed_to_amend(clerk, changes=" ", requirements="met")
    assert "変更の内容" in await clerk.told("Task_DraftAmendment")
    await clerk.does("Task_DraftAmendment", **_terms(), requirements=None)
    assert "締結の要件" in await clerk.told("Task_DraftAmendment")
    await clerk.does("Task_DraftAmendment", **{**_terms(), "fields": ["1", "5"]}, requirements="met")
    assert "3以上の連携事項" in await clerk.told("Task_DraftAmendment")
    await clerk.does("Task_DraftAmendment", **_terms(), requirements="met")


def _terms() -> dict[str, Any]:
    return {
        "title": "見守りと防災の協定",
        "purpose": "見守りと防災",
        "fields": ["1", "5", "7", "8"],
        "expiresOn": "{today+500}",
        "effectiveOn": None,
        "changes": "第2条に「環境に関すること」を加える",
    }


async def _planned_anew(clerk: Clerk) -> None:
    """ISE-F3: the text to be signed, with the planned day, is there before; another day or another text goes back."""
    await clerk.does("Task_ApproveAmendment", **APPROVED, plannedOn="{today+9}")
    await clerk.does("Task_SignAmendment", signing="redraft")
    await clerk.does("Task_DraftAmendment", **{**_terms(), "effectiveOn": "{today+30}"}, requirements="met")
    await clerk.does("Task_ConfirmAmendment", confirmation="agreed")
    await clerk.does("Task_ApproveAmendment", **APPROVED, plannedOn="{today+9}")
    await clerk.does("Task_SignAmendment", signing="replan")
    await clerk.does("Task_ApproveAmendment", **APPROVED, plannedOn="{today+3}")
    await clerk.at_work.driver.settled()
    async with clerk.at_work.services.open_unit() as uow:
        case = (await uow.cases.of_agreement(clerk.agreement_id))[-1]
    to_sign = (await outgoing.papers(clerk.at_work.services, case.id))["amendment"]
    assert "（案）" not in to_sign
    planned = date.fromisoformat(dated("{today+3}", clerk.desk.today()))
    assert format_wareki(planned) in to_sign


async def test_an_amendment_becomes_a_new_version(driver: EngineDriver, settings: Settings) -> None:
    """ISE-T4, ISE-T3: asked, talked over, agreed, decided, signed; from its day the whole guideline holds."""
    async with clerk_of(driver, settings, whole_guideline=False) as clerk:
        await clerk.begin("common-agreement-amendment", "isesaki-a99")
        assert "isesaki-a99" in await clerk.told("Task_CorrectStart")
        await clerk.does("Task_CorrectStart", agreementId="isesaki-a98")
        assert "isesaki-a98" in await clerk.told("Task_CorrectStart")
        await clerk.does("Task_CorrectStart", agreementId=clerk.agreement_id)
        request = {"requestedBy": "partner", "requestedOn": "{today}", "request": "環境を加えたい"}
        await clerk.is_refused(
            "申出を受けた日", "Task_EnterRequest", **{**request, "requestedOn": "{today+1}"}, talkBy="meeting"
        )
        await clerk.does("Task_EnterRequest", **request, talkBy="meeting")
        for task, answers in _MEETING.items():
            await clerk.does(task, **answers)
        await clerk.is_refused("協議の内容", "Task_RecordTalks", talksOn="{today}", talksResult="amend", summary="　")
        await _takes_the_whole_guideline(clerk)
        await clerk.is_refused("意見", "Task_ConfirmAmendment", confirmation="revise", comment=None)
        await clerk.does("Task_ConfirmAmendment", confirmation="revise", comment="来月からにしてほしい")
        await clerk.does("Task_DraftAmendment", **{**_terms(), "effectiveOn": "{today+30}"}, requirements="met")
        await clerk.does("Task_ConfirmAmendment", confirmation="agreed")
        await clerk.does("Task_ApproveAmendment", decision="back", reason="理由を詳しく")
        await clerk.does("Task_DraftAmendment", **{**_terms(), "effectiveOn": "{today+30}"}, requirements="met")
        await clerk.does("Task_ConfirmAmendment", confirmation="agreed")
        await clerk.is_refused("決裁者", "Task_ApproveAmendment", **{**APPROVED, "approvedBy": ""})
        await clerk.is_refused("決裁日", "Task_ApproveAmendment", **{**APPROVED, "approvedOn": "{today+1}"})
        await clerk.is_refused("締結を予定する日", "Task_ApproveAmendment", **APPROVED, plannedOn="{today-1}")
        await _planned_anew(clerk)
        await clerk.does("Task_SignAmendment", signing="signed", signedOn="{today+5}")
        assert "締結日" in await clerk.told("Task_SignAmendment")
        signed_on = clerk.desk.today()
        await clerk.does("Task_SignAmendment", signing="signed", signedOn="{today}")
        await clerk.desk.before(
            lambda: driver.records.passed("Task_NotifyDepartments", instance=clerk.desk.instance), "the new version"
        )
        async with clerk.at_work.services.open_unit() as uow:
            before = await uow.agreements.get(clerk.agreement_id)
        assert (before.whole_guideline, [v.number for v in before.versions]) == (False, [1, 2])
        await clerk.desk.let_fire("Event_EffectiveDay")
        agreement, case = await clerk.ended()
        (mail,) = await clerk.letters("amendment-signed")
        departments = await clerk.letters("amendment-departments")
        paper = (await outgoing.papers(clerk.at_work.services, case.id))["amendment"]
    assert (case.outcome, agreement.title, agreement.whole_guideline) == (
        CaseOutcome.AMENDED,
        "見守りと防災の協定",
        True,
    )
    assert agreement.fields == [1, 5, 7, 8]
    first, second = agreement.versions
    assert (first.title, second.case_id, second.applied) == (before.title, case.id, True)
    assert second.effective_on > signed_on
    assert second.expires_on == agreement.current_term.expires_on
    assert agreement.current_term.notice_deadline == months_before(agreement.current_term.expires_on, 1)
    assert "第2条に「環境に関すること」を加える" in mail.text
    assert len(departments) > 5
    assert "環境に関すること" in paper
    assert format_wareki(signed_on) in paper


async def test_an_amendment_that_holds_at_once_and_one_from_another_procedure(
    driver: EngineDriver, settings: Settings
) -> None:
    """The message start, the second instance that ends at once, and an amendment from the day of its signature."""
    async with clerk_of(driver, settings) as clerk:
        async with clerk.at_work.services.open_unit() as uow:
            agreement = await uow.agreements.get(clerk.agreement_id)
            case = await file_procedure(uow, agreement, CaseKind.AMENDMENT, "1")
            await start_procedure(uow, case)
        await clerk.desk.join(case.id)
        await driver.passed(clerk.desk.instance, "Task_OpenProcedure")
        second = await driver.start("common-agreement-amendment", {"caseId": case.id})
        await driver.completed(second)
        assert driver.records.passed("EndEvent_AlreadyStarted", instance=second)
        request = {"requestedBy": "city", "requestedOn": "{today}", "request": "名称を改める"}
        await clerk.does("Task_EnterRequest", **request, talkBy="direct")
        await _agreed_to_amend(clerk, expiresOn=agreement.current_term.expires_on.isoformat())
        await clerk.does("Task_ConfirmAmendment", confirmation="agreed")
        await clerk.does("Task_ApproveAmendment", **APPROVED, plannedOn="{today}")
        await clerk.does("Task_SignAmendment", signing="signed", signedOn="{today}")
        amended, closed = await clerk.ended()
    assert closed.outcome is CaseOutcome.AMENDED
    assert [(v.number, v.expires_on) for v in amended.versions] == [(1, None), (2, None)]
    assert amended.current_term.expires_on == agreement.current_term.expires_on


@pytest.mark.parametrize("where", ["talks", "draft", "approval"])
async def test_an_amendment_that_is_not_made_leaves_the_agreement(
    driver: EngineDriver, settings: Settings, where: str
) -> None:
    """ISE-T4: given up at the talks, at the text or by the decision; the partner is told, nothing is registered."""
    async with clerk_of(driver, settings) as clerk:
        await clerk.begin("common-agreement-amendment")
        request = {"requestedBy": "city", "requestedOn": "{today}", "request": "名称を改める"}
        await clerk.does("Task_EnterRequest", **request, talkBy="direct")
        if where == "talks":
            await clerk.does("Task_RecordTalks", talksOn="{today}", talksResult="keep", summary="見送ります")
        else:
            await _agreed_to_amend(clerk)
            given_up = {"confirmation": "abandoned", "comment": "今年度は見送りたい"}
            await clerk.does("Task_ConfirmAmendment", **(given_up if where == "draft" else {"confirmation": "agreed"}))
        if where == "approval":
            await clerk.does("Task_ApproveAmendment", decision="stop", reason="時期が早い")
        agreement, case = await clerk.ended()
        (mail,) = await clerk.letters("amendment-not-made")
    assert (case.outcome, agreement.versions) == (CaseOutcome.CONTINUED, [])
    assert "今の内容のまま続きます" in mail.text


_ASKED = {
    "prospects": "good",
    "requirements": "met",
    "askedBy": "partner",
    "reason": "事業をやめるため",
    "talkBy": "direct",
}


async def _to_notice(clerk: Clerk, ends_on: date, notified_by: str = "city") -> None:
    talks = {"talksOn": "{today}", "talksResult": "terminate", "endsOn": ends_on.isoformat(), "summary": "合意した"}
    await clerk.does("Task_RecordTalks", **talks, notifiedBy=notified_by)
    await clerk.does("Task_ApproveTermination", **APPROVED)


async def test_an_agreement_is_terminated_on_its_day(driver: EngineDriver, settings: Settings) -> None:
    """ISE-T2, D-8: candidate by rule, low prospects by a person, talks, decision, notice a month before, the day."""
    facts = {"signed": "{today-1500}", "expires": "{today+300}"}
    async with clerk_of(driver, settings, **facts) as clerk:
        await clerk.begin("common-agreement-termination", "nowhere")
        assert "協定番号" in await clerk.told("Task_CorrectStart")
        await clerk.does("Task_CorrectStart", agreementId="isesaki-a98")
        assert "isesaki-a98" in await clerk.told("Task_CorrectStart")
        await clerk.does("Task_CorrectStart", agreementId=clerk.agreement_id)
        low = {
            "prospects": "low",
            "requirements": "lost",
            "askedBy": "none",
            "reason": "事業がない",
            "talkBy": "meeting",
        }
        await clerk.is_refused("解除を検討する理由", "Task_AssessGrounds", **{**low, "reason": "　"})
        await clerk.does("Task_AssessGrounds", **low)
        for task, answers in _MEETING.items():
            await clerk.does(task, **answers)
        grounds = driver.records.visible(clerk.desk.instance)["terminationGrounds"]
        assert [ground[:6] for ground in grounds] == ["実績のない期", "協定を結ぶた"]
        soon, ends_on = clerk.desk.today() + timedelta(days=10), clerk.desk.today() + timedelta(days=70)
        talks = {"talksOn": "{today}", "talksResult": "terminate", "summary": "合意した", "notifiedBy": "city"}
        await clerk.is_refused("協議の内容", "Task_RecordTalks", **{**talks, "summary": ""}, endsOn=soon.isoformat())
        await clerk.does("Task_RecordTalks", **talks, endsOn=soon.isoformat())
        assert "通知は" in await clerk.told("Task_RecordTalks")
        await clerk.does("Task_RecordTalks", **talks, endsOn=ends_on.isoformat())
        await clerk.is_refused("起案番号", "Task_ApproveTermination", **{**APPROVED, "approvalNumber": None})
        await clerk.does("Task_ApproveTermination", decision="back", reason="日を確かめて")
        await _to_notice(clerk, ends_on)
        await clerk.does("Task_ConfirmNotice", arrival="late")
        await _to_notice(clerk, ends_on)
        await clerk.is_refused("文書番号", "Task_ConfirmNotice", arrival="arrived", noticeOn="{today}")
        await clerk.does("Task_ConfirmNotice", arrival="arrived", noticeOn="{today+7}", documentNumber="戦略第5号")
        assert "まだ来ていません" in await clerk.told("Task_ConfirmNotice")
        await clerk.does("Task_ConfirmNotice", arrival="arrived", noticeOn="{today}", documentNumber="戦略第5号")
        await clerk.desk.let_fire("Event_EndDayOver")
        agreement, case = await clerk.ended()
        notices = await clerk.letters("termination-notice")
        done, departments = await clerk.letters("termination-done"), await clerk.letters("termination-departments")
        paper = (await outgoing.papers(clerk.at_work.services, case.id))["termination-notice"]
    assert (case.outcome, agreement.end, agreement.ended_on) == (
        CaseOutcome.TERMINATED,
        AgreementEnd.TERMINATED,
        ends_on,
    )
    assert clerk.desk.today() == ends_on + timedelta(days=1)
    assert agreement.in_force(ends_on)
    assert not agreement.in_force(ends_on + timedelta(days=1))
    assert (len(notices), len(done), len(departments) > 5) == (2, 1, True)
    assert "締結の要件" not in paper
    assert "協定を結ぶための要件を満たさなくなった" in paper
    assert "4　解除の理由" in paper
    for untrue in ("見立て", "取りやめたいとき", "双方で話し合ったとおり", "企業等"):
        assert untrue not in paper


async def test_a_termination_is_withdrawn_before_its_day(driver: EngineDriver, settings: Settings) -> None:
    """ISE-T2: the partner asked, and took it back in time; the agreement goes on. The procedure came by message."""
    async with clerk_of(driver, settings) as clerk:
        async with clerk.at_work.services.open_unit() as uow:
            agreement = await uow.agreements.get(clerk.agreement_id)
            case = await file_procedure(uow, agreement, CaseKind.TERMINATION, "1")
            await start_procedure(uow, case)
        await clerk.desk.join(case.id)
        await driver.passed(clerk.desk.instance, "Task_OpenProcedure")
        second = await driver.start("common-agreement-termination", {"caseId": case.id})
        await driver.completed(second)
        assert driver.records.passed("EndEvent_AlreadyStarted", instance=second)
        await clerk.does("Task_AssessGrounds", **_ASKED)
        await _to_notice(clerk, clerk.desk.today() + timedelta(days=70))
        await clerk.does("Task_ConfirmNotice", arrival="arrived", noticeOn="{today}", documentNumber="戦略第6号")
        approval = {
            "approvalNumber": "戦推第9号",
            "approvedOn": "{today}",
            "approvalLevel": "市長",
            "approvedBy": "市長",
        }
        withdrawn = {"withdrawnBy": "partner", "withdrawnOn": "{today}", **approval}
        await clerk.is_refused("取りやめる理由", "Task_AwaitEnd", **withdrawn, reason="")
        unapproved = {**withdrawn, "approvalNumber": "", "approvedOn": ""}
        await clerk.is_refused("起案番号", "Task_AwaitEnd", **unapproved, reason="続けることにした")
        await clerk.does("Task_AwaitEnd", **withdrawn, reason="続けることにした")
        kept, closed = await clerk.ended()
        (mail,) = await clerk.letters("termination-withdrawn")
    assert (closed.outcome, kept.ended_on) == (CaseOutcome.CONTINUED, None)
    assert "続けることにした" in mail.text


@pytest.mark.parametrize("where", ["grounds", "talks", "approval"])
async def test_an_agreement_that_is_not_terminated_goes_on(
    driver: EngineDriver, settings: Settings, where: str
) -> None:
    """D-8: being a candidate decides nothing; without a ground, at the talks or by the decision it goes on."""
    async with clerk_of(driver, settings, signed="{today-1500}") as clerk:
        await clerk.begin("common-agreement-termination")
        asked = {**_ASKED, "askedBy": "none" if where == "grounds" else "city"}
        await clerk.does("Task_AssessGrounds", **asked)
        if where == "talks":
            await clerk.does("Task_RecordTalks", talksOn="{today}", talksResult="keep", summary="続ける")
        if where == "approval":
            talks = {"talksOn": "{today}", "talksResult": "terminate", "summary": "合意した", "notifiedBy": "city"}
            await clerk.does("Task_RecordTalks", **talks, endsOn="{today+70}")
            await clerk.does("Task_ApproveTermination", decision="stop", reason="続けたい")
        agreement, case = await clerk.ended()
        mails = await clerk.letters("termination-not-made")
    assert (case.outcome, agreement.ended_on) == (CaseOutcome.CONTINUED, None)
    assert len(mails) == (0 if where == "grounds" else 1)


async def test_a_city_without_a_rule_takes_the_notice_period_from_the_agreement(
    driver: EngineDriver, settings: Settings
) -> None:
    """DAT-T2: three months as the agreement says; it expired meanwhile, so there is nothing left to terminate."""
    async with clerk_of(driver, settings, "date") as clerk:
        await clerk.begin("common-agreement-termination")
        await clerk.does("Task_AssessGrounds", **_ASKED)
        ends_on = clerk.desk.today() + timedelta(days=120)
        talks = {"talksOn": "{today}", "talksResult": "terminate", "endsOn": ends_on.isoformat(), "summary": "合意した"}
        talks["notifiedBy"] = "partner"
        await clerk.does("Task_RecordTalks", **talks)
        assert "予告の期間" in await clerk.told("Task_RecordTalks")
        await clerk.does("Task_RecordTalks", **talks, writtenMonths=3)
        await clerk.does("Task_ApproveTermination", **APPROVED)
        await clerk.does("Task_ConfirmNotice", arrival="arrived", noticeOn="{today}", documentNumber="伊企第7号")
        await driver.settled()
        async with clerk.at_work.services.open_unit() as uow:
            agreement = await uow.agreements.get(clerk.agreement_id)
            agreement.ended_on, agreement.end = clerk.desk.today(), AgreementEnd.EXPIRED
        await clerk.desk.let_fire("Event_EndDayOver")
        ended, case = await clerk.ended()
        notices = await clerk.letters("termination-notice")
    assert (case.outcome, ended.end) == (CaseOutcome.EXPIRED, AgreementEnd.EXPIRED)
    assert notices == [], "the partner has given notice itself"
