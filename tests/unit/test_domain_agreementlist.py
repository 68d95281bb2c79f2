"""An office's list, row by row: tolerant headings, dates as offices write them, clear errors (ALL-6, ALL-10)."""

from __future__ import annotations

import re
from datetime import date

import pytest

from tests.kit.samples import CITY, city
from workers.domain.agreements import AgreementEnd
from workers.domain.cities import Department, Field, TermRule, TermRuleKind
from workers.errors import InputError
from workers.readers.agreementlist import ListedAgreement, parse_row
from workers.readers.listcells import CityWords
from workers.readers.listheader import find_header

TODAY = date(2026, 11, 1)
GOOD = {
    "number": "12",
    "title": "見守りの協定",
    "partner": "株式会社さくら",
    "signed_on": "令和8年6月1日",
    "fields": "1、3",
}
AGREED = city(term=TermRule(kind=TermRuleKind.AGREED, notice_months=None, renewal_years=1))


def _good(*, of: object = CITY, **changes: str) -> ListedAgreement:
    found, errors = parse_row(7, {**GOOD, **changes}, CityWords(of), TODAY)  # type: ignore[arg-type]
    assert [error.message for error in errors] == []
    assert found is not None
    return found


def _bad(*, of: object = CITY, **changes: str) -> str:
    found, errors = parse_row(7, {**GOOD, **changes}, CityWords(of), TODAY)  # type: ignore[arg-type]
    assert found is None
    return "\n".join(error.message for error in errors)


def test_headings_are_found_below_a_title_and_however_they_are_written() -> None:
    rows = [
        ["協定一覧", "", ""],
        [],
        ["Ｎｏ．", "協定の名称", "企業等名", "締 結 日（和暦）", "連携\n分野", "有効期限", "備考"],
    ]
    header = find_header(rows)
    assert header.row == 3
    assert header.places == {
        "number": 0,
        "title": 1,
        "partner": 2,
        "signed_on": 3,
        "fields": 4,
        "expires_on": 5,
        "remark": 6,
    }


@pytest.mark.parametrize("word", ["無期限", "期間の定めなし", "定めなし"])
def test_an_agreement_without_an_end_is_told_by_its_expiry(word: str) -> None:
    """D-3: whatever the city's rule, such agreements stand in offices' lists."""
    found = _good(expires_on=word)
    assert (found.term.endless, found.term.notice_deadline, found.ended_on) == (True, None, None)


def test_a_list_says_by_how_many_years_an_agreement_renews() -> None:
    """D-5: the years of the agreement itself; empty where the city's rule holds."""
    assert _good(renewal_years="３年間").renewal_years == 3
    assert _good().renewal_years is None
    assert _bad(renewal_years="ずっと").startswith("7行目 更新の年数: 「ずっと」は読めません")


@pytest.mark.parametrize(("word", "months"), [("3か月前", 3), ("１箇月前まで", 1), ("2", 2), ("0", 0)])
def test_a_list_says_until_when_a_notice_must_come(word: str, months: int) -> None:
    """D-4, ISE-T3: the agreement's own months before its last day; the notice deadline is counted from them."""
    found = _good(notice_months=word, expires_on="令和12年3月31日")
    assert found.notice_months == months
    expected = {3: date(2029, 12, 31), 2: date(2030, 1, 31), 1: date(2030, 2, 28), 0: None}[months]
    assert found.term.notice_deadline == expected


def test_missing_headings_and_double_ones_are_named() -> None:
    with pytest.raises(InputError, match="1行目: 見出しに 協定名・連携事項 の列がありません"):
        find_header([["番号", "相手方", "締結日"]])
    with pytest.raises(InputError, match="見出しに 締結日 の列が2つあります"):
        find_header([["番号", "協定名", "相手方", "締結日", "締結日", "連携事項"]])


def test_the_exact_heading_wins_over_another_word_for_it() -> None:
    header = find_header([["協定番号", "番号", "協定名", "相手方", "締結日", "連携事項"]])
    assert header.places["number"] == 1


def test_a_row_with_no_more_than_it_needs_gets_its_term_by_the_city_s_rule() -> None:
    found = _good()
    assert (found.row, found.number, found.kind, found.fields) == (7, "12", "comprehensive", (1, 3))
    assert (found.term.number, found.term.starts_on, found.term.expires_on) == (1, date(2026, 6, 1), date(2027, 3, 31))
    assert found.term.notice_deadline == date(2027, 2, 28)
    assert (found.renews, found.whole_guideline, found.ended_on, found.parties) == (
        None,
        True,
        None,
        ("株式会社さくら",),
    )


@pytest.mark.parametrize(
    "written", ["令和8年6月1日", "R8.6.1", "2026-06-01", "2026/6/1", "令和８年６月１日（月）", "２０２６年６月１日"]
)
def test_dates_are_read_in_wareki_and_iso(written: str) -> None:
    assert _good(signed_on=written).signed_on == date(2026, 6, 1)


