"""A clerk takes 伊勢崎市's case from the consultation to the signature and makes a mistake at every form (ALL-19, ALL-10).

Nothing that was typed is typed twice: whatever comes back comes back filled, with what was objected to.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.clerk import Answers, Clerk, run
from workers.adapters.camunda.tasklist import Tasklist
from workers.domain.entities import CaseOutcome
from workers.domain.wareki import format_wareki
from workers.settings import Settings
from workers.wiring import services

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

_NAME = "株式会社みほん商会"
_CONSULTATION = {
    "origin": "企業等から相談を受けた",
    "name": _NAME,
    "representative": "代表取締役 見本 太郎",
    "contact": "総務部 見本 花子",
    "email": "hanako@mihon.example",
    "phone": "0270-00-1234",
    "corporateNumber": "1234567890123",
}
_CHILDREN, _ELDERLY, _SAFETY = (
    "1 子ども・子育て支援に関すること",
    "5 高齢者福祉・障害者福祉に関すること",
    "7 防犯・防災に関すること",
)
_OFFER: dict[str, Any] = {
    "filing": "申し出る",
    "offeredOn": "令和8年2月30日",
    "purpose": "配達の網を生かして、10:00~12:00 の見守りと、子育ての手助けを行う。",
    "fields": [_CHILDREN, _ELDERLY, _SAFETY],
    "projects": [
        {"field": _ELDERLY, "title": "配達のときの見守り", "content": "2. 配達員が声を掛けます。", "costToCity": False},
        {"field": _CHILDREN, "title": "親子の料理教室", "content": "年に4回、親子で作ります。", "costToCity": False},
        {"field": _SAFETY, "title": "物資の調達", "content": "災害のときに飲料水を届けます。", "costToCity": False},
    ],
    "records": [{"fiscalYear": "令和7年度", "field": _CHILDREN, "title": "工作教室", "department": "こども家庭センター"}],
    "other": "担当の窓口は総務部です。",
}
_ELDERLY_SECTION, _CHILDREN_SECTION = "isesaki-korei", "isesaki-kosodate"


@pytest.fixture
def clerk(stack: Settings, chromium: Browser, screenshots: Path) -> Iterator[Clerk]:
    """One clerk with a window of their own, and a folder for what is seen."""
    folder = screenshots / "walk"
    folder.mkdir(exist_ok=True)
    clerk = Clerk(chromium, stack, folder)
    yield clerk
    clerk.close()


def test_nothing_typed_is_typed_twice_from_consultation_to_signature(clerk: Clerk, stack: Settings) -> None:
    """Every form of the flow: what the screen refuses stays, what the worker refuses comes back filled."""
    today = run(_today(stack))
    case = _consult(clerk, stack)
    _offer(clerk, case, today)
    _check_requirements(clerk, case)
    _plan_survey(clerk, case)
    _answer_survey(clerk, case)
    _watch_survey(clerk, case)
    _read_mail(clerk, case, "照会の結果")
    _discuss(clerk, case)
    _talk(clerk, case)
    _decide(clerk, case, today)
    _draft(clerk, case, today)
    _sign(clerk, case, today)
    assert run(_outcome(stack, case["caseId"])) == CaseOutcome.SIGNED


def _consult(clerk: Clerk, stack: Settings) -> dict[str, str]:
    """Start with an empty form, then with a wrong address, then with a wrong corporate number."""
    clerk.begin("isesaki-signing")
    refused = clerk.send()
    assert refused is not None
    assert len(refused.messages) >= 4
    clerk.fill({**_CONSULTATION, "email": "hanako"})
    clerk.picture("consultation-refused-by-screen")
    _stays(clerk, {**_CONSULTATION, "email": "hanako"})
    clerk.fill({"email": _CONSULTATION["email"]})
    assert clerk.send() is None
    clerk.open("Task_CorrectConsultation", {"name": _NAME})
    clerk.picture("consultation-returned")
    _came_back(clerk, _CONSULTATION, because="法人番号")
    clerk.fill({"corporateNumber": ""})
    assert clerk.send() is None
    return {"caseId": run(_case_of(stack))}


def _offer(clerk: Clerk, case: dict[str, str], today: date) -> None:
    """Forget the purpose, then name a day that does not exist: three projects come back."""
    clerk.open("Task_SubmitOffer", case)
    clerk.picture("offer-empty")
    clerk.fill({**_OFFER, "purpose": "　"})
    _stays(clerk, {**_OFFER, "purpose": "　"})
    clerk.fill({"purpose": _OFFER["purpose"]})
    expect(clerk.page.get_by_text("日付として読めません")).to_be_visible()
    clerk.picture("offer-filled")
    assert clerk.send() is None
    clerk.open("Task_SubmitOffer", case)
    clerk.picture("offer-returned")
    _came_back(clerk, {key: value for key, value in _OFFER.items() if key != "filing"}, because="申出書の日付")
    clerk.fill({"filing": "申し出る", "offeredOn": format_wareki(today)})
    expect(clerk.page.get_by_text(f"→ {format_wareki(today)}")).to_be_visible()
    assert clerk.send() is None


def _check_requirements(clerk: Clerk, case: dict[str, str]) -> None:
    """Leave one question open."""
    clerk.open("Task_CheckRequirements", case)
    typed = {"sharedGoal": "ある", "comment": "実績は1件。対話の体制もある。"}
    clerk.fill(typed)
    clerk.picture("requirements")
    _stays(clerk, typed)
    clerk.fill({"dialogue": "行える"})
    assert clerk.send() is None


def _plan_survey(clerk: Clerk, case: dict[str, str]) -> None:
    """Set a due day that is long past."""
    clerk.open("Task_PlanSurvey", case)
    sections = ["健康推進部 高齢政策課", "こども未来部 こども家庭センター", "総務部 安心安全課"]
    offered = [option.inner_text().strip() for option in clerk.page.locator("label[for*='Field_departmentCodes-']").all()]
    chosen = [text for text in offered if any(text.endswith(name.split()[-1]) for name in sections)]
    assert len(chosen) == 3
    typed = {"dueOn": "R2.4.1", "departmentCodes": chosen}
    clerk.fill(typed)
    assert clerk.send() is None
    clerk.open("Task_PlanSurvey", case)
    clerk.picture("survey-plan-returned")
    _came_back(clerk, typed, because="期限")
    clerk.fill({"dueOn": ""})
    assert clerk.send() is None


def _answer_survey(clerk: Clerk, case: dict[str, str]) -> None:
    """A department says that it is concerned and rates nothing; then it rates without a reason; another has no part."""
    clerk.open("Task_AnswerSurvey", case, group=_ELDERLY_SECTION)
    typed: dict[str, Any] = {"concerned": "関わる（事業ごとに回答する）", "person": "田村 由美", "contact": "内線 2311"}
    clerk.fill(typed)
    clerk.picture("survey-answer")
    assert clerk.send() is None
    clerk.open("Task_AnswerSurvey", case, group=_ELDERLY_SECTION)
    _came_back(clerk, typed, because="見込み")
    clerk.fill({"ratings": [{"rating": "△ 調整や代替案があれば実現できる"}]})
    _stays(clerk, typed)
    clerk.fill({"ratings": [{"reason": "10:00~12:00、13:00~15:00 に限れば進められる。"}]})
    clerk.picture("survey-answer-filled")
    assert clerk.send() is None
    clerk.open("Task_AnswerSurvey", case, group=_CHILDREN_SECTION)
    clerk.fill({"concerned": "当課の所管ではない", "person": "小林 誠", "contact": "内線 2402"})
    assert clerk.send() is None


def _watch_survey(clerk: Clerk, case: dict[str, str]) -> None:
    """Send an answer back, then close early: the screen names who has not answered and asks again."""
    clerk.open("Task_ManageSurvey", case)
    expect(clerk.page.get_by_text("高齢政策課").first).to_be_visible()
    clerk.picture("survey-watch")
    question = "午後だけでは難しいですか。"
    clerk.fill({"action": "回答を差し戻す・訂正を受け付ける", "targetDepartment": "高齢政策課", "question": question})
    assert clerk.send() is None
    clerk.open("Task_EnterAnswer", case, group=_ELDERLY_SECTION)
    clerk.picture("survey-sent-back")
    _came_back(clerk, {"concerned": "関わる（事業ごとに回答する）", "person": "田村 由美", "contact": "内線 2311"})
    assert clerk.shown(["question"]) == {"question": question}
    clerk.fill({"contact": "内線 2312"})
    assert clerk.send() is None
    clerk.open("Task_ManageSurvey", case)
    clerk.fill({"action": "いま締め切る"})
    refused = clerk.send()
    assert refused is not None
    expect(clerk.page.get_by_label("まだ回答していない課")).to_have_value(_holds("安心安全課"))
    clerk.picture("survey-close-asks-again")
    clerk.fill({"closeAnyway": True})
    assert clerk.send() is None


def _read_mail(clerk: Clerk, case: dict[str, str], title: str) -> None:
    """Read what would be sent, empty the text by mistake, mend one word, send."""
    clerk.open("Task_ReviewMail", case)
    clerk.picture("mail-read-before-sending")
    (body,) = clerk.shown(["mailBody"]).values()
    assert clerk.shown(["mailTitle"]) == {"mailTitle": title}
    clerk.fill({"mailBody": ""})
    refused = clerk.send()
    assert refused is not None
    clerk.fill({"mailBody": f"{body}\n追って電話でもお知らせします。", "mailChoice": "送る"})
    assert clerk.send() is None


def _discuss(clerk: Clerk, case: dict[str, str]) -> None:
    """Forget to choose how to go on."""
    clerk.open("Task_DiscussResults", case)
    clerk.picture("discussion")
    typed = {
        "discussion": [
            {"judgement": "詳細協議へ進める", "departments": ["高齢政策課"]},
            {"judgement": "見送る"},
            {"judgement": "見送る"},
        ]
    }
    clerk.fill(typed)
    refused = clerk.send()
    assert refused is not None
    clerk.fill({"next": "詳細協議へ進む"})
    assert clerk.send() is None


def _talk(clerk: Clerk, case: dict[str, str]) -> None:
    """Type blanks for a result."""
    clerk.open("Task_RecordTalks", case)
    clerk.fill({"feasible": "実施できる", "result": "　"})
    clerk.picture("talks")
    _stays(clerk, {"feasible": "実施できる", "result": "　"})
    clerk.fill({"result": "9月から始める。"})
    assert clerk.send() is None


def _decide(clerk: Clerk, case: dict[str, str], today: date) -> None:
    """Sign without an approval, then with one of the future."""
    clerk.open("Task_DecideSigning", case)
    typed = {"decision": "締結する", "message": "事業の実施が見込まれるため、締結する。"}
    clerk.fill(typed)
    _stays(clerk, typed)
    later = {**typed, "number": "戦推第102号", "decidedOn": format_wareki(today + timedelta(days=3)), "decidedBy": "市長"}
    clerk.fill({**later, "class": "市長"})
    clerk.picture("decision")
    assert clerk.send() is None
    clerk.open("Task_DecideSigning", case)
    clerk.picture("decision-returned")
    _came_back(clerk, {key: value for key, value in later.items() if key != "decision"}, because="決裁日")
    clerk.fill({"decision": "締結する", "decidedOn": format_wareki(today)})
    assert clerk.send() is None


def _draft(clerk: Clerk, case: dict[str, str], today: date) -> None:
    """The text is there at the first time; the partner wants it corrected and it comes back with the partner's words."""
    clerk.open("Task_DraftAgreement", case)
    clerk.picture("agreement-terms")
    known = clerk.shown(["purpose", "fields"])
    assert known == {"purpose": _OFFER["purpose"], "fields": _OFFER["fields"]}
    typed = {"signatureStyle": "記名・押印", "startsOn": format_wareki(today), "expiresOn": "令和2年3月31日"}
    clerk.fill(typed)
    assert clerk.send() is None
    clerk.open("Task_DraftAgreement", case)
    _came_back(clerk, {**known, **typed}, because="有効期間")
    clerk.fill({"startsOn": "", "expiresOn": ""})
    assert clerk.send() is None
    _read_mail(clerk, case, "協定書案")
    clerk.open("Task_ConfirmDraft", case)
    clerk.fill({"confirmation": "直してほしい"})
    refused = clerk.send()
    assert refused is not None
    clerk.fill({"comment": "目的に「地域の安全」を加えてください。"})
    assert clerk.send() is None
    clerk.open("Task_DraftAgreement", case)
    clerk.picture("agreement-terms-corrected-by-partner")
    _came_back(clerk, {**known, "signatureStyle": "記名・押印"})
    assert clerk.shown(["objection"]) == {"objection": "目的に「地域の安全」を加えてください。"}
    clerk.fill({"purpose": f"{_OFFER['purpose']}地域の安全にも役立てる。"})
    assert clerk.send() is None
    _read_mail(clerk, case, "協定書案")
    clerk.open("Task_ConfirmDraft", case)
    clerk.fill({"confirmation": "案のとおりで合意する"})
    assert clerk.send() is None


