"""The survey of departments: time table and tally (ALL-1, D-6, ISE-4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from workers.domain.business_days import (
    add_business_days,
    holiday_name,
    next_business_day,
    previous_business_day,
    subtract_business_days,
)
from workers.domain.cities import SurveyPlan
from workers.domain.entities import Rating, Survey, SurveyAnswer, SurveyTarget, TargetStatus
from workers.domain.jst import at, end_of, jst_date
from workers.domain.wareki import format_wareki
from workers.errors import InputError

_REMIND_HOUR: Final = 9


@dataclass(frozen=True, kw_only=True)
class SurveySchedule:
    """When a survey reminds and escalates. Moments are aware, in JST.

    ``last_moment`` (23:59:59 of the due day) is the date to show on a task; ``due_at`` (00:00 of the day after) is when
    an answer is late and the office is asked. ``remind_on``/``remind_at`` are None when that day has already come.
    """

    due_on: date
    remind_on: date | None
    remind_at: datetime | None
    on_day_at: datetime
    last_moment: datetime
    due_at: datetime

    def reminders_after(self, now: datetime) -> list[datetime]:
        """Return the reminders that still lie ahead, in order; both days remind at 09:00 JST."""
        moments = [moment for moment in (self.remind_at, self.on_day_at) if moment is not None]
        return [moment for moment in moments if moment > now]


@dataclass(frozen=True, kw_only=True)
class ProjectTally:
    """What the departments said of one project. The five counts add up to the number of departments asked."""

    number: int
    feasible: int
    adjust: int
    infeasible: int
    not_concerned: int
    unanswered: int
    interested: tuple[str, ...]

    @property
    def prospective(self) -> bool:
        """Whether any department sees a way (○ or △): such projects go on to detailed talks (ISE-6)."""
        return bool(self.interested)


def schedule(plan: SurveyPlan, opened_on: date) -> SurveySchedule:
    """Return the time table of a survey opened on a Japanese day: due after ``answer_days`` business days (D-6)."""
    return _schedule(plan, add_business_days(opened_on, plan.answer_days), opened_on)


def extended(plan: SurveyPlan, due_on: date, *, today: date, present_due_on: date) -> SurveySchedule:
    """Return the time table for a new due date that the office chose (ALL-1).

    Raises InputError when the day is not after today and the present due date, or when the office is closed on it.
    """
    where = "回答期限"
    if due_on <= max(today, present_due_on):
        limit = "今日" if today >= present_due_on else "今の期限"
        raise InputError(
            where, f"{limit}（{format_wareki(max(today, present_due_on), weekday=True)}）より後の日にしてください"
        )
    if (reason := holiday_name(due_on)) is not None:
        before = format_wareki(previous_business_day(due_on), weekday=True)
        after = format_wareki(next_business_day(due_on), weekday=True)
        raise InputError(
            where, f"{format_wareki(due_on)}は閉庁日（{reason}）です。{before}か{after}などの開庁日にしてください"
        )
    return _schedule(plan, due_on, today)


def is_late(due_on: date, answered_at: datetime) -> bool:
    """Whether an answer came after the due day in Japan (ALL-1)."""
    return jst_date(answered_at) > due_on


def tally(survey: Survey, project_numbers: Iterable[int]) -> list[ProjectTally]:
    """Count the answers that count, project by project, in the order given (ISE-4).

    A department that answered but left a project unrated is not concerned by it. Only asked departments are counted.
    """
    answers = survey.valid_answers()
    given = {target.department: _ratings_of(target, answers.get(target.department)) for target in survey.targets}
    return [_project(number, given) for number in project_numbers]


def prospective(tallies: Iterable[ProjectTally]) -> list[int]:
    """Return the numbers of the projects that at least one department calls feasible, as it is or adjusted."""
    return [entry.number for entry in tallies if entry.prospective]


def _schedule(plan: SurveyPlan, due_on: date, today: date) -> SurveySchedule:
    remind_on: date | None = subtract_business_days(due_on, plan.remind_before) if plan.remind_before else None
    if remind_on is not None and remind_on <= today:
        remind_on = None
    return SurveySchedule(
        due_on=due_on,
        remind_on=remind_on,
        remind_at=at(remind_on, _REMIND_HOUR) if remind_on else None,
        on_day_at=at(due_on, _REMIND_HOUR),
        last_moment=at(due_on, 23, 59, 59),
        due_at=end_of(due_on),
    )


def _ratings_of(target: SurveyTarget, answer: SurveyAnswer | None) -> dict[int, Rating] | None:
    """Return a department's ratings by project number, or None while it owes an answer."""
    if answer is None:
        return {} if target.status is TargetStatus.NOT_CONCERNED else None
    return {line.project_number: line.rating for line in answer.ratings} if answer.concerned else {}


def _project(number: int, given: dict[str, dict[int, Rating] | None]) -> ProjectTally:
    answered = {department: ratings.get(number) for department, ratings in given.items() if ratings is not None}
    counts = {rating: sum(one is rating for one in answered.values()) for rating in Rating}
    return ProjectTally(
        number=number,
        feasible=counts[Rating.FEASIBLE],
        adjust=counts[Rating.ADJUST],
        infeasible=counts[Rating.INFEASIBLE],
        not_concerned=sum(one is None for one in answered.values()),
        unanswered=len(given) - len(answered),
        interested=tuple(name for name, one in answered.items() if one in (Rating.FEASIBLE, Rating.ADJUST)),
    )
