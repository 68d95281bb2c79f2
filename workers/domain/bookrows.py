"""The book's lines as rows for people: on the screen, on a page and in files (ASA-7, ALL-6)."""

from __future__ import annotations

from datetime import date
from typing import Final

from workers.domain.agreementtext import KIND_NAMES
from workers.domain.cities import City
from workers.domain.register import STATE_NAMES, RegisterEntry
from workers.domain.wareki import NEVER, format_wareki

COLUMNS: Final = (
    ("id", "協定番号"),
    ("number", "番号"),
    ("title", "協定名"),
    ("partner", "相手方"),
    ("partner_kind", "相手方の種別"),
    ("trade", "業種"),
    ("signed", "締結日"),
    ("starts", "有効期間の始まり"),
    ("expires", "満了日"),
    ("notice", "申出の期限"),
    ("state", "状態"),
    ("fields", "連携事項"),
    ("department_name", "所管"),
    ("kind_name", "形態"),
    ("renews", "更新の定め"),
    ("renewal_years", "更新の年数"),
    ("notice_months", "申出の月数"),
    ("old_rules", "旧要綱"),
    ("other_parties", "ほかの当事者"),
    ("ended", "終了日"),
    ("end_name", "終了の理由"),
    ("remark", "備考"),
    ("signed_on", "締結日_ISO"),
    ("starts_on", "有効期間の始まり_ISO"),
    ("expires_on", "満了日_ISO"),
)
"""Keys and headings of a file that ``renkei import`` reads; :func:`entry_row` has those of the line itself."""
CONTACT_COLUMNS: Final = (
    ("representative", "代表者"),
    ("contact", "担当者"),
    ("email", "メール"),
    ("phone", "電話"),
    ("address", "所在地"),
    ("corporate_number", "法人番号"),
)
"""Keys and headings of a partner's personal data."""


def entry_row(entry: RegisterEntry, city: City, on: date) -> dict[str, object]:
    """Return an agreement as a row for screen and files, as it stands on a day, dates in wareki and ISO (ASA-7)."""
    department = next((d.name for d in city.departments if d.code == entry.department), city.office.section)
    return {
        "id": entry.id,
        "number": entry.number,
        "city": entry.city,
        "title": entry.title,
        "partner": entry.partner,
        "partner_kind": entry.partner_kind,
        "trade": entry.trade,
        "signed": format_wareki(entry.signed_on),
        "signed_on": entry.signed_on.isoformat(),
        "term": entry.term_number,
        "starts": format_wareki(entry.starts_on),
        "starts_on": entry.starts_on.isoformat(),
        "expires": format_wareki(entry.expires_on),
        "expires_on": None if entry.expires_on == NEVER else entry.expires_on.isoformat(),
        "notice": format_wareki(entry.notice_deadline) if entry.notice_deadline else "",
        "state": STATE_NAMES[entry.state(on)],
        "fields": "、".join(city.field_name(number) for number in entry.fields),
        "field_numbers": list(entry.fields),
        "department": entry.department,
        "department_name": department,
        "kind": entry.kind,
        "kind_name": KIND_NAMES.get(entry.kind, entry.kind),
        "renewal_years": entry.renewal_years,
        "notice_months": entry.notice_months,
        "renews": "" if entry.renews is None else "あり" if entry.renews else "なし",
        "old_rules": "" if entry.whole_guideline else "○",
    }
