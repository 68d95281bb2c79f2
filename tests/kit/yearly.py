"""What the documents of a year under an agreement are given, as the use cases hand it over (ISE-F4, ISE-F5)."""

from __future__ import annotations

from typing import Any

from tests.kit import papers

_PAPER: dict[str, Any] = {
    "city": papers.CITY,
    "office": papers.CITY.office,
    "partner": papers.partner(),
    **papers.parties(),
    "agreement": papers.agreement(),
    "today": papers.TODAY,
    "draft": False,
    "draft_label": "",
}
_ARRANGEMENTS = {
    "contacts": [{"department": "こども保育課", "fieldName": papers.CITY.field_name(1), "matter": "催しの日程"}],
    "windows": [{"name": "市", "department": "戦略推進課", "person": "担当", "contact": "内線 100"}],
    "flyers": 200,
    "flyerNote": "配る前に協議する",
    "posters": None,
    "posterNote": "",
    "other": "広報紙への掲載は、2か月前までに申し出る。",
}
DOCUMENTS: dict[str, dict[str, Any]] = {
    "arrangements": {**_PAPER, "steps": {"arrangements": {"arrangements": _ARRANGEMENTS}}},
    "results-report": {
        **_PAPER,
        "activity": {
            "title": "配達時の見守り",
            "field_name": papers.CITY.field_name(1),
            "department_name": "こども未来部こども保育課",
            "period_text": "令和8年6月1日から令和9年3月31日まで",
            "content": "配達のついでに声をかける。",
            "result": "延べ240世帯を訪ねた。",
        },
    },
}
