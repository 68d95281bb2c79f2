"""What the city itself decides about a renewal is kept with its 決裁; a partner's notice needs none (ALL-11, D-4)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.kit.registry import registry_at
from tests.kit.terms import Terms
from tests.kit.work import enter_notice
from workers.domain.entities import CaseKind
from workers.domain.required import check
from workers.errors import InputErrors
from workers.jobs.catalog import all_job_types
from workers.usecases.procedures import file_procedure

pytestmark = pytest.mark.asyncio
_NUMBER = "isesaki-a1"
_TODAY = date(2027, 1, 20)
_APPROVAL = {"number": "戦推第140号", "decidedOn": "令和9年1月19日", "class": "mayor", "decidedBy": "市長"}
_BY_PARTNER = {"action": "notice", "side": "partner", "receivedOn": "2027-01-15", "reason": "縮小のため"}
_BY_CITY = {**_BY_PARTNER, "side": "city"}
_WITHDRAWN = {"action": "withdraw", "notice": "1", "withdrawnOn": "2027-01-20", "decision": "renew", "reason": "続ける"}


@pytest_asyncio.fixture
async def terms(tmp_path: Path) -> AsyncIterator[Terms]:
    """A register with one agreement of 伊勢崎市 that comes up for renewal."""
    async with registry_at(f"sqlite+aiosqlite:///{tmp_path / 'registry.sqlite3'}", tmp_path) as registry:
        made = Terms(registry)
        made.on(_TODAY)
        await made.sign("isesaki", date(2026, 6, 1))
        yield made


async def _enter(terms: Terms, form: dict[str, Any]) -> list[dict[str, Any]]:
    """Enter the form, and return the 決裁 that the renewal's case has kept."""
    async with terms.unit() as uow:
        case = await file_procedure(uow, await uow.agreements.get(_NUMBER), CaseKind.RENEWAL, "2")
        await enter_notice(uow, case.id, form)
        await uow.commit()
        return [step.payload for step in case.steps if step.name == "renewal-approval"]


@pytest.mark.parametrize("form", [_BY_CITY, _WITHDRAWN], ids=["notice", "withdrawal"])
async def test_the_citys_own_decision_needs_its_approval(terms: Terms, form: dict[str, Any]) -> None:
    """Number, day, class and who decided are all asked for, on the form's job as on the screen."""
    rules = all_job_types()["record-notice"].rules({})
    with pytest.raises(InputErrors) as refused:
        check({"notice": {**form, "approval": None}}, rules, today=_TODAY)
    labels = [line.split(":")[0] for line in refused.value.message.splitlines()]
    assert labels == ["起案番号", "決裁日", "決裁区分", "決裁者"]
    check({"notice": {**form, "approval": _APPROVAL}}, rules, today=_TODAY)
    check({"notice": _BY_PARTNER}, rules, today=_TODAY)
    assert await terms.notices(_NUMBER) == []


async def test_the_approval_is_kept_with_the_entry_and_as_a_step(terms: Terms) -> None:
    """A partner's notice is a receipt; what follows its withdrawal is the city's decision."""
    assert await _enter(terms, {**_BY_PARTNER, "approval": _APPROVAL}) == []
    (notice,) = await terms.notices(_NUMBER)
    assert notice.reason == "縮小のため"
    kept = {**_APPROVAL, "decidedOn": "2027-01-19"}
    assert await _enter(terms, {**_WITHDRAWN, "approval": _APPROVAL}) == [kept]
    (notice,) = await terms.notices(_NUMBER)
    said = "起案番号 戦推第140号、決裁日 令和9年1月19日、決裁区分 市長、決裁者 市長"
    assert notice.decision == f"更新する 続ける（{said}）"
    assert await _enter(terms, {**_BY_CITY, "approval": _APPROVAL}) == [kept, kept]
    assert said in (await terms.notices(_NUMBER))[-1].reason
