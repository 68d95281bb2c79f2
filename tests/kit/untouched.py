"""Tells whether what a user has in the local stack is the same before and after: the demo, while the tests run.

``python -m tests.kit.untouched keep FILE`` writes down what is there, ``… compare FILE`` prints every difference and
exits with 1 when there is one. The data folder is that of the settings. What is looked at: mails and cases with their
history, surveys and documents (as the commands tell of them), which processes run, every row of the registry, and the
bytes of every file that stands still while nobody works.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from fnmatch import fnmatchcase
from pathlib import Path, PurePath
from typing import Any

from workers.settings import Settings

CHANGING = {
    "logs/*": "programs write on while they wait",
    "zeebe/*": "the engine takes snapshots and tidies up by itself",
    "opensearch/*": "the search index merges its segments by itself",
    "registry.sqlite3*": "a database writes its pages when it likes: its rows are compared",
    "stack.lock": "taken for a moment by each command",
}
"""Patterns of files that change while nobody works, and why."""

CHANGING_TABLES = {
    "sweep_run": "the watch of the agreements notes each morning",
    "applied_job": "the watch's jobs of each morning",
}
"""Tables of the registry that change while nobody works, and why."""

STANDING_ROWS = {
    "engine_call": "kind <> 'remind-offices'",  # the watch asks each morning which tasks are late
}
"""Of these tables, the rows that nobody's work but a person's or a test's adds, as SQL."""

Ask = Callable[..., Any]
"""Runs ``renkei`` with these arguments and returns its JSON."""

Facts = dict[str, str]
"""What was found, by where it was found."""


def keep(data: Path, ask: Ask) -> Facts:
    """Return what there is."""
    cases = ask("cases")
    told = {f"mail {mail['message_id']}": mail for mail in ask("mails")}
    told |= {f"case {case['id']}": ask("case", case["id"]) for case in cases}
    told |= {f"process {part['name']}": [part["pid"], part["state"]] for part in ask("status")["parts"]}
    facts = {name: json.dumps(value, ensure_ascii=False, sort_keys=True) for name, value in told.items()}
    return facts | rows(data / "registry.sqlite3") | files(data)


def rows(registry: Path) -> Facts:
    """Return the number of rows and their digest of every table that stands still."""
    with closing(sqlite3.connect(f"{registry.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {
            name: sorted(map(repr, connection.execute(_select(name)))) for name in names if name not in CHANGING_TABLES
        }
    return {
        f"table {name}": f"{len(lines)} rows, {hashlib.sha256(chr(10).join(lines).encode()).hexdigest()}"
        for name, lines in found.items()
    }


def _select(table: str) -> str:
    return f'SELECT * FROM "{table}" WHERE {STANDING_ROWS.get(table, "1")}'  # noqa: S608 (a table's own name)


def files(data: Path) -> Facts:
    """Return the digest of every file of a data folder that stands still."""
    return {
        f"file {path.relative_to(data)}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(data.rglob("*"))
        if path.is_file() and not changes(path.relative_to(data))
    }


def changes(path: PurePath) -> bool:
    """Tell whether a file of the data folder changes by itself: the patterns hold for its whole path."""
    return any(fnmatchcase(path.as_posix(), pattern) for pattern in CHANGING)


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Return a line for each thing that is new, gone or different."""
    return [
        *(f"new: {name}: {after[name]}" for name in sorted(after.keys() - before.keys())),
        *(f"gone: {name}: {before[name]}" for name in sorted(before.keys() - after.keys())),
        *(
            f"changed: {name}: {before[name]} -> {after[name]}"
            for name in sorted(before.keys() & after.keys())
            if before[name] != after[name]
        ),
    ]


def summary(facts: Mapping[str, str]) -> str:
    """Return how many things of each kind there are."""
    kinds = [name.split(" ", 1)[0] for name in facts]
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds)))


def renkei(*arguments: str) -> Any:
    """Run ``renkei`` as its user does."""
    command = [sys.executable, "-m", "workers.cli", *arguments, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        sys.exit(f"renkei {' '.join(arguments)}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def main(arguments: list[str] | None = None, *, ask: Ask = renkei) -> int:
    """Keep or compare; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.kit.untouched")
    parser.add_argument("action", choices=["keep", "compare"])
    parser.add_argument("file", type=Path)
    given = parser.parse_args(arguments)
    found = keep(Settings().data, ask)
    if given.action == "keep":
        given.file.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
        print(f"kept: {summary(found)}")  # noqa: T201 (its only output)
        return 0
    lines = differences(json.loads(given.file.read_text(encoding="utf-8")), found)
    print("\n".join([*lines, f"{len(lines)} differences: {summary(found)}"]))  # noqa: T201 (its only output)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
