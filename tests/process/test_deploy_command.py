"""``renkei deploy`` as a process owner uses it: all packs, one mistake, ``--watch`` (ALL-8)."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.driver import EngineDriver
from tests.kit.made_packs import MadePacks, by_timer, made_packs
from workers.localstack.launch import dies_with_parent
from workers.settings import Settings

pytestmark = pytest.mark.process
_SECONDS = 60
_WAITING = "保存を待っています"


@pytest.fixture
def packs(tmp_path: Path) -> MadePacks:
    packs = made_packs(tmp_path)
    packs.file("common", f"{packs.watch}.bpmn").write_bytes(by_timer(packs.watch, packs.child))
    return packs


@pytest.fixture
def environment(settings: Settings, packs: MadePacks) -> dict[str, str]:
    return {
        **os.environ,
        "RENKEI_HOME": str(packs.home),
        "RENKEI_DATA": str(settings.data),
        "RENKEI_GATEWAY_ADDRESS": settings.gateway,
        "RENKEI_REST_ADDRESS": settings.rest,
        "PYTHONUNBUFFERED": "1",
    }


def _deploy(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workers.cli", "deploy", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )


def test_without_names_all_cities_and_then_the_common_pack_are_deployed(
    environment: dict[str, str], packs: MadePacks
) -> None:
    """A pack with a mistake is refused with file, element and reason; the others are deployed all the same."""
    cities = [packs.city("a"), packs.city("b"), packs.city("c")]
    path = packs.file(cities[1], f"{cities[1]}-signing.bpmn")
    path.write_text(path.read_text(encoding="utf-8").replace(f"{cities[1]}-answer", "no-such-form"), encoding="utf-8")

    result = _deploy(environment)

    assert result.returncode == 1
    told = [line.split(": ")[0] for line in result.stdout.splitlines()]
    assert told == [cities[0], cities[2], "common"]
    assert f"{cities[1]}: 検査で誤りが見つかったため配備しません" in result.stderr
    assert "Ask [reference]" in result.stderr
    again = _deploy(environment, cities[0], "common")
    assert (again.returncode, again.stderr) == (0, "")
    assert [line.split("（")[0].split(": ")[1] for line in again.stdout.splitlines()] == [
        "変わったものはないので、配備はそのままです"
    ] * 2


class _Watching:
    """A running ``renkei deploy --watch`` whose lines are read with a deadline."""

    def __init__(self, environment: dict[str, str], code: str) -> None:
        self.process = subprocess.Popen(
            [*dies_with_parent(), sys.executable, "-m", "workers.cli", "deploy", code, "--watch"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._rest = b""

    def until(self, text: str) -> str:
        """Return what was printed up to and with a line that holds ``text``."""
        assert self.process.stdout is not None
        deadline = time.monotonic() + _SECONDS
        lines = ""
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while True:
                while b"\n" in self._rest:
                    line, _, self._rest = self._rest.partition(b"\n")
                    lines += f"{line.decode()}\n"
                    if text in lines.splitlines()[-1]:
                        return lines
                assert selector.select(deadline - time.monotonic()), f"{text} was not printed:\n{lines}"
                chunk = os.read(self.process.stdout.fileno(), 65536)
                assert chunk, f"it ended without {text}:\n{lines}"
                self._rest += chunk


@pytest.fixture
def watching(environment: dict[str, str], packs: MadePacks) -> Iterator[tuple[_Watching, str]]:
    code = packs.city()
    started = _Watching(environment, code)
    try:
        yield started, code
    finally:
        started.process.kill()
        started.process.wait(_SECONDS)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_watch_deploys_what_is_saved_tells_mistakes_and_ends_when_asked(
    number: int, watching: tuple[_Watching, str], packs: MadePacks
) -> None:
    """A mistake does not end it: the next saving is deployed."""
    running, code = watching
    path = packs.file(code, f"{code}-signing.bpmn")
    assert f"{code}: 配備しました" in running.until(_WAITING)

    good = path.read_text(encoding="utf-8")
    path.write_text(good.replace(f"{code}-answer", "no-such-form"), encoding="utf-8")
    said = running.until(_WAITING)
    assert "検査で誤りが見つかったため配備しません" in said
    assert "Traceback" not in said

    path.write_text(good[:-20], encoding="utf-8")
    assert "[unreadable]" in running.until(_WAITING)

    path.write_text(good, encoding="utf-8")
    assert f"{code}: 変わったものはないので" in running.until(_WAITING)
    packs.change(path)
    assert f"{code}: 配備しました" in running.until(_WAITING)

    running.process.send_signal(number)
    assert running.until("終わります") == "終わります\n"
    assert running.process.wait(_SECONDS) == 0


def test_watch_ends_while_it_waits_for_an_engine_that_is_away(environment: dict[str, str], packs: MadePacks) -> None:
    """A call that is tried again for two minutes does not hold it up."""
    code = packs.city()
    running = _Watching({**environment, "RENKEI_GATEWAY_ADDRESS": "127.0.0.1:1"}, code)
    try:
        running.until("Camunda につながりません")
        running.process.send_signal(signal.SIGTERM)
        running.until("終わります")
        assert running.process.wait(_SECONDS) == 0
    finally:
        running.process.kill()
        running.process.wait(_SECONDS)


def test_watch_heals_what_modeler_deployed(
    watching: tuple[_Watching, str], packs: MadePacks, driver: EngineDriver
) -> None:
    """Saving and pressing the button: the saving alone makes the pack whole, whichever comes first."""
    running, code = watching
    path = packs.file(code, f"{code}-signing.bpmn")
    running.until(_WAITING)
    text = path.read_text(encoding="utf-8")
    changed = text.replace('name="', 'name="changed ', 1)
    driver.api.deploy({path.name: changed.encode()})
    path.write_text(changed, encoding="utf-8")
    assert f"Modeler などから {path.name} が個別に配備されていました" in running.until(_WAITING)
