"""What becomes of each proposed project after the survey: the discussion of its result (ISE-5, AGE-5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from workers.domain.entities import Case, Project, ProjectStatus
from workers.usecases.journal import note, record
from workers.usecases.ports import UnitOfWork

STEP = "discussion"


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What becomes of a project, and the codes of the departments in charge, the leading one first."""

    status: ProjectStatus
    departments: Sequence[str] = ()

    def apply(self, project: Project) -> None:
        """Give a project its status and its departments."""
        project.status = self.status
        if self.departments:
            project.department, project.joint_departments = self.departments[0], list(self.departments[1:])


@dataclass(frozen=True, kw_only=True)
class TakenWish:
    """A department's wish that the office takes up: it becomes a project."""

    field: int
    title: str
    content: str
    judgement: Judgement


@dataclass(frozen=True, kw_only=True)
class Discussion:
    """The office's judgement of every project by its number, the wishes taken up, and how the case goes on.

    ``following``: ``talks``, ``revise`` (the partner is asked for another offer), ``none`` (on without talks).
    """

    following: str
    judgements: Mapping[int, Judgement]
    wishes: Sequence[TakenWish]

    def every(self) -> Iterator[Judgement]:
        """Yield all judgements, of proposals and wishes."""
        yield from self.judgements.values()
        yield from (wish.judgement for wish in self.wishes)


def proposed_projects(case: Case) -> list[Project]:
    """Return the projects but those that an earlier discussion made of wishes: they are made anew."""
    former = _former(case)
    return [project for project in case.current_projects() if project not in former]


async def record_discussion(uow: UnitOfWork, case_id: str, said: Discussion) -> list[Project]:
    """Keep the office's judgement project by project, and make projects of the departments' wishes that it takes up.

    Returns the projects of the detailed talks.
    """
    case = await uow.cases.get(case_id)
    former = _former(case)
    for project in proposed_projects(case):
        said.judgements[project.number].apply(project)
    added = [_take_up(case, wish, former) for wish in said.wishes]
    case.projects[:] = [project for project in case.projects if project not in former]
    talks = [project for project in case.current_projects() if project.status is ProjectStatus.TALKS]
    numbers = [project.number for project in added]
    await record(uow, case, STEP, {"next": said.following, "projects": [p.number for p in talks], "added": numbers})
    await note(uow, case.id, f"連携事業の可否を協議した（詳細協議へ{len(talks)}件、課の希望から{len(added)}件）")
    return talks


def _former(case: Case) -> list[Project]:
    """Return what an earlier discussion of this round made of wishes."""
    step = case.last_step(STEP)
    numbers = step.payload.get("added", []) if step is not None and step.round == case.round else []
    return [project for project in case.current_projects() if project.number in numbers]


def _take_up(case: Case, wish: TakenWish, former: list[Project]) -> Project:
    """Return the project of a wish: one of an earlier discussion changes in place, for its number is unique."""
    if former:
        project = former.pop(0)
    else:
        number = max((one.number for one in case.current_projects()), default=0) + 1
        project = Project(round=case.round, number=number, field=0, title="", content="")
        case.projects.append(project)
    project.field, project.title, project.content = wish.field, wish.title, wish.content
    wish.judgement.apply(project)
    return project
