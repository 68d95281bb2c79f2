"""What a partner's form begins with: the case's own values, as the forms' variables have them (ALL-17)."""

from __future__ import annotations

from typing import Any

from workers.domain.cities import City
from workers.domain.entities import Case
from workers.jobs.forms.case import city_options
from workers.jobs.forms.offer import offer_form


def known_answers(case: Case, city: City) -> dict[str, Any]:
    """Return the variables that a form's fields and choices may be filled in from: the city's, the partner's offer."""
    known: dict[str, Any] = {"cityOptions": city_options(city)}
    if case.offer is not None:
        known |= {"filing": "file", **offer_form(case.offer, case.current_projects(), case.records)}
    return known
