"""A first offer by the public page: begun with a mail address alone, typed once that address is confirmed (ISE-2/3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(eq=False, kw_only=True)
class PublicOffer:
    """An address that a confirmation was mailed to. Of the mail's secret word only the hash is kept.

    ``draft``: what was typed by the mail's link; ``case_id``: the case that the offer became.
    """

    id: int | None = None
    token_hash: str = field(repr=False)
    city: str
    email: str = field(repr=False)
    made_at: datetime
    expires_at: datetime
    draft: dict[str, Any] | None = field(default=None, repr=False)
    case_id: str | None = None
    sent_at: datetime | None = None
