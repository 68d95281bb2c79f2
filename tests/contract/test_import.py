"""An office's list goes into the registry whole or not at all (ALL-6, ALL-7, ALL-10, ASA-7, CHI-8)."""

from __future__ import annotations

import csv
import time
import zipfile
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
import pytest_asyncio
from openpyxl import Workbook

from tests.kit.countedlists import asahikawa_rows, collaborations
from tests.kit.lists import HEADINGS, list_rows, write_list
from tests.kit.registry import MORNING
from tests.kit.work import open_publication
from workers.adapters.listfiles import open_rows
from workers.cli.agreements import entries
from workers.cli.importing import import_file
from workers.domain.agreements import Activity, ActivityStatus, AgreementEnd
from workers.domain.bookrows import entry_row
from workers.domain.register import RegisterEntry, RegisterQuery
from workers.domain.wareki import format_wareki
from workers.errors import InputError, InputErrors
from workers.jobs.forms.procedure import agreement_summary
from workers.settings import Settings
from workers.trial.clock import EngineClock
from workers.usecases.import_agreements import ImportResult
from workers.usecases.ports import JobRef
from workers.usecases.publications import activity_report
from workers.usecases.statistics import by_year_and_field, statistics
from workers.wiring import Services, services

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.asyncio
Row = dict[str, str]


@pytest_asyncio.fixture
async def built(database_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    """Services on an empty registry; the day is 2026-06-01."""
    clock = EngineClock()
    clock.pinned = MORNING
    async with services(Settings(data=tmp_path, database_url=database_url), clock=clock) as made:
        yield made


async def _import(built: Services, city: str, file: Path, **options: object) -> ImportResult:
    return await import_file(built, built.packs.city(city), file, **options)  # type: ignore[arg-type]


async def _in_force(built: Services, on: date, **query: object) -> list[RegisterEntry]:
    return await entries(built, RegisterQuery(first=on, last=on, **query))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "encoding"), [("a.csv", "utf-8"), ("a.csv", "utf-8-sig"), ("a.csv", "cp932"), ("a.xlsx", "")]
)
async def test_a_list_in_any_usual_form_is_imported(built: Services, tmp_path: Path, name: str, encoding: str) -> None:
    """UTF-8, Shift_JIS and Excel; the agreements are in force and take part like others."""
    file = write_list(tmp_path / name, list_rows(30), encoding=encoding)
    result = await _import(built, "isesaki", file)
    assert (result.rows, result.added, result.known, result.error_rows) == (30, 30, 0, 0)
    found = await _in_force(built, date(2026, 6, 1), city="isesaki")
    assert len(found) == 30
    async with built.open_unit() as uow:
        agreement = await uow.agreements.get("isesaki-a1")
        assert len(await uow.agreements.in_force(date(2026, 6, 1), city="isesaki")) == 30
    assert agreement.partner is not None
    assert (agreement.number, agreement.partner.name, agreement.case_id) == ("1", "株式会社みどり1", None)
    assert (agreement.current_term.number, agreement.current_term.notice_deadline) == (1, date(2027, 2, 28))
    assert "令和9年3月31日" in agreement_summary(agreement, built.packs.city("isesaki"))


async def test_a_list_can_be_read_again_and_continued(built: Services, tmp_path: Path) -> None:
    """A 番号 that is there is left as it is; numbers of agreements are never used twice."""
    await _import(built, "isesaki", write_list(tmp_path / "a.csv", list_rows(20)))
    again = await _import(built, "isesaki", write_list(tmp_path / "b.csv", list_rows(25)))
    assert (again.added, again.known) == (5, 20)
    found = await _in_force(built, date(2026, 6, 1))
    assert sorted(entry.id for entry in found) == sorted(f"isesaki-a{number}" for number in range(1, 26))
    other = await _import(built, "date", write_list(tmp_path / "c.csv", list_rows(2)))
    assert other.added == 2, "another city's numbers are its own"


