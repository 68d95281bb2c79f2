"""One city pack: city.toml and departments.csv (ALL-8, ALL-10)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from workers.domain.agreementtext import AgreementTerms
from workers.domain.cities import MailRule, TermRule, TermRuleKind
from workers.errors import InputErrors
from workers.jobs.forms.case import city_options
from workers.packs import CityPacks, load_pack

PACKS = Path(__file__).parent.parent.parent / "bpmn"

CITY = """\
code = "midori"
name = "みどり野市"
signing_process = "midori-signing"

[office]
division = "企画部"
section = "企画課"
group = "midori-kikaku"
email = "kikaku@midori.example"
phone = "０２７０-00-0000"

[signatory]
name = "みどり野市"
address = "みどり野市中央1番地"
title = "みどり野市長"
representative = "緑野　花子"

[sender]
name = "みどり野市 企画課"
address = "renkei@midori.example"

[requirements]
minimum_fields = 2
city_cost_excluded = true

[term]
kind = "next-march-31"
notice_months = 1
renewal_years = 1

[survey]
answer_days = 10
remind_before = 3

[[fields]]
number = 1
name = "防災に関すること"
[[fields]]
number = 2
name = "福祉に関すること"

[[partner_grounds]]
number = 1
text = "滞納がある"

[links]
guideline = "https://midori.example/guideline"
"""
DEPARTMENTS = """\
code,部,課,group,email,surveyed
fukushi,福祉部,福祉課,midori-fukushi,fukushi@midori.example,yes
bosai,総務部,防災課,midori-bosai,bosai@midori.example,no
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a pack; ``city`` and ``departments`` replace the good files, None leaves one out."""

    def run(city: str | None = CITY, departments: str | bytes | None = DEPARTMENTS) -> Path:
        folder = tmp_path / "midori"
        folder.mkdir(exist_ok=True)
        if city is not None:
            (folder / "city.toml").write_text(city, encoding="utf-8")
        if departments is not None:
            content = departments if isinstance(departments, bytes) else departments.encode()
            (folder / "departments.csv").write_bytes(content)
        return folder

    return run


def problems(folder: Path) -> list[str]:
    with pytest.raises(InputErrors) as caught:
        load_pack(folder)
    return [error.message for error in caught.value.errors]


def test_a_city_says_which_forms_go_with_a_mail(write: Write) -> None:
    """What the table leaves out stays as in the common pack (ALL-2)."""
    common = {"offer-request": MailRule(title="案内", review=False, answer_days=20)}
    folder = write(city=CITY + '\n[mails.offer-request]\nforms = { offer = "申出書" }\n')
    assert load_pack(folder, common).mails["offer-request"] == MailRule(
        title="案内", review=False, forms={"offer": "申出書"}, answer_days=20
    )


def test_a_pack_is_read_with_all_its_facts(write: Write) -> None:
    """ALL-8."""
    city = load_pack(write())
    assert (city.code, city.name, city.signing_process) == ("midori", "みどり野市", "midori-signing")
    assert (city.office.group, city.office.phone) == ("midori-kikaku", "0270-00-0000")
    assert (city.signatory.title, city.signatory.representative) == ("みどり野市長", "緑野　花子")
    assert (city.sender.address, city.sender.reply_to) == ("renkei@midori.example", "")
    assert [(field.number, field.name) for field in city.fields] == [(1, "防災に関すること"), (2, "福祉に関すること")]
    assert [ground.text for ground in city.partner_grounds] == ["滞納がある"]
    assert city.project_grounds == ()
    assert (city.requirements.minimum_fields, city.requirements.minimum_projects) == (2, 0)
    assert city.requirements.city_cost_excluded
    assert city.term == TermRule(kind=TermRuleKind.NEXT_MARCH_31)
    assert (city.survey.answer_days, city.survey.remind_before) == (10, 3)
    assert city.links == {"guideline": "https://midori.example/guideline"}
    assert [(d.code, d.name, d.group, d.surveyed) for d in city.departments] == [
        ("fukushi", "福祉部福祉課", "midori-fukushi", True),
        ("bosai", "総務部防災課", "midori-bosai", False),
    ]


@pytest.mark.parametrize(
    ("term", "rule"),
    [
        (
            'kind = "years"\nyears = 3\nnotice_months = 0\nrenewal_years = 3\n',
            TermRule(kind=TermRuleKind.YEARS, years=3, notice_months=None, renewal_years=3),
        ),
        (
            (
                'kind = "years"\nyears = 3\nfirst_day_counts = true\n'
                "notice_months = 2\nrenewal_years = 0\nrepeat = false\n"
            ),
            TermRule(
                kind=TermRuleKind.YEARS,
                years=3,
                first_day_counts=True,
                notice_months=2,
                renewal_years=None,
                repeat=False,
            ),
        ),
        (
            'kind = "end-of-next-fiscal-year"\nnotice_months = 1\nnotice_clear_month = true\nrenewal_years = 1\n',
            TermRule(kind=TermRuleKind.END_OF_NEXT_FISCAL_YEAR, notice_clear_month=True),
        ),
        (
            'kind = "agreed"\nnotice_months = 0\nrenewal_years = 0\n',
            TermRule(kind=TermRuleKind.AGREED, notice_months=None, renewal_years=None),
        ),
    ],
)
def test_every_kind_of_term_can_be_written(write: Write, term: str, rule: TermRule) -> None:
    """D-3 to D-5: 0 means none."""
    old = 'kind = "next-march-31"\nnotice_months = 1\nrenewal_years = 1\n'
    assert load_pack(write(CITY.replace(old, term))).term == rule


MISTAKES = [
    ('code = "midori"\n', 'code = "Midori"\n', "1行目 code: 「Midori」は使えません。英小文字で始まる小文字の英数字"),
    ('code = "midori"\n', 'code = "../etc"\n', "1行目 code: 「../etc」は使えません"),
    ('code = "midori"\n', 'code = "midori\\n"\n', "1行目 code: 「midori?」は使えません"),
    ('code = "midori"\n', 'code = "aoi"\n', "1行目 code: フォルダーの名前（midori）と同じにしてください"),
    ('name = "みどり野市"\nsigning', 'namae = "みどり野市"\nsigning', "2行目 namae: 知らない項目です。name の間違い"),
    ('name = "みどり野市"\nsigning', "signing", "city.toml name: ありません。書き加えてください"),
    ('name = "みどり野市"\nsigning', 'name = ""\nsigning', "2行目 name: 空です。書いてください"),
    ('name = "みどり野市"\nsigning', 'name = "み\\u202eど"\nsigning', "2行目 name: 目に見えない文字（U+202E）"),
    ('name = "みどり野市"\nsigning', "name = 1\nsigning", '2行目 name: 文字を "…" で囲んで書いてください'),
    ('"midori-signing"', '"midori signing"', "3行目 signing_process: 「midori signing」は使えません"),
    ('"midori-signing"', '"isesaki-signing"', "3行目 signing_process: midori- で始まる名前にしてください"),
    ('group = "midori-kikaku"\n', "", "5行目 [office] group: ありません。書き加えてください"),
    ('group = "midori-kikaku"', 'group = "企画"', "8行目 [office] group: 「企画」は使えません"),
    ('"kikaku@midori.example"', '"kikaku"', "9行目 [office] email: メールアドレスの形ではありません"),
    ('"０２７０-00-0000"', '"なし"', "10行目 [office] phone: 電話番号の形ではありません"),
    ("[office]\n", "[ofice]\n", "5行目 ofice: 知らない項目です。office の間違いではありませんか"),
    ('section = "企画課"', 'zzz = "企画課"', "7行目 [office] zzz: 知らない項目です。取り除いてください"),
    ('"renkei@midori.example"', '"renkei@midori"', "20行目 [sender] address: メールアドレスの形ではありません"),
    ("minimum_fields = 2", 'minimum_fields = "2"', '23行目 [requirements] minimum_fields: 数字を "…" で囲まずに'),
    ("minimum_fields = 2", "minimum_fields = 2.0", "23行目 [requirements] minimum_fields: 数字を"),
    ("minimum_fields = 2", "minimum_fields = true", "23行目 [requirements] minimum_fields: 数字を"),
    (
        "minimum_fields = 2",
        "minimum_fields = -1",
        "23行目 [requirements] minimum_fields: -1 は小さすぎます。0 以上です",
    ),
    (
        "minimum_fields = 2",
        "minimum_fields = 3",
        "23行目 [requirements] minimum_fields: [[fields]] は2件しかありません",
    ),
    (
        "city_cost_excluded = true",
        'city_cost_excluded = "yes"',
        "24行目 [requirements] city_cost_excluded: true か false",
    ),
    (
        '"next-march-31"',
        '"next-march"',
        "27行目 [term] kind: 「next-march」は使えません。end-of-next-fiscal-year・next-march-31",
    ),
    ("notice_months = 1", "notice_months = 25", "28行目 [term] notice_months: 25 は大きすぎます。24 までです"),
    ("notice_months = 1\n", "", "26行目 [term] notice_months: ありません。書き加えてください"),
    ('"next-march-31"', '"years"', '[term] years: ありません。kind = "years" のときは年数を書いてください'),
    ("renewal_years = 1", "renewal_years = 1\nyears = 3", '30行目 [term] years: kind = "years" のときだけ書けます'),
    ("renewal_years = 1", "renewal_years = 1\nfirst_day_counts = false", "30行目 [term] first_day_counts: kind"),
    (
        "notice_months = 1",
        "notice_months = 0\nnotice_clear_month = true",
        "29行目 [term] notice_clear_month: notice_months が 0",
    ),
    ("answer_days = 10", "answer_days = 0", "32行目 [survey] answer_days: 0 は小さすぎます。1 以上です"),
    ("answer_days = 10", "answer_days = 3", "33行目 [survey] remind_before: answer_days（3）より小さくしてください"),
    ("remind_before = 3", "remind_before = 3\nratings = {}", "34行目 [survey] ratings: 1件もありません"),
    ("remind_before = 3", 'remind_before = 3\nratings.feasible = ""', "34行目 [survey] ratings feasible: 空です"),
    (
        "remind_before = 3",
        'remind_before = 3\nratings.good = "○"',
        "34行目 [survey] ratings good: 「good」は使えません。",
    ),
    ("number = 2\n", "number = 1\n", "39行目 [[fields]] 2件目 number: 1 は36行目にもあります"),
    ("number = 2\n", "number = 0\n", "39行目 [[fields]] 2件目 number: 0 は小さすぎます"),
    ('representative = "緑野　花子"\n', "", "[signatory] representative: ありません"),
    ("number = 2\n", "", "38行目 [[fields]] 2件目 number: ありません"),
    ('name = "福祉に関すること"\n', 'name = "福祉"\nnote = 1\n', "41行目 [[fields]] 2件目 note: 知らない項目です"),
    ('text = "滞納がある"', 'text = ""', "44行目 [[partner_grounds]] 1件目 text: 空です"),
    (
        'text = "滞納がある"',
        'text = "a"\n[[partner_grounds]]\nnumber = 1\ntext = "b"',
        "46行目 [[partner_grounds]] 2件目 number: 1 は43行目",
    ),
    (
        '"https://midori',
        '"ftp://midori',
        "47行目 [links] guideline: 「ftp://midori.example/guideline」は http:// か https://",
    ),
    ("guideline = ", "guideline = 1 #", '47行目 [links] guideline: 文字を "…" で囲んで'),
    ('name = "福祉に関すること"', 'name = "福祉に関すること" x', "40行目: 1行に2つの項目があります"),
    ("[survey]\n", "[term]\n", "31行目: 同じ表が2回書かれています"),
]


def test_a_city_may_offer_fewer_ratings_in_its_own_words(write: Write) -> None:
    """ISE-4, DAT-4: without a word of its own a pack offers ○, △ and ×."""
    assert list(load_pack(write()).survey.ratings) == ["feasible", "adjust", "infeasible"]
    text = CITY.replace("[[fields]]", '[survey.ratings]\ninfeasible = "できない"\nfeasible = "できる"\n[[fields]]', 1)
    ratings = load_pack(write(text)).survey.ratings
    assert list(ratings.items()) == [("infeasible", "できない"), ("feasible", "できる")]


@pytest.mark.parametrize(("old", "new", "message"), MISTAKES)
def test_a_mistake_in_city_toml_is_shown_with_line_and_key(write: Write, old: str, new: str, message: str) -> None:
    """ALL-10: one mistake, one message."""
    assert CITY.count(old) == 1
    found = [text for text in problems(write(CITY.replace(old, new))) if message in text]
    assert len(found) == 1
    assert found[0].startswith("midori/city.toml ")


@pytest.mark.parametrize(
    ("old", "new"),
    [(old, new) for old, new, _ in MISTAKES if "office]" not in old and "namae" not in new and "zzz" not in new],
)
def test_a_mistake_gives_no_further_messages(write: Write, old: str, new: str) -> None:
    """ALL-10: apart from a misspelt key, which is also missing."""
    assert len(problems(write(CITY.replace(old, new)))) == 1


def test_a_city_without_fields_is_refused(write: Write) -> None:
    """ALL-10."""
    start, end = CITY.index("[[fields]]"), CITY.index("[[partner_grounds]]")
    assert problems(write(CITY[:start] + CITY[end:])) == ["midori/city.toml fields: ありません。書き加えてください"]
    assert problems(write("fields = []\n" + CITY[:start] + CITY[end:])) == [
        "midori/city.toml 1行目 fields: 1件もありません。書き加えてください"
    ]
    assert problems(write("fields = 3\n" + CITY[:start] + CITY[end:])) == [
        "midori/city.toml 1行目 fields: [[…]] の並びで書いてください"
    ]


def test_a_table_that_is_none_is_refused(write: Write) -> None:
    """ALL-10."""
    start, end = CITY.index("[survey]"), CITY.index("[[fields]]")
    assert problems(write("survey = 10\n" + CITY[:start] + CITY[end:])) == [
        "midori/city.toml 1行目 survey: […] の表として書いてください"
    ]


def test_problems_of_both_files_come_together(write: Write) -> None:
    """ALL-10."""
    found = problems(write(CITY.replace("= 10", "= 0").replace("kikaku@", "@"), DEPARTMENTS.replace(",no", ",いいえ")))
    assert [text.split(":")[0] for text in found] == [
        "midori/city.toml 9行目 [office] email",
        "midori/city.toml 32行目 [survey] answer_days",
        "midori/departments.csv 3行目 surveyed",
    ]


def test_missing_files_are_named(write: Write) -> None:
    """ALL-10."""
    assert problems(write(None, None)) == [
        "midori/city.toml: ファイルがありません",
        "midori/departments.csv: ファイルがありません",
    ]


@pytest.mark.parametrize(
    "content",
    [
        DEPARTMENTS.encode(),
        b"\xef\xbb\xbf" + DEPARTMENTS.encode(),
        DEPARTMENTS.encode("cp932"),
        DEPARTMENTS.replace("\n", "\r\n").encode("cp932"),
        DEPARTMENTS.replace("\n", "\n\n").encode(),
        (DEPARTMENTS + ",,,,,\n\n").encode(),
        DEPARTMENTS.replace("fukushi,福祉部,", ' fukushi ,"福祉部", ', 1).encode(),
        DEPARTMENTS.rstrip().encode(),
    ],
)
def test_departments_are_read_as_editors_and_excel_write_them(write: Write, content: bytes) -> None:
    """ALL-6: UTF-8 with or without a mark, Shift_JIS, either line end, blank lines, quotes."""
    departments = load_pack(write(CITY, content)).departments
    assert [(d.code, d.name) for d in departments] == [("fukushi", "福祉部福祉課"), ("bosai", "総務部防災課")]


def test_shift_jis_of_windows_has_its_own_characters(write: Write) -> None:
    """ALL-6: 髙 and ① are not in the standard's Shift_JIS."""
    content = DEPARTMENTS.replace("福祉課", "髙齢①課").encode("cp932")
    assert load_pack(write(CITY, content)).departments[0].section == "髙齢①課"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("bosai,", "fukushi,", "3行目 code: 「fukushi」は2行目にもあります"),
        ("総務部,防災課", "福祉部,福祉課", "3行目 課: 「福祉部福祉課」は2行目にもあります"),
        ("bosai,", "防災,", "3行目 code: 「防災」は使えません。英小文字で始まる小文字の英数字とハイフン"),
        ("bosai,", "Bosai,", "3行目 code: 「Bosai」は使えません"),
        ("bosai,", ",", "3行目 code: 空です。書いてください"),
        ("総務部", "", "3行目 部: 空です。書いてください"),
        ("防災課", "　", "3行目 課: 空です。書いてください"),
        ("防災課", "防\u200b災課", "3行目 課: 目に見えない文字（U+200B）"),
        ("midori-bosai", "", "3行目 group: 空です。書いてください"),
        ("midori-bosai", "防災", "3行目 group: 「防災」は使えません"),
        ("bosai@midori.example", "bosai", "3行目 email: メールアドレスの形ではありません"),
        ("bosai@midori.example", "", "3行目 email: 空です。書いてください"),
        (",no", ",No", "3行目 surveyed: 「No」は使えません。yes（照会する）か no（しない）です"),
        (",no", ",", "3行目 surveyed: 空です。書いてください"),
        (",no", "", "3行目: 5列あります。6列（code,部,課,group,email,surveyed）にしてください"),
        (",no", ",no,備考", "3行目: 7列あります。6列"),
        ("code,部,課", "code,課,部", "1行目: 見出しは code,部,課,group,email,surveyed と書いてください"),
        ("code,部,課,group,email,surveyed\n", "", "1行目: 見出しは code,部,課,group,email,surveyed と書いてください"),
        ("code,", "\n\ncode,x,", "3行目: 見出しは code,部"),
        ("総務部", '"総務部', '3行目: 引用符（"）の使い方に誤りがあり'),
        ("総務部", '"総務"部', '3行目: 引用符（"）の使い方に誤りがあり'),
        ("総務部", '"総務\n部"', "3行目 部: 改行せずに1行で書いてください"),
        (",yes", ",no", "csv: surveyed が yes の課が1つもありません"),
    ],
)
def test_a_mistake_in_departments_csv_is_shown_with_line_and_column(
    write: Write, old: str, new: str, message: str
) -> None:
    """ALL-10."""
    assert old in DEPARTMENTS
    (only,) = problems(write(CITY, DEPARTMENTS.replace(old, new, 1)))
    assert message in only
    assert only.startswith("midori/departments.csv")


