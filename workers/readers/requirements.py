"""The office's check of the requirements: read from its form, kept, shown with every result (ISE-R1, ISE-R2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from workers.domain.cities import City, Ground
from workers.domain.eligibility import Criterion, criteria, eligibility_facts
from workers.domain.entities import Case, Project, ProjectStatus
from workers.errors import InputError

STEP: Final = "requirement-check"
_JUDGED: Final = {
    "notGovernment": "国・地方公共団体ではないこと",
    "sharedGoal": "目標を市と共有し、自らの資源で続ける意欲",
    "dialogue": "対話を続け、積極的に連携事業を行えること",
}


@dataclass(frozen=True, kw_only=True)
class RequirementCheck:
    """What people judge, by its name in Japanese; the grounds that hold for the partner and for each project.

    ``admitted``: why a project that costs the city counts all the same, by its number.
    """

    judged: Mapping[str, bool] = field(default_factory=dict)
    partner_grounds: Sequence[int] = ()
    by_project: Mapping[int, Sequence[int]] = field(default_factory=dict)
    admitted: Mapping[int, str] = field(default_factory=dict)
    comment: Any = None


def read_check(check: Mapping[str, Any], projects: Sequence[Project], city: City) -> RequirementCheck:
    """Read the form; raises InputError for a number that is not in the city's lists.

    ``partnerCheck`` and ``projectsCheck`` (``none``, ``some``) say that the grounds were looked at: with ``none`` what
    was ticked before no longer counts. ``notGovernment`` (``yes``, ``no``), where the form asks it: whether the partner
    is none, for one is no partner at all (DAT-R1).
    """
    ticked = [] if check.get("partnerCheck") == "none" else check.get("partnerGrounds")
    partner_grounds = _numbers(ticked, city.partner_grounds, "企業等の除外事由")
    rows = {str(row.get("number")): row for row in check.get("projectChecks") or []}
    own = {project.number: rows.get(str(project.number), {}) for project in projects}
    looked_at = check.get("projectsCheck") != "none"
    by_project = {
        number: _numbers(row.get("grounds") if looked_at else [], city.project_grounds, f"事業{number}の除外事由")
        for number, row in own.items()
    }
    if check.get("projectsCheck") == "some" and not any(by_project.values()):
        raise InputError("連携事業の除外事由", "当てはまる事業に、当てはまるものを選んでください")
    return RequirementCheck(
        judged={label: check.get(key) == "yes" for key, label in _JUDGED.items() if key in check},
        partner_grounds=partner_grounds,
        by_project=by_project,
        admitted={number: str(row.get("admittedReason") or "").strip() for number, row in own.items()},
        comment=check.get("comment"),
    )


def kept_check(case: Case) -> RequirementCheck:
    """Return the check of the case's present round as it was kept; nothing is judged where there was none."""
    step = case.last_step(STEP)
    check = step.payload if step is not None and step.round == case.round else {}
    return RequirementCheck(
        judged=dict(check.get("judged") or {}),
        partner_grounds=list(check.get("partnerGrounds") or []),
        by_project={int(number): list(found) for number, found in (check.get("groundsByProject") or {}).items()},
    )


def check_to_keep(check: RequirementCheck, case: Case, city: City) -> dict[str, Any]:
    """Return a check as the case keeps it, with the facts of its day."""
    facts = {name: value for name, value in eligibility(check, case, city).items() if name != "results"}
    by_project = {str(number): list(found) for number, found in check.by_project.items()}
    return {**facts, "judged": dict(check.judged), "groundsByProject": by_project, "comment": check.comment}


def eligibility(check: RequirementCheck, case: Case, city: City) -> dict[str, Any]:
    """Return ``eligibility``: what the decision table judges, and every criterion's result as rows of a table."""
    projects = case.current_projects()
    by_ground: dict[int, list[str]] = {}
    for project in projects:
        if project.status is not ProjectStatus.DROPPED:
            for ground in check.by_project.get(project.number, []):
                by_ground.setdefault(ground, []).append(_called(project))
    names = {number: "、".join(called) for number, called in by_ground.items()}
    facts = eligibility_facts(city, projects, case.records)
    uncounted = "、".join(_called(project) for project in projects if project.number in facts.city_cost_projects)
    found = criteria(city, facts, judged=check.judged, partner_grounds=check.partner_grounds, project_grounds=names)
    results = [_result(criterion) for criterion in found]
    if uncounted and city.requirements.city_cost_excluded:
        results.append({"criterion": "市が費用を負担する事業", "result": "数えない", "fact": uncounted})
    return {
        "sharedGoal": check.judged.get(_JUDGED["sharedGoal"], False),
        "dialogue": check.judged.get(_JUDGED["dialogue"], False),
        "notGovernment": check.judged.get(_JUDGED["notGovernment"], True),  # cities that do not ask
        "fieldCount": facts.field_count,
        "projectCount": facts.project_count,
        "minimumFields": facts.minimum_fields,
        "minimumProjects": facts.minimum_projects,
        "partnerGrounds": list(check.partner_grounds),
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
