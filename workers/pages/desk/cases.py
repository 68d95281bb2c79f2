"""``/desk/cases`` and ``/desk/case/ID``: a case as a whole: where it stands, what happened, what there is (ALL-15)."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from workers.adapters.camunda.open_tasks import OpenTask
from workers.adapters.documents.preview import READABLE, as_pdf, office
from workers.domain.acts import Act
from workers.domain.casenumbers import case_number, file_name
from workers.domain.entities import Case, Document
from workers.domain.text import comparable
from workers.drawing.passed import calls_of, surely_passed
from workers.drawing.picture import draw_standing
from workers.errors import InputError, RetryableError
from workers.packs.diagrams import model
from workers.pages.desk.face import HEADERS, PREFIX, NotHereError, Visit, case_of
from workers.pages.desk.home import row_of
from workers.pages.desk.mails import mail_lines
from workers.pages.desk.matrix import matrix
from workers.pages.desk.starting import CASE, beginnings
from workers.pages.incoming import file_limits, read_incoming
from workers.usecases.close_case import state_name
from workers.usecases.ports import UnitOfWork
from workers.usecases.see_case import may_see
from workers.usecases.staff_files import add_files
from workers.usecases.staff_notes import add_note

_MOST: Final = 2000
_SHOWN: Final = 100
_SVG_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
_PDF_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'"
_FILE_POLICY: Final = "default-src 'none'; sandbox"


@dataclass(frozen=True, kw_only=True)
class Version:
    """A document with its number among those of its kind: the newest is the last."""

    document: Document
    name: str
    number: int
    newest: bool
    can_be_seen: bool


async def cases(visit: Visit) -> Response:
    """List the cases that concern this person."""
    asked = visit.query("q")[:100]
    rows = []
    async with visit.open_unit() as unit:
        for city in visit.scope.cities:
            own = None if visit.scope.has_office(city.code) else {one.code for one in visit.scope.departments(city)}
            ids = await unit.desk.case_ids(city.code, departments=own, limit=_MOST)
            heads = await unit.desk.heads(ids)
            rows += [(city, heads[case_id]) for case_id in ids]
    process = visit.desk.services.packs.process_name
    found = [
        {"city": city.name, "head": head, "process": process(head.process_id)}
        for city, head in rows
        if (visit.query("all") or head.is_open or asked)
        and _holds(f"{city.name} {head.partner} {case_number(head.id)} {head.id} {process(head.process_id)}", asked)
    ]
    return visit.page(
        "desk/cases.html.j2", rows=found[:_SHOWN], found=len(found), q=asked, everything=bool(visit.query("all"))
    )


def _holds(text: str, asked: str) -> bool:
    return all(comparable(word) in comparable(text) for word in asked.split())


async def case(visit: Visit) -> Response:
    """Show a case."""
    return await shown(visit)


async def shown(visit: Visit, *, problem: str = "", typed: str = "", status: int = 200) -> Response:
    """Show a case, with what a form of it could not be taken for."""
    tasks, standing_known = await _open_tasks(visit)
    async with visit.open_unit() as unit:
        found = await _case(visit, unit, tasks)
        city = unit.cities.city(found.city)
        heads, names = await unit.desk.heads({found.id}), await unit.desk.names()
        values: dict[str, Any] = {
            "case": found,
            "city": city,
            "state": state_name(found),
            "history": (await unit.history.of_case(found.id))[::-1],
            "surveys": [matrix(found, survey, city) for survey in await unit.surveys.of_case(found.id)],
            "documents": _versions(found.id, await unit.documents.of_case(found.id)),
            "notes": await unit.desk.notes(found.id),
            "agreement": await unit.agreements.of_case(found.id),
            "names": names,
        }
    is_office = visit.scope.has_office(found.city)
    rows = [
        row_of(visit.scope, task, heads.get(found.id), names)
        for task in tasks
        if visit.scope.sees_task(task.candidate_groups, task.assignee, found.city)
    ]
    services = visit.desk.services
    return visit.page(
        "desk/case.html.j2",
        status=status,
        process=services.packs.process_name(found.process_id),
        rows=rows,
        away=not standing_known,
        is_office=is_office,
        mails=await mail_lines(visit, found.id) if is_office else (),
        about=[one for one in beginnings(visit, city) if one.asks == CASE] if found.closed_on is None else [],
        has_picture=services.packs.diagram_file(found.process_id) is not None,
        today=visit.today,
        problem=problem,
        typed=typed,
        **values,
    )


async def survey(visit: Visit) -> Response:
    """Return the surveys of a case alone: the page fetches them again while somebody looks."""
    async with visit.open_unit() as unit:
        found = await _case_by_address(visit, unit)
        city = unit.cities.city(found.city)
        surveys = [matrix(found, one, city) for one in await unit.surveys.of_case(found.id)]
    return visit.page("desk/_surveys.html.j2", surveys=surveys)


async def picture(visit: Visit) -> Response:
    """Return the case's diagram with the steps that it has passed, and where it stands."""
    async with visit.open_unit() as unit:
        found = await _case_by_address(visit, unit)
        acts = [entry.act for entry in await unit.history.of_case(found.id) if entry.act is not None]
    here: list[str] = []
    if found.process_instance_key is not None and found.outcome is None:
        with contextlib.suppress(RetryableError):
            async with visit.tasks() as engine:
                here = await engine.standing(found.process_instance_key)
    file = visit.desk.services.packs.diagram_file(found.process_id)
    if file is None:
        raise NotHereError
    svg = await run_in_threadpool(_standing, file, found.process_id, acts, here)
    headers = {**HEADERS, "Content-Security-Policy": _SVG_POLICY}
    return Response(svg, media_type="image/svg+xml", headers=headers)