def test_a_telephone_number_of_a_department_may_stand_in_a_last_column(write: Write) -> None:
    """ASA-1: a department that leads its own agreements is called under its own number."""
    lines = DEPARTMENTS.strip().splitlines()
    numbered = "\n".join([f"{lines[0]},phone", f"{lines[1]},0270-00-0001", *(f"{line}," for line in lines[2:])])
    pack = load_pack(write(CITY, numbered))
    assert [department.phone for department in pack.departments][:2] == ["0270-00-0001", ""]
    led = pack.led_by(pack.departments[0])
    assert (led.office.section, led.office.phone, led.sender.reply_to) == (
        pack.departments[0].section,
        "0270-00-0001",
        pack.departments[0].email,
    )
    assert led.sender.name == f"{pack.name} {pack.departments[0].section}"
    (wrong,) = problems(write(CITY, numbered.replace("0270-00-0001", "なし")))
    assert "2行目 phone: 電話番号の形ではありません" in wrong


def test_lines_are_those_of_the_file_after_a_row_of_two_lines(write: Write) -> None:
    """ALL-10: a quoted line break moves the following rows."""
    content = DEPARTMENTS.replace("福祉課", '"福\n祉課"').replace(",no", ",x")
    assert [text.split(":")[0] for text in problems(write(CITY, content))] == [
        "midori/departments.csv 2行目 課",
        "midori/departments.csv 4行目 surveyed",
    ]


