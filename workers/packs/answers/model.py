"""A form as its questions to a partner, made from the same ``.form`` that the owner edits (ALL-2, ALL-17).

What the office alone fills in is left out, see :mod:`workers.readers.officeparts`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from workers.domain.text import shown
from workers.errors import InputError
from workers.packs.answers.options import Option, resolved
from workers.packs.diagrams.dates import DATE, KIND
from workers.packs.diagrams.form_fields import DEMANDED, is_demand
from workers.packs.diagrams.forms import Form
from workers.readers.officeparts import office_part

Kind = Literal["line", "text", "date", "number", "choice", "choices", "tick"]
_KINDS: Final[Mapping[str, Kind]] = {
    "textfield": "line",
    "textarea": "text",
    "number": "number",
    "select": "choice",
    "radio": "choice",
    "checklist": "choices",
    "checkbox": "tick",
}
_SILENT: Final = frozenset({"text", "html", "expression", "table", "separator", "spacer", "image", "button"})
_LONGEST: Final = {"line": 300, "text": 10_000}

Context = Mapping[str, Any] | None
_Demands = tuple[tuple[str, ...], ...]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Question(_Part):
    """One field. ``given``: shown, not asked; ``office``: what the office enters, nobody asks for it.

    ``hides``: FEEL conditions under which it does not apply; ``demands``: under which it must be answered although
    it is not ``required``, each a list of conditions of which none may hold. ``fixed``: the value that every partner's
    answer has; ``today``: that is the day on which the answer comes.
    """

    type: Literal["question"] = "question"
    key: str
    label: str
    kind: Kind
    help: str = ""
    required: bool = False
    shortest: int = 0
    longest: int = 0
    pattern: str = ""
    email: bool = False
    options: tuple[Option, ...] = ()
    hides: tuple[str, ...] = ()
    demands: tuple[tuple[str, ...], ...] = ()
    given: bool = False
    office: bool = False
    today: bool = False
    fixed: str | None = None

    @property
    def asked(self) -> bool:
        """Whether the partner answers it."""
        return not self.given and not self.office


class Rows(_Part):
    """A list of rows. ``grows``: the partner may add rows; else each row that is there is answered."""

    type: Literal["rows"] = "rows"
    key: str
    label: str
    help: str = ""
    questions: tuple[Question, ...]
    grows: bool = True
    hides: tuple[str, ...] = ()
    demands: tuple[tuple[str, ...], ...] = ()


Part = Annotated[Question | Rows, Field(discriminator="type")]


class AnswerForm(_Part):
    """The questions of a form in their order. ``title``: what the form calls itself."""

    id: str
    title: str
    parts: tuple[Part, ...]

    def questions(self) -> Iterator[Question]:
        """Yield the questions outside of lists."""
        yield from (part for part in self.parts if isinstance(part, Question))

    def lists(self) -> Iterator[Rows]:
        """Yield the lists."""
        yield from (part for part in self.parts if isinstance(part, Rows))


def answer_form(form: Form, context: Context) -> AnswerForm:
    """Return what a form asks a partner.

    ``context`` holds the variables that its choices come from (``cityOptions``); None: only the form is looked at.
    Raises InputError (Japanese, naming the component) for what no partner could be asked: an unknown component, choices
    that cannot be found.
    """
    return AnswerForm(id=form.id, title=_title(form), parts=tuple(_parts(form.content, context)))


def _title(form: Form) -> str:
    for part in form.content["components"]:
        first = str(part.get("text") or "").strip().splitlines()[:1]
        if part.get("type") == "text" and first and first[0].startswith("#"):
            return first[0].lstrip("# ").strip()
    return form.id


def _parts(container: Mapping[str, Any], context: Context, hides: tuple[str, ...] = ()) -> Iterator[Part]:
    parts = [part for part in container.get("components") or [] if isinstance(part, dict)]
    demands: dict[str, list[tuple[str, ...]]] = {}
    for part in filter(is_demand, parts):
        demands.setdefault(str(part["properties"].get(DEMANDED)), []).append((*hides, *_hide(part)))
    for part in parts:
        kind = part.get("type")
        if is_demand(part) or kind in _SILENT:
            continue
        inner_hides = (*hides, *_hide(part))
        if kind == "group" and not part.get("path"):
            yield from _parts(part, context, inner_hides)
        elif kind == "dynamiclist":
            yield _rows(part, context, inner_hides, tuple(demands.get(str(part.get("path")), ())))
        elif kind in _KINDS and part.get("key"):
            if kind == "textarea" and part.get("readonly") is True and not container.get("path"):
                continue  # what the office's screen shows beside the form stands in the mail
            yield _question(part, context, inner_hides, tuple(demands.get(str(part["key"]), ())))
        else:
            raise InputError(f"部品 {part.get('id')}", f"相手方への様式にできない部品です（{shown(kind)}）")


def _rows(
    part: Mapping[str, Any],
    context: Context,
    hides: tuple[str, ...],
    demands: tuple[tuple[str, ...], ...],
) -> Rows:
    inner = list(_parts(part, context))
    questions = tuple(question for question in inner if isinstance(question, Question))
    if len(questions) != len(inner) or not questions:
        raise InputError(f"部品 {part.get('id')}", "表の中に表を入れた様式は、相手方に送れません")
    return Rows(
        key=str(part.get("path") or ""),
        label=str(part.get("label") or ""),
        help=str(part.get("description") or ""),
        questions=questions,
        grows=part.get("allowAddRemove") is not False,
        hides=hides,
        demands=demands,
    )


def _question(
    part: Mapping[str, Any],
    context: Context,
    hides: tuple[str, ...],
    demands: tuple[tuple[str, ...], ...],
) -> Question:
    properties, rules = part.get("properties") or {}, part.get("validate") or {}
    kind = _KINDS[str(part["type"])]
    if properties.get(KIND) == DATE:
        kind = "date"
    office = office_part(part)
    given = not office.omitted and (part.get("readonly") is True or part.get("disabled") is True)
    options: tuple[Option, ...] = ()
    if kind in ("choice", "choices") and not given and not office.omitted:
        options = tuple(o for o in resolved(part, context) if o.value not in office.kept)
    return Question(
        key=str(part["key"]),
        label=str(part.get("label") or ""),
        kind=kind,
        help=str(part.get("description") or ""),
        required=bool(rules.get("required")),
        shortest=int(rules.get("minLength") or 0),
        longest=int(rules.get("maxLength") or _LONGEST.get(kind, 0)),
        pattern="" if kind == "date" else str(rules.get("pattern") or ""),
        email=rules.get("validationType") == "email",
        options=options,
        hides=hides,
        demands=demands,
        given=given,
        office=office.omitted,
        today=office.today,
        fixed=office.value,
    )


def _hide(part: Mapping[str, Any]) -> tuple[str, ...]:
    hide = (part.get("conditional") or {}).get("hide")
    return (hide.removeprefix("=").strip(),) if isinstance(hide, str) and hide.strip() else ()
