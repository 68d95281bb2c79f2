"""Fills the city's mail templates (ALL-2).

``mail/NAME.txt.j2`` holds the subject in its first line (``件名: …``), an empty line, then the body. The two are filled
apart, so that no value can turn a line of the subject into the body or the other way round.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from email import message_from_bytes
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID, uuid4

from jinja2 import Environment, FileSystemLoader, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from workers.adapters.mail.calendar import calendar_part
from workers.adapters.mail.headers import POLICY
from workers.adapters.mail.message import Letter, address, build, one_line, readdressed
from workers.adapters.mail.titles import mail_title
from workers.domain.cities import City, Department
from workers.domain.mails import LONGEST_SUBJECT, WrittenMail
from workers.errors import PermanentError
from workers.packs.tags import leftover_tags, leftover_words
from workers.packs.templatefiles import TemplateFolders
from workers.packs.templates import clean, environment, printable, read_text, template_error
from workers.usecases.ports import Cities, Clock, MailRequest, RenderedMail

TEXT: Final = ".txt.j2"
HTML: Final = ".html.j2"
SUBJECT_PART: Final = "#subject"
BODY_PART: Final = "#body"
IN_TASKLIST: Final = "タスク一覧（Tasklist）"
AT_DESK: Final = "職員の机"
"""What mails to staff call the place where tasks are."""
_SHOWN: Final = 30
_SUBJECT_LINE: Final = re.compile(r"件名[:：][ 　]*(?P<subject>.*)")


class JinjaMails:
    """``MailRenderer`` on the template folders.

    Every template knows ``tasklist_url``, ``desk_url`` and ``open_url``, where given; with ``open_url`` a mail to staff
    has ``task_link``, too, which opens their task of the case. ``task_list``: where staff find their tasks, in words:
    the desk where there is one. ``new_id`` is replaced by tests that compare bytes.
    """

    def __init__(  # noqa: PLR0913 (its ports, and the pages that mails name)
        self,
        folders: TemplateFolders,
        cities: Cities,
        clock: Clock,
        *,
        tasklist_url: str = "",
        open_url: str = "",
        desk_url: str = "",
        new_id: Callable[[], UUID] = uuid4,
    ) -> None:
        self._folders = folders
        self._cities = cities
        self._clock = clock
        self._new_id = new_id
        links = {"tasklist_url": tasklist_url, "open_url": open_url, "desk_url": desk_url}
        self._links = {name: url for name, url in links.items() if url}
        self._task_list = AT_DESK if desk_url else IN_TASKLIST
        self._open_url = open_url
        self._environments: dict[str, Environment] = {}

    def render(self, request: MailRequest, attachments: Sequence[tuple[str, str, bytes]] = ()) -> RenderedMail:
        """Return the finished mail; attachments are (name, media type, bytes).

        Raises InputError for an address that is none, PermanentError for a template that is missing or cannot be
        filled.
        """
        city = self._city(request)
        sender = address(city.sender.name, city.sender.address, "sender.address")
        to = address(request.recipient_name, request.recipient, "宛先")
        reply_to = address("", city.sender.reply_to, "sender.reply_to") if city.sender.reply_to else None
        if request.written is not None:
            subject, text, html = request.written.subject, request.written.body, None
        else:
            subject, text, html = self._fill(request.city, request.template, self._context(request))
        message_id = f"<{self._new_id()}@{sender.domain}>"
        raw = build(
            Letter(
                sender=sender,
                to=to,
                reply_to=reply_to,
                date=self._clock.now(),
                message_id=message_id,
                case_id=request.case_id,
                subject=subject,
                text=text,
                html=html,
                attachments=attachments,
                calendar=calendar_part(request.invitation, sender, self._clock.now()) if request.invitation else None,
            )
        )
        return RenderedMail(message_id=message_id, raw=raw)

    def _task_link(self, request: MailRequest) -> dict[str, str]:
        if not (self._open_url and request.group):
            return {}
        return {"task_link": f"{self._open_url}/{quote(request.case_id)}?group={quote(request.group)}"}

    def compose(self, request: MailRequest) -> WrittenMail:
        """Return subject and body of a mail that is not sent yet; raises PermanentError for a bad template."""
        subject, text, _ = self._fill(request.city, request.template, self._context(request))
        return WrittenMail(subject=one_line(subject, LONGEST_SUBJECT), body=text)

    def title(self, city: str, template: str) -> str:
        """Return what a mail is called in lists, see :func:`mail_title`."""
        return mail_title(self._folders, self._cities.city(city), template)

    def readdress(self, raw: bytes, recipient: str) -> RenderedMail:
        """Return a mail that was sent before, to another address; raises InputError for an address that is none."""
        old = message_from_bytes(raw, policy=POLICY)
        name = old["To"].addresses[0].display_name
        message_id = f"<{self._new_id()}@{old['From'].addresses[0].domain}>"
        to = address(name, recipient, "宛先のメールアドレス")
        return RenderedMail(message_id=message_id, raw=readdressed(raw, to, self._clock.now(), message_id))

    def _city(self, request: MailRequest) -> City:
        """Return the city with the office in charge of the mail's case: ``lead`` in its context, where given."""
        city = self._cities.city(request.city)
        lead = request.context.get("lead")
        return city.led_by(lead) if isinstance(lead, Department) else city

    def _context(self, request: MailRequest) -> dict[str, Any]:
        return {
            "case": SimpleNamespace(id=request.case_id),
            "drafts": [],
            "draft_label": "",
            "forms": [],
            "answer_link": "",
            "task_list": self._task_list,
            **request.context,
            **self._links,
            **self._task_link(request),
            "city": self._city(request),
            "today": self._clock.today(),
            "recipient_name": request.recipient_name,
        }

    def preview(self, city: str, template: str, context: Mapping[str, Any]) -> tuple[str, str]:
        """Return the subject and the body alone; ``context`` has to hold everything else, ``city`` too."""
        subject, text, _ = self._fill(city, template, {"task_list": self._task_list, **context})
        return subject, text

    def _fill(self, city: str, template: str, context: Mapping[str, Any]) -> tuple[str, str, str | None]:
        path = self._folders.find(city, "mail", template, TEXT)
        file = template + TEXT
        subject = one_line(self._part(city, file + SUBJECT_PART, context))
        if not subject:
            raise PermanentError(f"ひな形 {file}: 件名が空になりました")
        text = self._part(city, file + BODY_PART, context).strip("\n") + "\n"
        # A common HTML never goes with a city's own text: only the folder that gives the text gives the HTML
        html_file = template + HTML
        html = self._part(city, html_file, context) if path.with_name(html_file).is_file() else None
        return subject, text, html

    def _part(self, city: str, name: str, context: Mapping[str, Any]) -> str:
        try:
            return self._environment(city).get_template(name).render(context)
        except (TemplateError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError) as error:
            raise template_error(error, name.partition("#")[0]) from error

    def _environment(self, city: str) -> Environment:
        if city not in self._environments:
            folders = self._folders.search(city, "mail")
            self._environments[city] = mail_environment(folders)
        return self._environments[city]


