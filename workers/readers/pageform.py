"""A pack's form as a partner sees it: what only the office enters is left out, and answered for the partner.

The owner writes in a component's custom properties:

=====================  =====================================================================================
``renkei:page``        what the page does with the component
``omit``               not shown (words for the office)
``today``              not shown; the day on which the answer arrives (``様式5を受けた日``)
``value: received``    not shown; this value (``様式5: 届いた``)
=====================  =====================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

PAGE: Final = "renkei:page"
OMIT: Final = "omit"
TODAY: Final = "today"
VALUE: Final = "value: "


def partner_form(form: Mapping[str, Any], today: date) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the form without the office's components, and the values that those have (dates in ISO)."""
    fixed: dict[str, Any] = {}
    return {**form, "components": _kept(form, today, fixed)}, fixed


def _kept(container: Mapping[str, Any], today: date, fixed: dict[str, Any]) -> list[dict[str, Any]]:
    kept = []
    for part in container.get("components") or []:
        way = str((part.get("properties") or {}).get(PAGE) or "")
        if way == TODAY:
            fixed[part["key"]] = today.isoformat()
        elif way.startswith(VALUE):
            fixed[part["key"]] = way.removeprefix(VALUE)
        elif way != OMIT:
            kept.append({**part, "components": _kept(part, today, fixed)} if part.get("components") else part)
    return kept
