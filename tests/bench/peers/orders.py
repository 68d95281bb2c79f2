"""The end of a peer's protocol (``tests/bench/peer.py``) in a Python program: orders from stdin, answers on stdout."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager


def say(words: str) -> None:
    """Answer the harness."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


class Count:
    """Counts completions that the engine has acknowledged and says when the wanted number is reached."""

    def __init__(self, wanted: int) -> None:
        self.wanted, self.done = wanted, 0

    def one(self) -> None:
        """Count one."""
        self.done += 1
        if self.done == self.wanted:
            say(f"done {self.done}")


Opened = Callable[[str, Count], AbstractAsyncContextManager[None]]


async def obey(opened: Opened) -> None:
    """Follow the orders until stdin ends; ``opened`` works on a job type for the time of its block."""
    loop = asyncio.get_running_loop()

    async def order() -> list[str]:
        line: str = await loop.run_in_executor(None, sys.stdin.readline)
        return line.split()

    say("ready")
    while words := await order():
        count = Count(int(words[2]))
        async with opened(words[1], count):
            say("opened")
            while await order() == ["count"]:
                say(f"count {count.done}")
        say(f"closed {count.done}")


def main(program: Callable[[], Awaitable[None]]) -> None:
    """Run a peer's program."""

    async def run() -> None:
        await program()

    asyncio.run(run())
