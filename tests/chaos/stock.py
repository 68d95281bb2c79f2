"""The control: a worker as pyzeebe's documentation writes it, which sends its mails itself.

pyzeebe as it comes, a new SMTP connection for each mail, no memory. What renkei's worker survives, this one must
not: a test that it passes too would prove nothing.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import make_msgid

import aiosmtplib
import grpc
from pyzeebe import ZeebeWorker

from tests.chaos.at_work import many_tasks
from tests.kit.processes import dies_with_parent
from tests.kit.smtp import HOST

JOB_TYPE = "stock-notify"
PROCESS = "stock-survey"


def survey() -> dict[str, bytes]:
    """Return a diagram that notifies ``=count`` departments at once."""
    return many_tasks(PROCESS, JOB_TYPE)


class Stock:
    """The process."""

    def __init__(self, gateway: str, smtp_port: int) -> None:
        self._argv = [*dies_with_parent(), sys.executable, "-m", "tests.chaos.stock", gateway, str(smtp_port)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, **env: str) -> None:
        """Start the process."""
        self._process = subprocess.Popen(
            self._argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=os.environ | env,
        )  # fmt: skip

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """Kill the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(timeout=10)


@contextmanager
def stock(gateway: str, smtp_port: int) -> Iterator[Stock]:
    """Yield a control that is not started yet and is dead afterwards."""
    process = Stock(gateway, smtp_port)
    try:
        yield process
    finally:
        process.kill()


async def _work(gateway: str, smtp_port: int) -> None:
    async with grpc.aio.insecure_channel(gateway) as channel:
        worker = ZeebeWorker(channel)

        async def notify(number: int) -> None:
            letter = EmailMessage()
            letter["From"], letter["To"] = "office@city.example.jp", f"d{number}@city.example.jp"
            letter["Subject"], letter["Message-ID"] = "照会のお知らせ", make_msgid(domain="city.example.jp")
            letter["X-Sent"] = str(time.time())
            letter.set_content("ご回答をお願いします。\n")
            await aiosmtplib.send(letter, hostname=HOST, port=smtp_port, timeout=20)
            if os.environ.get("CHAOS_CRASH") == f"before-complete:{number}":
                os.kill(os.getpid(), signal.SIGKILL)

        worker.task(task_type=JOB_TYPE)(notify)
        await worker.work()


if __name__ == "__main__":
    asyncio.run(_work(sys.argv[1], int(sys.argv[2])))
