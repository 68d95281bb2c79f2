"""``renkei replay``: thirty past cases go through a diagram with one changed gateway (ALL-9)."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.kit.broker import Broker
from tests.kit.fixtures import settings_of
from workers.domain.jst import JST
from workers.packs import CityPacks
from workers.packs.closure import COMMON
from workers.settings import Settings
from workers.trial.api import Api
from workers.trial.casework import CaseWork
from workers.trial.driver import EngineDriver
from workers.trial.offices import CaseDriver, Office, Offices
from workers.trial.sharedtime import SharedTime
from workers.trial.trial import deployed_files
from workers.wiring import services

pytestmark = [pytest.mark.process, pytest.mark.slow, pytest.mark.timeout(900)]
_CODE = "midori-ki"
_EACH = 6
_SCENARIOS = ("signed", "declined", "hard", "withdrawn", "given-up")
_AGO = timedelta(days=150)  # after the day of the example offer


def _renkei(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "RENKEI_DATA": str(settings.data),
        "RENKEI_PACKS": json.dumps([str(folder) for folder in settings.packs]),
    }
    return subprocess.run(
        [sys.executable, "-m", "workers.cli", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


async def _live(broker: Broker, settings: Settings, names: Sequence[str]) -> dict[str, str]:
    """Let cases go their ways side by side in one office; returns the scenario of each case by its number."""
    packs = CityPacks([settings.home / "bpmn", *settings.packs])
    api = Api(broker.rest)
    await asyncio.to_thread(api.deploy, deployed_files(packs, _CODE, settings.home / "bpmn" / COMMON))
    whole = EngineDriver(broker)
    time = SharedTime(whole, len(names))
    async with services(settings, clock=broker.clock) as built:
        whole.served = set(built.job_types)
        offices = [Office(built, CaseDriver(broker, time), 0) for _ in names]
        works = [CaseWork(office, _CODE, name, {}) for office, name in zip(offices, names, strict=True)]

        async def played(work: CaseWork) -> None:
            await work.play()  # what it says of mails counts those of all cases
            time.leave()

        async with Offices(broker, settings, offices).at_work():
            await asyncio.gather(*(played(work) for work in works))
        roots = {root: name for office, name in zip(offices, names, strict=True) for root in office.driver.roots}
        async with built.open_unit() as uow:
            cases = await uow.cases.all(city=_CODE)
        for office in offices:
            office.driver.api.close()
    whole.api.close()
    api.close()
    assert all(case.outcome is not None for case in cases)
    return {case.id: roots[case.process_instance_key or 0] for case in cases}


def test_exactly_the_cases_that_a_changed_gateway_concerns_are_listed(tmp_path: Path) -> None:
    """Thirty cases of half a year ago; the way of those whose partner withdraws from the draft leads elsewhere now."""
    folder = tmp_path / "packs"
    with Broker() as broker:
        settings = settings_of(broker, tmp_path / "data").model_copy(update={"packs": [folder]})
        made = _renkei(settings, "new-city", _CODE, "みどり木市", "--dir", str(folder))
        assert made.returncode == 0, made.stderr
        broker.begin_at(datetime.now(JST) - _AGO)
        lived = asyncio.run(_live(broker, settings, _SCENARIOS * _EACH))
    assert len(lived) == len(_SCENARIOS) * _EACH
    diagram = folder / _CODE / f"{_CODE}-signing.bpmn"
    text = diagram.read_text(encoding="utf-8")
    assert '=confirmation = "withdrawn"' in text
    diagram.write_text(text.replace('=confirmation = "withdrawn"', '=confirmation = "left"'), encoding="utf-8")

    since = (datetime.now(JST) - _AGO - timedelta(days=1)).date().isoformat()
    done = _renkei(settings, "replay", _CODE, "--since", since, "--json")

    told: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode, told["replayed"], told["left"]) == (1, len(lived), [])
    differing = {case["case_id"]: case for case in told["differing"]}
    assert sorted(differing) == sorted(number for number, name in lived.items() if name == "given-up")
    assert {case["what"] for case in differing.values()} == {
        "「取下げ」で終わらない。待っている作業: 「締結するか判断する」（Task_DecideSigning）"
    }
    assert {case["where"] for case in differing.values()} == {"終わり"}
