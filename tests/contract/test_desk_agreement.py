"""What the office puts right and adds on an agreement's page, each change kept: ALL-19, ALL-23, ALL-25."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.kit.deskpages import Browser, desk_at
from tests.kit.deskworld import AGREEMENT, furnish

pytestmark = pytest.mark.asyncio
_PAGE: Final = f"/desk/agreement/{AGREEMENT}"
_PDF: Final = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
_FACTS: Final = {
    "title": "株式会社みどり商事との包括連携協定",
    "partner": "株式会社みどり商事",
    "other_parties": "",
    "partner_kind": "企業",
    "trade": "小売業",
    "kind": "包括連携協定",
    "signed_on": "令和7年4月1日",
    "starts_on": "令和7年4月1日",
    "expires_on": "令和10年3月31日",
    "fields": "1",
    "department": "戦略推進課",
    "renews": "なし",
    "renewal_years": "",
    "notice_months": "",
    "remark": "紙の台帳の12番",
}


async def _sends(browser: Browser, part: str, fields: dict[str, str]) -> httpx.Response:
    await browser.get(_PAGE)
    return await browser.post(f"{_PAGE}/{part}", fields)


async def test_facts_are_put_right_with_their_history(database_url: str, tmp_path: Path) -> None:
    async with desk_at(database_url, tmp_path) as desk:
        await furnish(desk)
        async with desk.browser("sato") as browser:
            wrong = await _sends(browser, "facts", {**_FACTS, "expires_on": "令和7年2月30日", "title": ""})
            assert wrong.status_code == httpx.codes.UNPROCESSABLE_ENTITY
            assert "<li>協定名: 入力してください</li>" in wrong.text
            assert "満了日" in wrong.text
            assert 'value="令和7年2月30日"' in wrong.text
            right = await _sends(browser, "facts", _FACTS)
            assert right.headers["location"] == f"{_PAGE}#facts"
            page = (await browser.get(_PAGE)).text
            for words in ("令和10年3月31日", "紙の台帳の12番", "直した記録", "（空）"):
                assert words in page
            book = (await browser.get("/desk/book?q=みどり&state=all")).text
            assert "令和10年3月31日" in book, "the search shows what stands now"
        async with desk.open_unit() as unit:
            kept = {one.column: (one.old, one.new, one.by) for one in await unit.register.corrections(AGREEMENT)}
            assert kept["満了日"] == ("令和9年3月31日", "令和10年3月31日", "佐藤 花子")
            assert kept["所管"] == ("企画部企画調整課", "戦略推進課", "佐藤 花子")
            assert "締結日" not in kept, "what stayed is no correction"
            found = await unit.agreements.get(AGREEMENT)
            assert (found.fields, found.renews, found.department) == ([1], False, "")
            assert found.current_term.expires_on == date(2028, 3, 31)


async def test_how_it_was_signed_is_kept_with_evidence_or_reason(database_url: str, tmp_path: Path) -> None:
    async with desk_at(database_url, tmp_path) as desk:
        await furnish(desk)
        async with desk.browser("sato") as browser:
            half = await _sends(browser, "signing", {"way": "electronic", "service": "みほんサイン", "evidence": ""})
            assert (half.status_code, "署名の証し: 入力してください" in half.text) == (422, True)
            assert 'value="みほんサイン"' in half.text
            assert "紙か電子署名かを選んでください" in (await _sends(browser, "signing", {"reason": "式典のため"})).text
            await _sends(browser, "signing", {"way": "paper", "reason": "式典で署名したため", "service": "使わない"})
            assert "紙（紙にした理由: 式典で署名したため）" in (await browser.get(_PAGE)).text
            await _sends(
                browser, "signing", {"way": "electronic", "service": "みほんサイン", "evidence": "証明書 第8号"}
            )
            page = (await browser.get(_PAGE)).text
        assert "電子署名（サービス: みほんサイン、証し: 証明書 第8号）" in page
        async with desk.open_unit() as unit:
            kept = [(one.column, one.old) for one in await unit.register.corrections(AGREEMENT)]
        assert kept == [("締結の方法", ""), ("締結の方法", "紙（紙にした理由: 式典で署名したため）")]


async def test_an_agreement_hangs_on_another_and_both_say_so(database_url: str, tmp_path: Path) -> None:
    async with desk_at(database_url, tmp_path) as desk:
        await furnish(desk)
        async with desk.browser("sato") as browser:
            await _sends(browser, "parent", {"parent": "2"})
            assert (
                "アオバ保険株式会社との包括連携に関する協定</a>（令和7年4月2日締結）" in (await browser.get(_PAGE)).text
            )
            above = (await browser.get("/desk/agreement/isesaki-a2")).text
            assert "この協定をもとにした協定" in above
            assert "みどり商事" in above
            circle = await browser.post("/desk/agreement/isesaki-a2/parent", {"parent": "協定第1号"})
            assert "この協定をもとにした協定は選べません" in circle.text
            assert "番号「99」の協定は台帳にありません" in (await _sends(browser, "parent", {"parent": "99"})).text
            await _sends(browser, "parent", {"parent": ""})
            assert "もとの協定</dt>" not in (await browser.get(_PAGE)).text


async def test_the_signed_copy_is_kept_and_shown(database_url: str, tmp_path: Path) -> None:
    async with desk_at(database_url, tmp_path) as desk:
        await furnish(desk)
        async with desk.browser("sato") as browser:
            await browser.get(_PAGE)
            address = f"{_PAGE}/copy?word={browser.word}"
            wrong = await browser.client.post(address, files={"file": ("署名済み.pdf", b"no PDF", "application/pdf")})
            assert (wrong.status_code, "署名済み.pdf" in wrong.text) == (422, True)
            right = await browser.client.post(address, files={"file": ("署名済み.pdf", _PDF, "application/pdf")})
            assert right.status_code == httpx.codes.SEE_OTHER, right.text
            page = (await browser.get(_PAGE)).text
            assert '<span class="tag">署名済み</span>' in page
            assert "署名された協定書を加えた: 署名済み.pdf" in page


async def test_only_the_office_changes_anything(database_url: str, tmp_path: Path) -> None:
    """A department that has a part in the agreement reads it; it sees no form and changes nothing."""
    async with desk_at(database_url, tmp_path) as desk:
        await furnish(desk)
        async with desk.browser("ito") as browser:
            page = (await browser.get(_PAGE)).text
            assert "締結の方法" in page
            assert "台帳の記載を直す" not in page
            sent = {"facts": _FACTS, "signing": {"way": "paper", "reason": "x"}, "parent": {"parent": "2"}, "copy": {}}
            for part, fields in sent.items():
                assert (await browser.post(f"{_PAGE}/{part}", fields)).status_code == httpx.codes.NOT_FOUND
        async with desk.open_unit() as unit:
            assert await unit.register.corrections(AGREEMENT) == []
            assert await unit.register.signing(AGREEMENT) is None
