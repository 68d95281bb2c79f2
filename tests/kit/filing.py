"""A desk whose partner answers by file: the workbook of the mail, filled in, sent back, read into the open task."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.kit import workbooks
from tests.kit.desk import BrokerDesk, Office
from tests.kit.mail import Mail
from tests.kit.returned import RETURNED
from tests.kit.smtp import SmtpServer
from workers.adapters.documents.workbook_reading import asked_in
from workers.cli.attaching import enter_file, store_file
from workers.domain.wareki import format_wareki, parse_date
from workers.packs.answers.model import AnswerForm, Question, Rows
from workers.usecases.answer_workbooks import KIND, RECEIVED

Saves = Callable[[bytes], bytes]
_CELL: Final = re.compile(r"[A-Z]+\d+")


@dataclass
class FilingDesk:
    """Fills the partner's workbook in with what a scenario says, and sends the task with what its form then shows.

    The workbook is the attachment of the mail that arrived at the SMTP server. ``through``: how the partner's program
    saves the file. ``filed``: the tasks that were answered by file, in order; ``refused``: those whose file was named
    wrong cell by cell, as the scenario wants.
    """

    desk: BrokerDesk
    office: Office
    sink: SmtpServer
    folder: Path
    through: Saves
    filed: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def install(self) -> None:
        """Let the desk answer by file where the mail brought a workbook for the task."""
        by_hand = self.desk.complete

        async def complete(task: str, group: str | None, answers: Mapping[str, Any]) -> None:
            shown = await self._shown(task, group, answers)
            await by_hand(task, group, shown)

        self.desk.complete = complete  # type: ignore[method-assign]

    async def _shown(self, task: str, group: str | None, answers: Mapping[str, Any]) -> Mapping[str, Any]:
        driver = self.office.driver
        await self.desk.before(lambda: self.desk.first_open(task, group), task)
        await driver.task(task, instance=self.desk.instance, candidate=group)
        await driver.settled()
        open_task = await driver.task(task, instance=self.desk.instance, candidate=group)
        case_id = str(open_task.variables.get("caseId") or "")
        sent = await self._workbook(case_id, task) if case_id else None
        if sent is None:
            return answers
        form = asked_in(sent)[0]
        known = {part.key: open_task.variables.get(part.key) for part in form.parts}
        whole = {**known, **answers}  # what a scenario does not say stays as the form shows it
        if any(_office_only(part, whole) for part in form.parts if isinstance(part, Question)):
            return answers  # what the office alone can enter
        RETURNED.completing(driver.records, open_task, {})  # what was typed before is there, until the file comes
        path = self.folder / f"返事{len(self.filed)}.xlsx"
        path.write_bytes(self.through(workbooks.filled(sent, in_cells(form, whole))))
        async with self.office.services.open_unit() as uow:
            uow.by = "検査"
            document = await store_file(uow, case_id, path, kind=RECEIVED)
        entered = await enter_file(self.office.services, self.office.answers, document, wanted=task)
        await driver.settled()
        found = await driver.task(task, instance=self.desk.instance, candidate=group)
        problems = entered.file.answer.problems
        if problems:
            assert all(_CELL.search(problem) for problem in problems), problems
            assert found.variables["formError"]
            self.refused.append(task)
            return answers  # a scenario that fails on purpose: the office sends what it says
        wrong = {
            part.key: (found.variables.get(part.key), answers[part.key])
            for part in form.parts
            if part.key in answers and _asked(part, found.variables.get(part.key)) != _asked(part, answers[part.key])
        }
        assert wrong == {}, wrong
        self.filed.append(task)
        shown = {part.key: found.variables.get(part.key) for part in form.parts}
        RETURNED.completing(driver.records, found, {**answers, **shown})
        return {**answers, **shown}

    async def _workbook(self, case_id: str, task: str) -> bytes | None:
        """Return the workbook for a task, as it arrived; None where the case's mails have brought none."""
        page = self.office.services.packs.answer_page(case_id.partition("-")[0], task)
        if page is None:
            return None
        async with self.office.services.open_unit() as uow:
            kept = await uow.documents.latest(case_id, f"{KIND}-{page.form_id}")
            copy = None if kept is None else await uow.documents.read(kept)
        if copy is None:
            return None

        def arrived(mails: list[Mail]) -> bytes | None:
            parts = (part for mail in reversed(mails) for part in mail.message.iter_attachments())
            contents = (part.get_payload(decode=True) for part in parts if "（回答用）" in str(part.get_filename()))
            return next((content for content in contents if content == copy), None)

        return await self.sink.wait(arrived)


def _office_only(question: Question, answers: Mapping[str, Any]) -> bool:
    value = answers.get(question.key)
    values = {option.value for option in question.options}
    if question.kind != "choice" or value is None or (question.office and question.fixed is None):
        return False
    return value != question.fixed if question.fixed else str(value) not in values


def in_cells(form: AnswerForm, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return answers as people write them in the cells: days in wareki, choices by their labels."""
    cells: dict[str, Any] = {}
    for part in form.parts:
        value = answers.get(part.key)
        if isinstance(part, Rows):
            asked = [question for question in part.questions if question.asked]
            cells[part.key] = [{q.key: _cell(q, row.get(q.key)) for q in asked} for row in value or []]
        elif part.asked and part.kind == "choices":
            cells[part.key] = [n for n, option in enumerate(part.options) if option.value in (value or [])]
        elif part.asked:
            cells[part.key] = _cell(part, value)
    return cells


def _cell(question: Question, value: Any) -> Any:
    if value in (None, ""):
        return None
    if question.kind == "choice":
        return next(option.label for option in question.options if option.value == str(value))
    if question.kind == "tick":
        return "はい" if value else None
    return format_wareki(parse_date(value)) if question.kind == "date" else value


def _asked(part: Question | Rows, value: Any) -> Any:
    """Return a value as it is compared, of rows only what is asked in them."""
    if not isinstance(part, Rows):
        return _plain(value)
    keys = {question.key for question in part.questions if question.asked}
    return [_plain({key: row[key] for key in row if key in keys}) for row in value or []]


def _plain(value: Any) -> Any:
    """Return a value as it is compared: what was left empty is nothing, a day is a day."""
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items() if part not in (None, "", False)}
    return None if value in ("", False) else value.strip() if isinstance(value, str) else value
