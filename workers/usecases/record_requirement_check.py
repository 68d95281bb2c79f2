"""Record the office's check of the requirements and find the facts that the decision table judges (ISE-R1, ISE-R2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workers.domain.cities import City, Ground
from workers.domain.eligibility import Criterion, criteria, eligibility_facts
from workers.domain.entities import Case, Project, ProjectStatus
from workers.errors import InputError
from workers.usecases.journal import note, record
from workers.usecases.ports import UnitOfWork

STEP = "requirement-check"
_JUDGED = {
    "notGovernment": "国・地方公共団体ではないこと",
    "sharedGoal": "目標を市と共有し、自らの資源で続ける意欲",
    "dialogue": "対話を続け、積極的に連携事業を行えること",
}


async def record_requirement_check(uow: UnitOfWork, case_id: str, check: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the check and return ``eligibility``; raises InputError for a number that is not in the city's lists.

    ``partnerCheck`` and ``projectsCheck`` (``none``, ``some``) say that the grounds were looked at: with ``none`` what
    was ticked before no longer counts.
    ``notGovernment`` (``yes``, ``no``), where the form asks it: whether the partner is none, for one is no partner
    at all (DAT-R1).
    ``eligibility.results`` has every criterion with its result, those that are met too, as the rows of a table.
    """
    case = await uow.cases.get(case_id)
    city = uow.cities.city(case.city)
    projects = case.current_projects()
    ticked = [] if check.get("partnerCheck") == "none" else check.get("partnerGrounds")
    partner_grounds = _numbers(ticked, city.partner_grounds, "企業等の除外事由")
    rows = {str(row.get("number")): row for row in check.get("projectChecks") or []}
    by_project: dict[int, list[int]] = {}
    excluded = check.get("projectsCheck") != "none"
    for project in projects:
        row = rows.get(str(project.number), {})
        project.admitted_reason = str(row.get("admittedReason") or "").strip() if project.cost_to_city else ""
        ticked = row.get("grounds") if excluded else []
        found = _numbers(ticked, city.project_grounds, f"事業{project.number}の除外事由")
        by_project[project.number] = found
    if check.get("projectsCheck") == "some" and not any(by_project.values()):
        raise InputError("連携事業の除外事由", "当てはまる事業に、当てはまるものを選んでください")
    judged = {label: check.get(key) == "yes" for key, label in _JUDGED.items() if key in check}
    eligibility = _eligibility(case, city, judged, partner_grounds, by_project)
    facts = {name: value for name, value in eligibility.items() if name != "results"}
    payload = {**facts, "judged": judged, "groundsByProject": {str(n): found for n, found in by_project.items()}}
    await record(uow, case, STEP, {**payload, "comment": check.get("comment")})
    await note(uow, case.id, f"要件を確かめた（連携事項{eligibility['fieldCount']}分野）")
    return {"eligibility": eligibility}


async def recheck_requirements(uow: UnitOfWork, case_id: str) -> dict[str, Any]:
    """Return ``eligibility`` again, from the recorded check and what is left of the projects (ISE-7, AGE-7, ALL-27).

    Done before the decision: projects that were dropped in the discussion or the talks count no longer, and neither do
    grounds that held for them alone. A case without a check in its present round has nothing judged.
    """
    case = await uow.cases.get(case_id)
    step = case.last_step(STEP)
    check = step.payload if step is not None and step.round == case.round else {}
    by_project = {int(number): list(found) for number, found in (check.get("groundsByProject") or {}).items()}
    grounds = list(check.get("partnerGrounds") or [])
    judged = dict(check.get("judged") or {})
    return {"eligibility": _eligibility(case, uow.cities.city(case.city), judged, grounds, by_project)}


def _eligibility(
    case: Case,
    city: City,
    judged: Mapping[str, bool],
    partner_grounds: list[int],
    by_project: Mapping[int, list[int]],
) -> dict[str, Any]:
    """Return what the decision table judges, and every criterion's result as rows of a table.

    ``judged``: by its name in Japanese; ``by_project``: the grounds that hold for each project.
    """
    projects = case.current_projects()
    by_ground: dict[int, list[str]] = {}
    for project in projects:
        if project.status is not ProjectStatus.DROPPED:
            for ground in by_project.get(project.number, []):
                by_ground.setdefault(ground, []).append(_called(project))
    names = {number: "、".join(called) for number, called in by_ground.items()}
    facts = eligibility_facts(city, projects, case.records)
    uncounted = "、".join(_called(project) for project in projects if project.number in facts.city_cost_projects)
    found = criteria(city, facts, judged=judged, partner_grounds=partner_grounds, project_grounds=names)
    results = [_result(criterion) for criterion in found]
    if uncounted and city.requirements.city_cost_excluded:
        results.append({"criterion": "市が費用を負担する事業", "result": "数えない", "fact": uncounted})
    return {
        "sharedGoal": judged.get(_JUDGED["sharedGoal"], False),
        "dialogue": judged.get(_JUDGED["dialogue"], False),
        "notGovernment": judged.get(_JUDGED["notGovernment"], True),  # cities that do not ask
        "fieldCount": facts.field_count,
        "projectCount": facts.project_count,
        "minimumFields": facts.minimum_fields,
        "minimumProjects": facts.minimum_projects,
        "partnerGrounds": partner_grounds,
        "projectGrounds": sorted(by_ground),
        "projectsByGround": {str(number): called for number, called in names.items()},
        "cityCostProjects": uncounted,
        "results": results,
    }


def _result(criterion: Criterion) -> dict[str, str]:
    """Return a criterion as the row of a form's table."""
    met = "満たす" if criterion.met else "満たさない"
    return {"criterion": criterion.name, "result": met, "fact": criterion.fact}


def _called(project: Project) -> str:
    return f"事業{project.number}「{project.title}」"


def _numbers(chosen: Any, grounds: tuple[Ground, ...], where: str) -> list[int]:
    known = {str(ground.number): ground.number for ground in grounds}
    try:
        return sorted({known[str(number)] for number in chosen or []})
    except KeyError as error:
        raise InputError(where, f"{error.args[0]} は一覧にありません") from error
