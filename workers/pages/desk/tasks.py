"""``/desk/task/KEY``: one task: taken, its form filled in, kept half-way, completed as the person (ALL-10).

What the page sends is read once more against the form. Who came first, and what the recording refuses, is told on the
same page; what was typed stays.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response

from workers.adapters.camunda.open_tasks import OpenTask
from workers.adapters.camunda.person_tasks import PersonTasks, TaskState
from workers.adapters.camunda.task_forms import ShownTask
from workers.domain.casenumbers import case_number
from workers.domain.desk import FormDraft
from workers.errors import PermanentError
from workers.pages.desk.beside import beside
from workers.pages.desk.face import ON_HOLD, PREFIX, NotHereError, Visit
from workers.pages.desk.home import Row, row_of
from workers.pages.incoming import file_limits, json_object
from workers.pages.steps import all_names, field_names
from workers.readers.attachedfile import KINDS, MEDIA_TYPES
from workers.readers.formanswer import read_answer
from workers.readers.writtenform import written_out
from workers.usecases.answer_workbooks import KIND
from workers.usecases.form_drafts import save_draft

_ERROR: Final = "formError"
_WAIT_SECONDS: Final = 6.0
_POLL_SECONDS: Final = 0.5
_DIGITS: Final = 19


@dataclass(frozen=True, kw_only=True)
class OpenForm:
    """A task that this person may see, with its form; ``shown`` None: it is done, or has no form."""

    key: int
    state: TaskState
    row: Row
    shown: ShownTask | None
    draft: FormDraft | None

    @property
    def case_id(self) -> str:
        """The task's case, empty where it has none."""
        return self.state.task.case_id


async def task(visit: Visit) -> Response:
    """Show a task."""
    async with visit.tasks() as engine:
        found = await found_task(visit, engine)
    if not found.state.is_open:
        return await _told(visit, found)
    given = found.draft.values if found.draft else {}
    return await form_page(visit, found, given, problems=_refused(found))


async def claim(visit: Visit) -> Response:
    """Take a task, or take it over from whoever has it."""
    async with visit.tasks() as engine:
        found = await found_task(visit, engine, with_form=visit.on_hold)
        if visit.on_hold:
            return await form_page(visit, found, {}, problems=[ON_HOLD])
        if await engine.claim(found.key, over=visit.field("over") == "1"):
            await _until(engine, found.key, visit.person.user)
            return visit.go(f"{PREFIX}/task/{found.key}")
        found = await found_task(visit, engine)
    if found.state.is_open:
        return await form_page(visit, found, {}, problems=["引き受けられませんでした。下の表示を確かめてください"])
    return await _told(visit, found)


async def give_back(visit: Visit) -> Response:
    """Give a task back to its department."""
    async with visit.tasks() as engine:
        found = await found_task(visit, engine, with_form=False)
        if not visit.on_hold and found.row.mine and await engine.give_back(found.key):
            await _until(engine, found.key, "")
    return visit.go(f"{PREFIX}/task/{found.key}")


async def typed(visit: Visit) -> Response:
    """Keep what was typed; complete the task with it where that was asked."""
    given = json_object(visit.field("values"))
    async with visit.tasks() as engine:
        found = await found_task(visit, engine)
        async with visit.open_unit() as unit:
            await save_draft(unit, found.key, visit.person.user, given)
        if found.shown is None or not found.row.mine:
            return await too_late(visit, found, given)
        if visit.field("action") != "check":
            return visit.go(f"{PREFIX}/task/{found.key}?kept=1")
        form = written_out(found.shown.form, found.shown.values)
        read = read_answer(form, given, found.shown.values)
        if read.problems or visit.on_hold:
            return await form_page(visit, found, given, problems=read.problems or [ON_HOLD])
        if not await engine.complete(found.key, read.values):
            return await too_late(visit, await found_task(visit, engine), given)
    async with visit.open_unit() as unit:
        await unit.desk.drop_drafts(found.key)
    return visit.go(f"{PREFIX}/task/{found.key}/done")


async def done(visit: Visit) -> Response:
    """Tell what came of a completion: the next tasks, or the same one again with what has to be mended."""
    async with visit.tasks() as engine:
        found = await found_task(visit, engine, with_form=False)
        if found.state.is_open and found.row.mine:
            return visit.go(f"{PREFIX}/task/{found.key}")
        coming = await _coming(engine, found) if found.case_id else []
        again = next((task for task in coming if task.element_id == found.state.task.element_id), None)
        if again is not None and await _is_refused(engine, again):
            await engine.claim(again.key)
            await _until(engine, again.key, visit.person.user)
            return visit.go(f"{PREFIX}/task/{again.key}?back=1")
    async with visit.open_unit() as unit:
        heads, names = await unit.desk.heads({found.case_id}), await unit.desk.names()
    head = heads.get(found.case_id)
    rows = [
        row_of(visit.scope, task, head, names)
        for task in coming
        if visit.scope.sees_task(task.candidate_groups, task.assignee, head.city if head else "")
    ]
    return visit.page("desk/done.html.j2", found=found, rows=rows)