async def test_one_bad_row_and_nothing_is_imported(built: Services, tmp_path: Path) -> None:
    """Every problem with row and column, how many rows are bad, and an untouched registry."""
    rows = [*list_rows(1200), {**next(list_rows(1)), "番号": "x", "締結日": "令和8年2月30日", "連携事項": ""}]
    rows += [{**rows[0]}]
    with pytest.raises(InputErrors) as refused:
        await _import(built, "isesaki", write_list(tmp_path / "a.csv", rows))
    assert [error.message for error in refused.value.errors] == [
        "1202行目 締結日: 「令和8年2月30日」はない日付です",
        "1202行目 連携事項: 入力してください",
        "1203行目 番号: 「1」は、このファイルの前の行にもあります",
        "取り込み: 1202 行のうち 2 行に誤りがあるため、何も取り込みませんでした",
    ]
    assert await _in_force(built, date(2026, 6, 1)) == []


async def test_bad_rows_go_into_a_file_and_the_mended_file_is_imported(built: Services, tmp_path: Path) -> None:
    rows = list(list_rows(4))
    rows[1] = {**rows[1], "連携事項": "99", "協定名": "=1+1"}
    rows[3] = {**rows[3], "番号": "1"}
    bad = tmp_path / "bad.csv"
    result = await _import(built, "isesaki", write_list(tmp_path / "a.csv", rows), skip_bad=bad)
    assert (result.added, result.error_rows) == (2, 2)
    text = bad.read_text(encoding="utf-8-sig")
    assert "'=1+1" in text
    assert "3,3行目 連携事項: 「99」は伊勢崎市の連携事項にありません" in text
    assert "5,5行目 番号: 「1」は、このファイルの前の行にもあります" in text
    bad.write_text(text.replace(",99,", ",1,").replace("\n1,", "\n4,"), encoding="utf-8")
    assert (await _import(built, "isesaki", bad)).added == 2
    titles = [entry.title for entry in await _in_force(built, date(2026, 6, 1))]
    assert "=1+1" in titles


async def test_a_dry_run_changes_nothing(built: Services, tmp_path: Path) -> None:
    file = write_list(tmp_path / "a.csv", list_rows(3))
    assert (await _import(built, "isesaki", file, dry_run=True)).added == 3
    assert await _in_force(built, date(2026, 6, 1)) == []
    await _import(built, "isesaki", file)
    assert (await _in_force(built, date(2026, 6, 1)))[0].id == "isesaki-a1"


async def test_an_excel_list_with_days_numbers_and_formulas(built: Services, tmp_path: Path) -> None:
    """Cells that are days or numbers in Excel are read as a person sees them; a formula needs its saved value."""
    book = Workbook()
    sheet = book.active
    sheet.append(["伊勢崎市 協定一覧"])
    sheet.append(list(HEADINGS))
    sheet.append([1, "=1+1", "有限会社うめ", "", "", "", "企業", "", date(2026, 5, 1), date(2027, 3, 31), 1])
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(InputErrors, match="3行目 協定名: セル B3 の式の計算結果がファイルに保存されていません"):
        await _import(built, "isesaki", tmp_path / "a.xlsx")
    sheet["B3"] = "見守りの協定"
    book.save(tmp_path / "a.xlsx")
    assert (await _import(built, "isesaki", tmp_path / "a.xlsx")).without_email == 1
    (entry,) = await _in_force(built, date(2026, 6, 1))
    assert (entry.number, entry.title, entry.signed_on, entry.fields) == ("1", "見守りの協定", date(2026, 5, 1), (1,))


