"""What a form asks for a date with: a text field, and right below it the reading of what is typed.

form-js' own date component is forbidden: it reads 2026-06-08 in the order of the browser's language and changes or
loses a date in silence. The reading says of what is typed what ``workers.domain.wareki.parse_date`` says, but for signs
that only Unicode makes into digits (such as ``①``). It is a courtesy to who types: the worker's own reading counts.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

KIND: Final = "renkei:kind"
"""The custom property that says what a component is."""
DATE: Final = "date"
MOMENT: Final = "moment"
"""A day with a time of day."""
READING: Final = "reading"
"""The text below a date that says how it is read."""

_EXAMPLES: Final = {DATE: "令和8年6月8日、2026-06-08", MOMENT: "令和8年6月8日 14:00、2026-06-08 14:00"}

# Coarse on purpose, because form-js 1.10 shows the pattern itself in its error: \\D takes full-width digits, too.
_DAY: Final = r"\D{0,6}[0-9０-９元]{1,4}\D{1,3}[0-9０-９]{1,2}\D{1,3}[0-9０-９]{1,2}\s*日?\s*"
_CLOCK: Final = r"[T\s]*[0-9０-９]{1,2}\s*[:：時].{0,14}"

_PARTS: Final = (
    r"(?:(令和|平成|昭和|大正|明治|[RHSTMrhstm])\\.?(元|\\d{1,4})|(\\d{4}))"
    r"(?:年(\\d{1,2})月(\\d{1,2})日|([-/.])(\\d{1,2})\\6(\\d{1,2}))"
)
_READ_KEY: Final = re.compile(r"typed: if (\S+) = null")
_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701 (FEEL)
)


def example(kind: str) -> str:
    """Return the help text's example for a date or a moment."""
    return f"例: {_EXAMPLES[kind]}"


def pattern(kind: str) -> str:
    """Return the field's pattern, which refuses what has no year, month and day.

    It begins with examples, as an alternative that nobody types: the screen's error is the only place that shows them
    in red.
    """
    clock = _CLOCK if kind == MOMENT else ""
    return f"{_EXAMPLES[kind]} のように入力|^{_DAY}{clock}$"


def is_reading(text: str) -> bool:
    """Return whether a text component's FEEL is the reading of some date, unchanged."""
    found = _READ_KEY.search(text)
    return found is not None and text in {reading(found[1], kind) for kind in (DATE, MOMENT)}


def reading(key: str, kind: str) -> str:
    """Return the FEEL text that says how the value of ``key`` is read: ``→ 令和8年6月8日（月）``.

    An empty field has no reading. It uses only what the screen's feelin 3.1.2 can do: ``replace`` and ``split`` know
    regular expressions, ``matches`` and ``trim`` are not there, and ``number`` wants three arguments.
    """
    text = _TEMPLATES.get_template("reading.feel.j2").render(key=key, clock=kind == MOMENT, day=_PARTS)
    return " ".join(text.split())
