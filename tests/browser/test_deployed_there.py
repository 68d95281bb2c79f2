"""``renkei deploy --preview`` on the whole stack: compared is what Operate has, whoever deployed it (ALL-8)."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from tests.kit.made_packs import made_packs
from workers.cli.packdeploy import deploy_pack
from workers.packs.closure import COMMON, city_call
from workers.settings import Settings
from workers.trial.api import Api
from workers.trial.preview import Preview, preview
from workers.wiring import services

_SECONDS = 60


def test_what_another_hand_deployed_is_what_a_preview_compares_with(stack: Settings, tmp_path: Path) -> None:
    """Modeler's own button gave a task another name: the preview says that it would go back, by Operate's copy."""
    packs = made_packs(tmp_path)
    city = packs.city("p")
    settings = stack.model_copy(update={"home": packs.home})
    asyncio.run(_deploy(settings, city))
    diagram = packs.file(city, f"{city}-signing.bpmn")
    foreign = diagram.read_text(encoding="utf-8").replace('id="Ask" name="確かめる"', 'id="Ask" name="尋ねる"')
    api = Api(stack.rest)
    files = {path.name: path.read_bytes() for path in city_call(diagram.parent, packs.home / "bpmn" / COMMON).files}
    api.deploy({**files, diagram.name: foreign.encode()})
    api.close()

    told = asyncio.run(_told_of_foreign(settings, city))

    (change,) = told.changes
    assert (change.file, change.version) == (diagram.name, 2)
    assert any("尋ねる" in sentence and "確かめる" in sentence for sentence in change.sentences), change.sentences
    assert told.foreign == [diagram.name]
    assert [running.versions for running in told.running] == [{}]


async def _deploy(settings: Settings, city: str) -> None:
    async with services(settings) as built:
        await deploy_pack(built, city)


async def _told_of_foreign(settings: Settings, city: str) -> Preview:
    """Return the preview once Operate has what was deployed last."""
    deadline = time.monotonic() + _SECONDS
    async with services(settings) as built:
        while True:
            told = await preview(built, city)
            if told.foreign or time.monotonic() > deadline:
                return told
            await asyncio.sleep(0.5)
