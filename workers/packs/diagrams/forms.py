"""A Camunda form (.form, JSON) as the linter sees it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from workers.errors import InputError
from workers.packs.diagrams.seen import note

# Properties that form-js evaluates as FEEL; a text without "=" there would be shown or stored as it stands.
FEEL_ONLY: Final = frozenset({"hide", "dataSource", "valuesExpression", "columnsExpression", "expression"})
TYPED: Final = frozenset(
    ["checkbox", "checklist", "datetime", "number", "radio", "select", "taglist", "textarea", "textfield"]
)
_TEMPLATED: Final = frozenset(
    {"text", "label", "dateLabel", "timeLabel", "description", "content", "alt", "source", "url"}
)
_BRACES: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)


@dataclass(frozen=True)
class Form:
    """One parsed .form file; ``text`` as it stands in the file, to find lines."""

    path: Path
    content: dict[str, Any]
    text: str

    @property
    def id(self) -> str:
        """The form's id, empty where it has none."""
        identity = self.content.get("id")
        return identity if isinstance(identity, str) else ""

    def line_of(self, component: str) -> int | None:
        """Return the line on which a component's id stands."""
        match = re.search(rf'"id"\s*:\s*{re.escape(json.dumps(component, ensure_ascii=False))}', self.text)
        return self.text.count("\n", 0, match.start()) + 1 if match else None


@dataclass(frozen=True)
class Expression:
    """A FEEL text of a component. ``required``: only FEEL is possible there; ``body`` without ``=`` or braces."""

    component: str
    place: str
    text: str
    body: str
    required: bool


def load(path: Path) -> Form:
    """Parse a .form file, with a byte order mark or without.

    Raises InputError (Japanese, with the line) when it is no form.
    """
    note(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(str(path), f"{error.lineno} 行目: JSON として読めません（{error.msg}）") from error
    except RecursionError as error:
        raise InputError(str(path), "JSON の入れ子が深すぎます") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(str(path), f"ファイルを読めません（{error}）") from error
    if not isinstance(content, dict) or not isinstance(content.get("components"), list):
        raise InputError(str(path), "フォームではありません（components がありません）")
    return Form(path, content, text)


def components(form: Form) -> Iterator[dict[str, Any]]:
    """Yield every component, nested ones after their container."""
    yield from _nested(form.content)


def _nested(container: dict[str, Any]) -> Iterator[dict[str, Any]]:
    parts = container.get("components")
    for part in parts if isinstance(parts, list) else []:
        if isinstance(part, dict):
            yield part
            yield from _nested(part)


def keys(form: Form) -> set[str]:
    """Return the variables that a form writes: keys of fields and paths of groups and lists, at every depth."""
    names = set()
    for component in components(form):
        for name in (component.get("key"), component.get("path")):
            if isinstance(name, str) and name:
                names.add(name.split(".")[0])
    return names


def typed_keys(form: Form) -> dict[str, frozenset[str]]:
    """Return the variables that a person fills in, with the types of their fields; rows and groups as a whole."""
    found: dict[str, set[str]] = {}
    _collect_typed(form.content, found)
    return {key: frozenset(kinds) for key, kinds in found.items()}


def _collect_typed(container: dict[str, Any], found: dict[str, set[str]]) -> None:
    parts = container.get("components")
    for part in parts if isinstance(parts, list) else []:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in {"dynamiclist", "group"}:
            inner: dict[str, set[str]] = {}
            _collect_typed(part, inner)
            path = part.get("path")
            if inner and isinstance(path, str) and path:
                found.setdefault(path.split(".")[0], set()).add(str(kind))
            else:
                for key, kinds in inner.items():
                    found.setdefault(key, set()).update(kinds)
        elif kind in TYPED and isinstance(key := part.get("key"), str) and key and _is_filled_in(part):
            found.setdefault(key.split(".")[0], set()).add(str(kind))


def _is_filled_in(part: dict[str, Any]) -> bool:
    """Return whether a person types into a component; one that only demands another field takes nothing."""
    demands = (part.get("properties") or {}).get("renkei:kind") == "demand"
    return part.get("readonly") is not True and part.get("disabled") is not True and not demands


def expressions(form: Form) -> Iterator[Expression]:
    """Yield every FEEL expression and every ``{{…}}`` of the form's components."""
    for component in components(form):
        identity = str(component.get("id", ""))
        for place, text in _texts(component, ""):
            name = place.rsplit(".", 1)[-1]
            if text.startswith("=") or (name in FEEL_ONLY and text):
                yield Expression(identity, place, text, text.removeprefix("=").strip(), name in FEEL_ONLY)
            elif name in _TEMPLATED:
                for body in _template_bodies(text):
                    yield Expression(identity, place, text, body, False)


def _texts(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value.strip()
    elif isinstance(value, dict):
        for key, part in value.items():
            if key != "components":
                yield from _texts(part, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part, place)


def _template_bodies(text: str) -> Iterator[str]:
    """Yield the expressions of a text; within ``{{#loop}}`` names are those of the list's elements."""
    loops = 0
    for match in _BRACES.finditer(text):
        body = match.group(1).strip()
        if body.startswith("/"):
            loops -= body == "/loop"
            continue
        opening = re.match(r"#(if|loop)\s+", body)
        if loops == 0:
            yield body[opening.end() :] if opening else body.removeprefix("=").strip()
        loops += body.startswith("#loop")
