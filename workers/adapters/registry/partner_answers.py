"""Partners' links and answers: the repository behind ``usecases.ports`` (ALL-2, ALL-3)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from workers.adapters.registry.partner_rounds import PartnerRounds
from workers.adapters.registry.partner_tables import partner_answer, partner_file, partner_link
from workers.domain.answers import AnswerFile, PartnerAnswer, PartnerLink, SeenLink
from workers.errors import PermanentError

_FILE = [column for column in partner_file.c if column.name != "content"]


class SqlPartnerAnswers(PartnerRounds):
    """Links and answers of the cases."""

    async def add_link(self, link: PartnerLink) -> None:
        """Keep a link; it has its id afterwards."""
        self._session.add(link)
        await self._session.flush()

    async def link(self, token_hash: str) -> PartnerLink | None:
        """Return the link of a secret word's hash, or None."""
        query = select(PartnerLink).where(partner_link.c.token_hash == token_hash)
        found: PartnerLink | None = await self._session.scalar(query)
        return found

    async def link_of(self, answer: PartnerAnswer) -> PartnerLink:
        """Return the link by which an answer came."""
        found = await self._session.get(PartnerLink, answer.link_id)
        if found is None:
            raise PermanentError(f"リンク {answer.link_id} が台帳にありません")
        return found

    async def open_links(self, case_id: str, element_id: str) -> list[PartnerLink]:
        """Return the links of a step that take an answer, oldest first."""
        t = partner_link.c
        query = select(PartnerLink).where(t.case_id == case_id, t.element_id == element_id, t.end.is_(None))
        return list(await self._session.scalars(query.order_by(t.id)))

    async def last_round(self, case_id: str, element_id: str) -> int:
        """Return the number of the last round of a step, 0 where no mail brought a link for it."""
        t = partner_link.c
        query = select(func.max(t.round)).where(t.case_id == case_id, t.element_id == element_id, t.round > 0)
        return await self._session.scalar(query) or 0

    async def add_answer(self, answer: PartnerAnswer) -> bool:
        """Keep an answer; False where the round has one already."""
        try:
            async with self._session.begin_nested():
                self._session.add(answer)
                await self._session.flush()
        except IntegrityError:
            return False
        return True

    async def answer(self, case_id: str, element_id: str, round_: int) -> PartnerAnswer | None:
        """Return the answer of a round of a step, or None."""
        t = partner_answer.c
        query = select(PartnerAnswer).where(t.case_id == case_id, t.element_id == element_id, t.round == round_)
        found: PartnerAnswer | None = await self._session.scalar(query)
        return found

    async def filed(self, case_id: str, element_id: str) -> list[PartnerAnswer]:
        """Return what came to a step by file, oldest first: their rounds are below 0."""
        t = partner_answer.c
        query = select(PartnerAnswer).where(t.case_id == case_id, t.element_id == element_id, t.round < 0)
        return list(await self._session.scalars(query.order_by(t.id)))

    async def kept(self, answer_id: int) -> PartnerAnswer:
        """Return an answer by its number; raises PermanentError where there is none."""
        found = await self._session.get(PartnerAnswer, answer_id)
        if found is None:
            raise PermanentError(f"回答 {answer_id} が台帳にありません")
        return found

    async def add_file(self, file: AnswerFile, content: bytes) -> None:
        """Keep a file that waits beside a draft."""
        values = {"name": file.name, "media_type": file.media_type, "size": file.size, "at": file.at}
        await self._session.execute(insert(partner_file).values(link_id=file.link_id, content=content, **values))

    async def files(self, link: PartnerLink | SeenLink) -> list[AnswerFile]:
        """Return the files that wait beside the drafts of a link's round, oldest first."""
        t, f = partner_link.c, partner_file.c
        same = select(t.id).where(t.case_id == link.case_id, t.element_id == link.element_id, t.round == link.round)
        rows = await self._session.execute(select(*_FILE).where(f.link_id.in_(same)).order_by(f.id))
        return [AnswerFile(**row) for row in rows.mappings()]

    async def file_content(self, file: AnswerFile) -> bytes:
        """Return a waiting file's bytes; raises PermanentError where it is gone."""
        f = partner_file.c
        found: bytes | None = await self._session.scalar(select(f.content).where(f.id == file.id))
        if found is None:
            raise PermanentError(f"添付のファイル {file.id} が台帳にありません")
        return found

    async def drop_file(self, file: AnswerFile) -> None:
        """Forget a waiting file."""
        await self._session.execute(delete(partner_file).where(partner_file.c.id == file.id))

    async def expired(self, now: datetime, *, limit: int) -> list[PartnerLink]:
        """Return links that expired with a draft."""
        t = partner_link.c
        query = select(PartnerLink).where(t.expires_at <= now, t.draft.is_not(None)).order_by(t.id).limit(limit)
        return list(await self._session.scalars(query))

    async def drop_expired_files(self, now: datetime) -> None:
        """Forget the files of links that expired; those of an answer still wait for the worker and stay."""
        t, f, a = partner_link.c, partner_file.c, partner_answer.c
        answered = select(a.id).where(a.case_id == t.case_id, a.element_id == t.element_id, a.round == t.round)
        expired = select(t.id).where(t.expires_at <= now, ~answered.exists())
        await self._session.execute(delete(partner_file).where(f.link_id.in_(expired)))
