"""The tutorial, followed to the letter: its commands as they are typed, its change by hand in Modeler (ALL-8)."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FloatRect, Page

from tests.browser.modeler_page import open_page
from tests.browser.test_owners_change import _choose, _look_up, _take
from tests.kit.broker import Broker
from tests.kit.pictures import Album, album
from workers.packs.modelertemplates import standing

pytestmark = [pytest.mark.timeout(900), pytest.mark.slow]  # its commands are given in test_guide.py, too
_PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
_RENKEI = ".venv/bin/renkei"
_ELSEWHERE = (["make", "setup"], [_RENKEI, "up", "--detach"], [_RENKEI, "down"])
"""Commands of the whole stack, which other tests give (tests/contract/test_documented_commands.py)."""
_CHOOSER: FloatRect = {"x": 0, "y": 0, "width": 760, "height": 640}
_FIELDS: FloatRect = {"x": 1100, "y": 0, "width": 400, "height": 520}
_ADDED = "回答がそろったと知らせる"


def _commands() -> list[list[str]]:
    blocks = re.findall(r"```sh\n(.*?)```", _PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.strip().splitlines()]


def _shown(language: str) -> str:
    """Return what the page says to write into a file."""
    found = re.search(rf"```{language}\n(.*?)```", _PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def test_the_tutorial_leads_to_a_changed_flow_that_is_deployed(
    request: pytest.FixtureRequest, chromium: Browser, tmp_path: Path
) -> None:
    """Every command is given where the page has it; what people do between them is done between them."""
    commands = [words for words in _commands() if words not in _ELSEWHERE]
    given = iter(commands)
    with Broker() as broker:
        environment = {"RENKEI_GATEWAY_ADDRESS": broker.gateway, "RENKEI_REST_ADDRESS": broker.rest}

        def next_is(*start: str) -> str:
            words = next(given)
            assert words[1 : 1 + len(start)] == list(start), words
            return _typed(words, tmp_path, environment)

        pack = tmp_path / "packs" / "midori"
        next_is("new-city")
        assert next_is("packs/midori/midori-signing.bpmn") == ""  # cp
        mail = pack / "templates" / "mail" / "survey-done.txt.j2"
        mail.parent.mkdir(parents=True)
        mail.write_text(_shown("text"), encoding="utf-8")
        next_is("format", "--upgrade")
        _change(open_page(chromium), pack / "midori-signing.bpmn", album(request.config, request.node.name))
        assert "エラー 0 件" in next_is("lint")
        told = next_is("diff")
        assert f"「{_ADDED}」" in told
        assert "「申出をする」" not in told, "only what was changed is told"
        assert list((tmp_path / "packs" / "compare").iterdir()) != []
        scenario = pack / "scenarios" / "signed.toml"
        text = scenario.read_text(encoding="utf-8")
        scenario.write_text(text.replace("[expect.mails]\n", f"[expect.mails]\n{_shown('toml')}"), encoding="utf-8")
        assert "すべて通りました" in next_is("test", "midori", "signed")
        assert list((tmp_path / "packs" / "ways").glob("*.svg")) != []
        assert _ADDED in (pack / "midori-signing.bpmn").read_text(encoding="utf-8")
        next_is("deploy", "--preview")
        assert "midori: 配備しました" in next_is("deploy", "midori")
        next_is("start", "midori")
        next_is("-r", "packs")
        assert not pack.exists()
    assert list(given) == []


def _change(page: Page, diagram: Path, pictures: Album) -> None:
    """Drop the template onto the arrow, name the task, choose the mail and who gets it, save."""
    opened = {
        "xml": diagram.read_text(encoding="utf-8"),
        "templates": standing(diagram.parent),
        "element": "Task_PlanSurvey",
    }
    assert page.evaluate("openForOwner", opened) == []
    page.evaluate("move", {"id": "EndEvent_Survey", "x": 160, "y": 0})
    _look_up(page, "メールを送る")
    pictures.document("chooser", page.screenshot(clip=_CHOOSER), of="tutorial")
    page.keyboard.press("Escape")
    assert _take(page, "メールを送る", 830, "Task_TellDone", _ADDED) == "renkei.send-mail"
    _choose(page, "設定", "メールのひな形", "survey-done")
    _choose(page, "設定", "宛先", "office")
    pictures.document("fields", page.screenshot(clip=_FIELDS), of="tutorial")
    diagram.write_text(page.evaluate("saveOwners"), encoding="utf-8")
    page.close()


def _typed(words: list[str], folder: Path, environment: dict[str, str]) -> str:
    program = [sys.executable, "-m", "workers.cli"] if words[0] == _RENKEI else [shutil.which(words[0]) or ""]
    own = {"RENKEI_DATA": str(folder / "data"), "RENKEI_PACKS": json.dumps([str(folder / "packs")]), **environment}
    done = subprocess.run(
        [*program, *words[1:]],
        cwd=folder,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout
