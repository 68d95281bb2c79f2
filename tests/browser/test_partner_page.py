"""A partner files the offer from the mail that arrived: mistakes, check, receipt, moved process (ALL-3)."""

from __future__ import annotations

import html
import re
import shutil
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.apart import run_apart
from tests.kit.stack import wait_for
from workers.adapters.camunda.open_tasks import OpenTasks
from workers.adapters.camunda.rest import RestClient
from workers.adapters.camunda.tasklist import Tasklist
from workers.lint.node_tools import find_node, install_packages
from workers.pages.bundle import CLIENT
from workers.settings import Settings

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]
_CONSULTATION = {
    "origin": "partner",
    "name": "株式会社ページ見本",
    "representative": "代表取締役 見本 太郎",
    "contact": "見本 花子",
    "email": "hanako@page.example",
}
_ENGLISH = """() => [...document.querySelectorAll('main *')].filter((e) => !['SCRIPT', 'NOSCRIPT'].includes(e.tagName))
  .flatMap((e) => [e.placeholder, e.title, e.ariaLabel, ...[...e.childNodes].filter((n) => n.nodeType === 3)
  .map((n) => n.data)]).filter((text) => /[A-Za-z]{3,}/.test(text ?? ''))"""
_LONGER_THAN_FORM_JS_WAITS_MS = 700


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """axe-core, as pinned beside the page's sources."""
    folder = tmp_path_factory.mktemp("axe")
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(CLIENT / name, folder / name)
    install_packages(folder, find_node())
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


class _Looks:
    """Looks at a page as it stands: barriers, English that was left over, what the browser refused."""

    def __init__(self, page: Page, axe: str, folder: Path) -> None:
        self.page = page
        self._axe = axe
        self._folder = folder
        self.problems: list[str] = []
        page.on("console", lambda told: self.problems.append(told.text) if told.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: self.problems.append(str(error)))

    def look(self, name: str) -> None:
        """Look; a picture is kept."""
        self.page.screenshot(path=self._folder / f"partner-{name}.png", full_page=True)
        self.page.evaluate(self._axe)
        found = self.page.evaluate("axe.run()")["violations"]
        self.problems += [f"{name}: {one['id']} {one['nodes'][0]['html']}" for one in found]
        self.problems += [f"{name}: {text}" for text in self.page.evaluate(_ENGLISH)]


def test_an_offer_from_the_mail_that_arrived_to_the_moved_process(
    stack: Settings, chromium: Browser, screenshots: Path, axe: str
) -> None:
    instance = run_apart(_consulted(stack))
    link = _link_of_the_mail(stack, "申出書と連携事業提案書")
    context = chromium.new_context(locale="ja-JP", timezone_id="Asia/Tokyo")
    page = context.new_page()
    looks = _Looks(page, axe, screenshots)
    page.goto(link)
    expect(page.locator("#check")).to_be_visible()
    looks.look("open")
    page.click("#check")
    expect(page.locator("#problems")).to_contain_text("「1 目的」を入力してください")
    page.wait_for_timeout(_LONGER_THAN_FORM_JS_WAITS_MS)
    looks.look("mistakes")
    _fill(page)
    page.click("#check")
    expect(page.locator("h1")).to_have_text("内容の確認")
    looks.look("check")
    page.click("text=この内容で送信する")
    expect(page.locator("h1")).to_have_text("回答を受け付けました")
    looks.look("taken")
    run_apart(_at_the_check_of_the_requirements(stack, instance))
    receipt = _mail(stack, "回答を受け付けました")
    phone = chromium.new_context(locale="ja-JP", viewport={"width": 390, "height": 800}, is_mobile=True)
    again = phone.new_page()
    again.goto(link)
    expect(again.locator("h1")).to_have_text("回答を受け付けました")
    assert again.evaluate("document.documentElement.scrollWidth <= innerWidth")
    again.screenshot(path=screenshots / "partner-phone.png", full_page=True)
    phone.close()
    context.close()
    assert "健康教室" in receipt
    assert looks.problems == []


def _fill(page: Page) -> None:
    page.get_by_label("申し出る").check()
    page.get_by_label("申出書の日付").fill("令和８年４月１日")
    page.get_by_label("1 目的").fill("市民の健康を支えるため")
    page.wait_for_timeout(_LONGER_THAN_FORM_JS_WAITS_MS)
    for number in (0, 1, 2):
        page.locator(".fjs-form-field-checklist input[type=checkbox]").nth(number).check()
    page.locator("select").first.select_option(index=1)
    page.get_by_label("事業名").first.fill("健康教室")
    page.get_by_label("事業内容").first.fill("公民館で月に一度\n~血圧~ 2. 5.")
    page.wait_for_timeout(_LONGER_THAN_FORM_JS_WAITS_MS)
    page.get_by_text("行を追加する").first.click()
    page.get_by_role("button", name="2件目を削除する").first.click()
    page.wait_for_timeout(_LONGER_THAN_FORM_JS_WAITS_MS)


async def _consulted(stack: Settings) -> int:
    async with Tasklist.from_settings(stack) as desk:
        return await desk.start("isesaki-signing", _CONSULTATION)


async def _at_the_check_of_the_requirements(stack: Settings, instance: int) -> None:
    async with RestClient.from_settings(stack) as rest, Tasklist.from_settings(stack) as desk:
        tasks = OpenTasks(rest, desk)
        await tasks.wait_for(
            lambda task: task.element_id == "Task_CheckRequirements", seconds=60, process_instance_key=instance
        )


def _mail(stack: Settings, subject: str) -> str:
    """Return the newest mail to the partner with this subject, as the sink shows it, once it has arrived."""
    found: list[str] = []
    with httpx.Client(base_url=f"http://127.0.0.1:{stack.port(8026)}", trust_env=False) as sink:

        def arrived() -> bool:
            for name in re.findall(r'href="(/mails/[^"]+)"', sink.get("/").text):
                text = html.unescape(sink.get(name).text)
                if subject in text and "hanako@page.example" in text:
                    found.append(text)
                    return True
            return False

        wait_for(arrived, 120, f"the mail {subject}")
    return found[-1]


def _link_of_the_mail(stack: Settings, subject: str) -> str:
    link = re.search(rf"http://127\.0\.0\.1:{stack.port(8091)}/a/[\w-]+", _mail(stack, subject))
    assert link
    return link[0]
