"""Offers from files and forms (ISE-2/3, ALL-10)."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kit.samples import CITY
from workers.domain.entities import Origin
from workers.errors import InputError, InputErrors
from workers.readers.inputs import FieldError
from workers.readers.offerinput import (
    OfferInput,
    ProjectInput,
    RecordInput,
    parse_content,
    parse_offer,
    parse_partner,
    parse_start,
)

TODAY = date(2026, 6, 8)

GOOD: dict[str, Any] = {
    "partner": {
        "name": "株式会社見本",
        "representative": "代表取締役　見本 太郎",
        "contact": "総務部　見本 花子",
        "email": "soumu@mihon.example",
        "phone": "0270-00-0000",
        "address": "みどり野市中央2番地",
        "corporate_number": "5835678256246",
    },
    "offer": {
        "date": "令和8年6月1日",
        "purpose": "市民の暮らしを\n支える。",
        "fields": [1, 3, 5],
        "other": "費用は当社が負担する。",
        "origin": "city",
    },
    "projects": [
        {"field": 1, "title": "見守り", "content": "週に1回訪ねる。"},
        {"field": 3, "title": "講座", "content": "年に4回開く。", "cost_to_city": True},
    ],
    "records": [{"fiscal_year": "令和6年度", "field": 2, "title": "防災訓練", "department": "廃止された課"}],
    "attachments": [{"path": "jisseki.pdf"}],
}


def good() -> dict[str, Any]:
    return copy.deepcopy(GOOD)


def read(data: dict[str, Any]) -> OfferInput:
    return parse_offer(data, CITY, TODAY)


def problems(run: Callable[[], object]) -> list[str]:
    with pytest.raises(InputErrors) as caught:
        run()
    assert caught.value.errors
    assert all(isinstance(error, FieldError) for error in caught.value.errors)
    return [error.message for error in caught.value.errors]


def test_a_whole_offer_is_read() -> None:
    """ISE-2/3."""
    offer = read(good())
    assert offer.partner.name == "株式会社見本"
    assert offer.partner.corporate_number == "5835678256246"
    assert offer.origin is Origin.CITY
    assert offer.attachments == ("jisseki.pdf",)
    content = offer.content
    assert content.offered_on == date(2026, 6, 1)
    assert content.purpose == "市民の暮らしを\n支える。"
    assert content.fields == (1, 3, 5)
    assert content.projects == (
        ProjectInput(number=1, field=1, title="見守り", content="週に1回訪ねる。"),
        ProjectInput(number=2, field=3, title="講座", content="年に4回開く。", cost_to_city=True),
    )
    assert content.records == (RecordInput(fiscal_year=2024, field=2, title="防災訓練", department="廃止された課"),)


def test_what_may_be_left_out_has_a_default() -> None:
    """ISE-2/3: today, the partner's own offer, no records."""
    data = good()
    for key in ("phone", "address", "corporate_number"):
        del data["partner"][key]
    for key in ("date", "other", "origin"):
        del data["offer"][key]
    del data["records"], data["attachments"]
    offer = read(data)
    assert (offer.partner.phone, offer.partner.address, offer.partner.corporate_number) == ("", "", "")
    assert (offer.content.offered_on, offer.content.other, offer.origin) == (TODAY, "", Origin.PARTNER)
    assert (offer.content.records, offer.attachments) == ((), ())


def test_entities_carry_the_round() -> None:
    """ISE-2/3: a corrected offer is a new round."""
    offer = read(good())
    partner, sheet = offer.partner.entity(), offer.content.offer(2)
    assert (partner.name, partner.email, partner.corporate_number) == (
        "株式会社見本",
        "soumu@mihon.example",
        "5835678256246",
    )
    assert (sheet.round, sheet.fields, sheet.offered_on) == (2, [1, 3, 5], date(2026, 6, 1))
    projects = offer.content.project_entities(2)
    assert [(p.round, p.number, p.field, p.cost_to_city) for p in projects] == [(2, 1, 1, False), (2, 2, 3, True)]
    (record,) = offer.content.record_entities()
    assert (record.fiscal_year, record.field, record.department) == (2024, 2, "廃止された課")


