"""補助 and 後援 are looked back on when they end, not every year (CHI-7)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from tests.kit import terms as kit
from tests.kit.registry import registry_at
from tests.kit.terms import Terms
from tests.kit.work import open_procedure
from workers.domain.cities import CycleRule
from workers.domain.entities import CaseKind
from workers.usecases.ports import JobRef

pytestmark = pytest.mark.asyncio
SIGNED, ENDS, DAY = date(2026, 9, 1), date(2026, 9, 30), timedelta(days=1)
REPORT = "sakura-report"


@pytest_asyncio.fixture
async def terms(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Terms]:
    """Return a register with a 後援 (field 7) and a 事業協力 (field 3) of 茅ヶ崎市 that end on the same day."""
    monkeypatch.setattr(kit, "PROCEDURES", {**kit.PROCEDURES, CaseKind.REPORT: REPORT})
    async with registry_at(database_url, tmp_path) as registry:
        made = Terms(registry)
        made.on(SIGNED)
        await made.sign("chigasaki", SIGNED, ends=ENDS)
        await made.sign("chigasaki", SIGNED, ends=ENDS, number=2)
        async with made.unit() as uow:
            for number, field in ((1, 7), (2, 3)):
                agreement = await uow.agreements.get(f"chigasaki-a{number}")
                agreement.fields = [field]
            await uow.commit()
        yield made


async def test_it_begins_on_the_day_after_the_end_and_once(terms: Terms) -> None:
    for day in (ENDS, ENDS + DAY, ENDS + DAY, ENDS + 2 * DAY):
        await terms.sweep(day)
    (case,) = await terms.cases("chigasaki-a1", CaseKind.REPORT)
    assert await terms.cases("chigasaki-a2", CaseKind.REPORT) == []
    assert (case.opened_on, case.process_id) == (ENDS + DAY, REPORT)
    assert [started for name, started in await terms.starts() if name == REPORT] in ([case.id], [case.id, case.id])
    assert (await terms.mails())["agreement-expired", "partner"] == 1, "the 事業協力 alone is told that it is over"
    ref = JobRef(engine_id="test", job_key=7, process_instance_key=7, element_id="E", element_instance_key=1)
    async with terms.unit() as uow:
        told = await open_procedure(uow, kind="report", case_id=case.id, form={}, ref=ref)
    assert (told["agreementEnded"], told["agreementLastDay"]) == (True, ENDS.isoformat())


async def test_no_yearly_evaluation_opens_for_it(terms: Terms) -> None:
    await terms.sweep(date(2027, 3, 1))
    assert await terms.cases("chigasaki-a1", CaseKind.ANNUAL) == []
    assert [case.period for case in await terms.cases("chigasaki-a2", CaseKind.ANNUAL)] == ["2026"]


async def test_a_person_may_begin_it_for_one_that_has_ended(terms: Terms) -> None:
    await terms.sweep(ENDS + 5 * DAY)
    ref = JobRef(engine_id="test", job_key=9, process_instance_key=9, element_id="E", element_instance_key=1)
    async with terms.unit() as uow:
        told = await open_procedure(uow, kind="report", case_id=None, form={"agreementId": "chigasaki-a2"}, ref=ref)
    assert told["caseState"] == "new"


@pytest.mark.parametrize(
    ("fields", "whether"),
    [([6], True), ([6, 7], True), ([3, 7], False), ([], False)],
    ids=["one", "both", "mixed", "none"],
)
async def test_only_where_all_fields_are_such(fields: list[int], *, whether: bool) -> None:
    rule = replace(CycleRule(), at_end=frozenset({6, 7}))
    assert rule.reports_at_end(fields) is whether
