"""Works off a backlog, or one instance after the other, by renkei and by its peers, in turn on one broker."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from random import Random
from statistics import median, quantiles

from tests.bench.ground import Ground, one_task
from tests.bench.peer import Kind, MissingPeer, Peer

STOCK = "pyzeebe stock"
_NUMBERS = count(1)
_WARM_ROUNDS = 2
_WARM_SERIES = 60
_DONE_SECONDS = 120.0


@contextmanager
def running(ground: Ground, kinds: list[Kind]) -> Iterator[tuple[list[Peer], dict[str, str]]]:
    """Yield the peers that run and, by name, why the others do not."""
    missing: dict[str, str] = {}
    with ExitStack() as stack:
        peers: list[Peer] = []
        for kind in kinds:
            try:
                peers.append(stack.enter_context(Peer(kind, ground.broker.gateway)))
            except (MissingPeer, RuntimeError, TimeoutError) as error:
                missing[kind.name] = str(error)
        yield peers, missing


async def rates(
    ground: Ground, peers: list[Peer], *, jobs: int, rounds: int, stock_seconds: float
) -> dict[str, list[float]]:
    """Return jobs per second by peer, one figure a round.

    The first rounds warm up engine and peers, each with the full number of jobs: only then Java is at its speed.
    Stock pyzeebe is stopped after ``stock_seconds``: its rate is constant, and 1,000 jobs would take it minutes. Each
    round has its own order, the same in every run: else a peer would always follow the same one.
    """
    figures: dict[str, list[float]] = {peer.kind.name: [] for peer in peers}
    for number in range(rounds + _WARM_ROUNDS):
        warm = number < _WARM_ROUNDS
        for peer in Random(number).sample(peers, len(peers)):  # noqa: S311 (an order, not a secret)
            stock = peer.kind.name == STOCK
            if warm and stock:
                continue
            process_id = f"bench-{next(_NUMBERS)}"
            await ground.deploy(process_id, one_task(process_id))
            await ground.backlog(process_id, jobs)
            rate = peer.rate(process_id, jobs, seconds=stock_seconds if stock else _DONE_SECONDS)
            told(f"{'warm-up' if warm else 'P1'} {peer.kind.name}: {rate:.1f} jobs/s")
            if not warm:
                figures[peer.kind.name].append(rate)
    return figures


async def latencies(
    ground: Ground, peers: list[Peer], *, instances: int, rounds: int
) -> dict[str, list[tuple[float, float]]]:
    """Return (p50, p99) in milliseconds from creating an instance to its completion by peer, one pair a round."""
    figures: dict[str, list[tuple[float, float]]] = {peer.kind.name: [] for peer in peers}
    ids = {peer: f"idle-{next(_NUMBERS)}" for peer in peers}
    for process_id in ids.values():
        await ground.deploy(process_id, one_task(process_id))
    for _ in range(rounds):
        for peer, process_id in ids.items():
            peer.open(process_id)
            await _series(ground, process_id, _WARM_SERIES)
            found = await _series(ground, process_id, instances)
            peer.close()
            p50, p99 = median(found), quantiles(found, n=100)[98]
            told(f"P2 {peer.kind.name}: p50 {p50:.1f} ms, p99 {p99:.1f} ms")
            figures[peer.kind.name].append((p50, p99))
    return figures


async def _series(ground: Ground, process_id: str, instances: int) -> list[float]:
    found = []
    for number in range(instances):
        started = time.perf_counter()
        await ground.through(process_id, number)
        found.append((time.perf_counter() - started) * 1000)
    return found


def told(words: str) -> None:
    """Tell how far a long run is."""
    sys.stdout.write(f"\n  {time.strftime('%H:%M:%S')} {words}")
    sys.stdout.flush()


def spread(figures: list[float], unit: str = "", digits: int = 0) -> str:
    """Return median, minimum and maximum in words (Japanese)."""
    low, high = min(figures), max(figures)
    return f"中央値 {median(figures):.{digits}f}{unit}（{low:.{digits}f}〜{high:.{digits}f}、{len(figures)} 回）"


def ratios(ours: list[float], theirs: list[float]) -> list[float]:
    """Return the ratios round by round: what the machine does meanwhile meets both."""
    return [mine / other for mine, other in zip(ours, theirs, strict=True)]


async def shared_rate(ground: Ground, peers: list[Peer], jobs: int) -> tuple[float, float]:
    """Let several workers share a backlog; returns jobs per second together, and how many CPUs the broker took."""
    process_id = f"bench-{next(_NUMBERS)}"
    await ground.deploy(process_id, one_task(process_id))
    await ground.backlog(process_id, jobs)
    started, before = time.monotonic(), ground.broker_cpu()
    for peer in peers:
        peer.open(process_id)
    while (done := sum(peer.done() for peer in peers)) < jobs:
        if time.monotonic() - started > _DONE_SECONDS:
            raise TimeoutError(f"{done} of {jobs} jobs done")
        await asyncio.sleep(0.05)
    elapsed = time.monotonic() - started
    for peer in peers:
        peer.close()
    return jobs / elapsed, (ground.broker_cpu() - before) / elapsed
