"""The form that a partner answers with, as a workbook: sent with the mail that asks, read when it returns (ALL-17)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from workers.domain.cities import City
from workers.domain.entities import Case, Document
from workers.errors import InputError
from workers.readers.attachedfile import AttachedFile
from workers.usecases.journal import note
from workers.usecases.ports import AnswerRequest, FiledAnswer, UnitOfWork

FORM_VALUES: Final = "answer_values"
"""Where a mail's values hold what its form begins with, by the form's fields, and what choices come from."""
KIND: Final = "answer-form"
RECEIVED: Final = "answer-file"
MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SUFFIX: Final = ".xlsx"


@dataclass(frozen=True, kw_only=True)
class TakenFile:
    """A partner's file that was read.

    ``title``: what its form is called; ``document``: the file as it is kept with the case; ``sent_at``: when the form
    was made.
    """

    form: str
    title: str
    name: str
    answer: FiledAnswer
    document: Document
    sent_at: datetime


async def answer_workbook(  # noqa: PLR0913 (whose form it is and what stands in it)
    uow: UnitOfWork, case: Case, city: City, template: str, values: Mapping[str, object], *, due_on: date | None
) -> Document | None:
    """Return the workbook that goes with a mail to the partner, None where the pack sends none.

    ``values`` are the mail's; what the form asks and the case knows already stands in it. Raises PermanentError for a
    form that the pack does not have.
    """
    rule = city.mails.get(template)
    if rule is None or not rule.answer_form or (rule.forms_with and not values.get(rule.forms_with)):
        return None
    given = values.get(FORM_VALUES)
    title = rule.answer_title or uow.answer_forms.title(city.code, rule.answer_form)
    content = uow.answer_forms.make(
        AnswerRequest(
            city=city,
            case=case,
            form=rule.answer_form,
            title=title,
            due_on=due_on,
            values=given if isinstance(given, Mapping) else {},
        )
    )
    return await uow.documents.store(
        case_id=case.id,
        kind=f"{KIND}-{rule.answer_form}",
        name=f"{title}（回答用）_{case.id}{_SUFFIX}",
        media_type=MEDIA_TYPE,
        content=content,
        draft=False,
    )


async def take_file(uow: UnitOfWork, document: Document) -> TakenFile:
    """Return what a partner's file that is kept with a case says; nothing is entered by it.

    Raises InputError, naming the file: no form of ours, one of another case, one that was sent out anew since.
    """
    case, name = await uow.cases.get(document.case_id), document.name
    content = await uow.documents.read(document)
    city = uow.cities.city(case.city)
    stamp = uow.answer_forms.stamp(name, content)
    if stamp.case_id != case.id:
        raise InputError(name, f"案件 {stamp.case_id} の様式です（いまの案件は {case.id}）")
    title = uow.answer_forms.title(city.code, stamp.form)
    sent = await uow.documents.latest(case.id, f"{KIND}-{stamp.form}")
    if sent is None:
        raise InputError(name, f"この案件で送った様式ではありません（{title}）")
    copy = await uow.documents.read(sent)
    if uow.answer_forms.stamp(sent.name, copy).edition != stamp.edition:
        raise InputError(
            name, f"前に送った「{title}」です。その後に送った新しい様式に書いてもらうか、画面に入力してください"
        )
    answer = uow.answer_forms.read(name, content, sent=copy, today=uow.clock.today())
    return TakenFile(form=stamp.form, title=title, name=name, answer=answer, document=document, sent_at=sent.created_at)


async def keep_received(uow: UnitOfWork, case_id: str, file: AttachedFile) -> Document:
    """Keep a partner's file with its case, whatever comes of reading it."""
    document = await uow.documents.store(
        case_id=case_id, kind=RECEIVED, name=file.name, media_type=file.media_type, content=file.content, draft=False
    )
    await note(uow, case_id, f"ファイルを添付した: {file.name}")
    return document


async def note_taken(uow: UnitOfWork, case_id: str, taken: TakenFile, task: str) -> None:
    """Leave in the history that a file's values stand in a task, for the office to check and send."""
    found = f"確かめるところ {len(taken.answer.problems)}件" if taken.answer.problems else "誤りなし"
    await note(
        uow,
        case_id,
        f"相手方の様式「{taken.title}」のファイル {taken.name} を読み、「{task}」の画面に入れた（{found}）",
    )
