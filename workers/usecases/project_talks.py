"""The detailed talks of each project: their results, and who is told of them (ISE-6, AGE-6)."""

from __future__ import annotations

from workers.domain.cities import City
from workers.domain.entities import Case, Project, ProjectStatus
from workers.errors import InputError
from workers.usecases.journal import note
from workers.usecases.lookup import case_and_city
from workers.usecases.meeting_people import department_recipients, office_recipient
from workers.usecases.ports import JobRef, TemplateValues, UnitOfWork

STATUS_NAMES = {
    ProjectStatus.PROPOSED: "提案",
    ProjectStatus.TALKS: "詳細協議中",
    ProjectStatus.FEASIBLE: "実施できる",
    ProjectStatus.DROPPED: "見送り",
}


async def record_project_talk(  # noqa: PLR0913 (what was talked about, and who is told)
    uow: UnitOfWork, case_id: str, number: int, *, feasible: bool, result: str, template: str = "", ref: JobRef
) -> None:
    """Keep the result of one project's detailed talks (ISE-6); raises InputError for an unknown project.

    ``template``: the mail that tells the departments of a project that several share.
    """
    case = await uow.cases.get(case_id)
    project = _project(case, number)
    project.status = ProjectStatus.FEASIBLE if feasible else ProjectStatus.DROPPED
    project.talk_result = result
    await note(uow, case.id, f"事業{number}の詳細協議を記録した: {STATUS_NAMES[project.status]}")
    if template and len(project.departments) > 1:
        city = uow.cities.city(case.city)
        for recipient in department_recipients(city, project.departments):
            key = f"{case.id}:{ref.element_instance_key}:{recipient.key}:{template}"
            context = {"case": case, "partner": case.partner, "project": _row(project, city)}
            await uow.outbox.mail(recipient.mail(case, template, key=key, context=context))


async def tell_end_of_talks(uow: UnitOfWork, case_id: str, *, template: str, ref: JobRef) -> None:
    """Tell the office that the talks are over, where there were any (ISE-6)."""
    case, city = await case_and_city(uow, case_id)
    if any(project.talk_result for project in case.current_projects()):
        key = f"{case.id}:{ref.element_instance_key}:office:{template}"
        rows = [_row(project, city) for project in case.current_projects()]
        context = {"case": case, "partner": case.partner, "projects": rows}
        await uow.outbox.mail(office_recipient(city).mail(case, template, key=key, context=context))


def _row(project: Project, city: City) -> TemplateValues:
    return {
        "number": project.number,
        "field_name": city.field_name(project.field),
        "title": project.title,
        "content": project.content,
        "departments": "、".join(city.department(code).name for code in project.departments),
        "status_name": STATUS_NAMES[project.status],
        "feasible": project.status is ProjectStatus.FEASIBLE,
        "talk_result": project.talk_result,
    }


def _project(case: Case, number: int) -> Project:
    for project in case.current_projects():
        if project.number == number:
            return project
    raise InputError("事業の番号", f"{number} は案件 {case.id} にありません")
