"""The control: a worker as pyzeebe's documentation writes it, which sends its mails itself.

pyzeebe as it comes, a new SMTP connection for each mail, no memory. What renkei's worker survives, this one must
not: a test that it passes too would prove nothing.

==================  =====================================================================
``CHAOS_CRASH``     ``before-complete:N``: SIGKILL after the mail of the job with number N
``CHAOS_DEAF``      the engine is not told of a job's first end: it delivers the job again
``CHAOS_LOG``       level of the log
==================  =====================================================================
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Any

import aiosmtplib
import grpc
from pyzeebe import ZeebeWorker

from tests.chaos.at_work import many_tasks
from tests.kit.smtp import HOST
from workers.localstack.launch import dies_with_parent

JOB_TYPE = "stock-notify"
PROCESS = "stock-survey"


def survey() -> dict[str, bytes]:
    """Return a diagram that notifies ``=count`` departments at once."""
    return many_tasks(PROCESS, JOB_TYPE)


class Stock:
    """The process. ``log``: where it logs, if anywhere."""

    def __init__(self, gateway: str, smtp_port: int, *, log: Path | None = None) -> None:
        self._argv = [*dies_with_parent(), sys.executable, "-m", "tests.chaos.stock", gateway, str(smtp_port)]
        self._log = log or Path(os.devnull)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **env: str) -> None:
        """Start the process."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, env=os.environ | env
            )

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """Kill the process with SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Stop the process with SIGTERM, which pyzeebe leaves to its user."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(number)
            process.wait(timeout=10)


@contextmanager
def stock(gateway: str, smtp_port: int, *, log: Path | None = None) -> Iterator[Stock]:
    """Yield a control that is not started yet and is dead afterwards."""
    process = Stock(gateway, smtp_port, log=log)
    try:
        yield process
    finally:
        process.kill()


async def _work(gateway: str, smtp_port: int) -> None:
    async with grpc.aio.insecure_channel(gateway) as channel:
        worker = ZeebeWorker(channel)
        if os.environ.get("CHAOS_DEAF"):
            _deaf_at_first(worker)

        async def notify(number: int, email: str = "", contact: str = "") -> None:
            letter = EmailMessage()
            letter["From"], letter["To"] = "office@city.example.jp", email or f"d{number}@city.example.jp"
            letter["Subject"], letter["Message-ID"] = "照会のお知らせ", make_msgid(domain="city.example.jp")
            letter["X-Sent"] = str(time.time())
            letter.set_content(f"{contact or '担当者'} 様\nご回答をお願いします。\n")
            await aiosmtplib.send(letter, hostname=HOST, port=smtp_port, timeout=20)
            if os.environ.get("CHAOS_CRASH") == f"before-complete:{number}":
                os.kill(os.getpid(), signal.SIGKILL)

        worker.task(task_type=JOB_TYPE)(notify)  # type: ignore[arg-type]  # as in bench/peers
        await worker.work()


def _deaf_at_first(worker: ZeebeWorker) -> None:
    complete, ended = worker.zeebe_adapter.complete_job, set[int]()

    async def deaf(job_key: int, variables: Any) -> Any:
        if job_key in ended:
            return await complete(job_key, variables)
        return ended.add(job_key)

    worker.zeebe_adapter.complete_job = deaf  # type: ignore[method-assign]


if __name__ == "__main__":
    logging.basicConfig(level=os.environ.get("CHAOS_LOG", "CRITICAL"))
    asyncio.run(_work(sys.argv[1], int(sys.argv[2])))
