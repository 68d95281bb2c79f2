"""Temporary files are made in memory where that is there, large enough, and the user has not said otherwise."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from tests.kit.inmemory import use_memory


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked once is remembered by ``tempfile``: a test asks for its own."""
    monkeypatch.setattr(tempfile, "tempdir", tempfile.gettempdir())


def test_temporary_files_are_made_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process, which has asked before, and by those that it starts."""
    monkeypatch.delenv("TMPDIR", raising=False)
    assert use_memory(os.environ, tmp_path, 1)
    assert (os.environ["TMPDIR"], tempfile.gettempdir()) == (str(tmp_path), str(tmp_path))


def test_a_folder_that_the_user_chose_stays(tmp_path: Path) -> None:
    environment = {"TMPDIR": "/elsewhere"}
    assert not use_memory(environment, tmp_path, 1)
    assert environment == {"TMPDIR": "/elsewhere"}


@pytest.mark.parametrize("free", [0, 1 << 60])
def test_memory_that_is_short_or_not_there_is_left_alone(tmp_path: Path, free: int) -> None:
    environment: dict[str, str] = {}
    assert not use_memory(environment, tmp_path if free else tmp_path / "none", free)
    assert environment == {}


def test_memory_in_which_nothing_may_be_executed_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's libraries are unpacked into it."""

    class Mounted:
        f_flag = os.ST_NOEXEC

    monkeypatch.setattr("tests.kit.inmemory.os.statvfs", lambda _: Mounted)
    assert not use_memory({}, tmp_path, 1)
