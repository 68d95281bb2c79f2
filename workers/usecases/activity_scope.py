"""Whose projects a case is about: those of its agreement, or for a whole city those of all its agreements (ASA-8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from workers.domain.activityyears import OPEN, awaits_answer, concerns, counted_until, status_in
from workers.domain.agreements import Activity, ActivityStatus, Agreement
from workers.domain.cities import City, Department
from workers.domain.entities import Case, CaseKind
from workers.domain.fiscal import first_day, last_day
from workers.errors import PermanentError
from workers.usecases.lookup import agreement_of
from workers.usecases.ports import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class ActivityScope:
    """A case with its city, its agreements by id, their activities, and whether it is for the whole city."""

    case: Case
    city: City
    agreements: Mapping[str, Agreement]
    activities: Sequence[Activity]
    whole_city: bool

    def of(self, agreement_id: str) -> list[Activity]:
        """Return an agreement's activities."""
        return [entry for entry in self.activities if entry.agreement_id == agreement_id]

    def unit(self, entry: Activity) -> str:
        """Return the code of the department that answers for an activity."""
        return entry.department or self._contracting(self.agreements[entry.agreement_id])

    def departments(self, working: Iterable[Activity]) -> set[str]:
        """Return the codes of who takes part: those of the activities, the contracting unit where there is none."""
        of = {agreement_id: set[str]() for agreement_id in self.agreements}
        for entry in working:
            of[entry.agreement_id].add(self.unit(entry))
        return {code for number, codes in of.items() for code in codes or {self._contracting(self.agreements[number])}}

    def name(self, agreement_id: str) -> str:
        """Return an agreement as a person tells it from others: its name and its number."""
        agreement = self.agreements[agreement_id]
        return f"{agreement.title}（{agreement.id}）"

    def of_year(self, year: int | None) -> list[Activity]:
        """Return the activities that concern a fiscal year: planned or running since then, or ended in it."""
        return [entry for entry in self.activities if year is None or concerns(entry, year)]

    def coming(self, year: int | None) -> list[Activity]:
        """Return what joins in the year after."""
        if year is None:
            return []
        found = self.of_year(year)
        return [e for e in self.activities if e not in found and concerns(e, year + 1) and e.status in OPEN]

    def asked(self, year: int | None, department: str | None) -> list[Activity]:
        """Return what is asked about: of a department, its own that it still has to answer for the year."""
        return [
            entry
            for entry in self.of_year(year)
            if department is None or (department == self.unit(entry) and (year is None or awaits_answer(entry, year)))
        ]

    def taking_part(self, year: int | None) -> list[Department]:
        """Return the departments of a year's activities, the contracting unit where none is named."""
        working = [
            entry
            for entry in self.of_year(year)
            if (entry.status if year is None else status_in(entry, year)) is not ActivityStatus.CANCELLED
        ]
        codes = self.departments(working)
        return [department for department in self.city.departments if department.code in codes]

    def worked(self) -> list[str]:
        """Return the codes of the departments that ever ran one with the partner, in whichever year (DAT-A: J)."""
        return sorted({entry.department for entry in self.activities if counted_until(entry)} - {""})

    def own_agreements(self, department: str, asked: Sequence[Activity] | None = None) -> dict[str, int]:
        """Return the agreements that a department contracted or runs something under, each with how much is asked."""
        entries = self.activities if asked is None else asked
        counts = {
            number: 0 for number, agreement in self.agreements.items() if self._contracting(agreement) == department
        }
        for entry in self.activities:
            if self.unit(entry) == department:
                counts.setdefault(entry.agreement_id, 0)
        for entry in entries:
            if entry.agreement_id in counts and self.unit(entry) == department:
                counts[entry.agreement_id] += 1
        return {number: counts[number] for number in self.agreements if number in counts}

    def _contracting(self, agreement: Agreement) -> str:
        """Return who contracted: in a city-wide collection nobody is left out, the office answers for the rest."""
        return agreement.department or (self._office() if self.whole_city else "")

    def _office(self) -> str:
        return next((d.code for d in self.city.departments if d.group == self.city.office.group), "")


async def activity_scope(uow: UnitOfWork, case_id: str, year: int | None) -> ActivityScope:
    """Return whose projects a case is about; for the whole city those that were in force on some day of ``year``.

    Raises PermanentError where the case has no agreement and is no collection for the whole city.
    """
    case = await uow.cases.get(case_id)
    city = uow.cities.city(case.city)
    if case.kind is CaseKind.ANNUAL and case.agreement_id is None and year is not None:
        within = await uow.agreements.in_force_between(first_day(year), last_day(year), city=city.code)
        agreements = {agreement.id: agreement for agreement in within}
        found = await uow.activities.of_city(city.code, fiscal_year=year)
        known = [entry for entry in found if entry.agreement_id in agreements]
        return ActivityScope(case=case, city=city, agreements=agreements, activities=known, whole_city=True)
    _, agreement, _ = await under_agreement(uow, case_id)
    return ActivityScope(
        case=case,
        city=city,
        agreements={agreement.id: agreement},
        activities=await uow.activities.of_agreement(agreement.id),
        whole_city=False,
    )


async def under_agreement(uow: UnitOfWork, case_id: str) -> tuple[Case, Agreement, City]:
    """Return a case with its agreement and city; raises PermanentError where it has no agreement."""
    case = await uow.cases.get(case_id)
    agreement = await agreement_of(uow, case)
    if agreement is None:
        raise PermanentError(f"案件 {case.id} には協定がないため、連携事業を扱えません")
    return case, agreement, uow.cities.city(case.city)
