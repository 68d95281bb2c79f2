"""A case that is broken off or taken back: what the registry keeps, whom it tells, what it asks of the engine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from tests.kit.registry import registry_at, some_agreement, some_case, some_job, some_survey
from tests.kit.samples import CITY, city
from tests.kit.work import confirm_step_back, look_up_case, open_meeting, order_case, schedule_meeting
from workers.adapters.registry.outbox_tables import engine_call, mail
from workers.adapters.registry.unit_of_work import SqlUnitOfWork
from workers.domain.cities import Department
from workers.domain.entities import CaseKind, CaseOutcome, TargetStatus
from workers.domain.meetings import MeetingStatus
from workers.usecases import procedures
from workers.usecases.close_case import close_case

pytestmark = pytest.mark.asyncio
Units = Callable[[], SqlUnitOfWork]
JOB = some_job()
SCHOOL = Department(code="school", division="教育部", section="学校課", group="midori-school", email="s@midori.example")
MIDORI = city(
    procedures={CaseKind.ANNUAL: "midori-annual", CaseKind.RENEWAL: "midori-renewal"},
    departments=(*CITY.departments, SCHOOL),
)
CASE = "midori-2026-0900"
ORDER: dict[str, Any] = {
    "caseId": CASE,
    "caseNumber": CASE,
    "orderId": "order-7",
    "caseAction": "stop",
    "caseReason": "市の方針が変わったため。",
    "tellPartner": "yes",
}


@pytest_asyncio.fixture
async def units(database_url: str, tmp_path: Path) -> AsyncIterator[Units]:
    """Return units of work on a registry with one signing case that an instance works on."""
    async with registry_at(database_url, tmp_path) as registry:
        made = registry.units(MIDORI)
        async with made() as uow:
            case = some_case(CASE, city=CITY.code)
            case.offers[0].fields = [1, 4]
            case.engine_id, case.process_instance_key = JOB.engine_id, 4711
            await uow.cases.add(case)
            await uow.commit()
        yield made


@pytest.mark.parametrize(("outcome", "status"), [("declined", "dropped"), ("completed", "dropped"), ("signed", None)])
async def test_what_was_refused_does_not_stand_as_a_proposal(units: Units, outcome: str, status: str | None) -> None:
    """DAT-A: B; a project on which nothing was decided is dropped with its case, unless that led to an agreement."""
    async with units() as uow:
        before = [project.status.value for project in (await uow.cases.get(CASE)).current_projects()]
        await close_case(uow, CASE, outcome)
        await uow.commit()
    async with units() as uow:
        after = [project.status.value for project in (await uow.cases.get(CASE)).current_projects()]
    assert before
    assert after == ([status] * len(before) if status else before)


async def _order(units: Units, **changes: Any) -> dict[str, Any]:
    async with units() as uow:
        answer = await order_case(uow, {**ORDER, **changes}, JOB)
        await uow.commit()
    return answer


async def _calls(uow: SqlUnitOfWork) -> dict[str, Any]:
    rows = await uow._session.execute(select(engine_call.c.kind, engine_call.c.payload))
    return {row.kind: row.payload for row in rows}


async def test_a_stopped_case_is_closed_with_its_reason_and_its_instance_cancelled(units: Units) -> None:
    """Nothing of it waits any longer: the survey is closed, the meeting called off, those who were asked are told."""
    async with units() as uow:
        codes = [entry.code for entry in MIDORI.departments[:2]]
        await uow.surveys.add(some_survey(CASE, codes))
        meeting = await open_meeting(uow, CASE, "詳細協議")
        when = {"startsAt": "2026-06-10T10:00", "length": "60", "place": "会議室"}
        await schedule_meeting(uow, meeting["meetingId"], when, template="invite", dropped="dropped")
        await uow.commit()
    assert await _order(units) == {"orderState": "ended", "partnerTold": True}
    async with units() as uow:
        case = await uow.cases.get(CASE)
        (survey,) = await uow.surveys.of_case(CASE)
        (held,) = await uow.meetings.of_case(CASE)
        kinds = list(await uow._session.scalars(select(mail.c.kind).order_by(mail.c.id)))
        history = [entry.what for entry in await uow.history.of_case(CASE)]
        calls = await _calls(uow)
    assert (case.outcome, case.closed_on) == (CaseOutcome.STOPPED, uow.clock.today())
    assert survey.closed_at is not None
    assert {target.status for target in survey.targets} == {TargetStatus.UNANSWERED}
    assert held.status is MeetingStatus.CANCELLED
    assert kinds.count("work-withdrawn") == 2
    assert kinds.count("meeting-cancelled") > 0
    assert any("市の方針が変わったため" in what for what in history)
    assert calls == {"cancel-instance": {"process_instance_key": 4711}}


async def test_an_instance_of_another_engine_is_left_alone(units: Units) -> None:
    """After the engine was wiped its keys begin anew: the same key may be another case's."""
    async with units() as uow:
        (await uow.cases.get(CASE)).engine_id = "an engine before"
        await uow.commit()
    assert (await _order(units))["orderState"] == "ended"
    async with units() as uow:
        assert await _calls(uow) == {}


