"""A partner in Chromium: opens the link of a mail, fills the form in, reads it once more, sends it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.formfields import Answers, FormOnScreen

_CHECK, _KEEP, _SEND = "確認へ進む", "途中で保存する", "この内容で送信する"


class PartnersForm(FormOnScreen):
    """The form on our page: choices of a list are the browser's own, a row's button says its row."""

    def _pick(self, part: Mapping[str, Any], row: str, text: str) -> None:
        self._at(part, row).select_option(label=text)

    def _removal(self, box: Locator, part: Mapping[str, Any], number: int) -> Locator:
        return box.get_by_role("button", name=f"{part['label']} {number}件目を削除する", exact=True)

    def _held(self, kind: str, field: Locator, display: Locator) -> Any:
        if kind == "select":
            return field.evaluate("e => e.selectedOptions[0]?.text ?? ''")
        return super()._held(kind, field, display)


class PartnerPage:
    """One window of a partner. ``form``: the form that it shows; ``known``: the variables that it was shown with."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.form = PartnersForm(page, {})
        self.known: dict[str, Any] = {}

    def open(self, url: str) -> None:
        """Open a link and wait for its form."""
        self.page.goto(url)
        self.arrived()

    def arrived(self) -> None:
        """Wait until the page's form can be filled in."""
        expect(self.page.get_by_role("button", name=_CHECK)).to_be_visible()
        shown = json.loads(self.page.locator("#form-data").text_content() or "")
        self.form, self.known = PartnersForm(self.page, shown["schema"]), shown["data"]

    def fill(self, **answers: Any) -> None:
        """Type and choose."""
        self.form.fill(answers)

    def cannot_go_on(self) -> list[str]:
        """Ask for the check; return what the summary objects to, once it stands on the page and is read out."""
        self.page.get_by_role("button", name=_CHECK).click()
        expect(self.page.locator("#problems")).to_be_visible()
        expect(self.page.locator("#problems")).to_be_focused()
        return [text.strip() for text in self.page.locator("#problem-list li").all_inner_texts()]

    def objections(self) -> list[str]:
        """Ask for the check; return what the page objects to, empty where it goes on to the page of the check."""
        self.page.get_by_role("button", name=_CHECK).click()
        problems = self.page.locator("#problems")
        expect(self.page.get_by_role("button", name=_SEND).or_(problems).filter(visible=True)).to_be_visible()
        return [text.strip() for text in problems.locator("li").all_inner_texts()] if problems.is_visible() else []

    def check(self) -> str:
        """Go on to the page of the check and return its words."""
        self.page.get_by_role("button", name=_CHECK).click()
        expect(self.page.get_by_role("button", name=_SEND)).to_be_visible()
        return self.page.locator("main").inner_text()

    def back(self) -> None:
        """Return from the check to the form."""
        self.page.get_by_role("link", name="入力に戻る").click()
        self.arrived()

    def keep(self) -> None:
        """Save what has been typed so far."""
        self.page.get_by_role("button", name=_KEEP).click()
        expect(self.page.get_by_role("status").filter(has_text="保存しました")).to_be_visible()
        self.arrived()

    def send(self) -> str:
        """Send what the check shows and return the words of the receipt."""
        self.page.get_by_role("button", name=_SEND).click()
        expect(self.page.get_by_role("status")).to_be_visible()
        return self.page.locator("main").inner_text()

    def answer(self, answers: Answers) -> str:
        """Fill in, check and send; return the receipt's words."""
        self.form.fill(answers)
        self.check()
        return self.send()

    def shown(self, keys: Sequence[str]) -> dict[str, Any]:
        """Return what fields hold."""
        return self.form.shown(keys)
