"""Renewals in the registry: the watch, notices, withdrawals, on SQLite and on PostgreSQL (D-4, D-5, D-7, ALL-5)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.kit.papers import partner
from tests.kit.registry import registry_at
from tests.kit.terms import Terms
from tests.kit.work import draft_amendment, record_amendment, register_amendment
from workers.domain.agreements import AgreementEnd, TermStage
from workers.domain.entities import Case, CaseKind, CaseOutcome
from workers.errors import InputError

pytestmark = pytest.mark.asyncio

DAY = timedelta(days=1)
SIGNED = date(2026, 6, 1)
OPENS = date(2026, 12, 30)
"""60 days before the last day for notices."""
LAST = date(2027, 2, 28)
"""A Sunday (D-4)."""
EXPIRY = date(2027, 3, 31)
RENEWED = (date(2027, 4, 1), date(2028, 3, 31))
FIRST = (SIGNED, EXPIRY)
BOTH = ("partner", "office")


@pytest_asyncio.fixture
async def terms(database_url: str, tmp_path: Path) -> AsyncIterator[Terms]:
    """A register with one agreement of 伊勢崎市, signed on 1 June 2026."""
    async with registry_at(database_url, tmp_path) as registry:
        made = Terms(registry)
        made.on(SIGNED)
        await made.sign("isesaki", SIGNED)
        yield made


async def test_a_year_under_the_watch(terms: Terms) -> None:
    """ISE-T1, ALL-5: procedure, renewal on the day after the last day for notices, mails after the wait, next term."""
    assert await terms.sweep(OPENS - DAY) == await terms.sweep(SIGNED)
    assert (await terms.sweep(OPENS)).opened == ["isesaki-a1"]
    assert [name for name, _ in await terms.starts()] == ["common-agreement-renewal"]
    await terms.claim("isesaki-a1", CaseKind.RENEWAL, "2")
    assert (await terms.sweep(LAST)).renewed == []
    assert await terms.terms("isesaki-a1") == [FIRST]
    # The instance has the day itself; what it has not done by the next morning, the watch does.
    assert (await terms.sweep(LAST + DAY)).renewed == []
    assert (await terms.sweep(LAST + 2 * DAY)).renewed == ["isesaki-a1"]
    assert await terms.terms("isesaki-a1") == [FIRST, RENEWED]
    assert await terms.mails() == {}
    await terms.sweep(date(2027, 3, 3))
    assert await terms.mails() == {}
    assert (await terms.sweep(date(2027, 3, 4))).told == ["isesaki-a1"]
    assert await terms.mails() == {("renewal-done", side): 1 for side in BOTH}
    assert (await terms.sweep(EXPIRY + DAY)).expired == []
    agreement = await terms.agreement("isesaki-a1")
    assert agreement.in_force(EXPIRY)
    assert agreement.in_force(EXPIRY + DAY)
    assert agreement.current_term.notice_deadline == date(2028, 2, 29)


async def test_days_repeated_change_nothing(terms: Terms) -> None:
    """ALL-5."""
    days = [OPENS, LAST + DAY, date(2027, 3, 3), EXPIRY + DAY]
    for day in days:
        await terms.sweep(day)
    before = (await terms.terms("isesaki-a1"), await terms.mails(), len(await terms.cases("isesaki-a1")))
    assert before[0] == [FIRST, RENEWED]
    for day in [days[-1], days[-1], *days]:
        report = await terms.sweep(day)
        assert not any([report.opened, report.renewed, report.told, report.expired, report.failed, report.cycles])
    assert (await terms.terms("isesaki-a1"), await terms.mails(), len(await terms.cases("isesaki-a1"))) == before


async def test_mornings_missed_are_caught_up_in_one(terms: Terms) -> None:
    """ALL-5: from before the opening until after the expiry of the second term nothing ran."""
    report = await terms.sweep(date(2028, 4, 2))
    assert report.renewed == ["isesaki-a1"] * 2
    assert await terms.terms("isesaki-a1") == [FIRST, RENEWED, (date(2028, 4, 1), date(2029, 3, 31))]
    cases = await terms.cases("isesaki-a1")
    assert [(case.period, case.outcome) for case in cases] == [("2", CaseOutcome.RENEWED), ("3", CaseOutcome.RENEWED)]
    assert [name for name, _ in await terms.starts() if name == "common-agreement-renewal"] == []


async def test_one_instance_whatever_was_published_how_often(terms: Terms) -> None:
    """The start is published again while no instance has claimed the case; of two instances the second ends at once."""
    await terms.sweep(OPENS)
    await terms.sweep(OPENS)
    assert len(await terms.starts()) == 1
    assert (await terms.sweep(OPENS + DAY)).restarted == [case.id for case in await terms.cases("isesaki-a1")]
    assert len(set(await terms.starts())) == 1
    assert len(await terms.starts()) == 2
    assert (await terms.claim("isesaki-a1", CaseKind.RENEWAL, "2", 7))["caseState"] == "new"
    assert (await terms.claim("isesaki-a1", CaseKind.RENEWAL, "2", 8))["caseState"] == "already-started"
    assert (await terms.sweep(OPENS + 2 * DAY)).restarted == []


async def test_a_wiped_outbox_is_noticed_the_next_morning(terms: Terms) -> None:
    """The call for an instance is lost: it is made again, for the same case."""
    await terms.sweep(OPENS)
    first = await terms.starts()
    assert await terms.wipe_outbox() == 1
    await terms.sweep(OPENS + DAY)
    assert await terms.starts() == first


async def test_two_workers_that_sweep_at_once_do_everything_once(terms: Terms) -> None:
    """ALL-5: each a process of its own, in small batches, over every stage."""
    for number in range(2, 26):
        await terms.sign("isesaki", SIGNED, number=number)
    for day in (OPENS, LAST + DAY, date(2027, 3, 3), EXPIRY + DAY):
        terms.on(day)
        async with asyncio.timeout(120):
            await asyncio.gather(*(terms.sweep_now(day, process=process, limit=7) for process in (0, 1)))
    for number in range(1, 26):
        assert await terms.terms(f"isesaki-a{number}") == [FIRST, RENEWED]
        assert len(await terms.cases(f"isesaki-a{number}")) == 1
    assert await terms.mails() == {("renewal-done", side): 25 for side in BOTH}
    starts = [name for name, _ in await terms.starts()]
    assert starts.count("common-agreement-renewal") == len(starts) - starts.count("sakura-annual")


async def test_one_agreement_that_cannot_be_swept_stops_no_other(terms: Terms) -> None:
    """ALL-5: it is reported, and stays due."""
    await terms.sign("isesaki", SIGNED, number=2)
    async with terms.unit() as uow:
        (await uow.agreements.get("isesaki-a1")).city = "gone"
        await uow.commit()
    report = await terms.sweep(OPENS)
    assert report.opened == ["isesaki-a2"]
    assert list(report.failed) == ["isesaki-a1"]
    assert (await terms.term("isesaki-a1", 1)).stage is TermStage.OPEN
    assert list((await terms.sweep(OPENS + DAY)).failed) == ["isesaki-a1"]


async def test_the_yearly_procedure_opens_once_each_fiscal_year(terms: Terms) -> None:
    """ALL-5, AGE-A1, ISE-A1: also for an agreement from before, and for every year that was missed."""
    await terms.sign("isesaki", date(2020, 5, 1), number=2, whole_guideline=False)
    for day in (date(2027, 3, 31), date(2027, 4, 1), date(2027, 4, 1), date(2029, 5, 2)):
        await terms.sweep(day)
    for number in ("isesaki-a1", "isesaki-a2"):
        periods = [case.period for case in await terms.cases(number, CaseKind.ANNUAL)]
        assert periods == ["2027", "2028", "2029"]


async def test_a_yearly_procedure_waits_for_a_renewal_of_the_same_morning(terms: Terms) -> None:
    """ALL-5, DAT-T1: an agreement that ends on 31 March renews on 1 April, perhaps after the watch ran."""
    await terms.sign("date", date(2024, 3, 31))
    await terms.sweep(date(2027, 3, 1))
    await terms.claim("date-a1", CaseKind.RENEWAL, "2")
    await terms.sweep(date(2027, 4, 1))
    assert len(await terms.terms("date-a1")) == 1
    await terms.sweep(date(2027, 4, 2))
    assert len(await terms.terms("date-a1")) == 2
    assert [case.period for case in await terms.cases("date-a1", CaseKind.ANNUAL)] == ["2027"]


async def test_a_notice_on_the_last_day_counts_until_its_end(terms: Terms) -> None:
    """D-4: until 23:59 JST on a Sunday, when the office is closed."""
    await terms.sweep(OPENS)
    terms.on(LAST, 23, 59)
    assert (await terms.notice("isesaki-a1", LAST))["renewalState"] == "open"
    assert (await terms.sweep(LAST + DAY)).not_renewed == ["isesaki-a1"]
    assert await terms.mails() == {("renewal-blocked", "office"): 1}
    assert await terms.waiting() == ["renewal-blocked"]
    assert (await terms.sweep(EXPIRY)).expired == []
    assert (await terms.agreement("isesaki-a1")).in_force(EXPIRY)
    assert (await terms.sweep(EXPIRY + DAY)).expired == ["isesaki-a1"]
    agreement = await terms.agreement("isesaki-a1")
    assert (agreement.ended_on, agreement.end) == (EXPIRY, AgreementEnd.EXPIRED)
    assert not agreement.in_force(EXPIRY + DAY)
    assert (await terms.mails())["agreement-expired", "partner"] == 1
    assert [case.outcome for case in await terms.cases("isesaki-a1")] == [CaseOutcome.EXPIRED]


async def test_a_notice_on_the_day_after_is_refused_and_says_why(terms: Terms) -> None:
    """D-4, ALL-10."""
    await terms.sweep(OPENS)
    terms.on(LAST + DAY, 0, 1)
    with pytest.raises(InputError, match=r"受領日: 令和9年3月1日 は期限（令和9年2月28日）のあとです"):
        await terms.notice("isesaki-a1", LAST + DAY)
    with pytest.raises(InputError, match=r"受領日: 令和9年3月2日 はまだ来ていません"):
        await terms.notice("isesaki-a1", LAST + 2 * DAY)
    assert await terms.notices("isesaki-a1") == []
    assert (await terms.sweep(LAST + DAY)).renewed == ["isesaki-a1"]


async def test_a_notice_entered_late_takes_back_a_renewal_that_was_told(terms: Terms) -> None:
    """ALL-5: received in time, entered after the mails; both sides get a corrected one, the term's row stays."""
    for day in (OPENS, LAST + DAY, date(2027, 3, 4)):
        await terms.sweep(day)
    assert (await terms.mails())["renewal-done", "partner"] == 1
    terms.on(date(2027, 3, 10), 10)
    assert (await terms.notice("isesaki-a1", LAST))["renewalState"] == "blocked"
    assert {key: n for key, n in (await terms.mails()).items() if "done" not in key[0]} == {
        ("renewal-reversed", "office"): 1
    }
    assert await terms.waiting() == ["renewal-reversed"]
    assert await terms.terms("isesaki-a1") == [FIRST]
    assert (await terms.term("isesaki-a1", 2)).reversed_on == date(2027, 3, 10)
    assert not (await terms.agreement("isesaki-a1")).in_force(date(2027, 4, 1))
    async with terms.unit() as uow:
        assert await uow.agreements.in_force(date(2027, 4, 1)) == []
    assert (await terms.sweep(EXPIRY + DAY)).expired == ["isesaki-a1"]
    assert (await terms.agreement("isesaki-a1")).ended_on == EXPIRY


