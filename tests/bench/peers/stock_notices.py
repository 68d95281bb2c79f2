"""What renkei replaces: stock pyzeebe whose handler mails at once, over a new connection each.

``python -m tests.bench.peers.stock_notices SMTP_PORT GATEWAY``. Protocol: tests/bench/peer.py.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from email.message import EmailMessage
from typing import Any

import aiosmtplib
import grpc
from pyzeebe import ZeebeWorker

from tests.bench.peers.orders import Count, main, obey


def notice(department: dict[str, Any]) -> EmailMessage:
    """Return a notice of about the length of renkei's."""
    message = EmailMessage()
    message["From"] = "企画調整課 <kikaku@city.isesaki.example>"
    message["To"] = f"{department['code']}@bench.example"
    message["Subject"] = "連携事業に関する照会"
    message.set_content(f"{department['name']} 御中\n\n" + "提案された事業について意見をお聞かせください。\n" * 30)
    return message


async def program() -> None:
    """Work as ordered."""
    port, gateway = int(sys.argv[1]), sys.argv[2]

    @asynccontextmanager
    async def opened(job_type: str, count: Count) -> AsyncIterator[None]:
        async with grpc.aio.insecure_channel(gateway) as channel:
            worker = ZeebeWorker(channel)

            @worker.task(task_type=job_type)  # type: ignore[arg-type]  # pyzeebe's overloads take no coroutine
            async def notify(department: dict[str, Any]) -> dict[str, Any]:
                await aiosmtplib.send(notice(department), hostname="127.0.0.1", port=port)
                count.one()
                return {}

            work = asyncio.create_task(worker.work())
            try:
                yield
            finally:
                work.cancel()
                with suppress(asyncio.CancelledError):
                    await work

    await obey(opened)


if __name__ == "__main__":
    main(program)