def put(data: dict[str, Any], place: tuple[str | int, ...], value: Any) -> None:
    """Set a place of the input; ``...`` deletes it."""
    node: Any = data
    for part in place[:-1]:
        node = node[part]
    if value is ...:
        del node[place[-1]]
    else:
        node[place[-1]] = value


MISTAKES: list[tuple[tuple[str | int, ...], Any, str]] = [
    (("partner",), ..., "企業等: 表がありません"),
    (("partner",), "見本", "企業等: 表として書いてください"),
    (("partner", "name"), ..., "企業等名: 入力してください"),
    (("partner", "name"), "", "企業等名: 入力してください"),
    (("partner", "name"), "　 ", "企業等名: 入力してください"),
    (("partner", "name"), None, "企業等名: 入力してください"),
    (("partner", "name"), 3, "企業等名: 文字で書いてください"),
    (("partner", "name"), "あ" * 101, "企業等名: 長すぎます（101文字）。100文字までにしてください"),
    (("partner", "name"), "見\u0000本", "企業等名: 目に見えない文字（U+0000）が入っています。取り除いてください"),
    (("partner", "representative"), "", "代表者名: 入力してください"),
    (("partner", "contact"), "一\n二", "担当者名: 改行せずに1行で書いてください"),
    (("partner", "email"), "soumu", "メールアドレス: メールアドレスの形ではありません"),
    (("partner", "phone"), "なし", "電話番号: 電話番号の形ではありません"),
    (("partner", "address"), "あ" * 201, "所在地: 長すぎます（201文字）"),
    (("partner", "corporate_number"), "2835678256246", "法人番号: 検査数字（先頭の1桁）が合いません"),
    (("partner", "corporate_number"), "123", "法人番号: 13桁の数字で書いてください"),
    (("partner", "mail"), "a", "mail: 知らない項目です。email の間違いではありませんか"),
    (("partner", "zzz"), "a", "zzz: 知らない項目です。使えるのは name・"),
    (("offer",), ..., "申出: 表がありません"),
    (("offer", "date"), "令和8年2月30日", "申出日: 「令和8年2月30日」はない日付です"),
    (("offer", "date"), "平成40年1月1日", "申出日: 「平成40年1月1日」の年がありません。平成は31年までです"),
    (("offer", "date"), "令和80年1月1日", "申出日: 令和80年1月1日は今日から離れすぎています"),
    (("offer", "date"), 20260601, "申出日: 日付ではありません"),
    (("offer", "purpose"), "", "目的: 入力してください"),
    (("offer", "purpose"), "あ" * 2001, "目的: 長すぎます（2001文字）。2000文字まで"),
    (("offer", "fields"), ..., "連携事項: 入力してください"),
    (("offer", "fields"), [], "連携事項: 1つ以上選んでください"),
    (("offer", "fields"), 1, "連携事項: 番号の並びで書いてください（例: [1, 5, 7]）"),
    (("offer", "fields"), "1", "連携事項: 番号の並びで書いてください"),
    (("offer", "fields"), [1, 3, 6], "連携事項: 6 はみどり野市の連携事項の番号にありません（1 から 5 まで）"),
    (("offer", "fields"), [0, 1, 3, 99], "番号にありません（1 から 5 まで）。99 はみどり野市の"),
    (("offer", "fields"), [1, 3, 1], "連携事項: 1 が2回書かれています"),
    (("offer", "fields"), [1, True, 3], "連携事項: 「True」は連携事項の番号ではありません"),
    (("offer", "fields"), [1, "子育て", 3], "連携事項: 「子育て」は連携事項の番号ではありません"),
    (("offer", "fields"), [1, 3, 1.5], "連携事項: 「1.5」は連携事項の番号ではありません"),
    (("offer", "other"), ["a"], "その他: 文字で書いてください"),
    (("offer", "origin"), "市", "申出をした側: 「市」は使えません。partner（企業等）か city（市）です"),
    (("offer", "origin"), ["city"], "申出をした側: 「['city']」は使えません"),
    (("offer", "feilds"), [1], "feilds: 知らない項目です。fields の間違いではありませんか"),
    (("projects",), ..., "連携事業: 1件以上書いてください"),
    (("projects",), [], "連携事業: 1件以上書いてください"),
    (("projects",), {"field": 1}, "連携事業: 表の並びとして書いてください"),
    (("projects",), ["見守り"], "連携事業 1件目: 表として書いてください"),
    (("projects",), [{}] * 51, "連携事業: 多すぎます（51件）。50件までにしてください"),
    (("projects", 0, "field"), ..., "連携事業 1件目 連携事項: 入力してください"),
    (("projects", 1, "field"), 6, "連携事業 2件目 連携事項: 6 はみどり野市の連携事項の番号にありません"),
    (("projects", 1, "field"), 2, "連携事項: 2（分野2に関すること）は申出の連携事項に選ばれていません"),
    (("projects", 1, "title"), " ", "連携事業 2件目 事業名: 入力してください"),
    (("projects", 1, "title"), "あ" * 101, "連携事業 2件目 事業名: 長すぎます"),
    (("projects", 1, "content"), ..., "連携事業 2件目 事業内容: 入力してください"),
    (("projects", 1, "content"), "あ" * 1001, "連携事業 2件目 事業内容: 長すぎます"),
    (("projects", 1, "cost_to_city"), "いいえ", "連携事業 2件目 市の費用負担: true（市が負担する）か false"),
    (("projects", 1, "cost_to_city"), 1, "連携事業 2件目 市の費用負担: true（市が負担する）か false"),
    (("projects", 1, "cost"), True, "連携事業 2件目 cost: 知らない項目です"),
    (("projects", 1), {"field": 1, "title": "見守り", "content": "別"}, "2件目 事業名: 「見守り」が2回書かれています"),
    (("records", 0, "fiscal_year"), "平成40年度", "実績 1件目 年度: 「平成40年」の年がありません"),
    (("records", 0, "fiscal_year"), "令和9年度", "年度: 令和9年度はまだ来ていません。実績は令和8年度までです"),
    (("records", 0, "fiscal_year"), ..., "実績 1件目 年度: 入力してください"),
    (("records", 0, "field"), 6, "実績 1件目 連携事項: 6 はみどり野市の連携事項の番号にありません"),
    (("records", 0, "title"), "", "実績 1件目 事業名: 入力してください"),
    (("records", 0, "department"), "あ" * 101, "実績 1件目 担当課: 長すぎます"),
    (("records", 0, "note"), "a", "実績 1件目 note: 知らない項目です"),
    (("records",), "なし", "実績: 表の並びとして書いてください"),
    (("records",), [{}] * 201, "実績: 多すぎます（201件）"),
    (("attachments", 0, "path"), "", "添付資料 1件目 ファイル: 入力してください"),
    (("attachments", 0, "file"), "a", "添付資料 1件目 file: 知らない項目です"),
    (("attachments",), [{"path": "a"}] * 21, "添付資料: 多すぎます（21件）"),
    (("project",), [], "project: 知らない項目です。projects の間違いではありませんか"),
]


