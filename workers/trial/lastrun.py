"""What the last trial of a city came to, kept with the user's data, and what is otherwise now."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from workers.settings import Settings
from workers.trial.result import Result, Run

_NAMED_AT_MOST: Final = 5

Kept = dict[str, dict[str, Any]]
"""By scenario: ``passed`` and ``paths`` (element ids by process id), as ``Result.as_json`` writes them."""


@dataclass(frozen=True, kw_only=True)
class PathChange:
    """A scenario that took another way than the last time; the ids of flow nodes, in the order of the alphabet."""

    scenario: str
    now: Sequence[str] = ()
    before: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Differences:
    """What differs from the last run, of the scenarios that were played in both."""

    failing: Sequence[str] = ()
    passing: Sequence[str] = ()
    ways: Sequence[PathChange] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Return the differences for other programs."""
        ways = [{**vars(way), "now": list(way.now), "before": list(way.before)} for way in self.ways]
        return {"newly_failing": list(self.failing), "newly_passing": list(self.passing), "ways": ways}

    def told(self, names: Mapping[str, str]) -> Iterator[str]:
        """Yield Japanese sentences; ``names`` are what the diagrams call their elements."""
        for scenario in self.failing:
            yield f"{scenario}: 前回は通りましたが、今回は通りません"
        for scenario in self.passing:
            yield f"{scenario}: 前回は通りませんでしたが、今回は通りました"
        for way in self.ways:
            parts = [
                f"{what}{_listed(ids, names)}"
                for what, ids in (("新しく通った要素: ", way.now), ("通らなくなった要素: ", way.before))
                if ids
            ]
            yield f"{way.scenario}: 道筋が変わりました（{'。'.join(parts) or '通った線だけが変わりました'}）"


def last_run(settings: Settings, city: str) -> Kept:
    """Return what the last trials of a city's scenarios came to; empty where none was kept."""
    try:
        kept = json.loads(_file(settings, city).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return kept if isinstance(kept, dict) else {}


def keep(settings: Settings, run: Run) -> None:
    """Keep a run; what scenarios that were not played came to before stays."""
    kept = last_run(settings, run.city) | {result.scenario: result.as_json() for result in run.results}
    file = _file(settings, run.city)
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".new")
    unfinished.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
    unfinished.replace(file)


def compare(before: Kept, run: Run) -> Differences:
    """Return what is otherwise than in the runs that were kept."""
    both = [(before[result.scenario], result) for result in run.results if result.scenario in before]
    return Differences(
        failing=[result.scenario for old, result in both if old["passed"] and not result.passed],
        passing=[result.scenario for old, result in both if not old["passed"] and result.passed],
        ways=[way for old, result in both if (way := _way(old["paths"], result))],
    )


def _way(before: Mapping[str, Sequence[str]], result: Result) -> PathChange | None:
    old, new = _ids(before), _ids(result.paths)
    if old == new:
        return None
    return PathChange(scenario=result.scenario, now=sorted(new - old), before=sorted(old - new))


def _ids(paths: Mapping[str, Sequence[str]]) -> set[str]:
    return {identity for ids in paths.values() for identity in ids}


def _listed(ids: Sequence[str], names: Mapping[str, str]) -> str:
    """Return elements by name; those without one, mostly flows, are left out where others say it."""
    named = [f"「{names[identity]}」" for identity in ids if identity in names]
    shown = named or list(ids)
    more = f"、ほか{len(shown) - _NAMED_AT_MOST}件" * (len(shown) > _NAMED_AT_MOST)
    return "、".join(shown[:_NAMED_AT_MOST]) + more


def _file(settings: Settings, city: str) -> Path:
    return settings.data / "trials" / f"{city}.json"
