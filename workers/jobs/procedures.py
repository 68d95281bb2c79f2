"""Handlers of the procedures under a signed agreement."""

from __future__ import annotations

from typing import Any

from workers.domain.entities import CaseKind
from workers.domain.fiscal import parse_fiscal_year
from workers.errors import PermanentError
from workers.jobs.catalog import CHECKS, Header, JobInput, job_type
from workers.jobs.forms.case import department_variable, opened, started_before
from workers.jobs.forms.procedure import period_variables, procedure_variables, read_section
from workers.jobs.forms.rows import text
from workers.usecases.lead import lead_of
from workers.usecases.lookup import project_name
from workers.usecases.open_case import claim_case
from workers.usecases.ports import UnitOfWork
from workers.usecases.procedures import KIND_NAMES, begin_procedure, procedure_of, start_next
from workers.usecases.yearly_collection import begin_collection_of, collected_year

_KIND = Header(
    name="kind",
    label="手続の種類",
    required=True,
    choices={kind.value: name for kind, name in KIND_NAMES.items()},
)


@job_type(
    "open-procedure",
    label="協定の手続を始める",
    short=True,
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
        "partnerWindow",
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
    section = text(job.variables.get("sectionName")).strip()
    case_id = job.variables.get("caseId") or await _begin(job, uow, section)
    case, agreement = await procedure_of(uow, case_id)
    if not await claim_case(uow, case, job.ref):
        return started_before(case)
    city = uow.cities.city(case.city)
    department = read_section(city, section)
    return {
        **opened(case, city, lead=await lead_of(uow, case, city)),
        **procedure_variables(case, agreement, city, uow.clock.today()),
        "projectName": await project_name(uow, agreement),
        **({"department": department_variable(department)} if department else {}),
    }


async def _begin(job: JobInput, uow: UnitOfWork, section: str) -> str:
    """File the procedure of the agreement that a start form names; an unknown section is refused before."""
    number = text(job.variables.get("agreementId")).strip()
    if section and number:
        read_section(uow.cities.city((await uow.agreements.get(number)).city), section)
    return (await begin_procedure(uow, job.header("kind"), number, job.ref)).id


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
    city, case_id = uow.cities.city(job.header("city")), job.variables.get("caseId")
    if case_id:
        case = await uow.cases.get(case_id)
    else:
        year = parse_fiscal_year(text(job.variables.get("listYear")), "年度")
        case = await begin_collection_of(uow, city, year, job.ref)
    if case.agreement_id is not None or case.kind is not CaseKind.ANNUAL:
        raise PermanentError(f"案件 {case.id} は市の全部の協定の手続ではありません")
    if not await claim_case(uow, case, job.ref):
        return started_before(case)
    title = f"{case.id} {collected_year(city, case)}"
    return {**opened(case, city), "caseTitle": title, **period_variables(case)}


@job_type(
    "start-procedure",
    label="協定の次の手続を始めさせる",
    short=True,
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
    return {"nextCaseId": (await start_next(uow, job.text("caseId"), job.header("kind"), variables=values)).id}
