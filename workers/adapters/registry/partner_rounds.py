"""What the partners' pages read and write, a statement each: a link with its round, a draft, an answer (ALL-2, ALL-3).

Hundreds of partners may answer within the same seconds. Entities, a statement for each of their parts and the form of
every link were most of a page's time.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, Update, and_, bindparam, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from workers.adapters.registry.columns import Json, Moment
from workers.adapters.registry.partner_tables import partner_answer, partner_file, partner_link
from workers.adapters.registry.statements import insert_first
from workers.domain.answers import LinkEnd, PartnerAnswer, SeenAnswer, SeenLink, SeenRound

_ROUND: Final = ("case_id", "element_id", "round")
_LINK: Final = (
    *("id", "token_hash", "case_id", "city", "element_id", "round", "title", "recipient_name", "recipient"),
    *("expires_at", "draft", "end", "ended_at"),
)


class PartnerRounds:
    """Links as the pages see them; what is written here counts up the row's version as the entities do."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def seen(self, token_hash: str) -> SeenRound | None:
        """Return what is known of the link of a secret word's hash, or None."""
        row = (await self._session.execute(_SEEN, {"token": token_hash})).first()
        if row is None:
            return None
        *link, said, state, at, has_files = row
        answer = None if at is None else SeenAnswer(said=said, state=state, at=at)
        found = SeenLink(**dict(zip(_LINK, link, strict=True)))
        return SeenRound(link=found, answer=answer, has_files=bool(has_files))

    async def form(self, token_hash: str) -> dict[str, Any]:
        """Return the form as it was when the link was made; an empty one for a word that is no link's."""
        return await self._session.scalar(_FORM, {"token": token_hash}) or {}

    async def keep_draft(self, token_hash: str, values: dict[str, Any], now: datetime) -> bool:
        """Keep a draft in every link of the round; False where the link takes no answer any more."""
        changed = await self._session.execute(_KEEP, {"token": token_hash, "values": values, "now": now})
        return changed.first() is not None

    async def take(self, answer: PartnerAnswer) -> int | None:
        """Keep an answer and return its number; None where the round has one already."""
        values = {
            **{name: getattr(answer, name) for name in (*_ROUND, "link_id", "values", "said", "at", "state")},
            "version": 1,
        }
        number: int | None = await insert_first(self._session, partner_answer, _ROUND, values)
        return number

    async def end_step(self, case_id: str, element_id: str, now: datetime) -> bool:
        """End the open links of a step that was answered by one; False where somebody has ended them meanwhile."""
        changed = await self._session.execute(_END, {"case": case_id, "element": element_id, "now": now})
        return changed.first() is not None

    async def drop_drafts(self, link: SeenLink) -> None:
        """Forget the drafts of a round that somebody else has ended."""
        of_round = {"case": link.case_id, "element": link.element_id, "number": link.round}
        await self._session.execute(_DROP, of_round)


def _seen() -> Select[Any]:
    t, a = partner_link.c, partner_answer.c
    other = partner_link.alias("other")
    files = exists().where(partner_file.c.link_id == other.c.id, *(other.c[name] == t[name] for name in _ROUND))
    answered = and_(*(a[name] == t[name] for name in _ROUND))
    return (
        select(*(t[name] for name in _LINK), a.said, a.state, a.at, files)
        .select_from(partner_link.outerjoin(partner_answer, answered))
        .where(t.token_hash == bindparam("token"))
    )


def _keep() -> Update:
    t, a = partner_link.c, partner_answer.c
    g, o = partner_link.alias("given").c, partner_link.alias("other").c
    takes = (
        g.token_hash == bindparam("token"),
        g.expires_at > bindparam("now", type_=Moment),
        or_(g.end.is_(None), g.end == LinkEnd.OFFICE),
        ~exists().where(*(a[name] == g[name] for name in _ROUND)),
    )
    # Of a round that the office has ended only the very link by which somebody still answers.
    round_ = select(o.id).where(*takes, *(o[name] == g[name] for name in _ROUND), or_(o.end.is_(None), o.id == g.id))
    values = {"draft": bindparam("values", type_=Json()), "version": t.version + 1}
    # The last condition is asked again where the row was changed by another transaction in between.
    still = or_(t.end.is_(None), t.end == LinkEnd.OFFICE)
    return update(partner_link).where(t.id.in_(round_), still).values(values).returning(t.id)


def _end() -> Update:
    t = partner_link.c
    ended = {"end": LinkEnd.ANSWERED, "ended_at": bindparam("now", type_=Moment), "draft": None}
    of_step = (t.case_id == bindparam("case"), t.element_id == bindparam("element"), t.end.is_(None))
    return update(partner_link).where(*of_step).values(**ended, version=t.version + 1).returning(t.id)


def _drop() -> Update:
    t = partner_link.c
    of_round = (t.case_id == bindparam("case"), t.element_id == bindparam("element"), t.round == bindparam("number"))
    return update(partner_link).where(*of_round, t.draft.is_not(None)).values(draft=None, version=t.version + 1)


_SEEN: Final = _seen()
_KEEP: Final = _keep()
_END: Final = _end()
_DROP: Final = _drop()
_FORM: Final = select(partner_link.c.form).where(partner_link.c.token_hash == bindparam("token"))