def test_the_dates_of_the_list_are_the_current_term() -> None:
    """How often an old agreement was renewed is not known; its newest dates count (D-3, D-5)."""
    found = _good(signed_on="平成30年5月1日", starts_on="令和8年4月1日", expires_on="令和9年3月31日", old_rules="○")
    assert (found.term.starts_on, found.term.expires_on) == (date(2026, 4, 1), date(2027, 3, 31))
    assert found.whole_guideline is False


@pytest.mark.parametrize(
    "written", ["1、3、5", "①③⑤", "1,3，5", "1 3 5", "(1)分野1、(3)分野3、(5)分野5", "分野1に関すること\n分野3 ５"]
)
def test_fields_are_read_by_number_and_by_name(written: str) -> None:
    assert _good(fields=written).fields == (1, 3, 5)


def test_a_field_whose_name_holds_a_comma_is_one_field() -> None:
    other = city(
        fields=(Field(number=1, name="環境に関すること"), Field(number=2, name="その他、市民サービスに関すること"))
    )
    assert _good(of=other, fields="2 その他、市民サービスに関すること、環境").fields == (1, 2)


def test_departments_are_read_by_code_section_or_full_name() -> None:
    assert [_good(department=word).department for word in ("fukushi", "福祉課", "福祉部 福祉課", "企画課")] == [
        "fukushi",
        "fukushi",
        "fukushi",
        "",
    ]


def test_a_word_for_two_departments_is_refused() -> None:
    twice = city(
        departments=tuple(
            Department(code=code, division=division, section="総務課", group=f"g-{code}", email="a@midori.example")
            for code, division in (("a", "水道部"), ("b", "病院"))
        )
    )
    assert _good(of=twice, department="水道部総務課").department == "a"
    assert "「総務課」はみどり野市の departments.csv にありません" in _bad(of=twice, department="総務課")


def test_an_agreement_of_an_agreed_term_renews_only_as_its_record_says() -> None:
    assert _good(of=AGREED, expires_on="令和10年3月31日", renews="なし").renews is False
    assert _good(of=AGREED, expires_on="令和10年3月31日", renews="自動更新").renews is True
    assert "7行目 満了日: 満了日を入力してください" in _bad(of=AGREED)


def test_an_agreement_whose_days_are_over_is_kept_as_ended() -> None:
    expired = _good(signed_on="平成28年4月1日", expires_on="平成29年3月31日", renews="なし")
    assert (expired.ended_on, expired.end) == (date(2017, 3, 31), AgreementEnd.EXPIRED)
    dissolved = _good(ended_on="令和8年9月30日", end="解除")
    assert (dissolved.ended_on, dissolved.end) == (date(2026, 9, 30), AgreementEnd.TERMINATED)


def test_an_agreement_that_renews_must_say_its_present_term() -> None:
    """Nothing may renew it silently many times over, nor let it end."""
    assert "7行目 満了日: 平成31年3月31日は過ぎています" in _bad(signed_on="平成30年5月1日")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"number": " "}, "7行目 番号: 入力してください"),
        ({"partner": ""}, "7行目 相手方: 入力してください"),
        ({"signed_on": "平成40年1月1日"}, "7行目 締結日: 「平成40年1月1日」の年がありません"),
        ({"signed_on": "令和9年1月1日"}, "7行目 締結日: 令和9年1月1日はまだ来ていません"),
        ({"expires_on": "45383"}, "7行目 満了日: 「45383」は Excel の日付の番号"),
        ({"expires_on": "令和8年5月1日"}, "7行目 満了日: 令和8年5月1日は開始日"),
        ({"fields": "1、9、環境"}, "7行目 連携事項: 「9」・「環境」はみどり野市の連携事項にありません"),
        ({"fields": "2 分野1"}, "7行目 連携事項: 「2 "),
        ({"department": "福祉科"}, "7行目 所管: 「福祉科」.*福祉課 の間違いではありませんか"),
        ({"email": "よみにくい"}, "7行目 メール: メールアドレスの形ではありません"),
        ({"kind": "口約束"}, "7行目 形態: 「口約束」は使えません"),
        ({"renews": "たぶん"}, "7行目 更新の定め: 「たぶん」は使えません"),
        ({"ended_on": "令和9年1月1日"}, "7行目 終了日: 令和9年1月1日はまだ来ていません"),
        ({"end": "解除"}, "7行目 終了日: 終了の理由があるとき"),
        ({"ended_on": "令和8年7月1日", "end": "紛失"}, "7行目 終了の理由: 「紛失」は使えません"),
        ({"title": "外\u200b字"}, r"7行目 協定名: .*U\+200B"),
    ],
)
def test_a_half_filled_row_names_row_and_column(changes: dict[str, str], message: str) -> None:
    found = _bad(**changes)
    assert re.search(message, found), found


def test_all_mistakes_of_a_row_are_told_at_once() -> None:
    assert len(_bad(number="", fields="", department="ない課").splitlines()) == 3


def test_what_looks_like_a_formula_stays_text() -> None:
    assert _good(title="=HYPERLINK(1)").title == "=HYPERLINK(1)"
