"""Every page of a partner in Chromium: axe finds nothing, no English word, keyboard alone, a phone's width (ALL-2)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.accessible import findings
from tests.browser.pageserver import PageServer, page_server
from tests.browser.partnerpage import PartnerPage
from tests.kit.answering import CASE_ID, OPTIONS, TASK, Answering, answering
from tests.kit.pageoutage import Outage
from tests.kit.pictures import album
from tests.kit.registry import Registry
from workers.domain.answers import LinkEnd
from workers.usecases.answer_links import end_links

pytestmark = [pytest.mark.timeout(180)]
_PACKS: Final = Path(__file__).parents[2] / "bpmn"
_ROWS: Final = [
    {"number": 1, "fieldName": "子ども", "title": "健康教室", "content": "10:00~11:00\n2. 二つ目", "cost": "なし"},
    {"number": 2, "fieldName": "防災", "title": "防災講座", "content": "広い部屋で", "cost": "なし"},
]
_DEPARTMENTS: Final = [{"label": name, "value": name} for name in ("総務部総務課", "企画部企画課")]
_KNOWN: Final[dict[str, Any]] = {
    "caseTitle": "包括連携協定",
    "cityOptions": {"fields": OPTIONS, "departments": _DEPARTMENTS},
    "objection": "日付を直してください。",
    "formError": "申出書の日付: 先の日付です",
    "fiscalYear": "令和8年度",
    "yearTitle": "令和8年度",
}
_OFFER: Final[dict[str, Any]] = {
    "filing": "申し出る",
    "offeredOn": "令和８年６月１日",
    "purpose": "市の子育てを支えるため",
    "fields": [option["label"] for option in OPTIONS[:3]],
    "projects": [{"field": OPTIONS[0]["label"], "title": "健康教室", "content": "10:00~11:00 公民館で"}],
}


@pytest.fixture(name="server", scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageServer]:
    with page_server(tmp_path_factory.mktemp("pages")) as running:
        yield running


@pytest.fixture(name="window")
def _window(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A window whose page writes nothing to the console: what its policy refuses would stand there."""
    context = chromium.new_context(viewport={"width": 1100, "height": 900}, locale="ja-JP")
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text) if "status of" not in message.text else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    album(request.config, request.node.name).paste("end", page.screenshot(full_page=True))
    context.close()
    assert said == []


