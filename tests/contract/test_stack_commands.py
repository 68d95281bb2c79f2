"""``renkei up``, ``down`` and ``status`` as a person uses them, with the mail sink alone: it starts in a second."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from tests.kit.stack import free_offset, renkei, wait_for
from workers.cli.running import local_settings
from workers.localstack import processes
from workers.localstack.control import PartStatus, Stack
from workers.localstack.errors import StackError
from workers.localstack.progress import Reporter
from workers.settings import Settings


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    yield folder
    left = processes.leftovers(folder)
    for process in left:
        process.kill()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def offset() -> int:
    return free_offset()


def up(data: Path, offset: int) -> subprocess.CompletedProcess[str]:
    return renkei("up", "--detach", "--only", "mail", "--port-offset", str(offset), data=data)


def status(data: Path) -> PartStatus:
    """Return the sink's state, without the time that a new process takes."""
    found = Stack(local_settings(data), reporter=Reporter(quiet=True)).status()
    return next(part for part in found.parts if part.name == "mail")


def status_by_command(data: Path) -> tuple[int, str]:
    """Return the exit code of ``renkei status`` and what it says of the sink."""
    result = renkei("status", "--json", data=data)
    parts = json.loads(result.stdout)["parts"]
    return result.returncode, next(part["state"] for part in parts if part["name"] == "mail")


def running_pid(data: Path) -> int:
    pid = status(data).pid
    assert pid is not None
    return pid