async def test_a_notice_entered_before_the_mails_left_needs_no_correction(terms: Terms) -> None:
    """ALL-5: that is what the wait is for."""
    for day in (OPENS, LAST + DAY):
        await terms.sweep(day)
    terms.on(date(2027, 3, 2), 10)
    await terms.notice("isesaki-a1", LAST - DAY, side="city")
    await terms.sweep(date(2027, 3, 5))
    assert await terms.mails() == {("renewal-blocked", "office"): 1}
    assert await terms.waiting() == ["renewal-blocked"]


async def test_a_notice_entered_after_the_expiry_ends_the_agreement_with_its_term(terms: Terms) -> None:
    """ALL-5: received in time, found weeks into the next term."""
    for day in (OPENS, LAST + DAY, date(2027, 3, 4), EXPIRY + DAY):
        await terms.sweep(day)
    terms.on(date(2027, 4, 20), 10)
    assert (await terms.notice("isesaki-a1", LAST))["renewalState"] == "ended"
    agreement = await terms.agreement("isesaki-a1")
    assert (agreement.ended_on, agreement.end) == (EXPIRY, AgreementEnd.EXPIRED)
    assert (await terms.mails())["agreement-expired", "partner"] == 1


@pytest.mark.parametrize("decided", [date(2027, 2, 20), date(2027, 3, 20)])
async def test_a_withdrawn_notice_renews_where_the_office_says_so(terms: Terms, decided: date) -> None:
    """D-4: before the last day for notices and after it; who decided what is on record."""
    await terms.sweep(OPENS)
    terms.on(date(2027, 2, 10), 10)
    await terms.notice("isesaki-a1", date(2027, 2, 9))
    for day in (LAST + DAY,) if decided > LAST else ():
        await terms.sweep(day)
    terms.on(decided, 10)
    await terms.withdraw("isesaki-a1", decided, "renew", "双方が続けることを確かめた")
    for day in (LAST + DAY, date(2027, 3, 23), date(2027, 3, 26), EXPIRY + DAY):
        if day > decided:
            await terms.sweep(day)
    assert await terms.terms("isesaki-a1") == [FIRST, RENEWED]
    assert (await terms.mails())["renewal-done", "partner"] == 1
    notice = (await terms.notices("isesaki-a1"))[0]
    assert (notice.withdrawn_on, notice.overruled) == (decided, True)
    assert notice.decision == "更新する 双方が続けることを確かめた"


async def test_a_withdrawn_notice_ends_the_agreement_where_the_office_stays_with_it(terms: Terms) -> None:
    """D-4."""
    await terms.sweep(OPENS)
    terms.on(date(2027, 2, 10), 10)
    await terms.notice("isesaki-a1", date(2027, 2, 9))
    await terms.withdraw("isesaki-a1", date(2027, 2, 10), "expire")
    for day in (LAST + DAY, EXPIRY + DAY):
        await terms.sweep(day)
    assert (await terms.agreement("isesaki-a1")).ended_on == EXPIRY
    with pytest.raises(InputError, match=r"取下げの日: 協定は令和9年3月31日に満了しました"):
        await terms.withdraw("isesaki-a1", EXPIRY, "renew")


async def test_an_early_notice_starts_no_instance_before_its_time(terms: Terms) -> None:
    """An instance lives for the weeks around the last day, not for the months before."""
    terms.on(date(2026, 7, 1), 10)
    await terms.notice("isesaki-a1", date(2026, 7, 1))
    assert (await terms.sweep(date(2026, 7, 2))).restarted == []
    assert await terms.starts() == []
    assert (await terms.sweep(OPENS)).opened == ["isesaki-a1"]
    assert len(await terms.starts()) == 1
    assert (await terms.sweep(LAST + DAY)).not_renewed == ["isesaki-a1"]


