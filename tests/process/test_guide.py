"""The guide for a new city, followed to the letter (ALL-8): docs/process-owners.md says each command as it is typed."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.driver import EngineDriver
from workers.settings import Settings

pytestmark = pytest.mark.process
_GUIDE = Path(__file__).parents[2] / "docs" / "process-owners.md"
_TYPED = ".venv/bin/renkei"
_ELSEWHERE = {"test", "up"}
"""Commands that other tests give: they start engines of their own."""


def _commands() -> list[list[str]]:
    """Return the guide's commands in their order, as words."""
    text = _GUIDE.read_text(encoding="utf-8")
    chapter = text.split("## 新しい市を始める", 1)[1].split("\n## ", 1)[0]
    blocks = re.findall(r"```sh\n(.*?)```", chapter, re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.strip().splitlines()]


def test_a_new_city_comes_about_as_the_guide_says(tmp_path: Path, settings: Settings, driver: EngineDriver) -> None:
    """In one folder, without a word that is not in the guide; the case of the example waits at its first task."""
    commands = _commands()
    assert [words[0] for words in commands] == [_TYPED] * len(commands)
    assert [words[1] for words in commands] == ["new-city", "lint", "test", "up", "deploy", "start"]
    for words in commands:
        if words[1] not in _ELSEWHERE:
            _done(words[1:], tmp_path, settings)
    assert [task.element_id for task in driver.records.open_tasks()] in ([], ["Task_CheckRequirements"])
    assert any(instance.process_id == "midori-signing" for instance in driver.records.instances.values())


def _done(arguments: list[str], folder: Path, settings: Settings) -> None:
    environment = {
        **os.environ,
        "RENKEI_DATA": str(settings.data),
        "RENKEI_GATEWAY_ADDRESS": settings.gateway,
        "RENKEI_REST_ADDRESS": settings.rest,
    }
    done = subprocess.run(
        [sys.executable, "-m", "workers.cli", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
