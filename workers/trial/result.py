"""What came of the scenarios that were played."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Where a scenario did not go as its file says, in Japanese.

    ``step`` counts from 1; 0 is the start, one more than there are steps is the end. ``element`` is the task or timer
    of that step in its diagram, where there is one.
    """

    step: int
    place: str
    expected: str
    came: str
    element: str = ""


@dataclass(frozen=True, kw_only=True)
class Result:
    """One scenario. ``paths``: the ids of the flow nodes and flows that were passed, by process id."""

    scenario: str
    title: str
    failures: tuple[Failure, ...] = ()
    seconds: float = 0.0
    paths: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether all went as the file says."""
        return not self.failures

    def as_json(self) -> dict[str, Any]:
        """Return the result for other programs, the paths included."""
        return {
            "scenario": self.scenario,
            "title": self.title,
            "passed": self.passed,
            "seconds": round(self.seconds, 2),
            "failures": [vars(failure) for failure in self.failures],
            "paths": {process: list(ids) for process, ids in self.paths.items()},
        }


@dataclass(frozen=True, kw_only=True)
class Run:
    """All scenarios that were played, in the order of their names, and how long each phase took in seconds."""

    city: str
    results: Sequence[Result]
    seconds: Mapping[str, float]

    @property
    def passed(self) -> bool:
        """Whether every scenario went as its file says."""
        return all(result.passed for result in self.results)
