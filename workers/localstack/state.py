"""``DATA/stack.json``: which processes were started, with which port offset."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from workers.localstack.errors import StackError


@dataclass(frozen=True, slots=True)
class Handle:
    """What is needed to find a started process again, see ``processes.running``."""

    pid: int
    create_time: float
    mark: str
    fingerprint: str


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


def _path(data: Path) -> Path:
    return data / "stack.json"
