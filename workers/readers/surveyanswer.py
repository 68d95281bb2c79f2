"""A department's answer to a survey, read from its form (ALL-1, ISE-4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workers.domain.cities import City
from workers.domain.entities import Project, Rating, SurveyRating, SurveyWish
from workers.domain.text import multi_line, shown, single_line
from workers.errors import InputError
from workers.readers.offervalues import field_number

_NOT_OURS = (None, "", "none")
_SHORT = 200
_LONG = 4000
_NEEDS_COMMENT = frozenset({Rating.ADJUST, Rating.INFEASIBLE})


@dataclass(frozen=True, kw_only=True)
class GivenAnswer:
    """What a form says, and all that is wrong with it (``problems``): what can be read is there all the same."""

    concerned: bool
    person: str
    contact: str
    ratings: list[SurveyRating]
    wishes: list[SurveyWish]
    problems: list[InputError]


def read_answer(form: Mapping[str, Any], projects: Sequence[Project], city: City) -> GivenAnswer:
    """Read ``concerned``, ``ratings``, ``wishes``, ``person``, ``contact``; ``projects``: those that were asked about.

    Problems are a rating or field that the survey does not know, a text that nothing could hold, a concerned department
    that rates nothing, △ or × without a comment.
    """
    reading = _Reading(projects, city)
    concerned = reading.concerned(form.get("concerned"))
    answer = GivenAnswer(
        concerned=concerned,
        person=reading.required(form.get("person"), "担当者の氏名"),
        contact=reading.required(form.get("contact"), "内線・連絡先"),
        ratings=reading.ratings(form.get("ratings")) if concerned else [],
        wishes=reading.wishes(form.get("wishes")),
        problems=reading.errors,
    )
    if concerned:
        reading.check_complete(answer)
    return answer


@dataclass
class _Reading:
    """Reads an answer's form; what is wrong gathers in ``errors``, what is right is kept."""

    projects: Sequence[Project]
    city: City
    errors: list[InputError] = field(default_factory=list)

    def text(self, value: Any, where: str, *, maximum: int = _SHORT, lines: bool = False) -> str:
        """Return a text that mails, documents and the registry can hold; an empty one where it is wrong."""
        try:
            return (multi_line if lines else single_line)("" if value is None else value, where, maximum=maximum)
        except InputError as error:
            self.errors.append(error)
            return ""

    def required(self, value: Any, where: str) -> str:
        """Return a text of one line that has to be there."""
        before = len(self.errors)
        text = self.text(value, where)
        if not text and len(self.errors) == before:
            self.errors.append(InputError(where, "入力してください"))
        return text

    def concerned(self, value: Any) -> bool:
        """Return whether the department says that the offer concerns it; saying nothing is no answer."""
        if value not in {"yes", "no"}:
            self.errors.append(InputError("この提案に関わりますか", "選んでください"))
        return bool(value == "yes")

    def ratings(self, value: Any) -> list[SurveyRating]:
        """Return the ratings that are none of "not ours"."""
        rows = self._rows(value, "事業ごとの見込み")
        return [rating for row in rows if row.get("rating") not in _NOT_OURS and (rating := self._rating(row))]

    def wishes(self, value: Any) -> list[SurveyWish]:
        """Return the wishes that say something."""
        return [wish for row in self._rows(value, "希望する連携事業") if (wish := self._wish(row))]

    def check_complete(self, answer: GivenAnswer) -> None:
        """Note what a department that calls itself concerned still has to say."""
        projects = {project.number: project.title for project in self.projects}
        words = self.city.survey.words
        if projects and not answer.ratings and not self.errors:
            self.errors.append(
                InputError(
                    words["ratings"],
                    f"関わるときは、1つ以上の事業に{words['rating']}を選んでください。どの事業も所管でなければ「当課の所管ではない」を選びます",
                )
            )
        if not projects and not answer.wishes and not self.errors:  # the survey asks for the city's own proposals only
            self.errors.append(InputError(words["wishes"], "1件以上入力するか、ないことを選んでください"))
        for rating in answer.ratings:
            if rating.rating in _NEEDS_COMMENT and not rating.comment:
                where = f"事業{rating.project_number}「{projects[rating.project_number]}」の意見"
                label = self.city.survey.ratings[rating.rating.value]
                self.errors.append(InputError(where, f"「{label}」を選んだわけを書いてください"))

    def _rows(self, value: Any, where: str) -> list[Mapping[str, Any]]:
        if not value:
            return []
        if isinstance(value, list) and all(isinstance(row, Mapping) for row in value):
            return value
        self.errors.append(InputError(where, "表として読めません。入力し直してください"))
        return []

    def _rating(self, row: Mapping[str, Any]) -> SurveyRating | None:
        value, number = row["rating"], shown(row.get("number"))
        known = {str(project.number): project.number for project in self.projects}
        typed = (
            row.get("reason") if isinstance(value, str) and value in _NEEDS_COMMENT else None
        )  # the form's box that has to be filled
        comment = self.text(typed or row.get("comment"), f"事業{number}の意見", maximum=_LONG, lines=True)
        if number not in known:
            self.errors.append(InputError("事業の番号", f"{number} は提案にありません"))
        elif not isinstance(value, str) or value not in self.city.survey.ratings:
            offered = "・".join(self.city.survey.ratings.values())
            detail = f"{shown(value)} は使えません（{offered} から選んでください）"
            self.errors.append(InputError(f"事業{number}の見込み", detail))
        else:
            return SurveyRating(project_number=known[number], rating=Rating(value), comment=comment)
        return None

    def _wish(self, row: Mapping[str, Any]) -> SurveyWish | None:
        where = "希望する連携事業"
        before = len(self.errors)
        content = self.text(row.get("content"), where, maximum=_LONG, lines=True)
        if not content:
            if row.get("field") and len(self.errors) == before:
                self.errors.append(InputError(f"{where}の内容", "入力してください"))
            return None
        try:
            number = field_number(self.city, row.get("field"), f"{where}の連携事項")
        except InputError as error:
            self.errors.append(error)
            return None
        return SurveyWish(field=number, content=content)
