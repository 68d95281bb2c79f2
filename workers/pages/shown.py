"""The partner's pages as they are shown: one function a page, and what a request to a link knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from workers.domain.answers import AnswerFile, AnswerState, LinkEnd, SeenAnswer, SeenLink
from workers.domain.cities import City
from workers.domain.jst import jst_date
from workers.domain.wareki import format_moment, format_wareki
from workers.htmlpages import page_templates
from workers.pages.assets import STATIC_URL
from workers.pages.incoming import Incoming
from workers.pages.security import HEADERS, cookie_of, form_word, set_cookie
from workers.pages.steps import ShownStep
from workers.readers.attachedfile import KINDS, MEDIA_TYPES, FileLimits
from workers.readers.formanswer import Said
from workers.readers.writtenform import without_heading

_FOLDER: Final = Path(__file__).parent
_TEMPLATES: Final = page_templates(_FOLDER / "templates")
_TEMPLATES.filters["groups"] = lambda said: [list(group) for _, group in groupby(said, key=_row_of)]
_TEMPLATES.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
_AWAY: Final = 503
_NOT_OPEN: Final = 409
_KEPT_FIELDS: Final = ("word", "action", "values", "digest")


@dataclass(kw_only=True)
class Visit:
    """One request to a link's page: the word, its link, the answer and files of its round, the city that asks."""

    request: Request
    token: str
    link: SeenLink
    answer: SeenAnswer | None
    files: Sequence[AnswerFile]
    city: City
    today: date
    limits: FileLimits | None
    base: str = "/a/"
    form: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The form of a page whose link is no step's yet."""
    incoming: Incoming = field(default_factory=Incoming)

    @property
    def url(self) -> str:
        """The page's own address."""
        return f"{self.base}{self.token}"

    @property
    def fields(self) -> Mapping[str, str]:
        """The fields of the form that was sent."""
        return self.incoming.fields

    @property
    def takes(self) -> bool:
        """Whether an answer may come: in time, or beside what the office has entered."""
        return self.link.end is None or (self.link.end is LinkEnd.OFFICE and self.answer is None)


def closed_page(request: Request, status: int) -> Response:
    """Return the one page of everything that is no link."""
    return page(request, "closed.html.j2", status=status)


def stale_page(visit: Visit) -> Response:
    """Return the page of a form that does not come from a page of ours in the same browser."""
    return page(visit.request, "stale.html.j2", visit, status=403)


def away_page(request: Request, *, visit: Visit | None = None, fields: Mapping[str, str] | None = None) -> Response:
    """Return the page of an engine or a registry that is away. ``fields``: what was typed, to be sent once more."""
    kept = {name: fields[name] for name in _KEPT_FIELDS if fields and name in fields}
    action = request.url.path.removesuffix("/files")
    if lost := action != request.url.path:
        kept["action"] = "keep"
    return page(request, "away.html.j2", visit, status=_AWAY, fields=kept, action=action, lost_files=lost)


def not_open_page(visit: Visit, *, closed_on: date | None) -> Response:
    """Return the page of a step that the case has not come to, or does not come to any more."""
    until = format_wareki(jst_date(visit.link.expires_at), weekday=True)
    closed = format_wareki(closed_on, weekday=True) if closed_on else ""
    return page(visit.request, "not-open.html.j2", visit, status=_NOT_OPEN, until=until, closed=closed)


def held_page(request: Request) -> Response:
    """Return the page of an answer that was confirmed while the registry was away, and is sent when it is back."""
    return page(request, "held.html.j2", status=202)


def form_page(
    visit: Visit, step: ShownStep, given: Mapping[str, Any], *, problems: Sequence[str] = (), kept: bool = False
) -> Response:
    """Return the page with the form, filled with what is known and given."""
    schema = without_heading(step.form, visit.link.title)
    data = {"schema": schema, "data": {**step.known, **given, **step.fixed}}
    status = 422 if problems else 200
    more = {"data": data, "problems": problems, "kept": kept, "kinds": KINDS, "ends": ",".join(MEDIA_TYPES)}
    return page(visit.request, "form.html.j2", visit, status=status, **more)


def check_page(visit: Visit, said: Sequence[Said], digest: str) -> Response:
    """Return the page on which an answer is read once more before it is sent."""
    return page(visit.request, "check.html.j2", visit, said=said, digest=digest, ended_at=moment(visit.link.ended_at))


def ended_page(visit: Visit) -> Response:
    """Return the page of a step that was answered: by whom, when, and what was said by this way."""
    answer = visit.answer
    by_office = visit.link.end is LinkEnd.OFFICE or (answer is not None and answer.state is AnswerState.LATE)
    return page(
        visit.request,
        "ended.html.j2",
        visit,
        answer=answer,
        by_office=by_office,
        at=moment(answer.at if answer else visit.link.ended_at),
        entered_at=moment(visit.link.ended_at) if visit.link.end is LinkEnd.OFFICE else "",
        second="second" in visit.request.query_params,
    )


def _row_of(said: Any) -> str:
    return str(said["row"] if isinstance(said, Mapping) else said.row)


def moment(at: datetime | None) -> str:
    """Return a moment as people read it, empty where there is none."""
    return "" if at is None else format_moment(at)


def page(request: Request, template: str, visit: Visit | None = None, *, status: int = 200, **more: Any) -> Response:
    """Return a template's page; of a visit, with the word that its forms bring back."""
    cookie = cookie_of(request)
    word = form_word(cookie, visit.token) if visit else ""
    text = _TEMPLATES.get_template(template).render(visit=visit, word=word, static=STATIC_URL, **more)
    response = HTMLResponse(text, status, headers=HEADERS)
    if visit is not None:
        set_cookie(response, request, cookie, path=visit.base)
    return response
