"""What a browser sends: the fields of a form, and files, each read no further than it may be long."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from workers.errors import InputError
from workers.readers.attachedfile import AttachedFile, FileLimits, check_file, too_large
from workers.settings import Settings

_LARGEST: Final = 1_000_000
_MOST_FIELDS: Final = 20
_MULTIPART: Final = "multipart/form-data"


@dataclass(kw_only=True)
class Incoming:
    """The fields of a form, none where it was too large; its files, and what is wrong with them (Japanese)."""

    fields: dict[str, str] = field(default_factory=dict, repr=False)
    files: list[AttachedFile] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class _TooLongError(Exception):
    """More was sent than any allowed form holds."""


def file_limits(settings: Settings) -> FileLimits:
    """Return the limits of the files that people send, partners and staff alike."""
    return FileLimits(size=settings.pages_file_megabytes * 1_000_000, count=settings.pages_files)


async def read_incoming(request: Request, limits: FileLimits | None = None) -> Incoming:
    """Return what a form sent. ``limits``: those of its files; without them it may have none.

    Raises ClientDisconnect where the browser went away.
    """
    if request.headers.get("content-type", "").startswith(_MULTIPART):
        return await _with_files(request, limits) if limits else Incoming()
    try:
        body = b"".join([part async for part in _counted(request, _LARGEST)])
    except _TooLongError:
        return Incoming()
    found = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    return Incoming(fields={name: values[-1] for name, values in found.items()})


async def _counted(request: Request, largest: int) -> AsyncGenerator[bytes, None]:
    """Yield a request's body; raises _TooLongError after reading on to twice the length, so that the answer is seen."""
    length = 0
    async for part in request.stream():
        length += len(part)
        if length <= largest:
            yield part
        elif length > 2 * largest:
            break
    if length > largest:
        raise _TooLongError


_TOO_LONG: Final = Headers({"too-long": "yes"})
"""Stands for the headers of a file that was cut off."""


class _Parser(MultiPartParser):
    """Reads files no further than one may be long; what is longer keeps its name."""

    largest: int = 0
    length: int = 0

    def on_part_begin(self) -> None:
        """Count anew."""
        self.length = 0
        super().on_part_begin()

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        """Take a part's bytes; what a file has beyond the largest is only counted."""
        file = self._current_part.file
        self.length += end - start
        if file is None or self.length <= self.largest:
            super().on_part_data(data, start, end)
        else:
            file.headers = _TOO_LONG


async def _with_files(request: Request, limits: FileLimits) -> Incoming:
    whole = limits.size * limits.count + 2 * _LARGEST
    parser = _Parser(
        request.headers,
        _counted(request, whole),
        max_files=2 * limits.count,
        max_fields=_MOST_FIELDS,
        max_part_size=_LARGEST,
    )
    parser.largest = limits.size
    try:
        found = await parser.parse()
    except MultiPartException:
        return Incoming()
    except _TooLongError:
        return Incoming(problems=[f"一度に送れるのは、1つ{limits.size_text}まで、{limits.count}個までです"])
    taken = Incoming()
    try:
        for name, value in found.multi_items():
            if isinstance(value, UploadFile):
                await _take_file(taken, value, limits)
            else:
                taken.fields[name] = value
    finally:
        await found.close()
    return taken


async def _take_file(taken: Incoming, file: UploadFile, limits: FileLimits) -> None:
    name, long = file.filename or "", file.headers is _TOO_LONG
    if not name and not file.size and not long:
        return  # a browser sends this where no file was chosen
    try:
        if long:
            raise too_large(name, limits)
        content = await file.read()
        taken.files.append(await asyncio.to_thread(check_file, name, content, limits))
    except InputError as error:
        taken.problems.append(error.message)


def json_object(text: str) -> dict[str, Any]:
    """Return a JSON object that a form brought; an empty one for anything else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
