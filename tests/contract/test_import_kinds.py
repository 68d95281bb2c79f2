"""Lists as offices have them, by the command's own path: files of every kind, broken rows, corrections (ALL-10)."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
import pytest_asyncio
from click.testing import CliRunner
from openpyxl import Workbook

from tests.kit.lists import HEADINGS, list_rows, write_list
from tests.kit.registry import MORNING
from workers.adapters.listfiles import open_rows
from workers.cli import main
from workers.cli.importing import import_file
from workers.errors import InputError
from workers.settings import Settings
from workers.trial.clock import EngineClock
from workers.usecases.import_agreements import ImportOptions, ImportResult
from workers.wiring import Services, services

Row = dict[str, str]
GOOD = {**next(list_rows(1)), "締結日": "令和8年5月1日"}
_LOCKED = b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
_STYLES = """<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="2">
<numFmt numFmtId="170" formatCode="&quot;第&quot;0&quot;号&quot;"/><numFmt numFmtId="171" formatCode="000"/></numFmts>
<cellXfs count="5"><xf numFmtId="0"/><xf numFmtId="30"/><xf numFmtId="57"/><xf numFmtId="170"/>
<xf numFmtId="171"/></cellXfs>
</styleSheet>"""


@pytest_asyncio.fixture
async def built(database_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    """Services on an empty registry; the day is 2026-06-01."""
    clock = EngineClock()
    clock.pinned = MORNING
    async with services(Settings(data=tmp_path, database_url=database_url), clock=clock) as made:
        yield made


async def _import(built: Services, file: Path, **options: object) -> ImportResult:
    return await import_file(built, built.packs.city("isesaki"), file, **options)  # type: ignore[arg-type]


def _workbook(path: Path, cells: str, *, strict: bool = False) -> Path:
    """Write a workbook by hand: a row of headings A to F and the cells of row 2."""
    main_ns = (
        "http://purl.oclc.org/ooxml/spreadsheetml/main"
        if strict
        else "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    )
    kinds = (
        "http://purl.oclc.org/ooxml/officeDocument/relationships"
        if strict
        else "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    )
    names = "".join(
        f'<c r="{letter}1" t="inlineStr"><is><t>{name}</t></is></c>'
        for letter, name in zip("ABCDEF", ("番号", "協定名", "相手方", "締結日", "満了日", "連携事項"), strict=True)
    )
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}"><Relationship Id="r" Type="{kinds}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main_ns}" xmlns:r="{kinds}"><sheets><sheet name="台帳" sheetId="1" r:id="s"/></sheets>'
            "</workbook>",
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}"><Relationship Id="s" Type="{kinds}/worksheet" Target="sheet.xml"/>'
            f'<Relationship Id="t" Type="{kinds}/styles" Target="styles.xml"/></Relationships>',
        )
        book.writestr("xl/styles.xml", _STYLES)
        book.writestr(
            "xl/sheet.xml",
            f'<worksheet xmlns="{main_ns}"><sheetData><row r="1">{names}</row><row r="2">{cells}</row></sheetData>'
            "</worksheet>",
        )
    return path


def _second_row(path: Path) -> list[str]:
    with open_rows(path) as rows:
        return list(rows)[1]


@pytest.mark.parametrize("strict", [False, True])
def test_a_cell_is_read_as_a_person_sees_it(tmp_path: Path, *, strict: bool) -> None:
    """Japanese date formats by number, numbers with words, saved values of formulas, line ends, no readings."""
    cells = (
        '<c r="A2" s="3"><v>7</v></c>'
        '<c r="B2" t="inlineStr"><is><t>協定_x000D_\n（第2期）</t><rPh sb="0" eb="1"><t>キョウテイ</t></rPh></is></c>'
        '<c r="C2" t="str"><f>VLOOKUP(1,A:B,2)</f><v>株式会社うめ</v></c>'
        '<c r="D2" s="1"><v>46143</v></c>'
        '<c r="E2" s="2"><f>EDATE(D2,11)</f><v>46477</v></c><c r="F2" s="4"><v>5</v></c>'
    )
    found = _second_row(_workbook(tmp_path / "a.xlsx", cells, strict=strict))
    assert found == ["第7号", "協定\n（第2期）", "株式会社うめ", "2026-05-01", "2027-03-31", "005"]


@pytest.mark.asyncio
async def test_cells_without_a_value_are_named(built: Services, tmp_path: Path) -> None:
    cells = (
        '<c r="A2"><v>1</v></c><c r="B2" t="inlineStr"><is><t>協定</t></is></c><c r="C2"><f>A9</f></c>'
        '<c r="D2" t="e"><v>#N/A</v></c><c r="F2"><v>5</v></c>'
    )
    result = await _import(built, _workbook(tmp_path / "a.xlsx", cells), keep_errors=True)
    told = " ".join(error.message for error in result.errors)
    assert "セル C2 の式の計算結果がファイルに保存されていません" in told
    assert "セル D2 が Excel のエラー（#N/A）" in told


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.xls", b"\xd0\xcf\x11\xe0" + bytes(600), "古い Excel の形式"),
        ("a.xlsx", _LOCKED, "パスワードを消してから"),
        ("a.xls", "<html><body><table><tr><td>番号</td></tr></table>".encode(), "Web ページ（HTML）です"),
        ("a.xls", b"<?xml version='1.0'?><Workbook xmlns='urn:x'/>", "XML スプレッドシートです"),
        ("a.pdf", b"%PDF-1.7", "PDFです"),
        ("a.xlsx", "番号,協定名\n1,甲\n".encode(), "中身は CSV"),
    ],
)
def test_another_kind_of_file_is_named_with_what_to_do_in_excel(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message) as refused, open_rows(tmp_path / name) as rows:
        list(rows)
    assert "Excel で開き" in refused.value.message


def test_libreoffice_and_renamed_workbooks_are_named(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    _workbook(tmp_path / "b.csv", "")
    for name, message in (("a.ods", "LibreOffice"), ("b.csv", "中身は Excel ブック")):
        with pytest.raises(InputError, match=message), open_rows(tmp_path / name) as rows:
            list(rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_csv_with_its_oddities(tmp_path: Path, encoding: str) -> None:
    """An old end-of-file sign, tabs, quotes with line breaks, numbers forced to be text."""
    sign = "\t" if encoding == "utf-16" else ","
    lines = [["番号", "協定名"], ['="007"', '"甲\n（第2期）"'], ["8", '"乙、""丙"""']]
    (tmp_path / "a.csv").write_text("\r\n".join(map(sign.join, lines)) + "\r\n\x1a", encoding=encoding, newline="")
    with open_rows(tmp_path / "a.csv") as rows:
        found = [row for row in rows if any(row)]
    assert found == [["番号", "協定名"], ["007", "甲\n（第2期）"], ["8", '乙、"丙"']]


