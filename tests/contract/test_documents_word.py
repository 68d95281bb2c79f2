"""The Word renderer: templates of any office, values of any kind (ISE-F1 to ISE-F3)."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.document import Document
from lxml import etree

from tests.kit import endings, papers, yearly
from workers.adapters.documents.word import MEDIA_TYPE, SUFFIX, WordDocuments
from workers.errors import PermanentError
from workers.packs.templatefiles import TemplateFolders
from workers.packs.templates import environment

CONTEXTS: dict[str, dict[str, Any]] = {
    **endings.DOCUMENTS,
    **yearly.DOCUMENTS,
    "agreement": papers.agreement_context(),
    "offer": papers.offer_context(),
    "proposal-sheet": papers.sheet_context(),
}
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
HOSTILE = [
    "<w:p><w:r/></w:p>",
    "</w:t></w:r></w:p>",
    "{{ 7*7 }}",
    "{% for x in y %}",
    "{_{ 7*7 }_} {_% if %_}",
    "{{ ''.__class__ }}",
    "&amp; & < > ' \"",
    "🏛️👨‍👩‍👧𠮷野家",
    "]]>",
    "\\1 \\g<0>",
]


def write(folder: Path, *paragraphs: str, name: str = "notice", header: str = "") -> None:
    """Write a template with one paragraph a line, as an office would type it."""
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    if header:
        document.sections[0].header.paragraphs[0].text = header
    (folder / "documents").mkdir(parents=True, exist_ok=True)
    document.save(str(folder / "documents" / f"{name}{SUFFIX}"))


def filled(documents: WordDocuments, name: str = "notice", city: str = "isesaki", **context: Any) -> Document:
    return docx.Document(io.BytesIO(documents.render(city=city, name=name, context=context)[0]))


def texts(document: Document) -> list[str]:
    return [paragraph.text for paragraph in document.paragraphs]


@pytest.fixture
def folders(tmp_path: Path) -> TemplateFolders:
    return TemplateFolders(tmp_path / "templates", [tmp_path / "packs"])


@pytest.fixture
def documents(folders: TemplateFolders) -> WordDocuments:
    return WordDocuments(folders)


def test_every_template_is_tested_here() -> None:
    """A Word template without a context above fails."""
    assert papers.FOLDERS.names("isesaki", "documents", SUFFIX) == sorted(CONTEXTS)


@pytest.mark.parametrize("name", sorted(CONTEXTS))
def test_the_same_values_give_the_same_bytes(name: str) -> None:
    """A document's hash changes only with its content, whatever the time of day."""
    first = WordDocuments(papers.FOLDERS).render(city="isesaki", name=name, context=CONTEXTS[name])
    second = WordDocuments(papers.FOLDERS).render(city="isesaki", name=name, context=CONTEXTS[name])
    assert first == second
    assert first[1:] == (".docx", MEDIA_TYPE)
    with zipfile.ZipFile(io.BytesIO(first[0])) as package:
        assert {entry.date_time for entry in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert package.namelist()[0] == "[Content_Types].xml"


@pytest.mark.parametrize("name", sorted(CONTEXTS))
def test_no_tag_is_left_in_the_document(name: str) -> None:
    """Body, tables, headers and footers are all filled, and nothing reads None."""
    content, _, _ = WordDocuments(papers.FOLDERS).render(city="isesaki", name=name, context=CONTEXTS[name])
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        parts = [package.read(part).decode() for part in package.namelist() if part.startswith("word/")]
    assert [trace for trace in ("{{", "{%", "}}", "%}", ">None<") if any(trace in part for part in parts)] == []


@pytest.mark.parametrize(
    ("code", "form"),
    sorted(
        {
            (code, form)
            for code in papers.CITIES.codes()
            for rule in papers.CITIES.city(code).mails.values()
            for form in rule.forms
        }
    ),
)
def test_every_form_of_a_pack_can_be_filled_in_by_hand(code: str, form: str) -> None:
    """A blank form is the template with room to write: no tag, no value, empty rows in its tables (ALL-2)."""
    city = papers.CITIES.city(code)
    content, _, _ = WordDocuments(papers.FOLDERS).blank(
        city=code, name=form, context={"city": city, "office": city.office}
    )
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        text = package.read("word/document.xml").decode()
    assert [trace for trace in ("{{", "{%", "}}", "%}", ">None<", "Undefined") if trace in text] == []
    assert max(len(table.rows) for table in docx.Document(io.BytesIO(content)).tables) >= 2


def test_only_a_form_may_lack_values(folders: TemplateFolders, documents: WordDocuments) -> None:
    """What a form leaves empty stays an error in a document: nothing is sent with a hole in it."""
    write(folders.templates / "common", "{{ offer.day | wareki }}|{{ name }}|{{ rows | length }}件")
    content, _, _ = documents.blank(city="isesaki", name="notice", context={})
    assert texts(docx.Document(io.BytesIO(content))) == ["令和　　年　　月　　日||　　件"]
    with pytest.raises(PermanentError):
        filled(documents)


@pytest.mark.parametrize("name", sorted(CONTEXTS))
def test_templates_are_japanese_a4_pages(name: str) -> None:
    """Every style writes in a Japanese font; the author of the template stays unnamed."""
    document = docx.Document(str(papers.FOLDERS.find("isesaki", "documents", name, SUFFIX)))
    section = document.sections[0]
    assert section.page_width is not None
    assert section.page_height is not None
    assert {round(section.page_width.mm), round(section.page_height.mm)} == {210, 297}
    fonts = {font.get(f"{WORD}eastAsia") for font in document.styles.element.iter(f"{WORD}rFonts")}
    assert fonts <= {"ＭＳ 明朝", "ＭＳ ゴシック"}
    assert document.core_properties.author == ""


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_is_text_and_nothing_else(folders: TemplateFolders, documents: WordDocuments, value: str) -> None:
    """Markup and Jinja in a value are printed as they are, in the body, in tables and in the header."""
    write(folders.templates / "common", "前{{ value }}後", header="{{ value }}")
    document = filled(documents, value=value)
    assert texts(document) == [f"前{value}後"]
    assert document.sections[0].header.paragraphs[0].text == value


def test_control_characters_go_and_line_breaks_stay(folders: TemplateFolders, documents: WordDocuments) -> None:
    """XML has no place for control characters; each kind of line break becomes Word's."""
    write(folders.templates / "common", "{{ value }}")
    document = filled(documents, value="一\r\n二\n三\u2028四\x00\x08\x0b\x0c\ufffe\ud800\u202e\a五")
    assert texts(document) == ["一\n二\n三\n四五"]


@pytest.mark.parametrize("name", sorted(CONTEXTS))
def test_hostile_values_leave_the_citys_documents_whole(name: str) -> None:
    """Whatever stands in a name or an answer, the document keeps its paragraphs and tables."""
    evil = "\n".join(HOSTILE)

    def spoiled(value: Any) -> Any:
        if isinstance(value, str):
            return evil
        if isinstance(value, dict):
            return {key: spoiled(part) for key, part in value.items() if key not in {"mark", "signature_style"}} | {
                key: part for key, part in value.items() if key in {"mark", "signature_style"}
            }
        return [spoiled(part) for part in value] if isinstance(value, list) else value

    renderer = WordDocuments(papers.FOLDERS)
    clean = docx.Document(io.BytesIO(renderer.render(city="isesaki", name=name, context=CONTEXTS[name])[0]))
    dirty = docx.Document(io.BytesIO(renderer.render(city="isesaki", name=name, context=spoiled(CONTEXTS[name]))[0]))
    assert len(dirty.paragraphs) == len(clean.paragraphs)
    assert [len(table.rows) for table in dirty.tables] == [len(table.rows) for table in clean.tables]
    whole = "".join(node.text or "" for node in dirty.element.body.iter(f"{WORD}t"))
    assert [part for part in HOSTILE if part not in whole] == []


def test_brackets_stand_in_drafts_only(folders: TemplateFolders, documents: WordDocuments) -> None:
    """What is to be settled is marked, whatever it holds; an empty part is not, and None stays an error."""
    write(folders.templates / "common", "{{ part | negotiable }}から{{ rest | negotiable }}")
    assert texts(filled(documents, part="<防災>", rest="", draft=True)) == ["【<防災>】から"]
    assert texts(filled(documents, part="<防災>", rest="", draft=False)) == ["<防災>から"]
    with pytest.raises(PermanentError, match="None"):
        filled(documents, part=None, rest="", draft=True)


@pytest.mark.parametrize("city", sorted(code for code in papers.CITIES.codes()))
def test_every_citys_agreement_marks_what_is_to_be_settled(city: str) -> None:
    """No city's own template forgets the brackets or their legend (ISE-F3)."""
    path = papers.FOLDERS.find(city, "documents", "agreement", SUFFIX)
    with zipfile.ZipFile(path) as package:
        body, header = (package.read(f"word/{part}.xml").decode() for part in ("document", "header1"))
    assert body.count("| negotiable }}") >= 5
    assert "【　】の中は、協議して決めるところです" in header


def test_a_project_with_several_departments_has_a_row_for_each() -> None:
    """Number, field and content stand once, over the rows of all departments (ISE-F2)."""
    content, _, _ = WordDocuments(papers.FOLDERS).render(
        city="isesaki", name="proposal-sheet", context=papers.sheet_context()
    )
    rows = docx.Document(io.BytesIO(content)).tables[0].rows[3:]
    cells = [[cell.text for cell in row.cells] for row in rows]
    assert [row[:3] for row in cells[:2]] == [["①", papers.CITY.field_name(1), "事業その1\n1番目の事業の内容"]] * 2
    assert [row[3] for row in cells] == ["○", "△", "×", ""]
    assert [row[6] for row in cells] == ["学校教育課", "生涯学習課", "こども家庭センター", ""]
    merges = [[merge.get(f"{WORD}val") for merge in row._tr.iter(f"{WORD}vMerge")] for row in rows]
    assert merges == [["restart"] * 3, ["continue"] * 3, ["restart"] * 3, ["restart"] * 3]


def test_cell_properties_stand_in_the_order_of_the_schema() -> None:
    """Word refuses a file whose cell properties are out of order, LibreOffice does not."""
    order = ["tcW", "gridSpan", "hMerge", "vMerge", "tcBorders", "shd", "noWrap", "tcMar", "textDirection"]
    order += ["tcFitText", "vAlign", "hideMark"]
    for name, context in CONTEXTS.items():
        content, _, _ = WordDocuments(papers.FOLDERS).render(city="isesaki", name=name, context=context)
        for properties in docx.Document(io.BytesIO(content)).element.body.iter(f"{WORD}tcPr"):
            places = [order.index(etree.QName(child).localname) for child in properties]
            assert places == sorted(set(places)), etree.tostring(properties)


@pytest.mark.parametrize(
    ("paragraphs", "error"),
    [
        (["{{ missing }}"], "変数「missing」はここでは使えません"),
        (["{{ nothing }}"], "空の値（None）"),
        (["{% if value %}"], "{% if … %} が閉じられていません"),
        (["{{ ''.__class__ }}"], "許されていない操作があります"),
        (["{{ value | circled }}"], "埋め込めない値があります"),
        (["始め{% if not value %}", "{%p endif %}"], "差し込みの結果が Word 文書になりません"),
    ],
)
def test_a_wrong_template_is_named_with_what_is_wrong(
    folders: TemplateFolders, documents: WordDocuments, paragraphs: list[str], error: str
) -> None:
    """A tag in the wrong place is an error, never a document with a part missing."""
    write(folders.templates / "common", *paragraphs)
    with pytest.raises(PermanentError) as caught:
        filled(documents, value="秘密", nothing=None)
    assert "common/documents/notice.docx" in caught.value.message
    assert error in caught.value.message
    assert "秘密" not in caught.value.message


def test_a_file_that_is_no_word_document_is_named(folders: TemplateFolders, documents: WordDocuments) -> None:
    """A renamed text file, or an empty one, gives a clear line."""
    for content in (b"", b"hello", b"PK\x05\x06" + bytes(18)):
        write(folders.templates / "common", "x")
        (folders.templates / "common" / "documents" / "notice.docx").write_bytes(content)
        with pytest.raises(PermanentError, match="Word 文書として読めません"):
            filled(documents)


def test_a_missing_template_is_named_with_its_path(documents: WordDocuments) -> None:
    """The incident tells a process owner which file to write."""
    with pytest.raises(PermanentError, match=r"ひな形がありません: templates/isesaki/documents/notice\.docx"):
        filled(documents)


@pytest.mark.parametrize("name", ["../notice", "a/b", "", "notice.docx", "ひな形"])
def test_a_template_name_cannot_leave_the_folder(documents: WordDocuments, name: str) -> None:
    """Only plain names are looked up, for the city as for the template."""
    with pytest.raises(PermanentError, match="使えるのは英小文字・数字・ハイフンだけです"):
        filled(documents, name=name)
    with pytest.raises(PermanentError, match="使えるのは英小文字・数字・ハイフンだけです"):
        filled(documents, city=name)


def test_a_pack_goes_before_the_city_and_the_city_before_common(
    folders: TemplateFolders, documents: WordDocuments
) -> None:
    """DIR/CODE/templates, then templates/CODE, then templates/common; an edited template is used at once."""
    found = []
    for place in ("common", "isesaki"):
        write(folders.templates / place, place)
        found += texts(filled(documents))
    write(folders.packs[0] / "isesaki" / "templates", "pack")
    found += texts(filled(documents))
    assert found == ["common", "isesaki", "pack"]


def test_the_filters_write_as_an_office_does(folders: TemplateFolders, documents: WordDocuments) -> None:
    """Wareki, blank dates, marks, circled numbers, enumerations."""
    write(
        folders.templates / "common",
        "{{ day | wareki }}",
        "{{ none | wareki }}",
        "{{ 'feasible' | mark }}{{ '△' | mark }}{{ '' | mark }}",
        "{{ 1 | circled }}{{ 20 | circled }}{{ 21 | circled }}{{ 50 | circled }}{{ 51 | circled }}",
        "{{ ['甲', '乙', '丙'] | joined }}{{ ['甲', '乙'] | either }}{{ '甲' | joined }}",
        "{{ 2019 | nendo }}",
        "{{ ['題', '題', '', '中身'] | lines }}",
    )
    assert texts(filled(documents, day=date(2026, 4, 1))) == [
        "令和8年4月1日",
        "令和　　年　　月　　日",
        "○△",
        "①⑳㉑㊿(51)",
        "甲、乙及び丙甲又は乙甲",
        "令和元年度",
        "題\n中身",
    ]


def test_a_text_is_compiled_once_however_often_it_is_filled() -> None:
    jinja = environment()
    first = jinja.from_string("{{ name }}様")
    assert first is jinja.from_string("{{ name }}様")
    assert first is not jinja.from_string("{{ name }}殿")
    assert [first.render(name=name) for name in ("佐藤", "鈴木")] == ["佐藤様", "鈴木様"]


@pytest.mark.parametrize("city", ["ageo", "isesaki", "date", "asahikawa"])
def test_an_agreement_without_renewal_has_no_clause_of_it(city: str) -> None:
    """D-5: what was agreed for this agreement stands in its text, whatever the city's usual clause."""
    renderer = WordDocuments(papers.FOLDERS)
    for renews, expected in (("each-time", True), ("", False)):
        context = papers.agreement_context(kind="comprehensive", partner_names=["株式会社赤城"], renews=renews)
        content, *_ = renderer.render(city=city, name="agreement", context=context)
        text = "\n".join(texts(docx.Document(io.BytesIO(content))))
        assert ("年間更新" in text) is expected
