"""The survey of the departments with the mistakes of office and departments (ISE-4, ALL-1)."""

from __future__ import annotations

from tests.browser import isesaki
from tests.browser.isesaki import day, workday
from tests.browser.walk import Walk

_CHILDREN, _HEALTH = "福祉こども部こども家庭センター", "健康推進部健康づくり課"
_SAFETY, _PRESS = "総務部安心安全課", "企画部広報課"


def survey(walk: Walk) -> None:
    """Walk from the plan to the early closing."""
    _plan(walk)
    _back_and_again(walk)
    _watch_and_stop(walk)
    _answers(walk)
    _close(walk)


def _plan(walk: Walk) -> None:
    """Name no day, then one that is over."""
    walk.opens("Task_PlanSurvey")
    walk.types(dueOn="来週", departmentCodes=[_CHILDREN, _HEALTH, _SAFETY, _PRESS])
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
    walk.types(dueOn=workday(7))
    walk.sends()


def _watch_and_stop(walk: Walk) -> None:
    """Extend to a day that is over, then stop and plan anew."""
    walk.opens("Task_ManageSurvey")
    walk.cannot_send()
    walk.types(action="期限を延ばす", newDueOn=day(-3))
    walk.sends()
    walk.gets_back("Task_ManageSurvey", because="期限")
    walk.types(action="照会をやめて、照会先と期限を決める手順に戻る")
    walk.forgets("newDueOn")
    walk.sends()
    walk.gets_back("Task_PlanSurvey")
    walk.types(dueOn=workday(10))
    walk.sends()


def _answers(walk: Walk) -> None:
    """Rate nothing, object without a reason; the office sends an answer back and answers for a department."""
    group = "isesaki-kosodate"
    walk.opens("Task_AnswerSurvey", group=group)
    walk.clerk.document_screen("tasks")
    walk.cannot_send()
    walk.types(concerned="関わる（事業ごとに回答する）", person="子育 花", contact="内線 2501")
    walk.types(wishes=[{"field": isesaki.CHILDREN, "content": "離乳食の講座を10:00~開いてほしい。"}])
    walk.sends()
    walk.gets_back("Task_AnswerSurvey", group=group, because="1つ以上の事業に見込みを選んでください")
    walk.types(ratings=[{"rating": "○ 実現可能性あり", "comment": "2階は~広さ~も十分。"}, {}, {"rating": "× 実現不可"}])
    walk.cannot_send()
    walk.types(ratings=[{}, {}, {"reason": "運ぶ手だてがない。"}])
    walk.clerk.document("answer", end=True)
    walk.sends()
    _answer_of_health(walk)
    _send_back(walk)
    walk.gets_back("Task_EnterAnswer", group=group, because="飲料水はどこまで運べますか。")
    walk.reads("戦略推進課、0270-27-6281")
    walk.types(person="　")
    walk.cannot_send()
    walk.types(person="子育 花子")
    walk.clerk.document("sent-back")
    walk.sends()
    _answer_on_behalf(walk)


def _answer_of_health(walk: Walk) -> None:
    """Another department's screen holds nothing of the first one's."""
    walk.opens("Task_AnswerSurvey", group="isesaki-kenko")
    walk.shows(concerned="", person="", contact="")
    walk.types(concerned="関わる（事業ごとに回答する）", person="健康 次郎")
    walk.types(
        ratings=[
            {},
            {"rating": "△ 提案事項の調整（代替案）により実現可能性あり", "reason": "送料の分担を話し合いたい。"},
            {},
        ]
    )
    walk.cannot_send()
    walk.types(contact="内線 2602")
    walk.sends()


def _send_back(walk: Walk) -> None:
    walk.opens("Task_ManageSurvey")
    walk.reads("2階は~広さ~も十分。")
    walk.types(action="課に代わって回答する", targetDepartment=_CHILDREN)
    walk.sends()
    walk.gets_back("Task_ManageSurvey", because="すでに回答しています")
    walk.types(action="回答を差し戻す・訂正を受け付ける")
    walk.cannot_send()
    walk.types(question="飲料水はどこまで運べますか。")
    walk.sends()


def _answer_on_behalf(walk: Walk) -> None:
    walk.opens("Task_ManageSurvey")
    walk.types(action="課に代わって回答する", targetDepartment=_SAFETY)
    walk.sends()
    walk.opens("Task_EnterAnswer", group="isesaki-senryaku")
    walk.types(concerned="当課の所管ではない", person="安心 三郎")
    walk.cannot_send()
    walk.types(contact="内線 2201")
    walk.sends()


def _close(walk: Walk) -> None:
    """Close while an answer is missing: the screen names the department and asks again."""
    walk.opens("Task_ManageSurvey")
    walk.reads("子育 花子")
    walk.clerk.document("matrix")
    walk.types(action="いま締め切る")
    walk.cannot_send()
    walk.reads(_PRESS)
    walk.clerk.document("close-early", end=True)
    walk.types(closeAnyway=True)
    walk.sends()
