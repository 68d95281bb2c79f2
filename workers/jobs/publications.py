"""Handlers of the lists over all agreements of a city (ALL-7)."""

from __future__ import annotations

from typing import Any

from workers.jobs.catalog import CHECKS, Header, JobInput, job_type
from workers.usecases.ports import UnitOfWork
from workers.usecases.publications import load_agreement_reports, open_publication


@job_type(
    "open-publication",
    label="年度の一覧の案件を登録する",
    headers=(Header(name="city", label="市のコード", required=True, offers="city"), *CHECKS),
    writes=("caseId", "caseState", "caseTitle", "period", "periodName", "officeGroup", "cityOptions", "formError"),
    requires=("listYear:年度"),
    by_person=True,
    shelf="procedure",
)
async def handle_open_publication(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Open the case of a year's list (ASA-8)."""
    return await open_publication(uow, job.header("city"), job.variables, job.ref)


@job_type("load-agreement-reports", label="協定と実績の数を調べる", writes=("agreementReports", "reportSummary"))
async def handle_load_agreement_reports(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Read how many activities each agreement of the list's year has (ASA-7, ASA-8)."""
    return await load_agreement_reports(uow, job.text("caseId"))
