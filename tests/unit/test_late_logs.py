"""The logs of a command are set up by their first entry, which then says as little about persons as every other."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

_ADDRESS = "taro@partner.example.jp"
_RUN = f"""
import logging, sys, threading
from workers.cli.latelogs import expect_logs

expect_logs("WARNING")
logging.getLogger("httpx").info("not worth a word")
assert "structlog" not in sys.modules
logging.getLogger("httpx").warning("sent to %s", "{_ADDRESS}")
{{last}}
"""


def _entries(last: str) -> list[dict[str, object]]:
    run = subprocess.run(
        [sys.executable, "-c", _RUN.format(last=last)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert _ADDRESS not in run.stdout + run.stderr
    return [json.loads(line) for line in run.stderr.splitlines()]


def test_the_first_entry_comes_out_once_and_without_what_it_was_given() -> None:
    (entry,) = _entries("")
    assert (entry["event"], entry["level"], entry["logger"]) == ("sent to %s", "warning", "httpx")


def test_an_uncaught_exception_is_logged_without_its_text() -> None:
    _, entry = _entries(f"raise ValueError({_ADDRESS!r})")
    assert (entry["event"], entry["level"]) == ("uncaught exception", "critical")


def test_an_uncaught_exception_of_a_thread_is_logged_without_its_text() -> None:
    _, entry = _entries(f"t = threading.Thread(target=lambda: [].index({_ADDRESS!r})); t.start(); t.join()")
    assert (entry["event"], entry["level"]) == ("uncaught exception in a thread", "critical")


def test_an_entry_of_our_own_comes_out_the_same_way_and_shows_no_local_variable() -> None:
    failing = f"address = {_ADDRESS!r}\nfrom workers.runtime import drain\ntry:\n    [].index(address)\n"
    _, entry = _entries(f"{failing}except ValueError:\n    drain._log.warning('call failed', exc_info=True)")
    assert (entry["event"], entry["logger"]) == ("call failed", "workers.runtime.drain")


def test_an_entry_of_our_own_may_be_the_first() -> None:
    text = f"from workers.cli.latelogs import expect_logs\nexpect_logs('WARNING')\naddress = {_ADDRESS!r}\n"
    text += "from workers.logs import get_logger\ntry:\n    [].index(address)\n"
    text += "except ValueError:\n    get_logger('ours').warning('call failed', exc_info=True, call_id=2)\n"
    root = Path(__file__).parents[2]
    run = subprocess.run([sys.executable, "-c", text], cwd=root, capture_output=True, text=True, check=True, timeout=60)
    assert (run.stdout, _ADDRESS in run.stderr) == ("", False)
    entry = json.loads(run.stderr)
    assert (entry["event"], entry["call_id"], entry["level"]) == ("call failed", 2, "warning")
