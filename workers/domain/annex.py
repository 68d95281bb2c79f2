"""The annex of an agreement: what is done together, under the headings that the agreement itself uses (ASA-4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workers.domain.cities import City


def activity_groups(rows: Sequence[Mapping[str, Any]], city: City, *, with_departments: bool) -> list[dict[str, Any]]:
    """Return the headings in use, in the order of the city's fields, each with its ``rows``.

    A row has ``field`` (its number), ``content`` and perhaps a ``heading`` of its own instead of the field's name, a
    ``departmentCode`` or, for one that departments.csv does not have, a ``section``. ``with_departments``: the signed
    paper names them; most agreements leave the city's inner order out.
    """
    groups: dict[str, list[dict[str, str]]] = {}
    order = {str(entry.number): place for place, entry in enumerate(city.fields)}
    for row in sorted(rows, key=lambda row: order.get(str(row["field"]), len(order))):
        heading = str(row.get("heading") or "").strip() or city.field_name(int(row["field"]))
        department = _department(row, city) if with_departments else ""
        groups.setdefault(heading, []).append({"content": str(row["content"]), "department": department})
    return [{"heading": heading, "rows": found} for heading, found in groups.items()]


def _department(row: Mapping[str, Any], city: City) -> str:
    code = row.get("departmentCode")
    return city.department(str(code)).name if code else str(row.get("section") or "")
