"""What an office leaves in its Word templates stays in the house: changes, comments, names, hidden text (ISE-F3)."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest

from tests.kit import papers, wordfiles
from tests.kit.wordfiles import commented, deleted, inserted, moved, paragraph, reformatted, row, run, table, text_box
from workers.adapters.documents.cleaning import traces
from workers.adapters.documents.word import WordDocuments
from workers.errors import PermanentError
from workers.packs.templatefiles import TemplateFolders


def template(folder: Path, *body: str, **more: Any) -> Path:
    return wordfiles.written(folder / "templates" / "common" / "documents" / "notice.docx", *body, **more)


def made(folder: Path, **context: object) -> bytes:
    documents = WordDocuments(TemplateFolders(folder / "templates"))
    return documents.render(city="isesaki", name="notice", context=context)[0]


def lines(content: bytes) -> list[str]:
    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for found in document.tables for line in found.rows for cell in line.cells]
    return [found.text for found in document.paragraphs] + cells


CHANGED = (
    paragraph(run("第1条 "), deleted("甲は"), inserted("{{ name }}は"), run("協力する。")),
    paragraph(run("消した段落のはじめ"), mark="del"),
    paragraph(run("と次の段落")),
    paragraph(deleted("丸ごと消した段落"), mark="del"),
    paragraph(inserted("足した段落"), mark="ins"),
    paragraph(moved("動かした文", "moveFrom"), run("元の場所")),
    paragraph(run("先: "), moved("動かした文", "moveTo")),
    paragraph(reformatted("太字にした")),
    paragraph(commented("コメントのある語")),
    table(row("残る", "行"), row("消した", "行", change="del"), row("足した", "行", change="ins")),
    table(row("表ごと", "消した", change="del")),
    paragraph(run("末尾")),
)


def test_changes_are_accepted_and_tags_in_them_filled(tmp_path: Path) -> None:
    """The document reads as Word shows it once all changes are accepted."""
    template(tmp_path, *CHANGED)
    assert lines(made(tmp_path, name="みどり野市")) == [
        "第1条 みどり野市は協力する。",
        "消した段落のはじめと次の段落",
        "足した段落",
        "元の場所",
        "先: 動かした文",
        "太字にした",
        "コメントのある語",
        "末尾",
        *("残る", "行", "足した", "行"),
    ]


def test_nothing_of_the_work_on_the_template_is_left(tmp_path: Path) -> None:
    """No name, no company, no comment, no mark of a change or a session in any part of the file."""
    template(tmp_path, *CHANGED)
    with zipfile.ZipFile(io.BytesIO(made(tmp_path, name="みどり野市"))) as package:
        parts = {name: package.read(name).decode(errors="replace") for name in package.namelist()}
    words = (
        wordfiles.AUTHOR,
        "みどり野市役所",
        "内密に",
        "w:ins ",
        "w:del ",
        "delText",
        "PrChange",
        "comment",
        "w:rsid",
    )
    found = {name: [word for word in words if word in text] for name, text in parts.items() if ".xml" in name}
    assert {name: there for name, there in found.items() if there} == {}
    assert not any(name.startswith(("word/comments", "word/people")) for name in parts)


def test_a_tag_that_a_change_cuts_is_filled(tmp_path: Path) -> None:
    """Half a tag was deleted and typed anew: what counts is the text with the changes accepted."""
    template(tmp_path, paragraph(run("{{ na"), deleted("em"), inserted("me"), run(" }}殿")))
    assert lines(made(tmp_path, name="みどり野市")) == ["みどり野市殿"]


def test_hidden_text_is_taken_out_once_its_tags_are_filled(tmp_path: Path) -> None:
    """A hidden remark goes; a condition that was hidden so as not to disturb the page still decides."""
    hidden = "<w:vanish/>"
    template(
        tmp_path,
        paragraph(run("{%p if yes %}", hidden)),
        paragraph(run("出る"), run("内々の覚え", hidden)),
        paragraph(run("{%p endif %}", hidden)),
        paragraph(run("見える", '<w:vanish w:val="0"/>')),
    )
    assert lines(made(tmp_path, yes=True)) == ["出る", "見える"]


def test_tags_in_boxes_headers_footers_and_footnotes_are_filled(tmp_path: Path) -> None:
    """Wherever people see text, it is filled."""
    template(
        tmp_path,
        paragraph(run("本文"), text_box(paragraph(run("{{ na"), run("me }}")))),
        header="{{ name }}",
        footer="{{ name }}",
        parts={"word/footnotes.xml": wordfiles.notes("footnotes", "{{ name }}")},
    )
    with zipfile.ZipFile(io.BytesIO(made(tmp_path, name="みどり野市"))) as package:
        texts = {name: package.read(name).decode() for name in package.namelist() if name.endswith(".xml")}
    assert sorted(name for name, text in texts.items() if "みどり野市" in text) == [
        *("word/document.xml", "word/footer1.xml", "word/footnotes.xml", "word/header1.xml"),
    ]
    assert not any("{{" in text for text in texts.values())


@pytest.mark.parametrize(
    ("body", "parts", "told"),
    [
        (["｛｛ name ｝｝殿"], {}, "「｛｛ name ｝｝」の括弧が全角です"),
        (["{ name }殿"], {}, "「{ name }」の括弧が1つずつです"),
        (["{{ name }殿"], {}, "閉じる括弧 }} がありません"),
        (["name }}殿"], {}, "開く括弧"),
        (["{ { name }}殿"], {}, "括弧の間に空白があります"),
        (["前文{%p if name %}"], {}, "「前文」が消えます"),
        (
            ["本文"],
            {"word/endnotes.xml": wordfiles.notes("endnotes", "{{ name }}")},
            "文末脚注の差し込みは埋まりません",
        ),
    ],
)
def test_a_tag_that_would_be_printed_is_a_fault_by_name(
    tmp_path: Path, body: list[str], parts: dict[str, str], told: str
) -> None:
    """Nobody's task: an incident that names the template, the place and what to do."""
    template(tmp_path, *(paragraph(run(text)) for text in body), parts=parts)
    with pytest.raises(PermanentError) as caught:
        made(tmp_path, name="みどり野市")
    assert caught.value.message.startswith("ひな形 common/documents/notice.docx: ")
    assert told in caught.value.message


def test_braces_in_a_value_are_text(tmp_path: Path) -> None:
    """What people type is printed as it is, braces of any width too."""
    template(tmp_path, paragraph(run("{{ name }}")))
    assert lines(made(tmp_path, name="｛｛ x ｝｝ { y } {{ z }}")) == ["｛｛ x ｝｝ { y } {{ z }}"]


def test_a_clean_template_has_no_traces(tmp_path: Path) -> None:
    """What is told of a template is counted; nothing is told of our own."""
    path = template(tmp_path, *CHANGED, paragraph(run("隠す", "<w:vanish/>")))
    found = traces(path.read_bytes())
    assert set(found) == {"変更履歴", "コメント", "隠し文字"}
    assert found["コメント"] == found["隠し文字"] == 1
    for own in sorted((papers.ROOT / "templates").glob("*/documents/*.docx")):
        assert traces(own.read_bytes()) == {}, own


def test_the_page_looks_as_it_should(tmp_path: Path) -> None:
    """LibreOffice opens the document and prints one page."""
    template(tmp_path, *CHANGED)
    document = tmp_path / "made.docx"
    document.write_bytes(made(tmp_path, name="みどり野市"))
    (page,) = papers.to_pdf([document], tmp_path)
    assert page.read_bytes().startswith(b"%PDF")
