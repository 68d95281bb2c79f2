"""Documents: rows in the registry, bytes in the file store."""

from __future__ import annotations

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from workers.adapters.files import FileStore
from workers.adapters.registry import tables
from workers.adapters.registry.statements import dialect, insert
from workers.domain.entities import Document
from workers.usecases.ports import Clock

_t = tables.document


class SqlDocuments:
    """Documents of the cases. The bytes are on the disk before the row is committed, never the other way round."""

    def __init__(self, session: AsyncSession, files: FileStore, clock: Clock) -> None:
        self._session = session
        self._files = files
        self._clock = clock

    async def store(  # noqa: PLR0913 (the port's own parameters)
        self, *, case_id: str, kind: str, name: str, media_type: str, content: bytes, draft: bool
    ) -> Document:
        """Keep a file; the same content of the same kind is kept once, and storing it again makes it the newest."""
        sha256 = await self._files.write(content)
        newest = select(func.coalesce(func.max(_t.c.revision), 0) + 1).where(_t.c.case_id == case_id, _t.c.kind == kind)
        row = insert(dialect(self._session), _t).values(
            case_id=case_id,
            kind=kind,
            name=name,
            media_type=media_type,
            sha256=sha256,
            size=len(content),
            draft=draft,
            created_at=self._clock.now(),
            revision=newest.scalar_subquery(),
        )
        key = [_t.c.case_id, _t.c.kind, _t.c.sha256, _t.c.draft]
        inserted = await self._session.scalar(row.on_conflict_do_nothing(index_elements=key).returning(_t.c.id))
        same = [_t.c.case_id == case_id, _t.c.kind == kind, _t.c.sha256 == sha256, _t.c.draft == draft]
        if inserted is None:
            await self._session.execute(update(_t).where(*same).values(revision=newest.scalar_subquery()))
        document: Document = (await self._session.scalars(select(Document).where(*same))).one()
        return document

    async def latest(self, case_id: str, kind: str) -> Document | None:
        """Return the newest document of a kind."""
        query = select(Document).where(_t.c.case_id == case_id, _t.c.kind == kind)
        newest: Document | None = await self._session.scalar(
            query.order_by(_t.c.revision.desc(), _t.c.id.desc()).limit(1)
        )
        return newest

    async def of_case(self, case_id: str) -> list[Document]:
        """Return all documents of a case, oldest first."""
        query = select(Document).where(_t.c.case_id == case_id).order_by(_t.c.id)
        return list(await self._session.scalars(query))

    async def read(self, document: Document) -> bytes:
        """Return the bytes; raises PermanentError when they are gone or no longer match the hash."""
        return await self._files.read(document.sha256)
