"""A pack's form with the words of its labels and texts worked out, before our pages show it.

A text component reads its variables as Markdown. What a worker wrote for it has passed
:mod:`workers.domain.markdown` and stands in its place before the page, which escapes everything else, sees it.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from workers.readers.feelvalues import UnknownFeelError, value_of

_INNER: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_PLACE: Final = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")


def written_out(
    form: Mapping[str, Any],
    known: Mapping[str, Any],
    *,
    texts: Collection[str] | None = None,
    live: Collection[str] = frozenset(),
) -> dict[str, Any]:
    """Return a form whose words have the workers' texts in their places: those are Markdown, as Tasklist shows them.

    ``texts``: which of the variables are such texts, all that are known where it is None. ``live``: what somebody types
    on the page; a label that names it is left for the page to work out.
    """
    typed = re.compile(rf"\b(?:{'|'.join(map(re.escape, live))})\b") if live else None

    def put(found: re.Match[str]) -> str:
        value = known.get(found[1]) if texts is None or found[1] in texts else None
        return value.replace("{{", "{ {") if isinstance(value, str) else found[0]

    def write(part: Mapping[str, Any], *, in_row: bool = False) -> dict[str, Any]:
        written = {**part, **_labels(part, known, typed)}
        if (
            not in_row
            and part.get("type") == "text"
            and isinstance(part.get("text"), str)
            and not part["text"].startswith("=")
        ):
            written["text"] = _PLACE.sub(put, part["text"])
        if part.get("components"):
            written["components"] = [
                write(each, in_row=in_row or part.get("type") == "dynamiclist") for each in part["components"]
            ]
        return written

    return {**form, "components": [write(part) for part in form.get("components") or []]}


def without_heading(form: Mapping[str, Any], title: str) -> dict[str, Any]:
    """Return a form without the heading that says its title, with a number before it or not: the page has one."""
    components = list(form.get("components") or [])
    first = components[0] if components else {}
    line, _, rest = str(first.get("text") or "").strip().partition("\n")
    if first.get("type") == "text" and line.startswith("#") and line.endswith(title):
        components[:1] = [{**first, "text": rest.strip()}] if rest.strip() else []
    return {**form, "components": components}


def _labels(part: Mapping[str, Any], known: Mapping[str, Any], typed: re.Pattern[str] | None) -> dict[str, str]:
    """Return the labels that hold expressions, worked out: readers of the screen are told labels as they stand."""
    found = {}
    for name in ("label", "description"):
        text = part.get(name)
        if isinstance(text, str) and (text.startswith("=") or "{{" in text) and not (typed and typed.search(text)):
            with contextlib.suppress(UnknownFeelError):
                found[name] = _worked_out(text, known)
    return {name: text for name, text in found.items() if text}


def _worked_out(text: str, known: Mapping[str, Any]) -> str:
    """Return a text with its expressions' values; raises UnknownFeelError for more than the small FEEL."""
    if text.startswith("="):
        return str(value_of(text, known) or "")
    return _INNER.sub(lambda found: str(value_of(found[1], known) or ""), text)