@pytest.mark.parametrize(("place", "value", "message"), MISTAKES)
def test_one_mistake_gives_one_error_that_names_the_field(
    place: tuple[str | int, ...], value: Any, message: str
) -> None:
    """ALL-10."""
    data = good()
    put(data, place, value)
    (only,) = problems(lambda: read(data))
    assert message in only


def test_the_error_knows_its_place_in_the_input() -> None:
    """ALL-10: the file's adapter finds the line by it."""
    data = good()
    data["projects"][1]["field"] = 6
    with pytest.raises(InputErrors) as caught:
        read(data)
    (error,) = caught.value.errors
    assert isinstance(error, FieldError)
    assert error.place == ("projects", 1, "field")
    assert error.message == f"{error.where}: {error.detail}"
    assert error.where == "連携事業 2件目 連携事項"


def test_all_problems_come_at_once() -> None:
    """ALL-10: a person mends them in one go."""
    data = good()
    data["partner"]["name"] = ""
    data["partner"]["email"] = "x"
    data["offer"]["date"] = "令和8年2月30日"
    data["offer"]["fields"] = []
    data["projects"][0]["title"] = ""
    data["projects"][1]["field"] = "?"
    data["records"][0]["fiscal_year"] = "昨年"
    assert len(problems(lambda: read(data))) == 7


