"""A template as a blank form: where a case would have values there is room to write.

What the context does not hold is empty, whatever is asked of it, and each list has a few empty rows, so that every
template of an office is a form, too, without a second file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, Final

from jinja2.runtime import ChainableUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from workers.packs.templates import wareki

ROWS: Final = 5
_SPACE: Final = "　　"


class BlankValue(ChainableUndefined):
    """Prints nothing, is false, has any attribute, and has as many elements as a form has empty rows."""

    __slots__ = ()

    def __iter__(self) -> Iterator[Any]:
        return iter([self] * ROWS)

    def __bool__(self) -> bool:
        return False


def make_blank(jinja: ImmutableSandboxedEnvironment) -> ImmutableSandboxedEnvironment:
    """Let an environment print blanks for unknown variables; its filters leave room for a value that is not there."""
    jinja.undefined = BlankValue
    jinja.filters.update({name: _spaced(name, filter_) for name, filter_ in jinja.filters.items()})
    return jinja


def _spaced(name: str, filter_: Callable[..., Any]) -> Callable[..., Any]:
    if name in {"map", "list", "sort", "unique", "default"}:
        return filter_

    @wraps(filter_)
    def filled(*values: Any, **options: Any) -> Any:
        if not any(isinstance(value, BlankValue) for value in values):
            return filter_(*values, **options)
        return wareki(None) if name == "wareki" else _SPACE

    return filled
