"""``DATA/stack.json``: which processes were started, with which port offset."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from workers.localstack.errors import StackError
from workers.localstack.processes import Handle
from workers.localstack.progress import Reporter

_LOCK_SECONDS = 900.0


@dataclass(slots=True)
class State:
    """The processes that should be running, by component name."""

    port_offset: int = 0
    processes: dict[str, Handle] = field(default_factory=dict)


def load(data: Path) -> State | None:
    """Return the recorded state, None when nothing was started.

    Raises:
        StackError: The file is damaged.
    """
    path = _path(data)
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return State(raw["port_offset"], {name: Handle(**handle) for name, handle in raw["processes"].items()})
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StackError(f"{path} が壊れています。`renkei down` を実行してください。") from error


def recorded_offset(data: Path) -> int | None:
    """Return the port offset of the stack that was started in this folder, None when there is none.

    Raises:
        StackError: As :func:`load`.
    """
    state = load(data.resolve())
    return state.port_offset if state else None


def save(data: Path, state: State) -> None:
    """Write the state; a crash in between leaves the old one."""
    new = _path(data).with_suffix(".new")
    new.write_text(json.dumps(asdict(state), ensure_ascii=False, indent=2), encoding="utf-8")
    new.replace(_path(data))


def clear(data: Path) -> None:
    """Record that nothing runs."""
    _path(data).unlink(missing_ok=True)


@contextmanager
def locked(data: Path, reporter: Reporter) -> Iterator[None]:
    """Let one process at a time start or stop this data folder's stack.

    Raises:
        StackError: Another one takes longer than 15 minutes, or the folder cannot be written.
    """
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)  # mails, documents, the registry: personal data
        lock = FileLock(data / "stack.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            reporter.note("別の renkei が起動または停止の途中です。終わるまで待ちます。")
            lock.acquire(timeout=_LOCK_SECONDS)
    except Timeout as error:
        raise StackError(f"別の renkei による起動または停止が終わりません（{data / 'stack.lock'}）。") from error
    except OSError as error:
        raise StackError(f"{data} に書き込めません。--data か RENKEI_DATA で別の場所を指定してください。") from error
    try:
        yield
    finally:
        lock.release()


def _path(data: Path) -> Path:
    return data / "stack.json"
