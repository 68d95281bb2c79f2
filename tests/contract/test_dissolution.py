"""Candidates for termination by rule, and what the registry does with endings and amendments (D-8, AGE-T2, ISE-T2)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.kit.lists import HEADINGS, list_rows, write_list
from tests.kit.registry import MORNING
from tests.kit.work import (
    check_dissolution,
    draft_amendment,
    plan_termination,
    record_amendment,
    record_termination_notice,
    register_amendment,
    register_termination,
)
from workers.cli.agreement import describe_agreement
from workers.cli.importing import import_file
from workers.domain.agreements import Activity, ActivityReport, ActivityStatus, AgreementEnd, TermStage
from workers.domain.entities import Case, CaseKind
from workers.domain.meetings import ExcludedPeriod, Meeting
from workers.errors import InputError, PermanentError
from workers.settings import Settings
from workers.trial.clock import EngineClock
from workers.usecases import amend
from workers.usecases.dissolution import Standing, dissolution_report
from workers.usecases.procedures import file_procedure
from workers.usecases.send_mail import send_mail
from workers.wiring import Services, services

pytestmark = pytest.mark.asyncio
ID = "ageo-a1"


@pytest_asyncio.fixture
async def built(database_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    """Services on a registry with one imported agreement of 上尾市, signed on 令和5年4月1日; today is 2026-06-01."""
    clock = EngineClock()
    clock.pinned = MORNING
    row = {**next(list_rows(1)), "締結日": "令和5年4月1日", "満了日": "令和9年3月31日"}
    own = {"更新の年数": "1年", "申出の月数": "1か月前"}
    file = write_list(tmp_path / "a.csv", [row | own], headings=(*HEADINGS, *own))
    async with services(Settings(data=tmp_path, database_url=database_url), clock=clock) as made:
        await import_file(made, made.packs.city("ageo"), file)
        async with made.open_unit() as uow:
            (await uow.agreements.get(ID)).whole_guideline = True  # amended since
        yield made


async def _add(built: Services, **facts: Any) -> None:
    async with built.open_unit() as uow:
        activity = {"fiscal_year": 2024, "field": 1, "title": "健康講座", "status": ActivityStatus.DONE, **facts}
        await uow.activities.add(Activity(agreement_id=ID, case_id=None, **activity))


async def _exclude(built: Services, first: date, last: date) -> None:
    async with built.open_unit() as uow:
        case = await file_procedure(uow, await uow.agreements.get(ID), CaseKind.TERMINATION, f"{first}")
        period = ExcludedPeriod(agreement_id=ID, first=first, last=last, reason="工事", confirmed_on=last)
        meeting = Meeting(
            id=f"{case.id}-m1", case_id=case.id, agreement_id=ID, number=1, title="定例会議", uid=f"{case.id}@x"
        )
        meeting.periods.append(period)
        meeting.confirmed = True
        await uow.meetings.add(meeting)


async def _standing(built: Services, on: date, city: str = "ageo") -> Standing:
    async with built.open_unit() as uow:
        (found,) = await dissolution_report(uow, built.packs.city(city), on)
        return found


async def test_without_a_record_the_signing_counts(built: Services) -> None:
    found = await _standing(built, date(2026, 6, 1))
    assert (found.last_record, found.candidate_from, found.candidate) == (None, date(2025, 4, 2), True)


async def test_two_years_after_the_last_record_it_is_a_candidate(built: Services) -> None:
    await _add(built, ends_on=date(2024, 6, 30))
    await _add(built, status=ActivityStatus.CANCELLED, ends_on=date(2025, 6, 30))
    before, day = await _standing(built, date(2026, 6, 30)), await _standing(built, date(2026, 7, 1))
    assert (before.candidate, day.candidate, day.candidate_from) == (False, True, date(2026, 7, 1))


async def test_a_project_without_dates_counts_to_the_end_of_its_year(built: Services) -> None:
    await _add(built)
    assert (await _standing(built, date(2026, 6, 1))).last_record == date(2025, 3, 31)


async def test_a_running_project_stops_the_clock(built: Services) -> None:
    await _add(built, ends_on=date(2023, 6, 30))
    await _add(built, fiscal_year=2026, status=ActivityStatus.RUNNING)
    found = await _standing(built, date(2026, 6, 1))
    assert (found.running, found.candidate_from, found.candidate) == (True, None, False)


async def test_a_row_left_running_stops_the_clock_until_its_year_has_ended(built: Services) -> None:
    """D-8: nobody said that it went on, so it counts to 31 March of its year; what was said later counts longer."""
    await _add(built, fiscal_year=2026, status=ActivityStatus.RUNNING)
    async with built.open_unit() as uow:
        agreement = await uow.agreements.get(ID)
        agreement.current_term.expires_on = date(2036, 3, 31)
    left = await _standing(built, date(2035, 6, 1))
    async with built.open_unit() as uow:
        (activity,) = await uow.activities.of_agreement(ID)
        activity.reports.append(ActivityReport(fiscal_year=2033, status=ActivityStatus.RUNNING))
    said = await _standing(built, date(2035, 6, 1))
    assert (left.running, left.candidate_from, left.candidate) == (False, date(2029, 4, 1), True)
    assert (said.last_record, said.candidate_from, said.candidate) == (date(2034, 3, 31), date(2036, 4, 1), False)


async def test_periods_confirmed_at_meetings_are_deducted_where_the_city_says_so(built: Services) -> None:
    """The example of D-8 two years earlier: 90 days excluded, candidate from 2026-09-29."""
    await _add(built, ends_on=date(2024, 6, 30))
    await _exclude(built, date(2025, 4, 1), date(2025, 6, 29))
    found = await _standing(built, date(2026, 9, 28))
    assert (found.excluded_periods, found.candidate_from, found.candidate) == (1, date(2026, 9, 29), False)


async def test_a_city_without_the_rule_is_told_so(built: Services) -> None:
    async with built.open_unit() as uow:
        with pytest.raises(InputError, match="伊達市には実績のない期間による解除の定めがありません"):
            await dissolution_report(uow, built.packs.city("date"), date(2026, 6, 1))


async def _procedure(built: Services, kind: CaseKind) -> Case:
    async with built.open_unit() as uow:
        return await file_procedure(uow, await uow.agreements.get(ID), kind, "1")


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({}, "解除の日: "),
        ({"endsOn": "2026-05-31"}, "解除の日: 令和8年5月31日は過ぎています"),
        ({"endsOn": "2026-06-30"}, "解除の日: 通知は令和8年5月30日までに"),
    ],
)
async def test_a_day_too_soon_for_the_notice_is_refused(built: Services, plan: dict[str, str], message: str) -> None:
    case = await _procedure(built, CaseKind.TERMINATION)
    async with built.open_unit() as uow:
        with pytest.raises(InputError, match=message):
            await plan_termination(uow, case.id, plan)


async def test_the_notice_arrives_a_month_before_and_the_watch_lets_the_agreement_go(built: Services) -> None:
    """The last day of the notice is allowed, the day after is not; the end is registered once, watched no more."""
    case = await _procedure(built, CaseKind.TERMINATION)
    async with built.open_unit() as uow:
        with pytest.raises(PermanentError, match="解除の日がまだ"):
            await register_termination(uow, case.id)
        planned = await plan_termination(uow, case.id, {"endsOn": "2026-07-01"})
        assert planned["terminationPlan"]["noticeByText"] == "令和8年6月1日（月）"
        got = await record_termination_notice(uow, case.id, {"noticeOn": "令和8年6月1日"})
        assert got["terminateAt"] == "2026-07-02T00:00:00+09:00"
        await plan_termination(uow, case.id, {"endsOn": "2026-07-01"})
    async with built.open_unit() as uow:
        assert await register_termination(uow, case.id) == {"terminationState": "terminated"}
        assert await register_termination(uow, case.id) == {"terminationState": "terminated"}
    async with built.open_unit() as uow:
        agreement = await uow.agreements.get(ID)
    assert (agreement.ended_on, agreement.end) == (date(2026, 7, 1), AgreementEnd.TERMINATED)
    # The watch comes once more, for the results of the year in which it ended.
    assert (agreement.cycle_due_on, [term.due_on for term in agreement.terms]) == (date(2027, 4, 1), [None])


async def test_an_agreement_before_the_guideline_is_ended_by_its_own_text(built: Services) -> None:
    """ISE-T3: the guideline says when one may be ended; how long before notice is given stands in the agreement."""
    case = await _procedure(built, CaseKind.TERMINATION)
    async with built.open_unit() as uow:
        (await uow.agreements.get(ID)).whole_guideline = False
    async with built.open_unit() as uow:
        assert (await check_dissolution(uow, case.id))["noticeMonths"] is None
        with pytest.raises(InputError, match="予告の期間"):
            await plan_termination(uow, case.id, {"endsOn": "2026-10-31"})
        planned = await plan_termination(uow, case.id, {"endsOn": "2026-10-31", "noticeMonths": "3"})
    assert planned["terminationPlan"]["noticeBy"] == "2026-07-31"


async def test_a_notice_after_its_last_day_is_refused(built: Services) -> None:
    case = await _procedure(built, CaseKind.TERMINATION)
    async with built.open_unit() as uow:
        await plan_termination(uow, case.id, {"endsOn": "2026-07-01"})
    built.clock.pinned = MORNING.replace(day=2)  # type: ignore[attr-defined]
    async with built.open_unit() as uow:
        with pytest.raises(InputError, match="令和8年6月1日までに届いた通知でなければ"):
            await record_termination_notice(uow, case.id, {"noticeOn": "2026-06-02"})


async def test_an_agreement_that_does_not_renew_ends_no_later_than_its_term(built: Services) -> None:
    case = await _procedure(built, CaseKind.TERMINATION)
    async with built.open_unit() as uow:
        (await uow.agreements.get(ID)).renews = False
    async with built.open_unit() as uow:
        with pytest.raises(InputError, match="令和9年3月31日で満了します"):
            await plan_termination(uow, case.id, {"endsOn": "2027-04-30"})


async def test_an_amendment_s_new_last_day_comes_under_the_watch(built: Services) -> None:
    """ISE-T4: version 1 is what was imported; the notice deadline follows the new last day (D-4)."""
    case = await _procedure(built, CaseKind.AMENDMENT)
    terms = {"title": "新しい名称", "fields": [1, 2, 3], "expiresOn": "2028-02-29", "changes": "期間を延ばす"}
    async with built.open_unit() as uow:
        assert (await draft_amendment(uow, case.id))["amendmentTerms"]["expiresOn"] == "2027-03-31"
        await record_amendment(uow, case.id, terms)
        signature = {"signedOn": "令和8年6月1日", "way": "paper", "reason": "相手方の都合"}
        first = await register_amendment(uow, case.id, signature)
        again = await register_amendment(uow, case.id, signature)
        await amend.apply_amendment(uow, case.id)
        assert (first, first["versionNumber"]) == (again, 2)
    async with built.open_unit() as uow:
        agreement = await uow.agreements.get(ID)
    term = agreement.current_term
    assert (term.expires_on, term.notice_deadline) == (date(2028, 2, 29), date(2028, 1, 29))
    assert (term.stage, term.due_on is not None and term.due_on > date(2027, 3, 31)) == (TermStage.OPEN, True)
    shown = await describe_agreement(built, ID)
    assert [version["number"] for version in shown["versions"]] == [1, 2]
    assert json.dumps(shown, default=str, ensure_ascii=False).count("締結の方法: 紙（紙にした理由: 相手方の都合）") == 1
    assert json.dumps(shown, default=str, ensure_ascii=False).count("新しい名称") >= 2


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"title": ""}, "協定の名称: 入力してください"),
        ({"changes": " "}, "変更の内容: 入力してください"),
        ({"fields": [99]}, "連携する分野: 99"),
        ({"expiresOn": "2026-05-01"}, "有効期間の終わり: 令和8年5月1日は変更の効力が生じる日より前です"),
        ({"effectiveOn": "2020-01-01"}, "変更の効力が生じる日: 令和2年1月1日は協定の有効期間にありません"),
    ],
)
async def test_a_half_filled_amendment_is_told_by_field(built: Services, changed: dict[str, Any], message: str) -> None:
    case = await _procedure(built, CaseKind.AMENDMENT)
    terms = {"title": "名称", "fields": [1], "expiresOn": "2028-03-31", "changes": "直す", **changed}
    async with built.open_unit() as uow:
        with pytest.raises(InputError, match=message):
            await record_amendment(uow, case.id, terms)


async def test_an_agreement_of_before_the_guideline_is_amended_under_the_whole_of_it(built: Services) -> None:
    """ISE-T3: two fields were enough when it was signed; whoever changes it now needs what the guideline requires."""
    case = await _procedure(built, CaseKind.AMENDMENT)
    terms = {"title": "名称", "fields": [1, 2], "expiresOn": "2028-03-31", "changes": "期間を延ばす"}
    async with built.open_unit() as uow:
        agreement = await uow.agreements.get(ID)
        agreement.fields, agreement.whole_guideline = [1, 2], False
    async with built.open_unit() as uow:
        with pytest.raises(InputError, match="3以上の連携事項が要ります"):
            await record_amendment(uow, case.id, terms)


async def test_a_partner_without_an_address_is_told_by_the_office(built: Services) -> None:
    """Offices' lists often name no e-mail: the notice goes to the office, and the history says what it has to do."""
    case = await _procedure(built, CaseKind.TERMINATION)
    async with built.open_unit() as uow:
        agreement = await uow.agreements.get(ID)
        assert agreement.partner is not None
        agreement.partner.email = ""
    async with built.open_unit() as uow:
        await send_mail(
            uow, case.id, template="termination-not-made", to="partner", attach=[], values={}, department=None, key="1"
        )
        history = [entry.what for entry in await uow.history.of_case(case.id)]
    (mail,) = await built.mails.list()
    assert mail.recipient == built.packs.city("ageo").office.email
    assert any("所管課から相手方に伝えること" in line for line in history)
