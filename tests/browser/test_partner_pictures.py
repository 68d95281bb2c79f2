"""The pictures of docs/partners.md, taken while a partner answers; ``--pictures`` renews them (ALL-2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.browser.accessible import findings
from tests.browser.pageserver import PageServer, page_server
from tests.browser.partnerpage import PartnerPage
from tests.kit.answering import FORM, OPTIONS, PAGES_URL
from tests.kit.attachments import pdf
from tests.kit.pictures import DOCUMENTED, Album, album
from tests.kit.publicoffers import taking_offers
from workers.readers.attachedfile import KINDS

pytestmark = [pytest.mark.timeout(180)]
_GUIDE: Final = DOCUMENTED.parent / "partners.md"
_LARGEST: Final = 150_000
_KNOWN: Final[dict[str, Any]] = {
    "caseTitle": "isesaki-2026-0001 株式会社上州あおぞら銀行",
    "cityOptions": {"fields": OPTIONS},
}
_OFFER: Final[dict[str, Any]] = {
    "filing": "申し出る",
    "offeredOn": "令和8年6月1日",
    "purpose": "支店と行員のつながりを生かし、市の見守りと防災を支えるため。",
    "fields": [option["label"] for option in OPTIONS[:3]],
    "projects": [{"field": OPTIONS[0]["label"], "title": "親子の金融教室", "content": "夏休みに公民館で2回開く。"}],
}


@pytest.fixture(name="window")
def _window(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 860, "height": 820}, locale="ja-JP")
    yield context.new_page()
    context.close()


@pytest.fixture(name="pictures")
def _pictures(request: pytest.FixtureRequest) -> Album:
    return album(request.config, request.node.name)


def test_the_page_from_the_link_to_the_receipt(tmp_path: Path, window: Page, pictures: Album) -> None:
    """The form, its problems, files beside it, the check, the receipt."""
    with page_server(tmp_path) as server:
        partner = PartnerPage(window)
        partner.open(server.ask(FORM, _KNOWN))
        _document(pictures, "form", window)
        partner.fill(filing="申し出る", offeredOn="令和8年6月1日")
        assert "「1 目的」を入力してください" in partner.cannot_go_on()
        window.evaluate("scrollTo(0, 0)")
        _document(pictures, "problems", window)
        partner.form.fill(_OFFER)
        file: FilePayload = {"name": "会社案内.pdf", "mimeType": "application/pdf", "buffer": pdf()}
        window.get_by_label("添付するファイルを選ぶ").set_input_files(file)
        window.get_by_role("button", name="選んだファイルを添付する").click()
        expect(window.get_by_role("button", name="会社案内.pdf を外す")).to_be_visible()
        partner.arrived()
        _document(pictures, "files", window, bottom=True)
        assert "親子の金融教室" in partner.check()
        _document(pictures, "check", window)
        assert "受け付けました" in partner.send()
        _document(pictures, "receipt", window)


def test_the_page_of_a_first_offer(tmp_path: Path, window: Page, pictures: Album) -> None:
    """The address, the confirmation, the form behind the mail's link, the number under which it was filed."""
    with page_server(tmp_path, taking_offers) as server:
        window.goto(f"{server.url}/offer/isesaki")
        window.get_by_label("メールアドレス").fill("renkei@aozora.example")
        window.get_by_label("メールアドレス").blur()
        _document(pictures, "offer-address", window)
        assert findings(window) == []
        window.get_by_role("button", name="確認のメールを受け取る").click()
        expect(window.get_by_role("heading", name="確認のメールをお送りします")).to_be_visible()
        _document(pictures, "offer-sent", window)
        assert findings(window) == []
        partner = PartnerPage(window)
        partner.open(server.url + _path(server))
        _document(pictures, "offer-form", window)
        assert findings(window) == []
        who = {"name": "株式会社上州あおぞら銀行", "representative": "頭取 赤城 一", "contact": "地域連携室 渋川 次郎"}
        offered = partner.form.choices("fields")[:3]
        project = {**_OFFER["projects"][0], "field": offered[0]}
        own = {"offeredOn": _OFFER["offeredOn"], "purpose": _OFFER["purpose"], "fields": offered, "projects": [project]}
        partner.fill(**who, **own)
        assert "親子の金融教室" in partner.check()
        assert "受付番号" in partner.send()


def _path(server: PageServer) -> str:
    (mail,) = server.run(server.at_work.mails("offer-confirmation"))
    found = re.search(rf"{PAGES_URL}(/offer/isesaki/\S+)", mail)
    assert found
    return found[1]


def _document(pictures: Album, kind: str, window: Page, *, bottom: bool = False) -> None:
    """Keep what a partner sees without scrolling, or at the end of the page, where it fits on less than that."""
    if bottom:
        window.evaluate("scrollTo(0, document.body.scrollHeight)")
    height = min(820, int(window.evaluate("document.body.getBoundingClientRect().height")))
    clip = {"x": 0.0, "y": 0.0, "width": 860.0, "height": float(height)}
    picture = window.screenshot(clip=clip)  # type: ignore[arg-type]  # playwright's own FloatRect
    assert len(picture) <= _LARGEST
    pictures.document(kind, picture, of="partner")


def test_the_guide_shows_the_pictures_that_are_kept_and_names_the_pages_kinds_of_files() -> None:
    guide = _GUIDE.read_text(encoding="utf-8")
    shown = set(re.findall(r"\(pictures/(partner-[a-z-]+\.png)\)", guide))
    assert shown == {path.name for path in DOCUMENTED.glob("partner-*.png")}
    assert len(shown) == 8
    assert KINDS in guide
