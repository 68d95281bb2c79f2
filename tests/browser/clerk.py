"""A clerk in Tasklist, in Chromium: logs in, starts processes, opens and claims tasks, sends forms."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from playwright.sync_api import Browser, FloatRect, Page, expect

from tests.browser.formfields import Answers, FormOnScreen
from tests.kit.pictures import Album
from workers.adapters.camunda.tasklist import Tasklist
from workers.errors import PermanentError
from workers.settings import Settings

T = TypeVar("T")
_WAIT_MS = 60_000
_LOOK_AGAIN_SECONDS = 0.2
_TASK_DEADLINE_SECONDS = 60
_WIDTH, _HEIGHT = 1400, 1000
_TALLEST = 1300.0
"""So high is a picture of the documentation at most; a longer form is cut off."""
_BAR = 48
"""So high is the bar with Tasklist's name."""


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run async work in a thread of its own: Playwright's event loop occupies this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result(timeout=300)


@dataclass(frozen=True)
class Refused:
    """What the screen objected to when a form was sent: the texts beside its fields."""

    messages: list[str]


class Clerk:
    """One person with a browser window of their own."""

    def __init__(
        self,
        chromium: Browser,
        stack: Settings,
        album: Album,
        *,
        user: str = "",
        password: str = "",
        locale: str = "ja-JP",
    ) -> None:
        """Open a window and log in; ``album`` is where pictures go."""
        self._stack = stack
        self._album = album
        self._has_agreed = False
        self._key = ""
        self._done: set[str] = set()
        self.page: Page = chromium.new_page(viewport={"width": _WIDTH, "height": _HEIGHT}, locale=locale)
        self.page.set_default_timeout(_WAIT_MS)
        self.form = FormOnScreen(self.page, {})
        self._log_in(user or stack.camunda_user, password or stack.camunda_password.get_secret_value())

    def _log_in(self, user: str, password: str) -> None:
        self.page.goto(f"{self._stack.tasklist}/tasklist/login")
        self.page.get_by_role("textbox", name="Username").fill(user)
        self.page.get_by_role("textbox", name="Password").fill(password)
        self.page.get_by_role("button", name="Login").click()
        # Until its first page is there, Tasklist still goes to it by itself, away from whatever was opened meanwhile.
        expect(self.page.get_by_role("link", name="Processes")).to_be_visible()

    def close(self) -> None:
        """Close the window."""
        self.page.close()

    def picture(self, name: str) -> None:
        """Keep the whole screen as it is now."""
        self._album.paste(name, self.page.screenshot())

    def document(self, kind: str, *, end: bool = False) -> None:
        """Keep a picture of the open form for the documentation: what a person reads and fills, nothing around it.

        Of a long form the beginning is kept, or its ``end``.
        """
        self._close_notice()
        self._whole_form()
        form = self.page.locator(".fjs-container").bounding_box()
        assert form is not None
        starting = self.page.url.endswith("/start")
        edge, top = (48.0, form["y"] - 64) if starting else (16.0, float(_BAR))
        bottom = form["y"] + form["height"]
        top = max(top, bottom - _TALLEST) if end else top
        height = min(bottom - top, _TALLEST)
        clip = FloatRect(x=form["x"] - edge, y=top, width=form["width"] + 2 * edge, height=height)
        self._album.document(kind, self.page.screenshot(clip=clip))

    def document_screen(self, kind: str) -> None:
        """Keep a picture of the whole window for the documentation."""
        self._album.document(kind, self.page.screenshot())

    def _close_notice(self) -> None:
        """Close Tasklist's offer to notify in the browser; it stands over the first task that is opened."""
        closing = self.page.locator('[class*="notification__close-button"]')
        if closing.count():
            closing.first.click()
            expect(closing).to_have_count(0)

    def _whole_form(self) -> None:
        """Make the window so high that the form needs no scrolling."""
        height = self.page.evaluate(
            "Math.max(...[...document.querySelectorAll('.fjs-container')].map(e => e.scrollHeight), 0)"
        )
        self.page.set_viewport_size({"width": _WIDTH, "height": min(max(_HEIGHT, int(height) + 420), 8000)})

    def begin(self, process_id: str) -> None:
        """Open a process's start form."""
        self.form = FormOnScreen(self.page, run(self._start_form(process_id)))
        self._agree_to_start()
        self.page.goto(f"{self._stack.tasklist}/tasklist/processes/{process_id}/start")
        expect(self.page.locator(".fjs-container")).to_be_visible()

    def _agree_to_start(self) -> None:
        """Close what Tasklist explains at a person's first visit: it would lie, unseen, over the start form."""
        if not self._has_agreed:
            self.page.goto(f"{self._stack.tasklist}/tasklist/processes")
            self.page.get_by_role("button", name="Continue").click()
            self._has_agreed = True

    async def _start_form(self, process_id: str) -> dict[str, Any]:
        async with asyncio.timeout(_TASK_DEADLINE_SECONDS), Tasklist.from_settings(self._stack) as tasklist:
            while True:
                try:
                    return await tasklist.start_form(process_id)
                except PermanentError:  # deployed a moment ago: the index does not show it yet
                    await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    def open(self, task: str, known_by: Mapping[str, str], *, group: str = "") -> None:
        """Wait for an open task of a kind (of a group, where given), open it and claim it.

        ``known_by``: variables, and how they end, that tell it from those of other cases, such as its ``caseId``.
        """
        self._key, form = run(self._waiting(task, known_by, group))
        self.form = FormOnScreen(self.page, form)
        self.page.goto(f"{self._stack.tasklist}/tasklist/{self._key}")
        claim = self.page.get_by_role("button", name="Assign to me")
        claimed = self.page.get_by_role("button", name="Unassign")
        expect(claim.or_(claimed)).to_be_visible()
        if claim.is_visible():
            claim.click()
        expect(claimed).to_be_visible()
        expect(self.page.locator(".fjs-container")).to_be_visible()

    @property
    def key(self) -> str:
        """The key of the open task."""
        return self._key

    def case_id(self) -> str:
        """Return the number of the open task's case."""
        return run(self._variable("caseId"))

    async def _variable(self, name: str) -> str:
        async with Tasklist.from_settings(self._stack) as tasklist:
            return str((await tasklist.variables(self._key))[name])

    async def _waiting(self, task: str, known_by: Mapping[str, str], group: str) -> tuple[str, dict[str, Any]]:
        wanted = {"taskDefinitionId": task, **({"candidateGroup": group} if group else {})}
        async with asyncio.timeout(_TASK_DEADLINE_SECONDS), Tasklist.from_settings(self._stack) as tasklist:
            while True:
                for row in await tasklist.search(wanted, variables=list(known_by)):
                    seen = {each["name"]: json.loads(each["value"]) for each in row.get("variables") or ()}
                    if row["id"] not in self._done and _is_known(seen, known_by):
                        return row["id"], await tasklist.form(row["id"])
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    def send(self) -> Refused | None:
        """Press the button; None once the form is accepted, else what the screen objects to."""
        self.page.get_by_role("button", name="Complete Task").or_(
            self.page.get_by_role("button", name="Start process").last
        ).click()
        accepted = self.page.get_by_text("Task completed").or_(self.page.get_by_text("Process has started")).first
        objected = self.page.locator(".fjs-form-field-error").first
        expect(accepted.or_(objected).first).to_be_visible()
        if accepted.is_visible():
            self._done.add(self._key)  # the index shows it as open for another moment
            return None
        return Refused(self.page.locator(".fjs-form-field-error").all_inner_texts())

    def fill(self, answers: Answers) -> None:
        """Type and choose (see FormOnScreen.fill)."""
        self.form.fill(answers)

    def shown(self, keys: Sequence[str]) -> dict[str, Any]:
        """Return what the fields hold on the screen (see FormOnScreen.shown)."""
        return self.form.shown(keys)


def _is_known(seen: Mapping[str, Any], known_by: Mapping[str, str]) -> bool:
    return all(str(seen.get(name)).endswith(end) for name, end in known_by.items())
