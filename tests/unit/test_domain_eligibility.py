"""The facts for the decision on an offer (ISE-R1, ISE-R2, AGE-R1)."""

from __future__ import annotations

import pytest

from tests.kit.samples import CITY, city
from workers.domain.cities import Ground, Requirements
from workers.domain.eligibility import EligibilityFacts, criteria, eligibility_facts
from workers.domain.entities import PastRecord, Project, ProjectStatus


def project(number: int, field: int, *, cost: bool = False, admitted: str = "", dropped: bool = False) -> Project:
    return Project(
        round=1,
        number=number,
        field=field,
        title=f"事業{number}",
        content="内容",
        cost_to_city=cost,
        admitted_reason=admitted,
        status=ProjectStatus.DROPPED if dropped else ProjectStatus.PROPOSED,
    )


def record(field: int) -> PastRecord:
    return PastRecord(fiscal_year=2025, field=field, title="実績")


def facts(projects: list[Project], records: list[PastRecord], *, excluded: bool = True) -> EligibilityFacts:
    requirements = Requirements(minimum_fields=3, minimum_projects=2, city_cost_excluded=excluded)
    return eligibility_facts(city(requirements=requirements), projects, records)


def test_fields_done_and_planned_are_counted_together_and_once() -> None:
    """ISE-R1."""
    found = facts([project(1, 5), project(2, 1), project(3, 5)], [record(1), record(3)])
    assert found.fields == (1, 3, 5)
    assert found.field_count == 3
    assert (found.done_fields, found.planned_fields) == ((1, 3), (1, 5))
    assert (found.project_count, found.done_count, found.planned_count) == (5, 2, 3)
    assert (found.minimum_fields, found.minimum_projects) == (3, 2)


def test_an_activity_of_three_years_is_one_project_and_proposed_again_it_is_not_counted_twice() -> None:
    """AGE-R1, ISE-R1: three records of one activity are one; the title is compared without blanks and widths."""
    watched = [PastRecord(fiscal_year=year, field=2, title="高齢者の見守り") for year in (2023, 2024, 2025)]
    again = Project(round=1, number=1, field=2, title="高齢者の　見守り", content="内容", status=ProjectStatus.PROPOSED)
    found = facts([again, project(2, 3)], [*watched, PastRecord(fiscal_year=2025, field=4, title="高齢者の見守り")])
    assert (found.project_count, found.done_count, found.planned_count) == (3, 2, 1)
    assert found.fields == (2, 3, 4)


def test_a_project_at_the_citys_cost_counts_only_once_the_office_admits_it() -> None:
    """ISE-R2: with a recorded reason; blanks are no reason."""
    found = facts([project(1, 1), project(2, 2, cost=True), project(3, 3, cost=True, admitted=" ")], [])
    assert (found.fields, found.planned_count) == ((1,), 1)
    assert (found.city_cost_projects, found.admitted_projects) == ((2, 3), ())
    admitted = facts([project(1, 1), project(2, 2, cost=True, admitted="試行のため"), project(3, 3, cost=True)], [])
    assert (admitted.fields, admitted.planned_count) == ((1, 2), 2)
    assert (admitted.city_cost_projects, admitted.admitted_projects) == ((3,), (2,))


def test_a_field_stays_when_another_project_or_a_record_covers_it() -> None:
    """ISE-R2 leaves out the project, not its field."""
    assert facts([project(1, 1, cost=True), project(2, 1)], []).fields == (1,)
    assert facts([project(1, 1, cost=True)], [record(1)]).fields == (1,)


def test_where_the_city_bears_costs_such_projects_count() -> None:
    """ISE-R2 is Isesaki's; the flag is shown all the same."""
    found = facts([project(1, 1), project(2, 2, cost=True)], [], excluded=False)
    assert (found.fields, found.planned_count, found.city_cost_projects) == ((1, 2), 2, (2,))


def test_dropped_projects_do_not_count() -> None:
    """ISE-6, ISE-7: what the talks ended is no plan any more."""
    found = facts([project(1, 1), project(2, 2, dropped=True), project(3, 3, cost=True, dropped=True)], [])
    assert (found.fields, found.planned_count, found.city_cost_projects) == ((1,), 1, ())


@pytest.mark.parametrize("projects", [[], [project(1, 1, cost=True)]])
def test_an_offer_may_have_no_facts_at_all(projects: list[Project]) -> None:
    """ISE-R1."""
    found = eligibility_facts(CITY, projects, [])
    assert (found.field_count, found.project_count) == (0, 0)


def test_every_criterion_has_a_result_whether_it_is_met_or_not() -> None:
    """ISE-R1 ISE-R2 AGE-R1: what passed is shown, too, with what was found."""
    grounds = (Ground(number=1, text="政治活動"), Ground(number=2, text="宗教活動"))
    requirements = Requirements(minimum_fields=3, minimum_projects=2)
    place = city(requirements=requirements, partner_grounds=grounds, project_grounds=grounds[:1])
    found = criteria(
        place,
        eligibility_facts(place, [project(1, 5)], [record(1)]),
        judged={"意欲": True, "対話": False},
        partner_grounds=[2],
        project_grounds={},
    )
    assert [(one.name, one.met, one.fact) for one in found] == [
        ("意欲", True, "確かめられた"),
        ("対話", False, "確かめられない"),
        ("連携する分野の数", False, "2分野（3分野以上）: 1 分野1に関すること、5 分野5に関すること"),
        ("連携事業の数", True, "2件（2件以上）: 実績1件、予定1件"),
        ("相手方の除外事由 1 政治活動", True, "当てはまらない"),
        ("相手方の除外事由 2 宗教活動", False, "当てはまる"),
        ("事業の除外事由 1 政治活動", True, "当てはまる事業はない"),
    ]


def test_a_city_that_asks_for_no_minimum_has_no_row_for_it() -> None:
    """DAT-R1."""
    place = city(requirements=Requirements())
    nothing = eligibility_facts(place, [], [])
    assert criteria(place, nothing, judged={}, partner_grounds=[], project_grounds={}) == []
