"""Which tasks of the diagrams show a form."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

_BPMN: Final = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_FORM: Final = f"{_BPMN}extensionElements/{{http://camunda.org/schema/zeebe/1.0}}formDefinition"


def tasks_with_form(folders: Sequence[Path], form: str) -> dict[str, str]:
    """Return the ids of the user tasks that show a form, with their names; a diagram that cannot be read has none."""
    from lxml import etree  # noqa: PLC0415 (seldom needed, and slow to load)

    found: dict[str, str] = {}
    for path in (path for folder in folders for path in sorted(folder.glob("*.bpmn"))):
        try:
            root = etree.parse(path, etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
        except (OSError, etree.XMLSyntaxError):
            continue
        for task in root.iter(f"{_BPMN}userTask"):
            shown = task.find(_FORM)
            if shown is not None and shown.get("formId") == form:
                found[task.get("id", "")] = " ".join((task.get("name") or "").split())
    return found
