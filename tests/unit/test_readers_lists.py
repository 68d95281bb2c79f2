"""What offices write into their lists: dates, periods, partners, headings, and rows that are no agreements (ALL-10)."""

from __future__ import annotations

from datetime import date

import pytest

from tests.kit.samples import city
from workers.domain.agreements import AgreementEnd
from workers.domain.cities import TermRule, TermRuleKind
from workers.errors import InputError
from workers.readers.agreementlist import ListedAgreement, parse_row
from workers.readers.listcells import CityWords, UnreadCell, Unwritten
from workers.readers.listdates import read_day
from workers.readers.listheader import column_letter, find_header, read_choices
from workers.readers.listparties import parties
from workers.readers.listperiods import read_period, read_renewal, read_unwritten
from workers.readers.listrows import no_agreement

TODAY = date(2026, 11, 1)
RULE = TermRule(kind=TermRuleKind.NEXT_MARCH_31, notice_months=1, renewal_years=1, since=date(2026, 4, 1))
OLD = city(term=RULE)
ROW = {
    "number": "12",
    "title": "見守りの協定",
    "partner": "株式会社さくら",
    "signed_on": "令和5年5月1日",
    "fields": "1、3",
}


def _row(*, unwritten: Unwritten | None = None, **cells: str) -> ListedAgreement:
    found, errors = parse_row(7, {**ROW, **cells}, CityWords(OLD, unwritten), TODAY)
    assert [error.message for error in errors] == []
    assert found is not None
    return found


def _wrong(**cells: str) -> str:
    found, errors = parse_row(7, {**ROW, **cells}, CityWords(OLD), TODAY)
    assert found is None
    return "\n".join(error.message for error in errors)


@pytest.mark.parametrize(
    ("written", "day", "remark"),
    [
        ("平29.11.5", date(2017, 11, 5), ""),
        ("20171105", date(2017, 11, 5), ""),
        ("H291105", date(2017, 11, 5), ""),
        ("平成二十九年十一月五日", date(2017, 11, 5), ""),
        ("二〇一七年十一月五日", date(2017, 11, 5), ""),
        ("’17.11.5", date(2017, 11, 5), ""),
        ("平成29年11月5日（日曜日）", date(2017, 11, 5), ""),
        ("平成29年11月5日付け", date(2017, 11, 5), ""),
        ("平成29年11月5日（第3期）", date(2017, 11, 5), "第3期"),
        ("平成29年11月5日 調印式", date(2017, 11, 5), "調印式"),
        ("平成29年11月5日（2017年11月5日）", date(2017, 11, 5), ""),
        ("平成29（2017）年11月5日", date(2017, 11, 5), ""),
        ("2017-11-05 00:00:00", date(2017, 11, 5), ""),
        ("昭和六四年一月七日", date(1989, 1, 7), ""),
        ("令和元.12.31", date(2019, 12, 31), ""),
    ],
)
def test_a_day_is_read_however_it_is_written_and_its_remark_is_kept(written: str, day: date, remark: str) -> None:
    assert read_day(written) == (day, remark)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("令和6年4月", "日がありません"),
        ("令和6年4月吉日", "日がありません"),
        ("令和6年度", "日がありません"),
        ("平成31年5月2日", "はない日付です"),
        ("24.4.1", "元号の年か西暦か分かりません"),
        ("10月1日", "年がありません"),
        ("44197", "シリアル値"),
        ("令和6年4月1日、令和7年4月1日", "日付が2つあります"),
        ("令和6年4月1日（2025年4月1日）", "2つの日付が違います"),
        ("令和6年4月1日 9:30", "時刻"),
        ("調整中", "日付として読めません"),
    ],
)
def test_a_day_that_is_not_certain_is_refused_with_the_reason(written: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        read_day(written)


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("令和7.10.1～令和12.9.30", date(2025, 10, 1), date(2030, 9, 30)),
        ("令和7年10月1日から令和12年9月30日まで", date(2025, 10, 1), date(2030, 9, 30)),
        ("自令和7年10月1日\n至令和12年9月30日", date(2025, 10, 1), date(2030, 9, 30)),
        ("R7.10.1-R12.9.30", date(2025, 10, 1), date(2030, 9, 30)),
        ("2025-10-01～2030-09-30", date(2025, 10, 1), date(2030, 9, 30)),
        ("令和7年10月1日～12年9月30日", date(2025, 10, 1), date(2030, 9, 30)),
        ("締結の日から令和12年9月30日まで", None, date(2030, 9, 30)),
        ("令和12年9月30日", None, date(2030, 9, 30)),
    ],
)
def test_one_column_holds_both_days(written: str, first: date | None, last: date) -> None:
    found = read_period(written)
    assert (found.starts_on, found.expires_on, found.renews) == (first, last, None)