async def test_an_old_rules_agreement_and_an_ended_one_are_kept_as_such(built: Services, tmp_path: Path) -> None:
    """ISE-T3: the mark of an agreement made before the guideline comes from the list."""
    rows = [
        {**row, "旧要綱": mark, "終了日": ended}
        for row, mark, ended in zip(list_rows(2), ("○", ""), ("", "令和8年5月31日"), strict=True)
    ]
    file = write_list(tmp_path / "a.csv", rows, headings=(*HEADINGS, "旧要綱", "終了日"))
    await _import(built, "isesaki", file)
    async with built.open_unit() as uow:
        old, ended = await uow.agreements.get("isesaki-a1"), await uow.agreements.get("isesaki-a2")
    assert (old.whole_guideline, ended.whole_guideline) == (False, True)
    assert (ended.ended_on, ended.end) == (date(2026, 5, 31), AgreementEnd.TERMINATED)
    assert [entry.id for entry in await _in_force(built, date(2026, 6, 1))] == ["isesaki-a1"]
    assert len(await _in_force(built, date(2026, 5, 31))) == 2


async def test_an_agreement_before_the_guideline_is_known_by_its_date(built: Services, tmp_path: Path) -> None:
    """ISE-T3: no mark is needed; its term is the one that it says, never the new rule's."""
    own = {"更新の年数": "3年", "申出の月数": "3か月前"}
    rows = [{**row, "締結日": day} for row, day in zip(list_rows(2), ("令和8年3月31日", "令和8年4月1日"), strict=True)]
    headings = (*HEADINGS, *own)
    await _import(built, "isesaki", write_list(tmp_path / "a.csv", [{**rows[0], **own}, rows[1]], headings=headings))
    async with built.open_unit() as uow:
        old, new = await uow.agreements.get("isesaki-a1"), await uow.agreements.get("isesaki-a2")
    assert (old.whole_guideline, new.whole_guideline) == (False, True)
    assert (old.renewal_years, old.notice_months, new.renewal_years, new.notice_months) == (3, 3, None, None)
    with pytest.raises(InputErrors, match="協定書にある更新の年数を入力してください"):
        await _import(built, "isesaki", write_list(tmp_path / "c.csv", [{**rows[0], "番号": "8"}]))
    (silent,) = list_rows(1)
    file = write_list(tmp_path / "b.csv", [{**silent, "番号": "9", "締結日": "令和5年7月1日", "満了日": ""}])
    with pytest.raises(InputErrors, match="令和8年4月1日より前に結んだ協定は、協定書にある満了日を入力してください"):
        await _import(built, "isesaki", file)


async def test_an_agreement_without_an_end_comes_and_goes_as_such(built: Services, tmp_path: Path) -> None:
    """D-3, D-5: 無期限 and an agreement's own years of renewal; an exported list can be read again."""
    rows = list(list_rows(2))
    rows[0] |= {"満了日": "無期限"}
    headings = (*HEADINGS, "更新の定め", "更新の年数")
    rows[1] |= {"更新の定め": "あり", "更新の年数": "3年"}
    result = await _import(built, "isesaki", write_list(tmp_path / "a.csv", rows, headings=headings))
    assert (result.added, result.error_rows) == (2, 0)
    found = [
        entry_row(entry, built.packs.city("isesaki"), date(2050, 4, 1))
        for entry in await _in_force(built, date(2050, 4, 1))
    ]
    assert [(row["expires"], row["expires_on"], row["notice"], row["starts"]) for row in found] == [
        ("無期限", None, "", "令和8年4月2日")
    ]
    async with built.open_unit() as uow:
        endless, renewing = [await uow.agreements.get(f"isesaki-a{number}") for number in (1, 2)]
    assert (endless.current_term.due_on, endless.cycle_due_on is not None) == (None, True)
    assert (renewing.renews, renewing.renewal_years) == (True, 3)
    assert "（無期限）" in agreement_summary(endless, built.packs.city("isesaki"))