async def test_date_renews_after_the_expiry_day_unless_somebody_objects(terms: Terms) -> None:
    """DAT-T1, D-4: no deadline; an objection on the expiry day counts, three more years without one."""
    for number in (1, 2):
        await terms.sign("date", date(2024, 5, 10), number=number)
    expiry = date(2027, 5, 10)
    await terms.sweep(expiry - 30 * DAY)
    terms.on(expiry, 23, 59)
    await terms.notice("date-a2", expiry)
    await terms.sweep(expiry)
    assert await terms.terms("date-a1") == [(date(2024, 5, 10), expiry)]
    await terms.sweep(expiry + DAY)
    assert await terms.terms("date-a1") == [(date(2024, 5, 10), expiry), (expiry + DAY, date(2030, 5, 10))]
    assert await terms.terms("date-a2") == [(date(2024, 5, 10), expiry)]
    assert (await terms.agreement("date-a2")).ended_on == expiry


async def test_an_agreed_end_renews_only_where_the_agreement_says_so(terms: Terms) -> None:
    """D-5: 旭川市 and 茅ヶ崎市; the agreement that says so renews each time."""
    terms.on(SIGNED)
    end = date(2027, 6, 30)
    for city in ("asahikawa", "chigasaki"):
        await terms.sign(city, SIGNED, ends=end)
        await terms.sign(city, SIGNED, number=2, ends=end, renews=True)
    for day in (end - 30 * DAY, end + DAY):
        await terms.sweep(day)
    for city in ("asahikawa", "chigasaki"):
        assert (await terms.agreement(f"{city}-a1")).ended_on == end
        assert await terms.terms(f"{city}-a2") == [(SIGNED, end), (end + DAY, date(2028, 6, 30))]
    for day in (date(2028, 6, 1), date(2028, 7, 1)):
        await terms.sweep(day)
    for city in ("asahikawa", "chigasaki"):
        assert (await terms.terms(f"{city}-a2"))[2:] == [(date(2028, 7, 1), date(2029, 6, 30))]
    with pytest.raises(InputError, match=r"終わりました|更新の定めがありません"):
        await terms.notice("asahikawa-a1", end - 3 * DAY)


