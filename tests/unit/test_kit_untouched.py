"""The comparison of a user's data before and after the tests: it sees what was touched, and nothing else."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path, PurePath
from typing import Any

import pytest

from tests.kit import untouched


class Demo:
    """A data folder as a demo leaves it, and what the commands tell of it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.mails = [{"message_id": "<1@city.example.jp>", "status": "sent"}]
        self.history = ["申出を受け付けた"]
        self.pid = 100
        for name in ("mails/1.eml", "files/ab/cd", "documents/c1/a.docx", "logs/worker.log", "zeebe/data/raft/1.log"):
            self.write(name, name)
        self.execute(
            "CREATE TABLE mail (id, status)",
            "CREATE TABLE engine_call (id, kind)",
            "CREATE TABLE sweep_run (id)",
            "INSERT INTO mail VALUES (1, 'sent')",
        )

    def ask(self, *arguments: str) -> Any:
        """Answer as ``renkei ARGUMENTS --json``."""
        return {
            ("mails",): self.mails,
            ("cases",): [{"id": "c1"}],
            ("case", "c1"): {"id": "c1", "history": self.history},
            ("status",): {"parts": [{"name": "worker", "pid": self.pid, "state": "ready", "memory_mb": 99}]},
        }[arguments]

    def write(self, name: str, content: str) -> None:
        """Write a file of the data folder."""
        path = self.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")

    def execute(self, *statements: str) -> None:
        """Change the registry."""
        with closing(sqlite3.connect(self.data / "registry.sqlite3")) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    def keep(self) -> untouched.Facts:
        """Return what there is."""
        return untouched.keep(self.data, self.ask)


@pytest.fixture
def demo(tmp_path: Path) -> Demo:
    return Demo(tmp_path)


def test_what_changes_by_itself_is_no_difference(demo: Demo) -> None:
    """Logs grow, the engine tidies up, the watch notes a morning."""
    before = demo.keep()
    demo.write("logs/worker.log", "longer")
    demo.write("zeebe/data/raft/2.log", "new")
    demo.execute("INSERT INTO sweep_run VALUES (1)", "INSERT INTO engine_call VALUES (1, 'remind-offices')")
    assert untouched.differences(before, demo.keep()) == []
    assert untouched.summary(before) == "1 case, 3 file, 1 mail, 1 process, 2 table"


@pytest.mark.parametrize(
    ("touch", "expected"),
    [
        (lambda demo: demo.write("mails/2.eml", "x"), "new: file mails/2.eml"),
        (lambda demo: demo.write("documents/c1/a.docx", "x"), "changed: file documents/c1/a.docx"),
        (lambda demo: (demo.data / "files/ab/cd").unlink(), "gone: file files/ab/cd"),
        (lambda demo: demo.write("mails/logs/1.eml", "x"), "new: file mails/logs/1.eml"),
        (lambda demo: demo.mails.append({"message_id": "<2@x>"}), "new: mail <2@x>"),
        (lambda demo: demo.history.append("x"), "changed: case c1"),
        (lambda demo: setattr(demo, "pid", 101), "changed: process worker"),
        (lambda demo: demo.execute("INSERT INTO engine_call VALUES (1, 'publish')"), "changed: table engine_call"),
        (lambda demo: demo.execute("UPDATE mail SET status = 'queued'"), "changed: table mail"),
    ],
)
def test_what_was_touched_is_told(demo: Demo, touch: Any, expected: str) -> None:
    """Each kind of thing once."""
    before = demo.keep()
    touch(demo)
    (line,) = untouched.differences(before, demo.keep())
    assert line.startswith(f"{expected}: ")


def test_the_commands_keep_and_compare(
    demo: Demo,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The exit code is 1 where something differs, and the output says what."""
    monkeypatch.setenv("RENKEI_DATA", str(demo.data))
    kept = str(tmp_path_factory.mktemp("kept") / "facts.json")
    assert untouched.main(["keep", kept], ask=demo.ask) == 0
    assert untouched.main(["compare", kept], ask=demo.ask) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("0 differences: ")
    demo.write("mails/2.eml", "x")
    assert untouched.main(["compare", kept], ask=demo.ask) == 1
    assert capsys.readouterr().out.startswith("new: file mails/2.eml")


def test_only_whole_folders_and_the_database_are_left_out() -> None:
    """Patterns hold for the top of the data folder alone."""
    assert untouched.changes(PurePath("registry.sqlite3-wal"))
    assert untouched.changes(PurePath("zeebe/a/b/c"))
    assert not untouched.changes(PurePath("stack.json"))
    assert not untouched.changes(PurePath("mails/registry.sqlite3"))
