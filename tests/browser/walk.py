"""A clerk who errs on the way through a procedure: whatever the screen keeps or brings back has to hold all typed.

The walk remembers what was typed into every form, by whom, and compares it with the screen after each refusal and each
return. After that only what was wrong is typed: nothing is ever typed twice.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from playwright.sync_api import expect

from tests.browser.clerk import Clerk
from tests.browser.formfields import Answers

_DRAWN_SECONDS = 5
_LOOK_AGAIN_MS = 100


class Walk:
    """One case's way from form to form; ``known_by``: variables, and how they end, that tell its tasks from others'."""

    def __init__(self, clerk: Clerk, company: str) -> None:
        self.clerk = clerk
        self.company = company
        self.known_by: Mapping[str, str] = {"name": company}
        self._typed: dict[tuple[str, str], dict[str, Any]] = {}
        self._here = ("", "")

    @property
    def case_id(self) -> str:
        """The case's number, once the walk knows it."""
        return self.known_by["caseId"]

    def knows_its_case(self) -> None:
        """Find the case that the company's consultation opened, and know its tasks by its number from now on."""
        self.clerk.open("Task_SubmitOffer", {"caseTitle": self.company})
        self.known_by = {"caseId": self.clerk.case_id()}

    def begins(self, process_id: str) -> None:
        """Open a start form."""
        self.clerk.begin(process_id)
        self._come_to("")

    def opens(self, task: str, *, group: str = "") -> None:
        """Open a task whose form is new to whoever works on it."""
        self.clerk.open(task, self.known_by, group=group)
        self._come_to(group)
        self._typed[self._here] = {}

    def gets_back(
        self, task: str, *, because: str = "", group: str = "", but: Sequence[str] = (), behind: Sequence[str] = ()
    ) -> None:
        """Open a task that came back: all typed is there, and so is the reason.

        ``but``: choices that are meant to be made anew. ``behind``: fields that the form shows once they are made.
        """
        self.clerk.open(task, self.known_by, group=group)
        self._come_to(group)
        self.forgets(*but)
        self._compare({key: value for key, value in self._typed[self._here].items() if key not in behind})
        if because:
            self.reads(because)

    def _come_to(self, group: str) -> None:
        self._here = (self.clerk.form.id, group)
        self._typed.setdefault(self._here, {})

    def types(self, **answers: Any) -> None:
        """Type and choose. A row of a list names only what changes in it."""
        named = {key.replace("__", "."): value for key, value in answers.items()}
        self.clerk.form.fill(named)
        self._typed[self._here] = _merged(self._typed[self._here], named)

    def forgets(self, *keys: str) -> None:
        """What was typed there is no longer asked for: the form has hidden its field."""
        for key in keys:
            self._typed[self._here].pop(key, None)

    def cannot_send(self) -> list[str]:
        """Press the button; the screen refuses, and all typed stays. Returns what the screen objects to."""
        refused = self.clerk.send()
        assert refused is not None, f"the screen accepted {self._here}"
        self._holds_all()
        return refused.messages

    def sends(self) -> None:
        """Press the button; the form holds all typed, and is accepted."""
        self._holds_all()
        refused = self.clerk.send()
        if refused is not None:
            self.clerk.picture("refused")
        assert refused is None, f"{self._here}: {refused.messages if refused else ''}"

    def shows(self, **expected: Any) -> None:
        """The form holds this although it was not typed into it."""
        named = {key.replace("__", "."): value for key, value in expected.items()}
        self._compare(named)

    def reads(self, text: str) -> None:
        """A text stands on the screen, as words of the form or in one of its fields."""
        if text not in self.clerk.form.words():
            expect(self.clerk.page.locator(".fjs-container").get_by_text(text).first).to_be_visible()

    def _holds_all(self) -> None:
        self._compare(self._typed[self._here])

    def _compare(self, expected: Answers) -> None:
        """Compare with the screen, once it has drawn what it loads after the form: the choices of lists, for one."""
        deadline = time.monotonic() + _DRAWN_SECONDS
        while (shown := self._shown_like(expected)) != expected and time.monotonic() < deadline:
            self.clerk.page.wait_for_timeout(_LOOK_AGAIN_MS)
        if shown != expected:
            self.clerk.picture("lost")
        assert shown == expected, f"{self._here} shows {shown}, not {expected}"

    def _shown_like(self, expected: Answers) -> Answers:
        shown = self.clerk.form.shown(list(expected))
        return {key: _like(value, shown.get(key)) for key, value in expected.items()}


def _merged(before: Answers, now: Answers) -> dict[str, Any]:
    """Return what was typed, with what is typed now; rows of lists one by one."""
    merged = dict(before)
    for key, value in now.items():
        old = merged.get(key)
        if _is_rows(value) and _is_rows(old):
            merged[key] = [{**(old[i] if i < len(old) else {}), **row} for i, row in enumerate(value)]
        else:
            merged[key] = value
    return merged


def _is_rows(value: Any) -> TypeGuard[list[Mapping[str, Any]]]:
    return isinstance(value, list) and all(isinstance(row, Mapping) for row in value)


def _like(expected: Any, shown: Any) -> Any:
    """Return what is shown, without what was not typed: other fields of a row, the order of choices."""
    if not isinstance(expected, list) or not isinstance(shown, list):
        return shown
    if _is_rows(expected):
        if not _is_rows(shown) or len(shown) != len(expected):
            return shown
        return [{key: row.get(key) for key in known} for known, row in zip(expected, shown, strict=True)]
    return expected if sorted(expected) == sorted(shown) else shown
