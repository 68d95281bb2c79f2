"""What element templates are made of: the frame, the four groups of the chooser, icons, and the kinds of properties."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from workers.packs.modelertemplates import PREFIX

Template = dict[str, Any]
Property = dict[str, Any]

# Modeler takes a template for Camunda 8 only with this address, which names the format and is never fetched.
_SCHEMA: Final = "https://unpkg.com/@camunda/zeebe-element-templates-json-schema/resources/schema.json"
HELP_PAGE: Final = "http://127.0.0.1:8090/help/templates"
"""The worker's page that explains every template; Modeler's "?" opens it."""
KEPT: Final = "kept."
"""Begins the id of a property that is there only because a diagram has it, so that Modeler does not take it away."""
LISTED: Final = "list."
"""Begins the id of a property whose choices are a list of the pack: its mails, its documents, its deadlines."""
MAPPED: Final = "map."
"""Begins the id of a mapping; what it is filled with at first is the diagrams' most usual expression."""


@dataclass(frozen=True)
class Shelf:
    """A group of the chooser, with the icon of what stands there."""

    id: str
    name: str
    drawing: str

    @property
    def icon(self) -> str:
        """The icon as an address that holds it."""
        svg = (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 18 18" fill="none" stroke="#1a3a5c" '
            f'stroke-width="1.6"><path d="{self.drawing}"/></svg>'
        )
        return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


SHELVES: Final = {
    "person": Shelf("renkei-person", "人の作業", "M9 2a3 3 0 010 6 3 3 0 010-6zM3 16c0-8 12-8 12 0z"),
    "mail": Shelf("renkei-mail", "メールと文書", "M2 4h14v10H2zl7 6 7-6"),
    "record": Shelf("renkei-record", "台帳と記録", "M4 2h10v14H4zM7 6h4M7 9h4M7 12h4"),
    "procedure": Shelf("renkei-procedure", "手続・期限・呼び出し", "M4 16V2h10l-3 4 3 4H4"),
}


def frame(kind: str, *, identity: str, name: str, shelf: str, description: str) -> Template:
    """Return a template without its properties, for an element ``kind`` such as ``ServiceTask``."""
    group = SHELVES[shelf]
    return {
        "$schema": _SCHEMA,
        "name": name,
        "id": f"{PREFIX}{identity}",
        "description": description,
        "documentationRef": f"{HELP_PAGE}#{identity}",
        "version": 1,
        "category": {"id": group.id, "name": group.name},
        "icon": {"contents": group.icon},
        "engines": {"camunda": "^8.6"},
        "appliesTo": ["bpmn:Task", f"bpmn:{kind}"],
        "elementType": {"value": f"bpmn:{kind}"},
    }


def hidden(binding: Mapping[str, Any], value: object = None) -> Property:
    """Return what the template always sets; ``value`` None where the binding alone says it."""
    given = {} if value is None else {"value": value}
    return {"type": "Hidden", **given, "binding": dict(binding)}


def text(  # noqa: PLR0913 (the parts of a field, by name)
    binding: Mapping[str, Any],
    *,
    identity: str,
    label: str,
    group: str,
    value: str = "",
    help_: str = "",
    required: bool = False,
    feel: bool = False,
    condition: Mapping[str, Any] | None = None,
) -> Property:
    """Return a field to write into; an empty one that is not required leaves nothing in the diagram."""
    return {
        "id": identity,
        "type": "String",
        "label": label,
        **({"description": help_} if help_ else {}),
        "group": group,
        **({"feel": "required"} if feel else {}),
        **({"value": value} if value else {}),
        **_needed(binding, required=required),
        "binding": dict(binding),
        **({"condition": dict(condition)} if condition else {}),
    }


def choice(  # noqa: PLR0913 (the parts of a field, by name)
    binding: Mapping[str, Any],
    choices: Mapping[str, str],
    *,
    identity: str,
    label: str,
    group: str,
    value: str = "",
    help_: str = "",
    required: bool = False,
    condition: Mapping[str, Any] | None = None,
) -> Property:
    """Return a drop-down list of values with what each means; one that is not required can be left open."""
    offered = [{"name": name, "value": chosen} for chosen, name in choices.items()]
    if not required:
        offered.insert(0, {"name": "（選ばない）", "value": ""})
    return {
        "id": identity,
        "type": "Dropdown",
        "label": label,
        **({"description": help_} if help_ else {}),
        "group": group,
        **({"value": value} if value else {}),
        "choices": offered,
        **_needed(binding, required=required),
        "binding": dict(binding),
        **({"condition": dict(condition)} if condition else {}),
    }


def task_header(name: str) -> dict[str, str]:
    """Return the binding of a task header."""
    return {"type": "zeebe:taskHeader", "key": name}


def input_(name: str) -> dict[str, str]:
    """Return the binding of an input mapping."""
    return {"type": "zeebe:input", "name": name}


def output(source: str) -> dict[str, str]:
    """Return the binding of an output mapping: the field says into which variable its source goes."""
    return {"type": "zeebe:output", "source": source}


def groups(properties: Sequence[Property], labels: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the groups of fields that the properties are in, in the order of their labels."""
    used = {one.get("group") for one in properties}
    return [{"id": identity, "label": label} for identity, label in labels.items() if identity in used]


def _needed(binding: Mapping[str, Any], *, required: bool) -> dict[str, Any]:
    if required:
        return {"constraints": {"notEmpty": True}}
    may_be_left_out = binding["type"] in {"zeebe:input", "zeebe:output", "zeebe:property", "zeebe:taskHeader"}
    return {"optional": True, "constraints": {"notEmpty": False}} if may_be_left_out else {}
