"""The annex of an agreement (ASA-4)."""

from __future__ import annotations

from typing import Any

from tests.kit.desk import PACKS
from workers.domain.annex import activity_groups
from workers.packs import load_pack

CITY = load_pack(PACKS / "asahikawa")
ROWS: list[dict[str, Any]] = [
    {"field": "6", "content": "話し合いの場", "departmentCode": None, "section": "商工会議所"},
    {"field": "5", "content": "水の提供", "departmentCode": "bosai"},
    {"field": "1", "heading": "暑さへの備え", "content": "講座", "departmentCode": "kenko"},
    {"field": "5", "content": "訓練", "departmentCode": "bosai"},
    {"field": "7", "heading": "", "content": "清掃", "departmentCode": "kankyo"},
]


def test_only_headings_in_use_stand_in_the_annex_in_the_order_of_the_fields() -> None:
    """The six headings of the sample are one agreement's: another has its own, the catch-all last."""
    groups = activity_groups(ROWS, CITY, with_departments=False)
    assert [(group["heading"], [row["content"] for row in group["rows"]]) for group in groups] == [
        ("暑さへの備え", ["講座"]),
        ("災害対策に関すること", ["水の提供", "訓練"]),
        ("環境の保全に関すること", ["清掃"]),
        ("その他、地域の活性化及び市民サービスの向上に関すること", ["話し合いの場"]),
    ]
    assert {row["department"] for group in groups for row in group["rows"]} == {""}


def test_sections_are_named_where_the_agreement_wants_them() -> None:
    """One that departments.csv does not have is named as it was written."""
    groups = activity_groups(ROWS, CITY, with_departments=True)
    assert [row["department"] for group in groups for row in group["rows"]] == [
        "健康保健部健康推進課",
        "防災安全部防災課",
        "防災安全部防災課",
        "環境部環境総務課",
        "商工会議所",
    ]
