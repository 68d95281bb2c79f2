"""What becomes of each proposed project after the survey: discussion and detailed talks (ISE-5, ISE-6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from workers.domain.cities import City
from workers.domain.entities import Case, Project, ProjectStatus
from workers.errors import InputError
from workers.usecases.journal import note, record
from workers.usecases.ports import UnitOfWork

STATUS_NAMES = {
    ProjectStatus.PROPOSED: "提案",
    ProjectStatus.TALKS: "詳細協議中",
    ProjectStatus.FEASIBLE: "実施できる",
    ProjectStatus.DROPPED: "見送り",
}


_JUDGEMENTS = {
    "talks": ProjectStatus.TALKS,
    "feasible": ProjectStatus.FEASIBLE,
    "drop": ProjectStatus.DROPPED,
}


async def record_discussion(uow: UnitOfWork, case_id: str, result: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the office's judgement project by project (ISE-5).

    A project is judged ``talks``, ``drop`` or ``feasible`` (no talks needed, AGE-T0). Returns ``discussionNext``
    (``talks``, ``revise``, ``none``) and ``talkProjects``. Raises InputError when talks are chosen without a project,
    or for a project without a department.
    """
    case = await uow.cases.get(case_id)
    city = uow.cities.city(case.city)
    going_on = result.get("next") == "talks"
    rows = {str(row.get("number")): row for row in result.get("projects") or []}
    for project in case.current_projects():
        _judge(project, rows.get(str(project.number), {}), city, going_on=going_on)
    talks = [project for project in case.current_projects() if project.status is ProjectStatus.TALKS]
    if going_on and not talks:
        raise InputError("進め方", "詳細協議へ進める事業を1つ以上選んでください")
    following = "talks" if going_on else "revise" if result.get("next") == "revise" else "none"
    await record(uow, case, "discussion", {"next": following, "projects": [p.number for p in talks]})
    await note(uow, case.id, f"連携事業の可否を協議した（詳細協議へ{len(talks)}件）")
    return {
        "discussionNext": following,
        "talkProjects": [_talk_row(case, project, city) for project in talks],
        "formError": None,
    }


def _judge(project: Project, row: Mapping[str, Any], city: City, *, going_on: bool) -> None:
    judgement = row.get("judgement")
    status = _JUDGEMENTS.get(str(judgement), ProjectStatus.PROPOSED)
    if status is ProjectStatus.TALKS and not going_on:
        status = ProjectStatus.PROPOSED
    if status in (ProjectStatus.TALKS, ProjectStatus.FEASIBLE):
        if not row.get("department"):
            raise InputError(f"事業{project.number}の担当する課", "課を選んでください")
        project.department = city.department(str(row["department"])).code
    project.status = status


def _talk_row(case: Case, project: Project, city: City) -> dict[str, Any]:
    department = city.department(project.department)
    return {
        "number": project.number,
        "title": project.title,
        "content": project.content,
        "fieldName": city.field_name(project.field),
        "department": department.code,
        "group": department.group,
        "result": _earlier_talk(case, project),
    }


def _earlier_talk(case: Case, project: Project) -> str:
    """Return what the talks of an earlier round said about the same project, for the clerk to go on from."""
    earlier = [
        p for p in case.projects if p.round <= project.round and (p.field, p.title) == (project.field, project.title)
    ]
    told = [p for p in sorted(earlier, key=lambda p: p.round) if p.talk_result]
    return told[-1].talk_result if told else ""


async def record_project_talk(uow: UnitOfWork, case_id: str, number: int, talk: Mapping[str, Any]) -> None:
    """Keep the result of one project's detailed talks (ISE-6); raises InputError for an unknown project."""
    case = await uow.cases.get(case_id)
    project = _project(case, number)
    project.status = ProjectStatus.FEASIBLE if talk.get("feasible") == "yes" else ProjectStatus.DROPPED
    project.talk_result = str(talk.get("result") or "")
    await note(uow, case.id, f"事業{number}の詳細協議を記録した: {STATUS_NAMES[project.status]}")


async def summarize_talks(uow: UnitOfWork, case_id: str, talked: Iterable[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Return ``talkResults``, the rows that the decision on signing is taken from (ISE-7).

    ``talked`` are the rows of ``talkProjects``; they come back with what was said, for talks that are taken up again.
    """
    case = await uow.cases.get(case_id)
    city = uow.cities.city(case.city)
    said: dict[Any, str] = {project.number: project.talk_result for project in case.current_projects()}
    return {
        "talkProjects": [{**row, "result": said.get(row.get("number"), "")} for row in talked],
        "talkResults": [
            {
                "number": project.number,
                "fieldName": city.field_name(project.field),
                "title": project.title,
                "department": city.department(project.department).name if project.department else "",
                "result": f"{STATUS_NAMES[project.status]}\n{project.talk_result}".strip(),
            }
            for project in case.current_projects()
        ],
    }


def _project(case: Case, number: int) -> Project:
    for project in case.current_projects():
        if project.number == number:
            return project
    raise InputError("事業の番号", f"{number} は案件 {case.id} にありません")
