"""A Word or Excel document as PDF, to be looked at in the browser, where the machine has LibreOffice.

One at a time, in a folder and with a profile of its own; a document's bytes never change, so each is made once.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Final

from workers.errors import RetryableError

READABLE: Final = frozenset({".docx", ".xlsx", ".odt", ".ods", ".doc", ".xls"})
_SECONDS: Final = 60
_one_at_a_time = asyncio.Semaphore(1)


def office() -> str | None:
    """Return LibreOffice's program, None where the machine has none."""
    return shutil.which("soffice") or shutil.which("libreoffice")


async def as_pdf(content: bytes, suffix: str, kept: Path) -> bytes:
    """Return a document as PDF, kept at ``kept`` for the next time; raises RetryableError where it cannot be made."""
    known = await asyncio.to_thread(lambda: kept.read_bytes() if kept.is_file() else None)
    if known is not None:
        return known
    program = office()
    if program is None or suffix not in READABLE:
        raise RetryableError("この文書は表示できません")
    async with _one_at_a_time:
        made = await _made(program, content, suffix)
    await asyncio.to_thread(_keep, made, kept)
    return made


async def _made(program: str, content: bytes, suffix: str) -> bytes:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / f"document{suffix}"
        await asyncio.to_thread(source.write_bytes, content)
        arguments = ("--headless", "--norestore", f"-env:UserInstallation=file://{folder}/profile")
        process = await asyncio.create_subprocess_exec(
            program,
            *arguments,
            *("--convert-to", "pdf", "--outdir", str(folder), str(source)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            await asyncio.wait_for(process.wait(), _SECONDS)
        except (TimeoutError, asyncio.CancelledError):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
            raise RetryableError("文書の表示に時間がかかりすぎました") from None
        result = folder / "document.pdf"
        if not result.is_file():
            raise RetryableError("この文書は表示できません")
        return await asyncio.to_thread(result.read_bytes)


def _keep(content: bytes, kept: Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    part = kept.with_suffix(".part")
    part.write_bytes(content)
    part.replace(kept)
