"""Record the office's check of the requirements, from which the decision table judges (ISE-R1, ISE-R2)."""

from __future__ import annotations

from workers.domain.eligibility import eligibility_facts
from workers.readers.requirements import STEP, RequirementCheck, check_to_keep
from workers.usecases.journal import note, record
from workers.usecases.lookup import case_and_city
from workers.usecases.ports import UnitOfWork


async def record_requirement_check(uow: UnitOfWork, case_id: str, check: RequirementCheck) -> None:
    """Keep the check with the facts of its day, and why a project that costs the city counts all the same."""
    case, city = await case_and_city(uow, case_id)
    for project in case.current_projects():
        project.admitted_reason = check.admitted[project.number] if project.cost_to_city else ""
    await record(uow, case, STEP, check_to_keep(check, case, city))
    counted = eligibility_facts(city, case.current_projects(), case.records).field_count
    await note(uow, case.id, f"要件を確かめた（連携事項{counted}分野）")
