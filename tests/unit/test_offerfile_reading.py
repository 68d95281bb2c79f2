"""Input files of ``renkei start`` (ISE-2/3, ALL-10)."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from tests.kit.samples import CITY
from workers.domain.cities import City
from workers.domain.eligibility import eligibility_facts
from workers.domain.entities import Origin, PastRecord, Project
from workers.errors import InputErrors
from workers.packs import CityPacks
from workers.readers import offerfile
from workers.readers.offerfile import read_offer
from workers.readers.offerinput import OfferInput

TODAY = date(2026, 6, 8)
CHECKOUT = Path(__file__).resolve().parents[2] / "bpmn"
SCENARIOS = sorted(CHECKOUT.glob("*/scenarios/offer-*.toml"))

OFFER = """\
[partner]
name = "株式会社見本"
representative = "代表取締役　見本 太郎"
contact = "見本 花子"
email = "soumu@mihon.example"

[offer]
date = "令和8年6月1日"
purpose = "目的"
fields = [1, 3, 5]

[[projects]]
field = 1
title = "見守り"
content = \"\"\"
週に1回
訪ねる。
\"\"\"

[[projects]]
field = 3
title = "講座"
content = "年に4回開く。"
cost_to_city = true

[[records]]
fiscal_year = "令和6年度"
field = 2
title = "防災訓練"
"""

Read = Callable[[str], OfferInput]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write an offer file and read it."""

    def run(text: str) -> OfferInput:
        file = tmp_path / "offer.toml"
        file.write_text(text, encoding="utf-8")
        return read_offer(file, CITY, TODAY)

    return run


def problems(read: Read, text: str) -> list[str]:
    with pytest.raises(InputErrors) as caught:
        read(text)
    return [error.message for error in caught.value.errors]


def test_an_offer_file_is_read(read: Read) -> None:
    """ISE-2/3."""
    offer = read(OFFER)
    assert offer.partner.name == "株式会社見本"
    assert offer.origin is Origin.PARTNER
    assert offer.content.offered_on == date(2026, 6, 1)
    assert [(p.number, p.field, p.content, p.cost_to_city) for p in offer.content.projects] == [
        (1, 1, "週に1回\n訪ねる。", False),
        (2, 3, "年に4回開く。", True),
    ]
    assert offer.attachments == ()


@pytest.mark.parametrize("written", ["2026-06-01", '"2026-06-01"', '"R8.6.1"', '"２０２６/6/1"', '"令和８年６月１日"'])
def test_dates_are_iso_or_wareki(read: Read, written: str) -> None:
    """D-2: TOML's own dates as well."""
    assert read(OFFER.replace('"令和8年6月1日"', written)).content.offered_on == date(2026, 6, 1)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"令和8年6月1日"', '"令和8年2月30日"', "8行目 [offer] date: 「令和8年2月30日」はない日付です"),
        (
            '"令和8年6月1日"',
            '"平成40年1月1日"',
            "8行目 [offer] date: 「平成40年1月1日」の年がありません。平成は31年までです",
        ),
        ('"令和8年6月1日"', '"令和元年4月30日"', "8行目 [offer] date: 「令和元年4月30日」はない日付です。令和は"),
        ('"令和8年6月1日"', "2026-02-30", "8行目: ない日付です"),
        ('"令和8年6月1日"', "2026-06-01T09:00:00", "8行目 [offer] date: 時刻は書けません"),
        ('"令和6年度"', '"平成40年度"', "27行目 [[records]] 1件目 fiscal_year: 「平成40年」の年がありません"),
        ("fields = [1, 3, 5]", "fields = []", "10行目 [offer] fields: 1つ以上選んでください"),
        ("fields = [1, 3, 5]", "", "7行目 [offer] fields: 入力してください"),
        ("fields = [1, 3, 5]", "fields = [\n1,\n3,\n99]", "10行目 [offer] fields: 99 はみどり野市の連携事項の番号に"),
        ("field = 3\n", "", "20行目 [[projects]] 2件目 field: 入力してください"),
        (
            "field = 3\n",
            "field = 2\n",
            "21行目 [[projects]] 2件目 field: 2（分野2に関すること）は申出の連携事項に",
        ),
        ("field = 3\n", "field = 6\n", "21行目 [[projects]] 2件目 field: 6 はみどり野市の連携事項の番号にありません"),
        ('title = "講座"', 'titel = "講座"', "22行目 [[projects]] 2件目 titel: 知らない項目です。title の間違いでは"),
        (
            "cost_to_city = true",
            'cost_to_city = "はい"',
            "24行目 [[projects]] 2件目 cost_to_city: true（市が負担",
        ),
        ('title = "防災訓練"', 'title = ""', "29行目 [[records]] 1件目 title: 入力してください"),
        ('"株式会社見本"', '"株式\\u0000会社"', "2行目 [partner] name: 目に見えない文字（U+0000）"),
        ('"株式会社見本"', f'"{"あ" * 101}"', "2行目 [partner] name: 長すぎます（101文字）"),
        ('"soumu@mihon.example"', '"soumu"', "5行目 [partner] email: メールアドレスの形ではありません"),
        ("[partner]", "[partnr]", "1行目 partnr: 知らない項目です。partner の間違いではありませんか"),
        ("[offer]", "[partner]", "7行目: 同じ表が2回書かれています"),
        ('contact = "見本 花子"', 'contact = "見本', '4行目: 引用符（"）が閉じられていません'),
    ],
)
def test_a_mistake_is_shown_with_file_line_and_key(read: Read, old: str, new: str, message: str) -> None:
    """ALL-10."""
    assert OFFER.count(old) == 1
    assert any(text.startswith(f"offer.toml {message}") for text in problems(read, OFFER.replace(old, new)))


