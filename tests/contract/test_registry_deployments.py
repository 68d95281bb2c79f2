"""What was deployed is known by every key that the engine ever gave."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.kit.registry import MORNING, registry_at
from workers.adapters.registry.deployments import DeployedDefinition

pytestmark = pytest.mark.asyncio

FIRST = DeployedDefinition(
    engine_id="test",
    kind="process",
    definition_id="sakura-signing",
    key=2251799813685252,
    version=1,
    sha256="0" * 64,
    pack="sakura",
    deployed_at=MORNING,
    deployment_key=2251799813685250,
)


async def test_every_key_of_an_id_is_remembered_and_the_newest_version_found(database_url: str, tmp_path: Path) -> None:
    second = replace(FIRST, key=FIRST.key + 10, version=2, sha256="1" * 64)
    second = replace(second, deployment_key=FIRST.key + 5, nonce="again")
    form = replace(FIRST, kind="form", definition_id="sakura-offer", key=FIRST.key + 1)
    elsewhere = replace(FIRST, engine_id="other")
    async with registry_at(database_url, tmp_path) as registry:
        async with registry.units()() as uow:
            assert [await uow.deployments.record(d) for d in (second, FIRST, form, elsewhere)] == [True] * 4
            assert await uow.deployments.record(FIRST) is False
            await uow.commit()
        async with registry.units()() as uow:
            found = uow.deployments
            assert await found.latest("test", "process", "sakura-signing") == second
            assert await found.latest("other", "process", "sakura-signing") == elsewhere
            assert await found.latest("test", "form", "sakura-signing") is None
            assert await found.find("test", FIRST.key) == FIRST
            assert await found.find("test", 1) is None
            assert await found.of_call("test", 2251799813685250) == [form, FIRST]
            assert await found.of_call("test", FIRST.key + 5) == [second]
            assert await found.packs("test", "process", "sakura-signing") == {"sakura"}
