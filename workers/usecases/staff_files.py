"""Files that staff add to a case: kept with it, and the history says who added them (ALL-15)."""

from __future__ import annotations

from typing import Final

from workers.errors import InputError
from workers.readers.attachedfile import AttachedFile
from workers.usecases.journal import note
from workers.usecases.ports import UnitOfWork

KIND: Final = "attachment"
SIGNED_COPY: Final = "signed-copy"


async def add_files(uow: UnitOfWork, case_id: str, files: list[AttachedFile], *, task: str = "") -> None:
    """Keep files with a case; the same content is kept once. ``task``: what was being done, for the history."""
    at = f"作業「{task}」で" if task else ""
    for file in files:
        await uow.documents.store(
            case_id=case_id, kind=KIND, name=file.name, media_type=file.media_type, content=file.content, draft=False
        )
        await note(uow, case_id, f"{at}ファイルを加えた: {file.name}")


async def add_signed_copy(uow: UnitOfWork, agreement_id: str, file: AttachedFile) -> None:
    """Keep the copy of an agreement that bears the signatures with its signing case (ALL-25).

    Raises InputError for another file than a PDF, and for an agreement from before renkei: it has no such case.
    """
    agreement = await uow.agreements.get(agreement_id)
    if agreement.case_id is None:
        raise InputError("署名された協定書", "取り込んだ協定には、まだファイルを付けられません")
    if file.media_type != "application/pdf":
        raise InputError(file.name, "署名された協定書はPDFにしてください")
    await uow.documents.store(
        case_id=agreement.case_id,
        kind=SIGNED_COPY,
        name=file.name,
        media_type=file.media_type,
        content=file.content,
        draft=False,
    )
    await note(uow, agreement.case_id, f"署名された協定書を加えた: {file.name}")
