"""A clerk of 伊勢崎市 errs at every form from the start to the signature, in Tasklist (ALL-10, ISE-1 to ISE-8).

A field is forgotten, a day is wrong, a mail is taken back, an answer is sent back, the partner corrects, the survey is
stopped, closed early, the case goes back a step. Each time the screen shows again all that was typed, and a way on.
Pictures of all of it are under build/screenshots.
"""

from __future__ import annotations

import asyncio

import pytest

from tests.browser import isesaki
from tests.browser.clerk import Clerk, run
from tests.browser.isesaki import day
from tests.browser.openings import consultation, offer
from tests.browser.survey_walk import survey
from tests.browser.walk import Walk
from workers.domain.agreements import Agreement
from workers.domain.entities import CaseOutcome
from workers.settings import Settings
from workers.wiring import services

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(1500)]
_GROUND = "7 市の指名停止基準による指名停止を受けている"


def test_a_case_with_a_mistake_at_every_form_gets_signed(clerk: Clerk, stack: Settings) -> None:
    """Walk from the consultation to the register."""
    walk = Walk(clerk, "株式会社みほん商会")
    consultation(walk)
    offer(walk)
    requirements(walk)
    survey(walk)
    discussion(walk)
    talks(walk)
    decision(walk)
    agreement(walk)
    signed = run(_agreement(stack, walk.case_id))
    assert (signed.fields, signed.signed_on, signed.partner and signed.partner.name) == (
        [1, 3, 7],
        isesaki.today(),
        walk.company,
    )


def requirements(walk: Walk) -> None:
    """Forget to tick, tick what makes the partner unfit; take the mail back, let the partner correct, check again."""
    walk.opens("Task_CheckRequirements")
    walk.cannot_send()
    walk.types(
        notGovernment="国・地方公共団体ではない",
        sharedGoal="ある",
        dialogue="行える",
        partnerCheck="当てはまるものがある",
        comment="10:00~の面談で確認。",
    )
    walk.types(projectChecks=[{}, {"admittedReason": "景品は市の事業の一部として意義がある。"}, {}])
    walk.cannot_send()
    walk.types(partnerGrounds=[_GROUND], projectsCheck="当てはまるものがある")
    walk.sends()
    walk.gets_back("Task_CheckRequirements", because="連携事業の除外事由")
    walk.clerk.document("requirements")
    walk.types(projectsCheck="いずれにも当てはまらない")
    walk.sends()
    walk.opens("Task_DecideOnIneligible")
    walk.cannot_send()
    walk.types(action="企業等に見直してもらう", message="飲料水の数を書き足してください。")
    walk.clerk.document("ineligible")
    walk.sends()
    _review(walk, "申出の見直しのお願い", instead="送らずに前の手順に戻る")
    walk.gets_back("Task_DecideOnIneligible", but=["action"], behind=["message"])
    walk.types(action="企業等に見直してもらう")
    walk.sends()
    _review(walk, "申出の見直しのお願い")
    walk.gets_back("Task_SubmitOffer", because="飲料水の数を書き足してください。")
    walk.clerk.document("corrected-by-partner")
    walk.types(projects=[{}, {}, {"content": "要請から24時間以内に、避難所へ飲料水500本を届ける。"}])
    walk.sends()
    walk.gets_back("Task_CheckRequirements")
    walk.types(partnerCheck="いずれにも当てはまらない")
    walk.forgets("partnerGrounds")
    walk.sends()


def discussion(walk: Walk) -> None:
    """Forget a choice, take up a wish without a name, contradict oneself, take the mail back."""
    _review(walk, "照会の結果", empties=True)
    walk.opens("Task_DiscussResults")
    walk.shows(
        discussion=[
            {"judgement": "詳細協議へ進める", "departments": ["福祉こども部こども家庭センター"]},
            {"judgement": "詳細協議へ進める", "departments": ["健康推進部健康づくり課"]},
            {"judgement": "見送る"},
        ],
    )
    walk.reads("△ 健康推進部健康づくり課（健康 次郎、内線 2602）")
    walk.reads("回答なし: 企画部広報課")
    walk.cannot_send()
    walk.types(wishRows=[{"adopt": "連携事業に加えて詳細協議へ進める"}], next="詳細協議へ進む")
    walk.cannot_send()
    walk.types(wishRows=[{"title": "離乳食の出前講座"}], next="実施の見込みがない")
    walk.types(discussion=[{}, {"departments": ["健康推進部健康づくり課", "福祉こども部こども保育課"]}, {}])
    walk.sends()
    walk.gets_back("Task_DiscussResults", because="全体の進め方")
    walk.types(next="提案の見直しを企業等に求める", message="飲料水の運び方を書いてください。")
    walk.clerk.document("discussion")
    walk.sends()
    _review(walk, "申出の見直しのお願い", instead="送らずに前の手順に戻る")
    walk.gets_back("Task_DiscussResults")
    walk.types(next="詳細協議へ進む")
    walk.sends()
    _review(walk, "協議の結果")


