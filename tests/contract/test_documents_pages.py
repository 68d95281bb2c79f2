"""The city's documents as pages: what LibreOffice makes of the Word files (ISE-F1 to ISE-F3)."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from tests.kit import papers
from workers.adapters.documents.word import WordDocuments

ARTICLES = ["目的", "連携事項", "有効期間", "解除", "見直し", "守秘義務", "免責", "その他"]
A4 = (210, 297)
LONG = "とても長い説明文です。" * 400
TWO_PARTNERS: dict[str, Any] = {
    "parties": [papers.party("乙", "株式会社甲信"), papers.party("丙", "学校法人赤城学園")],
    "partner_names": ["株式会社甲信", "学校法人赤城学園"],
    "copies": 3,
}
DOCUMENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "draft": ("agreement", papers.agreement_context()),
    "signed": (
        "agreement",
        papers.agreement_context(
            **TWO_PARTNERS,
            draft=False,
            signed_on=date(2026, 7, 1),
            starts_on=date(2026, 8, 1),
            term_words="令和8年8月1日から令和9年3月31日まで",
            from_signing=False,
            signature_style="署名捺印",
            fields=[field.name for field in papers.CITY.fields],
        ),
    ),
    "offer": ("offer", papers.offer_context()),
    "plain-offer": ("offer", papers.offer_context(records=[], other="庁内の窓口を知りたい。")),
    "answered": ("proposal-sheet", papers.sheet_context()),
    "blank": (
        "proposal-sheet",
        papers.sheet_context(
            surveyed=False, wishes=[], rows=[papers.project(number, answers=[]) for number in range(1, 14)]
        ),
    ),
    "long": ("proposal-sheet", papers.sheet_context(rows=[papers.project(1, content=LONG, answers=[])])),
}


class Pages:
    """A converted document. Text is compared without blanks: LibreOffice puts some between digits and kanji."""

    def __init__(self, file: Path) -> None:
        pages = PdfReader(file).pages
        self.count = len(pages)
        self.sizes = {(round(p.mediabox.width / 72 * 25.4), round(p.mediabox.height / 72 * 25.4)) for p in pages}
        self.texts = [squeezed(page.extract_text()) for page in pages]
        self.text = "".join(self.texts)


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Pages]:
    folder = tmp_path_factory.mktemp("documents")
    renderer = WordDocuments(papers.FOLDERS)
    files = []
    for key, (name, context) in DOCUMENTS.items():
        content, suffix, _ = renderer.render(city="isesaki", name=name, context=context)
        files.append(folder / f"{key}{suffix}")
        files[-1].write_bytes(content)
    return {file.stem: Pages(pdf) for file, pdf in zip(files, papers.to_pdf(files, folder), strict=True)}


def in_order(parts: list[str], text: str) -> list[int]:
    places = [text.find(squeezed(part)) for part in parts]
    assert -1 not in places, parts[places.index(-1)]
    assert places == sorted(places)
    return places


@pytest.mark.parametrize(
    ("key", "count", "size"),
    [
        ("draft", 2, A4),
        ("signed", 3, A4),
        ("offer", 1, A4),
        ("plain-offer", 1, A4),
        ("answered", 1, A4[::-1]),
        ("blank", 2, A4[::-1]),
    ],
)
def test_the_document_has_its_pages(pages: dict[str, Pages], key: str, count: int, size: tuple[int, int]) -> None:
    """A4, upright or lying for the sheet, on as many pages as an office expects."""
    assert (pages[key].count, pages[key].sizes) == (count, {size})


@pytest.mark.parametrize("key", ["draft", "signed"])
def test_the_agreement_has_eight_articles_in_order(pages: dict[str, Pages], key: str) -> None:
    """Each article has its heading in front of it; there is no ninth (ISE-F3)."""
    text = pages[key].text
    in_order([part for n, name in enumerate(ARTICLES, start=1) for part in (f"({name})", f"第{n}条")], text)
    assert "第9条" not in text


def test_the_agreement_lists_the_chosen_fields_and_the_catch_all(pages: dict[str, Pages]) -> None:
    """The chosen fields are numbered without gaps, the standing item is last, no other field is named (ISE-F3)."""
    text = pages["draft"].text
    chosen = [papers.CITY.field_name(number) for number in (1, 4, 9)]
    in_order([f"({n})【{name}】。" for n, name in enumerate(chosen, start=1)] + ["(4)前各号のほか"], text)
    assert [f.name for f in papers.CITY.fields if f.name not in chosen and squeezed(f.name) in text] == []
    assert "(14)前各号のほか" in pages["signed"].text


def test_the_draft_is_marked_and_undated(pages: dict[str, Pages]) -> None:
    """Every page of a draft says 案; its date is left to be filled in (ALL-12)."""
    draft = pages["draft"]
    assert "包括連携協定書(案)" in draft.text
    assert all(text.startswith("案第1案(令和8年6月1日)") for text in draft.texts)
    assert "令和年月日" in draft.text
    assert "有効期間は、【締結の日から翌年3月31日まで】とする" in draft.text
    assert "本書2通を作成し、甲及び乙がそれぞれ【記名押印】の上、各1通を保有する" in draft.text


def test_only_the_draft_marks_what_is_to_be_settled(pages: dict[str, Pages]) -> None:
    """Purpose, fields, term, renewal and signature stand in brackets that the header explains (ISE-F3, ISE-8)."""
    draft = pages["draft"]
    assert all("【】の中は、協議して決めるところです" in text for text in draft.texts)
    assert "【子育て支援、文化・スポーツ、暑さ対策】をはじめとする" in draft.text
    assert "【1年間更新】される" in draft.text
    assert [bracket for bracket in "【】" if bracket in pages["signed"].text] == []


def test_the_signed_agreement_names_all_parties_and_dates(pages: dict[str, Pages]) -> None:
    """Several partners, an agreed start, signatures by hand, one original per party (ISE-F3)."""
    text = pages["signed"].text
    assert "案" not in text
    assert (
        "伊勢崎市(以下「甲」という。)、株式会社甲信(以下「乙」という。)及び学校法人赤城学園(以下「丙」という。)は"
        in text
    )
    assert "令和8年8月1日から令和9年3月31日まで" in text
    assert "甲、乙又は丙のいずれからも更新しない旨の申出がない" in text
    assert "本書3通を作成し、甲、乙及び丙がそれぞれ署名捺印の上" in text
    in_order(
        ["令和8年7月1日", "甲群馬県伊勢崎市今泉町", "乙株式会社甲信の所在地", "丙学校法人赤城学園の所在地"],
        pages["signed"].texts[-1],
    )


def test_the_signatures_stay_together_with_the_last_article(pages: dict[str, Pages]) -> None:
    """No party stands alone on a page, and none without text of the agreement."""
    last = pages["signed"].texts[-1]
    in_order(["第8条", "本書3通", "甲群馬県", "乙株式会社", "丙学校法人"], last)


def test_every_signature_names_who_signs(pages: dict[str, Pages]) -> None:
    """Who signs by hand has the title and a line; beside a seal the name is printed (ISE-F3)."""
    mayor = squeezed(f"市長{papers.CITY.signatory.representative}")
    assert "伊勢崎市市長(署名)" in pages["signed"].text
    assert "代表(署名)" in pages["signed"].text
    for name in (squeezed(papers.CITY.signatory.representative), "前橋花子"):
        assert name not in pages["signed"].text
    assert pages["signed"].text.count("印") == 1 + 3
    assert f"{mayor}印" in pages["draft"].text
    assert "代表前橋花子印" in pages["draft"].text


def test_the_offer_says_who_offers_what(pages: dict[str, Pages]) -> None:
    """Date, office, partner, purpose, chosen fields, the sheet and the records of earlier years (ISE-F1)."""
    in_order(
        [
            "令和8年6月1日",
            "(宛先)伊勢崎市市長戦略部戦略推進課",
            "株式会社上州あおぞら銀行",
            "代表取締役頭取高崎太郎",
            "地域連携室渋川次郎",
            "0270-00-0000",
            "renkei@aozora.example",
            "申出書",
            "1目的",
            "2連携事項案",
            "子ども・子育て支援に関すること。",
            "日本一暑さに強いまちに関すること。",
            "3連携事業の提案",
            "別紙「連携事業提案書」のとおり(2件)",
            "4その他",
            "特にありません",
            "令和元年度",
        ],
        pages["offer"].text,
    )
    assert "参考" not in pages["plain-offer"].text
    assert "庁内の窓口を知りたい。" in pages["plain-offer"].text


def test_the_sheet_holds_the_departments_answers(pages: dict[str, Pages]) -> None:
    """After the survey: title, legend, a line per department's answer, the wishes (ISE-F2)."""
    text = pages["answered"].text
    assert text.startswith("連携事業調査")
    in_order(["実現可能性あり", "代替案", "実現不可"], text)
    assert text.count("1番目の事業の内容") == 1
    in_order(
        ["秋の講座に講師をお願いしたい。", "休業中なら会場がある。", "枠が埋まっている。", "3番目の事業の内容"], text
    )
    assert "市民マラソンの運営への協力" in text
    assert "市が記入する欄" not in text


def test_the_blank_sheet_repeats_its_heading_on_every_page(pages: dict[str, Pages]) -> None:
    """The partner's sheet has the same columns, left for the city to fill (ISE-F2)."""
    blank = pages["blank"]
    assert blank.text.startswith("連携事業提案書")
    assert [text.count("市が記入する欄です") for text in blank.texts] == [1] * blank.count
    assert "担当課が連携を希望する事業" not in blank.text


def test_a_very_long_description_runs_over_pages_without_loss(pages: dict[str, Pages]) -> None:
    """A row may break across pages; no sentence of it is cut off."""
    assert pages["long"].count > 3
    assert pages["long"].text.count("長い説明文") == 400