def test_every_wrong_row_is_reported(write: Write) -> None:
    """ALL-10: all at once."""
    content = DEPARTMENTS.replace("midori-fukushi", "").replace("bosai@", "@").replace(",no", ",x")
    assert len(problems(write(CITY, content))) == 3


@pytest.mark.parametrize("content", [b"", b"\n\n", b",,,,,\n"])
def test_an_empty_list_of_departments_is_refused(write: Write, content: bytes) -> None:
    """ALL-10."""
    assert problems(write(CITY, content)) == [
        "midori/departments.csv: 空です。1行目に見出し code,部,課,group,email,surveyed を書いてください"
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (DEPARTMENTS.encode("euc-jp"), "文字を読めません。UTF-8 か Shift_JIS の CSV で保存してください"),
        (b"\xff\xfe" + DEPARTMENTS.encode("utf-16-le"), "文字を読めません。UTF-8 か Shift_JIS"),
        (b"x" * 5_000_001, "大きすぎます"),
    ],
)
def test_a_list_in_another_encoding_is_refused(write: Write, content: bytes, message: str) -> None:
    """ALL-10."""
    (only,) = problems(write(CITY, content))
    assert message in only


def test_departments_that_may_not_be_read_are_refused(write: Write) -> None:
    """ALL-10: a folder of that name."""
    folder = write(CITY, None)
    (folder / "departments.csv").mkdir()
    assert problems(folder) == ["midori/departments.csv: ファイルを読めません。権限などを確かめてください"]


