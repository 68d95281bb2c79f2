"""Every page of the desk and the book in Chromium: axe, no English, keyboard, without JavaScript, on paper (ALL-23)."""

from __future__ import annotations

import asyncio
import base64
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.accessible import looked_at
from tests.browser.deskserver import DeskServer, desk_server
from tests.kit.deskpages import PASSWORD
from tests.kit.deskwords import READ, foreign
from tests.kit.deskworld import AGREEMENT, CASE, TASK
from tests.kit.lists import HEADINGS, list_rows, write_list
from tests.kit.pictures import Album, album
from workers.pages.desk import lists
from workers.pages.desk.listuploads import read_list

pytestmark = [pytest.mark.timeout(240)]
_PNG: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgAAAAAgAB4iG8MwAAAABJRU5ErkJggg=="
)
_PAPER: Final = {"width": 1032, "height": 700}
"""What is left of a landscape A4 sheet between its margins, in the browser's pixels."""


@pytest.fixture(name="server")
def _server(tmp_path: Path) -> Iterator[DeskServer]:
    with desk_server(tmp_path) as running:
        yield running


class _Staff:
    """Somebody's browser. ``say``: what its console heard; what a page's policy refuses would stand there."""

    def __init__(self, context: BrowserContext, url: str, kept: Album) -> None:
        self.url, self.kept, self.said = url, kept, list[str]()
        self.page: Page = context.new_page()
        self.page.on("console", lambda message: self.said.append(message.text) if _tells(message.text) else None)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))

    def go(self, path: str) -> None:
        """Open a page of the desk."""
        self.page.goto(f"{self.url}{path}")

    def sign_in(self, user: str = "sato") -> None:
        """Sign in."""
        self.go("/desk/")
        self.page.get_by_label("利用者名").fill(user)
        self.page.get_by_label("パスワード").fill(PASSWORD)
        self.press("サインインする")
        expect(self.page.locator("h1")).to_have_text("いまする作業")

    def press(self, button: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=button, exact=True).first.click()

    def picture(self, kind: str) -> None:
        """Keep the whole page for the documentation."""
        self.page.wait_for_load_state("networkidle")
        self.kept.document(kind, self.page.screenshot(full_page=True), of="desk")

    def stands(self, heading: str) -> None:
        """Wait for a page by its heading, and hold it against everything that a page has to be."""
        expect(self.page.locator("h1")).to_contain_text(heading)
        expect(self.page.locator("#loading")).to_have_count(0)
        self.kept.paste(re.sub(r"\W", "", heading)[:20], self.page.screenshot(full_page=True))
        assert [*looked_at(self.page), *foreign(self.page.evaluate(READ))] == [], self.page.url


def _tells(text: str) -> bool:
    return "status of" not in text


Opens = Callable[..., _Staff]


@pytest.fixture(name="staff")
def _staff(chromium: Browser, server: DeskServer, request: pytest.FixtureRequest) -> Iterator[Opens]:
    """Return what opens a window of somebody's own; afterwards no console has heard a word."""
    kept, contexts, opened = album(request.config, request.node.name), list[BrowserContext](), list[_Staff]()

    def open_window(**options: Any) -> _Staff:
        context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="ja-JP", **options)
        context.set_default_timeout(30_000)
        contexts.append(context)
        opened.append(_Staff(context, server.url, kept))
        return opened[-1]

    yield open_window
    for one in opened:
        kept.paste("end", one.page.screenshot(full_page=True))
    for context in contexts:
        context.close()
    assert [text for one in opened for text in one.said] == []


def test_signing_in_and_what_goes_wrong(server: DeskServer, staff: Opens) -> None:
    """A wrong password, nobody's page, a form that was open too long, an engine that is away, having signed out."""
    sato = staff()
    sato.go("/desk/sign-in")
    sato.stands("サインイン")
    sato.page.get_by_label("利用者名").fill("sato")
    sato.page.get_by_label("パスワード").fill("wrong")
    sato.press("サインインする")
    expect(sato.page.get_by_role("alert")).to_contain_text("違います")
    sato.stands("サインイン")
    sato.sign_in()
    sato.go("/desk/case/isesaki-2026-9")
    sato.stands("この画面はありません")
    sato.go("/desk/book?q=")
    sato.page.locator(".who input[name=word]").evaluate("one => one.value = 'stale'")
    sato.press("サインアウト")
    sato.stands("画面を開き直してください")
    server.desk.engine.away = True
    sato.go("/desk/")
    sato.stands("いまは表示できません")
    server.desk.engine.away = False
    sato.go("/desk/")
    sato.press("サインアウト")
    expect(sato.page.get_by_role("status")).to_contain_text("サインアウトしました")
    sato.stands("サインイン")


