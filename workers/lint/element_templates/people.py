"""Templates of user tasks: one for each form, with group, due date, what the form shows and who completed it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from workers.lint.element_templates.calls import back_field
from workers.lint.element_templates.offers import Offers
from workers.lint.element_templates.parts import (
    KEPT,
    LISTED,
    MAPPED,
    Property,
    Template,
    choice,
    frame,
    groups,
    hidden,
    input_,
    text,
)
from workers.lint.element_templates.used import Used
from workers.packs.answersteps import PARTNER, PROPERTY
from workers.packs.diagrams import forms
from workers.packs.diagrams.form_fields import fields as form_fields
from workers.packs.diagrams.forms import Form

LISTENER: Final[Mapping[str, str]] = {"type": "zeebe:executionListener", "eventType": "end", "retries": "5"}
_GROUPS: Final = {"who": "担当と期限", "shown": "画面に初めに出しておくもの"}
_USUAL_DAYS: Final = 14
_HEADING: Final = re.compile(r"^#+\s*(?P<title>.+?)\s*$", re.MULTILINE)
_NUMBER: Final = re.compile(r"^[①-⑳(（]?[0-9①-⑳]*[)）.．-]?[0-9]*\s*")


def _page_field() -> Property:
    """Return the field that says whether a partner may answer by its page (ALL-2)."""
    return text(
        {"type": "zeebe:property", "name": PROPERTY},
        identity=PROPERTY,
        label="相手方のページ",
        group="who",
        help_=f"{PARTNER} と書くと、相手方がメールのリンクから開くページで答えられます。空なら職員だけが入れます",
    )


def task_template(form: Form, listener: str, used: Used, offers: Offers) -> Template:
    """Return the template of user tasks with a form; ``listener`` is the job type that records who completed them."""
    fields = [*_who(used, offers), back_field("who"), _page_field(), *_shown(form, used)]
    template = frame(
        "UserTask",
        identity=f"task.{form.id}",
        name=f"画面「{title_of(form)}」に入力する",
        shelf="person",
        description=f"職員が画面「{form.id}」に入力します",
    )
    return {
        **template,
        "groups": groups(fields, _GROUPS),
        "entriesVisible": {"outputs": True, "executionListeners": False},
        "properties": [
            hidden({"type": "zeebe:userTask"}),
            hidden({"type": "zeebe:formDefinition", "property": "formId"}, form.id),
            hidden({"type": "zeebe:formDefinition", "property": "bindingType"}, "deployment"),
            hidden(LISTENER, listener),
            *fields,
        ],
    }


def title_of(form: Form) -> str:
    """Return what a form calls itself: its first heading without its number, else its id."""
    for component in forms.components(form):
        found = _HEADING.search(str(component.get("text") or ""))
        if found and "{" not in found["title"]:
            return _NUMBER.sub("", found["title"]) or found["title"]
    return form.id


def due_in(days: int) -> str:
    """Return the due date so many days after the task began, at the end of office hours."""
    return f'=string(date(date and time(now(), "Asia/Tokyo")) + duration("P{days}D")) + "T17:15:00+09:00"'


def _who(used: Used, offers: Offers) -> Iterator[Property]:
    usual = used.usual(used.groups) or "=[officeGroup]"
    yield choice(
        {"type": "zeebe:assignmentDefinition", "property": "candidateGroups"},
        offers.choices("groups", used.groups),
        identity=f"{LISTED}groups",
        label="受け持つ課",
        group="who",
        value=usual,
        required=True,
    )
    yield text(
        {"type": "zeebe:taskSchedule", "property": "dueDate"},
        identity=f"{MAPPED}due",
        label="期限",
        group="who",
        value=used.usual(used.due) or due_in(_USUAL_DAYS),
        help_="P14D の 14 を、日数に変えます。前の「期限を決める」の期限までなら =deadline.dueAt、照会の中なら =dueAt",
        required=True,
        feel=True,
    )


def _shown(form: Form, used: Used) -> Iterator[Property]:
    """Yield the inputs: those that the pack's tasks have, filled in, then a form's other fields, left open."""
    labels = {one.path: one.label for one in form_fields(form) if "." not in one.path}
    for name in dict.fromkeys([*used.inputs, *labels]):
        stands = used.inputs.get(name)
        yield text(
            input_(name),
            identity=f"{MAPPED if stands else KEPT}{name}",
            label=f"{labels.get(name, '見せるもの')}（{name}）",
            group="shown",
            value=used.usual(stands) if stands and used.everywhere(stands) else "",
            feel=True,
        )
