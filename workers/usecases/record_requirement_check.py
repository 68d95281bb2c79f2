"""Record the office's check of the requirements and find the facts that the decision table judges (ISE-R1, ISE-R2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workers.domain.cities import Ground
from workers.domain.eligibility import Criterion, criteria, eligibility_facts
from workers.domain.entities import Project
from workers.errors import InputError
from workers.usecases.journal import note, record
from workers.usecases.ports import UnitOfWork

_JUDGED = {
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
    by_ground: dict[int, list[str]] = {}
    excluded = check.get("projectsCheck") != "none"
    for project in projects:
        row = rows.get(str(project.number), {})
        project.admitted_reason = str(row.get("admittedReason") or "").strip() if project.cost_to_city else ""
        ticked = row.get("grounds") if excluded else []
        for number in _numbers(ticked, city.project_grounds, f"事業{project.number}の除外事由"):
            by_ground.setdefault(number, []).append(_called(project))
    if check.get("projectsCheck") == "some" and not by_ground:
        raise InputError("連携事業の除外事由", "当てはまる事業に、当てはまるものを選んでください")
    facts = eligibility_facts(city, projects, case.records)
    eligibility = {
        "sharedGoal": check.get("sharedGoal") == "yes",
        "dialogue": check.get("dialogue") == "yes",
        "fieldCount": facts.field_count,
        "projectCount": facts.project_count,
        "partnerGrounds": partner_grounds,
        "projectGrounds": sorted(by_ground),
        "projectsByGround": {str(number): "、".join(names) for number, names in by_ground.items()},
        "cityCostProjects": "、".join(_called(p) for p in projects if p.number in facts.city_cost_projects),
    }
    if "notGovernment" in check:
        eligibility["notGovernment"] = check["notGovernment"] == "yes"
    found = criteria(
        city,
        facts,
        judged={label: check.get(key) == "yes" for key, label in _JUDGED.items() if key in check},
        partner_grounds=partner_grounds,
        project_grounds={number: "、".join(names) for number, names in by_ground.items()},
    )
    results = [_result(criterion) for criterion in found]
    if eligibility["cityCostProjects"] and city.requirements.city_cost_excluded:
        uncounted = str(eligibility["cityCostProjects"])
        results.append({"criterion": "市が費用を負担する事業", "result": "数えない", "fact": uncounted})
    await record(uow, case, "requirement-check", {**eligibility, "comment": check.get("comment")})
    await note(uow, case.id, f"要件を確かめた（連携事項{facts.field_count}分野）")
    return {"eligibility": {**eligibility, "results": results}, "formError": None}


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
