"""The forms of the packs as workbooks: made, filled in, saved by another program, read back (ALL-17)."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook, load_workbook

from tests.kit import papers, workbooks
from workers.adapters.documents.answerbooks import WorkbookForms
from workers.adapters.documents.workbook_reading import asked_in
from workers.domain.entities import Case
from workers.errors import InputError
from workers.jobs.forms.answers import known_answers
from workers.usecases.ports import AnswerRequest, FiledAnswer

_FORMS = WorkbookForms(papers.CITIES, known_answers)
_OFFER: dict[str, Any] = {
    "filing": "申し出る",
    "offeredOn": "令和８年６月８日",
    "purpose": "　高齢者の見守りを、配達の途中で行う。\n~取り消し線~ ではない  ",
    "fields": [0, 4, 6],
    "projects": [
        {
            "field": "5 高齢者福祉・障害者福祉に関すること",
            "title": f"見守り{n}",
            "content": "配達時の声かけ",
            "costToCity": "はい",
        }
        for n in range(7)
    ],
    "records": [{"fiscalYear": "令和7年度", "field": "１", "title": "防災教室", "department": "安心安全課"}],
    "other": None,
}


def _made(city: str = "isesaki", form: str = "isesaki-offer", **values: Any) -> bytes:
    pack = papers.CITIES.city(city)
    return _FORMS.make(
        AnswerRequest(
            city=pack,
            case=Case(
                id=f"{city}-2026-001", city=city, process_id="", opened_on=papers.TODAY, partner=papers.partner()
            ),
            form=form,
            title="申出書",
            due_on=date(2026, 6, 30),
            values=values,
        )
    )


def _read(content: bytes, sent: bytes) -> FiledAnswer:
    return _FORMS.read("返事.xlsx", content, sent=sent, today=date(2026, 6, 10))


@pytest.mark.parametrize("way", ["openpyxl", "libreoffice"])
def test_what_a_partner_filled_in_is_the_forms_answer(way: str, tmp_path: Path) -> None:
    """Rows put in, another program's save, full-width signs, blanks around the words: the same values."""
    sent = _made()
    back = workbooks.filled(sent, _OFFER)
    if way == "libreoffice":
        back = workbooks.through_libreoffice(back, tmp_path)
    answer = _read(back, sent)
    assert answer.problems == []
    assert answer.values == {
        "filing": "file",
        "offeredOn": "2026-06-08",
        "purpose": "高齢者の見守りを、配達の途中で行う。\n~取り消し線~ ではない",
        "fields": ["1", "5", "7"],
        "other": None,
        "projects": [
            {"field": "5", "title": f"見守り{n}", "content": "配達時の声かけ", "costToCity": True} for n in range(7)
        ],
        "records": [{"fiscalYear": "令和7年度", "field": "1", "title": "防災教室", "department": "安心安全課"}],
    }


def test_what_is_known_stands_in_the_form_and_comes_back(tmp_path: Path) -> None:
    """A correction begins with the offer as it was; a day is a day that Excel shows in wareki (D-2)."""
    values: dict[str, Any] = {
        "filing": "file",
        "offeredOn": "2026-06-08",
        "purpose": "=1+1 は式ではない",
        "fields": ["1", "13"],
        "projects": [{"field": "2", "title": "出前授業", "content": "年に3回", "costToCity": False}],
        "records": [],
        "other": "",
    }
    sent = _made(**values)
    sheet = load_workbook(BytesIO(sent)).worksheets[0]
    left, top, _, _ = workbooks.bounds(load_workbook(BytesIO(sent)), "f.offeredOn")
    assert sheet.cell(top, left).number_format.startswith("[$-411]ggge")
    for content in (sent, workbooks.through_libreoffice(sent, tmp_path)):
        answer = _read(content, sent)
        assert answer.problems == []
        assert answer.values == {**values, "other": None}


def test_merged_cells_and_rows_above_do_not_matter() -> None:
    """The value is that of the cell which people see."""
    sent = _made()
    book = load_workbook(BytesIO(workbooks.filled(sent, _OFFER)))
    workbooks.insert_row(book, 3)
    left, top, _, _ = workbooks.bounds(book, "r.projects")
    field = workbooks.bounds(book, "c.projects.field")[0]
    book.worksheets[0].cell(top + 2, field).value = None
    book.worksheets[0].merge_cells(None, top + 1, field, top + 2, field)
    answer = _read(workbooks.saved(book), sent)
    assert answer.problems == []
    assert [row["field"] for row in _rows(answer, "projects")] == ["5"] * 7
    assert left == 1


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"filing": None}, "セル C8「申出」: 選んでください"),
        ({"offeredOn": "6月8日"}, "「申出書の日付」: 「6月8日」は日付として読めません"),
        ({"offeredOn": "令和8年2月30日"}, "「申出書の日付」: 「令和8年2月30日」はない日付です"),
        ({"purpose": "あ" * 2001}, "「1 目的」: 長すぎます（2001文字）"),
        ({"purpose": "　"}, "「1 目的」: 書いてください"),
        ({"fields": []}, "「2 連携事項案」: 選んでください"),
        ({"projects": [{"field": "99 宇宙", "title": "a", "content": "b"}]}, "「連携事項」: 「99 宇宙」は選択肢に"),
        ({"projects": [{"title": "だけ"}]}, "「事業内容」: 書いてください"),
        ({"records": [{"title": "実績"}]}, "「年度」: 書いてください"),
        ({"purpose": "=1+1"}, "「1 目的」: 数式が入っています"),
    ],
)
def test_each_problem_names_its_cell(answers: dict[str, Any], told: str) -> None:
    """In Japanese, with sheet and cell; the rest is read all the same."""
    sent = _made()
    answer = _read(workbooks.filled(sent, {**_OFFER, **answers}), sent)
    assert any(told in problem for problem in answer.problems), answer.problems
    assert all(problem.startswith("シート『様式』のセル ") for problem in answer.problems)
    assert _rows(answer, "records")[0]["title"]