async def test_the_register_of_a_day_has_what_asahikawa_counts(built: Services, tmp_path: Path) -> None:
    """ASA-7: 329 in force on 令和6年6月1日, 32 signed since 令和5年6月2日, 旭山動物園 18, equal ones one by one."""
    rows = list(asahikawa_rows())
    file = write_list(tmp_path / "a.csv", rows, headings=(*HEADINGS, "所管", "形態"), encoding="cp932")
    await _import(built, "asahikawa", file)
    day, since = date(2024, 6, 1), date(2023, 6, 2)
    assert len(await _in_force(built, day, city="asahikawa")) == 329
    assert len(await _in_force(built, day, city="asahikawa", since=since)) == 32
    assert len(await _in_force(built, day, city="asahikawa", department="asahiyama")) == 18
    environment = await _in_force(built, day, city="asahikawa", field=6, partner_kind="企業", trade="小売業")
    assert len(environment) == 100
    assert {entry.title for entry in environment} == {"レジ袋の削減に関する協定"}
    assert len(await _in_force(built, day, city="asahikawa", kind="individual")) == 329


async def test_the_list_counts_the_agreements_of_the_day_that_was_asked_for(built: Services, tmp_path: Path) -> None:
    """ASA-7: 329 in force on 1 June, 32 of them signed in the year before; on another day there are others."""
    await _import(built, "asahikawa", write_list(tmp_path / "a.xlsx", list(asahikawa_rows())))
    city = built.packs.city("asahikawa")
    counted = []
    for number, day in enumerate(("令和6年6月1日", "2024-05-31", ""), start=1):
        ref = JobRef(engine_id="t", job_key=number, process_instance_key=number, element_id="E", element_instance_key=1)
        async with built.open_unit() as uow:
            opened = await open_publication(uow, "asahikawa", {"listYear": "令和5年度", "countedOn": day}, ref)
            said = await activity_report(uow, await uow.cases.get(opened["caseId"]), city)
        counted.append((said["in_force_on"], said["in_force"], said["newly_signed"], said["signed_since"]))
    assert counted[0] == ("令和6年6月1日", 329, 32, "令和5年6月2日")
    assert counted[1][0] == "令和6年5月31日"
    assert counted[2][0] == format_wareki(built.clock.today())


async def test_the_forms_of_collaboration_by_fiscal_year(built: Services, tmp_path: Path) -> None:
    """CHI-8: the totals of 平成28年度 to 令和2年度, by form, from an imported list."""
    with (ROOT / "tests" / "data" / "chigasaki-forms.csv").open(encoding="utf-8", newline="") as file:
        real = list(csv.DictReader(file))
    headings = ("番号", "協定名", "相手方", "締結日", "満了日", "実施形態", "形態")
    write_list(tmp_path / "a.csv", collaborations(real), headings=headings, encoding="cp932")
    result = await _import(built, "chigasaki", tmp_path / "a.csv")
    assert (result.added, result.ended) == (2473, 2473)
    async with built.open_unit() as uow:
        rows = await statistics(uow, built.packs.city("chigasaki"), 2016, 2020)
    table = by_year_and_field(rows, built.packs.city("chigasaki"))
    assert [list(line.values())[1:] for line in table] == [[int(n) for n in list(year.values())[1:]] for year in real]
    totals = [row.counts.agreements for row in rows if row.group == "all"]
    assert totals == [521, 548, 579, 604, 221]
    forms = {(row.year, row.name[:2]): row.counts.agreements for row in rows if row.group == "field"}
    assert forms == {
        (2016 + index, form[:2]): int(year[form])
        for index, year in enumerate(real)
        for form in year
        if form not in {"年度", "合計"}
    }


