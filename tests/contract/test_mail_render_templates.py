"""Every mail template says what it should for the values that the use cases give it (ALL-2)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, cast

import pytest

from tests.kit import endings, papers
from workers.adapters.mail.renderer import TEXT, JinjaMails
from workers.domain.cities import City
from workers.domain.jst import JST
from workers.usecases.ports import MailRequest

CASE = papers.case()
TO_PARTNER: dict[str, Any] = {
    "case": CASE,
    "partner": CASE.partner,
    "projects": [papers.project(1, status="feasible"), papers.project(2, status="dropped")],
    "message": "",
    "failed_conditions": [],
    **papers.parties(),
    "agreement": papers.agreement(),
    "renewal_years": 1,
    "drafts": ["協定書（案）第2案（令和8年6月1日）"],
    "draft_label": "第2案（令和8年6月1日）",
    "forms": ["申出書（様式）"],
    "due_on": papers.DUE_ON,
}
SURVEY: dict[str, Any] = {
    "case": CASE,
    "partner": CASE.partner,
    "projects": [papers.project(1), papers.project(2)],
    "due_on": papers.DUE_ON,
    "question": "",
}
MEETING: dict[str, Any] = {
    **TO_PARTNER,
    "meeting": papers.meeting(),
    "host": "福祉こども部高齢政策課",
    "departments": ["福祉こども部こども保育課"],
    "moved": False,
    "dropped": False,
}
CONTACTS: dict[str, Any] = {
    "partner_contacts": {
        "partner": "株式会社見本",
        "lines": ["名称: 株式会社見本", "担当者: 地域連携室　見本 太郎", "電話: （登録なし）"],
        "titles": ["見本との包括連携協定"],
    },
    "deadline": {"text": "令和8年10月23日（金）"},
}
RENEWAL: dict[str, Any] = {
    **TO_PARTNER,
    "to_partner": True,
    "agreement_title": "伊勢崎市と株式会社上州あおぞら銀行との包括連携協定",
    "expires_on": date(2027, 3, 31),
    "last_day": date(2027, 2, 28),
    "new_starts_on": date(2027, 4, 1),
    "new_expires_on": date(2028, 3, 31),
    "notices": [{"side": "相手方", "received_on": date(2027, 2, 26)}],
}
RESULTS: dict[str, Any] = {
    **TO_PARTNER,
    "year_name": "令和7年度",
    "deadline": {"text": "令和8年4月30日（木）"},
    "department": {"name": "福祉こども部こども保育課"},
}
REPORT: dict[str, Any] = {
    **TO_PARTNER,
    "activity": {
        "title": "見守り",
        "field_name": "防犯・防災に関すること",
        "year_name": "令和8年度",
        "department_name": "長寿社会部高齢政策課",
        "status_name": "実施済み",
        "result": "延べ320件\n連絡4件",
        "partner_result": "配達員40人が声を掛けた",
        "period_text": "令和8年6月1日から令和9年3月31日まで",
    },
    "deadline": {"text": "令和9年4月28日（水）"},
    "period_name": "令和9年度",
    "agreement_ended": False,
}
_TASK = {
    "name": "③ 要件を確かめる",
    "element_id": "Task_CheckRequirements",
    "case_id": "isesaki-2026-1",
    "partner": "株式会社上州あおぞら銀行",
    "due_on": date(2026, 5, 28),
    "days_late": 4,
    "assignee": "",
    "department": "",
    "group": "isesaki-senryaku",
}
_ANSWER = {"name": "照会に答える", "department": "長寿社会部高齢政策課", "assignee": "tamura"}
DIGEST: dict[str, Any] = {
    "late": {"count": 3, "rows": [_TASK], "more": 2},
    "soon": {
        "count": 1,
        "rows": [{**_TASK, "name": "協定を締結する", "due_on": papers.TODAY, "days_late": 0}],
        "more": 0,
    },
    "departments_late": {"count": 1, "rows": [{**_TASK, **_ANSWER}], "more": 0},
}
_CASELESS = {"tasks-due"}
_STOPPED = {"action": "stop", "reason": "方針", "message": "またの機会に", "procedure": "協定の締結"}
_ANSWERED = {
    **TO_PARTNER,
    "answer_title": "申出をする",
    "answer_text": "目的: 見守り",
    "answered_at": datetime(2026, 6, 1, 9, 30, tzinfo=JST),
}
# What a template is given, and what its text has to say
TEMPLATES: dict[str, tuple[dict[str, Any], list[str]]] = {
    **endings.MAILS,
    "offer-request": (
        TO_PARTNER,
        ["連携事業提案書", "3分野以上", "市が事業費を負担する事業", "・申出書（様式）", "6月15日（月）を目安に"],
    ),
    "answer-receipt": (_ANSWERED, ["次の回答を", "6月1日", "お心当たりのないとき"]),
    "answer-late": (
        {**_ANSWERED, "first_answer": "企画課が令和8年6月1日（月）08時30分に、先に入力を済ませていました"},
        [
            "企画課が令和8年6月1日（月）08時30分に、先に入力を済ませて",
            "いただいた回答は残してあります",
            "目的: 見守り",
        ],
    ),
    "city-invitation": (
        {**TO_PARTNER, "message": "10周年の機会に"},
        [
            "包括連携協定の締結をご提案",
            "令和元年度 災害時の物資の供給",
            "10周年の機会に",
            "添付の様式で申し出てください",
        ],
    ),
    "offer-correction": (
        {**TO_PARTNER, "message": "事業2の内容を\n具体的に", "failed_conditions": ["連携事項が3分野に満たない"]},
        ["・連携事項が3分野に満たない", "事業2の内容を\r\n具体的に", "あらためてご提出ください"],
    ),
    "renewal-reminder": (RENEWAL, ["申出の期限: 令和9年2月28日（日）", "1年間、同じ内容で更新"]),
    "expiry-reminder": (RENEWAL, ["更新の定めがない", "令和9年3月31日（水）"]),
    "renewal-done": (RENEWAL, ["令和9年4月1日から令和10年3月31日まで", "期限（令和9年2月28日）"]),
    "renewal-blocked": (RENEWAL, ["令和9年2月26日に相手方から", "申出があったため"]),
    "renewal-reversed": (RENEWAL, ["お詫びして訂正", "令和9年2月26日に相手方から"]),
    "agreement-expired": (RENEWAL, ["有効期間が終わりました"]),
    "survey-notice": (
        SURVEY,
        ["① 事業その1", "② 事業その2", "令和8年6月15日（月）", "当課の所管ではない", "企業等に", "Tasklist"],
    ),
    "survey-reminder": (SURVEY, ["令和8年6月15日（月）まで", "Tasklist"]),
    "survey-due-today": (SURVEY, ["本日 令和8年6月15日（月） が回答期限", "まだ届いていません"]),
    "survey-escalation": (
        {**SURVEY, "waiting": [papers.target("市民部", "文化観光課"), papers.target("環境部", "環境政策課")]},
        ["2課から回答がありません", "・市民部文化観光課", "・環境部環境政策課", "延長", "代理"],
    ),
    "survey-extended": (SURVEY, ["新しい回答期限: 令和8年6月15日（月）"]),
    "survey-sent-back": (
        {**SURVEY, "question": "講師は何人必要ですか"},
        ["講師は何人必要ですか", "令和8年6月15日（月）"],
    ),
    "survey-complete": (
        {
            **SURVEY,
            "asked": 12,
            "results": [{"heading": "事業1 見守り", "tally": "○ 2　△ 1　× 0　所管外 9　未回答 0"}],
            "wishes": [{}],
        },
        ["照会した12課すべて", "事業1 見守り", "○ 2　△ 1", "希望する連携事業が1件"],
    ),
    "survey-stopped": (SURVEY, ["いったん中止します", "回答していただく必要はありません"]),
    "talk-result": (
        {
            **SURVEY,
            "project": {
                "title": "見守り",
                "departments": "高齢政策課、安心安全課",
                "status_name": "実施できる",
                "talk_result": "9月から",
            },
        },
        ["事業　　: 見守り", "高齢政策課、安心安全課", "実施できる", "9月から"],
    ),
    "talks-ended": (
        {**SURVEY, "projects": [{"number": 1, "title": "見守り", "departments": "", "status_name": "見送り"}]},
        ["事業1 見守り（担当課なし）", "見送り", "次の手順に進んでいます"],
    ),
    "survey-result": (TO_PARTNER, ["連携事業調査", "○ … 実現可能性あり", "△ …", "× … 実現不可"]),
    "discussion-result": (
        {
            **TO_PARTNER,
            "projects": [papers.project(1, status="talks"), papers.project(2, status="dropped", wished=True)],
        },
        [
            "① 事業その1（子ども・子育て支援に関すること）\r\n     実施に向けて、担当課と",
            "※市の担当課が希望する事業",
            "今回は見送ります。",
        ],
    ),
    "individual-departments": (
        {**TO_PARTNER, "chosen": ["1"]},
        ["① 事業その1", "個別協定などの形で進めてください", "メール: renkei@aozora.example"],
    ),
    "talks-request": (
        {**TO_PARTNER, "project": papers.project(1)},
        ["事業その1", "1番目の事業の内容", "地域連携室 渋川 次郎", "0270-00-0000", "renkei@aozora.example"],
    ),
    "agreement-draft": (TO_PARTNER, ["案を作成しました", "添付", "・協定書（案）第2案（令和8年6月1日）"]),
    "agreement-signed": (
        {**TO_PARTNER, "projects": [papers.project(1, status="feasible"), papers.project(2, status="dropped")]},
        [
            "進める連携事業\r\n  ・事業その1",
            "今回は見送る連携事業\r\n  ・事業その2",
            "令和8年7月1日から令和9年3月31日まで",
            "令和9年2月28日（日）までに",
            "1年間更新",
            "更新を希望されない場合",
        ],
    ),
    "agreement-signed-departments": (
        {**TO_PARTNER, "projects": [papers.project(1, status="feasible", departments="長寿社会部高齢政策課")]},
        [
            "協定番号: isesaki-a1",
            "・事業その1（長寿社会部高齢政策課）",
            "連携事業の報告と追加",
            "令和8年7月1日に",
            "① 子ども・子育て支援",
            "② 文化・スポーツ振興",
            "③ 日本一暑さに強いまち",
            "実績を報告",
        ],
    ),
    "declined": (
        {**TO_PARTNER, "failed_conditions": ["公租公課に滞納がある"], "message": "来年度にご相談ください"},
        ["見送る", "・公租公課に滞納がある", "来年度にご相談ください", "個別の協定"],
    ),
    "case-stopped": (
        {**TO_PARTNER, "steps": {"case-control": _STOPPED}},
        ["「協定の締結」は、市の都合により", "またの機会に"],
    ),
    "work-withdrawn": (
        {"case": CASE, "partner": CASE.partner, "reason": "申出を直すため", "over": False},
        ["前の手順からやり直す", "申出を直すため", "あらためてお願いするとき"],
    ),
    "individual": (
        {**TO_PARTNER, "message": "分野が限られるため"},
        ["① 事業その1（子ども・子育て支援に関すること）", "個別の協定", "分野が限られるため"],
    ),
    "results-request": (
        {**RESULTS, "message": "参加者の数も教えてください"},
        ["令和7年度の連携事業の実績を、令和8年4月30日（木）までに", "参加者の数も教えてください", "実績を報告する"],
    ),
    "results-reminder": (RESULTS, ["期限は令和8年4月30日（木）です", "令和7年度"]),
    "results-overdue": (RESULTS, ["福祉こども部こども保育課から届いていません", "令和8年4月30日（木）を過ぎても"]),
    "answer-reminder": (
        {**RESULTS, "awaited": "(2) 取り組めるか答える"},
        ["「(2) 取り組めるか答える」を、令和8年4月30日（木）までに"],
    ),
    "meeting-dates": (
        {
            **MEETING,
            "meeting_title": "定例会議",
            "meeting_dates": [{"label": "令和8年6月22日（月）10時から11時まで", "value": "x"}],
            "meeting_order": {"place": "市役所3階", "note": "資料をお持ちください。"},
        },
        ["① 令和8年6月22日（月）10時から11時まで", "場所: 市役所3階", "資料をお持ちください。", "ご都合のよい日"],
    ),
    "meeting-invitation": (
        MEETING,
        ["日時: 令和8年6月20日（土）14時から15時30分まで", "場所: 市役所本館3階", "こども保育課", "invite.ics"],
    ),
    "meeting-cancelled": (MEETING, ["次の会議を取りやめます", "令和8年6月20日（土）14時から", "invite.ics"]),
    "meeting-minutes": (
        MEETING,
        [
            "令和8年6月20日（土）に開いた",
            "今年度の進め方を確かめた。",
            "令和8年4月1日から令和8年4月30日まで（庁舎の移転）",
        ],
    ),
    "meeting-reminder": (MEETING, ["日時がまだ決まっていません", "日程を決める"]),
    "meeting-overdue": (
        MEETING,
        ["開くべき日までに開いた記録がありません", "いまの予定は 令和8年6月20日（土）14時から"],
    ),
    "report-request": (REPORT, ["事業　　: 見守り", "報告期限: 令和9年4月28日（水）", "まだ続いている事業"]),
    "report-reminder": (REPORT, ["「見守り」の実績報告の期限は、令和9年4月28日（水）"]),
    "report-overdue": (REPORT, ["長寿社会部高齢政策課から届いていません", "代わって入力"]),
    "results-shared": (
        {**REPORT, "activities": [REPORT["activity"]]},
        [
            "・見守り（令和8年6月1日から令和9年3月31日まで、実施済み）",
            "    延べ320件\r\n    連絡4件",
            "様の実績:\r\n    配達員40人が声を掛けた",
            "令和9年度の定例会議",
        ],
    ),
    "results-partner-request": (
        {**TO_PARTNER, "report_activities": [REPORT["activity"]]},
        ["把握されている実績", "・見守り（防犯・防災に関すること）"],
    ),
    "contact-check": (
        {**TO_PARTNER, **CONTACTS, "answer_link": "https://pages.city.example/a/x", "answer_file": "連絡先の確認.xlsx"},
        [
            "令和8年10月23日（金）までにお知らせください",
            "  担当者: 地域連携室　見本 太郎",
            "  電話: （登録なし）",
            "・見本との包括連携協定",
            "https://pages.city.example/a/x",
            "連絡先の確認.xlsx",
        ],
    ),
    "contact-check-reminder": (
        {**TO_PARTNER, **CONTACTS, "answer_link": "https://pages.city.example/a/x"},
        ["まだお返事をいただいていません", "変わりがないときも", "https://pages.city.example/a/x"],
    ),
    "contact-check-message": (
        {**TO_PARTNER, **CONTACTS, "contact_message": "4月に社名が変わりました。"},
        [
            "株式会社見本から次の伝言",
            "4月に社名が変わりました。",
            "変更の手続をご検討ください",
            "・見本との包括連携協定",
        ],
    ),
    "project-reported": (
        {**REPORT, "department": {"name": "長寿社会部高齢政策課"}},
        [
            "長寿社会部高齢政策課が次のとおり入力しました",
            "状況　: 実施済み（令和8年6月1日から令和9年3月31日まで）",
            "延べ320件",
        ],
    ),
    "arrangements-draft": (TO_PARTNER, ["申し合わせ事項の案", "チラシとポスターの部数"]),
    "arrangements-agreed": (TO_PARTNER, ["申し合わせ事項が定まりました", "全課に周知します"]),
    "arrangements-published": (TO_PARTNER, ["申し合わせ事項を定めました", "先に戦略推進課へ相談"]),
    "tasks-due": (
        DIGEST,
        [
            "■ 期限を過ぎています（3件）\r\n\r\n・③ 要件を確かめる\r\n",
            "  案件　　isesaki-2026-1（株式会社上州あおぞら銀行）\r\n  期限",
            "  期限　　令和8年5月28日（木）（4日過ぎています）\r\n",
            "  担当　　まだだれも引き受けていません\r\n",
            "ほかに2件あります",
            "■ 期限が近づいています（1件）",
            "（今日まで）",
            "・照会に答える\r\n  課　　　長寿社会部高齢政策課",
            "  担当　　tamura",
        ],
    ),
    "task-unassigned": (
        {**TO_PARTNER, "task_name": "② 申出書を出す", "done_at": datetime(2026, 6, 1, 16, tzinfo=UTC)},
        ["作業「② 申出書を出す」が、だれにも割り当てられないまま", "済んだ日　令和8年6月2日", "Tasklist"],
    ),
    "invitation-declined": (TO_PARTNER, ["市からご提案した包括連携協定", "見合わせる"]),
    "withdrawn-confirmation": (TO_PARTNER, ["令和8年6月1日付けで取り下げ"]),
}
OPTIONAL = {
    "due_on": papers.DUE_ON,
    "task_link": "https://renkei.city.example/open/isesaki-2026-1?group=a",
    "reason": "回答が遅れているため",
}


def render(template: str, context: dict[str, Any], **changes: Any) -> EmailMessage:
    request = MailRequest(
        **{
            "business_key": f"key:{template}",
            "case_id": CASE.id,
            "city": "isesaki",
            "kind": template,
            "template": template,
            "recipient_name": "企画部企画調整課",
            "recipient": "to@partner.example",
            "context": context,
            **changes,
        }
    )
    mails = JinjaMails(papers.FOLDERS, papers.CITIES, papers.clock())
    return message_from_bytes(mails.render(request).raw, policy=SMTP)


def text_of(message: EmailMessage) -> str:
    return str(cast("EmailMessage", message.get_body(("plain",))).get_content())


def test_every_template_is_tested_here() -> None:
    """A template without a line above, or a line without its template, fails."""
    assert papers.FOLDERS.names("isesaki", "mail", TEXT) == sorted(TEMPLATES)


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_the_mail_says_what_it_should(template: str) -> None:
    """Subject with the city in front, the facts in the body, the office's signature, no trace of Jinja or Python."""
    context, facts = TEMPLATES[template]
    message = render(template, context, **({"case_id": ""} if template in _CASELESS else {}))
    text = text_of(message)
    assert message["Subject"].startswith("【伊勢崎市】")
    assert [fact for fact in facts if fact not in text] == []
    assert "戦略推進課\r\n電話: 0270-27-6281\r\nメール: senryaku@city.isesaki.example\r\n" in text
    assert ("\r\n案件番号: isesaki-2026-1\r\n" in text) == (template not in _CASELESS)
    assert message["X-Renkei-Case"] == (None if template in _CASELESS else CASE.id)
    assert [trace for trace in ("{{", "{%", "None", "Undefined", "<", "\r\n\r\n\r\n\r\n") if trace in text] == []


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_the_mail_works_with_everything_optional_given(template: str) -> None:
    """Dates, links and reasons that a diagram may add fit into each template."""
    context, facts = TEMPLATES[template]
    text = text_of(render(template, {**OPTIONAL, **context}))
    assert [fact for fact in facts if fact not in text] == []


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_hostile_values_stay_values(template: str) -> None:
    """Names with line breaks, headers, Jinja and markup neither change the headers nor are they carried out."""
    evil = "悪\r\nBcc: evil@example.com\r\n\r\n{{ 7*7 }}{% for %}<b>\x00\u202e"
    partner = papers.partner()
    partner.name, partner.contact = evil, evil
    context = {**TEMPLATES[template][0], "partner": partner, "message": evil}
    message = render(template, context, recipient_name=evil)
    assert set(message.keys()) == {
        "From",
        "To",
        "Reply-To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "X-Renkei-Case",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    }
    assert [entry.addr_spec for entry in message["To"].addresses] == ["to@partner.example"]
    assert message["Subject"].startswith("【伊勢崎市】")
    text = text_of(message)
    assert "49" not in message["Subject"] + text
    assert "\x00" not in text
    assert "{{ 7*7 }}" in text


@pytest.mark.parametrize("template", ["declined", "offer-correction"])
def test_a_refusal_without_conditions_names_the_reason(template: str) -> None:
    """Where only the office's words say why, they are in the mail and no empty list is."""
    text = text_of(render(template, {**TO_PARTNER, "message": "今年度の予算が決まっているため"}))
    assert "今年度の予算が決まっているため" in text
    assert "要件のうち" not in text
    assert "確認をお願いする要件" not in text


def test_an_individual_notice_names_no_dropped_project() -> None:
    """A project that was given up is not promised."""
    assert "事業その2" not in text_of(render("individual", TO_PARTNER))


def test_an_agreement_without_a_notice_deadline_says_nothing_about_one() -> None:
    """A term that does not renew has no day by which to object."""
    text = text_of(render("agreement-signed", {**TO_PARTNER, "agreement": papers.agreement(deadline=None)}))
    assert "令和9年3月31日まで" in text
    assert "更新" not in text


@pytest.mark.parametrize(
    ("nothing", "subject"),
    [
        ((), "期限の過ぎた仕事3件、期限の近い仕事1件、担当課で期限の過ぎた仕事1件"),
        (("late", "departments_late"), "期限の近い仕事1件"),
        (("late", "soon"), "担当課で期限の過ぎた仕事1件"),
    ],
)
def test_a_digest_speaks_of_what_there_is(nothing: tuple[str, ...], subject: str) -> None:
    """No heading and no 「0件」 for what there is nothing of."""
    message = render("tasks-due", {**DIGEST, **{name: {"count": 0, "rows": [], "more": 0} for name in nothing}})
    assert message["Subject"] == f"【伊勢崎市】{subject}（令和8年6月1日）"
    assert text_of(message).count("■") == len(DIGEST) - len(nothing)


def test_templates_name_no_city() -> None:
    """The common templates take every fact from the pack: with another city no word of Isesaki remains."""
    city: City = papers.other_city()
    mails = JinjaMails(papers.FOLDERS, papers.CITIES, papers.clock())
    for template, (context, _) in TEMPLATES.items():
        subject, text = mails.preview(
            "midori",
            template,
            {"case": CASE, **context, "city": city, "today": papers.TODAY, "recipient_name": "企画課"},
        )
        assert subject.startswith("【みどり野市】")
        assert [
            word for word in ("伊勢崎", "戦略推進課") if word in (subject + text).replace(papers.agreement().title, "")
        ] == []
