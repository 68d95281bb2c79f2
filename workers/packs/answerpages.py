"""The steps that partners do on a page: user tasks that a diagram marks with the property ``page`` = ``partner``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from workers.domain.answers import AnswerPage
from workers.packs.diagrams import forms, model
from workers.packs.diagrams.model import Element, extension, extensions

PROPERTY: Final = "page"
PARTNER: Final = "partner"


def answer_page(folders: Iterable[Path], element_id: str) -> AnswerPage | None:
    """Return the marked user task of this id with its form, from the first folder that has one.

    Raises InputError for a diagram or a form that cannot be read.
    """
    for folder in folders:
        for path in sorted(folder.glob("*.bpmn")):
            for task in model.load(path).all("userTask"):
                if task.get("id") == element_id and is_for_partner(task):
                    return _page(task, path)
    return None


def is_for_partner(task: Element) -> bool:
    """Return whether a user task is marked as a partner's."""
    marks = extensions(task, "zeebe:properties/zeebe:property")
    return any((mark.get("name"), mark.get("value")) == (PROPERTY, PARTNER) for mark in marks)


def _page(task: Element, diagram: Path) -> AnswerPage | None:
    definition = extension(task, "formDefinition")
    form_id = "" if definition is None else definition.get("formId") or ""
    if not form_id:
        return None
    content = forms.load(diagram.with_name(f"{form_id}.form")).content
    title = " ".join((task.get("name") or "").split())
    return AnswerPage(element_id=task.get("id") or "", title=title, form_id=form_id, form=content)
