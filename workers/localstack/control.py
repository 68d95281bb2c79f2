"""Starting, repairing, looking at and stopping the local stack."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import psutil

from workers.localstack import processes, state
from workers.localstack.components import Component, Options, choose, components
from workers.localstack.errors import StackError
from workers.localstack.lock import locked
from workers.localstack.packages import require_space
from workers.localstack.progress import Board, Reporter
from workers.settings import Settings

_NEEDED_MB = 1500
_POLL_SECONDS = 0.4
_DYING_SECONDS = 15.0
_WORDS = {"ready": "動いています", "starting": "準備中です", "killed": "異常終了しました", "stopped": "止まっています"}


@dataclass(frozen=True, slots=True)
class PartStatus:
    """One component. ``state``: ready, starting (runs, does not answer yet), killed (ended by itself), stopped."""

    name: str
    title: str
    state: str
    ports: list[int]
    url: str
    log: str
    pid: int | None = None
    seconds: float | None = None
    memory_mb: int | None = None

    @property
    def words(self) -> str:
        """The state in Japanese."""
        return _WORDS[self.state]


@dataclass(frozen=True, slots=True)
class StackStatus:
    """The whole stack; ``ok`` when everything that was started is ready, and something was."""

    data: str
    port_offset: int
    parts: list[PartStatus]

    @property
    def ok(self) -> bool:
        """Whether nothing needs repair."""
        started = [part for part in self.parts if part.state != "stopped"]
        return bool(started) and all(part.state == "ready" for part in started)

    def to_json(self) -> dict[str, Any]:
        """Return plain data for ``renkei status --json``."""
        return {**asdict(self), "ok": self.ok}


class Stack:
    """The local stack of one data folder. All methods block; ``up`` and ``down`` exclude each other over processes."""

    def __init__(self, settings: Settings, *, options: Options | None = None, reporter: Reporter | None = None) -> None:
        folders = {"data": settings.data.resolve(), "cache": settings.cache.resolve(), "home": settings.home.resolve()}
        self.settings = settings.model_copy(update=folders)
        self.reporter = reporter or Reporter()
        self._data = self.settings.data
        self._options = options or Options()
        self._parts = components(self.settings, self._options, self.reporter)

    def up(self, names: list[str] | None = None) -> StackStatus:
        """Start what is missing and wait until it is ready; what runs already stays as it is.

        Args:
            names: Components (opensearch, zeebe, webapps, mail, worker); None for all.

        Raises:
            StackError: A port is in use, the disk is full, a program is missing, something ends or is late;
                what this call has started is stopped again.
        """
        wanted = choose(self._parts, names)
        with locked(self._data, self.reporter):
            recorded = self._recorded()
            missing = self._missing(wanted, recorded)
            if missing:
                self._start(missing, recorded)
            self._await(wanted, recorded)
        return self.status()

    def down(self) -> list[str]:
        """Stop everything in order (workers first, OpenSearch last); return titles of what had to be killed."""
        with locked(self._data, self.reporter):
            try:
                recorded = state.load(self._data) or state.State()
            except StackError:
                recorded = state.State()  # the sweep below finds the processes without the file
            killed = self._stop(list(recorded.processes), recorded)
            rest = processes.leftovers(self._data)
            processes.stop((process, 10) for process in rest)
            state.clear(self._data)
        return killed

    def status(self) -> StackStatus:
        """Look at every component, without waiting for one."""
        recorded = state.load(self._data) or state.State(self.settings.port_offset)
        parts = self._parts
        if recorded.port_offset != self.settings.port_offset:
            settings = self.settings.model_copy(update={"port_offset": recorded.port_offset})
            parts = components(settings, self._options, self.reporter)
        looks = [_look(part, recorded.processes.get(part.name)) for part in parts.values()]
        return StackStatus(str(self._data), recorded.port_offset, looks)

    def ended(self) -> list[str] | None:
        """Return titles of what was started and has ended by itself; None once the stack has been stopped."""
        recorded = state.load(self._data)
        if recorded is None:
            return None
        return [
            self._parts[name].title for name, handle in recorded.processes.items() if processes.running(handle) is None
        ]

    def _recorded(self) -> state.State:
        recorded = state.load(self._data)
        if recorded is None:
            return state.State(self.settings.port_offset)
        running = [name for name, handle in recorded.processes.items() if processes.running(handle)]
        if running and recorded.port_offset != self.settings.port_offset:
            raise StackError(
                f"このデータフォルダーのスタックは --port-offset {recorded.port_offset} で動いています。"
                "先に `renkei down` を実行してください。"
            )
        recorded.port_offset = self.settings.port_offset
        return recorded

    def _missing(self, wanted: list[Component], recorded: state.State) -> list[Component]:
        """Return what does not run, and stop what runs with other settings than now asked for."""
        missing = []
        for part in wanted:
            handle = recorded.processes.get(part.name)
            if handle is None or processes.running(handle) is None:
                if handle is not None:
                    self.reporter.note(f"{part.title} が異常終了していたので、起動し直します。")
                missing.append(part)
            elif handle.fingerprint != part.launch().fingerprint:
                self.reporter.note(f"{part.title} の設定が変わったので、起動し直します。")
                self._stop([part.name], recorded)
                missing.append(part)
        return missing

    def _start(self, missing: list[Component], recorded: state.State) -> None:
        require_space(self._data, _NEEDED_MB)
        for part in missing:
            _require_ports(part)
        launches = [(part, part.launch()) for part in missing]  # fetches what is missing before anything starts
        try:
            with self.reporter.board() as board:
                for part, launch in launches:
                    output = self._data / "logs" / f"{part.name}.out.log"
                    recorded.processes[part.name] = processes.start(launch, self._data, output)
                    state.save(self._data, recorded)
                    board.add(part.name, part.title)
                self._await(missing, recorded, board)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                self.reporter.note("起動を中止します。")
            self._stop([part.name for part in missing], recorded)
            raise

    def _await(self, parts: Sequence[Component], recorded: state.State, board: Board | None = None) -> None:
        begun = time.monotonic()
        waiting = list(parts)
        while waiting:
            for part in list(waiting):
                seconds = time.monotonic() - begun
                handle = recorded.processes[part.name]
                if processes.running(handle) is None:
                    raise StackError(f"{part.title} が起動の途中で終わりました（{self._reason(part)}）。")
                if part.ready():
                    waiting.remove(part)
                    if board:
                        board.done(part.name, part.title, seconds)
                elif seconds > part.start_seconds:
                    raise StackError(
                        f"{part.title} が {part.start_seconds:.0f} 秒待っても準備できません（{self._reason(part)}）。"
                    )
            if waiting:
                time.sleep(_POLL_SECONDS)

    def _reason(self, part: Component) -> str:
        """Return where to read on: the log that was written last."""
        logs = [log for log in (part.log, self._data / "logs" / f"{part.name}.out.log") if log.exists()]
        written = [log for log in logs if log.stat().st_size]
        return f"記録: {max(written or logs, key=lambda log: log.stat().st_mtime, default=part.log)}"

    def _stop(self, names: list[str], recorded: state.State) -> list[str]:
        killed = []
        parts = [self._parts[name] for name in names if name in self._parts]
        for stage in sorted({part.stage for part in parts}):
            group = [part for part in parts if part.stage == stage and part.name in recorded.processes]
            running = {part.name: processes.running(recorded.processes[part.name]) for part in group}
            late = processes.stop(
                (process, part.stop_seconds) for part in group if (process := running[part.name]) is not None
            )
            killed += [part.title for part in group if running[part.name] in late]
            for part in group:
                del recorded.processes[part.name]
            state.save(self._data, recorded)
        return killed


def _look(part: Component, handle: state.Handle | None) -> PartStatus:
    process = processes.running(handle) if handle else None
    if process is not None:
        try:
            memory = process.memory_info().rss // 1000**2
            seconds = round(time.time() - process.create_time(), 1)
        except psutil.Error:
            process = None  # it ended just now
    ports, log = list(part.ports), str(part.log)
    if process is None:
        return PartStatus(part.name, part.title, "killed" if handle else "stopped", ports, part.url, log)
    word = "ready" if part.ready() else "starting"
    return PartStatus(part.name, part.title, word, ports, part.url, log, process.pid, seconds, memory)


def _require_ports(part: Component) -> None:
    for port, purpose in part.ports.items():
        owner = processes.port_owner(port, _DYING_SECONDS)
        if owner is not None:
            raise StackError(
                f"ポート {port}（{purpose}）は{owner}が使っています。"
                "それを止めるか、`--port-offset 1000` のようにずらしてください。"
            )