def _sign(clerk: Clerk, case: dict[str, str], today: date) -> None:
    """Sign on a day that has not come."""
    clerk.open("Task_SignAgreement", case)
    typed = {"signedOn": format_wareki(today + timedelta(days=1)), "place": "市役所 本館"}
    clerk.fill(typed)
    assert clerk.send() is None
    clerk.open("Task_SignAgreement", case)
    clerk.picture("signature-returned")
    _came_back(clerk, typed, because="締結日")
    clerk.fill({"signedOn": format_wareki(today)})
    assert clerk.send() is None
    _read_mail(clerk, case, "締結の連絡と協定書")


def _stays(clerk: Clerk, typed: Answers) -> None:
    """What the screen refuses stays on the screen, every field of it."""
    refused = clerk.send()
    assert refused is not None, "the screen accepted what it should refuse"
    assert _without_extra_rows(clerk.shown(list(typed)), typed) == typed


def _came_back(clerk: Clerk, typed: Answers, *, because: str = "") -> None:
    """What a worker refused, or a person sent back, is there again with what was objected to."""
    assert _without_extra_rows(clerk.shown(list(typed)), typed) == typed
    if because:
        expect(clerk.page.locator(".fjs-container").get_by_text(because).first).to_be_visible()
        expect(clerk.page.get_by_text("入力を直してください")).to_be_visible()