@pytest.mark.asyncio
async def test_every_result_names_what_was_not_read(built: Services, tmp_path: Path) -> None:
    """Columns that hold something, other sheets, rows that are no agreements, computed days."""
    book = Workbook()
    sheet = book.active
    book.create_sheet("旧")
    sheet.append(["番号", "協定名", "相手方", "締結日", "連携事項", "決裁番号", "空の列"])
    sheet.append(["1", "見守りの協定", "有限会社うめ", "令和8年5月1日", "1", "甲-3", ""])
    sheet.append(["合計", "", "1件"])
    book.save(tmp_path / "a.xlsx")
    result = await _import(built, tmp_path / "a.xlsx")
    assert (result.added, result.unused, result.skipped_rows, result.computed_rows) == (1, ["決裁番号"], 1, 1)
    assert result.notes == ["シート「Sheet」だけを読みます。ほかのシート（旧）は読みません"]
    assert [(row.row, row.why) for row in result.skipped] == [(3, "合計")]


_BREAKS: tuple[tuple[str, str, str], ...] = (
    ("番号", "", "番号: 入力してください"),
    ("番号", "x" * 61, "番号: 長すぎます"),
    ("番号", "3", "番号: 「3」は、このファイルの前の行にもあります"),
    ("協定名", "", "協定名: 入力してください"),
    ("協定名", "あ" * 301, "協定名: 長すぎます"),
    ("協定名", "見\u200b守り", "協定名: 目に見えない文字"),
    ("協定名", "外字\ue000", "協定名: 外字"),
    ("相手方", "", "相手方: 入力してください"),
    ("相手方", "さくら商店\nうめ屋", "相手方: .*いくつかの相手方か分かりません"),
    ("相手方", "a" * 201, "相手方: 長すぎます"),
    ("代表者", "あ" * 101, "代表者: 長すぎます"),
    ("担当者", "担\u0007当", "担当者: "),
    ("メール", "tanto.example", "メール: メールアドレスの形ではありません"),
    ("メール", "a@b@c.example", "メール: メールアドレスの形ではありません"),
    ("相手方の種別", "企" * 61, "相手方の種別: 長すぎます"),
    ("業種", "小" * 61, "業種: 長すぎます"),
    ("締結日", "", "締結日: 入力してください"),
    ("締結日", "令和8年2月30日", "締結日: 「令和8年2月30日」はない日付です"),
    ("締結日", "平成40年1月1日", "締結日: .*平成は31年までです"),
    ("締結日", "令和0年1月1日", "締結日: .*元年から始まります"),
    ("締結日", "令和8年4月", "締結日: .*日がありません"),
    ("締結日", "8.4.1", "締結日: .*元号の年か西暦か分かりません"),
    ("締結日", "46113", "締結日: .*シリアル値"),
    ("締結日", "調整中", "締結日: .*日付として読めません"),
    ("締結日", "令和9年4月1日", "締結日: 令和9年4月1日はまだ来ていません"),
    ("満了日", "令和7年3月31日", "満了日: .*より前です"),
    ("満了日", "9999-12-30", "満了日: .*先の年すぎます"),
    ("満了日", "令和8年6月1日～", "満了日: .*終わりの日がありません"),
    ("連携事項", "", "連携事項: 入力してください"),
    ("連携事項", "99", "連携事項: 「99」は伊勢崎市の連携事項にありません"),
)


