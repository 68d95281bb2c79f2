"""What the office says of each project after the survey, read from its form (ISE-5, AGE-5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeVar

from workers.domain.cities import City
from workers.domain.entities import Project, ProjectStatus
from workers.domain.text import multi_line, single_line
from workers.errors import InputError, InputErrors
from workers.jobs.forms.rows import rows
from workers.readers.offervalues import field_number
from workers.usecases.discuss_projects import Discussion, Judgement, TakenWish

T = TypeVar("T")
_JUDGEMENTS: Final = {
    "talks": ProjectStatus.TALKS,
    "feasible": ProjectStatus.FEASIBLE,
    "drop": ProjectStatus.DROPPED,
}
_TITLE: Final = 120
_CONTENT: Final = 4000


def read_discussion(result: Mapping[str, Any], projects: Sequence[Project], city: City) -> Discussion:
    """Read ``next``, ``projects`` (``number``, ``judgement``, ``departments``) and ``wishes`` (``adopt``, the project).

    ``next``: ``talks``, ``revise``, or another word: on without talks. A project is judged ``talks``, ``drop`` or
    ``feasible`` (no talks needed, AGE-T0); a wish is adopted as ``talks`` or ``feasible``. Raises InputErrors, with all
    that is wrong: talks chosen without a project, a project without judgement or department, a project for talks
    although the case goes on without them.
    """
    reading = _Reading(city, {"talks": "talks", "revise": "revise"}.get(str(result.get("next")), "none"))
    given = {str(row.get("number")): row for row in rows(result.get("projects"))}
    judged = {project.number: reading.judgement(project, given.get(str(project.number))) for project in projects}
    wishes = [reading.wish(number, row) for number, row in enumerate(rows(result.get("wishes")), start=1)]
    found = Discussion(
        following=reading.following, judgements=judged, wishes=[wish for wish in wishes if wish is not None]
    )
    reading.check(found)
    return found


class _Reading:
    """Reads one discussion; what is wrong gathers until :meth:`check` raises it."""

    def __init__(self, city: City, following: str) -> None:
        self._city = city
        self.following = following
        self._errors: list[InputError] = []
        self._contradicting: list[str] = []

    def judgement(self, project: Project, row: Mapping[str, Any] | None) -> Judgement:
        """Return what is said of a project; one that a diagram leaves out stays as proposed (DAT-8)."""
        if row is None:
            return Judgement(status=ProjectStatus.PROPOSED)
        name = f"事業{project.number}「{project.title}」"
        status = _JUDGEMENTS.get(str(row.get("judgement")))
        if status is ProjectStatus.TALKS and self.following == "none":
            self._contradicting.append(name)
        if status is None and self.following != "revise":
            self._errors.append(InputError(f"{name}の進め方", "選んでください"))
        if self.following == "revise" and status is not ProjectStatus.DROPPED:
            status = None  # what the partner sends next is judged then
        if status in (ProjectStatus.TALKS, ProjectStatus.FEASIBLE):
            return Judgement(status=status, departments=self._departments(row, name))
        return Judgement(status=status or ProjectStatus.PROPOSED)

    def wish(self, number: int, row: Mapping[str, Any]) -> TakenWish | None:
        """Return a department's wish that the office takes up, None for another one."""
        where = f"{number}番目の希望"
        status = _JUDGEMENTS.get(str(row.get("adopt")))
        if status is ProjectStatus.TALKS and self.following == "none":
            self._contradicting.append(where)
        if status in (None, ProjectStatus.DROPPED) or self.following == "revise":
            return None
        return TakenWish(
            field=self._read(partial(field_number, self._city), row.get("field"), f"{where}の連携事項", 0),
            title=self._text(partial(single_line, maximum=_TITLE), row.get("title"), f"{where}の事業名"),
            content=self._text(partial(multi_line, maximum=_CONTENT), row.get("content"), f"{where}の内容"),
            judgement=Judgement(status=status, departments=self._departments(row, where)),
        )

    def check(self, found: Discussion) -> None:
        """Raise what is wrong with the discussion."""
        talks = [one for one in found.every() if one.status is ProjectStatus.TALKS]
        if self.following == "talks" and not talks:
            self._errors.append(InputError("進め方", "詳細協議へ進める事業を1つ以上選んでください"))
        if self._contradicting:
            names = "、".join(self._contradicting)
            detail = f"詳細協議をせずに進むのに、{names}が「詳細協議へ進める」になっています。どちらかを改めてください"
            self._errors.append(InputError("全体の進め方", detail))
        if self._errors:
            raise InputErrors(self._errors)

    def _departments(self, row: Mapping[str, Any], name: str) -> tuple[str, ...]:
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
        return tuple(codes)

    def _text(self, read: Callable[[Any, str], str], value: Any, where: str) -> str:
        text = self._read(read, "" if value is None else value, where, "")
        if not text:
            self._errors.append(InputError(where, "書いてください"))
        return text

    def _read(self, read: Callable[[Any, str], T], value: Any, where: str, otherwise: T) -> T:
        try:
            return read(value, where)
        except InputError as error:
            self._errors.append(error)
            return otherwise