def answers(offset: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{8026 + offset}/healthz", timeout=2, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def test_a_detached_stack_outlives_the_command_and_ends_with_down(data: Path, offset: int) -> None:
    started = up(data, offset)
    assert started.returncode == 0, started.stderr
    assert "準備完了" in started.stderr
    assert f"http://127.0.0.1:{8026 + offset}" in started.stdout
    assert answers(offset)
    assert status_by_command(data) == (0, "ready")
    stopped = renkei("down", data=data)
    assert stopped.returncode == 0, stopped.stderr
    assert not answers(offset)
    assert processes.leftovers(data) == []
    assert status_by_command(data) == (1, "stopped")


def test_a_second_up_changes_nothing(data: Path, offset: int) -> None:
    up(data, offset)
    before = status(data).pid
    again = renkei("up", "--detach", "--only", "mail", data=data)
    assert again.returncode == 0, again.stderr
    assert status(data).pid == before


def test_a_killed_process_is_reported_and_repaired(data: Path, offset: int) -> None:
    up(data, offset)
    pid = running_pid(data)
    os.kill(pid, signal.SIGKILL)
    assert status_by_command(data) == (1, "killed")
    words = renkei("status", data=data)
    assert words.returncode == 1
    assert "異常終了しました" in words.stdout
    assert "`renkei up` で直ります" in words.stdout
    repaired = up(data, offset)
    assert repaired.returncode == 0
    assert "異常終了していたので、起動し直します" in repaired.stderr
    assert status_by_command(data) == (0, "ready")
    assert status(data).pid != pid


def test_a_stopped_process_that_does_not_answer_is_not_ready(data: Path, offset: int) -> None:
    up(data, offset)
    pid = running_pid(data)
    os.kill(pid, signal.SIGSTOP)
    try:
        assert status_by_command(data) == (1, "starting")
    finally:
        os.kill(pid, signal.SIGCONT)
    assert status(data).state == "ready"


def test_two_stacks_run_side_by_side(data: Path, offset: int) -> None:
    assert up(data / "one", offset).returncode == 0
    second = free_offset()
    assert up(data / "two", second).returncode == 0
    assert renkei("down", data=data / "one").returncode == 0
    assert not answers(offset)
    assert answers(second)
    assert renkei("down", data=data / "two").returncode == 0
    assert processes.leftovers(data / "two") == []


def test_an_offset_cannot_change_while_the_stack_runs(data: Path, offset: int) -> None:
    up(data, offset)
    refused = renkei("up", "--detach", "--port-offset", str(offset + 20), data=data)
    assert refused.returncode == 1
    assert refused.stderr == (
        f"このデータフォルダーのスタックは --port-offset {offset} で動いています。"
        "先に `renkei down` を実行してください。 [RK-1002]\n"
    )


def test_a_port_in_use_is_named_with_its_purpose_and_owner(data: Path, offset: int) -> None:
    with socket.create_server(("127.0.0.1", 8025 + offset)):
        refused = up(data, offset)
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1
    assert f"ポート {8025 + offset}（SMTP）は" in refused.stderr
    assert f"（pid {os.getpid()}）が使っています" in refused.stderr
    assert status(data).state == "stopped"


def test_in_the_foreground_ctrl_c_stops_everything(data: Path, offset: int) -> None:
    argv = [sys.executable, "-m", "workers.cli", "up", "--only", "mail"]
    argv += ["--port-offset", str(offset), "--data", str(data)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        wait_for(lambda: answers(offset), 30, "the sink answers")
        assert process.stdout is not None
        process.stdout.readline()  # the address: the command watches from now on
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=30)
    assert "止めています" in error
    assert process.returncode != 0
    assert not answers(offset)
    assert processes.leftovers(data) == []


def test_a_foreground_stack_tells_of_a_killed_process_and_ends_when_it_is_stopped_elsewhere(
    data: Path, offset: int
) -> None:
    argv = [sys.executable, "-m", "workers.cli", "up", "--only", "mail"]
    argv += ["--port-offset", str(offset), "--data", str(data)]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        assert any("Ctrl-C で止まります" in line for line in lines)
        os.kill(running_pid(data), signal.SIGKILL)
        assert any("メール受け が異常終了しました" in line for line in lines)
        assert renkei("down", data=data).returncode == 0
        assert process.wait(30) == 0


def test_down_also_ends_what_a_lost_record_no_longer_names(data: Path, offset: int) -> None:
    up(data, offset)
    (data / "stack.json").write_text("{")
    named = renkei("status", data=data)
    assert named.returncode == 1
    assert "stack.json が壊れています" in named.stderr
    assert renkei("down", data=data).returncode == 0
    assert not answers(offset)
    assert processes.leftovers(data) == []


def test_down_without_a_stack_is_no_error(data: Path) -> None:
    assert renkei("down", data=data).returncode == 0


def test_mails_survive_down_and_up(data: Path, offset: int) -> None:
    up(data, offset)
    kept = data / "mails" / "20260401T093000.123456-9f86d081884c.eml"
    kept.write_bytes("Subject: 残るメール\n\nx\n".encode())
    renkei("down", data=data)
    up(data, offset)
    assert "残るメール" in httpx.get(f"http://127.0.0.1:{8026 + offset}/", trust_env=False).text


def test_a_process_that_ends_while_starting_is_named_with_its_log(data: Path, offset: int) -> None:
    data.mkdir()
    (data / "mails").write_text("a file where a folder should be")
    failed = up(data, offset)
    assert failed.returncode == 1
    assert "メール受け が起動の途中で終わりました" in failed.stderr
    assert "mail.out.log" in failed.stderr
    assert status(data).state == "stopped"


def test_the_data_folder_is_for_its_owner_only(data: Path, offset: int) -> None:
    up(data, offset)
    assert data.stat().st_mode & 0o077 == 0


def test_a_full_disk_is_refused_before_anything_starts(
    data: Path, offset: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=10**8))
    stack = Stack(Settings(data=data, port_offset=offset), reporter=Reporter(quiet=True))
    with pytest.raises(StackError, match=r"ディスクの空きが足りません: .* 1500 MB 必要ですが、残りは 100 MB です"):
        stack.up(["mail"])
    assert processes.leftovers(data) == []


def test_a_changed_setting_restarts_only_what_it_concerns(data: Path, offset: int, tmp_path: Path) -> None:
    settings = Settings(data=data, port_offset=offset)
    first = Stack(settings, reporter=Reporter(quiet=True)).up(["mail"])
    changed = Stack(settings.model_copy(update={"home": tmp_path}), reporter=Reporter(quiet=True)).up(["mail"])
    pids = [next(part.pid for part in found.parts if part.name == "mail") for found in (first, changed)]
    assert pids[0] != pids[1]
    assert answers(offset)


def test_an_unknown_component_is_refused_in_one_line(data: Path) -> None:
    refused = renkei("up", "--only", "zeebee", data=data)
    assert refused.returncode == 1
    assert refused.stderr.startswith("zeebee: そのような部品はありません")


def test_a_wrong_setting_is_named_without_its_value(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENKEI_PORT_OFFSET", "秘密")
    refused = renkei("status", data=data)
    assert refused.returncode == 1
    assert refused.stderr.startswith("設定が正しくありません: port_offset")
    assert len(refused.stderr.splitlines()) == 1
    assert "秘密" not in refused.stderr


def test_every_command_explains_itself_in_japanese() -> None:
    for name in ("up", "down", "status"):
        result = subprocess.run(
            [sys.executable, "-m", "workers.cli", name, "--help"], capture_output=True, text=True, check=True
        )
        assert "手元" in result.stdout
