"""A desk whose partner answers by file: the workbook of the mail, filled in, sent back, read into the open task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path
from typing import Any

from sqlalchemy import select

from tests.kit import workbooks
from tests.kit.desk import BrokerDesk, Office
from workers.adapters.documents.workbook_reading import asked_in
from workers.adapters.registry import outbox_tables
from workers.cli.attaching import enter_file, store_file
from workers.domain.wareki import format_wareki, parse_date
from workers.packs.answers.model import AnswerForm, Question, Rows
from workers.usecases.answer_workbooks import RECEIVED

Saves = Callable[[bytes], bytes]


@dataclass
class FilingDesk:
    """Fills the partner's workbook in with what a scenario says, and sends the task with what its form then shows.

    ``through``: how the partner's program saves the file. ``filed``: the tasks that were answered by file.
    """

    desk: BrokerDesk
    office: Office
    folder: Path
    through: Saves
    filed: list[str] = field(default_factory=list)

    def install(self) -> None:
        """Let the desk answer by file where the mail brought a workbook for the task."""
        by_hand = self.desk.complete

        async def complete(task: str, group: str | None, answers: Mapping[str, Any]) -> None:
            shown = await self._shown(task, group, answers)
            await by_hand(task, group, shown)

        self.desk.complete = complete  # type: ignore[method-assign]

    async def _shown(self, task: str, group: str | None, answers: Mapping[str, Any]) -> Mapping[str, Any]:
        case_id, sent = await self._workbook(task, group)
        if sent is None or task in self.filed:
            return answers  # what comes back was typed the first time: the kit compares it
        form = asked_in(sent)[0]
        if any(_office_only(part, answers) for part in form.parts if isinstance(part, Question)):
            return answers  # what the office alone can enter
        path = self.folder / f"返事{len(self.filed)}.xlsx"
        path.write_bytes(self.through(workbooks.filled(sent, in_cells(form, answers))))
        async with self.office.services.open_unit() as uow:
            uow.by = "検査"
            await store_file(uow, case_id, path, kind=RECEIVED)
        entered = await enter_file(self.office.services, self.office.answers, case_id, path, wanted=task)
        if entered.file.answer.problems:
            return answers  # a scenario that fails on purpose: the office sends what it says
        await self.office.driver.settled()
        found = await self.office.driver.task(task, instance=self.desk.instance, candidate=group)
        keys = [part.key for part in form.parts if part.key in answers]
        wrong = {
            key: (found.variables.get(key), answers[key])
            for key in keys
            if _plain(found.variables.get(key)) != _plain(answers[key])
        }
        assert wrong == {}, wrong
        self.filed.append(task)
        return {**answers, **{part.key: found.variables.get(part.key) for part in form.parts}}

    async def _workbook(self, task: str, group: str | None) -> tuple[str, bytes | None]:
        """Return the newest workbook in the case's mails whose form the open task shows."""
        driver = self.office.driver
        await self.desk.before(lambda: self.desk.first_open(task, group), task)
        found = await driver.task(task, instance=self.desk.instance, candidate=group)
        await driver.settled()
        case_id = str(found.variables.get("caseId"))
        mail = outbox_tables.mail.c
        query = select(mail.raw).where(mail.case_id == case_id).order_by(mail.id.desc())
        async with self.office.services.engine.connect() as connection:
            raws = (await connection.execute(query)).scalars().all()
        for raw in raws:
            for part in message_from_bytes(raw, policy=SMTP).iter_attachments():
                name = str(part.get_filename())
                if "（回答用）" in name and task in self._tasks(case_id, content := part.get_content()):
                    return case_id, content
        return case_id, None

    def _tasks(self, case_id: str, content: bytes) -> Mapping[str, str]:
        form = asked_in(content)[0].id
        return self.office.services.packs.tasks_with_form(case_id.partition("-")[0], form)


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


def _plain(value: Any) -> Any:
    """Return a value as it is compared: what was left empty is nothing, a day is a day."""
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items() if part not in (None, "", False)}
    return None if value in ("", False) else value.strip() if isinstance(value, str) else value
