"""The facts from which the city's decision table judges an offer (ISE-R1, ISE-R2, AGE-R1). It decides, not we."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from workers.domain.cities import City
from workers.domain.entities import PastRecord, Project, ProjectStatus


@dataclass(frozen=True, kw_only=True)
class EligibilityFacts:
    """Counts over projects done (records) and planned (projects). Field numbers are sorted, each once.

    ``city_cost_projects``: numbers of the planned projects that the city would pay for and that the office did not
    admit; where the city excludes them (ISE-R2) they add neither to the fields nor to the projects.
    """

    fields: tuple[int, ...]
    done_fields: tuple[int, ...]
    planned_fields: tuple[int, ...]
    project_count: int
    done_count: int
    planned_count: int
    city_cost_projects: tuple[int, ...]
    admitted_projects: tuple[int, ...]
    minimum_fields: int
    minimum_projects: int

    @property
    def field_count(self) -> int:
        """How many fields of the city's list are covered."""
        return len(self.fields)


def eligibility_facts(city: City, projects: Iterable[Project], records: Iterable[PastRecord]) -> EligibilityFacts:
    """Return the facts of an offer; dropped projects do not count (ISE-R1, ISE-R2)."""
    current = [project for project in projects if project.status is not ProjectStatus.DROPPED]
    done = list(records)
    city_cost = [project for project in current if project.cost_to_city]
    refused = {project.number for project in city_cost if not project.admitted_reason.strip()}
    excluded = refused if city.requirements.city_cost_excluded else set()
    planned = [project for project in current if project.number not in excluded]
    done_fields, planned_fields = {record.field for record in done}, {project.field for project in planned}
    return EligibilityFacts(
        fields=tuple(sorted(done_fields | planned_fields)),
        done_fields=tuple(sorted(done_fields)),
        planned_fields=tuple(sorted(planned_fields)),
        project_count=len(done) + len(planned),
        done_count=len(done),
        planned_count=len(planned),
        city_cost_projects=tuple(sorted(refused)),
        admitted_projects=tuple(sorted({project.number for project in city_cost} - refused)),
        minimum_fields=city.requirements.minimum_fields,
        minimum_projects=city.requirements.minimum_projects,
    )