def _without_extra_rows(shown: dict[str, Any], typed: Answers) -> dict[str, Any]:
    """Return what is shown with only those fields of rows that were typed."""
    return {
        key: [
            {name: row[name] for name in asked} for row, asked in zip(value, typed[key], strict=True)
        ] if isinstance(value, list) and value and isinstance(value[0], dict) else value
        for key, value in shown.items()
    }


def _holds(text: str) -> Any:
    """Return a pattern that a text with these words matches."""
    import re

    return re.compile(re.escape(text))


async def _today(stack: Settings) -> date:
    async with services(stack) as built:
        return built.clock.today()


async def _case_of(stack: Settings) -> str:
    async with asyncio.timeout(60), Tasklist.from_settings(stack) as tasklist:
        while True:
            for row in await tasklist.search({"taskDefinitionId": "Task_SubmitOffer"}, variables=["caseId", "caseTitle"]):
                seen = {each["name"]: json.loads(each["value"]) for each in row.get("variables") or ()}
                if _NAME in seen.get("caseTitle", ""):
                    return str(seen["caseId"])
            await asyncio.sleep(0.2)


async def _outcome(stack: Settings, case_id: str) -> CaseOutcome | None:
    async with asyncio.timeout(60), services(stack) as built:
        while True:
            async with built.open_unit() as uow:
                case = await uow.cases.get(case_id)
            if case.outcome is not None:
                return case.outcome
            await asyncio.sleep(0.3)
