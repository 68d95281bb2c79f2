"""What the mails and documents of amendments and terminations are given, and what they have to say."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.kit import papers

STEPS: dict[str, Any] = {
    "amendment-terms": {
        "title": "見守りと防災の協定",
        "before_title": "伊勢崎市と株式会社上州あおぞら銀行との包括連携協定",
        "purpose": "見守りと防災",
        "fields": [1, 7, 8],
        "expiresOn": "2028-03-31",
        "effectiveOn": "2026-10-01",
        "changes": "第2条の連携事項に「環境に関すること」を加える。",
        "changed": {"title": True, "fields": True, "term": True},
    },
    "amendment-signature": {"signedOn": "2026-09-10"},
    "termination-assessment": {"assessment": {"reason": "2年以上、事業の予定がない。"}},
    "termination-plan": {"endsOn": "2026-12-31", "noticeBy": "2026-11-30", "noticeMonths": 1},
    "termination-withdrawal": {"withdrawal": {"reason": "新しい事業が決まったため"}},
}
_BASE: dict[str, Any] = {
    "case": papers.case(),
    "partner": papers.partner(),
    **papers.parties(),
    "agreement": papers.agreement(),
    "steps": STEPS,
    "effective_text": "令和8年10月1日",
    "drafts": ["変更協定書（案）第1案（令和8年6月1日）"],
    "draft_label": "第1案（令和8年6月1日）",
}
MAILS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "amendment-draft": (_BASE, ["変更協定書の案", "・変更協定書（案）第1案（令和8年6月1日）", "第2条の連携事項に"]),
    "amendment-signed": (_BASE, ["締結日　　　　　　　: 令和8年9月10日", "令和8年10月1日", "令和10年3月31日"]),
    "amendment-departments": (_BASE, ["協定を変更しました", "見守りと防災の協定", "② 防犯・防災に関すること"]),
    "amendment-not-made": (
        {**_BASE, "amendment_talks": {"summary": "来年度に改めて話し合う"}},
        ["変更しないことになりました", "来年度に改めて話し合う"],
    ),
    "termination-notice": (
        _BASE,
        ["協議の上、次の協定を解除します", "解除通知書を添付します", "令和8年12月31日（木）"],
    ),
    "termination-done": (_BASE, ["令和8年12月31日をもって解除", "お礼申し上げます"]),
    "termination-departments": (_BASE, ["協定を解除しました", "行わないでください"]),
    "termination-withdrawn": (_BASE, ["取りやめました", "新しい事業が決まったため"]),
    "termination-not-made": (_BASE, ["解除せず、協定を続ける"]),
}
_PAPER: dict[str, Any] = {
    "city": papers.CITY,
    "office": papers.CITY.office,
    "partner": papers.partner(),
    **papers.parties(),
    "agreement": papers.agreement(),
    "steps": STEPS,
    "today": papers.TODAY,
    "draft": False,
    "draft_label": "",
    "officer": "佐藤 花子",
}
_AMENDMENT: dict[str, Any] = {
    "signatory": papers.CITY.signatory,
    "before_title": STEPS["amendment-terms"]["before_title"],
    "changes": STEPS["amendment-terms"]["changes"],
    "title": STEPS["amendment-terms"]["title"],
    "fields": [papers.CITY.field_name(number) for number in STEPS["amendment-terms"]["fields"]],
    "expires_on": date(2028, 3, 31),
    "endless": False,
    "effective_on": date(2026, 10, 1),
    "title_changed": True,
    "term_changed": True,
    "fields_changed": True,
    "signed_on": date(2026, 9, 10),
    "signature_style": "署名捺印",
    "copies": 3,
}
DOCUMENTS: dict[str, dict[str, Any]] = {
    "amendment": {**_PAPER, **_AMENDMENT},
    "termination-notice": {**_PAPER, "termination_grounds": ["解除の申出を受け、双方で協議した結果による"]},
}
