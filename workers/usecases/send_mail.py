"""Enqueue a mail of a case to the partner, the office or departments (ALL-2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workers.domain.cities import City
from workers.domain.drafts import editions
from workers.domain.entities import Case, Document, Project
from workers.domain.meetings import Meeting
from workers.domain.renewal import renews_by
from workers.errors import PermanentError
from workers.usecases.answer_links import has_page, issue_link
from workers.usecases.answer_workbooks import answer_workbook
from workers.usecases.blank_forms import answer_context, answer_day, blank_forms
from workers.usecases.journal import latest_steps, note
from workers.usecases.lead import lead_of, signing_department
from workers.usecases.lookup import agreement_of, project_name
from workers.usecases.meeting_people import (
    Recipient,
    department_recipients,
    office_recipient,
    participants,
    partner_recipient,
    target_recipient,
)
from workers.usecases.parties import parties_of, spoken
from workers.usecases.ports import TemplateValues, UnitOfWork
from workers.usecases.render_document import document_kind
from workers.usecases.survey_scope import AnswerPlace, counting_surveys, newest_places

RECIPIENTS = {
    "partner": "相手方",
    "office": "所管課",
    "department": "担当課（1課）",
    "departments": "照会した課すべて",
    "all-departments": "全課",
    "agreement-departments": "協定に関わる課",
    "other-departments": "照会しなかった課すべて",
    "project-departments": "選んだ事業の担当課",
    "listed-departments": "挙げた課",
    "meeting": "会議の出席者",
    "meeting-city": "会議の出席者（市の側）",
}


async def send_mail(  # noqa: PLR0913 (the parts of a notice as the diagram's headers name them)
    uow: UnitOfWork,
    case_id: str,
    *,
    template: str,
    to: str,
    attach: Sequence[str],
    values: TemplateValues,
    department: str | None,
    key: str,
    joint: Sequence[str] = (),
    meeting_id: str | None = None,
    page: str = "",
) -> int:
    """Enqueue one mail per recipient and return how many.

    ``key`` says which step this is: with the element instance a repeated step (a second correction) sends again and a
    repeated job does not; a key of the matter itself sends once, whoever asks. ``joint``: departments that share the
    matter with ``department``. ``meeting_id``: the meeting that the step is about. ``page``: the user task that the
    partner may do by a link in the mail. Raises PermanentError for an unknown recipient or a document that the case
    does not have.
    """
    case = await uow.cases.get(case_id)
    city = uow.cities.city(case.city)
    meeting = await uow.meetings.get(meeting_id) if meeting_id else None
    if to in {"meeting", "meeting-city"} and meeting:
        everybody = participants(case, city, meeting)
        recipients = [one for one in everybody if to == "meeting" or one.key != "partner"]
    else:
        listed = values.get("listed" if to == "listed-departments" else "chosen")
        chosen = [str(part) for part in listed] if isinstance(listed, list) else []
        recipients = await recipients_of(uow, case, city, to, department, joint=joint, chosen=chosen)
    documents = [document for kind in attach for document in await attached_documents(uow, case, kind, department)]
    forms = await blank_forms(uow, case, city, template, values)
    due_on = answer_day(uow, city, template)
    asked = answer_context(forms, due_on)
    workbook = await answer_workbook(uow, case, city, template, values, due_on=due_on)
    documents += [*forms, *([workbook] if workbook else [])]
    context = {
        **asked,
        "answer_file": workbook.name if workbook else "",
        **values,
        **await mail_context(uow, case, city, meeting),
        **await draft_context(uow, case, documents),
    }
    if to == "partner":
        context["lead"] = await signing_department(uow, case, city)
    for recipient in recipients:
        if to == "partner" and has_page(uow, page, case):
            context["answer_link"] = await issue_link(uow, case, page, recipient)
        request = recipient.mail(case, template, key=f"{case.id}:{key}:{recipient.key}:{template}", context=context)
        await uow.outbox.mail(replace(request, attachments=documents))
    title = uow.outbox.title(city.code, template)
    await note(uow, case.id, f"{RECIPIENTS[to]}へのメールを用意した: {title}（{len(recipients)}通）")
    return len(recipients)


async def _in_place_of_the_partner(uow: UnitOfWork, case: Case, city: City) -> Recipient:
    """Return the office for a partner whose list named no address: it has to tell the partner itself (ALL-2)."""
    await note(uow, case.id, "相手方のメールアドレスがないため、所管課へ送る。所管課から相手方に伝えること")
    office = office_recipient(city)
    return Recipient(key="partner", name=office.name, address=office.address)


async def recipients_of(  # noqa: PLR0913 (the word, and what it is about)
    uow: UnitOfWork,
    case: Case,
    city: City,
    to: str,
    department: str | None = None,
    *,
    joint: Sequence[str] = (),
    chosen: Sequence[str] | None = None,
) -> list[Recipient]:
    """Return who gets a mail; raises PermanentError for a word that names nobody.

    ``joint``: departments that share the matter with ``department``. ``chosen``: numbers of the projects whose
    departments are meant by ``project-departments``, or the codes meant by ``listed-departments``.
    """
    partner = partner_recipient(case)
    if to == "partner" and partner:
        return [partner if partner.address else await _in_place_of_the_partner(uow, case, city)]
    if to == "office":
        lead = await lead_of(uow, case, city)
        return department_recipients(city, [lead.code]) if lead else [office_recipient(city)]
    if to == "department" and department:
        return department_recipients(city, list(dict.fromkeys([department, *joint])))
    if to in {"departments", "other-departments"}:
        return await _by_survey(uow, case, city, asked=to == "departments")
    if to in {"project-departments", "listed-departments"}:
        listed = chosen or []
        codes = listed if to == "listed-departments" else await _in_charge(uow, case, set(listed))
        return department_recipients(city, list(dict.fromkeys(codes)))
    if to in {"all-departments", "agreement-departments"}:
        concerned = await _concerned_by_agreement(uow, case) if to == "agreement-departments" else []
        return department_recipients(city, concerned or [entry.code for entry in city.departments if entry.surveyed])
    raise PermanentError(f"ヘッダー to の値 {to} では宛先が決まりません（{'・'.join(RECIPIENTS)}）")


async def _by_survey(uow: UnitOfWork, case: Case, city: City, *, asked: bool) -> list[Recipient]:
    """Return the departments that the surveys that count asked, and those in charge; or all that were not asked."""
    surveys = await uow.surveys.of_case(case.id)
    counting = counting_surveys(case, surveys[-1], surveys) if surveys else []
    targets = {target.department: target for survey in counting for target in survey.targets}
    if not asked:
        others = [entry.code for entry in city.departments if entry.surveyed and entry.code not in targets]
        return department_recipients(city, others)
    recipients = [target_recipient(target) for target in targets.values()]
    in_charge = dict.fromkeys(code for project in case.current_projects() for code in project.departments)
    return recipients + department_recipients(city, [code for code in in_charge if code not in targets])


async def _concerned_by_agreement(uow: UnitOfWork, case: Case) -> list[str]:
    """Return the department that leads the case's agreement and those of its projects; none where the office leads."""
    agreement = await agreement_of(uow, case)
    if agreement is None or not agreement.department:
        return []
    activities = await uow.activities.of_agreement(agreement.id)
    return list(dict.fromkeys([agreement.department, *(row.department for row in activities if row.department)]))


