"""What a form asks a person for: each field with its path, whether it is required, and when it is seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from workers.lint.forms import Form

_TYPED: Final = frozenset(
    ["checkbox", "checklist", "datetime", "number", "radio", "select", "taglist", "textarea", "textfield"]
)
_ROWS: Final = "rows"


@dataclass(frozen=True)
class FormField:
    """A field; rows of a list have ``*`` in their path (``rows.*.title``). ``hides`` are its FEEL conditions.

    A list is a field of its own, of the kind ``rows``: required where a field of the form that never takes an answer
    (``properties.rows`` names the list) is shown as long as the list is empty.
    """

    path: str
    label: str
    kind: str
    required: bool
    hides: tuple[str, ...]
    values: tuple[str, ...] = ()

    @property
    def row(self) -> str:
        """The path of the row around the field, empty outside lists."""
        return self.path.rpartition(".*.")[0] + ".*" if ".*." in self.path else ""


def fields(form: Form) -> list[FormField]:
    """Return the fields that a person can fill in, in the order of the form."""
    stoppers = _stoppers(form.content)
    return list(_fields(form.content, "", (), stoppers))


def _fields(
    container: dict[str, Any], prefix: str, hides: tuple[str, ...], stoppers: frozenset[str]
) -> Iterator[FormField]:
    for part in container.get("components") or []:
        if not isinstance(part, dict) or part.get("readonly") is True or part.get("disabled") is True:
            continue
        kind, inner_hides = part.get("type"), (*hides, *_hide(part))
        if kind in {"group", "dynamiclist"}:
            path = str(part.get("path") or "")
            below = f"{prefix}{path}{'.*' if kind == 'dynamiclist' else ''}."
            inner = list(_fields(part, below if path else prefix, inner_hides, stoppers))
            if kind == "dynamiclist" and inner:
                yield FormField(f"{prefix}{path}", str(part.get("label") or path), _ROWS, path in stoppers, inner_hides)
            yield from inner
        elif kind in _TYPED and part.get("key") and _stops(part) is None:
            yield FormField(
                f"{prefix}{part['key']}",
                str(part.get("label") or part.get("dateLabel") or part["key"]),
                str(kind),
                _required(part),
                inner_hides,
                _values(part),
            )


def _required(part: dict[str, Any]) -> bool:
    return bool((part.get("validate") or {}).get("required"))


def _stops(part: dict[str, Any]) -> str | None:
    found = (part.get("properties") or {}).get("rows")
    return str(found) if found and _required(part) else None


def _stoppers(container: dict[str, Any]) -> frozenset[str]:
    found = set()
    for part in container.get("components") or []:
        if isinstance(part, dict):
            found |= {_stops(part)} | _stoppers(part)
    return frozenset(name for name in found if name)


def _hide(part: dict[str, Any]) -> tuple[str, ...]:
    hide = (part.get("conditional") or {}).get("hide")
    return (hide.removeprefix("=").strip(),) if isinstance(hide, str) and hide.strip() else ()


def _values(part: dict[str, Any]) -> tuple[str, ...]:
    if part.get("type") == "checkbox":
        return ("true", "false")
    return tuple(str(value.get("value")) for value in part.get("values") or [] if isinstance(value, dict))
