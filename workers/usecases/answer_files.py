"""Files beside a partner's answer: kept with the link until they are sent, then files of the case (ALL-3).

Until the worker has taken an answer its files lie in the registry, so that a page server on a machine of its own needs
no disk in common with the workers. Variables never carry them.
"""

from __future__ import annotations

from collections.abc import Sequence

from workers.domain.answers import ATTACHMENT_KIND, AnswerFile, PartnerAnswer
from workers.errors import InputError
from workers.readers.attachedfile import AttachedFile, FileLimits
from workers.usecases.answer_links import takes_answer
from workers.usecases.journal import note
from workers.usecases.ports import UnitOfWork


async def attach_files(
    uow: UnitOfWork, token_hash: str, files: Sequence[AttachedFile], limits: FileLimits
) -> list[str]:
    """Keep files with a link's draft; returns what is wrong with the others (Japanese, each names its file).

    Those that are too many, or named as one that is there, are not kept; nothing is where the link has ended.
    """
    found = await takes_answer(uow, token_hash)
    if found is None:
        return []
    there = {file.name for file in await uow.answers.files(found.link)}
    problems = []
    for file in files:
        if file.name in there:
            problems.append(InputError(file.name, "同じ名前のファイルがもうあります。先のものを外してください"))
        elif len(there) >= limits.count:
            problems.append(InputError(file.name, f"添付できるのは{limits.count}個までです"))
        else:
            there.add(file.name)
            kept = AnswerFile(
                link_id=found.link.id,
                name=file.name,
                media_type=file.media_type,
                size=len(file.content),
                at=uow.clock.now(),
            )
            await uow.answers.add_file(kept, file.content)
    return [problem.message for problem in problems]


async def remove_file(uow: UnitOfWork, token_hash: str, file_id: int) -> None:
    """Take a file away before the answer is sent; nothing for one of another link."""
    found = await takes_answer(uow, token_hash)
    for file in await uow.answers.files(found.link) if found is not None else ():
        if file.id == file_id:
            await uow.answers.drop_file(file)


async def file_to_case(uow: UnitOfWork, answer: PartnerAnswer) -> None:
    """Make an answer's files files of its case; once that is done there is nothing left to do."""
    link = await uow.answers.link_of(answer)
    for file in await uow.answers.files(link):
        await uow.documents.store(
            case_id=answer.case_id,
            kind=ATTACHMENT_KIND,
            name=file.name,
            media_type=file.media_type,
            content=await uow.answers.file_content(file),
            draft=False,
        )
        await uow.answers.drop_file(file)
        await note(uow, answer.case_id, f"相手方のファイルを添付した: {file.name}")