async def test_an_agreement_without_an_end_goes_on_and_is_never_asked_about_its_renewal(terms: Terms) -> None:
    """D-3, ALL-26: no procedure, no deadline, no expiry in twenty years; the yearly procedure opens all the same."""
    await terms.sign("asahikawa", SIGNED, endless=True)
    for year in range(2027, 2047):
        report = await terms.sweep(date(year, 4, 1))
        told = [*report.opened, *report.renewed, *report.not_renewed, *report.expired, *report.failed]
        assert "asahikawa-a1" not in told
        assert "asahikawa-a1" in report.cycles
    agreement = await terms.agreement("asahikawa-a1")
    assert (agreement.in_force(date(2099, 1, 1)), agreement.ended_on, len(agreement.terms)) == (True, None, 1)
    assert [case for case in await terms.cases("asahikawa-a1") if case.kind is CaseKind.RENEWAL] == []
    with pytest.raises(InputError, match="有効期間の終わりがありません"):
        await terms.notice("asahikawa-a1", date(2046, 4, 1))


async def test_an_agreement_renews_by_its_own_years(terms: Terms) -> None:
    """D-5: the years of the agreement itself win over the city's; the next term is again as long."""
    terms.on(SIGNED)
    end = date(2027, 6, 30)
    await terms.sign("asahikawa", SIGNED, ends=end, renews=True, renewal_years=5)
    await terms.sign("asahikawa", SIGNED, number=2, ends=end, renews=True)
    await terms.sweep(end - 30 * DAY)
    await terms.sweep(end + DAY)
    assert await terms.terms("asahikawa-a1") == [(SIGNED, end), (end + DAY, date(2032, 6, 30))]
    assert await terms.terms("asahikawa-a2") == [(SIGNED, end), (end + DAY, date(2028, 6, 30))]
    await terms.sweep(date(2032, 6, 1))
    await terms.sweep(date(2032, 7, 1))
    assert (await terms.terms("asahikawa-a1"))[2:] == [(date(2032, 7, 1), date(2037, 6, 30))]


