"""Logs name ids and types, never people, whichever library writes them."""

from __future__ import annotations

import json
import logging as standard
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from workers import logs as logging

NAME = "山田太郎"
ADDRESS = "taro.yamada@partner.example.jp"


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = standard.getLogger()
    handlers, level, hook = root.handlers[:], root.level, sys.excepthook
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    sys.excepthook = hook
    standard.captureWarnings(capture=False)
    structlog.reset_defaults()


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    text = capsys.readouterr().err
    assert NAME not in text
    assert ADDRESS not in text
    assert "partner.example.jp" not in text
    return [json.loads(line) for line in text.splitlines()]


def test_our_entries_are_one_json_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    logging.configure("INFO")
    structlog.get_logger("workers.test").info("mail sent", mail_id=3, kind="survey-notice")
    (entry,) = logged(capsys)
    assert (entry["event"], entry["mail_id"], entry["kind"], entry["level"]) == (
        "mail sent",
        3,
        "survey-notice",
        "info",
    )


@pytest.mark.parametrize(
    "value",
    [ADDRESS, f"<{ADDRESS}>", {"to": [ADDRESS]}, f"mailto:{ADDRESS}", ADDRESS.replace("@", "%40"), (ADDRESS,)],
)
def test_whatever_looks_like_an_address_is_replaced(value: object, capsys: pytest.CaptureFixture[str]) -> None:
    logging.configure("DEBUG")
    structlog.get_logger("workers.test").warning(f"refused {ADDRESS}", value=value)
    (entry,) = logged(capsys)
    assert entry["event"] == "refused [address]"
    assert "[address]" in json.dumps(entry["value"])


def test_an_exception_is_logged_as_types_and_places_with_its_causes(capsys: pytest.CaptureFixture[str]) -> None:
    logging.configure("DEBUG")
    try:
        try:
            int(NAME)
        except ValueError as error:
            raise RuntimeError(f"{NAME} {ADDRESS}") from error
    except RuntimeError as error:
        structlog.get_logger("workers.test").error("job failed", exc_info=error)
    (entry,) = logged(capsys)
    assert [line.split(" at ")[0] for line in entry["exception"]] == ["RuntimeError", "ValueError"]
    assert "test_logs.py" in entry["exception"][0]


def test_libraries_keep_their_template_and_lose_their_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    logging.configure("DEBUG")
    standard.getLogger("pyzeebe.task.exception_handler").warning("failed job %s: %s", {"name": NAME}, NAME)
    standard.getLogger("some.library").info("whole job: %s", NAME)
    standard.getLogger("some.library").error(ValueError(NAME))
    assert [entry["event"] for entry in logged(capsys)] == ["failed job %s: %s", "whole job: %s", "ValueError"]


@pytest.mark.parametrize("name", ["pyzeebe.grpc_internals", "aiosmtplib", "httpx", "sqlalchemy.engine", "aiosqlite"])
def test_talkative_libraries_stay_silent_even_at_debug(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    logging.configure("DEBUG")
    ready_made = f"Got job: {NAME}"
    standard.getLogger(name).debug(ready_made)
    standard.getLogger(name).info(ready_made)
    assert logged(capsys) == []


def test_an_uncaught_exception_ends_in_the_log_without_its_text(capsys: pytest.CaptureFixture[str]) -> None:
    logging.configure("INFO")
    error = ValueError(NAME)
    sys.excepthook(ValueError, error, None)
    (entry,) = logged(capsys)
    assert (entry["event"], entry["exception"]) == ("uncaught exception", ["ValueError"])


def test_the_level_of_the_settings_holds(capsys: pytest.CaptureFixture[str]) -> None:
    logging.configure("WARNING")
    structlog.get_logger("workers.test").info("too quiet")
    assert logged(capsys) == []
