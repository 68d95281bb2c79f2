"""Handlers of what diagrams keep by a name of their own, and read back."""

from __future__ import annotations

from typing import Any

from workers.domain.required import read, spoken_days
from workers.jobs.catalog import CHECKS, Header, JobInput, all_job_types, job_type
from workers.usecases.ports import UnitOfWork
from workers.usecases.record_step import case_heading, collect_steps, last_agreement_step, record_step


@job_type(
    "record-step",
    label="入力を記録する",
    short=True,
    headers=(
        Header(name="step", label="記録の名前", required=True),
        Header(name="keep", label="記録する変数", required=True, help="コンマ区切りで"),
        Header(name="clear", label="記録したら消す変数", help="コンマ区切りで"),
        Header(name="title", label="案件の見出しに添える変数", help="なければ相手方の名称が出ます"),
        *CHECKS,
    ),
    by_person=True,
)
async def handle_record_step(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Keep the variables that the header names (ISE-7, ISE-8), and hand them on as they were read."""
    given = {name: job.variables.get(name) for name in job.header_list("keep")}
    rules = all_job_types()[job.job_type].rules(job.headers)
    kept = read(given, rules)
    await record_step(uow, job.text("caseId"), job.header("step"), kept, days=spoken_days(kept, rules))
    heading = kept.get(job.headers.get("title", ""))
    title = {"caseTitle": await case_heading(uow, job.text("caseId"), str(heading))} if heading else {}
    return {
        **title,
        **{name: value for name, value in kept.items() if value != given[name]},
        **dict.fromkeys(job.header_list("clear")),
    }


@job_type(
    "collect-steps",
    label="記録をまとめて読み出す",
    short=True,
    headers=(
        Header(name="step", label="記録の名前", required=True),
        Header(name="into", label="結果を入れる変数", required=True),
        Header(name="by", label="だれの記録か", help="記録の変数.キー の形で。同じ人のものは、最後の1つだけにします"),
    ),
)
async def handle_collect_steps(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Read back everything that was recorded at a step in this round."""
    found = await collect_steps(uow, job.text("caseId"), job.header("step"), by=job.headers.get("by", ""))
    return {job.header("into"): found}


@job_type(
    "load-agreement-step",
    label="協定の前回の記録を読み出す",
    short=True,
    headers=(
        Header(name="step", label="記録の名前", required=True),
        Header(name="into", label="結果を入れる変数", required=True),
        Header(name="agreed", label="合意したものだけにする返事", help="記録の名前:変数=値 の形で"),
    ),
)
async def handle_load_agreement_step(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Read back what was recorded last at a step in any procedure of the agreement (ISE-A2)."""
    return {
        job.header("into"): await last_agreement_step(
            uow, job.text("caseId"), job.header("step"), agreed=job.headers.get("agreed", "")
        )
    }
