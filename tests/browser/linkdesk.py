"""A desk whose partner answers in Chromium, by the link of the mail that arrived at the SMTP server."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page

from tests.browser.partnerpage import PartnerPage
from tests.kit.chromium import Window
from tests.kit.desk import BrokerDesk, Office
from tests.kit.driver import EngineDriver
from tests.kit.linking import office_only
from tests.kit.pictures import Album
from tests.kit.smtp import SmtpServer
from workers.adapters.camunda.task_forms import ShownTask
from workers.domain.answers import token_hash
from workers.readers.feelvalues import UnknownFeelError, value_of
from workers.trial.happened import State, UserTask
from workers.wiring import Services

Mistakes = Callable[[PartnerPage], None]


class RecordedForms:
    """What a task shows, from the broker's records, where production asks an index."""

    def __init__(self, driver: EngineDriver) -> None:
        self._driver = driver
        self.services: Services | None = None

    async def read(
        self, case_id: str, element_id: str, names: Callable[[Mapping[str, Any]], Collection[str]]
    ) -> ShownTask | None:
        """Return the newest open task of a case as its page shows it."""
        found = [t for t in self._driver.records.open_tasks(element_id) if t.variables.get("caseId") == case_id]
        if not found or self.services is None:
            return None
        page = self.services.packs.answer_page(case_id.partition("-")[0], element_id)
        assert page is not None
        wanted = names(page.form)
        values = {name: value for name, value in found[-1].variables.items() if name in wanted}
        return ShownTask(form=page.form, values=values)


@dataclass
class LinkDesk:
    """Answers each step of the partner's by its mail's link. ``answered``: those steps, in order.

    ``before``: what a partner does wrong before a step is answered for the first time. ``receipts``: what the pages
    said at last. ``refused``: the steps whose scenario has a mistake that the page told at once.
    """

    desk: BrokerDesk
    office: Office
    server: SmtpServer
    window: Window
    album: Album
    url: str
    before: dict[str, Mistakes] = field(default_factory=dict)
    answered: list[str] = field(default_factory=list)
    receipts: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def install(self) -> None:
        """Let the desk answer by link where a mail brought one for the task."""
        by_hand = self.desk.complete

        async def complete(task: str, group: str | None, answers: Mapping[str, Any]) -> None:
            found = await self._task(task, group)
            case_id = str(found.variables.get("caseId") or "")
            link = await self._link(task, case_id) if case_id else None
            page = self.office.services.packs.answer_page(case_id.partition("-")[0], task) if link else None
            if link is None or page is None or office_only(page.form, answers):
                await by_hand(task, group, answers)
            else:
                await self._by_link(link, found, answers)

        self.desk.complete = complete  # type: ignore[method-assign]

    async def _task(self, task: str, group: str | None) -> UserTask:
        await self.desk.before(lambda: self.desk.first_open(task, group), task)
        await self.office.driver.task(task, instance=self.desk.instance, candidate=group)
        await self.office.driver.settled()
        return await self.office.driver.task(task, instance=self.desk.instance, candidate=group)

    async def _link(self, task: str, case_id: str) -> str | None:
        """Return the link that stands in the mail which arrived; None where the registry has none for the task."""
        async with self.office.services.open_unit() as unit:
            open_now = {link.token_hash for link in await unit.answers.open_links(case_id, task)}
        if not open_now:
            return None
        words = re.compile(rf"{re.escape(self.url)}/a/(\S+)")

        def arrived(mails: list[Any]) -> str | None:
            all_words = [word for mail in reversed(mails) for word in words.findall(mail.text)]
            return next((word for word in all_words if token_hash(word) in open_now), None)

        return f"{self.url}/a/{await self.server.wait(arrived)}"

    async def _by_link(self, link: str, found: UserTask, answers: Mapping[str, Any]) -> None:
        element = found.element_id

        def answer(page: Page) -> str | None:
            partner = PartnerPage(page)
            partner.open(link)
            self.album.paste(f"{element}-open", page.screenshot(full_page=True))
            if element not in self.answered and element in self.before:
                self.before[element](partner)
            fill_in(partner, answers)
            if partner.objections():
                self.album.paste(f"{element}-problems", page.screenshot(full_page=True))
                return None
            self.album.paste(f"{element}-check", page.screenshot(full_page=True))
            receipt = partner.send()
            self.album.paste(f"{element}-receipt", page.screenshot(full_page=True))
            return receipt

        receipt = await self.window.do(answer)
        if receipt is None:
            # The scenario's mistake is told on the page at once: the scenario's next step brings the right answer.
            self.refused.append(element)
            return
        self.receipts.append(receipt)
        await self.office.driver.records.wait(
            lambda: found.state is not State.ACTIVE, timeout=30, what=f"{element} to be taken by the engine"
        )
        self.answered.append(element)
        self.desk.completed.append(found)


def fill_in(partner: PartnerPage, answers: Mapping[str, Any]) -> None:
    """Fill a page in with what a scenario sends, field by field as a person goes down the form."""
    for part in partner.form.parts():
        key = str(part.get("key") or part.get("path"))
        if (
            key in answers
            and part["type"] != "expression"
            and part.get("readonly") is not True
            and partner.form.has(key)
        ):
            words = _words(part, answers[key], partner.known)
            if words is not None:
                partner.form.fill({key: words})


def _words(part: Mapping[str, Any], value: Any, known: Mapping[str, Any]) -> Any:
    """Return a value as a person says it: a choice by its label."""
    kind = part["type"]
    if kind == "dynamiclist":
        return [dict(_row(part, row, known)) for row in value or []]
    if kind == "checklist":
        return [_label(part, one, known) for one in value or []]
    if kind in {"radio", "select"}:
        return None if value in (None, "") else _label(part, value, known)
    return value if kind == "checkbox" else "" if value is None else str(value)


def _row(part: Mapping[str, Any], row: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for inner in part["components"]:
        key = inner.get("key")
        if key in row and inner.get("readonly") is not True and inner["type"] != "expression":
            words = _words(inner, row[key], {**known, "this": row})
            if words is not None:
                yield key, words


def _label(part: Mapping[str, Any], value: Any, known: Mapping[str, Any]) -> str:
    options = part.get("values")
    if options is None:
        try:
            options = value_of(str(part["valuesExpression"]), known)
        except UnknownFeelError:
            options = []
    return next((str(o["label"]) for o in options or [] if str(o["value"]) == str(value)), str(value))
