"""``renkei deploy --preview``: what would change, in words, and nothing is deployed (ALL-8, ALL-9)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.kit.driver import EngineDriver
from tests.kit.made_packs import MadePacks
from workers.settings import Settings
from workers.trial.lastrun import keep
from workers.trial.result import Result, Run

pytestmark = pytest.mark.process


@pytest.fixture
def environment(settings: Settings, packs: MadePacks) -> dict[str, str]:
    return {
        **os.environ,
        "RENKEI_HOME": str(packs.home),
        "RENKEI_DATA": str(settings.data),
        "RENKEI_GATEWAY_ADDRESS": settings.gateway,
        "RENKEI_REST_ADDRESS": settings.rest,
    }


def _deploy(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workers.cli", "deploy", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_preview_says_what_would_change_and_deploys_nothing(
    environment: dict[str, str], packs: MadePacks, settings: Settings, driver: EngineDriver
) -> None:
    """A task gets another name: that is told with the scenarios that it concerns, and the engine has what it had."""
    city = packs.city("p")
    new = _deploy(environment, "--preview", city)
    assert new.returncode == 0, new.stderr
    assert f"{city}-signing.bpmn（新しいファイル）" in new.stdout
    assert _deploy(environment, city).returncode == 0
    same = _deploy(environment, "--preview", city)
    assert f"{city}: 配備されているものから変わったものはありません" in same.stdout

    scenario = packs.file(city, "scenarios")
    scenario.mkdir(exist_ok=True)
    for name in ("asked", "untried", "elsewhere"):
        (scenario / f"{name}.toml").write_text("", encoding="utf-8")
    paths = {"asked": {f"{city}-signing": ["Ask"]}, "elsewhere": {f"{city}-signing": ["Start"]}}
    keep(settings, Run(city=city, results=[Result(scenario=n, title=n, paths=p) for n, p in paths.items()], seconds={}))
    diagram = packs.file(city, f"{city}-signing.bpmn")
    text = diagram.read_text(encoding="utf-8")
    diagram.write_text(text.replace('id="Ask" name="確かめる"', 'id="Ask" name="尋ねる"'), encoding="utf-8")
    before = dict(driver.records.newest)

    done = _deploy(environment, "--preview", city, "--json")
    told: dict[str, Any] = json.loads(done.stdout)
    (change,) = told["changes"]
    assert (change["file"], change["version"]) == (diagram.name, 1)
    assert any("尋ねる" in sentence for sentence in change["sentences"])
    assert (told["touched"], told["untried"]) == (["asked"], ["untried"])
    assert told["running"] == [{"process_id": diagram.stem, "versions": None}]
    assert driver.records.newest == before
    in_words = _deploy(environment, "--preview", city).stdout
    assert f"  試すには: renkei test {city} asked" in in_words
    assert "進んでいる案件は、始まったときの版のまま最後まで進みます" in in_words
