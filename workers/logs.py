"""Structured logs on stderr, one JSON object a line, without personal data.

Three walls: our own entries name ids, types and outcomes only; exceptions are logged as types and places, never with
their text; entries of other libraries keep their message template but none of its arguments (pyzeebe logs whole jobs,
aiosmtplib and httpx log addresses). At last, whatever looks like an e-mail address is replaced.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

_ADDRESS = re.compile(r"[^\s<>\"'=,;:()\[\]]+(?:@|＠|%40)[^\s<>\"',;()\[\]]+")
_NEVER_BELOW_WARNING = (
    "pyzeebe", "aiosmtplib", "httpx", "httpcore", "sqlalchemy", "aiosqlite", "psycopg", "urllib3", "requests_oauthlib",
    "oauthlib", "alembic", "asyncio", "uvicorn", "grpc", "mail.log",
)  # fmt: skip


def get_logger(name: str) -> Any:
    """Return a module's logger. Its entries go to the standard library's logging and nowhere else, at any time.

    Structlog as it comes prints to stdout, with the local variables of an exception's frames.
    """
    if not structlog.is_configured():
        structlog.configure(
            processors=[
                structlog.stdlib.filter_by_level,
                *_chain(),
                structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
            ],
            logger_factory=structlog.stdlib.LoggerFactory(),
            wrapper_class=structlog.stdlib.BoundLogger,
            cache_logger_on_first_use=False,
        )
    return structlog.get_logger(name)


def _chain() -> list[structlog.typing.Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=False),
        places_only,
        redact_addresses,
    ]


def configure(level: str = "INFO") -> None:
    """Send structlog's and every library's entries to stderr as JSON, at ``level`` and above."""
    get_logger(__name__)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_chain(),
            use_get_message=False,  # the template alone: arguments of other libraries hold jobs and addresses
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False, default=_type_name),
            ],
        )
    )
    handler.addFilter(_text_only)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _NEVER_BELOW_WARNING:
        logger = logging.getLogger(name)
        logger.setLevel(max(logging.WARNING, logging.getLevelName(level)))
        logger.handlers.clear()
        logger.propagate = True
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_uncaught
    threading.excepthook = _log_uncaught_in_thread


def places_only(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace ``exc_info`` by exception types and code places: the text of an exception may name a person."""
    given = event.pop("exc_info", None)
    if not given:
        return event
    error = given if isinstance(given, BaseException) else sys.exc_info()[1] if given is True else given[1]
    if error is not None:
        event["exception"] = described(error)
    return event


def described(error: BaseException) -> list[str]:
    """Return an exception and its causes as ``Type at file:line in function`` texts, innermost frame last."""
    lines: list[str] = []
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        current = pending.pop(0)
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        frames = traceback.extract_tb(current.__traceback__)[-6:]
        places = " > ".join(f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames)
        lines.append(f"{type(current).__name__} at {places}" if places else type(current).__name__)
        if isinstance(current, BaseExceptionGroup):
            pending.extend(current.exceptions)
        pending.append(current.__cause__ or (None if current.__suppress_context__ else current.__context__))
    return lines


def redact_addresses(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace whatever looks like an e-mail address, in every value."""
    return {key: _redacted(value) for key, value in event.items()}


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return _ADDRESS.sub("[address]", value)
    if isinstance(value, (bool, int, float)) or value is None:
        return value
    if isinstance(value, dict):
        return {_redacted(key): _redacted(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_redacted(item) for item in value]
    return value


def _text_only(record: logging.LogRecord) -> bool:
    """Keep an object, such as an exception, from being rendered as a message."""
    if not isinstance(record.msg, (str, dict)):
        record.msg = type(record.msg).__name__
    return True


def _short(filename: str) -> str:
    return "/".join(filename.replace("\\", "/").split("/")[-3:])


def _type_name(value: object) -> str:
    return type(value).__name__


def _log_uncaught(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    get_logger(__name__).critical("uncaught exception", exc_info=error)


def _log_uncaught_in_thread(arguments: threading.ExceptHookArgs) -> None:
    get_logger(__name__).critical("uncaught exception in a thread", exc_info=arguments.exc_value)
