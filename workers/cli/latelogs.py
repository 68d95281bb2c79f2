"""Structured logs for commands that hardly ever log: they are set up by the first entry.

Importing structlog takes longer than most commands. Nothing may reach stderr past it: entries and exceptions of
libraries hold personal data.
"""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType


def expect_logs(level: str) -> None:
    """Have the first entry of any library, or the first uncaught exception, set up ``workers.logs``."""
    root = logging.getLogger()
    root.handlers[:] = [_FirstEntry(level)]
    root.setLevel(level)
    logging.captureWarnings(capture=True)

    def uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        _configure(level)
        sys.excepthook(kind, error, trace)

    def uncaught_in_thread(arguments: threading.ExceptHookArgs) -> None:
        _configure(level)
        threading.excepthook(arguments)

    sys.excepthook = uncaught
    threading.excepthook = uncaught_in_thread


class _FirstEntry(logging.Handler):
    """Hands the first entry over to the logs that it sets up; they replace this handler."""

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.wanted = wanted

    def emit(self, record: logging.LogRecord) -> None:
        """Set the logs up and let them write the entry."""
        _configure(self.wanted)
        logging.getLogger(record.name).handle(record)


def _configure(level: str) -> None:
    from workers.logs import configure

    configure(level)
