"""Every page of the desk, and the menu: who adds a page adds a line here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.routing import BaseRoute

from workers.pages.desk import (
    book,
    cases,
    due,
    figures,
    home,
    life,
    lifechanges,
    lists,
    mails,
    opening,
    starting,
    taskfiles,
    tasks,
)
from workers.pages.desk.face import PREFIX, Desk, NavEntry, page_route

NAV: Final[Sequence[NavEntry]] = (
    NavEntry(title="机", path=f"{PREFIX}/"),
    NavEntry(title="案件", path=f"{PREFIX}/cases"),
    NavEntry(title="台帳", path=f"{PREFIX}/book"),
    NavEntry(title="期日", path=f"{PREFIX}/due"),
    NavEntry(title="数字", path=f"{PREFIX}/figures"),
    NavEntry(title="取込み", path=f"{PREFIX}/import", for_offices=True),
)


def routes(desk: Desk) -> list[BaseRoute]:
    """Return the routes, their paths without ``/desk``."""
    return [
        page_route(desk, "/", home.home),
        page_route(desk, "/book", book.book),
        page_route(desk, "/book/file/{kind}", book.book_file),
        page_route(desk, "/due", due.due),
        page_route(desk, "/due/calendar", due.make_feed, methods=("POST",)),
        page_route(desk, "/due/calendar/end", due.end_feed, methods=("POST",)),
        due.calendar_route(desk),
        page_route(desk, "/figures", figures.figures),
        page_route(desk, "/agreement/{agreement_id}", life.agreement),
        page_route(desk, "/agreement/{agreement_id}/file/{document_id:int}", life.document),
        page_route(desk, "/agreement/{agreement_id}/contacts", lifechanges.contacts, methods=("POST",)),
        page_route(desk, "/agreement/{agreement_id}/facts", lifechanges.facts, methods=("POST",)),
        page_route(desk, "/agreement/{agreement_id}/signing", lifechanges.signing, methods=("POST",)),
        page_route(desk, "/agreement/{agreement_id}/parent", lifechanges.parent, methods=("POST",)),
        page_route(desk, "/agreement/{agreement_id}/copy", lifechanges.signed_copy, methods=("POST",)),
        page_route(desk, "/agreement/{agreement_id}/begin", life.begin, methods=("POST",)),
        page_route(desk, "/open/{case}", opening.opened),
        page_route(desk, "/cases", cases.cases),
        page_route(desk, "/case/{case}", cases.case),
        page_route(desk, "/case/{case}/picture", cases.picture),
        page_route(desk, "/case/{case}/survey", cases.survey),
        page_route(desk, "/case/{case}/document/{document}", cases.document),
        page_route(desk, "/case/{case}/document/{document}/preview", cases.preview),
        page_route(desk, "/case/{case}/files", cases.files, methods=["POST"]),
        page_route(desk, "/case/{case}/note", cases.note, methods=["POST"]),
        page_route(desk, "/case/{case}/mail/{mail}", mails.mail),
        page_route(desk, "/case/{case}/mail/{mail}/again", mails.again, methods=["POST"]),
        page_route(desk, "/start", starting.choose),
        page_route(desk, "/start/{city}/{process}", starting.show),
        page_route(desk, "/start/{city}/{process}", starting.typed, methods=["POST"]),
        page_route(desk, "/task/{key}", tasks.task),
        page_route(desk, "/task/{key}", tasks.typed, methods=["POST"]),
        page_route(desk, "/task/{key}/files", taskfiles.files, methods=["POST"]),
        page_route(desk, "/task/{key}/claim", tasks.claim, methods=["POST"]),
        page_route(desk, "/task/{key}/give-back", tasks.give_back, methods=["POST"]),
        page_route(desk, "/task/{key}/done", tasks.done),
        page_route(desk, "/import", lists.choose),
        page_route(desk, "/import", lists.upload, methods=("POST",)),
        page_route(desk, "/import/{token}", lists.preview),
        page_route(desk, "/import/{token}/columns", lists.columns, methods=("POST",)),
        page_route(desk, "/import/{token}/take", lists.take, methods=("POST",)),
        page_route(desk, "/import/{token}/give-up", lists.give_up, methods=("POST",)),
    ]
