"""The lines of the book with all that an office's list can hold of them, as ``renkei import`` reads it (ALL-6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from workers.domain.agreements import AgreementEnd
from workers.domain.bookrows import CONTACT_COLUMNS, entry_row
from workers.domain.cities import City
from workers.domain.register import RegisterEntry
from workers.domain.wareki import format_wareki
from workers.usecases.ports import Register

_ENDS = {AgreementEnd.EXPIRED: "満了", AgreementEnd.TERMINATED: "解除"}


async def book_table(
    register: Register, city_of: Callable[[str], City], entries: Sequence[RegisterEntry], on: date
) -> list[Mapping[str, object]]:
    """Return lines of the book with other parties, remarks and the partners' contacts, in their order."""
    by_city: dict[str, list[str]] = {}
    for entry in entries:
        by_city.setdefault(entry.city, []).append(entry.id)
    beside: dict[str, dict[str, object]] = {}
    for code, ids in by_city.items():
        ours = city_of(code).signatory.name
        for known in await register.known_ids(code, ids):
            others = [name for name in known.parties if name not in {known.partner.name, ours}]
            beside[known.id] = {
                "other_parties": "、".join(others),
                "ended": format_wareki(known.ended_on) if known.ended_on else "",
                "end_name": _ENDS[known.end] if known.end else "",
                "remark": known.remark,
                **{key: getattr(known.partner, key) for key, _heading in CONTACT_COLUMNS},
            }
    return [entry_row(entry, city_of(entry.city), on) | beside[entry.id] for entry in entries]