@pytest.mark.asyncio
async def test_three_hundred_broken_rows_are_each_named_and_no_good_row_is_lost(
    built: Services, tmp_path: Path
) -> None:
    """Thirty kinds of mistakes, ten rows of each among as many good ones: row, column and reason in Japanese."""
    rows, wanted = [], {}
    good = iter(list_rows(300))
    for turn in range(10):
        for kind, (column, value, reason) in enumerate(_BREAKS):
            rows.append(next(good))
            wanted[len(rows) + 2] = reason
            rows.append({**GOOD, "番号": f"b{turn}-{kind}", "相手方の種別": "企業", column: value})
    bad = tmp_path / "bad.csv"
    result = await _import(built, write_list(tmp_path / "a.csv", rows), skip_bad=bad)
    assert (result.rows, result.added, result.error_rows, result.skipped_rows) == (600, 300, 300, 0)
    with bad.open(encoding="utf-8-sig", newline="") as file:
        told = {int(row["行"]): row["誤り"] for row in csv.DictReader(file)}
    assert sorted(told) == sorted(wanted)

    missed = [
        (row, told[row], reason) for row, reason in wanted.items() if not re.search(f"{row}行目 {reason}", told[row])
    ]
    assert missed == []


@pytest.mark.asyncio
async def test_a_corrected_list_is_compared_taken_and_kept_in_the_history(built: Services, tmp_path: Path) -> None:
    """ALL-6: number, column, old and new; nothing changes before it is asked for; what stood there stays on record."""
    await _import(built, write_list(tmp_path / "a.csv", list_rows(3)))
    rows = list(list_rows(3))
    rows[1] |= {"満了日": "令和11年3月31日", "相手方": "株式会社みどり二", "メール": "", "連携事項": "1、5"}
    file = write_list(tmp_path / "b.csv", rows)
    result = await _import(built, file)
    assert (result.added, result.known, result.changed, result.corrected) == (0, 3, 1, 0)
    assert [change.in_words for change in result.changes][:2] == [
        "番号 2 相手方: 株式会社みどり2 → 株式会社みどり二",
        "番号 2 連携事項: " + result.changes[1].old + " → " + result.changes[1].new,
    ]
    assert {change.column for change in result.changes} == {"相手方", "満了日", "連携事項"}, (
        "an empty cell changes none"
    )
    assert (await _import(built, file, options=ImportOptions(correct=True, source="b.csv"))).corrected == 1
    async with built.open_unit() as uow:
        agreement = await uow.agreements.get("isesaki-a2")
        kept = await uow.register.corrections("isesaki-a2")
    assert agreement.partner is not None
    assert (agreement.partner.name, agreement.partner.email) == ("株式会社みどり二", "tanto2@partner2.example")
    assert (agreement.parties, list(agreement.fields)) == (["株式会社みどり二"], [1, 5])
    term = agreement.current_term
    assert (term.expires_on, term.notice_deadline) == (date(2029, 3, 31), date(2029, 2, 28))
    assert [(entry.column, entry.source) for entry in kept] == [
        (name, "b.csv") for name in ("相手方", "連携事項", "満了日")
    ]
    assert (await _import(built, file)).changed == 0