def test_the_desk_and_its_tasks(server: DeskServer, staff: Opens) -> None:
    """The list, a task before and after it was taken, refused, kept, without a form, done by somebody else."""
    sato = staff()
    sato.sign_in()
    sato.stands("いまする作業")
    sato.go("/desk/?q=ない言葉")
    expect(sato.page.locator("main")).to_contain_text("条件に合う作業はありません")
    sato.stands("いまする作業")
    sato.go(f"/desk/task/{TASK}")
    sato.stands("申出書・提案書を出す")
    sato.press("引き受けて入力する")
    expect(sato.page.get_by_role("button", name="完了する")).to_be_visible()
    sato.stands("申出書・提案書を出す")
    sato.press("完了する")
    expect(sato.page.locator("#problems")).to_be_focused()
    sato.stands("申出書・提案書を出す")
    sato.page.locator("#file").set_input_files({"name": "会場図.png", "mimeType": "image/png", "buffer": _PNG})
    sato.press("案件に加える")
    expect(sato.page.get_by_role("status").first).to_contain_text("会場図.png")
    sato.stands("申出書・提案書を出す")
    sato.picture("task")
    sato.press("途中まで保存する")
    expect(sato.page.get_by_role("status").first).to_contain_text("途中までの入力を保存しました")
    sato.stands("申出書・提案書を出す")
    sato.go(f"/desk/task/{TASK + 2}")
    expect(sato.page.locator("main")).to_contain_text("小野 三郎さんが引き受けています")
    sato.stands("照会を見守る")
    server.desk.engine.done.add(TASK)
    sato.go(f"/desk/task/{TASK}")
    sato.stands("この作業は済んでいます")
    sato.go("/desk/")
    sato.page.get_by_role("link", name="ほかの手続を始める").click()
    sato.stands("手続を始める")
    sato.go("/desk/start/isesaki/isesaki-signing")
    expect(sato.page.get_by_role("button", name="この内容で始める")).to_be_visible()
    sato.stands("新しい案件を始める")


def test_cases_and_what_partners_were_written(staff: Opens) -> None:
    sato = staff()
    sato.sign_in()
    sato.go("/desk/cases")
    sato.stands("案件")
    sato.go(f"/desk/case/{CASE}")
    sato.page.wait_for_load_state("networkidle")
    sato.stands("上州あおぞら銀行")
    sato.page.get_by_label("新しいメモ").fill("　")
    sato.press("メモを残す")
    expect(sato.page.get_by_role("alert")).to_be_visible()
    sato.stands("上州あおぞら銀行")
    sato.page.locator("#mails tbody a").click()
    sato.stands("申出の手順の案内")
    sato.page.get_by_label("宛先").fill("だれ@どこ")
    sato.page.locator("form.inline-form").evaluate("one => one.noValidate = true")
    sato.press("同じ内容で送る")
    expect(sato.page.get_by_role("alert")).to_be_visible()
    sato.stands("申出の手順の案内")


def test_the_book_its_days_and_its_figures(staff: Opens) -> None:
    sato = staff()
    sato.sign_in()
    sato.go("/desk/book")
    expect(sato.page.locator("tr.near")).to_contain_text("あと19日")
    sato.stands("協定の台帳")
    sato.go("/desk/book?since=いつか&state=all")
    expect(sato.page.get_by_role("alert")).to_contain_text("日付が読めません")
    sato.stands("協定の台帳")
    sato.go(f"/desk/agreement/{AGREEMENT}")
    sato.stands("みどり商事")
    sato.page.locator("summary", has_text="締結の方法を記録する").click()
    sato.page.get_by_label("電子署名", exact=True).check()
    sato.page.get_by_label("電子署名のサービス").fill("みほんサイン")
    sato.page.get_by_label("署名の証し").fill("合意締結証明書 第8号")
    sato.press("締結の方法を記録する")
    expect(sato.page.locator("#corrections")).to_contain_text("みほんサイン")
    sato.picture("agreement")
    for part in (
        "台帳の記載を直す",
        "締結の方法を記録する",
        "もとの協定を決める",
        "署名された協定書を加える",
        "連絡先を直す",
    ):
        sato.page.locator("summary", has_text=part).click()
    sato.stands("みどり商事")
    sato.page.locator("#contacts input[name=email]").fill("だれか")
    sato.press("直した連絡先を登録する")
    expect(sato.page.get_by_role("alert")).to_contain_text("メール")
    sato.stands("みどり商事")
    sato.go("/desk/due")
    sato.stands("協定の期日")
    sato.press("予定表の住所を作る")
    expect(sato.page.get_by_label("予定表の住所")).to_be_visible()
    sato.stands("協定の期日")
    sato.go("/desk/figures")
    expect(sato.page.locator("svg").first).to_be_visible()
    sato.stands("数字で見る")