def test_nothing_at_all_is_a_list_of_what_is_missing() -> None:
    """ALL-10."""
    assert problems(lambda: read({})) == ["企業等: 表がありません", "申出: 表がありません"]


def test_too_few_fields_are_no_mistake_here() -> None:
    """ISE-R1: the decision table judges, so that the refusal tells the partner why."""
    data = good()
    data["offer"]["fields"] = [1]
    del data["projects"][1]
    assert read(data).content.fields == (1,)


def test_the_last_day_of_the_current_fiscal_year_still_takes_records_of_it() -> None:
    """D-1, D-7: March belongs to the year before."""
    data = good()
    data["records"][0]["fiscal_year"] = 2026
    assert parse_offer(data, CITY, date(2027, 3, 31)).content.records[0].fiscal_year == 2026
    data["records"][0]["fiscal_year"] = 2027
    assert len(problems(lambda: parse_offer(data, CITY, date(2027, 3, 31)))) == 1
    assert parse_offer(data, CITY, date(2027, 4, 1)).content.records[0].fiscal_year == 2027


def test_the_partner_can_be_read_alone() -> None:
    """ISE-1: the start form."""
    assert parse_partner(good()["partner"]) == read(good()).partner
    assert problems(lambda: parse_partner({"name": "見本", "email": "x"})) == [
        "代表者名: 入力してください",
        "担当者名: 入力してください",
        "メールアドレス: メールアドレスの形ではありません（name@city.example のように書いてください）",
    ]
    assert problems(lambda: parse_partner({**good()["partner"], "origin": "city"}))


def test_the_start_form_says_who_began() -> None:
    """ISE-1."""
    assert parse_start({**good()["partner"], "origin": "city"}).origin is Origin.CITY
    assert parse_start({**good()["partner"], "origin": None}).origin is Origin.PARTNER
    assert parse_start(good()["partner"]).partner == read(good()).partner
    assert problems(lambda: parse_start({**good()["partner"], "origin": "?", "name": ""})) == [
        "企業等名: 入力してください",
        "申出をした側: 「?」は使えません。partner（企業等）か city（市）です",
    ]


def form() -> dict[str, Any]:
    """Return the offer's form as Tasklist gives it: numbers as texts or floats, untouched fields as null."""
    return {
        "date": "2026-06-01",
        "purpose": "目的",
        "fields": ["1", 3.0, "５"],
        "other": None,
        "projects": [{"field": "1", "title": "見守り", "content": "訪ねる", "cost_to_city": None}],
        "records": [{"fiscal_year": "2024", "field": 2.0, "title": "訓練", "department": ""}],
    }


def test_a_form_is_read_by_the_same_rules() -> None:
    """ISE-2/3."""
    content = parse_content(form(), CITY, TODAY)
    assert content.fields == (1, 3, 5)
    assert content.projects == (ProjectInput(number=1, field=1, title="見守り", content="訪ねる"),)
    assert content.records == (RecordInput(fiscal_year=2024, field=2, title="訓練"),)
    assert content.offered_on == date(2026, 6, 1)


def test_a_forms_errors_name_its_fields() -> None:
    """ALL-10."""
    data = {**form(), "purpose": " ", "projects": [], "records": None, "extra": 1}
    assert problems(lambda: parse_content(data, CITY, TODAY)) == [
        "extra: 知らない項目です。使えるのは date・purpose・fields・other・projects・records です",
        "連携事業: 1件以上書いてください",
        "目的: 入力してください",
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*GOOD, "field", "path", "x"]), inner),
    max_leaves=8,
)


@settings(max_examples=300)
@given(st.sampled_from([place for place, _, _ in MISTAKES]), JSON)
def test_no_value_anywhere_causes_another_error_than_an_input_error(place: tuple[str | int, ...], value: Any) -> None:
    """ALL-10: whatever a form or file holds."""
    data = good()
    put(data, place, value)
    result: OfferInput | list[InputError]
    try:
        result = read(data)
    except InputErrors as caught:
        result = caught.errors
    assert isinstance(result, OfferInput) or all(error.message for error in result)


@given(JSON)
def test_any_mapping_is_an_offer_or_input_errors(value: Any) -> None:
    """ALL-10."""
    data = value if isinstance(value, dict) else {"offer": value, "partner": value}
    assert problems(lambda: read(data))
