"""The whole local stack, started once for this folder of tests in Chromium and gone before other tests run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.clerk import Clerk
from tests.kit.chromium import launched
from tests.kit.pictures import album
from tests.kit.stack import free_offset
from workers.cli.packdeploy import deploy_pack
from workers.localstack.control import Stack
from workers.settings import Settings
from workers.wiring import services

_ROOT = Path(__file__).parent.parent.parent


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
    """Debian's Chromium. Closed with its folder: Playwright keeps an event loop running."""
    with launched() as browser:
        yield browser


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
