"""A desk whose partner answers by link: the mail at the SMTP server, its page, what is typed there, the receipt."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from tests.kit.answering import PAGES_URL, Page
from tests.kit.desk import PACKS, BrokerDesk, Office
from tests.kit.driver import EngineDriver
from tests.kit.mail import Mail
from tests.kit.smtp import SmtpServer
from workers.adapters.camunda.task_forms import ShownTask
from workers.domain.answers import AnswerPage, token_hash
from workers.domain.wareki import parse_date
from workers.errors import InputError
from workers.packs.answersteps import is_for_partner
from workers.packs.diagrams import model
from workers.pages.app import application
from workers.pages.steps import Steps
from workers.readers.officeparts import office_part
from workers.trial.happened import UserTask

_LINK: Final = re.compile(rf"{PAGES_URL}(/a/(\S+))")


class RecordedForms:
    """What a task shows, from the broker's records and the pack's forms, where production asks the engine."""

    def __init__(self, driver: EngineDriver, page_of: Callable[[str, str], AnswerPage | None]) -> None:
        self._driver = driver
        self._page_of = page_of

    async def read(
        self, case_id: str, element_id: str, names: Callable[[Mapping[str, Any]], Collection[str]]
    ) -> ShownTask | None:
        """Return the newest open task of a case as its page shows it."""
        found = [t for t in self._driver.records.open_tasks(element_id) if t.variables.get("caseId") == case_id]
        page = self._page_of(case_id.partition("-")[0], element_id)
        if not found or page is None:
            return None
        wanted = names(page.form)
        return ShownTask(form=page.form, values={n: v for n, v in found[-1].variables.items() if n in wanted})


@dataclass
class LinkingDesk:
    """Answers the tasks that a partner's page shows by the newest link, all others as the office.

    ``answered``: the tasks that were answered by link. ``client``: a browser before the partners' pages.
    """

    desk: BrokerDesk
    office: Office
    sink: SmtpServer
    client: httpx.AsyncClient
    answered: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def install(self) -> None:
        """Let the desk answer by link where the mail brought one."""
        by_hand = self.desk.complete

        async def complete(task: str, group: str | None, answers: Mapping[str, Any]) -> None:
            if not await self._by_link(task, group, answers):
                await by_hand(task, group, answers)

        self.desk.complete = complete  # type: ignore[method-assign]

    async def _by_link(self, task: str, group: str | None, answers: Mapping[str, Any]) -> bool:
        driver, desk = self.office.driver, self.desk
        await desk.before(lambda: desk.first_open(task, group), task)
        found = await driver.task(task, instance=desk.instance, candidate=group)
        await driver.settled()
        case_id = str(found.variables.get("caseId") or "")
        if not case_id:
            return False
        asked = self.office.services.packs.answer_page(case_id.partition("-")[0], task)
        hashes = await self._open(case_id, task)
        if asked is None or not hashes or office_only(asked.form, answers):
            return False
        page = await self._page(hashes)
        first = await page.type(typed(asked.form, answers))
        if first.status_code != httpx.codes.SEE_OTHER:
            # The scenario's mistake is told on the page at once: the scenario's next step brings the right answer.
            self.refused.append(task)
            return True
        desk.leave_to_scenario()
        await desk.completing(found, answers)
        before = len(self._receipts())
        await page.send()
        await self._taken(found, case_id, answers, asked.form)
        await self.sink.wait(lambda _: len(self._receipts()) > before)
        desk.completed.append(found)
        self.answered.append(task)
        return True

    async def _open(self, case_id: str, task: str) -> set[str]:
        async with self.office.services.open_unit() as uow:
            return {link.token_hash for link in await uow.answers.open_links(case_id, task)}

    async def _page(self, hashes: set[str]) -> Page:
        """Open the link of the newest mail of the step that has arrived."""

        def arrived(mails: list[Mail]) -> str:
            links = [link for mail in mails for link in _LINK.findall(mail.text)]
            return next((path for path, token in reversed(links) if token_hash(token) in hashes), "")

        return Page(self.client, await self.sink.wait(arrived))

    def _receipts(self) -> list[Mail]:
        return [mail for mail in self.sink.accepted if "回答を受け付けました" in mail.subject]

    async def _taken(self, task: UserTask, case_id: str, answers: Mapping[str, Any], form: Mapping[str, Any]) -> None:
        """Wait until the link's answer completed the task; it says what the office would have entered, nothing else."""
        records = self.office.driver.records
        await records.wait(lambda: task.key not in {one.key for one in records.open_tasks()}, timeout=30)
        async with self.office.services.open_unit() as uow:
            number = await uow.answers.last_round(case_id, task.element_id)
            kept = await uow.answers.answer(case_id, task.element_id, number)
        assert kept is not None
        differing = _differences(form, kept.values, answers)
        assert differing == {}, f"by link, by the office: {differing}"


def _differences(
    form: Mapping[str, Any], given: Mapping[str, Any], wanted: Mapping[str, Any]
) -> dict[str, tuple[Any, Any]]:
    """Return what a link's answer says otherwise than the office's, by key: of the fields that somebody fills in."""
    asked = {
        part["key"] for part in parts(form) if part.get("key") and part.get("type") != "expression" and not _shown(part)
    }
    asked |= {part["path"] for part in form.get("components") or [] if part.get("type") == "dynamiclist"}
    found = {}
    for key in asked & {*given, *wanted}:
        theirs, ours = plain(given.get(key)), plain(wanted.get(key))
        if isinstance(theirs, list) and isinstance(ours, list):
            theirs = [_without_what_was_there(row, own) for row, own in zip(theirs, ours, strict=False)] + theirs[
                len(ours) :
            ]
        if theirs != ours:
            found[key] = (theirs, ours)
    return found


def _shown(part: Mapping[str, Any]) -> bool:
    return bool(part.get("disabled") or part.get("readonly"))


def _without_what_was_there(row: Any, own: Any) -> Any:
    """Return a row without what the page only shows in it: a scenario does not write that out."""
    return {key: row[key] for key in row if key in own} if isinstance(row, dict) and isinstance(own, dict) else row


@asynccontextmanager
async def pages(at_work: Office, driver: EngineDriver) -> AsyncIterator[httpx.AsyncClient]:
    """A browser before the partners' pages of a test's office."""
    shown = RecordedForms(driver, at_work.services.packs.answer_page)
    app = application(at_work.services.open_unit, Steps(shown, lag_seconds=5))
    transport = httpx.ASGITransport(app, client=("192.0.2.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url=PAGES_URL) as client:
        yield client


def parts(container: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the components of a form, those in groups and lists too."""
    for part in container.get("components") or []:
        yield part
        yield from parts(part)


def office_only(form: Mapping[str, Any], answers: Mapping[str, Any]) -> bool:
    """Whether an answer says what only the office may: a choice that is kept for it, a field of its own."""
    for part in parts(form):
        office, value = office_part(part), answers.get(part.get("key") or "")
        if value in (None, ""):
            continue
        if str(value) in office.kept or (office.omitted and not office.answered):
            return True
        if office.value is not None and value != office.value:
            return True
    return False


def typed(form: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer as the page sends it: without what the page answers in the partner's place."""
    answered = {part.get("key") for part in parts(form) if office_part(part).answered}
    return {key: value for key, value in answers.items() if key not in answered}


def plain(value: Any) -> Any:
    """Return a value as it is compared: nothing is nothing however it is written, a day is a day."""
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items() if part not in (None, "", False, [])}
    if value in ("", False, None, []):
        return None
    if not isinstance(value, str):
        return value
    try:
        return parse_date(value).isoformat()
    except InputError:
        return value.strip()


def marked_steps() -> Iterator[tuple[str, str]]:
    """Yield (pack, user task) of every step that a diagram marks as a partner's."""
    for path in sorted(PACKS.glob("*/*.bpmn")):
        for task in model.load(path).all("userTask"):
            if is_for_partner(task):
                yield path.parent.name, task.get("id") or ""