@pytest.mark.asyncio
async def test_a_list_without_numbers_is_known_again(built: Services, tmp_path: Path) -> None:
    headings = [name for name in HEADINGS if name != "番号"]
    rows = [{name: row[name] for name in headings} for row in list_rows(3)]
    file = write_list(tmp_path / "a.csv", rows, headings=headings)
    assert (await _import(built, file)).added == 3
    again = await _import(built, file)
    assert (again.added, again.known, again.changed) == (0, 3, 0)


@pytest.mark.asyncio
async def test_what_was_chosen_for_a_heading_is_remembered_for_the_city(built: Services, tmp_path: Path) -> None:
    headings = ["だれと" if name == "相手方" else name for name in HEADINGS]
    rows = [dict(zip(headings, row.values(), strict=True)) for row in list_rows(2)]
    file = write_list(tmp_path / "a.csv", rows, headings=headings)
    with pytest.raises(InputError, match="相手方 の列がありません"):
        await _import(built, file)
    await _import(built, file, options=ImportOptions(columns={"だれと": "partner"}))
    assert (await _import(built, file)).known == 2


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_what_is_exported_and_imported_changes_nothing(database_url: str, tmp_path: Path, ending: str) -> None:
    """Into the same register no difference; into an empty one, the same list comes out again."""
    rows = [
        {**row, "相手方": f"{row['相手方']}、梅組合{number}", "備考": f"写し{number}", "電話": "0270-00-0000"}
        for number, row in enumerate(list_rows(40))
    ]
    rows[3] |= {"満了日": "無期限"}
    rows[4] |= {"更新の定め": "あり", "更新の年数": "3", "申出の月数": "2"}
    headings = (*HEADINGS, "備考", "電話", "更新の定め", "更新の年数", "申出の月数")
    file = write_list(tmp_path / "a.csv", rows, headings=headings)
    runner = CliRunner(env={"RENKEI_DATABASE_URL": database_url})
    assert runner.invoke(main, ["import", str(file), "--city", "isesaki", "--data", str(tmp_path)]).exit_code == 0
    out = _exported(runner, tmp_path, f"out.{ending}")
    again = runner.invoke(main, ["import", str(out), "--city", "isesaki", "--data", str(tmp_path), "--json"])
    found = json.loads(again.stdout)
    assert (found["added"], found["known"], found["changed"], found["unused"]) == (
        0,
        40,
        0,
        ["状態"],
    )  # follows from the days: told as not read
    other = CliRunner(env={"RENKEI_DATABASE_URL": ""})
    elsewhere = tmp_path / "other"
    assert other.invoke(main, ["import", str(out), "--city", "isesaki", "--data", str(elsewhere)]).exit_code == 0
    assert _rows(_exported(other, elsewhere, f"out.{ending}")) == _rows(out)


def _exported(runner: CliRunner, folder: Path, name: str) -> Path:
    path = folder / name
    asked = ["agreements", "--on", "2026-06-15", "--city", "isesaki", "--contacts", "--data", str(folder)]
    if path.suffix == ".xlsx":
        assert runner.invoke(main, [*asked, "--xlsx", str(path)]).exit_code == 0
    else:
        path.write_text(runner.invoke(main, [*asked, "--csv"]).stdout, encoding="utf-8", newline="")
    return path


def _rows(path: Path) -> list[list[str]]:
    with open_rows(path) as rows:
        return list(rows)
