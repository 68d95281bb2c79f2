"""Record the departments' answers; nothing that was sent in is ever lost (ALL-1, ALL-10)."""

from __future__ import annotations

from workers.domain.entities import OWING, AnswerStatus, SurveyAnswer, SurveyTarget, TargetStatus
from workers.domain.survey import is_late
from workers.errors import InputErrors
from workers.readers.surveyanswer import GivenAnswer
from workers.usecases.journal import note
from workers.usecases.ports import Asked, JobRef, UnitOfWork
from workers.usecases.survey_board import board_changed


async def record_answer(  # noqa: PLR0913 (who answered what, how, from where)
    uow: UnitOfWork, survey_id: str, department: str, given: GivenAnswer, *, on_behalf: bool, ref: JobRef
) -> bool:
    """Keep one answer and return whether the survey is now complete.

    An answer after the closing, or a second one that nobody asked for, is kept and does not count. A correction
    supersedes the former answer. Raises InputErrors with the answer's problems: the department gets its task back as it
    filled it. After the closing nobody has a task any more, so what could be read is kept.
    """
    asked = await uow.surveys.asked(survey_id, department, lock=True)
    if given.problems and asked.closed_at is None:
        raise InputErrors(given.problems)
    target, now = asked.target, uow.clock.now()
    answer = SurveyAnswer(
        department=department,
        status=_status(asked),
        concerned=given.concerned,
        person=given.person,
        contact=given.contact,
        on_behalf=on_behalf,
        late=is_late(asked.due_on, now),
        answered_at=now,
        job=str(ref),
        ratings=given.ratings,
        wishes=given.wishes,
    )
    if answer.status is AnswerStatus.VALID:
        former = await uow.surveys.valid_answer(survey_id, department)
        if former is not None:
            former.status = AnswerStatus.SUPERSEDED
        target.status = TargetStatus.ANSWERED if answer.concerned else TargetStatus.NOT_CONCERNED
        target.question = ""
    await uow.surveys.add_answer(survey_id, answer)
    await note(uow, asked.case_id, _history_line(target, answer))
    await board_changed(uow, survey_id, ref.process_instance_key)
    return asked.closed_at is not None or not await uow.surveys.is_owed(survey_id)


def _status(asked: Asked) -> AnswerStatus:
    if asked.closed_at is not None:
        return AnswerStatus.AFTER_CLOSING
    if asked.target.status in OWING:
        return AnswerStatus.VALID
    return AnswerStatus.SECOND


def _history_line(target: SurveyTarget, answer: SurveyAnswer) -> str:
    kinds = {
        AnswerStatus.VALID: "回答",
        AnswerStatus.SECOND: "2つ目の回答（集計に入れない）",
        AnswerStatus.AFTER_CLOSING: "締切後の回答（集計に入れない）",
    }
    late = "、期限後" if answer.late else ""
    entered = "、所管課が代理で入力" if answer.on_behalf else ""
    return f"{target.name}の{kinds[answer.status]}を控えた{late}{entered}"
