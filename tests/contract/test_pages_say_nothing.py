"""What partners write and the links that they open stand in no log, not when something breaks either (ALL-16)."""

from __future__ import annotations

import io
import logging
import socket
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.kit.answering import OFFER, Page, answering
from tests.kit.registry import registry_at
from tests.kit.serving import serving
from workers import logs
from workers.adapters.camunda.task_forms import ShownTask
from workers.pages.app import application
from workers.pages.heldsends import HeldSends
from workers.pages.steps import Steps

_WRITTEN = "金糸雀の目的"
_NAME = "金糸雀.pdf"
_BROKEN = "壊れた読み取り"


@pytest.fixture(name="said")
def _said() -> Iterator[io.StringIO]:
    """All that anybody logs, as the page server writes it at its most talkative."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    logs.configure("DEBUG")
    said = io.StringIO()
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(said)
    yield said
    root.handlers[:], root.level = before


class Breaking:
    """An engine whose client breaks with the answer in its error."""

    async def read(
        self, case_id: str, element_id: str, names: Callable[[Mapping[str, Any]], Collection[str]]
    ) -> ShownTask | None:
        """Raise what nobody expects."""
        raise ValueError(_BROKEN + case_id + element_id + str(names))


@pytest.mark.asyncio
async def test_neither_answers_nor_links_are_logged_though_everything_is(
    said: io.StringIO, database_url: str, tmp_path: Path
) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        at_work = await answering(registry)
        path = await at_work.ask()
        for tasks in (at_work.engine, Breaking()):
            app = application(at_work.open_unit, Steps(tasks, lag_seconds=0), held=HeldSends(tmp_path / "held"))
            with socket.create_server(("127.0.0.1", 0)) as listening:
                url = f"http://127.0.0.1:{listening.getsockname()[1]}"
                async with serving(app, listening), httpx.AsyncClient(base_url=url, trust_env=False) as client:
                    page = Page(client, path)
                    await page.type({**OFFER, "purpose": _WRITTEN})
                    await page.attach((_NAME, b"no PDF"))
                    await page.attach((_NAME, _WRITTEN.encode()))
                    if tasks is at_work.engine:
                        await page.type({**OFFER, "purpose": _WRITTEN})
                        assert "受け付けました" in (await page.send(), await page.open())[1].text
                        path = await at_work.ask(key="again")
                    else:
                        assert (await page.open()).status_code == 500
    told = said.getvalue()
    assert "ValueError" in told
    secrets = [_WRITTEN, "金糸雀", _BROKEN, path.rpartition("/")[2], OFFER["projects"][0]["title"].strip()]
    assert [word for word in secrets if word in told] == []
