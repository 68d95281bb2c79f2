"""Files that staff add to a case: kept with it, and the history says who added them (ALL-15)."""

from __future__ import annotations

from typing import Final

from workers.readers.attachedfile import AttachedFile
from workers.usecases.journal import note
from workers.usecases.ports import UnitOfWork

KIND: Final = "attachment"


async def add_files(uow: UnitOfWork, case_id: str, files: list[AttachedFile]) -> None:
    """Keep files with a case; the same content is kept once."""
    for file in files:
        await uow.documents.store(
            case_id=case_id, kind=KIND, name=file.name, media_type=file.media_type, content=file.content, draft=False
        )
        await note(uow, case_id, f"ファイルを加えた: {file.name}")
