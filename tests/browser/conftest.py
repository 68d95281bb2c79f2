"""The whole local stack, started once for this folder of tests in Chromium and gone before other tests run."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.clerk import Clerk
from tests.kit.pictures import album
from tests.kit.stack import free_offset
from workers.cli.packdeploy import deploy_pack
from workers.localstack.control import Stack
from workers.settings import Settings
from workers.wiring import services

_ROOT = Path(__file__).parent.parent.parent
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
_SHOWN_MS = 30_000  # Tasklist on a busy machine; five seconds, as usual, are for a quiet one
_ARGUMENTS = [
    "--no-sandbox",  # tests run as root in containers
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A running stack with 伊勢崎市 deployed; its settings."""
    settings = Settings(data=tmp_path_factory.mktemp("stack"), port_offset=free_offset())
    running = Stack(settings)
    try:
        running.up()
        asyncio.run(_deploy(settings))
        yield settings
    finally:
        running.down()


async def _deploy(settings: Settings) -> None:
    async with services(settings) as built:
        for pack in ("common", "isesaki"):
            await deploy_pack(built, pack)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; ``make test`` installs it. Closed with its module: Playwright keeps an event loop running."""
    path = next((found for name in _CHROMIUM if (found := shutil.which(name))), None)
    assert path is not None, "Chromium がありません。make packages で入ります"
    expect.set_options(timeout=_SHOWN_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def clerk(request: pytest.FixtureRequest, stack: Settings, chromium: Browser) -> Iterator[Clerk]:
    """A clerk with a window of their own; what stands on the screen when the test fails is kept, too."""
    clerk = Clerk(chromium, stack, album(request.config, request.node.name))
    yield clerk
    clerk.picture("end")
    clerk.close()


@pytest.fixture(scope="session")
def screenshots() -> Path:
    """Where the tests keep what a person would see."""
    folder = _ROOT / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