async def test_what_the_instance_does_at_its_last_moment_does_not_change_the_outcome(units: Units) -> None:
    """The instance is cancelled a moment after the registry has closed the case."""
    await _order(units, caseAction="withdraw")
    async with units() as uow:
        await close_case(uow, CASE, "signed")
        assert (await uow.cases.get(CASE)).outcome is CaseOutcome.WITHDRAWN


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"caseNumber": "midori-2026-0002"}, "調べ直す"),
        ({"caseAction": ""}, "すること"),
        ({"caseReason": " 　"}, "理由"),
        ({"caseAction": "back", "stepChoice": None}, "戻る手順"),
    ],
)
async def test_an_order_that_is_not_clear_changes_nothing(changes: dict[str, Any], why: str, units: Units) -> None:
    answer = await _order(units, **changes)
    assert answer["orderState"] == "refused"
    assert why in answer["formError"]
    async with units() as uow:
        assert (await uow.cases.get(CASE)).outcome is None
        assert await _calls(uow) == {}


async def test_a_case_is_broken_off_once(units: Units) -> None:
    await _order(units)
    assert "終わっています（中止）" in (await _order(units, caseAction="withdraw"))["formError"]


async def test_a_signed_agreement_and_a_renewal_are_not_stopped(units: Units) -> None:
    """What is in the register ends by its own procedure, and a renewal comes whether or not its case is open."""
    async with units() as uow:
        agreement = some_agreement(await uow.cases.get(CASE))
        await uow.agreements.add(agreement)
        renewal = await procedures.file_procedure(uow, agreement, CaseKind.RENEWAL, "2")
        await uow.commit()
    assert "解除の手続" in (await _order(units))["formError"]
    assert "更新の手続は止められません" in (await _order(units, caseId=renewal.id, caseNumber=renewal.id))["formError"]


async def test_a_cancelled_procedure_does_not_stand_in_the_way_of_another(units: Units) -> None:
    """Begun by mistake, cancelled, begun again: for the same agreement and the same year."""
    async with units() as uow:
        agreement = some_agreement(await uow.cases.get(CASE))
        await uow.agreements.add(agreement)
        first = await procedures.file_procedure(uow, agreement, CaseKind.ANNUAL, "2026")
        await uow.commit()
    order = {"caseId": first.id, "caseNumber": first.id, "tellPartner": "no"}
    assert (await _order(units, **order, caseAction="cancel"))["orderState"] == "ended"
    async with units() as uow:
        agreement = await uow.agreements.get("midori-a1")
        second = await procedures.file_procedure(uow, agreement, CaseKind.ANNUAL, "2026")
        await uow.commit()
    assert second.id != first.id
    assert (await _order(units, caseId=second.id, caseNumber=second.id))["orderState"] == "ended"
    async with units() as uow:  # stopped, not begun by mistake: this year's procedure has been
        agreement = await uow.agreements.get("midori-a1")
        assert (await procedures.file_procedure(uow, agreement, CaseKind.ANNUAL, "2026")).id == second.id


async def test_the_office_sees_which_case_it_is_before_anything_happens(units: Units) -> None:
    async with units() as uow:
        seen = await look_up_case(uow, {**ORDER, "caseNumber": f" {CASE} "}, None, JOB)
        await uow.commit()
    assert (seen["caseId"], seen["officeGroup"], seen["formError"]) == (CASE, CITY.office.group, None)
    assert "株式会社さくら" in seen["orderText"]
    async with units() as uow:
        assert (await _calls(uow))["find-steps"] == {"order_id": seen["orderId"], "process_instance_key": 4711}


async def test_a_mistyped_number_comes_back_to_the_office_that_it_names(units: Units) -> None:
    async with units() as uow:
        wrong = await look_up_case(uow, {**ORDER, "caseNumber": "midori-2026-9999"}, "前の誤り", JOB)
        unknown = await look_up_case(uow, {**ORDER, "caseNumber": "??"}, None, JOB)
    assert (wrong["caseId"], wrong["officeGroup"], wrong["stepsWanted"]) == (None, CITY.office.group, False)
    assert "midori-2026-9999 という案件はありません" in wrong["formError"]
    assert unknown["officeGroup"] is None


async def test_a_step_back_is_asked_of_the_engine_and_noted_when_it_was_made(units: Units) -> None:
    """Only the engine knows whether the case still stands where the office saw it."""
    async with units() as uow:
        await uow.surveys.add(some_survey(CASE, [MIDORI.departments[0].code]))
        await uow.commit()
    answer = await _order(units, caseAction="back", stepChoice="4711:99")
    assert answer["orderState"] == "going-back"
    async with units() as uow:
        assert (await uow.surveys.of_case(CASE))[0].closed_at is None
        assert (await _calls(uow))["step-back"]["choice"] == "4711:99"
        left = {"label": "照会 → 計画", "processes": ["common-department-survey"], "groups": []}
        await confirm_step_back(uow, {**ORDER, "stepLeft": left})
        await uow.commit()
    async with units() as uow:
        assert (await uow.surveys.of_case(CASE))[0].closed_at is not None
        assert (await uow.cases.get(CASE)).closed_on is None
        assert any("照会 → 計画" in entry.what for entry in await uow.history.of_case(CASE))


async def test_leaving_another_step_leaves_an_open_survey_open(units: Units) -> None:
    """A parallel branch goes on with its survey."""
    async with units() as uow:
        await uow.surveys.add(some_survey(CASE, [MIDORI.departments[0].code]))
        await confirm_step_back(
            uow, {**ORDER, "stepLeft": {"label": "a", "processes": [], "groups": [MIDORI.departments[1].group]}}
        )
        await uow.commit()
    async with units() as uow:
        assert (await uow.surveys.of_case(CASE))[0].closed_at is None
        addresses = list(await uow._session.scalars(select(mail.c.recipient)))
    assert addresses == [MIDORI.departments[1].email]


@pytest.mark.parametrize(
    ("lacking", "told"),
    [
        ("caseAction", "すること: 選んでください"),
        ("caseReason", "理由: 入力してください"),
        ("tellPartner", "知らせるか: 選んで"),
    ],
)
async def test_what_an_order_lacks_is_said_at_once_and_stops_it(units: Units, lacking: str, told: str) -> None:
    """The case is found all the same; going back tells nobody, so that nothing has to be chosen."""
    order = {**ORDER, lacking: None}
    async with units() as uow:
        seen = await look_up_case(uow, order, None, JOB)
        answer = await order_case(uow, order, JOB)
        back = await look_up_case(uow, {**ORDER, "caseAction": "back", "tellPartner": None}, None, JOB)
        case = await uow.cases.get(CASE)
    assert (seen["caseId"], told in str(seen["formError"])) == (CASE, True)
    assert (answer["orderState"], told in str(answer["formError"])) == ("refused", True)
    assert (back["formError"], case.outcome) == (None, None)
