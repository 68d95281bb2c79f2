"""An invented city and the parts of a survey, for tests of pure rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from workers.domain.cities import (
    City,
    Department,
    Field,
    Office,
    Requirements,
    Sender,
    Signatory,
    SurveyPlan,
    TermRule,
    TermRuleKind,
)
from workers.domain.entities import (
    AnswerStatus,
    Rating,
    Survey,
    SurveyAnswer,
    SurveyRating,
    SurveyTarget,
    TargetStatus,
)
from workers.domain.jst import JST

CITY = City(
    code="midori",
    name="みどり野市",
    signing_process="midori-signing",
    office=Office(division="企画部", section="企画課", group="midori-kikaku", email="kikaku@midori.example"),
    signatory=Signatory(
        name="みどり野市", address="みどり野市中央1番地", title="みどり野市長", representative="緑野　花子"
    ),
    sender=Sender(name="みどり野市 企画課", address="renkei@midori.example"),
    fields=tuple(Field(number=number, name=f"分野{number}に関すること") for number in range(1, 6)),
    partner_grounds=(),
    project_grounds=(),
    requirements=Requirements(minimum_fields=3, city_cost_excluded=True),
    term=TermRule(kind=TermRuleKind.NEXT_MARCH_31),
    survey=SurveyPlan(answer_days=10, remind_before=3),
    departments=(
        Department(
            code="fukushi", division="福祉部", section="福祉課", group="midori-fukushi", email="f@midori.example"
        ),
    ),
)


def city(**changes: object) -> City:
    """Return the invented city with changes."""
    return replace(CITY, **changes)  # type: ignore[arg-type]


def answer(
    department: str,
    ratings: dict[int, Rating],
    *,
    status: AnswerStatus = AnswerStatus.VALID,
    concerned: bool = True,
) -> SurveyAnswer:
    """Return a department's answer with its ratings by project number."""
    return SurveyAnswer(
        department=department,
        status=status,
        concerned=concerned,
        person="担当",
        contact="内線100",
        on_behalf=False,
        late=False,
        answered_at=datetime(2026, 6, 1, 10, tzinfo=JST),
        job="local/1",
        ratings=[SurveyRating(project_number=number, rating=rating) for number, rating in ratings.items()],
    )


def survey(departments: list[str], answers: list[SurveyAnswer]) -> Survey:
    """Return a survey of departments with the answers that came in."""
    opened_at = datetime(2026, 6, 1, 9, tzinfo=JST)
    targets = [
        SurveyTarget(
            department=code,
            division="部",
            section="課",
            group=code,
            email=f"{code}@midori.example",
            status=TargetStatus.WAITING,
        )
        for code in departments
    ]
    return Survey(
        id="midori-2026-1-s1",
        case_id="midori-2026-1",
        round=1,
        due_on=opened_at.date(),
        opened_at=opened_at,
        targets=targets,
        answers=answers,
    )
