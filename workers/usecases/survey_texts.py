"""What the departments say of each project, as texts for read-only areas (ISE-4, ISE-5)."""

from __future__ import annotations

from typing import Final

from workers.domain.cities import City, SurveyPlan
from workers.domain.entities import Case, Survey, SurveyAnswer, TargetStatus
from workers.domain.survey import ProjectTally, tally
from workers.usecases.survey_scope import asked_projects

_TEXTS_LENGTH: Final = 240_000
"""Characters of all comments together: with the matrix well below the 4 MB that a record of the engine may have."""
_CUT: Final = "\n（長いため、続きは省きました。全文は調査票にあります）"


def project_answers(case: Case, survey: Survey, city: City) -> list[dict[str, object]]:
    """Return every project asked about with all that the departments say, those that say nothing named too (ISE-5).

    A row: ``number``, ``heading``, ``tally``, ``answers`` (text: mark, department, person, comment).
    """
    projects = asked_projects(case, survey)
    tallies = {entry.number: entry for entry in tally(survey, [project.number for project in projects])}
    room = texts_room(len(projects))
    return [
        {
            "number": project.number,
            "heading": f"事業{project.number} {project.title}",
            "tally": tally_text(tallies[project.number], city.survey),
            "answers": cut(answers_text(survey, project.number, city.survey), room),
        }
        for project in projects
    ]


def tally_text(entry: ProjectTally, plan: SurveyPlan) -> str:
    """Return a project's counts in one line, of the ratings that the city's sheet offers (DAT-F2: 可 and 否)."""
    rated = {"feasible": entry.feasible, "adjust": entry.adjust, "infeasible": entry.infeasible}
    counts = [(plan.mark(rating), count) for rating, count in rated.items() if rating in plan.ratings]
    counts += [("所管外", entry.not_concerned), ("未回答", entry.unanswered)]
    return "　".join(f"{label} {count}" for label, count in counts)


def answers_text(survey: Survey, number: int, plan: SurveyPlan) -> str:
    """Return what the departments say of a project, whom to ask, and who has not answered."""
    said, others, missing = [], [], []
    answers = survey.valid_answers()
    for target in survey.targets:
        answer = answers.get(target.department)
        rating = next((one for one in answer.ratings if one.project_number == number), None) if answer else None
        if rating is not None and answer is not None:
            said.append(
                f"{plan.mark(rating.rating)} {target.name}（{asked_person(answer)}）\n{rating.comment}".rstrip()
            )
        elif answer is not None or target.status is TargetStatus.NOT_CONCERNED:
            others.append(target.name)
        else:
            missing.append(target.name)
    if others:
        said.append(f"所管外: {'、'.join(others)}")
    if missing:
        said.append(f"回答なし: {'、'.join(missing)}")
    return "\n\n".join(said)


def asked_person(answer: SurveyAnswer) -> str:
    """Return whom to ask about an answer: person and contact."""
    return "、".join(part for part in (answer.person, answer.contact) if part)


def texts_room(projects: int) -> int:
    """Return how many characters the texts of one of so many projects may have."""
    return _TEXTS_LENGTH // max(1, projects)


def cut(text: str, room: int) -> str:
    """Return a text that fits, and says so where it was cut."""
    return text if len(text) <= room else text[: room - len(_CUT)] + _CUT
