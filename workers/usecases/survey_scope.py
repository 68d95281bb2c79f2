"""What a survey asks about: every project, or after a revision only what changed; and where the rest was answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from workers.domain.entities import Case, Project, Step, Survey
from workers.domain.text import comparable
from workers.usecases.ports import UnitOfWork

SCOPE_STEP: Final = "survey-scope"


def former_project(case: Case, project: Project, before: int) -> Project | None:
    """Return what a project was in an earlier round: the same title, or the same place where it was renamed."""
    titles = {comparable(entry.title) for entry in case.projects if entry.round == project.round}
    earlier = [entry for entry in case.projects if entry.round == before]
    same = [entry for entry in earlier if comparable(entry.title) == comparable(project.title)]
    renamed = [
        entry
        for entry in earlier
        if (entry.number, entry.field) == (project.number, project.field) and comparable(entry.title) not in titles
    ]
    return next(iter([*same, *renamed]), None)


def change_of(case: Case, project: Project) -> str:
    """Return how a project stands against what was surveyed before: nothing the first time, else new, changed, not."""
    step = _discussed(case)
    if step is None:
        return ""
    former = former_project(case, project, step.round)
    if former is None or former.number in step.payload.get("added", []):
        return "新しい"
    return "変更なし" if _content(former) == _content(project) else "変更あり"


def _discussed(case: Case) -> Step | None:
    """Return the newest discussion of an earlier round: a survey that nobody discussed has no result to keep."""
    steps = sorted((s for s in case.steps if s.name == "discussion"), key=lambda s: s.recorded_at)
    return next((step for step in reversed(steps) if step.round < case.round), None)


def _content(project: Project) -> tuple[object, ...]:
    return project.field, comparable(project.title), project.content, project.cost_to_city


def answered_before(case: Case, surveys: Sequence[Survey]) -> dict[int, tuple[str, int]]:
    """Return the unchanged projects that an earlier survey asked about: number → survey, number there.

    What a discussion made of a wish was never asked about: it counts as new.
    """
    step, places = _discussed(case), _places(case, surveys)
    if step is None or not places:
        return {}
    found = {}
    for project in case.current_projects():
        former = former_project(case, project, step.round)
        if former is not None and change_of(case, project) == "変更なし":
            found[project.number] = places[former.number]
    return found


def concerned_before(case: Case, surveys: Sequence[Survey], asked: Sequence[Project]) -> list[str]:
    """Return the departments that said something about what is asked anew; none where a project is new (ISE-4)."""
    step, places = _discussed(case), _places(case, surveys)
    if step is None or not places or any(change_of(case, project) == "新しい" for project in asked):
        return []
    by_id, codes = {survey.id: survey for survey in surveys}, []
    for project in asked:
        former = former_project(case, project, step.round)
        source, number = places[former.number] if former else ("", 0)
        answers = by_id[source].valid_answers().items() if source else ()
        codes += [code for code, answer in answers if number in {rating.project_number for rating in answer.ratings}]
    return list(dict.fromkeys(codes))


def _places(case: Case, surveys: Sequence[Survey]) -> dict[int, tuple[str, int]]:
    """Return where the answers about the projects of the round discussed last stand."""
    step = _discussed(case)
    earlier = [survey for survey in surveys if step is not None and survey.round == step.round]
    if step is None or not earlier:
        return {}
    kept, newest = _kept(case, earlier[-1]), earlier[-1].id
    numbers = [project.number for project in case.projects if project.round == step.round]
    return {number: kept.get(number, (newest, number)) for number in numbers}


def scope_payload(survey: Survey, kept: Mapping[int, tuple[str, int]]) -> dict[str, object]:
    """Return what the history keeps of a survey's scope."""
    return {"survey": survey.id, "kept": {str(number): list(place) for number, place in kept.items()}}


def _kept(case: Case, survey: Survey) -> dict[int, tuple[str, int]]:
    steps = [step for step in case.steps if step.name == SCOPE_STEP and step.payload.get("survey") == survey.id]
    places = steps[-1].payload["kept"] if steps else {}
    return {int(number): (str(place[0]), int(place[1])) for number, place in places.items()}


def asked_projects(case: Case, survey: Survey | None = None) -> list[Project]:
    """Return the projects that a survey asks about; without one, those of the case's newest."""
    step = case.last_step(SCOPE_STEP)
    if survey is None:
        kept = step.payload["kept"] if step is not None and step.round == case.round else {}
    else:
        kept = {str(number): place for number, place in _kept(case, survey).items()}
    return [project for project in case.current_projects() if str(project.number) not in kept]


@dataclass(frozen=True)
class AnswerPlace:
    """Where the answers about a project stand: the survey that asked, and the project's number in it."""

    survey: Survey
    number: int


def answer_places(case: Case, survey: Survey, surveys: Sequence[Survey]) -> dict[int, AnswerPlace]:
    """Return where the answers about each project stand: in this survey or, of unchanged ones, in an earlier one."""
    by_id, kept = {entry.id: entry for entry in surveys}, _kept(case, survey)
    places = {}
    for project in case.current_projects():
        source, number = kept.get(project.number, (survey.id, project.number))
        places[project.number] = AnswerPlace(by_id.get(source, survey), number)
    return places


def counting_surveys(case: Case, survey: Survey, surveys: Sequence[Survey]) -> list[Survey]:
    """Return this survey and those whose answers still count beside it: their wishes count, too."""
    kept = {source for source, _ in _kept(case, survey).values()}
    return [*(entry for entry in surveys if entry.id in kept), survey]


async def newest_places(uow: UnitOfWork, case: Case) -> dict[int, AnswerPlace]:
    """Return :func:`answer_places` of the newest survey of the case's round; nothing where there is none."""
    surveys = await uow.surveys.of_case(case.id)
    newest = [survey for survey in surveys if survey.round == case.round]
    return answer_places(case, newest[-1], surveys) if newest else {}
