"""``/desk/open/CASE``: where mails to staff lead: to the task that they are about, else to its case (ALL-23)."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from workers.pages.desk.face import PREFIX, Visit, named_case


async def opened(visit: Visit) -> Response:
    """Go to the one open task of a case that the address means; to the case where there is none, or several.

    ``group`` and ``task`` (an element) of the address tell which one is meant, as in the workers' ``/open``.
    """
    case_id = named_case(visit)
    group, element = visit.query("group"), visit.query("task")
    async with visit.tasks() as engine:
        tasks = await engine.of_case(case_id)
    async with visit.open_unit() as unit:
        heads = await unit.desk.heads({case_id})
    city = heads[case_id].city if case_id in heads else ""
    meant = [
        task
        for task in tasks
        if (not group or group in task.candidate_groups)
        and (not element or element == task.element_id)
        and visit.scope.sees_task(task.candidate_groups, task.assignee, city)
    ]
    if len(meant) == 1:
        return visit.go(f"{PREFIX}/task/{meant[0].key}")
    return visit.go(f"{PREFIX}/case/{quote(case_id, safe='')}")