@pytest.mark.parametrize("written", ["定めなし", "なし", "－", "永年", "令和7年4月1日から期限の定めなし"])
def test_a_period_without_an_end_is_told(written: str) -> None:
    assert read_period(written).endless


@pytest.mark.parametrize(
    ("written", "renews", "years", "remark"),
    [
        ("令和7.4.1～令和9.3.31（自動更新）", True, None, ""),
        ("令和7.4.1～令和9.3.31、以後2年ごとに自動更新", True, 2, ""),
        ("令和9年3月31日（更新なし）", False, None, ""),
        ("令和9年3月31日（協議のうえ更新）", False, None, "協議のうえ更新"),
        ("令和9年3月31日（覚書あり）", None, None, "覚書あり"),
    ],
)
def test_a_period_says_how_it_is_renewed(written: str, renews: bool | None, years: int | None, remark: str) -> None:  # noqa: FBT001
    found = read_period(written)
    assert (found.expires_on, found.renews, found.renewal_years) == (date(2027, 3, 31), renews, years)
    assert found.remark == remark


def test_a_period_that_stays_open_or_renews_by_months_is_refused() -> None:
    with pytest.raises(InputError, match="終わりの日がありません"):
        read_period("令和7年4月1日～")
    with pytest.raises(InputError, match="更新の期間は年で"):
        read_renewal("6か月ごとに更新")


def test_a_duration_gives_the_last_day_and_that_is_told() -> None:
    """D-3: by the Civil Code the day of signing does not count; a first day of the agreement's own does."""
    found = _row(signed_on="令和8年5月1日", expires_on="2年間", renews="なし")
    assert (found.term.expires_on, found.renews) == (date(2028, 5, 1), False)
    assert found.computed == (("expires_on", "令和10年5月1日（令和8年5月1日の翌日から数えた日）"),)
    own = _row(signed_on="令和8年5月1日", period="令和8年6月1日から18か月", renews="なし")
    assert (own.term.starts_on, own.term.expires_on) == (date(2026, 6, 1), date(2027, 11, 30))
    until = _row(signed_on="令和8年5月1日", period="締結日から年度末まで", renews="なし")
    assert until.term.expires_on == date(2027, 3, 31)


def test_a_last_day_by_the_rule_is_told_as_computed() -> None:
    found = _row(signed_on="令和8年5月1日")
    assert found.computed == (("expires_on", "令和9年3月31日（市の決まりから計算）"),)


def test_an_agreement_renewed_since_has_its_present_term() -> None:
    """D-5: its own years of renewal, from the last day that the list still has."""
    found = _row(expires_on="令和6年3月31日", renews="有（2年）", notice_months="1")
    assert (found.term.starts_on, found.term.expires_on) == (date(2026, 4, 1), date(2028, 3, 31))
    assert (found.renews, found.renewal_years, found.ended_on) == (True, 2, None)
    assert ("expires_on", "令和10年3月31日（令和6年3月31日から2年ごとの更新）") in found.computed


def test_what_a_list_leaves_out_of_an_old_renewal_is_assumed_asked_or_said_once() -> None:
    """ISE-T3: renewed, but not how: the city's values, told and remarked. Nothing said: a question, or one answer."""
    found = _row(expires_on="令和9年3月31日", renews="自動更新")
    assert (found.renewal_years, found.notice_months) == (1, 1)
    assert [key for key, _text in found.computed] == ["renewal_years", "notice_months"]
    assert "仮に" in found.remark
    assert "協定書にある更新の年数を入力してください" in _wrong(expires_on="令和9年3月31日")
    said = _row(expires_on="令和9年3月31日", unwritten=Unwritten(*read_unwritten("3年,2か月", "")))
    assert (said.renews, said.renewal_years, said.notice_months) == (True, 3, 2)
    not_renewed = _row(expires_on="令和9年3月31日", unwritten=Unwritten(*read_unwritten("なし", "")))
    assert not_renewed.renews is False


