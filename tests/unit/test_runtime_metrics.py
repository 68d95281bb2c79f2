"""Metrics, the dashboard that draws them, and what ``renkei status`` says of them."""

from __future__ import annotations

import asyncio
import json
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from tests.unit.test_runtime_health import free_port, ill, well
from workers.adapters.registry.acts import OpenActs
from workers.cli.workerstate import WorkerState, worker_state
from workers.runtime import drain, metrics, persons
from workers.runtime.drain import Drain
from workers.runtime.health import Health, serve

_DASHBOARD = Path(__file__).parent.parent.parent / "docker" / "grafana" / "renkei.json"


def metric_names() -> set[str]:
    """Return the names that the workers publish, those of metrics without a value yet too."""
    families = list(text_string_to_metric_families(generate_latest(metrics.REGISTRY).decode()))
    names = {sample.name for family in families for sample in family.samples}
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
    return names | {family.name + ending for family in families for ending in endings.get(family.type, ("",))}


def drawn_names() -> set[str]:
    """Return the names in the dashboard's expressions."""
    panels = json.loads(_DASHBOARD.read_text(encoding="utf-8"))["panels"]
    expressions = " ".join(target["expr"] for panel in panels for target in panel["targets"])
    return set(re.findall(r"\b(?:renkei|process)_\w+", expressions))


def test_every_metric_of_the_dashboard_exists() -> None:
    assert drawn_names() <= metric_names()


def test_every_metric_of_ours_is_on_the_dashboard() -> None:
    def stem(name: str) -> str:
        return re.sub(r"_(total|created|bucket|sum|count)$", "", name)

    ours = {stem(name) for name in metric_names() if name.startswith("renkei_")}
    assert ours == {stem(name) for name in drawn_names() if name.startswith("renkei_")}


def said(health: Health) -> WorkerState:
    """Return what ``renkei status`` says while this health is served."""

    async def ask() -> WorkerState:
        stop, port = asyncio.Event(), free_port()
        server = asyncio.create_task(serve(health, port=port, stop=stop))
        try:
            async with asyncio.timeout(10):
                while True:
                    state = await asyncio.to_thread(worker_state, port)
                    if "答えがありません" not in state.lines[0]:
                        return state
                    await asyncio.sleep(0.01)
        finally:
            stop.set()
            await server

    return asyncio.run(ask())


def test_status_says_in_words_that_work_is_done_and_what_waits() -> None:
    metrics.WAITING.labels("mail").set(3)
    metrics.OLDEST.labels("mail").set(185)
    metrics.RENEWALS_DUE.set(2)
    waiting_since = datetime.now(UTC) - timedelta(minutes=4, seconds=5)
    persons.measure(OpenActs(waiting=5, oldest=waiting_since, unassigned=1, unknown=0))
    state = said(Health(checks={"gateway": well}))
    assert state.works
    assert state.lines[0] == "ワーカーは仕事をしています"
    assert "送信待ちのメール: 3 件（最も古いもの 3 分前）" in state.lines
    assert "更新の見回りを待つ協定: 2 件" in state.lines
    assert "担当者を確認中の作業: 5 件（最も古いもの 4 分前）" in state.lines
    assert "割り当てられずに完了した作業: 1 件（案件の経過を見てください）" in state.lines
    assert not any("見つからなかった" in line for line in state.lines)


def test_status_says_in_words_what_has_stopped() -> None:
    async def refused() -> str:
        return "refused: 535 5.7.8"

    state = said(Health(checks={"gateway": ill}, notes={"mail": refused}))
    assert not state.works
    assert state.lines[0] == "ワーカーの仕事が止まっています"
    assert "エンジン（Zeebe）: エンジンが準備できていません" in state.lines
    assert any("535 5.7.8" in line and "直すまでメールは待ちます" in line for line in state.lines)


def test_a_worker_that_does_not_answer_does_not_work() -> None:
    assert worker_state(free_port()) == WorkerState(works=False, lines=["ワーカーから答えがありません"])


@pytest.mark.asyncio
async def test_a_drain_whose_handler_never_returns_is_told_as_hanging(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drain, "SILENT_SECONDS", 0.2)

    class Stuck:
        async def next_due(self) -> None:
            await asyncio.Event().wait()

        async def release(self, _owner: str) -> int:
            return 0

    hanging: Drain[object] = Drain(Stuck(), None)  # type: ignore[arg-type, type-var]
    work = asyncio.create_task(hanging.run(asyncio.Event()))
    await asyncio.sleep(0)
    assert hanging.trouble() == ""
    deadline = time.monotonic() + 5
    while not hanging.trouble() and time.monotonic() < deadline:  # noqa: ASYNC110 (time itself is awaited)
        await asyncio.sleep(0.02)
    assert hanging.trouble() == "hangs"
    work.cancel()
