"""Individual and comprehensive agreements: what the terms say reaches the registry (ASA-1, ASA-6)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.kit import papers
from tests.kit.registry import registry_at
from tests.kit.work import record_agreement_terms, register_agreement
from workers.adapters.registry.unit_of_work import SqlUnitOfWork
from workers.domain.entities import Case, Offer, Project, Step
from workers.errors import InputError
from workers.jobs.forms.case import city_options

pytestmark = pytest.mark.asyncio
CASE_ID = "isesaki-2026-1"
TERMS = {"purpose": "見守り", "fields": ["1", "5", "7"]}
Units = Callable[[], SqlUnitOfWork]


@pytest_asyncio.fixture
async def units(tmp_path: Path) -> Any:
    """Return units of work with one case."""
    async with registry_at(f"sqlite+aiosqlite:///{tmp_path / 'registry.sqlite3'}", tmp_path) as registry:
        made = papers.units(registry)
        async with made() as uow:
            today = registry.clock.today()
            case = Case(id=CASE_ID, city="isesaki", process_id="isesaki-signing", opened_on=today)
            case.partner = papers.partner()
            await uow.cases.add(case)
            await uow.commit()
        yield made


@pytest.mark.parametrize(
    ("terms", "kind", "name"),
    [
        ({}, "comprehensive", "包括連携協定"),
        ({"kind": None}, "comprehensive", "包括連携協定"),
        ({"kind": "comprehensive"}, "comprehensive", "包括連携協定"),
        ({"kind": "individual"}, "individual", "個別連携協定"),
    ],
)
async def test_an_agreement_is_registered_as_the_kind_that_its_terms_name(
    units: Units, terms: dict[str, Any], kind: str, name: str
) -> None:
    """Terms without a kind are comprehensive: the flows of the other cities name none."""
    async with units() as uow:
        await record_agreement_terms(uow, CASE_ID, {**TERMS, **terms})
        await register_agreement(uow, CASE_ID, {"signedOn": uow.clock.today().isoformat()})
        agreement = await uow.agreements.of_case(CASE_ID)
    assert agreement is not None
    assert agreement.kind == kind
    assert agreement.title.endswith(f"との{name}")


async def test_an_unknown_kind_of_agreement_is_refused(units: Units) -> None:
    """The form offers two; what else arrives is named and changes nothing."""
    async with units() as uow:
        with pytest.raises(InputError, match=r"協定の形態: 広域 は使えません"):
            await record_agreement_terms(uow, CASE_ID, {**TERMS, "kind": "広域"})
        assert (await uow.cases.get(CASE_ID)).last_step("agreement-terms") is None


async def test_a_comprehensive_agreement_has_the_fields_that_the_guideline_requires(units: Units) -> None:
    """Three in Isesaki (ISE-R1); an individual one is about a single matter."""
    async with units() as uow:
        with pytest.raises(InputError, match="連携事項: 包括連携協定には3以上の連携事項が要ります（今は2）"):
            await record_agreement_terms(uow, CASE_ID, {**TERMS, "fields": ["1", "5"]})
        assert (await uow.cases.get(CASE_ID)).last_step("agreement-terms") is None
        await record_agreement_terms(uow, CASE_ID, {**TERMS, "fields": ["5"], "kind": "individual"})
        assert (await uow.cases.get(CASE_ID)).last_step("agreement-terms") is not None


async def test_a_field_that_nobody_proposed_is_taken_with_a_reason_only(units: Units) -> None:
    """Offer, projects and talks about the fields bring fields up; the history tells of another one."""
    async with units() as uow:
        case = await uow.cases.get(CASE_ID)
        today = uow.clock.today()
        case.offers.append(Offer(round=1, offered_on=today, purpose="見守り", fields=[1, 5]))
        case.projects.append(Project(round=1, number=1, field=7, title="見守り", content="配達のとき"))
        talks = {"fieldTalks": {"fields": ["9"]}}
        case.steps.append(Step(name="field-talks", round=1, payload=talks, recorded_at=uow.clock.now()))
        await record_agreement_terms(uow, CASE_ID, {**TERMS, "fields": ["1", "5", "7", "9"]})
        other = {**TERMS, "fields": ["1", "5", "7", "3"]}
        with pytest.raises(InputError, match=r"連携事項: 3 .*申出にも各課の希望にもありません"):
            await record_agreement_terms(uow, CASE_ID, {**other, "addedReason": "　"})
        await record_agreement_terms(uow, CASE_ID, {**other, "addedReason": "防災会議で求められた"})
        step = case.last_step("agreement-terms")
        (*_, entry) = await uow.history.of_case(CASE_ID)
    assert step is not None
    assert (step.payload["fields"], step.payload["addedReason"]) == ([1, 3, 5, 7], "防災会議で求められた")
    assert "申出にない連携事項 3 を加えた" in entry.what


async def test_a_field_of_an_earlier_offer_counts_no_more(units: Units) -> None:
    """What the partner took back is no proposal."""
    async with units() as uow:
        case = await uow.cases.get(CASE_ID)
        for number, fields in ((1, [1, 5, 7]), (2, [1, 5, 9])):
            case.offers.append(Offer(round=number, offered_on=uow.clock.today(), purpose="見守り", fields=fields))
        with pytest.raises(InputError, match="連携事項: 7 "):
            await record_agreement_terms(uow, CASE_ID, TERMS)


async def test_a_departments_choice_carries_its_group() -> None:
    """Diagrams find the candidate group of a department that a form has chosen."""
    city = papers.CITIES.city("asahikawa")
    chosen = {choice["value"]: choice["group"] for choice in city_options(city)["departments"]}
    assert chosen == {department.code: department.group for department in city.departments}


_ELECTRONIC = {"way": "electronic", "service": "電子署名の例", "evidence": "証明書 第8号", "reason": "前に書いた理由"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (_ELECTRONIC, "電子署名（サービス: 電子署名の例、証し: 証明書 第8号）"),
        ({"way": "paper", "reason": "相手方の都合"}, "紙（紙にした理由: 相手方の都合）"),
        ({"way": None}, None),
    ],
)
async def test_the_signing_task_says_how_it_was_signed(units: Units, given: dict[str, Any], told: str | None) -> None:
    """ALL-25: kept with the agreement; what was typed for the other way stays out, and it may be left for the book."""
    async with units() as uow:
        await record_agreement_terms(uow, CASE_ID, TERMS)
        signature = {"signedOn": uow.clock.today().isoformat(), **given}
        await register_agreement(uow, CASE_ID, signature)
        await register_agreement(uow, CASE_ID, signature)
        agreement = await uow.agreements.of_case(CASE_ID)
        assert agreement is not None
        record = await uow.register.signing(agreement.id)
        kept = await uow.register.corrections(agreement.id)
    assert (record.in_words if record else None) == told
    assert [entry.new for entry in kept] == ([told] if told else [])


async def test_an_electronic_signature_without_its_evidence_is_refused(units: Units) -> None:
    """The clerk is told the field."""
    async with units() as uow:
        await record_agreement_terms(uow, CASE_ID, TERMS)
        with pytest.raises(InputError, match="署名の証し: 入力してください"):
            await register_agreement(
                uow, CASE_ID, {"signedOn": uow.clock.today().isoformat(), **_ELECTRONIC, "evidence": " "}
            )
