"""The book on the desk: what one finds, sees, takes along and begins there (ALL-6, ALL-21)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Final

import pytest
from icalendar import Calendar
from openpyxl import load_workbook
from sqlalchemy import text

from tests.kit.deskpages import Browser, DeskAtWork, desk_at
from tests.kit.registry import some_agreement, some_case
from workers.domain.agreements import Activity, ActivityStatus, AgreementEnd, AgreementTerm
from workers.domain.entities import CaseKind, CaseOutcome

pytestmark = pytest.mark.asyncio
NOT_FOUND, SEE_OTHER, UNPROCESSABLE = 404, 303, 422
_LATIN: Final = re.compile(r"[A-Za-z]{2,}")


@asynccontextmanager
async def _book(folder: Path) -> AsyncIterator[DeskAtWork]:
    """Return a desk whose book has three agreements of 伊勢崎市 and one of 伊達市."""
    async with desk_at(f"sqlite+aiosqlite:///{folder / 'registry.sqlite3'}", folder) as desk:
        async with desk.open_unit() as unit:
            unit.by = "佐藤 花子"
            for number, city, name, ends, department in (
                (1, "isesaki", "株式会社みどり商事", date(2027, 3, 31), "kikaku"),
                (2, "isesaki", "アオバ保険㈱", date(2026, 6, 20), ""),
                (3, "isesaki", "さくら大学", date(2026, 3, 31), ""),
                (1, "date", "ひかり銀行", date(2029, 3, 31), ""),
            ):
                case = some_case(f"{city}-2025-{number}", city=city)
                assert case.partner is not None
                case.partner.name, case.outcome = name, CaseOutcome.SIGNED
                await unit.cases.add(case)
                term = AgreementTerm(
                    number=1, starts_on=date(2025, 4, number), expires_on=ends, notice_deadline=date(2026, 5, 20)
                )
                over = {"ended_on": ends, "end": AgreementEnd.EXPIRED} if ends < date(2026, 6, 1) else {}
                signed = some_agreement(
                    case, id=f"{city}-a{number}", signed_on=date(2025, 4, number), terms=[term], department=department,
                    title=f"{name}との包括連携協定", **over,
                )  # fmt: skip
                await unit.agreements.add(signed)
            await unit.activities.add(
                Activity(
                    agreement_id="isesaki-a1", case_id=None, fiscal_year=2025, field=1, title="見守り",
                    status=ActivityStatus.DONE, result="50世帯を見守った", department="kikaku",
                )
            )  # fmt: skip
            await unit.documents.store(
                case_id="isesaki-2025-1", kind="agreement", name="協定書.pdf", media_type="application/pdf",
                content=b"%PDF-1.7", draft=False,
            )  # fmt: skip
        yield desk


def _words(page: str) -> str:
    """Return what a page says: without its head, its tags and addresses."""
    body = re.sub(r"(?s)<(head|script|svg).*?</\1>", " ", page)
    return re.sub(r"<[^>]+>", " ", body)


async def test_the_book_is_searched_and_says_how_near_an_end_is(tmp_path: Path) -> None:
    async with _book(tmp_path) as desk, desk.browser("sato") as browser:
        page = (await browser.get("/desk/book")).text
        assert "みどり商事" in page
        assert re.search(
            r'<tr class="near">(?s:.)*?アオバ保険(?s:.)*?満了が近い</span> <span class="left">あと19日', page
        )
        assert "さくら大学" not in page
        assert "ひかり銀行" not in page, "of another city"
        assert not _LATIN.findall(_words(page))
        found = (await browser.get("/desk/book?q=㈱ミドリ&state=all")).text
        assert "みどり商事" in found
        assert "アオバ" not in found
        again = (await browser.get("/desk/book")).text
        assert 'value="㈱ミドリ"' in again, "the search is kept"
        assert "さくら大学" in (await browser.get("/desk/book?state=expired")).text
        assert "条件に合う協定はありません" in (await browser.get("/desk/book?q=すみれ")).text
        wrong = await browser.get("/desk/book?since=いつか")
        assert "締結日（から）の日付が読めません" in wrong.text
        assert "みどり商事" in (await browser.get("/desk/book?on=令和7年4月1日")).text


async def test_what_is_shown_is_taken_along_as_a_file(tmp_path: Path) -> None:
    async with _book(tmp_path) as desk, desk.browser("sato") as browser:
        answer = await browser.get("/desk/book/file/csv?state=all&order=signed")
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert [row["相手方"] for row in rows] == ["株式会社みどり商事", "アオバ保険㈱", "さくら大学"]
        assert rows[0]["満了日_ISO"] == "2027-03-31"
        assert rows[2]["状態"] == "満了"
        answer = await browser.get("/desk/book/file/xlsx?q=あおば")
        sheet = load_workbook(io.BytesIO(answer.content)).active
        assert sheet is not None
        assert [row[3] for row in sheet.iter_rows(min_row=2, values_only=True)] == ["アオバ保険㈱"]
        assert (await browser.get("/desk/book/file/pdf")).status_code == NOT_FOUND


async def test_an_agreement_shows_its_life(tmp_path: Path) -> None:
    async with _book(tmp_path) as desk, desk.browser("sato") as browser:
        page = (await browser.get("/desk/agreement/isesaki-a1")).text
        for word in ("50世帯を見守った", "協定書.pdf", "第1期", "締結の案件", "変更の手続を始める", "協定第1号"):
            assert word in page
        words = _words(page).replace("taro@partner.example.jp", "")
        assert set(_LATIN.findall(words)) <= {"pdf"}
        href = re.search(r'href="(/desk/agreement/isesaki-a1/file/\d+)"', page)
        assert href is not None
        file = await browser.get(href[1])
        assert (file.content, file.headers["content-type"]) == (b"%PDF-1.7", "application/pdf")
        ended = (await browser.get("/desk/agreement/isesaki-a3")).text
        assert "効力のある協定ではないため、変更や解除は始められません" in ended


async def test_a_procedure_begins_from_the_book_in_the_persons_name(tmp_path: Path) -> None:
    async with _book(tmp_path) as desk, desk.browser("sato") as browser:
        await browser.get("/desk/agreement/isesaki-a1")
        answer = await browser.post("/desk/agreement/isesaki-a1/begin", {"kind": "amendment"})
        assert answer.status_code == SEE_OTHER
        page = (await browser.get(answer.headers["location"])).text
        assert "変更の手続を始めました" in page
        assert re.search(r"佐藤 花子</td><td[^>]*>変更の手続を登録した（協定第1号）", page)
        async with desk.open_unit() as unit:
            (case,) = await unit.cases.of_agreement("isesaki-a1", kind=CaseKind.AMENDMENT)
            calls = await unit._session.execute(text("SELECT kind, payload FROM engine_call"))  # type: ignore[attr-defined]
            assert [(row.kind, case.id in str(row.payload)) for row in calls] == [("publish-message", True)]
        again = await browser.post("/desk/agreement/isesaki-a1/begin", {"kind": "amendment"})
        assert again.status_code == UNPROCESSABLE
        assert "もう始まっています" in again.text
        for kind in ("proposal", "renewal", "nonsense"):
            answer = await browser.post("/desk/agreement/isesaki-a1/begin", {"kind": kind})
            assert answer.status_code == UNPROCESSABLE


async def test_contacts_are_changed_and_what_stood_before_is_kept(tmp_path: Path) -> None:
    async with _book(tmp_path) as desk, desk.browser("sato") as browser:
        page = (await browser.get("/desk/agreement/isesaki-a1")).text
        assert "taro@partner.example.jp" in page
        path = "/desk/agreement/isesaki-a1/contacts"
        wrong = await browser.post(path, {"contact": "新しい 担当", "email": "ちがう"})
        assert wrong.status_code == UNPROCESSABLE
        assert "メールアドレスの形ではありません" in wrong.text
        assert 'value="新しい 担当"' in wrong.text, "what was typed comes back"
        assert "直した記録" not in wrong.text
        fields = {"contact": "新しい 担当", "email": "new@partner.example.jp", "phone": "", "name": "よその会社"}
        assert (await browser.post(path, fields)).status_code == SEE_OTHER
        page = (await browser.get("/desk/agreement/isesaki-a1")).text
        kept = re.findall(r"佐藤 花子</td><td[^>]*>(担当者|メール)</td><td[^>]*>([^<]+)</td><td[^>]*>([^<]+)<", page)
        assert kept == [
            ("メール", "taro@partner.example.jp", "new@partner.example.jp"),
            ("担当者", "担当 太郎", "新しい 担当"),
        ]
        assert "よその会社" not in page
    async with _book(tmp_path / "other") as desk, desk.browser("ito") as browser:
        assert "taro@partner" not in (await browser.get("/desk/agreement/isesaki-a1")).text
        answer = await browser.post("/desk/agreement/isesaki-a1/contacts", {"contact": "新しい 担当"})
        assert answer.status_code == NOT_FOUND


async def test_what_is_due_is_listed_and_read_by_ones_calendar(tmp_path: Path) -> None:
    async with _book(tmp_path) as desk, desk.browser("sato") as browser, desk.browser("") as program:
        page = (await browser.get("/desk/due")).text
        assert "90日のうちに来るもの 1件" in page, "one ends; notices are over"
        assert re.search(r"令和8年6月20日（土）</td><td[^>]*>19日</td><td[^>]*>期間の満了", page)
        address = re.search(
            r"https://desk.city.example(/desk/calendar/[^\"]+)", await _text(browser, "/desk/due/calendar")
        )
        assert address is not None
        answer = await program.get(address[1])
        (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
        assert (event.decoded("dtstart"), "アオバ保険" in str(event["summary"])) == (date(2026, 6, 20), True)
        assert answer.headers["content-type"].startswith("text/calendar")
        assert "taro" not in answer.text
        assert address[1] not in (await browser.get("/desk/due")).text, "shown once"
        again = re.search(r"(/desk/calendar/[^\"]+)", await _text(browser, "/desk/due/calendar"))
        assert again is not None
        assert (await program.get(address[1])).status_code == NOT_FOUND, "made anew"
        assert (await browser.post("/desk/due/calendar/end", {})).status_code == SEE_OTHER
        assert (await program.get(again[1])).status_code == NOT_FOUND
    async with _book(tmp_path / "other") as desk, desk.browser("date") as browser, desk.browser("") as program:
        address = re.search(r"(/desk/calendar/[^\"]+)", await _text(browser, "/desk/due/calendar"))
        assert address is not None
        assert "BEGIN:VEVENT" not in (await program.get(address[1])).text, "nothing of another city"


async def _text(browser: Browser, path: str) -> str:
    return (await browser.post(path, {})).text


@pytest.mark.parametrize(("user", "sees"), [("ito", True), ("ono", False), ("date", False), ("nobody", False)])
async def test_a_department_sees_what_it_has_a_part_in(tmp_path: Path, user: str, *, sees: bool) -> None:
    async with _book(tmp_path) as desk, desk.browser(user) as browser:
        assert ("みどり商事" in (await browser.get("/desk/book?state=all")).text) is sees
        assert "アオバ" not in (await browser.get("/desk/book/file/csv?state=all")).text
        answer = await browser.get("/desk/agreement/isesaki-a1")
        assert answer.status_code == (200 if sees else NOT_FOUND)
        assert "変更の手続を始める" not in answer.text
        assert (await browser.post("/desk/agreement/isesaki-a1/begin", {"kind": "amendment"})).status_code == NOT_FOUND
        assert (await browser.get("/desk/agreement/isesaki-a2")).status_code == NOT_FOUND
        assert (await browser.get("/desk/agreement/isesaki-a99")).status_code == NOT_FOUND
