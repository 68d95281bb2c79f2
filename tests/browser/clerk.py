"""A clerk in Tasklist, in Chromium: opens tasks, types into their forms, reads what the screen shows.

Fields are named by their keys and filled with what a person sees: the text of a choice, not its value.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import Browser, Locator, Page, expect

from workers.adapters.camunda.tasklist import Tasklist
from workers.settings import Settings

T = TypeVar("T")
Answers = Mapping[str, Any]
_WAIT_MS = 60_000
_LOOK_AGAIN_SECONDS = 0.2
_TASK_DEADLINE_SECONDS = 60
_TYPED = frozenset({"textfield", "textarea", "number"})
_CHOSEN = frozenset({"radio", "checklist"})


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
        pictures: Path,
        *,
        user: str = "",
        password: str = "",
        locale: str = "ja-JP",
    ) -> None:
        """Open a window and log in; ``pictures`` is where screenshots go."""
        self._stack = stack
        self._pictures = pictures
        self._number = 0
        self._has_agreed = False
        self._key = ""
        self._done: set[str] = set()
        self._form: dict[str, Any] = {}
        self.page: Page = chromium.new_page(viewport={"width": 1400, "height": 1300}, locale=locale)
        self.page.set_default_timeout(_WAIT_MS)
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

    def picture(self, name: str) -> Path:
        """Keep what the screen shows now, with its form in full length."""
        self._number += 1
        path = self._pictures / f"{self._number:02d}-{name}.png"
        height = self.page.evaluate(
            "Math.max(...[...document.querySelectorAll('.fjs-container')].map(e => e.scrollHeight), 0)"
        )
        self.page.set_viewport_size({"width": 1400, "height": min(max(1300, int(height) + 420), 8000)})
        self.page.screenshot(path=path)
        return path

    def begin(self, process_id: str) -> None:
        """Open a process's start form."""
        self._form = run(self._start_form(process_id))
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
        async with Tasklist.from_settings(self._stack) as tasklist:
            return await tasklist.start_form(process_id)

    def open(self, task: str, known_by: Mapping[str, str], *, group: str = "") -> None:
        """Wait for an open task of a kind (of a group, where given), open it and claim it.

        ``known_by``: variables that tell it from those of other cases, such as its ``caseId``.
        """
        self._key, self._form = run(self._waiting(task, known_by, group))
        self.page.goto(f"{self._stack.tasklist}/tasklist/{self._key}")
        claim = self.page.get_by_role("button", name="Assign to me")
        claimed = self.page.get_by_role("button", name="Unassign")
        expect(claim.or_(claimed)).to_be_visible()
        if claim.is_visible():
            claim.click()
        expect(claimed).to_be_visible()
        expect(self.page.locator(".fjs-container")).to_be_visible()

    async def _waiting(self, task: str, known_by: Mapping[str, str], group: str) -> tuple[str, dict[str, Any]]:
        wanted = {"taskDefinitionId": task, **({"candidateGroup": group} if group else {})}
        async with asyncio.timeout(_TASK_DEADLINE_SECONDS), Tasklist.from_settings(self._stack) as tasklist:
            while True:
                for row in await tasklist.search(wanted, variables=list(known_by)):
                    seen = {each["name"]: json.loads(each["value"]) for each in row.get("variables") or ()}
                    if row["id"] not in self._done and seen == known_by:
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
        """Type and choose; a list's rows are made and taken away until there are as many as in the answer."""
        for key, value in answers.items():
            self._fill(self._component(key), value, "")

    def shown(self, keys: Sequence[str]) -> dict[str, Any]:
        """Return what the fields hold on the screen, in the words that ``fill`` takes; hidden fields are left out."""
        found = {key: self._shown(self._component(key), "") for key in keys}
        return {key: value for key, value in found.items() if value is not None}

    def _component(self, key: str) -> dict[str, Any]:
        found = next((part for part in _parts(self._form) if key in (part.get("key"), part.get("path"))), None)
        assert found is not None, f"{self._form.get('id')} has no field {key}"
        return found

    def _fill(self, part: Mapping[str, Any], value: Any, row: str) -> None:
        kind, field = part["type"], self._at(part, row)
        if kind == "dynamiclist":
            self._fill_rows(part, value)
        elif kind in _TYPED:
            field.click()
            field.fill(str(value))
            field.blur()  # form-js takes over what was typed when the field is left
            expect(field).to_have_value(str(value))
        elif kind == "checkbox":
            field.set_checked(bool(value), force=True)
        elif kind == "select":
            self._at(part, row, "-display").click()
            self.page.locator(".fjs-dropdownlist-item", has_text=str(value)).first.click()
        else:
            self._choose(part, [value] if isinstance(value, str) else value, row)

    def _choose(self, part: Mapping[str, Any], wanted: Sequence[str], row: str) -> None:
        options = {option.inner_text().strip(): option for option in self._options(part, row)}
        assert set(wanted) <= set(options), f"{part['label']}: {sorted(set(wanted) - set(options))} is not offered"
        for text, option in options.items():
            ticked = self._input_of(option).is_checked()
            if (text in wanted) != ticked and (part["type"] == "checklist" or text in wanted):
                option.click()

    def _fill_rows(self, part: Mapping[str, Any], rows: Sequence[Answers]) -> None:
        box = self._box(part)
        fixed = not part.get("allowAddRemove", False)
        assert not fixed or self._rows(part) >= len(rows), f"{part['label']} has only {self._rows(part)} rows"
        while (there := self._rows(part)) < len(rows):
            box.locator(".fjs-repeat-render-add").click()
            expect(self._at(part["components"][0], f"_{there}").first).to_be_attached()
        while not fixed and (there := self._rows(part)) > len(rows):
            box.get_by_role("button", name=f"Remove list item {there}", exact=True).click()
            expect(self._at(part["components"][0], f"_{there - 1}")).to_have_count(0)
        for number, values in enumerate(rows):
            for inner in part["components"]:
                if inner.get("key") in values:
                    self._fill(inner, values[inner["key"]], f"_{number}")

    def _box(self, part: Mapping[str, Any]) -> Locator:
        return self.page.locator(f'.fjs-container [aria-labelledby$="-{part["id"]}"]')

    def _rows(self, part: Mapping[str, Any]) -> int:
        box = self._box(part)
        return box.locator(".fjs-repeat-row-container").count()

    def _shown(self, part: Mapping[str, Any], row: str) -> Any:
        kind, field = part["type"], self._at(part, row)
        if kind == "dynamiclist":
            return [
                {
                    inner["key"]: self._shown(inner, f"_{number}")
                    for inner in part["components"]
                    if inner.get("key") and self._is_there(inner, f"_{number}")
                }
                for number in range(self._rows(part))
            ]
        if not self._is_there(part, row):
            return None
        if kind in _TYPED:
            return field.input_value()
        if kind == "checkbox":
            return field.is_checked()
        if kind == "select":
            display = self._at(part, row, "-display")
            return display.input_value() if display.evaluate("e => e.tagName") == "INPUT" else display.inner_text()
        ticked = [o.inner_text().strip() for o in self._options(part, row) if self._input_of(o).is_checked()]
        return ticked if kind == "checklist" else next(iter(ticked), "")

    def _at(self, part: Mapping[str, Any], row: str, ending: str = "") -> Locator:
        return self.page.locator(f'.fjs-container [id$="-{part["id"]}{row}{ending}"]')

    def _is_there(self, part: Mapping[str, Any], row: str) -> bool:
        return (
            self._at(part, row).count() + self._at(part, row, "-0").count() + self._at(part, row, "-display").count()
            > 0
        )

    def _options(self, part: Mapping[str, Any], row: str) -> list[Locator]:
        return self.page.locator(f'.fjs-container label[for*="-{part["id"]}{row}-"]').all()

    def _input_of(self, option: Locator) -> Locator:
        return self.page.locator(f'[id="{option.get_attribute("for")}"]')


def _parts(container: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a form's fields and lists, not what stands inside a list."""
    for part in container.get("components", ()):
        yield part
        if part["type"] == "group":
            yield from _parts(part)
