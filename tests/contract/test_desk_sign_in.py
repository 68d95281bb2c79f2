"""Signing in at the desk, and what keeps others out: sessions, cookies, forms, headers, who may see what."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text

from tests.kit.deskpages import PASSWORD, DeskAtWork, desk_at, open_task
from tests.kit.papers import partner
from workers.domain.entities import Case

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[DeskAtWork]:
    async with desk_at(database_url, tmp_path) as at_work:
        async with at_work.open_unit() as uow:
            case = {"city": "isesaki", "process_id": "isesaki-signing", "opened_on": datetime(2026, 5, 1).date()}  # noqa: DTZ001
            await uow.cases.add(Case(id="isesaki-2026-1", partner=partner(), **case))  # type: ignore[arg-type]
        at_work.engine.add(
            open_task(1),
            open_task(2, name="照会に回答する", candidate_groups=("isesaki-kikaku", "isesaki-senryaku")),
            open_task(3, name="遅れている作業", due_date="2026-05-20T17:00:00+09:00", assignee="ito"),
        )
        yield at_work


async def test_the_office_sees_all_of_its_city_a_department_its_own_a_stranger_nothing(desk: DeskAtWork) -> None:
    seen = {}
    for user in ("sato", "ito", "ono", "date", "nobody", "demo"):
        async with desk.browser(user) as browser:
            page = (await browser.get("/desk/?q=")).text
            seen[user] = [n for n in ("要件を確認する", "照会に回答する", "遅れている作業") if n in page]
            assert ("期限を過ぎたもの 1件" in page) is (len(seen[user]) > 1)
    everything = ["要件を確認する", "照会に回答する", "遅れている作業"]
    assert seen == {
        "sato": everything, "ito": everything[1:], "ono": [], "date": [], "nobody": [], "demo": everything,
    }  # fmt: skip


async def test_a_list_is_searched_and_the_search_is_remembered(desk: DeskAtWork) -> None:
    async with desk.browser("sato") as browser:
        found = await browser.get("/desk/", params={"q": "上州　要件", "when": "soon"})
        again = await browser.get("/desk/")
        other = await browser.get("/desk/", params={"q": "", "who": "free", "group": "isesaki-kikaku"})
        cleared = await browser.get("/desk/?q=")
    for page in (found, again):
        assert "<caption>1件" in page.text
        assert 'value="上州　要件"' in page.text
    assert "<caption>1件" in other.text
    assert "照会に回答する" in other.text
    assert "<caption>3件" in cleared.text
    assert "令和8年度 第1号" in cleared.text


async def test_the_cookie_is_secure_and_new_and_the_registry_keeps_no_secret(desk: DeskAtWork) -> None:
    async with desk.browser("") as browser:
        answer = await browser.sign_in("sato")
        cookie = answer.headers["set-cookie"]
        assert all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=lax", "Path=/desk"))
        value = cookie.split("=", 1)[1].split(";")[0]
        async with desk.open_unit() as uow:
            row = (await uow._session.execute(text("select * from desk_session"))).one()  # type: ignore[attr-defined]
        assert value not in str(row)
        assert "canary" not in str(row)
        assert PASSWORD not in str(row)
        second = await browser.sign_in("sato")
        assert value not in second.headers["set-cookie"]


async def test_wrong_passwords_are_told_and_counted(desk: DeskAtWork) -> None:
    async with desk.browser("") as browser:
        for _ in range(20):
            assert "利用者名かパスワードが違います" in (await browser.sign_in("sato", "wrong")).text
        assert (await browser.sign_in("sato")).status_code == 429
        assert (await browser.get("/desk/")).status_code == 303


async def test_a_session_ends_idle_signed_out_or_after_a_day_and_leads_back(desk: DeskAtWork) -> None:
    async def aged(**ages: timedelta) -> None:
        async with desk.open_unit() as uow:
            for column, age in ages.items():
                moment = datetime.now(UTC) - age
                (row,) = (await uow._session.execute(text("select id_hash from desk_session"))).all()  # type: ignore[attr-defined]
                setattr(await uow.desk.session(row[0]), column, moment)

    async with desk.browser("sato") as browser:
        await aged(seen_at=timedelta(minutes=29))
        assert (await browser.get("/desk/")).status_code == 200
        await aged(seen_at=timedelta(minutes=31))
        sent = await browser.get("/desk/?who=mine")
        assert sent.headers["location"] == "/desk/sign-in?next=%2Fdesk%2F%3Fwho%3Dmine"
        await browser.get(sent.headers["location"])
        back = await browser.post("/desk/sign-in", {"user": "sato", "password": PASSWORD, "next": "/desk/?who=mine"})
        assert back.headers["location"] == "/desk/?who=mine"
        await aged(made_at=timedelta(hours=12))
        assert (await browser.get("/desk/")).status_code == 303
        await browser.sign_in("sato")
        assert (await browser.post("/desk/sign-out", {})).headers["location"] == "/desk/sign-in?out=1"
        assert (await browser.get("/desk/")).status_code == 303
    async with desk.open_unit() as uow:
        assert not (await uow._session.execute(text("select * from desk_session"))).all()  # type: ignore[attr-defined]


async def test_a_sign_in_leads_to_no_other_site(desk: DeskAtWork) -> None:
    async with desk.browser("") as browser:
        for after in ("https://evil.example/", "//evil.example", "/desk/\\evil", "/a/x", "/desk/sign-in"):
            await browser.get("/desk/sign-in")
            fields = {"user": "sato", "password": PASSWORD, "next": after}
            assert (await browser.post("/desk/sign-in", fields)).headers["location"] == "/desk/", after


async def test_every_post_needs_the_word_of_a_form_of_this_session(desk: DeskAtWork) -> None:
    async with desk.browser("sato") as browser, desk.browser("ito", "192.0.2.2") as other:
        for word in ("", "x", other.word):
            assert (await browser.post("/desk/sign-out", {}, word=word)).status_code == 403
        foreign = {"Sec-Fetch-Site": "cross-site", "Content-Type": "application/x-www-form-urlencoded"}
        answer = await browser.client.post("/desk/sign-out", content=f"word={browser.word}", headers=foreign)
        assert answer.status_code == 403
        assert (await browser.get("/desk/")).status_code == 200


async def test_pages_carry_strict_headers_and_say_in_japanese_that_the_engine_is_away(desk: DeskAtWork) -> None:
    async with desk.browser("sato") as browser:
        page = await browser.get("/desk/")
        missing = await browser.get("/desk/nowhere")
        desk.engine.away = True
        away = await browser.get("/desk/")
    assert [page.status_code, missing.status_code, away.status_code] == [200, 404, 503]
    for answer in (page, away, missing):
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
    assert "応答しません" in away.text