def talks(walk: Walk) -> None:
    """Forget the result of every talk once."""
    for number in range(3):
        walk.opens("Task_RecordTalks")
        walk.types(feasible="実施できる")
        walk.cannot_send()
        walk.types(result="4月に始める。場所は10:00~の打ち合わせで決める。")
        if number == 0:
            walk.clerk.document("talks")
        walk.sends()


def decision(walk: Walk) -> None:
    """Forget the approval, write a day to come."""
    walk.opens("Task_DecideSigning")
    walk.types(decision="締結する", reason="3分野の事業が見込まれる。")
    walk.cannot_send()
    walk.types(approval__number="戦推第12号", approval__decidedOn=day(3), approval__class="市長")
    walk.cannot_send()
    walk.types(approval__decidedBy="市長")
    walk.sends()
    walk.gets_back("Task_DecideSigning", because="決裁日")
    walk.types(approval__decidedOn=day(0))
    walk.clerk.document("decision", end=True)
    walk.sends()


def agreement(walk: Walk) -> None:
    """Leave out a party's name, let the term end before it begins, take the draft back, let the partner object."""
    walk.opens("Task_DraftAgreement")
    walk.shows(
        purpose="子ども・子育て支援、健康増進・保健衛生・医療、防犯・防災",
        fields=isesaki.OFFER["fields"],
        renews="市の定めのとおり",
        signatureStyle="署名・捺印",
    )
    walk.types(startsOn=day(10), expiresOn=day(5), otherParties=[{"name": "みほん財団", "address": "伊勢崎市"}])
    walk.cannot_send()
    walk.types(otherParties=[{"representative": "理事長 見本 四郎"}], renews="更新しない", signatureStyle="記名・押印")
    walk.sends()
    walk.gets_back("Task_DraftAgreement", because="有効期間の終わり")
    walk.types(expiresOn=day(400))
    walk.clerk.document("terms")
    walk.sends()
    _review(walk, "協定書案", instead="送らずに前の手順に戻る")
    walk.gets_back("Task_DraftAgreement")
    walk.sends()
    _review(walk, "協定書案", document="mail")
    walk.opens("Task_ConfirmDraft")
    walk.cannot_send()
    walk.types(confirmation="直してほしい", comment="目的に「高齢者」も入れてほしい。")
    walk.clerk.document("confirmation")
    walk.sends()
    walk.gets_back("Task_DraftAgreement", because="目的に「高齢者」も入れてほしい。")
    walk.types(purpose="子どもと家族、高齢者が安心して暮らせるまちをつくる。")
    walk.sends()
    _review(walk, "協定書案")
    walk.gets_back("Task_ConfirmDraft", but=["confirmation"], behind=["comment"])
    walk.types(confirmation="案のとおりで合意する")
    walk.forgets("comment")
    walk.sends()
    signature(walk)


def signature(walk: Walk) -> None:
    """Forget the planned day, write one before the approval, then a signing day to come."""
    walk.opens("Task_PlanSigning")
    walk.shows(approval__number="戦推第12号", approval__decidedBy="市長")
    walk.types(place="伊勢崎市役所 東館3階", ceremony=True)
    walk.cannot_send()
    walk.types(plannedOn=day(-1))
    walk.sends()
    walk.gets_back("Task_PlanSigning", because="締結を予定する日")
    walk.clerk.document("signing-plan")
    walk.types(plannedOn=day(0))
    walk.sends()
    walk.opens("Task_SignAgreement")
    walk.cannot_send()
    walk.types(signing="締結した")
    walk.shows(place="伊勢崎市役所 東館3階", ceremony=True)
    walk.types(signedOn=day(1))
    walk.sends()
    walk.gets_back("Task_SignAgreement", because="締結日")
    walk.clerk.document("signature")
    walk.types(signedOn=day(0))
    walk.sends()
    _review(walk, "締結の連絡と協定書", instead="メールでは送らない（郵送や電話で伝える）")


def _review(walk: Walk, title: str, *, instead: str = "", empties: bool = False, document: str = "") -> None:
    """Change a mail to the partner and send it, or do something else with it; forget the choice or the reason first."""
    walk.opens("Task_ReviewMail")
    walk.reads(title)
    body = str(walk.clerk.form.shown(["mailBody"])["mailBody"])
    walk.types(mailBody="" if empties else f"{body}\n追伸 10:00~12:00は電話に出られます。")
    walk.cannot_send()
    if document:
        walk.clerk.document(document)
    walk.types(mailChoice=instead or "この内容で送る", mailBody=body if empties else f"{body}\n追伸")
    if instead:
        walk.cannot_send()
        walk.types(mailReason="文をもう一度考える。")
    walk.sends()


async def _agreement(settings: Settings, case_id: str) -> Agreement:
    """Wait until the case is closed, and return its agreement."""
    async with asyncio.timeout(60), services(settings) as built:
        while True:
            async with built.open_unit() as uow:
                if (await uow.cases.get(case_id)).outcome is CaseOutcome.SIGNED:
                    found = await uow.agreements.of_case(case_id)
                    assert found is not None
                    return found
            await asyncio.sleep(0.2)