def test_a_list_is_brought_looked_at_and_taken(staff: Opens, tmp_path: Path) -> None:
    """A list that cannot be read, one with bad rows, differences and an unknown column, and what came of it."""
    sato = staff()
    sato.sign_in()
    sato.go("/desk/import")
    sato.stands("協定の一覧を取り込む")
    _bring(sato, write_list(tmp_path / "a.xlsx", list_rows(1), headings=[n for n in HEADINGS if n != "相手方"]))
    sato.stands("一覧を確かめる")
    _bring(sato, _list(tmp_path))
    sato.stands("一覧を確かめる")
    sato.page.get_by_label("台帳との違い").select_option(label="台帳のままにする")
    sato.press("1件を台帳に取り込む")
    sato.stands("一覧を取り込みました")


def test_a_long_list_says_how_far_it_is_and_goes_on_by_itself(
    server: DeskServer, staff: Opens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page that waits is as accessible as the others: it does not jump while it is read aloud."""
    monkeypatch.setattr(lists, "_PATIENCE", 0.0)
    held, go_on = read_list, asyncio.Event()

    async def held_back(*args: Any, **options: Any) -> None:
        await go_on.wait()
        await held(*args, **options)

    monkeypatch.setattr(lists, "read_list", held_back)
    sato = staff()
    sato.sign_in()
    _bring(sato, _list(tmp_path))
    sato.stands("一覧を読んでいます")
    expect(sato.page.get_by_role("status")).to_contain_text("行まで読みました")
    server.loop.call_soon_threadsafe(go_on.set)
    expect(sato.page.locator("h1")).to_contain_text("一覧を確かめる")


def _list(folder: Path) -> Path:
    """Return a list of seven rows: the first contradicts the register, another cannot be read."""
    rows = list(list_rows(7))
    rows[6]["連携事項"] = "99"
    return write_list(folder / "協定一覧.csv", [{**row, "決裁": "甲"} for row in rows], headings=(*HEADINGS, "決裁"))


def _bring(one: _Staff, file: Path) -> None:
    one.go("/desk/import")
    one.page.locator("input[type=file]").set_input_files(file)
    one.press("読んで確かめる")


def test_a_task_is_done_by_the_keyboard_alone(server: DeskServer, staff: Opens) -> None:
    """Sign in, search, claim, fill in, complete; then search the book. Each place that is reached shows a ring."""
    sato = staff()
    sato.go("/desk/")
    _keys(sato, ("利用者名", "sato"), ("パスワード", PASSWORD), ("サインインする", "\n"))
    expect(sato.page.locator("h1")).to_have_text("いまする作業")
    _keys(sato, ("探す", "申出書"), ("絞り込む", "\n"))
    expect(sato.page.locator("tbody").first.locator("tr")).to_have_count(1)
    _keys(sato, ("申出書・提案書を出す", "\n"))
    expect(sato.page.locator("h1")).to_have_text("申出書・提案書を出す")
    _keys(sato, ("引き受けて入力する", "\n"))
    expect(sato.page.get_by_role("button", name="完了する")).to_be_visible()
    _keys(sato, ("申し出る", " "))
    sato.page.keyboard.press("ArrowDown")  # to the next of the choices: take the offer back
    _keys(sato, ("完了する", "\n"))
    expect(sato.page.locator("h1")).to_have_text("完了しました")
    assert [(user, key) for user, key, _ in server.desk.engine.completed] == [("sato", TASK)]
    _keys(sato, ("台帳", "\n"))
    expect(sato.page.locator("h1")).to_have_text("協定の台帳")
    _keys(sato, ("探す", "アオバ"), ("絞り込む", "\n"))
    expect(sato.page.locator("tbody tr")).to_have_count(1)
    _keys(sato, ("アオバ保険株式会社との包括連携に関する協定", "\n"))
    expect(sato.page.locator("h1")).to_contain_text("アオバ保険")


_FOCUSED: Final = """() => { const one = document.activeElement, style = getComputedStyle(one);
  return {name: (one.labels?.[0]?.firstChild?.textContent || one.labels?.[0]?.innerText || one.innerText || '')
            .replace('（必須）', '').replace('*', '').trim(),
          ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2}; }"""


def _keys(one: _Staff, *steps: tuple[str, str]) -> None:
    """Tab to each label in turn; a blank or a new line is pressed, everything else is typed."""
    for label, text in steps:
        _tab_to(one.page, label)
        if text in {" ", "\n"}:
            one.page.keyboard.press("Space" if text == " " else "Enter")
        else:
            one.page.keyboard.insert_text(text)


def _tab_to(page: Page, label: str) -> None:
    reached = []
    for _ in range(80):
        page.keyboard.press("Tab")
        focused = page.evaluate(_FOCUSED)
        reached.append(focused["name"])
        if focused["name"] == label:
            assert focused["ring"], label
            return
    raise AssertionError(f"the keyboard does not reach {label}: {reached}")


def test_everything_but_forms_works_without_javascript(server: DeskServer, staff: Opens, tmp_path: Path) -> None:
    sato = staff(java_script_enabled=False)
    sato.sign_in()
    page = sato.page
    page.get_by_label("引き受けた人").select_option(label="まだ誰も引き受けていないもの")
    sato.press("絞り込む")
    expect(page.locator("tbody").first.locator("tr")).to_have_count(2)
    page.get_by_role("link", name="申出書・提案書を出す").click()
    sato.press("引き受けて入力する")
    expect(page.locator("main")).to_contain_text("JavaScript を有効にしてください")
    expect(page.locator("#loading")).to_be_hidden()
    assert server.desk.engine.tasks[TASK].assignee == "sato"
    sato.press("手放して課に戻す")
    expect(page.get_by_role("button", name="引き受けて入力する")).to_be_visible()
    assert server.desk.engine.tasks[TASK].assignee == ""
    page.get_by_role("link", name="伊勢崎市", exact=False).first.click()
    page.get_by_label("新しいメモ").fill("電話があった")
    sato.press("メモを残す")
    expect(page.locator("#notes")).to_contain_text("電話があった")
    page.get_by_role("link", name="台帳").first.click()
    page.get_by_label("探す").fill("㈱みどり")
    sato.press("絞り込む")
    expect(page.locator("tbody tr")).to_have_count(1)
    _bring(sato, _list(tmp_path))
    expect(page.locator("h1")).to_contain_text("一覧を確かめる")
    sato.press("取り込まずにやめる")
    expect(page.locator("h1")).to_have_text("協定の一覧を取り込む")


_SHOWN_ON_PAPER: Final = """() => [...document.querySelectorAll('nav, button, .filters, .who, footer, .skip')]
  .filter(one => one.checkVisibility()).map(one => one.outerHTML.slice(0, 120))"""
_CUT: Final = """() => [document.documentElement, ...document.querySelectorAll('main, .table, .figure, .picture, pre')]
  .filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize(
    ("path", "last"),
    [
        ("/desk/", "引き受けた人"),
        (f"/desk/case/{CASE}", "経過"),
        ("/desk/book?q=", "連携事項"),
        (f"/desk/agreement/{AGREEMENT}", "申出の期限"),
        ("/desk/due", "協定名"),
        ("/desk/figures", "うち実施済み"),
    ],
    ids=["desk", "case", "book", "agreement", "due", "figures"],
)
def test_what_is_printed_has_no_menu_and_no_cut_table(staff: Opens, tmp_path: Path, path: str, last: str) -> None:
    sato = staff()
    sato.sign_in()
    sato.page.set_viewport_size(_PAPER)  # type: ignore[arg-type]  # a size, as the library's own types name it
    sato.go(path)
    sato.page.wait_for_load_state("networkidle")
    assert sato.page.evaluate(_SHOWN_ON_PAPER) != []
    sato.page.emulate_media(media="print")
    assert sato.page.evaluate(_SHOWN_ON_PAPER) == []
    assert sato.page.evaluate(_CUT) == []
    file = tmp_path / "page.pdf"
    sato.page.pdf(path=file, prefer_css_page_size=True, print_background=True)
    text = subprocess.run(["pdftotext", "-layout", file, "-"], check=True, capture_output=True, text=True, timeout=60)
    assert last in text.stdout
    assert "サインアウト" not in text.stdout
    sheets = tmp_path / "sheet"
    subprocess.run(["pdftoppm", "-r", "60", "-png", file, sheets], check=True, timeout=60)
    for sheet in sorted(tmp_path.glob("sheet*.png")):
        sato.kept.paste(sheet.stem, sheet.read_bytes())
