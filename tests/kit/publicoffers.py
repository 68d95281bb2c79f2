"""A registry whose city has turned on its public page for new partners' first offers."""

from __future__ import annotations

import dataclasses
from typing import Final

from tests.kit import papers
from tests.kit.answering import PAGES_URL, Answering, Engine
from tests.kit.registry import Registry
from workers.adapters.registry.unit_of_work import opening
from workers.domain.cities import City, PublicOfferPage
from workers.packs import CityPacks
from workers.pages.app import application
from workers.pages.steps import Steps

_ON: Final = PublicOfferPage(task="Task_SubmitOffer", values={"filing": "file"}, omit=("Text_head",))


class _Packs(CityPacks):
    """The project's packs, where one city has turned its page on."""

    def city(self, code: str) -> City:
        found = super().city(code)
        return dataclasses.replace(found, public_offer=_ON) if code == "isesaki" else found


async def taking_offers(registry: Registry, *, pages_url: str = PAGES_URL) -> Answering:
    """Return the pages of a city that takes offers; nobody has asked yet."""
    make = papers.units(registry, pages_url=pages_url, cities=_Packs([papers.ROOT / "bpmn"]))
    open_unit = opening(registry.engines[-1], make)
    engine = Engine()
    return Answering(registry, engine, application(open_unit, Steps(engine, lag_seconds=0)), open_unit)
