"""``AnswerForms``: the forms of the packs as workbooks, made from the same ``.form`` that the owner edits (ALL-17)."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from datetime import date
from io import BytesIO
from typing import Any, Final

from workers.adapters.documents.package import reproducible
from workers.adapters.documents.workbook import Heading, workbook
from workers.adapters.documents.workbook_reading import read_stamp, read_workbook
from workers.domain.cities import City
from workers.domain.entities import Case
from workers.domain.wareki import format_wareki
from workers.errors import InputError, PermanentError
from workers.packs.answers.model import AnswerForm, Question, answer_form
from workers.packs.diagrams import forms
from workers.packs.finding import CityPacks
from workers.usecases.ports import AnswerRequest, AnswerStamp, FiledAnswer

WORKBOOK: Final = ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx")
_EDITION_LENGTH: Final = 16
_TIMES: Final = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")
_MOMENT: Final = rb"\g<1>2026-01-01T00:00:00Z"

KnownAnswers = Callable[[Case, City], Mapping[str, Any]]


class WorkbookForms:
    """The forms that the packs have; a changed file is read at the next call."""

    def __init__(self, packs: CityPacks, known: KnownAnswers) -> None:
        """Create the forms; ``known`` tells what a case knows of a form's variables."""
        self._packs = packs
        self._known = known

    def title(self, city: str, form: str) -> str:
        """Return the heading of a form; raises PermanentError where the pack has none."""
        for part in self._load(city, form).content["components"]:
            text = str(part.get("text") or "")
            if part.get("type") == "text" and text.startswith("#"):
                return text.splitlines()[0].lstrip("# ").strip()
        return form

    def make(self, request: AnswerRequest) -> bytes:
        """Return the workbook of a request; raises PermanentError for a form that no partner could be asked."""
        case = request.case
        known = {**self._known(case, request.city), **request.values}
        try:
            form = answer_form(self._load(request.city.code, request.form), known)
        except InputError as error:
            raise PermanentError(f"様式 {request.form}: {error.message}") from error
        values = {name: value for name, value in known.items() if _asks(form, name)}
        asked = {"case": case.id, "form": form.model_dump(mode="json"), "values": values}
        text = json.dumps(asked, ensure_ascii=False, sort_keys=True)
        heading = Heading(
            case_id=case.id,
            edition=hashlib.sha256(text.encode()).hexdigest()[:_EDITION_LENGTH],
            title=request.title or form.title,
            to=f"{request.city.name} {request.city.office.section}",
            partner=f"{case.partner.name}　{case.partner.contact}" if case.partner else "",
            due=f"{format_wareki(request.due_on, weekday=True)}まで" if request.due_on else "",
        )
        target = BytesIO()
        workbook(form, heading, values, asked).save(target)
        return reproducible(_timeless(target.getvalue()))

    def stamp(self, name: str, content: bytes) -> AnswerStamp:
        """Return which form a file is; raises InputError."""
        return read_stamp(name, content)

    def read(self, name: str, content: bytes, *, sent: bytes, today: date) -> FiledAnswer:
        """Return what a file says, by the copy that the partner got; raises InputError."""
        return read_workbook(name, content, sent=sent, today=today)

    def _load(self, city: str, form: str) -> forms.Form:
        try:
            return forms.load(self._packs.form_file(city, form))
        except InputError as error:
            raise PermanentError(error.message) from error


def _asks(form: AnswerForm, name: str) -> bool:
    part = next((part for part in form.parts if part.key == name), None)
    return part is not None and (not isinstance(part, Question) or part.asked or part.given)


def _timeless(content: bytes) -> bytes:
    """Return the package without the moment at which it was made: the same form is the same file."""
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as source, zipfile.ZipFile(target, "w") as result:
        for entry in source.infolist():
            part = source.read(entry)
            result.writestr(entry, _TIMES.sub(_MOMENT, part) if entry.filename == "docProps/core.xml" else part)
    return target.getvalue()
