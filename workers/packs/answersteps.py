"""The steps that partners answer: tasks that show a form, and those that a diagram marks for a partner's page.

A user task of a partner's bears the property ``page``: ``partner`` where the partner may answer it on a page,
``office: why`` where it is the office's on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from workers.domain.answers import AnswerPage
from workers.errors import InputError
from workers.packs.diagrams import forms, model
from workers.packs.diagrams.forms import Form
from workers.packs.diagrams.model import Element, extension, extensions

PROPERTY: Final = "page"
PARTNER: Final = "partner"
OFFICE: Final = "office:"
_NUMBER: Final = re.compile(r"^[①-⑳(（]?[0-9A-Z①-⑳-]*[)）.．-]?[0-9①-⑳]*\s*")


def answer_page(folders: Iterable[Path], element_id: str) -> AnswerPage | None:
    """Return the marked user task of this id with its form, from the first folder that has one.

    Raises InputError for a diagram or a form that cannot be read.
    """
    for path, task in _user_tasks(folders):
        if task.get("id") == element_id and is_for_partner(task):
            return _page(task, path)
    return None


def tasks_with_form(folders: Iterable[Path], form: str) -> dict[str, str]:
    """Return the ids of the user tasks that show a form, with their names; a diagram that cannot be read has none."""
    return {
        task.get("id") or "": name_of(task)
        for _, task in _user_tasks(folders, skip_unreadable=True)
        if form_id(task) == form
    }


def page_mark(task: Element) -> str:
    """Return what a user task says of the partner's page, empty where it says nothing."""
    marks = extensions(task, "zeebe:properties/zeebe:property")
    return next((mark.get("value") or "" for mark in marks if mark.get("name") == PROPERTY), "")


def is_for_partner(task: Element) -> bool:
    """Return whether a user task is marked as a partner's."""
    return page_mark(task) == PARTNER


def form_id(task: Element) -> str:
    """Return the id of the form that a user task shows, empty for none."""
    definition = extension(task, "formDefinition")
    return "" if definition is None else definition.get("formId") or ""


def name_of(task: Element) -> str:
    """Return a task's name on one line."""
    return " ".join((task.get("name") or "").split())


def _user_tasks(folders: Iterable[Path], *, skip_unreadable: bool = False) -> Iterator[tuple[Path, Element]]:
    for path in (path for folder in folders for path in sorted(folder.glob("*.bpmn"))):
        try:
            tasks = list(model.load(path).all("userTask"))
        except InputError:
            if not skip_unreadable:
                raise
            continue
        yield from ((path, task) for task in tasks)


def _page(task: Element, diagram: Path) -> AnswerPage | None:
    if not (form := form_id(task)):
        return None
    shown = forms.load(diagram.with_name(f"{form}.form"))
    return AnswerPage(
        element_id=task.get("id") or "", title=_title(shown, name_of(task)), form_id=form, form=shown.content
    )


def _title(form: Form, task: str) -> str:
    """Return what a partner reads as the step's name: the form's heading, else the task's name, without its number."""
    heading = next((line for part in form.content["components"] for line in _heading(part)), "")
    wanted = heading if heading and "{" not in heading else task
    return _NUMBER.sub("", wanted) or wanted


def _heading(part: dict[str, Any]) -> Iterator[str]:
    line = str(part.get("text") or "").strip().partition("\n")[0]
    if part.get("type") == "text" and line.startswith("#"):
        yield line.lstrip("# ").strip()