def _form(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(next(_PACKS.glob(f"*/{name}.form")).read_text(encoding="utf-8"))
    return found


def _offer(server: PageServer, window: Page) -> PartnerPage:
    partner = PartnerPage(window)
    partner.open(server.ask(_form("isesaki-offer"), _KNOWN))
    return partner


def test_an_answer_goes_through_pages_that_are_accessible_and_japanese(server: PageServer, window: Page) -> None:
    """The form, its problems, what was kept, the check, the receipt, and what a second opening shows."""
    partner = _offer(server, window)
    assert partner.shown(["objection"]) == {"objection": _KNOWN["objection"]}
    assert findings(window) == []
    assert len(partner.cannot_go_on()) >= 4
    assert findings(window) == []
    partner.fill(purpose="書きかけ")
    partner.keep()
    assert partner.shown(["purpose"]) == {"purpose": "書きかけ"}
    assert findings(window) == []
    partner.form.fill(_OFFER)
    assert "令和8年6月1日（月）" in partner.check()
    assert findings(window) == []
    assert "受け付けました" in partner.send()
    assert findings(window) == []
    window.goto(f"{window.url}?second=1")
    expect(window.get_by_role("status")).to_contain_text("すでに回答を受け付けています")
    assert findings(window) == []


def test_pages_without_a_form_are_accessible_and_japanese(server: PageServer, window: Page) -> None:
    """A page that was open too long, a link that is none, an engine that is away, a step that the office did."""
    partner = _offer(server, window)
    partner.form.fill(_OFFER)
    window.context.clear_cookies()
    window.get_by_role("button", name="確認へ進む").click()
    expect(window.locator("h1")).to_have_text("画面を開き直してください")
    assert findings(window) == []
    window.goto(f"{server.url}/a/none")
    expect(window.locator("h1")).to_have_text("このリンクは使えません")
    assert findings(window) == []
    unseen = server.ask()
    server.at_work.engine.away = True
    window.goto(unseen)
    server.at_work.engine.away = False
    expect(window.locator("h1")).to_have_text("いまは表示できません")
    assert findings(window) == []
    server.run(_done_by_the_office(server))
    window.goto(unseen)
    expect(window.locator("h1")).to_have_text("この手順は入力が済んでいます")
    assert findings(window) == []


def test_the_page_of_an_answer_that_waits_for_the_registry_is_accessible_and_japanese(
    tmp_path: Path, window: Page
) -> None:
    outages: list[Outage] = []

    async def start(registry: Registry) -> Answering:
        outages.append(Outage(await answering(registry), tmp_path / "held"))
        return outages[0].at_work

    with page_server(tmp_path, start) as server:
        partner = PartnerPage(window)
        partner.open(server.ask(_form("isesaki-offer"), _KNOWN))
        partner.form.fill(_OFFER)
        partner.check()
        outages[0].away = True
        assert "お預かりしました" in partner.send()
        assert findings(window) == []


async def _done_by_the_office(server: PageServer) -> None:
    async with server.at_work.open_unit() as unit:
        await end_links(unit, CASE_ID, TASK, LinkEnd.OFFICE)


def test_each_problem_leads_to_its_field(server: PageServer, window: Page) -> None:
    """Also one that only the server finds: a day that no calendar has."""
    partner = _offer(server, window)
    partner.fill(filing="申し出る", offeredOn="令和8年2月30日", projects=[{"title": "一"}, {"title": "二"}])
    partner.cannot_go_on()
    window.get_by_role("link", name="3 連携事業の提案 2件目の「事業内容」を入力してください").click()
    expect(window.get_by_role("group", name="3 連携事業の提案 2件目").get_by_label("事業内容")).to_be_focused()
    partner.form.fill({**_OFFER, "offeredOn": "令和8年2月30日"})
    (problem,) = partner.cannot_go_on()
    assert "申出書の日付" in problem
    window.get_by_role("link", name=problem).click()
    expect(window.get_by_label("申出書の日付")).to_be_focused()


def test_an_offer_is_filed_by_the_keyboard_alone(server: PageServer, window: Page) -> None:
    """Tab, space and letters; each place that is reached shows a ring."""
    partner = _offer(server, window)
    for label, keys in (
        ("申し出る", " "),
        ("申出書の日付", "R8.6.1"),
        ("1 目的", "市の子育てを支えるため"),
        (OPTIONS[0]["label"], " "),
        (OPTIONS[1]["label"], " "),
        (OPTIONS[2]["label"], " "),
        ("連携事項", "\ue015"),
        ("事業名", "健康教室"),
        ("事業内容", "公民館で月に一度"),
        ("確認へ進む", "\n"),
    ):
        _tab_to(window, label)
        if keys == "\ue015":
            window.keyboard.press("ArrowDown")
        elif keys in (" ", "\n"):
            window.keyboard.press("Space")
        else:
            window.keyboard.insert_text(keys)
    expect(window.locator("h1")).to_have_text("内容の確認")
    assert "健康教室" in partner.page.locator("main").inner_text()
    _tab_to(window, "この内容で送信する")
    window.keyboard.press("Enter")
    expect(window.get_by_role("status")).to_contain_text("受け付けました")


_WORDS: Final[dict[str, Any]] = {
    "id": "words",
    "type": "default",
    "schemaVersion": 16,
    "components": [
        {"type": "text", "id": "Text_head", "text": "## ② 申出\n{{caseTitle}}\n\n{{agreementSummary}}"},
        {
            "type": "radio",
            "id": "Field_kind",
            "key": "kind",
            "label": '{{if plan = null then "やり方" else "進め方"}}',
            "values": [{"label": "集まる", "value": "meet"}, {"label": "書面", "value": "paper"}],
            "validate": {"required": True},
        },
        {
            "type": "dynamiclist",
            "id": "List_rows",
            "path": "rows",
            "label": '{{if kind = "meet" then "会議" else "書類"}}',
            "allowAddRemove": True,
            "defaultRepetitions": 1,
            "disableCollapse": True,
            "isRepeating": True,
            "components": [
                {
                    "type": "textfield",
                    "id": "Field_name",
                    "key": "name",
                    "label": "名称",
                    "validate": {"required": True},
                }
            ],
        },
        {
            "type": "radio",
            "id": "Field_demand",
            "key": "demand",
            "label": "書類を1件以上入れてください",
            "values": [],
            "conditional": {"hide": "=count(rows) > 0"},
            "properties": {"renkei:kind": "demand"},
            "validate": {"required": True},
        },
    ],
}


def test_the_pages_words_are_what_a_person_would_say(server: PageServer, window: Page) -> None:
    """The title once, workers' texts as written, labels worked out for problems and readers, demands as such."""
    known = {"caseTitle": r"株式会社\*星\*", "agreementSummary": "**連携の協定**\n\n- 1 健康", "plan": "x"}
    partner = PartnerPage(window)
    url = server.ask(_WORDS, known)
    server.run(_titled(server, "申出"))
    partner.open(url)
    expect(window.get_by_role("heading", name="申出")).to_have_count(1)
    expect(window.locator(".fjs-form-field-text strong")).to_have_text("連携の協定")
    assert "株式会社*星*" in window.locator(".fjs-container").inner_text()
    expect(window.get_by_role("radiogroup", name="進め方")).to_be_visible()
    expect(window.get_by_role("group", name="書類 1件目")).to_be_visible()
    assert partner.cannot_go_on() == ["「進め方」を選んでください", "書類 1件目の「名称」を入力してください"]
    window.get_by_text("集まる").click()
    expect(window.get_by_role("group", name="会議 1件目")).to_be_visible()
    window.get_by_role("button", name="会議 1件目を削除する").click()
    assert partner.cannot_go_on() == ["書類を1件以上入れてください"]
    expect(window.get_by_text("書類を1件以上入れてください")).to_have_count(2)  # in the summary, and in its place
    window.get_by_role("link", name="書類を1件以上入れてください").click()
    expect(window.locator(".fjs-form-field", has_text="書類を1件以上入れてください")).to_be_focused()
    assert findings(window) == []


async def _titled(server: PageServer, title: str) -> None:
    async with server.at_work.open_unit() as unit:
        for link in await unit.answers.open_links(CASE_ID, TASK):
            link.title = title


def test_the_button_for_files_is_ours_and_says_what_was_chosen(server: PageServer, window: Page) -> None:
    """The browser's own speaks the browser's language."""
    _offer(server, window)
    expect(window.locator("#chosen")).to_have_text("まだ選んでいません")
    box = window.locator("#file").bounding_box()
    assert box is not None
    assert box["width"] <= 1
    window.get_by_label("添付するファイルを選ぶ").set_input_files(
        {"name": "見積書.PDF", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    )
    expect(window.locator("#chosen")).to_have_text("見積書.PDF")
    assert findings(window) == []


_FOCUSED: Final = """() => { const one = document.activeElement, style = getComputedStyle(one);
  return {name: (one.labels?.[0]?.innerText ?? one.innerText ?? '').replace('（必須）', '').trim(),
          ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2}; }"""


def _tab_to(window: Page, label: str) -> None:
    for _ in range(60):
        window.keyboard.press("Tab")
        focused = window.evaluate(_FOCUSED)
        if focused["name"].rstrip("*") == label:
            assert focused["ring"], label
            return
    raise AssertionError(f"the keyboard does not reach {label}")
