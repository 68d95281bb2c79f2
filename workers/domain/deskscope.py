"""What a person sees at the desk: an office its whole city, a department what concerns it, others nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from workers.domain.cities import City, Department
from workers.domain.desk import Person


@dataclass(frozen=True)
class Scope:
    """A person and the cities of the packs. Where the engine knows no groups, the person sees what Tasklist shows."""

    person: Person
    all_cities: Sequence[City]

    @cached_property
    def cities(self) -> tuple[City, ...]:
        """The cities for whose office or one of whose departments the person works."""
        return tuple(city for city in self.all_cities if self.has_office(city.code) or self.departments(city))

    @cached_property
    def offices(self) -> tuple[City, ...]:
        """The cities for whose office the person works."""
        return tuple(city for city in self.all_cities if self.has_office(city.code))

    def has_office(self, code: str) -> bool:
        """Whether the person works for a city's office."""
        return any(city.code == code and self.person.is_in(city.office.group) for city in self.all_cities)

    def has_city(self, code: str) -> bool:
        """Whether the person works for a city at all."""
        return any(city.code == code for city in self.cities)

    def departments(self, city: City) -> tuple[Department, ...]:
        """The person's own departments of a city; none where groups are not known: then every office is theirs."""
        groups = self.person.groups or frozenset()
        return tuple(department for department in city.departments if department.group in groups)

    def sees_task(self, groups: Collection[str], assignee: str, city: str) -> bool:
        """Whether a task is on the person's desk: of their groups, taken by them, or of their office's city.

        ``city``: of the task's case, empty where it has none; then the candidate groups tell the city.
        """
        if self.person.groups is None or assignee == self.person.user:
            return True
        if any(group in self.person.groups for group in groups):
            return True
        if city:
            return self.has_office(city)
        return any(self.has_office(self.city_of_group(group)) for group in groups)

    def city_of_group(self, group: str) -> str:
        """Return the code of the city that a group belongs to, empty where it is none of a city."""
        return self._places[group][0].code if group in self._places else ""

    def group_name(self, group: str) -> str:
        """Return what a group is called: the office's or department's name; empty for one that no pack names."""
        return self._places[group][1] if group in self._places else ""

    @cached_property
    def _places(self) -> dict[str, tuple[City, str]]:
        found: dict[str, tuple[City, str]] = {}
        for city in self.all_cities:
            found |= {department.group: (city, department.name) for department in city.departments}
            found[city.office.group] = (city, f"{city.office.division}{city.office.section}")
        return found
