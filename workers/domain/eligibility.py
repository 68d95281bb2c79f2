"""The facts from which the city's decision table judges an offer (ISE-R1, ISE-R2, AGE-R1). It decides, not we."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workers.domain.cities import City
from workers.domain.entities import PastRecord, Project, ProjectStatus
from workers.domain.text import comparable


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
    """Return the facts of an offer; dropped projects do not count (ISE-R1, ISE-R2).

    A project done over several years is one, by field and title; one that is proposed again is not counted twice.
    """
    current = [project for project in projects if project.status is not ProjectStatus.DROPPED]
    done = {_same(record): record for record in records}
    city_cost = [project for project in current if project.cost_to_city]
    refused = {project.number for project in city_cost if not project.admitted_reason.strip()}
    excluded = refused if city.requirements.city_cost_excluded else set()
    planned = [project for project in current if project.number not in excluded]
    done_fields = {record.field for record in done.values()}
    planned_fields = {project.field for project in planned}
    counted = {_same(project) for project in planned}
    return EligibilityFacts(
        fields=tuple(sorted(done_fields | planned_fields)),
        done_fields=tuple(sorted(done_fields)),
        planned_fields=tuple(sorted(planned_fields)),
        project_count=len(counted | set(done)),
        done_count=len(done),
        planned_count=len(counted - set(done)),
        city_cost_projects=tuple(sorted(refused)),
        admitted_projects=tuple(sorted({project.number for project in city_cost} - refused)),
        minimum_fields=city.requirements.minimum_fields,
        minimum_projects=city.requirements.minimum_projects,
    )


def _same(entry: PastRecord | Project) -> tuple[int, str]:
    """Return what makes a record and a project the same: field and title."""
    return entry.field, comparable(entry.title)


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One requirement of the city, as forms show it whether it is met or not. ``fact``: what was found."""

    name: str
    met: bool
    fact: str


def criteria(
    city: City,
    facts: EligibilityFacts,
    *,
    judged: Mapping[str, bool],
    partner_grounds: Iterable[int],
    project_grounds: Mapping[int, str],
) -> list[Criterion]:
    """Return every requirement with its result (ISE-R1, ISE-R2, AGE-R1, DAT-R1); the decision table decides.

    ``judged``: what people judge, by its name in Japanese; ``partner_grounds``: those that hold; ``project_grounds``:
    the projects that a ground holds for, as text.
    """
    holding = set(partner_grounds)
    counted = [
        ("連携する分野の数", facts.field_count, facts.minimum_fields, "分野", _names(city, facts.fields)),
        (
            "連携事業の数",
            facts.project_count,
            facts.minimum_projects,
            "件",
            f"実績{facts.done_count}件、予定{facts.planned_count}件",
        ),
    ]
    return [
        *(
            Criterion(name=name, met=met, fact="確かめられた" if met else "確かめられない")
            for name, met in judged.items()
        ),
        *(
            Criterion(name=name, met=number >= least, fact=f"{number}{unit}（{least}{unit}以上）: {detail}")
            for name, number, least, unit, detail in counted
            if least
        ),
        *(
            Criterion(
                name=f"相手方の除外事由 {ground.number} {ground.text}",
                met=ground.number not in holding,
                fact="当てはまる" if ground.number in holding else "当てはまらない",
            )
            for ground in city.partner_grounds
        ),
        *(
            Criterion(
                name=f"事業の除外事由 {ground.number} {ground.text}",
                met=ground.number not in project_grounds,
                fact=project_grounds.get(ground.number, "当てはまる事業はない"),
            )
            for ground in city.project_grounds
        ),
    ]


def _names(city: City, numbers: Iterable[int]) -> str:
    return "、".join(f"{number} {city.field_name(number)}" for number in numbers) or "なし"