def _standing(file: Path, process_id: str, acts: Sequence[Act], here: Sequence[str]) -> str:
    diagram = model.load(file)
    done = {act.element_id for act in acts if act.process_id == process_id}
    done |= calls_of(diagram, {act.process_id for act in acts})
    return draw_standing(diagram, here=here, done=done | surely_passed(diagram, {*done, *here}))


async def document(visit: Visit) -> Response:
    """Hand a document out as a file."""
    async with visit.open_unit() as unit:
        found = await _case_by_address(visit, unit)
        one = _document(await unit.documents.of_case(found.id), visit.request.path_params["document"])
        content = await unit.documents.read(one)
    name = file_name(one.name, found.id)
    headers = {
        **HEADERS,
        "Content-Security-Policy": _FILE_POLICY,
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
    }
    return Response(content, media_type=one.media_type, headers=headers)


async def preview(visit: Visit) -> Response:
    """Show a document as PDF in the browser, where the machine has LibreOffice."""
    async with visit.open_unit() as unit:
        found = await _case_by_address(visit, unit)
        one = _document(await unit.documents.of_case(found.id), visit.request.path_params["document"])
        content = await unit.documents.read(one)
    suffix = Path(one.name).suffix.lower()
    if suffix != ".pdf":
        content = await as_pdf(content, suffix, visit.desk.services.settings.data / "previews" / f"{one.sha256}.pdf")
    headers = {**HEADERS, "Content-Security-Policy": _PDF_POLICY, "Content-Disposition": "inline"}
    return Response(content, media_type="application/pdf", headers=headers)


async def note(visit: Visit) -> Response:
    """Keep a note of staff."""
    async with visit.open_unit() as unit:
        found = await _case_by_address(visit, unit)
    try:
        async with visit.open_unit() as unit:
            await add_note(unit, found.id, visit.person, visit.field("text"))
    except InputError as error:
        return await shown(visit, problem=error.message, typed=visit.field("text"), status=422)
    return visit.go(f"{PREFIX}/case/{quote(found.id)}#notes")


async def files(visit: Visit) -> Response:
    """Keep files with a case."""
    async with visit.open_unit() as unit:
        found = await _case_by_address(visit, unit)
    incoming = await read_incoming(visit.request, file_limits(visit.desk.services.settings))
    problems = [*incoming.problems, *([] if incoming.files or incoming.problems else ["ファイルが選ばれていません"])]
    if problems:
        return await shown(visit, problem="。".join(problems), status=422)
    async with visit.open_unit() as unit:
        await add_files(unit, found.id, incoming.files)
    return visit.go(f"{PREFIX}/case/{quote(found.id)}#documents")


async def _open_tasks(visit: Visit) -> tuple[list[OpenTask], bool]:
    """Return a case's open tasks; False beside them where the engine does not answer: the rest is shown then."""
    try:
        async with visit.tasks() as engine:
            return await engine.of_case(visit.request.path_params["case"]), True
    except RetryableError:
        return [], False


async def _case(visit: Visit, unit: UnitOfWork, tasks: Sequence[OpenTask]) -> Case:
    """Return the case of the address where this person may see it, or has a task of it."""
    found = await unit.cases.find(visit.request.path_params["case"])
    if found is None:
        raise NotHereError
    mine = visit.scope.person.groups is None or any(
        visit.scope.sees_task(task.candidate_groups, task.assignee, found.city) for task in tasks
    )
    if not mine and not await may_see(unit, visit.scope, found):
        raise NotHereError
    return found


async def _case_by_address(visit: Visit, unit: UnitOfWork) -> Case:
    """Return the case of the address; who only has an open task of it is looked up at the engine."""
    try:
        return await case_of(visit, unit, visit.request.path_params["case"])
    except NotHereError:
        if not visit.scope.cities:
            raise
    tasks, _ = await _open_tasks(visit)
    return await _case(visit, unit, tasks)


def _document(documents: Sequence[Document], number: str) -> Document:
    for one in documents:
        if str(one.id) == number:
            return one
    raise NotHereError


def _versions(case_id: str, documents: Sequence[Document]) -> list[Version]:
    """Return the documents, newest first, numbered within their kind."""
    counted: dict[str, int] = {}
    found = []
    for one in documents:
        counted[one.name] = counted.get(one.name, 0) + 1
        found.append((one, counted[one.name]))
    return [
        Version(
            document=one,
            name=file_name(one.name, case_id),
            number=number,
            newest=number == counted[one.name],
            can_be_seen=_can_be_seen(one),
        )
        for one, number in reversed(found)
    ]


def _can_be_seen(one: Document) -> bool:
    suffix = Path(one.name).suffix.lower()
    return suffix == ".pdf" or (suffix in READABLE and office() is not None)
