"""One back-off: twice as long each time up to the longest, and never all at one moment."""

from __future__ import annotations

import re
from pathlib import Path

from workers.runtime.backoff import doubled, jittered_ms

_WORKERS = Path(__file__).parents[2] / "workers"


def test_each_failure_doubles_the_pause_up_to_the_longest() -> None:
    assert [doubled(failures, 0.5, 3) for failures in range(1, 6)] == [0.5, 1, 2, 3, 3]
    assert doubled(10**6, 0.001, 60) == 60, "a worker that failed for a year still counts"


def test_a_delay_lies_between_half_and_one_and_a_half() -> None:
    delays = {jittered_ms(2) for _ in range(300)}
    assert min(delays) >= 1000
    assert max(delays) <= 3000
    assert len(delays) > 100


def test_there_is_no_other_back_off() -> None:
    other = re.compile(r"\btenacity\b|\b2\s*\*\*\s*(?:min|attempt|failures|self)")
    found = {file.name for file in _WORKERS.rglob("*.py") if other.search(file.read_text(encoding="utf-8"))}
    assert found == set()
