"""Uploaded lists while somebody looks at them: the file, what its columns are read as, the reading that goes on.

A list lies in a folder of its own until it is taken, given up, or a day old. Only the sign-in that brought it sees it.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from workers.adapters.listfiles import open_rows
from workers.domain.cities import City
from workers.errors import InputError, RenkeiError
from workers.readers.listcells import Unwritten
from workers.usecases.import_agreements import ImportOptions, ImportResult, import_agreements
from workers.wiring import Services

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

LARGEST: Final = 100 * 1024 * 1024
"""Bytes of a list that is uploaded; longer ones go by the command."""

_DAY: Final = 24 * 3600
_TOKEN: Final = re.compile(r"[0-9a-f]{32}")
_ENDINGS: Final = {".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods"}
_NAME: Final = 120


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A list that lies here. ``name``: what the person calls the file; ``owner``: the sign-in that brought it."""

    token: str
    folder: Path
    name: str
    owner: str
    city: str
    columns: Mapping[str, str] = field(default_factory=dict)
    unwritten: tuple[int, int] | None = None

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / "list"

    def keep(self) -> None:
        """Keep what is known of it beside the file."""
        known = {key: getattr(self, key) for key in ("name", "owner", "city", "columns", "unwritten")}
        (self.folder / "known.json").write_text(json.dumps(known, ensure_ascii=False), encoding="utf-8")

    def forget(self) -> None:
        """Remove it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def find(root: Path, token: str, owner: str) -> Upload | None:
    """Return a list by its token, None for one of another sign-in and for none."""
    folder = root / token
    if not _TOKEN.fullmatch(token) or not (folder / "known.json").is_file():
        return None
    known = json.loads((folder / "known.json").read_text(encoding="utf-8"))
    unwritten = known.pop("unwritten")
    found = Upload(token=token, folder=folder, unwritten=tuple(unwritten) if unwritten else None, **known)
    return found if secrets.compare_digest(found.owner, owner) else None


async def receive(root: Path, content_type: str, stream: AsyncIterator[bytes], *, owner: str, city: str) -> Upload:
    """Write the file of a form to the disk as it comes; raises InputError for none, a large one, another kind."""
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if not boundary:
        raise InputError("ファイル", "一覧のファイルを選んでください")
    _sweep(root)
    token = secrets.token_hex(16)
    folder = root / token
    folder.mkdir(parents=True, mode=0o700)
    part = _Part(folder / "list")
    try:
        parser = MultipartParser(boundary, part.callbacks)
        async for chunk in stream:
            await asyncio.to_thread(parser.write, chunk)
        parser.finalize()
        name = part.name()
        upload = Upload(token=token, folder=folder, name=name, owner=owner, city=city)
        upload.keep()
    except FormParserError:
        shutil.rmtree(folder, ignore_errors=True)
        raise InputError("ファイル", "送られたものを読めません。もう一度選んで送ってください") from None
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        part.close()
    return upload


class _Part:
    """Takes the one file of a form from the parser's calls."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._size = 0
        self._header, self._value = b"", b""
        self._given = ""
        self._takes = False
        self.callbacks: MultipartCallbacks = {
            "on_part_begin": self._begin,
            "on_header_field": self._field,
            "on_header_value": self._said,
            "on_header_end": self._headed,
            "on_part_data": self._data,
        }

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def name(self) -> str:
        """Return the file's name; raises InputError where there was no file, or one that no list can be."""
        name = re.sub(r"[\x00-\x1f\x7f]", "", self._given.replace("\\", "/").rpartition("/")[2])[-_NAME:]
        if not name or self._size == 0:
            raise InputError("ファイル", "一覧のファイル（Excel か CSV）を選んでください")
        if Path(name).suffix.lower() not in _ENDINGS:
            raise InputError(name, "一覧は Excel ブック（.xlsx）か CSV にしてください")
        return name

    def _begin(self) -> None:
        self._takes = False

    def _field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _said(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _headed(self) -> None:
        if self._header.lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            if b"filename" in options and not self._given:
                self._given, self._takes = options[b"filename"].decode("utf-8", "replace"), True
        self._header, self._value = b"", b""

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._takes:
            self._size += end - start
            if self._size > LARGEST:
                size = LARGEST // 1024 // 1024
                raise InputError(
                    "ファイル", f"大きすぎます。{size}MBまでです。それより大きい一覧は、担当者に頼んでください"
                )
            self._file.write(data[start:end])


@dataclass
class Reading:
    """A list that is being read, or taken: how far, and what came of it."""

    takes: bool
    rows: int = 0
    result: ImportResult | None = None
    problem: str = ""
    task: asyncio.Task[None] | None = None

    @property
    def done(self) -> bool:
        """Whether it has come to an end."""
        return self.result is not None or bool(self.problem)


async def read_list(  # noqa: PLR0913 (what a page hands over)
    services: Services, city: City, upload: Upload, reading: Reading, *, by: str, correct: bool
) -> None:
    """Read a list for its preview, or take it; the result, or what is wrong with the file, goes to ``reading``.

    A preview leaves the registry as it was. Bad rows are left out when the list is taken.
    """

    def progress(rows: int) -> None:
        reading.rows = rows

    options = ImportOptions(
        columns=upload.columns,
        correct=correct,
        source=upload.name,
        unwritten=Unwritten(*upload.unwritten) if upload.unwritten else None,
    )
    try:
        async with services.open_unit() as uow:
            uow.by = by
            with open_rows(upload.path, name=upload.name) as rows:
                result = await import_agreements(uow, city, rows, options=options, progress=progress)
                result.notes += rows.notes
            if not reading.takes:
                await uow.rollback()
        reading.result = result
    except RenkeiError as error:
        reading.problem = error.message


def _sweep(root: Path) -> None:
    """Remove lists that nobody has taken for a day."""
    if root.is_dir():
        for folder in root.iterdir():
            if folder.stat().st_mtime < time.time() - _DAY:
                shutil.rmtree(folder, ignore_errors=True)