def test_who_withdraws_need_not_fill_in_the_rest() -> None:
    """What does not apply is not asked for."""
    sent = _made()
    answer = _read(workbooks.filled(sent, {"filing": "取り下げる"}), sent)
    assert (answer.values["filing"], answer.problems) == ("withdraw", [])


def test_what_only_the_office_enters_is_not_in_the_form() -> None:
    """DAT-7: the partner gives its answers; the day of receipt and the closing are the office's."""
    rows = [{"number": "1", "title": "見守り"}, {"number": "2", "title": "防災"}]
    sent = _made("date", "date-partner-answer", partnerAnswers=rows)
    names = set(load_workbook(BytesIO(sent)).defined_names)
    assert not names & {"f.answerState", "f.receivedOn"}
    labels = [o.label for o in _options(sent)]
    answers = [{"answer": labels[0]}, {"answer": labels[1]}]
    back = workbooks.filled(sent, {"person": "渋川 次郎", "contact": "0270-00-0000", "partnerAnswers": answers})
    answer = _read(back, sent)
    assert answer.values == {
        "answerState": "received",
        "receivedOn": "2026-06-10",
        "person": "渋川 次郎",
        "contact": "0270-00-0000",
        "partnerAnswers": [
            {"number": "1", "title": "見守り", "answer": "yes", "reason": None},
            {"number": "2", "title": "防災", "answer": "no", "reason": None},
        ],
    }
    assert [problem.rpartition("セル ")[2] for problem in answer.problems] == ["E13「理由」: 書いてください"]


def _rows(answer: FiledAnswer, key: str) -> list[dict[str, Any]]:
    rows = answer.values[key]
    assert isinstance(rows, list)
    return rows


def _options(sent: bytes) -> Any:
    form, _ = asked_in(sent)
    return next(q for rows in form.lists() for q in rows.questions if q.key == "answer").options


def test_the_same_request_makes_the_same_file() -> None:
    """So that a job that is delivered again keeps no second document."""
    assert _made() == _made()
    assert _FORMS.stamp("a", _made()) == _FORMS.stamp("b", workbooks.filled(_made(), _OFFER))
    assert _FORMS.stamp("a", _made()).edition != _FORMS.stamp("a", _made(purpose="別")).edition


def test_the_form_is_protected_but_for_its_fields_and_has_no_macro() -> None:
    """ALL-17: A4, one page wide, print area, rows may be put in."""
    sent = _made()
    with ZipFile(BytesIO(sent)) as package:
        assert not [name for name in package.namelist() if "vba" in name.lower() or "external" in name.lower()]
    book = load_workbook(BytesIO(sent))
    sheet = book.worksheets[0]
    assert sheet.protection.sheet
    assert not sheet.protection.insertRows  # openpyxl: False allows
    left, top, _, _ = workbooks.bounds(book, "f.purpose")
    assert not sheet.cell(top, left).protection.locked
    assert sheet.cell(top, 1).protection.locked
    assert (sheet.page_setup.paperSize, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (9, 1, 0)
    assert sheet.print_area


def _zip(parts: dict[str, bytes]) -> bytes:
    target = BytesIO()
    with ZipFile(target, "w", ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return target.getvalue()


def _with(part: str, change: Any) -> bytes:
    with ZipFile(BytesIO(_made())) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    parts[part] = change(parts.get(part, b""))
    return _zip(parts)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "空のファイル"),
        (b"not a workbook", "Excel のファイルとして読めません"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "パスワードが付いていて"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "古い形式（.xls）"),
        (_zip({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}), "LibreOffice などの形式"),
        (_zip({"xl/workbook.xml": b" " * (41 * 1024 * 1024)}), "中身が大きすぎます"),
        (_with("xl/workbook.xml", lambda part: part[: len(part) // 2]), "Excel のファイルとして読めません"),
        (_with("xl/workbook.xml", lambda part: b'<!DOCTYPE a [<!ENTITY b "c">]>' + part), "DOCTYPE"),
        (_with("xl/vbaProject.bin", lambda _part: b"macro"), "マクロ"),
        (workbooks.saved(Workbook()), "市が送った様式ではありません"),
    ],
)
def test_what_is_no_filled_form_is_told_in_words(content: bytes, told: str) -> None:
    """Each names the file; nothing is computed, followed or unpacked beyond its limit."""
    with pytest.raises(InputError, match=told):
        _FORMS.stamp("返事.xlsx", content)
    with pytest.raises(InputError, match=r"返事\.xlsx"):
        _FORMS.read("返事.xlsx", content, sent=_made(), today=date(2026, 6, 10))


_ASKING = [
    (code, name)
    for code in papers.CITIES.codes()
    for name, rule in papers.CITIES.city(code).mails.items()
    if rule.answer_form
]


@pytest.mark.parametrize(("code", "name"), _ASKING)
def test_every_mail_that_asks_has_a_form_that_can_be_read_back(code: str, name: str) -> None:
    """Of every city: made, and read back empty, with the problems of an empty form or none."""
    rule = papers.CITIES.city(code).mails[name]
    dates = [{"label": "6月8日 14時", "value": "0"}]
    sent = _made(code, rule.answer_form, meetingDates=dates)
    answer = _read(sent, sent)
    assert _FORMS.stamp("x", sent).form == rule.answer_form
    assert all(problem.startswith("シート『様式』のセル ") for problem in answer.problems)
    assert not any("{{" in str(cell.value) for row in load_workbook(BytesIO(sent)).worksheets[0] for cell in row)
