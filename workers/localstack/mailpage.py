"""Pages of the mail sink: what was sent, newest first; each mail with its text and attachments.

Mails are hostile until shown otherwise: everything is escaped, HTML is shown as its text, attachments are only ever
downloaded, names are checked against a pattern, and no other site can read the pages (host check, no scripts).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from email.parser import BytesHeaderParser
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from workers.domain.jst import JST
from workers.htmlpages import SAFE_HEADERS, page_templates

_TEMPLATES = page_templates(Path(__file__).parent)
_NAME = re.compile(r"\d{8}T\d{6}\.\d{6}-[0-9a-f]{12}")
_PAGE_SIZE = 50
Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a mail; ``index`` is its number in the download address."""

    index: int
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as a person reads it. ``received`` is Japanese time; ``body`` and ``attachments`` only on its own page."""

    name: str
    received: datetime
    sender: str
    recipient: str
    subject: str
    date: str
    body: str = ""
    attachments: Sequence[Attachment] = ()


def make_app(folder: Path, lifespan: Lifespan | None = None) -> Starlette:
    """Return the application that shows the mails in ``folder``."""

    async def mails(request: Request) -> Response:
        page = _page_number(request)
        names = await run_in_threadpool(_names, folder)
        shown = names[(page - 1) * _PAGE_SIZE : page * _PAGE_SIZE]
        items = await run_in_threadpool(lambda: [_read(folder, name, whole=False) for name in shown])
        pages = max(1, -(-len(names) // _PAGE_SIZE))
        return _html("list", mails=items, total=len(names), page=page, pages=pages)

    async def mail(request: Request) -> Response:
        item = await run_in_threadpool(_read, folder, _existing(folder, request), whole=True)
        return _html("mail", mail=item)

    async def source(request: Request) -> Response:
        name = _existing(folder, request)
        content = await run_in_threadpool((folder / f"{name}.eml").read_bytes)
        return _download(content, f"{name}.eml")

    async def attachment(request: Request) -> Response:
        message = await run_in_threadpool(_message, folder, _existing(folder, request))
        parts = _attachment_parts(message)
        index = int(request.path_params["index"])
        if index >= len(parts):
            raise HTTPException(404)
        return _download(_bytes(parts[index]), _file_name(parts[index], index))

    async def health(_request: Request) -> Response:
        return PlainTextResponse("ok")

    return Starlette(
        routes=[
            Route("/", mails),
            Route("/healthz", health),
            Route("/mails/{name}", mail),
            Route("/mails/{name}/source", source),
            Route("/mails/{name}/attachments/{index:int}", attachment),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])],
        exception_handlers={HTTPException: _error},
        lifespan=lifespan,
    )


async def _error(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    text = "このメールはありません。" if status == 404 else "表示できません。"  # noqa: RUF100, PLR2004
    return PlainTextResponse(text, status_code=status, headers=SAFE_HEADERS)


def _page_number(request: Request) -> int:
    text = request.query_params.get("page", "1")
    return max(1, int(text)) if re.fullmatch(r"[0-9]{1,6}", text) else 1


def _names(folder: Path) -> list[str]:
    return sorted((path.stem for path in folder.glob("*.eml") if _NAME.fullmatch(path.stem)), reverse=True)


def _existing(folder: Path, request: Request) -> str:
    name = str(request.path_params["name"])
    if not _NAME.fullmatch(name) or not (folder / f"{name}.eml").is_file():
        raise HTTPException(404)
    return name


def _message(folder: Path, name: str) -> EmailMessage:
    message = message_from_bytes((folder / f"{name}.eml").read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101 (the default policy makes nothing else; tells mypy)
    return message


def _read(folder: Path, name: str, *, whole: bool) -> Mail:
    if whole:
        message = _message(folder, name)
        attachments = [
            Attachment(index, _file_name(part, index), len(_bytes(part)))
            for index, part in enumerate(_attachment_parts(message))
        ]
        body = _body(message)
    else:
        with (folder / f"{name}.eml").open("rb") as stream:
            message = BytesHeaderParser(policy=policy.default).parse(stream)
        attachments, body = [], ""
    received = datetime.strptime(name.partition("-")[0] + "+0000", "%Y%m%dT%H%M%S.%f%z").astimezone(JST)
    return Mail(
        name=name,
        received=received,
        sender=_header(message, "From"),
        recipient=_recipients(folder, name) or _header(message, "To"),
        subject=_header(message, "Subject") or "（件名なし）",
        date=_header(message, "Date"),
        body=body,
        attachments=attachments,
    )


def _recipients(folder: Path, name: str) -> str:
    try:
        envelope = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        return "、".join(str(address) for address in envelope["to"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, ""))
    except Exception:  # noqa: BLE001 (the parser raises many kinds on malformed headers; the mail is shown anyway)
        return "（読み取れません）"


def _attachment_parts(message: EmailMessage) -> list[MIMEPart]:
    body = _body_part(message)
    return [part for part in message.walk() if not part.is_multipart() and part is not body]


def _body_part(message: EmailMessage) -> MIMEPart | None:
    try:
        return message.get_body(("plain", "html"))
    except (KeyError, AttributeError, TypeError):
        return None


def _body(message: EmailMessage) -> str:
    part = _body_part(message)
    if part is None:
        return ""
    text = _text(part)
    if part.get_content_subtype() == "html":
        extractor = _TextOfHtml()
        extractor.feed(text)
        return extractor.text
    return text


def _text(part: MIMEPart) -> str:
    try:
        return str(part.get_content())
    except (LookupError, ValueError):  # an unknown or wrong charset
        return _bytes(part).decode("utf-8", "replace")


def _bytes(part: MIMEPart) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _file_name(part: MIMEPart, index: int) -> str:
    """Return a name without folders or control characters."""
    try:
        name = part.get_filename() or ""
    except Exception:  # noqa: BLE001 (as in _header)
        name = ""
    name = re.sub(r"[\x00-\x1f\x7f/\\]", "_", name).strip(". ")
    return name or f"attachment-{index + 1}"


def _download(content: bytes, name: str) -> Response:
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    headers = {**SAFE_HEADERS, "Content-Disposition": disposition}
    return Response(content, media_type="application/octet-stream", headers=headers)


def _html(view: str, **context: object) -> HTMLResponse:
    return HTMLResponse(_TEMPLATES.get_template("mailpage.html.j2").render(view=view, **context), headers=SAFE_HEADERS)


class _TextOfHtml(HTMLParser):
    """Collects what a person would read of an HTML mail."""

    _BREAKS = frozenset({"p", "div", "br", "tr", "li", "h1", "h2", "h3", "table"})
    _HIDDEN = frozenset({"script", "style", "head", "title"})

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._hidden += tag in self._HIDDEN
        if tag in self._BREAKS:
            self.text += "\n"

    def handle_endtag(self, tag: str) -> None:
        if tag in self._HIDDEN and self._hidden:
            self._hidden -= 1

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text += data
