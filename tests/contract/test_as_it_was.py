"""A procedure that is played again gets its agreement as it was when the procedure began, and no persons (ALL-9)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from tests.kit.lists import HEADINGS, list_rows, write_list
from tests.kit.registry import MORNING
from workers.cli.importing import import_file
from workers.domain.agreements import (
    Activity,
    ActivityReport,
    ActivityStatus,
    AgreementEnd,
    AgreementTerm,
    AgreementVersion,
    Notice,
    Side,
)
from workers.domain.entities import Case, CaseKind, Step
from workers.settings import Settings
from workers.trial.asitwas import About, about, put
from workers.trial.clock import EngineClock
from workers.usecases.procedures import file_procedure
from workers.wiring import Services, services

pytestmark = pytest.mark.asyncio
ID = "ageo-a1"
_LATER = MORNING + timedelta(days=40)


@pytest_asyncio.fixture
async def built(tmp_path: Path) -> AsyncIterator[Services]:
    """Services on a registry with one imported agreement of 上尾市 until 令和9年3月31日; today is 2026-06-01."""
    clock = EngineClock()
    clock.pinned = MORNING
    row = {**next(list_rows(1)), "締結日": "令和5年4月1日", "満了日": "令和9年3月31日"}
    own = {"更新の年数": "1年", "申出の月数": "1か月前"}
    file = write_list(tmp_path / "a.csv", [row | own], headings=(*HEADINGS, *own))
    async with services(Settings(data=tmp_path), clock=clock) as made:
        await import_file(made, made.packs.city("ageo"), file)
        yield made


async def _lived(built: Services, kind: CaseKind, period: str) -> Case:
    """File a procedure today; then the agreement is amended, reported on, renewed and ended."""
    async with built.open_unit() as uow:
        agreement = await uow.agreements.get(ID)
        earlier = await file_procedure(uow, agreement, CaseKind.PROPOSAL, "1")
        earlier.opened_on = date(2026, 5, 1)
        kept = {"phone": "048-000-0000", "plan": "talks"}
        earlier.steps.append(Step(name="talk", round=1, payload=kept, recorded_at=MORNING - timedelta(days=9)))
        case = await file_procedure(uow, agreement, kind, period)
        first = AgreementVersion(
            number=1, effective_on=date(2023, 4, 1), title=agreement.title, purpose="", fields=list(agreement.fields)
        )
        second = AgreementVersion(
            number=2, effective_on=_LATER.date(), title="改めた協定", purpose="", fields=[1], case_id=case.id
        )
        agreement.versions = [first, second]
        agreement.title, agreement.fields = second.title, [1]
        agreement.terms.append(
            AgreementTerm(number=2, starts_on=date(2027, 4, 1), expires_on=date(2028, 3, 31), notice_deadline=None)
        )
        agreement.ended_on, agreement.end = date(2026, 9, 30), AgreementEnd.TERMINATED
        report = ActivityReport(fiscal_year=2026, status=ActivityStatus.DONE, result="延べ3回", reported_at=_LATER)
        await uow.activities.add(
            Activity(
                agreement_id=ID,
                case_id=None,
                fiscal_year=2026,
                field=1,
                title="健康講座",
                status=ActivityStatus.DONE,
                result="延べ3回",
                reported_at=_LATER,
                reports=[report],
            )
        )
        for at, reason in ((MORNING - timedelta(days=1), "前から"), (_LATER, "後から")):
            await uow.agreements.add_notice(
                Notice(
                    agreement_id=ID,
                    term_number=1,
                    side=Side.PARTNER,
                    received_on=at.date(),
                    entered_at=at,
                    reason=reason,
                )
            )
        return case


async def _about(built: Services, case: Case) -> About:
    async with built.open_unit() as uow:
        found = await about(uow, built.packs.city("ageo"), await uow.cases.get(case.id), MORNING, {})
    assert isinstance(found, About)
    return found


async def test_what_came_later_is_taken_away(built: Services) -> None:
    """Title and fields of the version before, no later term, report, notice or end; the partner is nobody."""
    async with built.open_unit() as uow:
        before = await uow.agreements.get(ID)
        title, fields = before.title, list(before.fields)
    found = await _about(built, await _lived(built, CaseKind.AMENDMENT, "1"))
    (agreement,), (activity,), (notice,) = found.agreements, found.activities, found.notices
    assert (agreement.id, agreement.title, agreement.fields) == (ID, title, fields)
    assert [term.number for term in agreement.terms] == [1]
    assert [version.number for version in agreement.versions] == [1]
    assert (agreement.ended_on, agreement.end) == (None, None)
    assert (activity.status, activity.result, activity.reports) == (ActivityStatus.RUNNING, "", [])
    assert notice.reason == "前から"
    assert agreement.partner is not None
    assert (agreement.partner.name, agreement.partner.email) == ("相手方", "replay@replay.example")
    (earlier,) = found.cases
    assert earlier.steps[0].payload == {"phone": "000-000-0000", "plan": "talks"}


async def test_it_goes_into_an_empty_registry(built: Services, tmp_path: Path) -> None:
    """Another one reads it back; a renewal begins with the terms before the one that it is about."""
    found = await _about(built, await _lived(built, CaseKind.RENEWAL, "2"))
    clock = EngineClock()
    clock.pinned = MORNING
    async with services(Settings(data=tmp_path / "other"), clock=clock) as other:
        await put(other.open_unit, found)
        async with other.open_unit() as uow:
            agreement = await uow.agreements.get(ID)
            assert [(term.number, term.stage.value) for term in agreement.terms] == [(1, "decide")]
            assert [one.title for one in await uow.activities.of_agreement(ID)] == ["健康講座"]
            assert [case.kind for case in await uow.cases.of_agreement(ID)] == [CaseKind.PROPOSAL]


async def test_a_changed_term_whose_end_nobody_knows_is_told(built: Services) -> None:
    """An imported agreement of a renewed term: only the agreement itself says when that ended."""
    case = await _lived(built, CaseKind.AMENDMENT, "1")
    async with built.open_unit() as uow:
        agreement = await uow.agreements.get(ID)
        agreement.versions[1].expires_on = date(2029, 3, 31)
        agreement.terms[0].number, agreement.terms[0].expires_on = 3, date(2029, 3, 31)
        agreement.terms[1].starts_on = date(2029, 4, 1)
    async with built.open_unit() as uow:
        why = await about(uow, built.packs.city("ageo"), await uow.cases.get(case.id), MORNING, {})
    assert isinstance(why, str)
    assert "もとの終わりの日が分かりません" in why
