"""What a form asks a person for: each field with its path, whether it is required, and when it is seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from workers.packs.diagrams.dates import KIND
from workers.packs.diagrams.forms import Form

DEMAND: Final = "demand"
"""The kind of a component that stops the screen: a required radio without choices, hidden as soon as what it demands
(the key in ``renkei:for``, beside it) is there. So a list needs a row, and a field is required for one choice alone."""
DEMANDED: Final = "renkei:for"
_TYPED: Final = frozenset(
    ["checkbox", "checklist", "datetime", "number", "radio", "select", "taglist", "textarea", "textfield"]
)
_ROWS: Final = "rows"


@dataclass(frozen=True)
class FormField:
    """A field; rows of a list have ``*`` in their path (``rows.*.title``), a list is a field of the kind ``rows``.

    ``hides`` are its FEEL conditions; ``demands`` those of each component that demands it.
    """

    path: str
    label: str
    kind: str
    required: bool
    hides: tuple[str, ...]
    values: tuple[str, ...] = ()
    demands: tuple[tuple[str, ...], ...] = ()

    @property
    def row(self) -> str:
        """The path of the row around the field, empty outside lists."""
        return self.path.rpartition(".*.")[0] + ".*" if ".*." in self.path else ""

    @property
    def may_be_required(self) -> bool:
        """Whether the form asks for it under some choice."""
        return self.required or bool(self.demands)


def fields(form: Form) -> list[FormField]:
    """Return the fields that a person can fill in, in the order of the form."""
    return list(_fields(form.content, "", ()))


def is_demand(part: dict[str, Any]) -> bool:
    """Return whether a component only stops the screen, so that nobody types into it."""
    return (part.get("properties") or {}).get(KIND) == DEMAND


def _fields(container: dict[str, Any], prefix: str, hides: tuple[str, ...]) -> Iterator[FormField]:
    parts = [part for part in container.get("components") or [] if isinstance(part, dict)]
    demands: dict[str, list[tuple[str, ...]]] = {}
    for part in filter(is_demand, parts):
        demands.setdefault(str(part["properties"].get(DEMANDED)), []).append((*hides, *_hide(part)))
    for part in parts:
        kind, inner_hides = part.get("type"), (*hides, *_hide(part))
        if is_demand(part) or part.get("readonly") is True or part.get("disabled") is True:
            continue
        if kind in {"group", "dynamiclist"}:
            path = str(part.get("path") or "")
            below = f"{prefix}{path}{'.*' if kind == 'dynamiclist' else ''}."
            inner = list(_fields(part, below if path else prefix, inner_hides))
            if kind == "dynamiclist" and inner:
                demanded = tuple(demands.get(path, ()))
                label = str(part.get("label") or path)
                yield FormField(f"{prefix}{path}", label, _ROWS, False, inner_hides, demands=demanded)
            yield from inner
        elif kind in _TYPED and (key := part.get("key")):
            yield FormField(
                f"{prefix}{key}",
                str(part.get("label") or part.get("dateLabel") or key),
                str(kind),
                bool((part.get("validate") or {}).get("required")),
                inner_hides,
                _values(part),
                tuple(demands.get(str(key), ())),
            )


def _hide(part: dict[str, Any]) -> tuple[str, ...]:
    hide = (part.get("conditional") or {}).get("hide")
    return (hide.removeprefix("=").strip(),) if isinstance(hide, str) and hide.strip() else ()


def _values(part: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(value.get("value")) for value in part.get("values") or [] if isinstance(value, dict))
