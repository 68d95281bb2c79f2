"""The documents and mails of a case as it stands within a transaction: what an accepted text does to them."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from email import message_from_bytes, policy
from typing import Any

from lxml import etree
from sqlalchemy import select

from tests.kit.desk import ROOT
from tests.kit.hostile import EVALUATED
from workers.adapters.registry.outbox_tables import mail
from workers.errors import RenkeiError
from workers.usecases import render_document as documents
from workers.usecases.send_mail import send_mail

DOCUMENTS = ("offer", "proposal-sheet", "agreement")
MAILS = tuple(
    sorted(path.name.removesuffix(".txt.j2") for path in (ROOT / "templates/common/mail").glob("[a-z]*.txt.j2"))
)
_HEADERS = {
    "from", "to", "reply-to", "subject", "date", "message-id", "auto-submitted", "x-renkei-case", "mime-version",
    "content-type", "content-transfer-encoding",
}  # fmt: skip
_VALUES: dict[str, Any] = {"message": "", "reason": "", "failed_conditions": [], "project": None}


async def shown_in(unit: Any, text: str) -> list[str]:
    """Return the documents and mails of the newest case that can be made now and show a text."""
    return [name async for name, shown in _made(unit, (*DOCUMENTS, *MAILS), skip=True) if text in shown]


async def read(unit: Any, names: Iterable[str]) -> AsyncIterator[tuple[str, str]]:
    """Make documents and mails of the newest case and yield what a reader sees; raises what goes wrong."""
    async for made in _made(unit, names, skip=False):
        yield made


async def _made(unit: Any, names: Iterable[str], *, skip: bool) -> AsyncIterator[tuple[str, str]]:
    case = (await unit.cases.all())[-1]
    for name in names:
        try:
            async with unit.savepoint():
                shown = await (_document if name in DOCUMENTS else _mail)(unit, case, name)
        except (RenkeiError, AttributeError, LookupError, TypeError):
            if not skip:
                raise
        else:
            yield name, shown


async def _document(unit: Any, case: Any, name: str) -> str:
    city = unit.cities.city(case.city)
    context = await documents._CONTEXTS[name](unit, case, city, True)
    content, _, _ = unit.renderer.render(city=city.code, name=name, context=context)
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return "".join(map(str, etree.fromstring(file.read("word/document.xml")).itertext()))


async def _mail(unit: Any, case: Any, name: str) -> str:
    await send_mail(unit, case.id, template=name, to="partner", attach=[], values=_VALUES, department=None, key="read")
    raw = await unit._session.scalar(select(mail.c.raw).order_by(mail.c.id.desc()).limit(1))
    message = message_from_bytes(raw, policy=policy.SMTP)
    body = message.get_body(("plain",))
    return f"{message['Subject']}\n{message['To']}\n{body.get_content() if body else ''}"


def check_mail(raw: bytes, recipient: str, what: str, check: Callable[[str, bool], None]) -> None:
    """Look whether a text has added headers or recipients to a mail, or was evaluated in it; tell ``check``."""
    message = message_from_bytes(raw, policy=policy.SMTP)
    names = Counter(name.lower() for name in message.keys())  # noqa: SIM118 (repeated headers count)
    check(f"{what}: headers {names}", set(names) <= _HEADERS and max(names.values()) == 1)
    to = [address.addr_spec for address in message["To"].addresses] if message["To"] else []
    check(f"{what}: recipients {len(to)}", to == [recipient])
    body = message.get_body(("plain",))
    shown = f"{body.get_content() if body else ''}{message['Subject']}"
    check(f"{what}: evaluated", body is not None and EVALUATED not in shown)