async def _in_charge(uow: UnitOfWork, case: Case, numbers: set[str]) -> list[str]:
    """Return the codes of the departments of these projects."""
    projects = [project for project in case.current_projects() if str(project.number) in numbers]
    places = await newest_places(uow, case)
    return [code for project in projects for code in _concerned(project, places.get(project.number))]


def _concerned(project: Project, place: AnswerPlace | None) -> list[str]:
    """Return who is in charge of a project; one that was given to nobody goes to those that answered about it."""
    if project.departments or place is None:
        return list(project.departments)
    return [
        target.department
        for target, answer in place.survey.answered()
        if place.number in {rating.project_number for rating in answer.ratings}
    ]


async def attached_documents(uow: UnitOfWork, case: Case, kind: str, department: str | None = None) -> list[Document]:
    """Return the newest document of a kind; ``NAME@department`` is the one of the department that the task is about.

    ``NAME@all`` are the newest ones of all departments or projects, perhaps none.
    """
    name, _, own = kind.partition("@")
    if own == "all":
        found = {d.kind: d for d in await uow.documents.of_case(case.id) if d.kind.startswith(f"{name}@")}
        return list(found.values())
    if own:
        if own != "department" or not department:
            raise PermanentError(f"ヘッダー attach の {kind} は使えません（課のタスクで {name}@department と書きます）")
        kind = document_kind(name, department)
    document = await uow.documents.latest(case.id, kind)
    if document is None:
        raise PermanentError(f"添付する文書 {kind} が案件 {case.id} にありません")
    return [document]


async def draft_context(uow: UnitOfWork, case: Case, documents: Sequence[Document]) -> dict[str, object]:
    """Return what a mail says of the drafts that it carries: ``drafts`` one a line, ``draft_label`` of the first."""
    known = editions(await uow.documents.of_case(case.id)) if documents else {}
    found = [(document, known[document.id]) for document in documents if document.id in known]
    return {
        "drafts": [f"{document.name.partition('（案）')[0]}（案）{edition.label}" for document, edition in found],
        "draft_label": found[0][1].label if found else "",
    }


async def mail_context(uow: UnitOfWork, case: Case, city: City, meeting: Meeting | None = None) -> dict[str, object]:
    """Return what every mail of a case, or of a meeting of it, may say."""
    agreement = await agreement_of(uow, case)
    discussed = case.last_step("discussion")
    wished = discussed.payload.get("added", []) if discussed is not None and discussed.round == case.round else []
    return {
        "case": case,
        "lead": await lead_of(uow, case, city),
        "partner": case.partner,
        "offer": case.offer,
        "fields": [city.field_name(number) for number in (case.offer.fields if case.offer else [])],
        "projects": [
            {
                "number": project.number,
                "field_name": city.field_name(project.field),
                "title": project.title,
                "content": project.content,
                "status": project.status.value,
                "talk_result": project.talk_result,
                "departments": "、".join(city.department(code).name for code in project.departments),
                "cost_to_city": project.cost_to_city,
                "wished": project.number in wished,
            }
            for project in case.current_projects()
        ],
        "steps": latest_steps(case),
        **spoken(await parties_of(uow, case, agreement)),
        "agreement": agreement,
        "project_title": await project_name(uow, agreement) if agreement else "",
        "term": agreement.current_term if agreement else None,
        "renewal_years": renews_by(city, agreement) if agreement else None,
        **(_about(meeting, city) if meeting else {}),
    }


def _about(meeting: Meeting, city: City) -> dict[str, object]:
    return {
        "meeting": meeting,
        "host": city.department(meeting.host).name if meeting.host else city.office.section,
        "departments": [city.department(code).name for code in meeting.departments],
    }
