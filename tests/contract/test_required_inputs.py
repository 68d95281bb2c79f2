"""A job whose input lacks what its diagram or its job type requires is refused before anything is done (ALL-10)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.kit import papers
from tests.kit.registry import registry_at
from workers.adapters.registry.unit_of_work import SqlUnitOfWork
from workers.domain.entities import Case
from workers.domain.required import check, parse_rules
from workers.errors import BusinessError, InputErrors, PermanentError
from workers.jobs.catalog import JobInput, all_job_types
from workers.usecases.ports import JobRef

pytestmark = pytest.mark.asyncio
CASE_ID = "ageo-2026-1"
_REF = JobRef(engine_id="e", job_key=1, process_instance_key=2, element_id="Task_Record", element_instance_key=3)
_STEP = {"step": "decision", "keep": "decision,approval"}
_REQUIRE = {
    "require": "approval.number:起案番号[decision=sign]",
    "dates": "approval.on:決裁日 <=today >=case",
}


@pytest_asyncio.fixture
async def uow(tmp_path: Path) -> AsyncIterator[SqlUnitOfWork]:
    """A unit of work in a registry with one case."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'registry.sqlite3'}"
    async with registry_at(url, tmp_path) as registry, papers.units(registry)() as unit:
        case = Case(id=CASE_ID, city="ageo", process_id="ageo-signing", opened_on=date(2026, 5, 1))
        await unit.cases.add(case)
        yield unit


async def _handle(uow: SqlUnitOfWork, type_: str, headers: dict[str, str], **variables: Any) -> dict[str, Any]:
    job = JobInput(job_type=type_, variables={"caseId": CASE_ID, **variables}, headers=headers, ref=_REF)
    return await all_job_types()[type_].handle(job, uow)


async def test_a_decision_without_its_approval_is_not_recorded(uow: SqlUnitOfWork) -> None:
    """起案番号 and a 決裁日 that can be (ALL-11), both at once."""
    approval = {"number": "　", "on": "2026-04-01"}

    with pytest.raises(InputErrors) as refused:
        await _handle(uow, "record-step", {**_STEP, **_REQUIRE}, decision="sign", approval=approval)

    assert refused.value.message.splitlines() == [
        "起案番号: 入力してください",
        "決裁日: 令和8年4月1日は、案件を始めた日（令和8年5月1日）より前です",
    ]
    assert (await uow.cases.get(CASE_ID)).steps == []


async def test_a_complete_decision_is_recorded(uow: SqlUnitOfWork) -> None:
    """And one that is not final needs no approval."""
    await _handle(uow, "record-step", {**_STEP, **_REQUIRE}, decision="back", approval=None)
    approval = {"number": "伊戦第1号", "on": "令和8年5月1日"}
    await _handle(uow, "record-step", {**_STEP, **_REQUIRE}, decision="sign", approval=approval)

    assert [step.payload["decision"] for step in (await uow.cases.get(CASE_ID)).steps] == ["back", "sign"]


async def test_a_header_that_cannot_be_read_is_the_diagrams_fault(uow: SqlUnitOfWork) -> None:
    """An incident that names the task; lint finds it before."""
    with pytest.raises(PermanentError, match="Task_Record"):
        await _handle(uow, "record-step", {**_STEP, "require": "起案番号"})


_EMPTY: dict[str, dict[str, Any]] = {
    "record-partner": {},
    "record-offer": {"offer": {"projects": [{}], "records": [{}]}},
    "record-past-projects": {"recordList": {"records": [{}]}},
    "record-agreement-terms": {"agreementTerms": {"otherParties": [{}]}},
    "register-agreement": {"signature": {}},
    "record-proposals": {"proposalRows": [{}]},
    "record-city-proposals": {"cityProposals": [{}]},
    "record-amendment": {"amendmentTerms": {}},
    "register-amendment": {"signature": {}},
    "plan-termination": {"terminationTalks": {}},
    "record-termination-notice": {"terminationNotice": {}},
    "record-notice": {"notice": {}},
    "open-publication": {},
    "record-meeting-dates": {"meetingOrder": {}},
    "schedule-meeting": {"meetingOrder": {}},
    "record-contacts": {"contactAnswer": {}},
    "record-meeting": {"meetingReport": {"periods": [{}]}},
}
_ELSEWHERE = {
    *(
        "open-case",
        "open-collection",
        "open-procedure",
        "record-activities",
    ),  # they take no case, or an agreement besides
    *("look-up-case", "order-case"),  # test_case_control.py
    *("record-survey-answer", "close-survey"),  # test_survey_answers.py
    "record-discussion",  # test_projects_usecases.py
    # test_partner_mail.py, test_undelivered.py, test_partner_answers.py on the engine
    *("send-reviewed-mail", "settle-undelivered", "settle-late-answer"),
}
"""Tested with their use cases, which check what is declared by themselves."""


_DECLARING = sorted(name for name, job in all_job_types().items() if job.requires and name not in _ELSEWHERE)


@pytest.mark.parametrize("type_", _DECLARING)
async def test_what_a_job_type_always_requires(uow: SqlUnitOfWork, type_: str) -> None:
    """The declaration is true: an input without it is refused, with every label that is asked for."""
    job_type = all_job_types()[type_]
    with pytest.raises((BusinessError, InputErrors)) as refused:
        await _handle(uow, type_, {"purpose": "x", "template": "x", "dropped": "x", "city": "ageo"}, **_EMPTY[type_])

    with pytest.raises(InputErrors) as declared:
        check(_EMPTY[type_], parse_rules(require=job_type.requires), today=uow.clock.today())
    assert len(refused.value.message.splitlines()) >= len(declared.value.errors)


async def test_a_step_keeps_and_hands_on_what_was_read(uow: SqlUnitOfWork) -> None:
    """The date is kept in ISO however it was typed, and the process goes on with the same."""
    headers = {**_STEP, "dates": "approval.on:決裁日"}
    typed = {"number": " 市企第12号", "on": "Ｒ８．６．８"}
    handed_on = await _handle(uow, "record-step", headers, decision="sign", approval=typed)
    (step,) = (await uow.cases.get(CASE_ID)).steps
    assert step.payload == {"decision": "sign", "approval": {"number": "市企第12号", "on": "2026-06-08"}}
    assert handed_on == {"approval": {"number": "市企第12号", "on": "2026-06-08"}}
    (entry,) = await uow.history.of_case(CASE_ID)
    assert entry.what == "記録した: decision（決裁日 令和8年6月8日（月））"
