"""Every process variable: its name, its type, who writes it. ``renkei lint`` knows no other.

What a form or an output mapping of the same diagram writes needs no entry here. Variables carry ids and routing values;
a form's personal data is nulled by the job that records it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

Type = Literal["text", "number", "yes/no", "list", "context", "timestamp"]
Shown = Literal["", "plain", "markdown"]


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A process variable. ``personal``: holds personal data until the recording job nulls it.

    ``shown`` says what a text component, which reads its variables as Markdown, may do with it: ``markdown`` is written
    for it (people's words in it passed ``workers.domain.markdown``), ``plain`` holds nothing that Markdown changes, and
    everything else is for html components, which show words as they are.
    """

    name: str
    type: Type
    writer: str
    meaning: str
    personal: bool = False
    shown: Shown = ""


def _variable(  # noqa: PLR0913 (four say what it is, the others are by name)
    name: str, type_: Type, writer: str, meaning: str, *, personal: bool = False, shown: Shown = ""
) -> Variable:
    return Variable(name=name, type=type_, writer=writer, meaning=meaning, personal=personal, shown=shown)


_ALL = (
    # The case
    _variable("caseId", "text", "open-case", "案件番号", shown="plain"),
    _variable("caseState", "text", "open-case", "new / offer-filed / already-started"),
    _variable("caseTitle", "text", "open-case", "画面の見出し（案件番号と相手方の名称）", shown="markdown"),
    _variable("origin", "text", "open-case", "partner / city"),
    _variable("partnerKnown", "yes/no", "open-case, record-partner", "相手方が決まっているか"),
    _variable("officeGroup", "text", "open-case", "所管課のグループ"),
    _variable(
        "cityOptions",
        "context",
        "open-case",
        "市の番号付きの選択肢: fields, partnerGrounds, projectGrounds, ratings, departments、surveyWords ほか",
        shown="plain",
    ),
    _variable("formError", "text", "BPMN error input-error", "入力の誤り。項目の名前を含む", shown="markdown"),
    _variable("act", "number", "record-act (listener)", "直前の作業を済ませた人の控えの番号"),
    # Breaking a case off, going back one step
    _variable("orderText", "text", "look-up-case", "取り下げる・止める・戻す案件のあらまし（画面用）"),
    _variable("orderId", "text", "look-up-case", "案件への指示の番号"),
    _variable("stepsWanted", "yes/no", "look-up-case", "いまの手順をエンジンに問い合わせたか"),
    _variable("steps", "list", "look-up-case, message common-steps-found", "いまの手順と、戻る手順の選択肢"),
    _variable("stepChoice", "text", "forms", "戻す手順"),
    _variable("orderState", "text", "order-case", "ended / going-back / refused"),
    _variable("partnerTold", "yes/no", "order-case", "終了を相手方に知らせるか"),
    _variable("stepLeft", "context", "message common-step-answered", "離れた手順: label, processes, groups"),
    # The offer
    _variable("offer", "context", "forms, open-case, record-offer", "申出書の入力: 直すときに戻す"),
    _variable("proposals", "list", "open-case, record-offer", "提案された連携事業の表"),
    _variable("offerSummary", "text", "open-case, record-offer", "申出の要約（Markdown）", shown="markdown"),
    _variable("pastRecords", "list", "open-case, record-offer, record-past-projects", "これまでの連携実績の表"),
    _variable("attachments", "list", "open-case, record-offer", "受け取った書類の表: name, size"),
    _variable(
        "eligibility", "context", "record-requirement-check", "要件の判定に使う事実と、条件ごとの結果（results）"
    ),
    _variable("failedConditions", "list", "decision", "満たしていない条件"),
    _variable("toldConditions", "list", "forms", "満たしていない条件のうち、相手方に伝えるもの"),
    # The survey
    _variable(
        "survey",
        "context",
        "open-survey",
        "照会: id, departments, dueAt, remindAt, dueDayAt, dueText, view, about",
        shown="plain",
    ),
    _variable("surveyId", "text", "open-survey", "照会の番号"),
    _variable("departments", "list", "open-survey", "照会する課: code, name, group"),
    _variable("dueAt", "timestamp", "open-survey, extend-survey", "回答期限", shown="plain"),
    _variable("remindAt", "timestamp", "open-survey, extend-survey", "督促の時刻"),
    _variable("dueDayAt", "timestamp", "open-survey, extend-survey", "期限の日の督促の時刻"),
    _variable("dueText", "text", "open-survey, extend-survey", "回答期限（和暦）", shown="plain"),
    _variable(
        "surveyView",
        "context",
        "open-survey, then the outbox at every change",
        "いまの回答の状況: columns, rows, projects, wishes, open, openCount, options, progress, asOf",
        personal=True,
    ),
    _variable(
        "surveyAbout",
        "context",
        "open-survey",
        "照会する提案: partner（連絡先つき）, offer, records, attachments",
        personal=True,
    ),
    _variable("surveyPlan", "context", "forms", "照会の期限と照会先の入力。やめた照会を計画し直すときに戻る"),
    _variable(
        "entry",
        "context",
        "request-answer",
        "差し戻し・代理回答: department, groups, question, askedBy, onBehalf, answer",
        personal=True,
    ),
    _variable("surveyStopped", "yes/no", "stop-survey", "照会をやめたか"),
    _variable("awaited", "text", "diagram", "課の答えを待っている作業の名前", shown="plain"),
    _variable("awaitedFrom", "text", "diagram", "答えを待っている課の名前", shown="plain"),
    _variable("surveyComplete", "yes/no", "record-survey-answer, check-survey", "回答が出そろったか"),
    _variable("surveyResult", "list", "summarize-survey", "照会の結果の表"),
    _variable("interestedDepartments", "list", "summarize-survey", "○△か希望を答えた課と、その課の行"),
    _variable("surveyRatings", "list", "summarize-survey", "課と事業ごとの見込み: code, number, rating"),
    _variable("surveyWishes", "list", "summarize-survey", "各課が希望する連携事業の表"),
    _variable("cityProposals", "list", "record-city-proposals", "市から相手方への提案の表"),
    _variable("reportRows", "list", "forms", "事業者等の提案への市の回答の表"),
    _variable("partnerAnswers", "list", "forms", "市からの提案への事業者等の回答の表"),
    # Discussion and talks
    _variable("discussionNext", "text", "record-discussion", "talks / revise / none"),
    _variable("talkProjects", "list", "record-discussion, summarize-talks", "詳細協議をする事業"),
    _variable("talkResults", "list", "summarize-talks", "詳細協議の結果の表"),
    _variable("resultMail", "yes/no", "diagram", "⑤の後に、調整の結果のメールを送る手続か"),
    _variable("proposalRows", "list", "forms", "協定の下での連携事業の提案の入力"),
    _variable("sectionName", "text", "forms", "担当課の名前（始めるとき）"),
    _variable("department", "context", "open-procedure", "始めた人の課: code, name, group"),
    _variable("project", "context", "forms", "報告する、または加える連携事業"),
    _variable("receivedOn", "text", "forms", "提案を受けた日"),
    _variable("activityPlan", "list", "propose-activity-years, forms", "事業ごとの実施する年度と理由"),
    _variable("yearOptions", "list", "propose-activity-years", "実施する年度の選択肢"),
    # Meetings
    _variable("meetingTitle", "text", "diagram", "会議の名前", shown="plain"),
    _variable("meetingAgenda", "text", "diagram", "案内に載せる連絡事項のはじめの値（null でもよい）"),
    _variable("meetingAskedBy", "text", "forms", "会議を求めた側: partner / office / department"),
    _variable("meetingHost", "text", "diagram", "会議を開く課の番号（null なら所管課）"),
    _variable("meetingDepartments", "list", "diagram", "出席する課の番号のはじめの値（null でもよい）"),
    _variable("confirmPeriods", "yes/no", "diagram", "算定から除く期間を会議で確認するか（D-8）"),
    _variable("meetingId", "text", "open-meeting, cancel-meeting", "会議の番号"),
    _variable("inviteBy", "timestamp", "open-meeting", "日程を決める日。過ぎると催促する"),
    _variable("holdBy", "timestamp", "open-meeting", "会議を開くべき日の終わり"),
    _variable(
        "meetingText",
        "text",
        "open-meeting, schedule-meeting, cancel-meeting",
        "会議の日時と場所（画面用）",
        shown="markdown",
    ),
    _variable("meetingDates", "list", "record-meeting-dates", "候補日の選択肢"),
    _variable("meetingOrder", "context", "forms, schedule-meeting, cancel-meeting", "会議の日程・変更・取りやめの入力"),
    _variable("meetingReport", "context", "forms", "会議の記録の入力"),
    _variable("meetingOutcome", "text", "record-meeting, cancel-meeting", "held / cancelled"),
    _variable("meetingAgain", "yes/no", "cancel-meeting", "取りやめた会議を改めて開くか"),
    # Mails to the partner that the office sees before they leave
    _variable("mailTemplate", "text", "diagram", "相手方へのメールのひな形"),
    _variable("mailKey", "text", "diagram", "すでにできている下書きのときは、その鍵"),
    _variable("mailAttach", "list", "diagram", "添付する文書（null なら無し）"),
    _variable("mailValues", "context", "diagram", "ひな形に渡す変数"),
    _variable("mailRecipient", "context", "diagram", "相手方でない宛先: name, contact, email", personal=True),
    _variable("mailMayReturn", "yes/no", "diagram", "送らずに前の手順に戻れるか"),
    _variable(
        "mailDraft",
        "context",
        "prepare-mail",
        "下書き: id, title, to, subject, body, attachments（送り終えたら null）",
        personal=True,
    ),
    _variable("mailReview", "yes/no", "prepare-mail", "送る前に所管課が確かめるか"),
    _variable("mailChoices", "list", "prepare-mail", "下書きをどうするかの選択肢"),
    _variable("mailDueAt", "timestamp", "prepare-mail", "下書きを確かめる期限"),
    _variable("mailOutcome", "text", "send-reviewed-mail", "sent / returned / dropped"),
    _variable("mailId", "number", "message common-mail-undelivered", "届かなかったメールの番号"),
    _variable(
        "undelivered",
        "context",
        "load-undelivered",
        "届かなかったメール: title, to, subject, reason（済んだら null）",
        personal=True,
    ),
    _variable("undeliveredReply", "context", "forms", "届かなかったメールをどうしたか", personal=True),
    # The agreement
    _variable("agreementTerms", "context", "open-case, record-offer", "協定書の内容の下書き"),
    _variable(
        "signingPlan",
        "context",
        "forms",
        "協定書の決裁と締結の予定: approval, plannedOn, place, ceremony",
        personal=True,
    ),
    _variable("signing", "text", "forms", "締結したか: signed / replan / redraft"),
    _variable("agreementId", "text", "register-agreement / open-procedure", "協定の番号"),
    _variable("agreementTitle", "text", "open-procedure", "協定の名前"),
    _variable("nextTalkOn", "text", "forms / start-procedure", "次の協議の日"),
    _variable(
        "partnerWindow",
        "context",
        "open-procedure",
        "相手方の窓口: name, person, contact",
        personal=True,
    ),
    _variable("agreementEnded", "yes/no", "open-procedure", "協定がすでに終わっているか"),
    _variable("projectName", "text", "open-procedure", "協働の事業の名前。記録がなければ協定の名称"),
    _variable("agreementFirstDay", "text", "open-procedure", "協定の期間の始まりの日（ISO）"),
    _variable("agreementLastDay", "text", "open-procedure", "協定の終わりの日（ISO）"),
    _variable("agreementSummary", "text", "open-procedure", "協定のあらまし（画面用）", shown="markdown"),
    _variable(
        "renewal", "context", "plan-renewal", "更新の日程（remindAt、decideAt、tellAt、overAt など）", shown="plain"
    ),
    _variable("renewalState", "text", "plan-renewal", "open / renewed / blocked / ended"),
    _variable("agreementEnd", "text", "plan-renewal", "協定が終わったわけ: expired / terminated / null"),
    _variable("notices", "list", "plan-renewal", "更新しない旨の申出（画面用）"),
    _variable("sweepAfter", "text", "sweep-agreements", "どの協定まで確かめたか（最後は null）"),
    _variable("sweepFailures", "list", "sweep-agreements", "確かめられなかった協定とその理由"),
    _variable("period", "text", "open-procedure", "手続の対象: 年度（2027）、期の番号、回の番号"),
    _variable("periodName", "text", "open-procedure", "手続の対象の読み方（令和9年度、第2期、第1回）", shown="plain"),
    _variable("nextCaseId", "text", "start-procedure", "次の手続の案件番号"),
    _variable("fiscalYear", "number", "diagram", "連携事業の年度（2026 は令和8年度）"),
    _variable("yearName", "text", "load-activities", "連携事業の年度の読み方（令和8年度）", shown="plain"),
    _variable("comingActivities", "list", "load-activities", "次の年度から加わる連携事業"),
    _variable("activities", "list", "load-activities, record-activities, plan-activities, forms", "連携事業の表"),
    _variable(
        "activityDepartments", "list", "load-activities", "連携事業を担当する課: code, name, group", shown="plain"
    ),
    _variable(
        "ownAgreements",
        "list",
        "load-activities",
        "課が報告する協定: value, label, title, partnerName, termText, count",
    ),
    _variable("severalAgreements", "text", "common-activity-reports", "課が報告する協定が2つ以上か: yes, no"),
    _variable("workedDepartments", "list", "load-activities", "これまでに連携事業を行った課の番号"),
    _variable("countedOn", "text", "forms", "有効な協定を数える日"),
    _variable("agreementReports", "list", "load-agreement-reports", "年度に有効だった協定と、実績の数の表"),
    _variable("reportSummary", "text", "load-agreement-reports", "実績の集まり具合", shown="plain"),
    _variable(
        "deadline",
        "context",
        "set-deadline",
        "期限: on, text（和暦）、時刻 startsAt（9時）, remindAt, dueAt（その日の終わり）, overdueAt（翌日0時）",
        shown="plain",
    ),
    # Amendment and termination
    _variable("amendmentRequest", "context", "forms", "変更の申出: requestedBy, requestedOn, request"),
    _variable("amendmentTerms", "context", "draft-amendment, forms", "変更後の協定の内容"),
    _variable("reportPersonAsked", "text", "diagrams", "実績の報告に担当者を書いてもらうか（yes）"),
    _variable("reportPerson", "text", "forms", "実績を報告した担当者の氏名"),
    _variable("reportContact", "text", "forms", "実績を報告した担当者の連絡先"),
    _variable(
        "beforeGuideline", "text", "draft-amendment", "yes: ガイドラインより前の協定（変更のときに要件を確かめる）"
    ),
    _variable("versionNumber", "number", "register-amendment", "協定の版の番号"),
    _variable("effectiveAt", "timestamp", "register-amendment", "変更の効力が生じる時刻"),
    _variable("effectiveText", "text", "register-amendment", "変更の効力が生じる日（和暦）", shown="plain"),
    _variable(
        "dissolution",
        "context",
        "check-dissolution",
        "解除の事由の調べ: candidate, byGuideline, text",
        shown="markdown",
    ),
    _variable("noticeMonths", "number", "check-dissolution", "解除の予告の月数（null なら協定書による）"),
    _variable("terminationGrounds", "list", "decision", "解除できる事由", shown="plain"),
    _variable(
        "terminationPlan",
        "context",
        "plan-termination",
        "解除の日と通知の期限: endsOn, noticeBy, endsText, noticeByText",
        shown="plain",
    ),
    _variable("terminateAt", "timestamp", "record-termination-notice", "解除の日が終わる時刻"),
    _variable("terminationState", "text", "register-termination", "terminated / ended-before"),
    _variable("agreementYear", "number", "register-agreement", "協定の始まる年度"),
    _variable("agreementExpiry", "text", "register-agreement", "満了日（和暦）", shown="plain"),
)
VARIABLES: dict[str, Variable] = {variable.name: variable for variable in _ALL}
"""The variables by name."""
PLAIN_LOCALS: Final = frozenset(
    [
        *("approvalOf", "charge", "department", "departmentCode", "departmentName", "formName", "openItems"),
        *("paperName", "proposedForm", "sectionName", "side"),
    ]
)
"""Names that diagrams give to the pack's own words: a department, a constant, a decision table's text."""
MESSAGES: Final[dict[str, tuple[str, ...]]] = {
    "common-steps-found": ("steps",),
    "common-step-answered": ("stepLeft",),
    "common-mail-undelivered": ("caseId", "mailId"),
    "common-waiting-mail": ("caseId", "caseTitle", "officeGroup", "mailTemplate", "mailKey"),
}
"""What the messages of the workers carry. One that starts a procedure carries ``caseId``, and what the diagram hands on
to it (``start-procedure``, header ``values``)."""


def named(**values: object) -> dict[str, object]:
    """Return values under the names that variables and kept steps have: ``case_id`` as ``caseId``, dates in ISO."""

    def camel(name: str) -> str:
        return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)

    return {camel(name): value.isoformat() if isinstance(value, date) else value for name, value in values.items()}
