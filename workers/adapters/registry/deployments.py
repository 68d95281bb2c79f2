"""What ``renkei deploy`` put into an engine: every key that it was ever given, and the pack that owns an id."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from workers.adapters.registry.outbox_tables import deployed_definition, deployed_file
from workers.adapters.registry.statements import insert_once

_t = deployed_definition


@dataclass(frozen=True, kw_only=True)
class DeployedDefinition:
    """One version of a process, decision, requirements graph or form in an engine.

    ``sha256`` is of the file as it lies in the pack; ``nonce``, where there is one, was added to what the engine got.
    ``deployment_key``: the call; definitions of one call find each other (None: recorded before calls were).
    """

    engine_id: str
    kind: str
    definition_id: str
    key: int
    version: int
    sha256: str
    pack: str
    deployed_at: datetime
    deployment_key: int | None = None
    nonce: str | None = None


class Deployments:
    """The ``deployed_definition`` table."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def record(self, definition: DeployedDefinition) -> bool:
        """Keep a key; False when it was known: the engine answers an unchanged file with the key it has."""
        return await insert_once(self._session, _t, ("engine_id", "key"), asdict(definition))

    async def keep_file(self, sha256: str, content: bytes) -> None:
        """Keep what a file held when it was deployed; once for each content."""
        await insert_once(self._session, deployed_file, ("sha256",), {"sha256": sha256, "content": content})

    async def file(self, sha256: str) -> bytes | None:
        """Return what a deployed file held; None where it was deployed before files were kept."""
        query = select(deployed_file.c.content).where(deployed_file.c.sha256 == sha256)
        found: bytes | None = await self._session.scalar(query)
        return found

    async def find(self, engine_id: str, key: int) -> DeployedDefinition | None:
        """Return what was deployed under a key; None: by another hand, or not at all."""
        return await self._first(select(_t).where(_t.c.engine_id == engine_id, _t.c.key == key))

    async def latest(self, engine_id: str, kind: str, definition_id: str) -> DeployedDefinition | None:
        """Return the newest version of an id that renkei deployed."""
        return await self._first(self._of_id(engine_id, kind, definition_id).order_by(_t.c.version.desc()).limit(1))

    async def packs(self, engine_id: str, kind: str, definition_id: str) -> set[str]:
        """Return the packs that ever deployed an id: another pack than these is refused."""
        rows = await self._session.execute(self._of_id(engine_id, kind, definition_id))
        return {row.pack for row in rows}

    async def of_call(self, engine_id: str, deployment_key: int) -> list[DeployedDefinition]:
        """Return everything that one call brought into the engine, by kind, id and version."""
        query = select(_t).where(_t.c.engine_id == engine_id, _t.c.deployment_key == deployment_key)
        rows = await self._session.execute(query.order_by(_t.c.kind, _t.c.definition_id, _t.c.version))
        return [DeployedDefinition(**row._mapping) for row in rows]  # noqa: SLF001 (SQLAlchemy's documented name)

    def _of_id(self, engine_id: str, kind: str, definition_id: str) -> Select[tuple[object, ...]]:
        return select(_t).where(_t.c.engine_id == engine_id, _t.c.kind == kind, _t.c.definition_id == definition_id)

    async def _first(self, query: Select[tuple[object, ...]]) -> DeployedDefinition | None:
        row = (await self._session.execute(query)).first()
        return None if row is None else DeployedDefinition(**row._mapping)  # noqa: SLF001 (documented name)
