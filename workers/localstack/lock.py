"""One start or stop of a data folder's stack at a time, over processes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from workers.localstack.errors import StackError
from workers.localstack.progress import Reporter

_LOCK_SECONDS = 900.0


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