def test_a_survey_has_the_words_of_the_citys_own_sheet(write: Write) -> None:
    """DAT-F2: the form asks 「連携可否」 and 「理由」 where the city's sheet says so; other words stay as usual."""
    assert load_pack(write()).survey.words["rating"] == "見込み"
    words = '[survey.words]\nrating = "連携可否"\ncomment = "理由"\n[[fields]]'
    survey = load_pack(write(CITY.replace("[[fields]]", words, 1))).survey
    assert (survey.words["rating"], survey.words["comment"]) == ("連携可否", "理由")
    assert survey.words["reason"].startswith("意見・理由")
    city = CityPacks([PACKS]).city("date")
    assert city_options(city)["surveyWords"] == city.survey.words
    assert city.survey.words["rating"] == "連携可否"


@pytest.mark.parametrize(
    ("said", "last"), [("not-counted", date(2029, 5, 10)), ("counted", date(2029, 5, 9)), ("", date(2029, 5, 10))]
)
def test_the_office_says_whether_the_day_of_signing_counts(said: str, last: date) -> None:
    """DAT-T1, D-3: 「締結の日から3年間」 is read as the office chose before drafting; else by the rule."""
    city = CityPacks([PACKS]).city("date")
    assert city_options(city)["firstDay"] == "asked"
    terms = AgreementTerms(purpose="", fields=[], first_day=said)
    assert terms.term(city, date(2026, 5, 10)).expires_on == last
