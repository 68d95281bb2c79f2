"""End a survey: all have answered, the office closes it, or it is stopped and planned anew (ALL-1)."""

from __future__ import annotations

from workers.domain.acts import SYSTEM
from workers.domain.entities import Survey, TargetStatus
from workers.errors import InputError
from workers.usecases.journal import note, record
from workers.usecases.meeting_people import office_recipient
from workers.usecases.ports import UnitOfWork
from workers.usecases.survey_board import board_changed
from workers.usecases.survey_sheets import wishes
from workers.usecases.survey_texts import project_answers
from workers.usecases.surveys import mail_target, survey_context

_NAMED = 30
"""So many names stand in an error; the form lists them all."""


async def check_survey(uow: UnitOfWork, survey_id: str, template: str = "") -> bool:
    """Close the survey when every department has answered; returns whether it is complete.

    ``template``: the mail that tells the office so.
    """
    survey = await uow.surveys.get(survey_id, lock=True)
    complete = is_complete(survey)
    if complete and survey.closed_at is None:
        survey.closed_at = uow.clock.now()
        if survey.targets:
            await note(uow, survey.case_id, "すべての課の回答がそろい、照会を締め切った", actor=SYSTEM)
        if template and survey.targets:  # nobody is asked where a revision changes nothing
            await _tell_office(uow, survey, template)
    return complete


def is_complete(survey: Survey) -> bool:
    """Whether the survey needs no further answer: closed, or every department has answered."""
    return survey.closed_at is not None or not survey.open_targets()


async def _tell_office(uow: UnitOfWork, survey: Survey, template: str) -> None:
    case = await uow.cases.get(survey.case_id)
    city = uow.cities.city(case.city)
    context = {
        **survey_context(case, survey.due_on, city),
        "asked": len(survey.targets),
        "results": project_answers(case, survey, city),
        "wishes": wishes([survey], city),
    }
    key = f"{survey.id}:office:{template}"
    await uow.outbox.mail(office_recipient(city).mail(case, template, key=key, context=context))


async def close_survey(uow: UnitOfWork, survey_id: str, *, despite_missing: bool, process_instance_key: int) -> None:
    """Close the survey by the office's decision; who owes an answer stays on record as such (ALL-1).

    A department whose correction is still out keeps its former answer. Raises InputError, naming them, where
    departments owe an answer and the office has not said that it closes all the same.
    """
    survey = await uow.surveys.get(survey_id, lock=True)
    owing = survey.open_targets()
    if survey.closed_at is None and owing and not despite_missing:
        await board_changed(uow, survey.id, process_instance_key)
        raise InputError(
            "締切",
            f"まだ回答していない課があります（{_names(survey)}）。回答なしで締め切るときは、その旨を選んでください",
        )
    await abandon_survey(uow, survey.id)


async def stop_survey(uow: UnitOfWork, survey_id: str, template: str) -> None:
    """End the survey without a result and tell everybody who was asked (ALL-1).

    What was answered stays on record.
    """
    survey = await uow.surveys.get(survey_id, lock=True)
    case = await uow.cases.get(survey.case_id)
    if survey.closed_at is None:
        answered = len(survey.valid_answers())
        _end(uow, survey)
        for target in survey.targets:
            key = f"{survey.id}:{target.department}:{template}"
            await mail_target(uow, case, survey.due_on, target, template=template, key=key)
        await record(uow, case, "survey-stopped", {"survey": survey.id, "answered": answered})
        await note(uow, case.id, f"照会をやめ、照会先と期限を決める手順に戻した（{len(survey.targets)}課に知らせた）")


async def abandon_survey(uow: UnitOfWork, survey_id: str) -> None:
    """Close a survey whose case has left it; what was answered stays on record (ALL-22)."""
    survey = await uow.surveys.get(survey_id, lock=True)
    if survey.closed_at is None:
        missing = _end(uow, survey)
        await note(uow, survey.case_id, f"照会を締め切った（回答なし{missing}課）")


def _end(uow: UnitOfWork, survey: Survey) -> int:
    """Close a survey and return how many departments have not answered."""
    survey.closed_at = uow.clock.now()
    missing, answers = 0, survey.valid_answers()
    for target in survey.open_targets():
        former = answers.get(target.department)
        if former is None:
            target.status, missing = TargetStatus.UNANSWERED, missing + 1
        else:
            target.status = TargetStatus.ANSWERED if former.concerned else TargetStatus.NOT_CONCERNED
    return missing


def _names(survey: Survey) -> str:
    names = [target.name for target in survey.open_targets()]
    more = f"ほか{len(names) - _NAMED}課" if len(names) > _NAMED else ""
    return "、".join([*names[:_NAMED], *([more] if more else [])])
