"""A new partner's first offer by the public page: the address is confirmed before anything else is kept (ISE-2/3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from workers.domain.answers import PARTNER, new_token, token_hash
from workers.domain.cities import City
from workers.domain.mails import WrittenMail
from workers.domain.publicoffers import PublicOffer
from workers.readers.offerinput import OfferInput
from workers.usecases.open_case import file_case
from workers.usecases.ports import MailRequest, UnitOfWork
from workers.usecases.take_answer import RECEIPT, Receipt, write_receipt

START: Final = "start-case"
"""The engine call that begins the instance of a case which was filed."""
DAYS: Final = 7
"""So long the confirmation's link can be used."""
_CONFIRMATION: Final = "offer-confirmation"
_A_DAY: Final = timedelta(days=1)
_TO_ONE_ADDRESS: Final = 3
_TO_ALL: Final = 200


@dataclass(frozen=True, kw_only=True)
class FiledOffer:
    """What a partner confirmed: the offer, what it is called, and the same as people read it (label, text, row)."""

    token_hash: str = field(repr=False)
    offer: OfferInput = field(repr=False)
    title: str
    said: Sequence[Mapping[str, str]] = field(repr=False)


async def ask_confirmation(uow: UnitOfWork, city: City, address: str, write: Callable[[str], WrittenMail]) -> bool:
    """Mail a link to an address; False, and nothing done, where one address or the city has been mailed too often.

    ``write`` makes the mail of the link. Beside the mail itself only the address and the hash of its word are kept.
    """
    since = uow.clock.now() - _A_DAY
    often = await uow.offers.asked(city.code, since, email=address) >= _TO_ONE_ADDRESS
    if often or await uow.offers.asked(city.code, since) >= _TO_ALL:
        return False
    token = new_token()
    offer = PublicOffer(
        token_hash=token_hash(token),
        city=city.code,
        email=address,
        made_at=uow.clock.now(),
        expires_at=uow.clock.now() + timedelta(days=DAYS),
    )
    await uow.offers.add(offer)
    await uow.outbox.mail(
        MailRequest(
            business_key=f"{_CONFIRMATION}:{offer.token_hash}",
            case_id="",
            city=city.code,
            kind=_CONFIRMATION,
            template=_CONFIRMATION,
            recipient_name="",
            recipient=address,
            context={},
            written=write(f"{uow.pages_url}/offer/{city.code}/{token}"),
        )
    )
    return True


async def open_offer(uow: UnitOfWork, city: str, word_hash: str) -> PublicOffer | None:
    """Return the offer of a confirmed address; None for a word that is none, of another city, or expired."""
    offer = await uow.offers.find(word_hash)
    return offer if offer is not None and offer.city == city and uow.clock.now() < offer.expires_at else None


async def keep_offer(uow: UnitOfWork, city: str, word_hash: str, values: Mapping[str, object]) -> None:
    """Keep what was typed so far; nothing once it is sent."""
    offer = await open_offer(uow, city, word_hash)
    if offer is not None and offer.case_id is None:
        offer.draft = dict(values)


async def file_public_offer(uow: UnitOfWork, city: City, filed: FiledOffer) -> datetime | None:
    """Begin the case of an offer, once: its case, the call that starts it, a receipt. None for a word that is none.

    Returns when it was filed. Of two at the same moment one ends in BusyError: the row is guarded.
    """
    known = await open_offer(uow, city.code, filed.token_hash)
    if known is None:
        return None
    if known.sent_at is not None:
        return known.sent_at
    uow.by = PARTNER
    case = await file_case(uow, city, filed.offer, how="公開の受付のページ")
    known.case_id, known.sent_at, known.draft = case.id, uow.clock.now(), None
    await uow.outbox.engine_call(
        business_key=f"{START}:{case.id}",
        kind=START,
        payload={"case_id": case.id, "process_id": city.signing_process},
    )
    receipt = Receipt(
        template=RECEIPT,
        key="offer",
        name=filed.offer.partner.contact,
        address=known.email,
        title=filed.title,
        at=known.sent_at,
        said=filed.said,
    )
    await write_receipt(uow, receipt, case_id=case.id, city=case.city, partner=case.partner)
    return known.sent_at
