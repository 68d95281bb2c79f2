"""The choices of a field: fixed ones, or those of a variable (``=cityOptions.fields``), perhaps with more added."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from workers.errors import InputError

_PATH: Final = r"[A-Za-z_][\w.]*"
_WHOLE: Final = re.compile(rf"({_PATH})")
_ADDED: Final = re.compile(rf"concatenate\(\s*({_PATH})\s*,\s*\[(.*)\]\s*\)", re.DOTALL)
_LITERAL: Final = re.compile(r'\{\s*label:\s*"([^"]*)"\s*,\s*value:\s*"([^"]*)"\s*\}')


class Option(BaseModel):
    """A choice: what a person reads, and what is kept."""

    model_config = ConfigDict(frozen=True)

    label: str
    value: str


def resolved(part: Mapping[str, Any], context: Mapping[str, Any] | None) -> tuple[Option, ...]:
    """Return a component's choices; raises InputError where they cannot be told from ``context``.

    Without a context those of variables are left out: only the form itself is looked at.
    """
    expression = str(part.get("valuesExpression") or "").strip()
    if not expression:
        return _listed(part, part.get("values"))
    body = expression.removeprefix("=").strip()
    if whole := _WHOLE.fullmatch(body):
        return _listed(part, _at(context, whole[1]))
    if added := _ADDED.fullmatch(body):
        more = [{"label": label, "value": value} for label, value in _LITERAL.findall(added[2])]
        return (*_listed(part, _at(context, added[1])), *_listed(part, more))
    raise InputError(_name(part), f"選択肢の式「{expression}」は、相手方への様式では使えません")


def _at(context: Mapping[str, Any] | None, path: str) -> Any:
    if context is None:
        return ()
    value: Any = context
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _listed(part: Mapping[str, Any], values: Any) -> tuple[Option, ...]:
    if not isinstance(values, list | tuple):
        raise InputError(_name(part), "選択肢が分かりません")
    return tuple(Option(label=str(entry["label"]), value=str(entry["value"])) for entry in values)


def _name(part: Mapping[str, Any]) -> str:
    return f"項目「{part.get('label') or part.get('key') or part.get('id')}」"