async def test_an_amendment_takes_the_end_away_and_gives_one(terms: Terms) -> None:
    """D-3, ISE-T4: both ways, where the parties agree how long it lasts; elsewhere an end has to be named."""
    terms.on(SIGNED)
    await terms.sign("asahikawa", SIGNED, ends=date(2027, 6, 30), renews=True)
    text = {"title": "連携協定", "purpose": "見守り", "fields": ["1"], "effectiveOn": None, "changes": "期間を改める"}

    async def amend_to(agreement_id: str, turn: int, **says: object) -> None:
        async with terms.unit() as uow:
            case = _amendment(agreement_id, turn, uow.clock.today())
            await uow.cases.add(case)
            await record_amendment(uow, case.id, {**text, **says})
            await register_amendment(uow, case.id, {"signedOn": uow.clock.today().isoformat()})
            await uow.commit()

    await amend_to("asahikawa-a1", 1, termKind="endless")
    endless = (await terms.agreement("asahikawa-a1")).current_term
    assert (endless.endless, endless.due_on, endless.notice_deadline) == (True, None, None)
    await terms.sweep(date(2027, 7, 1))
    assert (await terms.agreement("asahikawa-a1")).ended_on is None
    async with terms.unit() as uow:
        case = _amendment("asahikawa-a1", 2, uow.clock.today())
        await uow.cases.add(case)
        begun = (await draft_amendment(uow, case.id))["amendmentTerms"]
    assert (begun["termKind"], begun["expiresOn"]) == ("endless", None)
    await amend_to("asahikawa-a1", 3, termKind="until", expiresOn="令和11年3月31日")
    dated = (await terms.agreement("asahikawa-a1")).current_term
    assert (dated.expires_on, dated.due_on is not None) == (date(2029, 3, 31), True)
    fields = ["1", "2", "3"]
    with pytest.raises(InputError, match="無期限にはできません"):
        await amend_to("isesaki-a1", 1, termKind="endless", fields=fields)
    with pytest.raises(InputError, match="満了日を入力してください"):
        await amend_to("isesaki-a1", 2, expiresOn="9999-12-31", fields=fields)


def _amendment(agreement_id: str, turn: int, today: date) -> Case:
    return Case(
        id=f"{agreement_id}-amendment-{turn}",
        city=agreement_id.partition("-")[0],
        process_id="common-agreement-amendment",
        opened_on=today,
        kind=CaseKind.AMENDMENT,
        period=str(turn),
        agreement_id=agreement_id,
        partner=partner(),
    )


async def test_an_agreement_before_the_guideline_keeps_its_own_rule_of_renewal(terms: Terms) -> None:
    """ISE-T3: three years and three months of notice, as it says, where the guideline has one year and one month."""
    signed, end = date(2024, 4, 1), date(2027, 3, 31)
    own: dict[str, Any] = {"whole_guideline": False, "renewal_years": 3, "notice_months": 3}
    terms.on(date(2026, 6, 1))
    await terms.sign("isesaki", signed, number=5, ends=end, **own)
    (first,) = (await terms.agreement("isesaki-a5")).terms
    assert first.notice_deadline == date(2026, 12, 31)
    await terms.sweep(date(2026, 12, 1))
    await terms.sweep(date(2027, 1, 1))
    agreement = await terms.agreement("isesaki-a5")
    assert (agreement.current_term.expires_on, agreement.current_term.notice_deadline) == (
        date(2030, 3, 31),
        date(2029, 12, 31),
    )
