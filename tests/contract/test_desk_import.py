"""The upload page: looked at before anything is written, columns chosen by hand, corrections by a tick (ALL-10)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.kit.deskpages import Browser, desk_at
from tests.kit.lists import HEADINGS, list_rows, write_list

pytestmark = pytest.mark.asyncio


async def _send(browser: Browser, file: Path, *, city: str = "isesaki") -> httpx.Response:
    """Upload a file as the form does and return what follows."""
    await browser.get("/desk/import")
    content = await asyncio.to_thread(file.read_bytes)
    answer = await browser.client.post(
        f"/desk/import?word={browser.word}&city={city}", files={"file": (file.name, content)}
    )
    if answer.status_code != httpx.codes.SEE_OTHER:
        return answer
    return await browser.get(answer.headers["location"])


async def _press(browser: Browser, page: httpx.Response, what: str, fields: dict[str, str]) -> httpx.Response:
    answer = await browser.post(f"{page.url.path}/{what}", fields)
    assert answer.status_code == httpx.codes.SEE_OTHER, answer.text
    return await browser.get(answer.headers["location"])


async def test_a_list_is_looked_at_and_then_taken(database_url: str, tmp_path: Path) -> None:
    """Nothing is written before the button; then the good rows, told with what was left out."""
    rows = list(list_rows(3))
    rows[1]["連携事項"] = "99"
    file = write_list(tmp_path / "一覧.csv", [{**row, "決裁": "甲"} for row in rows], headings=(*HEADINGS, "決裁"))
    async with desk_at(database_url, tmp_path) as desk, desk.browser("sato") as browser:
        page = await _send(browser, file)
        assert "まだ台帳は変わっていません" in page.text
        assert "新しい協定 <strong>2件" in page.text
        assert "3行目 連携事項" in page.text
        assert "中身があるのに読んでいない列: 決裁" in page.text
        async with desk.open_unit() as unit:
            assert await unit.register.known("isesaki", ["1"]) == []
        done = await _press(browser, page, "take", {})
        assert "<strong>2件</strong>を台帳に加えました" in done.text
        assert "<strong>2件</strong>を台帳に加えました" in (await browser.get(page.url.path)).text, (
            "a reload takes nothing"
        )
        rows[0]["満了日"] = "令和11年3月31日"
        again = await _send(browser, write_list(tmp_path / "b.csv", rows[:1]))
        assert "令和9年3月31日" in again.text
        assert "令和11年3月31日" in again.text
        assert "1件を一覧のとおりに直しました" in (await _press(browser, again, "take", {"correct": "yes"})).text
        async with desk.open_unit() as unit:
            (kept,) = await unit.register.corrections("isesaki-a1")
            assert (kept.by, kept.source, kept.column) == ("佐藤 花子", "b.csv", "満了日")


async def test_columns_are_chosen_by_hand_and_remembered(database_url: str, tmp_path: Path) -> None:
    headings = ["だれと" if name == "相手方" else name for name in HEADINGS]
    rows = [dict(zip(headings, row.values(), strict=True)) for row in list_rows(2)]
    file = write_list(tmp_path / "a.xlsx", rows, headings=headings)
    async with desk_at(database_url, tmp_path) as desk, desk.browser("sato") as browser:
        page = await _send(browser, file)
        assert (page.status_code, "見出しに 相手方 の列がありません" in page.text) == (422, True)
        page = await _press(browser, page, "columns", {"heading": "だれと", "item": "partner"})
        assert "新しい協定 <strong>2件" in page.text
        await _press(browser, page, "take", {})
        assert "台帳にある協定 2件" in (await _send(browser, file)).text


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.exe", b"MZ", "一覧は Excel ブック"),
        ("a.csv", b"", "一覧のファイル（Excel か CSV）を選んでください"),
        ("a.xls", b"<html><table>", "Web ページ（HTML）です"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0" + bytes(600), "パスワード"),
    ],
)
async def test_a_file_that_is_no_list_gets_the_same_advice(
    database_url: str, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    async with desk_at(database_url, tmp_path) as desk, desk.browser("sato") as browser:
        answer = await _send(browser, tmp_path / name)
        assert (answer.status_code, message in answer.text) == (422, True), answer.text


async def test_nobody_else_sees_or_brings_a_list(database_url: str, tmp_path: Path) -> None:
    """Departments, another city's office, and another sign-in of the same person."""
    file = write_list(tmp_path / "a.csv", list_rows(1))
    async with desk_at(database_url, tmp_path) as desk, desk.browser("sato") as sato:
        page = await _send(sato, file)
        for who, status in (("ito", 404), ("date", 200)):
            async with desk.browser(who) as other:
                assert (await other.get("/desk/import")).status_code == status
                assert (await _send(other, file)).status_code == httpx.codes.NOT_FOUND
                assert (await other.get(page.url.path)).status_code == httpx.codes.NOT_FOUND
                for what in ("columns", "take", "give-up"):
                    answer = await other.post(f"{page.url.path}/{what}", {})
                    assert answer.status_code == httpx.codes.NOT_FOUND
        answer = await sato.post(f"{page.url.path}/give-up", {})
        assert answer.status_code == httpx.codes.SEE_OTHER
        assert (await sato.get(page.url.path)).status_code == httpx.codes.NOT_FOUND
        assert list((tmp_path / "lists").iterdir()) == []