def mail_environment(folders: Sequence[Path]) -> ImmutableSandboxedEnvironment:
    """Return the Jinja environment of mails from these folders; ``NAME.txt.j2#subject`` and ``…#body`` are parts."""
    return environment(
        loader=_MailLoader(folders),
        autoescape=lambda name: name is not None and name.endswith(HTML),
        finalize=_mail_value,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


class _MailLoader(FileSystemLoader):
    """Serves ``NAME.txt.j2#subject`` and ``…#body`` as templates of their own; lines keep their numbers."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        file, _, part = template.partition("#")
        path, up_to_date = self._file(environment, file)
        source = read_text(path)
        for tag in leftover_tags(source) if file.endswith(TEXT) else ():
            raise PermanentError(f"ひな形 {file}: {leftover_words(tag)}")
        if part:
            subject, body = subject_and_body(source, file)
            source = subject if part == SUBJECT_PART[1:] else "\n\n" + body
        return source, str(path), up_to_date

    def _file(self, environment: Environment, file: str) -> tuple[Path, Callable[[], bool]]:
        """Return where a file lies; the loader itself would read it as UTF-8 and say nothing of other encodings."""
        try:
            _, path, up_to_date = super().get_source(environment, file)
        except UnicodeDecodeError:
            (path, *_) = [f"{folder}/{file}" for folder in self.searchpath if Path(folder, file).is_file()]
            up_to_date = _never
        return Path(path), up_to_date


def subject_and_body(source: str, file: str) -> tuple[str, str]:
    """Return the two parts of a mail's text; raises PermanentError (Japanese) where its first two lines are wrong."""
    first, _, rest = source.partition("\n")
    match = _SUBJECT_LINE.fullmatch(first.rstrip("\r"))
    if match is None:
        raise PermanentError(
            f"ひな形 {file}: 1 行目がメールの件名になっていません。1 行目は「件名: 」で始めてください"
            f"（今は「{first.strip()[:_SHOWN]}」）"
        )
    empty, _, body = rest.partition("\n")
    if empty.strip():
        raise PermanentError(
            f"ひな形 {file}: 2 行目（件名と本文の間）は空けてください（今は「{empty.strip()[:_SHOWN]}」）"
        )
    return match["subject"], body


def _never() -> bool:
    return False


def _mail_value(value: Any) -> Any:
    value = printable(value)
    return value if hasattr(value, "__html__") else clean(str(value))
