"""P4: the renewal watch over 100,000 agreements of which 300 are due (ALL-5)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.kit.bars import Bars
from tests.kit.manyagreements import fill
from tests.kit.processes import reported

SECONDS, MEGABYTES, RATIO = 2.0, 200.0, 1.5


def _swept(folder: Path, *, total: int, due: int) -> dict[str, Any]:
    """Sweep in a process of its own, so that its peak memory is the sweep's."""
    folder.mkdir()
    fill(f"sqlite+aiosqlite:///{folder / 'registry.sqlite3'}", total=total, due=due)
    found = reported("-m", "tests.kit.manyagreements", folder)
    report = found["report"]
    steps = [len(report[name]) for name in ("opened", "renewed", "told", "expired")]
    assert (steps, report["failed"]) == ([due // 4] * 4, {}), report
    assert found["mails"] == due // 4 * 4, found
    return found


def test_the_watch_costs_what_is_due_and_not_what_there_is(bars: Bars, tmp_path: Path) -> None:
    """P4: 300 due among 100,000, beside the same 300 among 1,200 and 20 among 100,000.

    Seconds depend on what else the machine does, so they count in the bench only; proportions and memory always do.
    """
    total = 100_000 if bars.full else 10_000
    large = _swept(tmp_path / "large", total=total, due=300)
    small = _swept(tmp_path / "small", total=1_200, due=300)
    few = _swept(tmp_path / "few", total=total, due=20)
    ratio = large["cpu"] / small["cpu"]
    quick = large["cpu"] <= SECONDS or not bars.full
    bars.add(
        "P4",
        f"見張り: {total:,} 協定のうち期日 300（手続の開始、更新、通知、満了が 75 ずつ）",
        figure=f"CPU {large['cpu']:.2f} 秒（経過 {large['seconds']:.2f} 秒）、{large['peak']:.0f} MB、"
        f"1,200 協定の {ratio:.2f} 倍、期日 20 なら {few['cpu']:.2f} 秒",
        bound=(f"CPU {SECONDS:g} 秒、" if bars.full else "")
        + f"{MEGABYTES:g} MB、{RATIO:g} 倍以下、期日 20 なら 3 分の 1 以下",
        holds=quick and large["peak"] <= MEGABYTES and ratio <= RATIO and few["cpu"] <= large["cpu"] / 3,
        large=large["seconds"],
        small=small["seconds"],
        few=few["seconds"],
    )
