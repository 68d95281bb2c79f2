"""Figures on the desk and for the public: right, readable, and nobody's personal data (ALL-7, ASA-7, CHI-8)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import pytest_asyncio

from tests.kit.countedlists import asahikawa_rows, collaborations
from tests.kit.deskpages import DeskAtWork, desk_at
from tests.kit.lists import HEADINGS, write_list
from tests.kit.registry import some_agreement, some_case
from workers.cli.importing import import_file
from workers.domain.agreements import Activity, ActivityStatus
from workers.domain.entities import CaseOutcome
from workers.drawing.charts import Series, stacked_bars
from workers.errors import InputError
from workers.pages.publication import Publication, publication, save

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.asyncio
CANARY = "カナリア"


@pytest_asyncio.fixture(name="desk")
async def _desk(tmp_path: Path) -> AsyncIterator[DeskAtWork]:
    async with desk_at(f"sqlite+aiosqlite:///{tmp_path / 'registry.sqlite3'}", tmp_path) as desk:
        yield desk


async def _import(desk: DeskAtWork, city: str, file: Path) -> None:
    await import_file(desk.services, desk.services.packs.city(city), file)


async def _published(desk: DeskAtWork, city: str, year: int) -> Publication:
    async with desk.open_unit() as unit:
        return await publication(unit, unit.cities.city(city), year)


def _rows(made: Publication, name: str) -> list[dict[str, str]]:
    content = made.files[name]
    assert content.startswith(b"\xef\xbb\xbf"), "UTF-8 that spreadsheets recognise"
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def _cells(page: str, first: str) -> list[str]:
    """Return the cells of a table's row that begins with a text."""
    row = re.search(rf'<tr><th scope="row">{re.escape(first)}</th>(.*?)</tr>', page, re.DOTALL)
    assert row is not None, first
    return re.findall(r"<td[^>]*>([^<]*)</td>", row[1])