def test_an_end_is_understood_by_other_words_and_by_the_last_day() -> None:
    over = _row(expires_on="令和6年3月31日", end="期間満了")
    assert (over.ended_on, over.end) == (date(2024, 3, 31), AgreementEnd.EXPIRED)
    called_off = _row(expires_on="令和9年3月31日", ended_on="令和8年1月5日", end="合意解約", renews="なし")
    assert called_off.end is AgreementEnd.TERMINATED
    assert "終了日も入力してください" in _wrong(expires_on="令和9年3月31日", renews="なし", end="合意解約")
    assert "は過ぎています" in _wrong(expires_on="令和6年3月31日", renews="協議により更新")


def test_remarks_beside_values_are_kept() -> None:
    found = _row(
        signed_on="令和8年5月1日（再締結）",
        phone="0270-00-0000 担当:見本",
        email="ａｂ＠example.jp",
        remark="写しは別冊",
    )
    assert found.remark.split("\n") == ["締結日: 再締結", "電話: 担当:見本", "写しは別冊"]
    assert (found.partner.phone, found.partner.email) == ("0270-00-0000", "ab@example.jp")


def test_a_cell_that_shows_nothing_names_itself() -> None:
    assert "7行目 相手方: セル C7 の式" in _wrong(partner=UnreadCell("=A1", "セル C7 の式"))


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("株式会社さくら\n梅組合\n一般社団法人もも協会", ("株式会社さくら", "梅組合", "一般社団法人もも協会")),
        ("株式会社さくら、梅商店", ("株式会社さくら", "梅商店")),
        ("①株式会社さくら\n②梅大学", ("株式会社さくら", "梅大学")),
        ("株式会社さくら\n群馬支店", ("株式会社さくら 群馬支店",)),
        ("Sakura Co., Ltd.", ("Sakura Co., Ltd.",)),
    ],
)
def test_the_partners_in_a_cell(written: str, names: tuple[str, ...]) -> None:
    assert parties(written) == names


def test_lines_that_may_be_one_partner_or_two_are_a_question() -> None:
    with pytest.raises(InputError, match="いくつかの相手方か分かりません"):
        parties("さくら商店\nうめ屋")


def test_headings_over_two_rows_are_read_whether_cells_are_merged_or_not() -> None:
    above = ["番号", "協定名", "相手方", "", "締結日", "有効期間", "", "連携事項"]
    below = ["", "", "名称", "代表者", "", "自", "至", ""]
    header = find_header([["一覧"], above, below, ["1", "甲", "乙", "丙", "R8.4.1", "R8.4.1", "R9.3.31", "1"]])
    assert header.row == 3
    assert header.places == {
        "number": 0, "title": 1, "partner": 2, "representative": 3, "signed_on": 4, "starts_on": 5, "expires_on": 6,
        "fields": 7,
    }  # fmt: skip
    assert header.names[5] == "有効期間 自"


def test_a_title_above_the_headings_is_no_part_of_them() -> None:
    header = find_header([["協定一覧（令和8年6月1日現在）"], ["№", "協定名", "相手方", "締結日", "連携事項"], ["1"]])
    assert (header.row, header.names[0]) == (2, "№")


def test_what_a_person_chose_for_a_heading_wins_and_what_is_not_read_is_named() -> None:
    rows = [["協定名", "だれと", "締結日", "連携事項", "庁内メモ"]]
    with pytest.raises(
        InputError, match="見出しに 相手方 の列がありません（読み方の分からない見出し: だれと、庁内メモ）"
    ):
        find_header(rows)
    header = find_header(rows, read_choices(["だれと=相手方"]))
    assert (header.places["partner"], header.unused) == (1, {4: "庁内メモ"})
    with pytest.raises(InputError, match="相手方 の間違いではありませんか"):
        read_choices(["だれと=相手"])
    assert [column_letter(place) for place in (0, 25, 26)] == ["A", "Z", "AA"]


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (["合計", "", "12件"], "合計"),
        (["", "小　計", "", "3"], "合計"),
        (["※ 令和8年4月現在"], "注記"),
        (["（注1）更新後の期間"], "注記"),
        (["【大学】"], "区切りの見出し"),
        (["", "令和8年度締結分"], "区切りの見出し"),
        (["番号", "協定名", "相手方", "締結日", "連携事項"], "見出しの繰り返し"),
        (["13"], ""),
        (["", "協定だけ", "相手だけ"], ""),
    ],
)
def test_rows_that_are_no_agreements_are_known(cells: list[str], why: str) -> None:
    header = find_header([["番号", "協定名", "相手方", "締結日", "連携事項"]])
    assert no_agreement(header, cells) == why
