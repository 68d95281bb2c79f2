"""P1 and P2: jobs of one service task, renkei with its transaction committed against workers that have none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from tests.bench.backlog import STOCK, latencies, rates, ratios, running, shared_rate, spread
from tests.bench.ground import Ground
from tests.bench.peer import Kind, java, node, pyzeebe, renkei
from tests.kit.bars import Bars
from tests.kit.postgres import Postgres

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600), pytest.mark.asyncio(loop_scope="module")]
_BARE = "pyzeebe streaming"


@pytest.fixture(scope="module", name="lasting")
def _lasting() -> Iterator[Postgres]:
    """A PostgreSQL server that syncs each commit to the disk."""
    server = Postgres(lasting=True)
    server.start()
    yield server
    server.close()


@pytest.fixture(scope="module", name="both")
def _both(lasting: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Kind]]:
    """Both: renkei on SQLite and on PostgreSQL."""
    with lasting.database() as url:
        folder: Path = tmp_path_factory.mktemp("renkei")
        yield [renkei("renkei", folder / "a"), renkei("renkei PostgreSQL", folder / "b", RENKEI_DATABASE_URL=url)]


async def test_a_backlog_is_worked_off_as_fast_as_by_camundas_own_client(
    ground: Ground, both: list[Kind], bars: Bars
) -> None:
    kinds = [*both, java(), node(), pyzeebe("tuned"), pyzeebe("stock")]
    jobs, rounds, stock_seconds = (1000, 5, 30.0) if bars.full else (200, 1, 10.0)
    with running(ground, kinds) as (peers, missing):
        figures = await rates(ground, peers, jobs=jobs, rounds=rounds, stock_seconds=stock_seconds)
    assert "renkei" in figures, missing
    per_second = {name: spread(found, " 件/秒", 1) for name, found in figures.items()}
    for pair, factor in (
        (("renkei", STOCK), 20.0),
        (("renkei", "Java client"), 1.25),
        (("renkei", "pyzeebe tuned"), 1.0),
        (("renkei", "Node SDK"), 0.0),
        (("renkei PostgreSQL", "Java client"), 1.05),
    ):
        add(bars, jobs, figures, missing, pair, factor)
    bars.add(
        "P1",
        f"{jobs} 件の滞留、各ワーカーの速さ",
        figure="、".join(f"{name} {words}" for name, words in per_second.items()),
        bound="5 回以上",
        holds=all(len(found) >= rounds for found in figures.values()),
        rates=figures,
    )


def add(
    bars: Bars,
    jobs: int,
    figures: dict[str, list[float]],
    missing: dict[str, str],
    pair: tuple[str, str],
    factor: float,
) -> None:
    """Add the ratio of a worker to a peer; one that is missing is a bar that does not hold."""
    ours, peer = pair
    done = f"{jobs} 件の滞留、{ours}÷{peer}"
    bound = f"{factor:g} 倍以上" if factor else "参考"
    for name in pair:
        if name in missing:
            figure = f"{name} を用意できません: {missing[name][-200:]}"
            bars.add("P1", done, figure=figure, bound=bound, holds=False)
            return
    found = ratios(figures[ours], figures[peer])
    bars.add("P1", done, figure=spread(found, " 倍", 2), bound=bound, holds=median(found) >= factor, ratios=found)


async def test_an_instance_on_an_idle_system_takes_at_most_twice_the_time_of_bare_pyzeebe(
    ground: Ground, both: list[Kind], bars: Bars
) -> None:
    instances, rounds = (300, 5) if bars.full else (50, 1)
    with running(ground, [*both, pyzeebe("streaming"), java()]) as (peers, missing):
        figures = await latencies(ground, peers, instances=instances, rounds=rounds)
    assert not missing
    for ours in ("renkei", "renkei PostgreSQL"):
        for part, name in ((0, "p50"), (1, "p99")):
            mine, bare = ([pair[part] for pair in figures[who]] for who in (ours, _BARE))
            found = ratios(mine, bare)
            figure = f"{spread(found, ' 倍', 2)}、{ours} {spread(mine, ' ms', 1)}、{_BARE} {spread(bare, ' ms', 1)}"
            done = f"空いた系で {instances} 件を一件ずつ、{name}、{ours}÷{_BARE}"
            bars.add("P2", done, figure=figure, bound="2 倍以下", holds=median(found) <= 2, pairs=figures[ours])


@pytest.mark.parametrize(("program", "words"), [("slow_renkei_peer", "200 ms かかる"), ("renkei_peer", "短い")])
async def test_a_second_process_adds_to_what_the_first_does(
    program: str, words: str, ground: Ground, lasting: Postgres, tmp_path: Path, bars: Bars
) -> None:
    """On PostgreSQL: SQLite has one writer, and a handler that waits within its transaction holds up all others."""
    fast = program == "renkei_peer"
    jobs, rounds = (2000 if fast else 600, 5) if bars.full else (100, 1)
    with lasting.database() as url:
        alone, together = await two_processes(ground, tmp_path, url, program, jobs=jobs, rounds=rounds)
    found = ratios([rate for rate, _cpu in together], [rate for rate, _cpu in alone])
    broker = [cpu for _rate, cpu in together]
    # Short jobs are limited by the broker as soon as it and the workers have no more CPU to share.
    limited = fast and median([cpu for _rate, cpu in alone]) > (os.cpu_count() or 1) / 2
    each = [spread([rate for rate, _cpu in rates_], " 件/秒", 1) for rates_ in (alone, together)]
    bars.add(
        "2 プロセス",
        f"{words}ハンドラー、{jobs} 件、同じ PostgreSQL を使う 2 プロセス÷1 プロセス",
        figure=f"{spread(found, ' 倍', 2)}、1 つ {each[0]}、2 つ {each[1]}、"
        f"その間のエンジンの CPU {spread(broker, ' 個分', 2)}",
        bound="1.8 倍以上（エンジンが 1 つのときに CPU の半分を使っていれば参考）" if fast else "1.5 倍以上",
        holds=limited or median(found) >= (1.8 if fast else 1.5),
    )


async def two_processes(
    ground: Ground, folder: Path, url: str, program: str, *, jobs: int, rounds: int
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Return the jobs per second of one process and of two, each with the CPUs that the broker took."""
    kinds = [renkei(f"renkei {n}", folder, program=program, port=18_200 + n, RENKEI_DATABASE_URL=url) for n in (1, 2)]
    alone, together = [], []
    with running(ground, kinds) as (peers, missing):
        assert not missing
        for _ in range(rounds):
            alone.append(await shared_rate(ground, peers[:1], jobs))
            together.append(await shared_rate(ground, peers, jobs))
    return alone, together
