"""``renkei doctor`` on a real engine: release, readiness, and a clock that the engine's own is compared with."""

from __future__ import annotations

import pytest

from workers.runtime.doctor.connections import gateway_findings, rest_findings
from workers.runtime.doctor.findings import State
from workers.settings import Settings

pytestmark = [pytest.mark.process, pytest.mark.asyncio]


async def test_an_engine_that_works_is_named_with_its_release(settings: Settings) -> None:
    (engine,) = await gateway_findings(settings)
    assert (engine.state, "Zeebe 8.6.0" in engine.says) == (State.GOOD, True)
    rest, *_ = await rest_findings(settings)
    assert rest.state is State.GOOD
