"""What becomes of each proposed project after the survey: the discussion of its result (ISE-5, AGE-5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from workers.domain.cities import City
from workers.domain.entities import Case, Project, ProjectStatus
from workers.domain.text import multi_line, single_line
from workers.errors import InputError, InputErrors
from workers.readers.offervalues import field_number
from workers.usecases.caseview import proposals
from workers.usecases.journal import note, record
from workers.usecases.ports import UnitOfWork
from workers.usecases.survey_about import partner_text
from workers.usecases.survey_scope import AnswerPlace, answer_places
from workers.usecases.survey_texts import answers_text

_JUDGEMENTS = {
    "talks": ProjectStatus.TALKS,
    "feasible": ProjectStatus.FEASIBLE,
    "drop": ProjectStatus.DROPPED,
}
_ADOPTIONS = {word: status for word, status in _JUDGEMENTS.items() if status is not ProjectStatus.DROPPED}
"""How a department's wish is taken up: like a proposal."""
_TITLE = 120
_CONTENT = 4000


async def record_discussion(uow: UnitOfWork, case_id: str, result: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the office's judgement project by project, and make projects of the departments' wishes that it takes up.

    ``result``: ``next`` (``talks``, ``revise``, or another word: on without talks), ``projects`` (rows ``number``,
    ``judgement``, ``departments`` or one ``department``), ``wishes`` (rows ``adopt``, ``title``, ``content``,
    ``field``, ``departments``). A
    project is judged ``talks``, ``drop`` or ``feasible`` (no talks needed, AGE-T0); a wish that is adopted as ``talks``
    or ``feasible`` becomes a project. Returns ``discussionNext``
    (``talks``, ``revise``, ``none``), ``talkProjects`` and ``proposals``. Raises InputErrors, with all that is wrong:
    talks chosen without a project, a project without judgement or department, a project for talks although the case
    goes on without them.
    """
    case = await uow.cases.get(case_id)
    city = uow.cities.city(case.city)
    following = {"talks": "talks", "revise": "revise"}.get(str(result.get("next")), "none")
    judging = _Judging(case, city, following)
    rows = {str(row.get("number")): row for row in _rows(result.get("projects"))}
    for project in judging.proposed():
        judging.judge(project, rows.get(str(project.number)))
    for number, row in enumerate(_rows(result.get("wishes")), start=1):
        judging.take_up(number, row)
    judging.drop_former()
    talks = [project for project in case.current_projects() if project.status is ProjectStatus.TALKS]
    judging.check(talks)
    payload = {"next": following, "projects": [p.number for p in talks], "added": judging.added}
    await record(uow, case, "discussion", payload)
    await note(
        uow, case.id, f"連携事業の可否を協議した（詳細協議へ{len(talks)}件、課の希望から{len(judging.added)}件）"
    )
    places = await _places(uow, case)
    return {
        "discussionNext": following,
        "talkProjects": [_talk_row(project, case, city, places.get(project.number)) for project in talks],
        "proposals": proposals(case, city),
    }


def _rows(value: Any) -> Sequence[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


async def _places(uow: UnitOfWork, case: Case) -> dict[int, AnswerPlace]:
    surveys = await uow.surveys.of_case(case.id)
    newest = [survey for survey in surveys if survey.round == case.round]
    return answer_places(case, newest[-1], surveys) if newest else {}


class _Judging:
    """Applies one discussion to a case; what is wrong gathers until :meth:`check` raises it."""

    def __init__(self, case: Case, city: City, following: str) -> None:
        self._case = case
        self._city = city
        self._following = following
        self._errors: list[InputError] = []
        self._contradicting: list[str] = []
        self.added: list[int] = []
        step = case.last_step("discussion")
        numbers = step.payload.get("added", []) if step is not None and step.round == case.round else []
        self._former = [project for project in case.current_projects() if project.number in numbers]

    def proposed(self) -> list[Project]:
        """Return the projects but those that an earlier discussion made of wishes: they are made anew."""
        return [project for project in self._case.current_projects() if project not in self._former]

    def drop_former(self) -> None:
        """Take away what an earlier discussion made of wishes that this one does not take up."""
        self._case.projects[:] = [project for project in self._case.projects if project not in self._former]

    def judge(self, project: Project, row: Mapping[str, Any] | None) -> None:
        """Give a project its status and its departments; one that a diagram leaves out stays as proposed (DAT-8)."""
        if row is None:
            project.status = ProjectStatus.PROPOSED
            return
        name = f"事業{project.number}「{project.title}」"
        status = _JUDGEMENTS.get(str(row.get("judgement")))
        if status is ProjectStatus.TALKS and self._following == "none":
            self._contradicting.append(name)
        if status is None and self._following != "revise":
            self._errors.append(InputError(f"{name}の進め方", "選んでください"))
        if self._following == "revise" and status is not ProjectStatus.DROPPED:
            status = None  # what the partner sends next is judged then
        project.status = status or ProjectStatus.PROPOSED
        if project.status in (ProjectStatus.TALKS, ProjectStatus.FEASIBLE):
            self._give(project, row, name)

    def take_up(self, number: int, row: Mapping[str, Any]) -> None:
        """Make a project of a department's wish that the office takes up."""
        where = f"{number}番目の希望"
        status = _ADOPTIONS.get(str(row.get("adopt")))
        if status is ProjectStatus.TALKS and self._following == "none":
            self._contradicting.append(where)
        if status is None or self._following == "revise":
            return
        project = self._blank()
        project.field = self._read(partial(field_number, self._city), row.get("field"), f"{where}の連携事項", 0)
        project.title = self._text(partial(single_line, maximum=_TITLE), row.get("title"), f"{where}の事業名")
        project.content = self._text(partial(multi_line, maximum=_CONTENT), row.get("content"), f"{where}の内容")
        project.status = status
        self._give(project, row, where)
        self.added.append(project.number)

    def _blank(self) -> Project:
        """Return a project to fill: one of an earlier discussion changes in place, for its number is unique."""
        if self._former:
            return self._former.pop(0)
        number = max((one.number for one in self._case.current_projects()), default=0) + 1
        project = Project(round=self._case.round, number=number, field=0, title="", content="")
        self._case.projects.append(project)
        return project

    def check(self, talks: Sequence[Project]) -> None:
        """Raise what is wrong with the discussion."""
        if self._following == "talks" and not talks:
            self._errors.append(InputError("進め方", "詳細協議へ進める事業を1つ以上選んでください"))
        if self._contradicting:
            names = "、".join(self._contradicting)
            detail = f"詳細協議をせずに進むのに、{names}が「詳細協議へ進める」になっています。どちらかを改めてください"
            self._errors.append(InputError("全体の進め方", detail))
        if self._errors:
            raise InputErrors(self._errors)

    def _give(self, project: Project, row: Mapping[str, Any], name: str) -> None:
        codes: list[str] = []
        for code in dict.fromkeys(row.get("departments") or [row.get("department")]):
            if not code:
                continue
            try:
                codes.append(self._city.department(str(code)).code)
            except InputError as error:
                self._errors.append(InputError(f"{name}の担当する課", error.message))
        if not codes:
            self._errors.append(InputError(f"{name}の担当する課", "課を1つ以上選んでください"))
            return
        project.department, project.joint_departments = codes[0], codes[1:]

    def _text(self, read: Any, value: Any, where: str) -> str:
        text: str = self._read(read, "" if value is None else value, where, "")
        if not text:
            self._errors.append(InputError(where, "書いてください"))
        return text

    def _read(self, read: Any, value: Any, where: str, otherwise: Any) -> Any:
        try:
            return read(value, where)
        except InputError as error:
            self._errors.append(error)
            return otherwise


def _talk_row(project: Project, case: Case, city: City, place: AnswerPlace | None) -> dict[str, Any]:
    """Return a project as its talks' task shows it: with the departments' comments and whom to call (ISE-6)."""
    departments = [city.department(code) for code in project.departments]
    return {
        "number": project.number,
        "title": project.title,
        "content": project.content,
        "fieldName": city.field_name(project.field),
        "department": departments[0].code,
        "departments": [department.code for department in departments],
        "departmentNames": "、".join(department.name for department in departments),
        "group": departments[0].group,
        "groups": list(dict.fromkeys(department.group for department in departments)),
        "answers": answers_text(place.survey, place.number, city.survey) if place else "",
        "result": _earlier_talk(case, project),
        "partner": partner_text(case.partner),
    }


def _earlier_talk(case: Case, project: Project) -> str:
    """Return what the talks of an earlier round said about the same project, for the clerk to go on from."""
    earlier = [
        p for p in case.projects if p.round <= project.round and (p.field, p.title) == (project.field, project.title)
    ]
    told = [p for p in sorted(earlier, key=lambda p: p.round) if p.talk_result]
    return told[-1].talk_result if told else ""
