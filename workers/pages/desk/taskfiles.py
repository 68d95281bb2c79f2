"""``/desk/task/KEY/files``: files beside a task's answer, and the partner's filled workbook read into its form.

What was typed so far comes along and is kept. A file is the case's at once, whoever completes the task (ALL-3, ALL-17).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from workers.domain.casenumbers import in_words
from workers.errors import InputError
from workers.pages.desk.face import Visit
from workers.pages.desk.tasks import OpenForm, form_page, found_task, too_late
from workers.pages.incoming import Incoming, file_limits, json_object, read_incoming
from workers.runtime.secondfiles import SecondFiles
from workers.usecases.answer_workbooks import TakenFile, keep_received, note_taken, take_file
from workers.usecases.filed_answers import keep_filed
from workers.usecases.form_drafts import save_draft
from workers.usecases.staff_files import add_files

_READ = "read"
_NONE = "ファイルを選んでください"
_ONE = "読み込む様式は、1つずつ選んでください"


async def files(visit: Visit) -> Response:
    """Keep files with the task's case, or read one of them as the partner's form."""
    async with visit.tasks() as engine:
        found = await found_task(visit, engine)
    incoming = await read_incoming(visit.request, file_limits(visit.desk.services.settings))
    given = json_object(incoming.fields.get("values", ""))
    async with visit.open_unit() as unit:
        await save_draft(unit, found.key, visit.person.user, given)
    if found.shown is None or not found.row.mine or not found.case_id:
        return await too_late(visit, found, given)
    problems = [*incoming.problems, *([] if incoming.files or incoming.problems else [_NONE])]
    if problems:
        return await form_page(visit, found, given, problems=problems)
    if _READ in incoming.fields:
        return await _read(visit, found, given, incoming)
    async with visit.open_unit() as unit:
        await add_files(unit, found.case_id, incoming.files, task=found.row.name)
    names = "、".join(file.name for file in incoming.files)
    return await form_page(
        visit, found, given, told=f"案件にファイルを加えました: {names}。作業はまだ完了していません。"
    )


async def _read(visit: Visit, found: OpenForm, given: Mapping[str, Any], incoming: Incoming) -> Response:
    if len(incoming.files) > 1:
        return await form_page(visit, found, given, problems=[_ONE])
    (file,) = incoming.files
    try:
        async with visit.open_unit() as unit:
            document = await keep_received(unit, found.case_id, file)
        async with visit.open_unit() as unit:
            taken = await take_file(unit, document)
        _is_of_this_task(visit, found, taken)
        second = SecondFiles(visit.open_unit, taken, visit.person.name)
        await second.refuse_waiting([found.state.task.element_id])
    except InputError as error:
        return await form_page(visit, found, given, problems=[in_words(error.message)])
    values = {**given, **taken.answer.values}
    async with visit.open_unit() as unit:
        await save_draft(unit, found.key, visit.person.user, values)
        await note_taken(unit, found.case_id, taken, found.row.name)
        await keep_filed(unit, found.case_id, found.state.task.element_id, taken)
    told = f"「{taken.title}」のファイル {file.name} を読み込みました。内容を確かめてから完了してください。"
    return await form_page(visit, found, values, problems=list(taken.answer.problems), told=told)


def _is_of_this_task(visit: Visit, found: OpenForm, taken: TakenFile) -> None:
    """Raise InputError for the form of another step."""
    elements = visit.desk.services.packs.tasks_with_form(found.row.city, taken.form)
    if found.state.task.element_id not in elements:
        names = "」「".join(dict.fromkeys(elements.values())) or taken.title
        raise InputError(taken.name, f"この作業の様式ではありません。「{names}」で読み込んでください")
