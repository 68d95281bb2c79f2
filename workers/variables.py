"""Every process variable: its name, its type, its meaning. ``renkei lint`` knows no other.

Who writes one, the job catalogue (``writes``) and the diagrams say; what a form or an output mapping of the same
diagram writes needs no entry here. Variables carry ids and routing values; a form's personal data is nulled by the job
that records it.
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
    """A process variable: what it is called, what it holds.

    ``shown`` says what a text component, which reads its variables as Markdown, may do with it: ``markdown`` is written
    for it (people's words in it passed ``workers.domain.markdown``), ``plain`` holds nothing that Markdown changes, and
    everything else is for html components, which show words as they are.

    ``personal``: may hold a person's name, contact or own words.
    """

    name: str
    type: Type
    meaning: str
    shown: Shown = ""
    personal: bool = False


def _variable(name: str, type_: Type, meaning: str, *, shown: Shown = "") -> Variable:
    return Variable(name=name, type=type_, meaning=meaning, shown=shown, personal=name in _PERSONAL)


_PERSONAL: Final = frozenset(
    [
        *("answerValues", "offer", "offerSummary", "survey", "surveyView", "surveyAbout", "entry", "surveyResult"),
        *("interestedDepartments", "reportRows", "partnerAnswers", "talkResults", "proposalRows", "project"),
        *("meetingOrder", "meetingReport", "meetingText", "mailValues", "mailRecipient", "mailDraft", "undelivered"),
        *("undeliveredReply", "lateAnswer", "lateReply", "agreementTerms", "signingPlan", "partnerWindow"),
        *("agreementSummary", "notices", "partnerContacts", "contactAnswer", "contactMessage", "amendmentRequest"),
        *("amendmentTerms", "reportPerson", "reportContact", "activities", "agreementReports"),
    ]
)


_ALL = (
    # The case
    _variable("caseId", "text", "案件番号", shown="plain"),
    _variable("caseState", "text", "new / offer-filed / already-started"),
    _variable("caseTitle", "text", "画面の見出し（案件番号と相手方の名称）", shown="markdown"),
    _variable("origin", "text", "partner / city"),
    _variable("partnerKnown", "yes/no", "相手方が決まっているか"),
    _variable("officeGroup", "text", "所管課のグループ"),
    _variable(
        "cityOptions",
        "context",
        "市の番号付きの選択肢と言葉: fields, fieldWord, partnerGrounds, projectGrounds, ratings, departments, "
        "surveyWords, firstDay, endless, confirmPeriods, office",
        shown="plain",
    ),
    _variable("answerValues", "context", "相手方への様式に先に書き入れておく値（項目のキーごと）と、その選択肢"),
    _variable("formError", "text", "入力の誤り。項目の名前を含む", shown="markdown"),
    _variable("act", "number", "直前の作業を済ませた人の控えの番号"),
    # Breaking a case off, going back one step
    _variable("orderText", "text", "取り下げる・止める・戻す案件のあらまし（画面用）"),
    _variable("orderId", "text", "案件への指示の番号"),
    _variable("stepsWanted", "yes/no", "いまの手順をエンジンに問い合わせたか"),
    _variable("steps", "list", "いまの手順と、戻る手順の選択肢"),
    _variable("stepChoice", "text", "戻す手順"),
    _variable("orderState", "text", "ended / going-back / refused"),
    _variable("partnerTold", "yes/no", "終了を相手方に知らせるか"),
    _variable("stepLeft", "context", "離れた手順: label, processes, groups"),
    # The offer
    _variable("offer", "context", "申出書の入力: 直すときに戻す"),
    _variable("proposals", "list", "提案された連携事業の表"),
    _variable("offerSummary", "text", "申出の要約（Markdown）", shown="markdown"),
    _variable("pastRecords", "list", "これまでの連携実績の表"),
    _variable("attachments", "list", "受け取った書類の表: name, size"),
    _variable(
        "eligibility",
        "context",
        "要件の判定に使う事実と、条件ごとの結果: results, fieldCount, minimumFields, projectCount, minimumProjects, "
        "projectsByGround, projectGrounds, partnerGrounds, cityCostProjects, sharedGoal, dialogue, notGovernment",
    ),
    _variable("failedConditions", "list", "満たしていない条件"),
    _variable("toldConditions", "list", "満たしていない条件のうち、相手方に伝えるもの"),
    # The survey
    _variable(
        "survey",
        "context",
        "照会: id, departments, dueAt, remindAt, dueDayAt, dueText, view, about, proposals",
        shown="plain",
    ),
    _variable("surveyId", "text", "照会の番号"),
    _variable("departments", "list", "照会する課: code, name, group"),
    _variable("dueAt", "timestamp", "回答期限", shown="plain"),
    _variable("remindAt", "timestamp", "督促の時刻"),
    _variable("dueDayAt", "timestamp", "期限の日の督促の時刻"),
    _variable("dueText", "text", "回答期限（和暦）", shown="plain"),
    _variable(
        "surveyView",
        "context",
        "いまの回答の状況: columns, rows, projects, wishes, open, openCount, options, progress, asOf",
    ),
    _variable("surveyAbout", "context", "照会する提案: partner（連絡先つき）, offer, records, attachments"),
    _variable("surveyPlan", "context", "照会の期限と照会先の入力。やめた照会を計画し直すときに戻る"),
    _variable("entry", "context", "差し戻し・代理回答: department, groups, question, askedBy, onBehalf, answer"),
    _variable("surveyStopped", "yes/no", "照会をやめたか"),
    _variable("awaited", "text", "課の答えを待っている作業の名前", shown="plain"),
    _variable("awaitedFrom", "text", "答えを待っている課の名前", shown="plain"),
    _variable("surveyComplete", "yes/no", "回答が出そろったか"),
    _variable("surveyResult", "list", "照会の結果の表"),
    _variable("interestedDepartments", "list", "○△か希望を答えた課と、その課の行"),
    _variable("surveyRatings", "list", "課と事業ごとの見込み: code, number, rating"),
    _variable("surveyWishes", "list", "各課が希望する連携事業の表"),
    _variable("cityProposals", "list", "市から相手方への提案の表"),
    _variable("reportRows", "list", "事業者等の提案への市の回答の表"),
    _variable("partnerAnswers", "list", "市からの提案への事業者等の回答の表"),
    # Discussion and talks
    _variable("discussionNext", "text", "talks / revise / none"),
    _variable("talkProjects", "list", "詳細協議をする事業"),
    _variable("talkResults", "list", "詳細協議の結果の表"),
    _variable("resultMail", "yes/no", "⑤の後に、調整の結果のメールを送る手続か"),
    _variable("proposalRows", "list", "協定の下での連携事業の提案の入力"),
    _variable("sectionName", "text", "担当課の名前（始めるとき）"),
    _variable("department", "context", "始めた人の課: code, name, group"),
    _variable("project", "context", "報告する、または加える連携事業"),
    _variable("receivedOn", "text", "提案を受けた日"),
    _variable("activityPlan", "list", "事業ごとの実施する年度と理由"),
    _variable("yearOptions", "list", "実施する年度の選択肢"),
    # Meetings
    _variable("meetingTitle", "text", "会議の名前", shown="plain"),
    _variable("meetingAgenda", "text", "案内に載せる連絡事項のはじめの値（null でもよい）"),
    _variable("meetingAskedBy", "text", "会議を求めた側: partner / office / department"),
    _variable("meetingHost", "text", "会議を開く課の番号（null なら所管課）"),
    _variable("meetingDepartments", "list", "出席する課の番号のはじめの値（null でもよい）"),
    _variable("confirmPeriods", "yes/no", "算定から除く期間を会議で確認するか（D-8）"),
    _variable("meetingId", "text", "会議の番号"),
    _variable("inviteBy", "timestamp", "日程を決める日。過ぎると催促する"),
    _variable("holdBy", "timestamp", "会議を開くべき日の終わり"),
    _variable("meetingText", "text", "会議の日時と場所（画面用）", shown="markdown"),
    _variable("meetingDates", "list", "候補日の選択肢"),
    _variable("meetingOrder", "context", "会議の日程・変更・取りやめの入力"),
    _variable("meetingReport", "context", "会議の記録の入力"),
    _variable("meetingOutcome", "text", "held / cancelled"),
    _variable("meetingAgain", "yes/no", "取りやめた会議を改めて開くか"),
    # Mails to the partner that the office sees before they leave
    _variable("mailTemplate", "text", "相手方へのメールのひな形"),
    _variable("mailKey", "text", "すでにできている下書きのときは、その鍵"),
    _variable("mailAttach", "list", "添付する文書（null なら無し）"),
    _variable("mailValues", "context", "ひな形に渡す変数"),
    _variable("mailRecipient", "context", "相手方でない宛先: name, contact, email"),
    _variable("mailPage", "text", "相手方がページで答えるタスク（図の ID）"),
    _variable("mailMayReturn", "yes/no", "送らずに前の手順に戻れるか"),
    _variable("mailDraft", "context", "下書き: id, title, to, subject, body, attachments（送り終えたら null）"),
    _variable("mailReview", "yes/no", "送る前に所管課が確かめるか"),
    _variable("mailChoices", "list", "下書きをどうするかの選択肢"),
    _variable("mailDueAt", "timestamp", "下書きを確かめる期限"),
    _variable("mailOutcome", "text", "sent / returned / dropped"),
    _variable("mailId", "number", "届かなかったメールの番号"),
    _variable("undelivered", "context", "届かなかったメール: title, to, subject, reason（済んだら null）"),
    _variable("undeliveredReply", "context", "届かなかったメールをどうしたか"),
    _variable("answerId", "number", "後から届いた回答の番号"),
    _variable("lateAnswer", "context", "後から届いた回答: title, at, text, dueAt（済んだら null）"),
    _variable("lateReply", "context", "後から届いた回答をどう扱うか"),
    # The agreement
    _variable("agreementTerms", "context", "協定書の内容の下書き"),
    _variable("signingPlan", "context", "協定書の決裁と締結の予定: approval, plannedOn, place, ceremony"),
    _variable("signing", "text", "締結したか: signed / replan / redraft"),
    _variable("agreementId", "text", "協定の番号"),
    _variable("agreementTitle", "text", "協定の名前"),
    _variable("nextTalkOn", "text", "次の協議の日"),
    _variable("partnerWindow", "context", "相手方の窓口: name, person, contact"),
    _variable("agreementEnded", "yes/no", "協定がすでに終わっているか"),
    _variable("projectName", "text", "協働の事業の名前。記録がなければ協定の名称"),
    _variable("agreementFirstDay", "text", "協定の期間の始まりの日（ISO）"),
    _variable("agreementLastDay", "text", "協定の終わりの日（ISO）"),
    _variable("agreementSummary", "text", "協定のあらまし（画面用）", shown="markdown"),
    _variable(
        "renewal",
        "context",
        "更新の日程: expires, lastDay, dueAt, remindAt, lastCallAt, decideAt, tellAt, lateUntil, overAt, renews",
        shown="plain",
    ),
    _variable("renewalState", "text", "open / renewed / blocked / ended"),
    _variable("agreementEnd", "text", "協定が終わったわけ: expired / terminated / null"),
    _variable("notices", "list", "更新しない旨の申出（画面用）"),
    _variable("sweepAfter", "text", "どの協定まで確かめたか（最後は null）"),
    _variable("sweepFailures", "list", "確かめられなかった協定とその理由"),
    _variable("period", "text", "手続の対象: 年度（2027）、期の番号、回の番号"),
    _variable("periodName", "text", "手続の対象の読み方（令和9年度、第2期、第1回）", shown="plain"),
    _variable("nextCaseId", "text", "次の手続の案件番号"),
    _variable("fiscalYear", "number", "連携事業の年度（2026 は令和8年度）"),
    _variable("yearName", "text", "連携事業の年度の読み方（令和8年度）", shown="plain"),
    _variable("comingActivities", "list", "次の年度から加わる連携事業"),
    _variable("activities", "list", "連携事業の表"),
    _variable("activityDepartments", "list", "連携事業を担当する課: code, name, group", shown="plain"),
    _variable("ownAgreements", "list", "課が報告する協定: value, label, title, partnerName, termText, count"),
    _variable("severalAgreements", "text", "課が報告する協定が2つ以上か: yes, no"),
    _variable("workedDepartments", "list", "これまでに連携事業を行った課の番号"),
    _variable("countedOn", "text", "有効な協定を数える日"),
    _variable("agreementReports", "list", "年度に有効だった協定と、実績の数の表"),
    _variable("reportSummary", "text", "実績の集まり具合", shown="plain"),
    _variable(
        "deadline",
        "context",
        "期限: on, text（和暦）、時刻 startsAt（9時）, remindAt, dueAt（その日の終わり）, overdueAt（翌日0時）",
        shown="plain",
    ),
    # The yearly question about a partner's contacts
    _variable(
        "partnerContacts",
        "context",
        "登録されている連絡先: partner, text, lines, agreements, titles, reachable, "
        "representative, contact, email, phone, address",
    ),
    _variable(
        "contactAnswer",
        "context",
        "連絡先の確認の入力: confirmation, representative, contact, email, phone, address, message, remark",
    ),
    _variable("contactOutcome", "text", "連絡先の確認の結果: same / changed / unreachable"),
    _variable("contactMessage", "text", "相手方から市に伝えたいこと（なければ null）"),
    # Amendment and termination
    _variable("amendmentRequest", "context", "変更の申出: requestedBy, requestedOn, request"),
    _variable("amendmentTerms", "context", "変更後の協定の内容"),
    _variable("reportPersonAsked", "text", "実績の報告に担当者を書いてもらうか（yes）"),
    _variable("reportPerson", "text", "実績を報告した担当者の氏名"),
    _variable("reportContact", "text", "実績を報告した担当者の連絡先"),
    _variable("beforeGuideline", "text", "yes: ガイドラインより前の協定（変更のときに要件を確かめる）"),
    _variable("versionNumber", "number", "協定の版の番号"),
    _variable("effectiveAt", "timestamp", "変更の効力が生じる時刻"),
    _variable("effectiveText", "text", "変更の効力が生じる日（和暦）", shown="plain"),
    _variable("dissolution", "context", "解除の事由の調べ: candidate, byGuideline, text", shown="markdown"),
    _variable("noticeMonths", "number", "解除の予告の月数（null なら協定書による）"),
    _variable("terminationGrounds", "list", "解除できる事由", shown="plain"),
    _variable(
        "terminationPlan", "context", "解除の日と通知の期限: endsOn, noticeBy, endsText, noticeByText", shown="plain"
    ),
    _variable("terminateAt", "timestamp", "解除の日が終わる時刻"),
    _variable("terminationState", "text", "terminated / ended-before"),
    _variable("agreementYear", "number", "協定の始まる年度"),
    _variable("agreementExpiry", "text", "満了日（和暦）", shown="plain"),
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


def values_of(name: str) -> frozenset[str] | None:
    """Return all texts that a variable can have, where its meaning lists them (``held / cancelled``); else None."""
    variable = VARIABLES.get(name)
    words = [] if variable is None else variable.meaning.split(" / ")
    if len(words) < 2 or not all(re.fullmatch(r"[a-z][a-z-]*", word) for word in words):
        return None
    return frozenset(words) - {"null"}


def held_by(name: str) -> frozenset[str] | None:
    """Return the parts of a context, where its meaning lists all of them (``期限: on, text``); else None."""
    return _listed_parts(name, "context")


def rows_of(name: str) -> frozenset[str] | None:
    """Return the columns of a list's rows, where its meaning lists all of them (``課: code, name``); else None."""
    return _listed_parts(name, "list")


def _listed_parts(name: str, type_: Type) -> frozenset[str] | None:
    variable = VARIABLES.get(name)
    meaning = "" if variable is None or variable.type != type_ else variable.meaning
    parts = re.findall(r"[A-Za-z]\w*", meaning.partition(": ")[2])
    return frozenset(parts) - {"null"} if len(parts) > 1 else None


MESSAGES: Final[dict[str, tuple[str, ...]]] = {
    "common-steps-found": ("steps",),
    "common-step-answered": ("stepLeft",),
    "common-mail-undelivered": ("caseId", "mailId"),
    "common-late-answer": ("caseId", "answerId"),
    "common-waiting-mail": ("caseId", "caseTitle", "officeGroup", "mailTemplate", "mailKey", "mailPage"),
}
"""What the messages of the workers carry. One that starts a procedure carries ``caseId``, and what the diagram hands on
to it (``start-procedure``, header ``values``)."""

CORRELATED: Final[dict[str, str]] = {"common-steps-found": "orderId", "common-step-answered": "orderId"}
"""The variable by which a message of the workers finds the instance that waits for it."""


def variable_name(name: str) -> str:
    """Return the name that a value has as a variable and in a kept step: ``case_id`` is ``caseId``."""
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)


def named(**values: object) -> dict[str, object]:
    """Return values under the names of variables, dates in ISO."""
    return {
        variable_name(name): value.isoformat() if isinstance(value, date) else value for name, value in values.items()
    }
