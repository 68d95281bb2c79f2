"""Health tells the truth, and what ends is started again."""

from __future__ import annotations

import asyncio
import socket

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from workers.errors import PermanentError, RetryableError
from workers.runtime import supervisor
from workers.runtime.health import Check, Health, serve
from workers.runtime.supervisor import keep

pytestmark = pytest.mark.asyncio


async def well() -> str:
    return ""


async def ill() -> str:
    return "no healthy leader"


async def broken() -> str:
    raise RetryableError("データベースに今つながりません")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def ask(port: int, path: str) -> httpx.Response:
    """Ask as soon as the server listens."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        async with asyncio.timeout(10):
            while True:
                try:
                    return await client.get(path)
                except httpx.ConnectError:
                    await asyncio.sleep(0.01)


async def served(health: Health, path: str) -> httpx.Response:
    """Serve until one question is answered."""
    stop, port = asyncio.Event(), free_port()
    server = asyncio.create_task(serve(health, port=port, stop=stop))
    try:
        return await ask(port, path)
    finally:
        stop.set()
        async with asyncio.timeout(5):
            await server


async def test_ready_only_when_every_check_passes_and_notes_do_not_count() -> None:
    answer = await served(Health(checks={"gateway": well, "registry": well}, notes={"mail": ill}), "/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "gateway": "ok", "registry": "ok", "mail": "no healthy leader"}


@pytest.mark.parametrize(("check", "told"), [(ill, "no healthy leader"), (broken, "RetryableError")])
async def test_not_ready_with_the_reason_when_a_check_fails(check: Check, told: str) -> None:
    answer = await served(Health(checks={"gateway": check, "registry": well}), "/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "gateway": told, "registry": "ok"}


async def test_alive_even_when_not_ready() -> None:
    answer = await served(Health(checks={"gateway": ill}), "/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


async def test_neither_alive_nor_ready_when_a_part_hangs() -> None:
    async def hangs() -> str:
        return "hangs"

    health = Health(checks={"gateway": well}, vital={"sender": hangs, "polling": well})
    alive, ready = await served(health, "/healthz"), await served(health, "/readyz")
    assert (alive.status_code, alive.text) == (503, "hangs: sender\n")
    assert (ready.status_code, ready.json()["sender"]) == (503, "hangs")


async def test_metrics_are_prometheus_text() -> None:
    answer = await served(Health(), "/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "renkei_sender_paused" in answer.text


async def test_other_pages_of_the_worker_are_served_along() -> None:
    async def page(_request: Request) -> Response:
        return PlainTextResponse("here")

    stop, port = asyncio.Event(), free_port()
    pages = [Route("/open/{case_id}", page)]
    server = asyncio.create_task(serve(Health(), host="0.0.0.0", port=port, stop=stop, pages=pages))  # noqa: S104 (that it may)
    try:
        assert (await ask(port, "/open/1")).text == "here"
        assert (await ask(port, "/healthz")).status_code == 200
    finally:
        stop.set()
        await server


async def test_a_taken_port_is_named_in_one_clear_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PermanentError, match=f"ポート {port} は他のプログラムが使っています"):
            await serve(Health(), port=port, stop=asyncio.Event())


async def test_a_part_that_returns_or_raises_is_run_again_until_the_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "jittered_ms", lambda _seconds: 1)
    stop, runs = asyncio.Event(), 0

    async def part() -> None:
        nonlocal runs
        runs += 1
        if runs == 2:
            raise RuntimeError("it broke")
        if runs == 4:
            stop.set()

    async with asyncio.timeout(5):
        await keep("part", part, stop)
    assert runs == 4
