"""The yearly question about a partner's contacts as its diagram and forms have it (ALL-25)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from workers.domain.agreements import Agreement
from workers.domain.text import multi_line
from workers.errors import InputError
from workers.usecases.change_contacts import EDITED
from workers.usecases.confirm_contacts import Confirmation, GivenContacts

_LONGEST: Final = 1000


def contacts_variable(agreement: Agreement, asked: Sequence[Agreement]) -> dict[str, Any]:
    """Return ``partnerContacts``: what is registered, by field and as lines, and the agreements asked about."""
    partner = agreement.partner
    own = {key: getattr(partner, key) if partner else "" for key in EDITED}
    name = partner.name if partner else "、".join(agreement.parties)
    lines = [f"名称: {name}", *(f"{heading}: {own[key] or '（登録なし）'}" for key, heading in EDITED.items())]
    return {
        **own,
        "partner": name,
        "text": "\n".join(lines),
        "lines": lines,
        "agreements": "\n".join(one.title for one in asked),
        "titles": [one.title for one in asked],
        "reachable": bool(own["email"]),
    }


def read_contacts(answer: Mapping[str, Any]) -> GivenContacts:
    """Read ``contactAnswer``; raises InputError in Japanese for what it cannot mean."""
    confirmation = answer.get("confirmation")
    if confirmation not in set(Confirmation):
        raise InputError("確認の結果", "選んでください")
    texts = {key: answer.get(key) for key in EDITED}
    wrong = [EDITED[key] for key, value in texts.items() if value is not None and not isinstance(value, str)]
    if wrong:
        raise InputError(wrong[0], "文字で入れてください")
    return GivenContacts(
        confirmation=Confirmation(str(confirmation)),
        contacts={key: value or "" for key, value in texts.items()},
        message=multi_line(answer.get("message") or "", "市に伝えたいこと", maximum=_LONGEST),
        remark=multi_line(answer.get("remark") or "", "確かめたこと", maximum=_LONGEST),
    )
