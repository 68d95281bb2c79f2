"""Somebody at the desk, in Chromium: signs in, finds their tasks, claims, fills in, completes; every page is read."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from playwright.sync_api import Browser, FloatRect, Page, expect

from tests.browser.partnerpage import PartnersForm
from tests.kit.deskwords import READ, foreign
from tests.kit.pictures import Album

_DEADLINE_SECONDS = 90
_LOOK_AGAIN_MS = 700
_WAIT_MS = 120_000
_WIDTH, _HEIGHT = 1280, 900


class DeskClerk:
    """One person with a window of their own. ``form``: the one that the page shows; ``album``: for its pictures."""

    def __init__(self, chromium: Browser, url: str, user: str, password: str, album: Album) -> None:
        """Open a window and sign in."""
        self.url, self.album, self._done = url, album, set[str]()
        self.page: Page = chromium.new_page(viewport={"width": _WIDTH, "height": _HEIGHT}, locale="ja-JP")
        self.page.set_default_timeout(_WAIT_MS)
        self.broken: list[str] = []
        self.page.on("pageerror", lambda error: self.broken.append(str(error)))
        self.form = PartnersForm(self.page, {})
        self.page.goto(f"{url}/desk/")
        self.read()
        self.page.get_by_label("利用者名").fill(user)
        self.page.get_by_label("パスワード").fill(password)
        self.page.get_by_role("button", name="サインインする").click()
        expect(self.page.get_by_role("heading", name="いまする作業")).to_be_visible()

    def close(self) -> None:
        """Close the window."""
        self.page.close()

    def read(self) -> None:
        """Hold the open page against what no page may say, and its scripts against errors."""
        words = foreign(self.page.evaluate(READ))
        assert words == [], f"{self.page.url} says {words}"
        assert self.broken == [], self.page.url

    def picture(self, kind: str, *, upto: int | None = None) -> None:
        """Keep the whole page for the documentation, its pictures drawn; ``upto``: only its first pixels from above."""
        self.page.wait_for_load_state("networkidle")
        clip: FloatRect | None = None if upto is None else {"x": 0, "y": 0, "width": 1280, "height": upto}
        self.album.document(kind, self.page.screenshot(full_page=True, clip=clip), of="desk")

    def go(self, path: str) -> None:
        """Open a page of the desk, and read it."""
        self.page.goto(f"{self.url}{path}")
        self.read()

    def begin(self) -> None:
        """Open the form of a new case."""
        self.go("/desk/")
        self.page.get_by_role("link", name="新しい案件を始める").click()
        self._arrived("この内容で始める")

    def opens(self, task: str, company: str) -> None:
        """Wait for an open task of a case on the list, open it and claim it."""
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while True:
            self.page.goto(f"{self.url}/desk/?q={company}")
            links = self.page.locator("tbody td[data-label=すること] a", has_text=task)
            addresses = [link.get_attribute("href") or "" for link in links.all()]
            waiting = [address for address in addresses if address not in self._done]
            if waiting:
                break
            assert time.monotonic() < deadline, f"{task} of {company} is on no desk"
            self.page.wait_for_timeout(_LOOK_AGAIN_MS)
        self.read()
        self.go(waiting[0])
        claim = self.page.get_by_role("button", name="引き受けて入力する")
        if claim.count():
            claim.click()
        self._arrived("完了する")

    def _arrived(self, button: str) -> None:
        expect(self.page.get_by_role("button", name=button, exact=True)).to_be_visible()
        self.form = PartnersForm(self.page, json.loads(self.page.locator("#form-data").text_content() or "")["schema"])
        self.read()

    def fills(self, **answers: Any) -> None:
        """Type and choose; ``a__b`` stands for the key ``a.b``."""
        self.form.fill({key.replace("__", "."): value for key, value in answers.items()})

    def keeps(self) -> None:
        """Save what has been typed so far."""
        self.page.get_by_role("button", name="途中まで保存する").click()
        expect(self.page.get_by_text("途中までの入力を保存しました")).to_be_visible()
        self._arrived("完了する")

    def starts(self) -> None:
        """Start the case."""
        self.page.get_by_role("button", name="この内容で始める").click()
        expect(self.page.get_by_text("案件を始めました")).to_be_visible()
        self.read()

    def completes(self) -> None:
        """Complete the task."""
        task = self.page.url.split("?")[0].removeprefix(self.url)
        self.page.get_by_role("button", name="完了する", exact=True).click()
        expect(self.page.get_by_role("heading", name="完了しました")).to_be_visible()
        self._done.add(task)
        self.read()

    def cannot_complete(self, because: str) -> None:
        """Press the button: the page says why not, whether the form, the server or the recording found it."""
        self.page.get_by_role("button", name="完了する", exact=True).click()
        expect(self.page.locator("#problem-list")).to_contain_text(because)
        self._arrived("完了する")

    def does(self, task: str, company: str, answers: Mapping[str, Any]) -> None:
        """Open, fill in and complete a task."""
        self.opens(task, company)
        self.fills(**answers)
        self.completes()

    def shown(self, keys: Sequence[str]) -> dict[str, Any]:
        """Return what fields hold."""
        return self.form.shown(keys)