async def test_asahikawas_figures_are_on_the_page_and_in_the_publication(
    desk: DeskAtWork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ASA-7: 329 in force on 令和6年6月1日, 32 of them new, 旭山動物園 18."""
    headings = (*HEADINGS, "所管", "形態")
    await _import(desk, "asahikawa", write_list(tmp_path / "a.csv", asahikawa_rows(), headings=headings))
    async with desk.browser("demo") as browser:  # of every city's office
        page = (await browser.get("/desk/figures?city=asahikawa&year=2024&on=令和6年6月1日")).text
    assert "令和6年6月1日に効力のある協定は329件、うち令和5年6月2日以降に締結したものは32件です" in page
    assert re.search(r"旭山動物園[^<]*</td><td class=\"number\">18<", page)
    monkeypatch.setattr(type(desk.services.clock), "today", lambda _: date(2024, 6, 1))
    made = await _published(desk, "asahikawa", 2024)
    page = made.files["index.html"].decode()
    assert "329件、うち令和5年6月2日以降に締結したものは32件" in page
    assert re.search(r"旭山動物園[^<]*</td><td class=\"number\">18<", page)
    rows = _rows(made, "agreements.csv")
    assert sum("旭山動物園" in row["所管"] for row in rows) == 18
    assert sum(row["締結日_ISO"] <= "2024-06-01" for row in rows) == 329


async def test_chigasakis_forms_by_year_are_on_the_page_and_in_the_publication(
    desk: DeskAtWork, tmp_path: Path
) -> None:
    """CHI-8: the table of 平成28年度 to 令和2年度 from 2,473 records."""
    with (ROOT / "tests" / "data" / "chigasaki-forms.csv").open(encoding="utf-8", newline="") as file:
        real = list(csv.DictReader(file))
    headings = ("番号", "協定名", "相手方", "締結日", "満了日", "実施形態", "形態")
    await _import(desk, "chigasaki", write_list(tmp_path / "a.csv", collaborations(real), headings=headings))
    async with desk.browser("demo") as browser:
        shown = (await browser.get("/desk/figures?city=chigasaki&year=2020")).text
    made = await _published(desk, "chigasaki", 2020)
    for page in (shown, made.files["index.html"].decode()):
        table = page[page.index("形態別の件数の表") :]
        for year in real:
            assert _cells(table, year["年度"]) == list(year.values())[1:]
        chart = page[page.index("<title>形態別の件数</title>") :]
        assert "平成28年度 521件、平成29年度 548件、平成30年度 579件、令和元年度 604件、令和2年度 221件" in chart
    counted = {
        (row["年度_西暦"], row["内訳"]): row["協定"] for row in _rows(made, "figures.csv") if row["区分"] == "連携事項"
    }
    assert sorted(counted.values()) == sorted(year[form] for year in real for form in list(year)[1:-1])


async def test_what_became_of_the_offers_and_how_long_it_took(desk: DeskAtWork) -> None:
    """ALL-7: by year, field and department; what was begun by mistake is no offer."""
    outcomes = (
        (CaseOutcome.SIGNED, date(2026, 5, 11)),
        (CaseOutcome.SIGNED, date(2026, 5, 31)),
        (CaseOutcome.INDIVIDUAL, date(2026, 5, 2)),
        (CaseOutcome.DECLINED, date(2026, 5, 2)),
        (CaseOutcome.WITHDRAWN, date(2026, 5, 2)),
        (CaseOutcome.CANCELLED, date(2026, 5, 2)),
        (None, None),
    )
    async with desk.open_unit() as unit:
        for number, (outcome, closed) in enumerate(outcomes, start=1):
            case = some_case(f"isesaki-2026-{number}", city="isesaki", opened_on=date(2026, 5, 1))
            case.outcome, case.closed_on = outcome, closed
            case.projects[0].department = "kikaku"
            await unit.cases.add(case)
    async with desk.browser("sato") as browser:
        page = (await browser.get("/desk/figures")).text
    offers = page[page.index("申出と、その結果の表") :]
    assert _cells(offers, "令和8年度") == ["6", "2", "1", "1", "1", "1", "20", "30"]
    assert _cells(page[page.index("担当課ごとの申出の表") :], "企画部企画調整課") == _cells(offers, "令和8年度")
    made = await _published(desk, "isesaki", 2026)
    whole = next(row for row in _rows(made, "offers.csv") if row["区分"] == "全体")
    assert (whole["締結"], whole["締結までの日数_中央値"]) == ("2", "20")


async def test_nothing_of_a_person_is_published(desk: DeskAtWork) -> None:
    """Neither contacts nor texts that people wrote; a partner who is a person has no name."""
    async with desk.open_unit() as unit:
        for number, kind in enumerate(("企業", "市民"), start=1):
            case = some_case(f"isesaki-2026-{number}", city="isesaki")
            partner = case.partner
            assert partner is not None
            for name in ("representative", "contact", "email", "phone", "address"):
                setattr(partner, name, f"{CANARY}{name}")
            partner.name = "株式会社みどり" if kind == "企業" else f"{CANARY} 花子"
            await unit.cases.add(case)
            title = f"{partner.name}との協定"
            signed = some_agreement(case, id=f"isesaki-a{number}", partner_kind=kind, title=title)
            await unit.agreements.add(signed)
            await unit.activities.add(
                Activity(
                    agreement_id=signed.id, case_id=None, fiscal_year=2026, field=1, title="見守り",
                    content=CANARY, result=CANARY, evaluation=CANARY, reason=CANARY, status=ActivityStatus.DONE,
                )
            )  # fmt: skip
    made = await _published(desk, "isesaki", 2026)
    everything = "".join(content.decode() for content in made.files.values())
    assert CANARY not in everything
    assert "株式会社みどり" in everything
    assert "（個人）との協定" in everything
    assert [row["状況"] for row in _rows(made, "projects.csv")] == ["実施済み", "実施済み"]
    assert (made.counts["agreements"], made.counts["projects"]) == (2, 2)


async def test_a_year_without_anything_and_one_that_has_not_begun(desk: DeskAtWork, tmp_path: Path) -> None:
    made = await _published(desk, "isesaki", 2025)
    assert list(made.files) == ["index.html"]
    assert "令和7年度に効力のあった協定はありません" in made.files["index.html"].decode()
    assert [path.name for path in save(made, tmp_path / "out")] == ["index.html"]
    with pytest.raises(InputError, match="まだ始まっていません"):
        await _published(desk, "isesaki", 2027)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="書き込めません"):
        save(made, tmp_path / "file")


async def test_figures_are_those_of_ones_own_city(desk: DeskAtWork) -> None:
    async with desk.browser("ito") as browser:
        assert (await browser.get("/desk/figures")).status_code == 200
        assert (await browser.get("/desk/figures?city=date")).status_code == 404
        wrong = (await browser.get("/desk/figures?year=いつか&on=きのう")).text
        assert "年度が読めません" in wrong
        assert "日付が読めません" in wrong
    async with desk.browser("nobody") as browser:
        assert (await browser.get("/desk/figures")).status_code == 404


async def test_a_chart_is_drawn_for_eyes_and_screen_readers() -> None:
    series = [Series(name="締結", values=[3, 0]), Series(name="<見送り>", values=[1, 2])]
    drawn = stacked_bars("申出", "令和8年度 4件", ["令和8年度", "とても" * 20], series, unit="件")
    root = ET.fromstring(drawn)  # noqa: S314 (our own)
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    assert [root.findtext(f"{space}{name}") for name in ("title", "desc")] == ["申出", "令和8年度 4件"]
    texts = [one.text for one in root.iter(f"{space}text")]
    assert {"締結", "<見送り>", "4件", "2件", "3"} <= set(texts)
    width = float(root.get("width") or 0)
    for box in root.iter(f"{space}rect"):
        assert 0 <= float(box.get("x") or 0) <= width - float(box.get("width") or 0)
