"""Handlers of the procedures under a signed agreement."""

from __future__ import annotations

from typing import Any

from workers.jobs.catalog import CHECKS, Header, JobInput, job_type
from workers.usecases.ports import UnitOfWork
from workers.usecases.procedures import KIND_NAMES, open_procedure, start_next
from workers.usecases.yearly_collection import open_collection

_KIND = Header(
    name="kind",
    label="手続の種類",
    required=True,
    choices={kind.value: name for kind, name in KIND_NAMES.items()},
)


@job_type(
    "open-procedure",
    label="協定の手続を始める",
    headers=(
        _KIND,
        *CHECKS,
    ),
    writes=(
        "caseId",
        "caseState",
        "caseTitle",
        "agreementId",
        "agreementTitle",
        "projectName",
        "agreementSummary",
        "agreementEnded",
        "agreementFirstDay",
        "agreementLastDay",
        "period",
        "periodName",
        "officeGroup",
        "department",
        "cityOptions",
        "formError",
    ),
    requires=("agreementId:協定番号"),
    checks_itself=True,
    unchecked_with="caseId",
    by_person=True,
    shelf="procedure",
)
async def handle_open_procedure(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Claim the procedure of an agreement for this instance (DESIGN "Exactly once")."""
    return await open_procedure(
        uow, kind=job.header("kind"), case_id=job.variables.get("caseId"), form=job.variables, ref=job.ref
    )


@job_type(
    "open-collection",
    label="市の全部の協定の年度の手続を始める",
    headers=(Header(name="city", label="市のコード", required=True, offers="city"), *CHECKS),
    writes=("caseId", "caseState", "caseTitle", "period", "periodName", "officeGroup", "cityOptions", "formError"),
    requires=("listYear:年度"),
    checks_itself=True,
    unchecked_with="caseId",
    by_person=True,
    shelf="procedure",
)
async def handle_open_collection(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Claim the yearly procedure for all of a city's agreements for this instance (ASA-8)."""
    return await open_collection(
        uow, job.header("city"), case_id=job.variables.get("caseId"), form=job.variables, ref=job.ref
    )


@job_type(
    "start-procedure",
    label="協定の次の手続を始めさせる",
    headers=(
        _KIND,
        Header(name="values", label="次の手続に渡す変数", help="コンマ区切りで"),
    ),
    writes=("nextCaseId",),
    shelf="procedure",
)
async def handle_start_procedure(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Let the agreement's next procedure begin in an instance of its own (CHI-6, CHI-7)."""
    values = {name: job.variables.get(name) for name in job.header_list("values")}
    return await start_next(uow, job.text("caseId"), job.header("kind"), variables=values)
