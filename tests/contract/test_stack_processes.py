"""Processes that outlive their parent are recognised, stopped and never confused with others."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from workers.localstack import processes, state
from workers.localstack.errors import StackError
from workers.localstack.launch import Launch
from workers.localstack.lock import locked
from workers.localstack.progress import Reporter
from workers.localstack.state import Handle

_SLEEP = "import time; print('up', flush=True); time.sleep(60)"
_LARGE = f"import socket; held = b'1' * 600_000_000; server = socket.create_server(('127.0.0.1', 0)); {_SLEEP}"
_STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {_SLEEP}"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Handle]]:
    """Start a Python program as the stack would; whatever is left of it ends with the test."""

    def run(code: str) -> Handle:
        output = tmp_path / "out.log"
        known = output.read_text().count("up") if output.exists() else 0
        handle = processes.start(Launch((sys.executable, "-c", code)), tmp_path, output)
        wait_for(lambda: output.read_text().count("up") > known)
        return handle

    yield run
    for process in processes.leftovers(tmp_path):
        process.kill()


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "condition not met in time"
        time.sleep(0.02)


def test_a_started_process_is_found_again_from_what_was_recorded(start: Callable[..., Handle], tmp_path: Path) -> None:
    state.save(tmp_path, state.State(7, {"part": start(_SLEEP)}))
    loaded = state.load(tmp_path)
    assert loaded is not None
    assert loaded.port_offset == 7
    process = processes.running(loaded.processes["part"])
    assert process is not None
    assert os.getsid(process.pid) == process.pid, "a session of its own: Ctrl-C in the terminal does not reach it"


def test_a_pid_that_went_to_another_program_is_not_ours(start: Callable[..., Handle]) -> None:
    handle = start(_SLEEP)
    assert processes.running(replace(handle, mark="another")) is None
    assert processes.running(handle) is not None


def test_a_killed_process_is_seen_as_ended_although_nobody_waited_for_it(start: Callable[..., Handle]) -> None:
    handle = start(_SLEEP)
    os.kill(handle.pid, signal.SIGKILL)
    # The kernel takes a moment between clearing a killed process's memory and handing over its exit status.
    wait_for(lambda: processes.running(handle) is None and not psutil.pid_exists(handle.pid))
    with pytest.raises(ChildProcessError):  # its exit status was taken: no zombie stays
        os.waitpid(handle.pid, os.WNOHANG)


def test_stopping_is_gentle_first_and_kills_what_does_not_listen(start: Callable[..., Handle]) -> None:
    gentle, stubborn = processes.running(start(_SLEEP)), processes.running(start(_STUBBORN))
    assert gentle is not None
    assert stubborn is not None
    begun = time.monotonic()
    killed = processes.stop([(gentle, 5), (stubborn, 0.5)])
    assert killed == [stubborn]
    assert time.monotonic() - begun < 4
    assert not psutil.pid_exists(gentle.pid)
    assert not psutil.pid_exists(stubborn.pid)


def test_children_of_a_killed_process_are_found_by_their_data_folder(
    start: Callable[..., Handle], tmp_path: Path
) -> None:
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {_SLEEP!r}]); import time; time.sleep(60)"
    parent = start(code)
    assert len(processes.leftovers(tmp_path)) == 2
    os.kill(parent.pid, signal.SIGKILL)
    wait_for(lambda: processes.running(parent) is None)
    (orphan,) = processes.leftovers(tmp_path)
    assert processes.leftovers(tmp_path / "another") == []
    processes.stop([(orphan, 5)])
    assert processes.leftovers(tmp_path) == []


def test_a_long_log_is_put_aside_at_the_next_start(
    start: Callable[..., Handle], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_LOG_LIMIT_BYTES", 10)
    (tmp_path / "out.log").write_text("x" * 20)
    start(_SLEEP)
    assert (tmp_path / "out.log").read_text() == "up\n"
    assert (tmp_path / "out.log.1").read_text() == "x" * 20


def test_the_owner_of_a_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        owner = processes.port_owner(port)
    assert owner is not None
    assert f"（pid {os.getpid()}）" in owner
    assert processes.port_owner(port) is None


def test_a_port_taken_on_every_interface_is_taken_here_too() -> None:
    with socket.create_server(("", 0)) as server:
        assert processes.port_owner(server.getsockname()[1]) is not None


def test_a_port_of_a_killed_process_is_waited_for_until_its_last_thread_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(processes, "_listener", lambda _port: None)  # as for a process that is half gone
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert processes.port_owner(port) == "他のプログラム"
        assert processes.port_owner(port, 0.3) == "他のプログラム"
        timer = threading.Timer(0.5, server.close)
        timer.start()
        assert processes.port_owner(port, 20) is None
        timer.join()


def test_a_killed_process_that_still_gives_up_its_memory_is_no_owner(start: Callable[..., Handle]) -> None:
    handle = start(_LARGE)
    process = psutil.Process(handle.pid)
    port = process.net_connections("tcp")[0].laddr.port
    assert processes.port_owner(port) == f"{process.name()}（pid {handle.pid}）"
    process.kill()
    while processes.running(handle):  # no pause: it is half gone for some hundredths of a second
        assert process.is_running()
    assert processes.port_owner(port, 20) is None


def test_a_connection_that_was_just_closed_does_not_count_as_an_owner() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = server.accept()
        accepted.close()  # the side that closes first keeps the port in TIME_WAIT
        client.close()
    assert processes.port_owner(port) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"port_offset": 0}', '{"port_offset": 0, "processes": {"a": {}}}'])
def test_a_damaged_record_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "stack.json").write_text(text)
    with pytest.raises(StackError, match=r"stack\.json が壊れています。`renkei down` を実行してください"):
        state.load(tmp_path)


def test_without_a_record_nothing_was_started(tmp_path: Path) -> None:
    assert state.load(tmp_path) is None
    assert state.recorded_offset(tmp_path) is None


def test_a_second_start_waits_for_the_first_and_says_so(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from workers.localstack.lock import locked;"
        "from workers.localstack.progress import Reporter\n"
        f"with locked(Path({str(tmp_path)!r}), Reporter(quiet=True)): print('held', flush=True); input()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        reporter = _Releasing(other)
        with locked(tmp_path, reporter):
            assert other.wait(10) == 0
    assert reporter.notes == ["別の renkei が起動または停止の途中です。終わるまで待ちます。"]


class _Releasing(Reporter):
    """Lets the other process go on once it has been told that this one waits."""

    def __init__(self, other: subprocess.Popen[bytes]) -> None:
        super().__init__(quiet=True)
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        self.notes: list[str] = []
        self._other = other

    def note(self, text: str) -> None:
        self.notes.append(text)
        assert self._other.stdin is not None
        self._other.stdin.write(b"\n")
        self._other.stdin.flush()


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with (
        pytest.raises(StackError, match="file/data に書き込めません"),
        locked(tmp_path / "file" / "data", Reporter(quiet=True)),
    ):
        pytest.fail("must not get here")
