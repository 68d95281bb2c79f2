"""A clerk of 伊勢崎市 errs at every form from the start to the plan of the survey (ALL-10, ALL-22, ISE-1 to 4).

A field is forgotten, a day is wrong, a mail is taken back, the partner corrects, the case goes back a step. Each time
the screen shows again all that was typed, and a way on. Pictures of it are under build/screenshots.
"""

from __future__ import annotations

import pytest

from tests.browser.clerk import Clerk
from tests.browser.isesaki import day
from tests.browser.openings import consultation, offer
from tests.browser.walk import Walk

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(1500)]
_GROUND = "7 市の指名停止を受けている"
_SURVEYED = ["福祉こども部こども家庭センター", "健康推進部健康づくり課", "総務部安心安全課", "企画部広報課"]


def test_a_mistake_at_every_form_costs_no_typing(clerk: Clerk) -> None:
    """Walk from the consultation to the survey's plan, back a step, and on again."""
    walk = Walk(clerk, "株式会社みほん商会")
    consultation(walk)
    offer(walk)
    _requirements(walk)
    _plan(walk)
    _back_and_again(walk)


def _requirements(walk: Walk) -> None:
    """Forget to tick, tick what makes the partner unfit; take the mail back, let the partner correct, check again."""
    walk.opens("Task_CheckRequirements")
    walk.cannot_send()
    walk.types(
        sharedGoal="ある", dialogue="行える", partnerCheck="当てはまるものがある", comment="10:00~の面談で確認。"
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


def _plan(walk: Walk) -> None:
    """Name no day, then one that is over."""
    walk.opens("Task_PlanSurvey")
    walk.types(dueOn="来週", departmentCodes=_SURVEYED)
    walk.cannot_send()
    walk.types(dueOn=day(-1))
    walk.sends()
    walk.gets_back("Task_PlanSurvey", because="期限")
    walk.clerk.document("survey-plan")


def _back_and_again(walk: Walk) -> None:
    """Take the case back a step under a wrong number, then under the right one; both steps come back filled."""
    here = Walk(walk.clerk, walk.company)
    here.begins("common-case-control")
    here.cannot_send()
    wrong = f"{walk.case_id}9"
    here.types(caseNumber=wrong, caseAction="一つ前の手順に戻す", caseReason="面談の~記録~を見直す。")
    here.sends()
    here.known_by = {"caseNumber": wrong}
    here.gets_back("Task_Confirm", because="という案件はありません")
    here.types(caseNumber=walk.case_id, orderNext="番号や内容を直したので、調べ直す")
    here.sends()
    here.known_by = {"caseNumber": walk.case_id}
    here.gets_back("Task_Confirm", because=walk.company, but=["orderNext"])
    (step,) = here.clerk.form.choices("stepChoice")
    here.types(stepChoice=step, orderNext="実行する")
    here.clerk.document("case-control")
    here.sends()
    walk.gets_back("Task_CheckRequirements")
    walk.sends()
    walk.gets_back("Task_PlanSurvey")


def _review(walk: Walk, title: str, *, instead: str = "") -> None:
    """Change a mail to the partner and send it, or do something else with it; forget the choice or the reason first."""
    walk.opens("Task_ReviewMail")
    walk.reads(title)
    body = str(walk.clerk.form.shown(["mailBody"])["mailBody"])
    walk.types(mailBody=f"{body}\n追伸 10:00~12:00は電話に出られます。")
    walk.cannot_send()
    walk.types(mailChoice=instead or "この内容で送る", mailBody=f"{body}\n追伸")
    if instead:
        walk.cannot_send()
        walk.types(mailReason="文をもう一度考える。")
    walk.sends()