async def _coming(engine: PersonTasks, found: OpenForm) -> Sequence[OpenTask]:
    """Return the tasks that came after a completed one, as soon as the index shows any."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        coming = [task for task in await engine.of_case(found.case_id) if task.key > found.key]
        if coming or time.monotonic() > deadline:
            return coming
        await asyncio.sleep(_POLL_SECONDS)


async def _is_refused(engine: PersonTasks, task: OpenTask) -> bool:
    """Whether a task came back because the recording objected; one that has gone on by now did not."""
    try:
        return bool((await engine.form(task, lambda _: {_ERROR})).values.get(_ERROR))
    except PermanentError:
        return False


async def _until(engine: PersonTasks, key: int, user: str) -> None:
    """Return when the index shows whose a task is; it lags about a second."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        state = await engine.find(key)
        if state is None or not state.is_open or state.task.assignee == user:
            return
        await asyncio.sleep(_POLL_SECONDS)


async def found_task(visit: Visit, engine: PersonTasks, *, with_form: bool = True) -> OpenForm:
    """Return the task of the address; raises NotHereError where this person sees none."""
    text = visit.request.path_params["key"]
    state = await engine.find(int(text)) if text.isdecimal() and len(text) <= _DIGITS else None
    if state is None:
        raise NotHereError
    async with visit.open_unit() as unit:
        heads = await unit.desk.heads({state.task.case_id} if state.task.case_id else set())
        names = await unit.desk.names()
        draft = await unit.desk.draft(int(text), visit.person.user)
    head = heads.get(state.task.case_id)
    if not visit.scope.sees_task(state.task.candidate_groups, state.task.assignee, head.city if head else ""):
        raise NotHereError
    shown = None
    if with_form and state.is_open:
        try:
            shown = await engine.form(state.task, all_names)
        except PermanentError:  # it has none, or was completed in this moment
            shown = None
    row = row_of(visit.scope, state.task, head, names)
    return OpenForm(key=int(text), state=state, row=row, shown=shown, draft=draft)


async def form_page(
    visit: Visit, found: OpenForm, given: Mapping[str, Any], *, problems: Sequence[str] = (), told: str = ""
) -> Response:
    """Show an open task with what was typed so far. ``told``: what has just been done, in one sentence."""
    data = None
    if found.shown is not None:
        known = {**_readable(found.shown, found.case_id), _ERROR: None}
        form = written_out(found.shown.form, known)
        schema = form if found.row.mine else _locked(form)
        data = {"schema": schema, "data": {**known, **given}}
    status = 422 if problems and visit.request.method == "POST" else 200
    case, form_id = await beside(visit, found.case_id), found.shown.form.get("id") if found.shown else ""
    return visit.page(
        "desk/task.html.j2",
        status=status,
        found=found,
        row=found.row,
        data=data,
        problems=problems,
        kept="kept" in visit.request.query_params,
        told=told,
        limits=file_limits(visit.desk.services.settings),
        kinds=KINDS,
        ends=",".join(MEDIA_TYPES),
        tasklist_url=visit.desk.services.settings.tasklist_url,
        beside=case,
        reads=case is not None and f"{KIND}-{form_id}" in {one.kind for one in case.documents},
        today=visit.today,
    )


async def too_late(visit: Visit, found: OpenForm, given: Mapping[str, Any]) -> Response:
    """Tell who has the task, or did it, when somebody wanted to complete it."""
    if not found.state.is_open:
        return await _told(visit, found, kept=bool(given))
    who = found.row.taken_by
    problem = f"{who}さんが引き受けています" if who and not found.row.mine else "まだ引き受けていません"
    return await form_page(visit, found, given, problems=[f"{problem}。入力した内容は保存してあります"])


async def _told(visit: Visit, found: OpenForm, *, kept: bool = False) -> Response:
    return visit.page("desk/told.html.j2", status=409 if kept else 200, found=found, row=found.row, kept=kept)


def _refused(found: OpenForm) -> list[str]:
    """Return what the recording objected to, a line each, without the escapes for Markdown."""
    text = found.shown.values.get(_ERROR) if found.shown else None
    if not isinstance(text, str):
        return []
    return [line for line in (re.sub(r"\\(.)", r"\1", part).strip() for part in text.splitlines()) if line]


def _readable(shown: ShownTask, case_id: str) -> dict[str, Any]:
    """Return the values with the case's number as people say it, in what is only read."""
    typed_keys = field_names(shown.form)
    return {name: value if name in typed_keys else _said(value, case_id) for name, value in shown.values.items()}


def _said(value: Any, case_id: str) -> Any:
    if isinstance(value, str) and case_id:
        return re.sub(rf"{re.escape(case_id)}(?![\d-])", case_number(case_id), value)
    if isinstance(value, list):
        return [_said(each, case_id) for each in value]
    if isinstance(value, Mapping):
        return {name: _said(each, case_id) for name, each in value.items()}
    return value


def _locked(form: Mapping[str, Any]) -> dict[str, Any]:
    """Return a form that is only read."""

    def lock(part: Mapping[str, Any]) -> dict[str, Any]:
        locked = {**part, "readonly": True}
        if part.get("components"):
            locked["components"] = [lock(each) for each in part["components"]]
        if part.get("type") == "dynamiclist":
            locked["allowAddRemove"] = False
        return locked

    return {**form, "components": [lock(part) for part in form.get("components") or []]}