def test_all_problems_come_at_once_in_the_order_of_the_file(read: Read) -> None:
    """ALL-10: files that are missing among them."""
    text = OFFER.replace('"soumu@mihon.example"', '"x"').replace("[1, 3, 5]", "[]").replace('"防災訓練"', '""')
    text += '[[attachments]]\npath = "nai.pdf"\n'
    assert [message.split(":")[0] for message in problems(read, "x = 1\n" + text)] == [
        "offer.toml 1行目 x",
        "offer.toml 6行目 [partner] email",
        "offer.toml 11行目 [offer] fields",
        "offer.toml 30行目 [[records]] 1件目 title",
        "offer.toml 32行目 [[attachments]] 1件目 path",
    ]


def test_an_offer_without_projects_is_refused(read: Read) -> None:
    """ISE-2/3: the proposal sheet has at least one row."""
    start, end = OFFER.index("[[projects]]"), OFFER.index("[[records]]")
    assert problems(read, OFFER[:start] + OFFER[end:]) == ["offer.toml projects: 1件以上書いてください"]


def test_an_empty_file_tells_what_belongs_in_it(read: Read) -> None:
    """ALL-10."""
    assert problems(read, "") == ["offer.toml partner: 表がありません", "offer.toml offer: 表がありません"]


def test_attachments_lie_beside_the_file(read: Read, tmp_path: Path) -> None:
    """ISE-2/3: of any kind; the paths given back are absolute."""
    (tmp_path / "資料 1.pdf").write_bytes(b"%PDF")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.any").write_bytes(b"b")
    text = OFFER + '[[attachments]]\npath = "資料 1.pdf"\n[[attachments]]\npath = "sub/b.any"\n'
    text += f'[[attachments]]\npath = "{tmp_path / "offer.toml"}"\n'
    names = ["資料 1.pdf", "sub/b.any", "offer.toml"]
    assert read(text).attachments == tuple(str(tmp_path / name) for name in names)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make files of every unwanted kind, with limits of 100 and 150 bytes."""
    monkeypatch.setattr(offerfile, "MAXIMUM_ATTACHMENT", 100)
    monkeypatch.setattr(offerfile, "MAXIMUM_ATTACHMENTS_TOTAL", 150)
    for name, size in {"empty": 0, "full": 100, "large": 101, "half": 50, "more": 1}.items():
        (tmp_path / name).write_bytes(b"x" * size)
    (tmp_path / "folder").mkdir()
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(tmp_path)  # a socket's path must be short
        listener.bind("socket")
        os.chdir(here)
        yield tmp_path


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere", "nowhere は見つかりません"),
        ("dangling", "dangling は見つかりません"),
        ("folder", "folder はフォルダーです。ファイルを書いてください"),
        (".", ". はフォルダーです"),
        ("empty", "empty は空のファイルです"),
        ("large", "large は大きすぎます"),
        ("pipe", "pipe は読めません"),
        ("socket", "socket は読めません"),
        ("loop", "loop は読めません"),
        ("full/x", "full/x は読めません"),
        ("a" * 300, "は読めません"),
        ("~/x", "~/x は見つかりません"),
    ],
)
def test_a_file_that_cannot_be_attached_is_refused(read: Read, name: str, message: str) -> None:
    """ALL-10: missing, too large, a folder, a device."""
    (only,) = problems(read, OFFER + f'[[attachments]]\npath = "{name}"\n')
    assert only.startswith("offer.toml 31行目 [[attachments]] 1件目 path: ")
    assert message in only


def test_an_attachment_may_have_ten_megabytes_and_all_thirty(read: Read, tmp_path: Path) -> None:
    """ALL-10: the limits that the message names."""
    megabytes = 1024 * 1024
    for name, size in {"a": 10 * megabytes, "b": 10 * megabytes, "c": 10 * megabytes, "d": 1}.items():
        with (tmp_path / name).open("wb") as file:
            file.truncate(size)
    text = OFFER + "".join(f'[[attachments]]\npath = "{name}"\n' for name in "abc")
    assert len(read(text).attachments) == 3
    (only,) = problems(read, text + '[[attachments]]\npath = "d"\n')
    assert only == "offer.toml 30行目 attachments: 添付資料が合わせて30MBを超えています"
    with (tmp_path / "d").open("wb") as file:
        file.truncate(10 * megabytes + 1)
    (only,) = problems(read, OFFER + '[[attachments]]\npath = "d"\n')
    assert only == "offer.toml 31行目 [[attachments]] 1件目 path: d は大きすぎます（10MBまで）"


@pytest.mark.usefixtures("files")
def test_all_attachments_together_have_a_limit_too(read: Read) -> None:
    """ALL-10: a mail carries them."""
    text = OFFER + '[[attachments]]\npath = "full"\n[[attachments]]\npath = "half"\n'
    assert len(read(text).attachments) == 2
    (only,) = problems(read, text + '[[attachments]]\npath = "more"\n')
    assert only.startswith("offer.toml 30行目 attachments: 添付資料が合わせて")


@pytest.mark.usefixtures("files")
def test_a_file_attached_twice_is_refused(read: Read) -> None:
    """ALL-10."""
    text = OFFER + '[[attachments]]\npath = "half"\n[[attachments]]\npath = "./half"\n'
    assert problems(read, text) == ["offer.toml 33行目 [[attachments]] 2件目 path: ./half は2回書かれています"]


@pytest.mark.parametrize(
    "rows", ["attachments = 1", "attachments = [1]", "attachments = [{ path = 1 }]", "attachments = [{}]"]
)
def test_attachments_of_another_shape_are_refused(read: Read, rows: str) -> None:
    """ALL-10."""
    (only,) = problems(read, f"{rows}\n{OFFER}")
    assert only.startswith("offer.toml 1行目 ")


@pytest.mark.parametrize("path", ["nai.toml", "."])
def test_a_missing_file_or_a_folder_is_one_clear_line(tmp_path: Path, path: str) -> None:
    """ALL-10."""
    with pytest.raises(InputErrors) as caught:
        read_offer(tmp_path / path, CITY, TODAY)
    assert "\n" not in caught.value.message
    assert "ファイル" in caught.value.message


def entities(offer: OfferInput) -> tuple[list[Project], list[PastRecord]]:
    return offer.content.project_entities(1), offer.content.record_entities()


def city_of(scenario: Path) -> City:
    return CityPacks([CHECKOUT]).city(scenario.parent.parent.name)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.stem)
def test_the_example_offers_are_sound(scenario: Path) -> None:
    """ISE-2/3: years after they were written, too."""
    city = city_of(scenario)
    for today in (date(2026, 4, 1), date(2030, 1, 1)):
        offer = read_offer(scenario, city, today)
        assert offer.partner.email.endswith(".example")
        assert {project.field for project in offer.content.projects} == set(offer.content.fields)


@pytest.mark.parametrize(
    ("name", "fields", "projects", "city_cost"),
    [("offer-mimamori", 4, 5, ()), ("offer-declined", 2, 2, ()), ("offer-hard", 4, 6, (3,))],
)
def test_the_examples_are_what_their_flows_need(
    name: str, fields: int, projects: int, city_cost: tuple[int, ...]
) -> None:
    """ISE-R1, ISE-R2: enough fields, too few, and one project at the city's cost."""
    scenario = next(path for path in SCENARIOS if path.stem == name and path.parts[-3] == "isesaki")
    city = city_of(scenario)
    proposed, done = entities(read_offer(scenario, city, TODAY))
    facts = eligibility_facts(city, proposed, done)
    assert (facts.field_count, len(proposed), facts.city_cost_projects) == (fields, projects, city_cost)
    assert (facts.field_count >= facts.minimum_fields) == (name != "offer-declined")