async def test_the_table_of_forms_and_years_leaves_out_what_was_called_off(built: Services, tmp_path: Path) -> None:
    """CHI-8: each form's number and the total in one line a year; what still runs is counted but not done."""
    headings = ("番号", "協定名", "相手方", "締結日", "満了日", "実施形態", "形態")
    rows = [
        {
            "番号": f"{number}",
            "協定名": f"事業 {number}",
            "相手方": f"市民活動団体{number}",
            "締結日": "令和8年4月1日",
            "満了日": "2027-03-31",
            "実施形態": form,
            "形態": "協働",
        }
        for number, form in enumerate(("3", "7", "7", "7"), start=1)
    ]
    await _import(built, "chigasaki", write_list(tmp_path / "a.csv", rows, headings=headings, encoding="cp932"))
    states = {2: ActivityStatus.CANCELLED, 3: ActivityStatus.RUNNING, 4: ActivityStatus.CANCELLED}
    city = built.packs.city("chigasaki")
    async with built.open_unit() as uow:
        for number, status in [*states.items(), (4, ActivityStatus.DONE)]:
            await uow.activities.add(
                Activity(
                    agreement_id=f"chigasaki-a{number}",
                    case_id=None,
                    fiscal_year=2026,
                    field=7,
                    title=f"催し {status}",
                    status=status,
                )
            )
    async with built.open_unit() as uow:
        found = await statistics(uow, city, 2026, 2026)
    (line,) = by_year_and_field(found, city)
    assert {key: value for key, value in line.items() if value} == {"year": 2026, "3": 1, "7": 2, "total": 3}
    (whole,) = [row.counts for row in found if row.group == "all"]
    assert (whole.agreements, whole.called_off, whole.activities, whole.done) == (4, 1, 2, 1)


async def test_statistics_count_projects_by_department_and_cost(built: Services, tmp_path: Path) -> None:
    """ALL-7: agreements and projects of a fiscal year by field, department and partner; what was given up is out."""
    await _import(built, "isesaki", write_list(tmp_path / "a.csv", list_rows(2)))
    async with built.open_unit() as uow:
        states = (ActivityStatus.DONE, ActivityStatus.PLANNED, ActivityStatus.CANCELLED)
        for status, cost in zip(states, (False, True, True), strict=True):
            await uow.activities.add(
                Activity(
                    agreement_id="isesaki-a1",
                    case_id=None,
                    fiscal_year=2026,
                    field=5,
                    title="見守り",
                    department="korei",
                    cost_to_city=cost,
                    status=status,
                )
            )
    async with built.open_unit() as uow:
        rows = await statistics(uow, built.packs.city("isesaki"), 2026, 2026)
        with pytest.raises(InputError, match="年度"):
            await statistics(uow, built.packs.city("isesaki"), 2027, 2026)
    counted = {(row.group, row.key): row.counts for row in rows}
    assert vars(counted["all", ""]) == {
        "agreements": 2, "called_off": 0, "signed": 2, "renewed": 0, "ended": 0, "activities": 2, "done": 1,
        "with_cost": 1,
    }  # fmt: skip
    assert (counted["field", "5"].agreements, counted["field", "5"].activities) == (2, 2)
    assert (counted["department", "korei"].agreements, counted["department", "korei"].activities) == (0, 2)
    assert counted["partner", "株式会社みどり1"].activities == 2
    assert counted["partner", "株式会社みどり2"].activities == 0


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "a.csv: 空のファイルです"),
        ("a.csv", b"PK\x03\x04", "Excel のファイルとして読めません"),
        ("a.csv", b"\x81\x00\xff\xff\x80", "文字を読めません"),
        ("a.csv", b"a,b\x00c", "文字ではないデータ"),
        ("a.csv", '番号,"協定'.encode(), "1行目: 引用符"),
        ("a.xlsx", b"no zip", "Excel のファイルとして読めません"),
    ],
)
async def test_a_file_that_is_no_list_is_told(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(InputError, match=message), open_rows(file) as rows:
        list(rows)


async def test_an_excel_file_with_entities_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as package:
        package.writestr("xl/workbook.xml", " " * 2_000_000 + "<!DOCTYPE a [<!ENTITY b 'c'>]><a/>")
    with pytest.raises(InputError, match="DOCTYPE"), open_rows(tmp_path / "a.xlsx") as rows:
        list(rows)


async def test_five_thousand_rows_take_seconds(built: Services, tmp_path: Path) -> None:
    """A small watch over P5: the work of the processor, so that a busy machine does not matter."""
    file = write_list(tmp_path / "a.csv", list_rows(5_000))
    begun = time.process_time()
    assert (await _import(built, "isesaki", file)).added == 5_000
    assert time.process_time() - begun < 4
