"""An office's day for the desk of ``deskpages``: a case with its survey, mails and documents, a book of agreements."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Final

from tests.kit.answering import FORM, OPTIONS
from tests.kit.deskpages import OFFICE, PEOPLE, DeskAtWork, open_task
from tests.kit.papers import ROOT, partner
from tests.kit.registry import some_agreement
from workers.adapters.camunda.task_forms import ShownTask
from workers.domain.agreements import Activity, ActivityStatus, AgreementEnd, AgreementTerm
from workers.domain.cities import City
from workers.domain.entities import (
    AnswerStatus,
    Case,
    CaseOutcome,
    Offer,
    Partner,
    Project,
    Rating,
    Survey,
    SurveyAnswer,
    SurveyRating,
    SurveyTarget,
    TargetStatus,
)
from workers.domain.jst import JST
from workers.domain.wareki import NEVER
from workers.usecases.agree import agreement_counter
from workers.usecases.journal import note
from workers.usecases.ports import UnitOfWork
from workers.usecases.send_mail import send_mail
from workers.usecases.staff_notes import add_note

CASE: Final = "isesaki-2026-1"
AGREEMENT: Final = "isesaki-a1"
_START: Final = ROOT / "bpmn" / "isesaki" / "isesaki-consultation.form"
TASK: Final = 2251799813685301
_REPORT: Final = ROOT / "bpmn" / "isesaki" / "isesaki-project-start.form"
_STOP: Final = ROOT / "bpmn" / "common" / "common-case-control.form"
_PARTNERS: Final = (
    "株式会社みどり商事",
    "アオバ保険株式会社",
    "学校法人さくら大学",
    "ひかり銀行",
    "やまびこ運輸株式会社",
)
_ENDS: Final = (date(2027, 3, 31), date(2026, 6, 20), date(2026, 3, 31), NEVER, date(2026, 8, 10))


async def furnish(desk: DeskAtWork) -> None:
    """Fill an empty desk of 伊勢崎市."""
    await _case(desk)
    await _book(desk)
    async with desk.browser("ono"):
        pass  # whoever has signed in once is called by their name
    survey = {"name": "連携事業の可否を回答する", "candidate_groups": ("isesaki-kikaku", OFFICE)}
    desk.engine.add(
        open_task(TASK, name="申出書・提案書を出す", element_id="Task_SubmitOffer"),
        open_task(TASK + 1, **survey, due_date="2026-05-29T17:00:00+09:00"),
        open_task(TASK + 2, name="照会を見守る", assignee="ono", due_date=""),
    )
    values = {"cityOptions": {"fields": OPTIONS}, "caseTitle": "包括連携協定"}
    desk.engine.forms[TASK] = ShownTask(form=FORM, values=values)
    for process, form in (("isesaki-signing", _START), ("isesaki-project", _REPORT), ("common-case-control", _STOP)):
        desk.engine.start_forms[process] = json.loads(form.read_text(encoding="utf-8"))


async def _case(desk: DeskAtWork) -> None:
    titles = ("健康教室", "見守り活動", "出前講座")
    projects = [
        Project(round=1, number=number, field=number, title=title, content="公民館で月に一度")
        for number, title in enumerate(titles, 1)
    ]
    async with desk.open_unit() as unit:
        unit.by = PEOPLE["sato"].name
        case = Case(
            id=CASE,
            city="isesaki",
            process_id="isesaki-signing",
            process_instance_key=1,
            opened_on=date(2026, 5, 1),
            partner=partner(),
            offers=[
                Offer(round=1, offered_on=date(2026, 5, 7), purpose="市の健康づくりを支えるため", fields=[1, 4, 7])
            ],
            projects=projects,
        )
        await unit.cases.add(case)
        await unit.surveys.add(_survey(unit.cities.city("isesaki")))
        await note(unit, CASE, "案件を始めた")
        for content in (b"%PDF-1.7 one", b"%PDF-1.7 two"):
            await _file(unit, CASE, f"申出書_{CASE}.pdf", content)
        await add_note(unit, CASE, PEOPLE["sato"], "6月10日に来庁の予定。\n会場は第二会議室。")
        ask = {"template": "offer-request", "to": "partner", "key": "k"}
        await send_mail(unit, CASE, **ask, attach=(), values={}, department=None)


def _survey(city: City) -> Survey:
    """Return a survey of four departments: two have answered, one late, one is not concerned, one owes its answer."""
    statuses = (TargetStatus.ANSWERED, TargetStatus.ANSWERED, TargetStatus.NOT_CONCERNED, TargetStatus.WAITING)
    targets = [
        SurveyTarget(
            department=one.code,
            division=one.division,
            section=one.section,
            group=one.group,
            email=one.email,
            status=status,
        )
        for one, status in zip(city.departments, statuses, strict=False)
    ]
    answers = [
        _answer("kikaku", "企画 一郎", (Rating.FEASIBLE, Rating.ADJUST, Rating.INFEASIBLE)),
        _answer("koho", "広報 二郎", (Rating.FEASIBLE,), late=True),
        _answer("anzen", "安心 三郎", ()),
    ]
    opened = datetime(2026, 5, 8, 9, tzinfo=JST)
    return Survey(
        id=f"{CASE}-s1",
        case_id=CASE,
        round=1,
        due_on=date(2026, 6, 15),
        opened_at=opened,
        targets=targets,
        answers=answers,
    )


def _answer(department: str, person: str, ratings: tuple[Rating, ...], *, late: bool = False) -> SurveyAnswer:
    return SurveyAnswer(
        department=department,
        status=AnswerStatus.VALID,
        concerned=bool(ratings),
        person=person,
        contact="内線 2301",
        on_behalf=False,
        late=late,
        answered_at=datetime(2026, 5, 20, 10, tzinfo=JST),
        job=f"test/{department}",
        ratings=[
            SurveyRating(project_number=number, rating=rating, comment="会場の予定を確かめてから進めたい。")
            for number, rating in enumerate(ratings, 1)
        ],
    )


async def _book(desk: DeskAtWork) -> None:
    """Enter agreements whose ends are far, near, past, never, and within the ninety days."""
    async with desk.open_unit() as unit:
        unit.by = PEOPLE["sato"].name
        city = unit.cities.city("isesaki")
        for number, (name, ends) in enumerate(zip(_PARTNERS, _ENDS, strict=True), 1):
            case = _signed_case(number, name)
            await unit.cases.add(case)
            term = AgreementTerm(
                number=1, starts_on=date(2025, 4, number), expires_on=ends, notice_deadline=date(2026, 6, 10)
            )
            over = {"ended_on": ends, "end": AgreementEnd.EXPIRED} if ends < date(2026, 6, 1) else {}
            signed = some_agreement(
                case,
                id=f"isesaki-a{await unit.counters.draw(agreement_counter(city))}",
                number=f"{number}",
                title=f"{name}との包括連携に関する協定",
                signed_on=date(2025, 4, number),
                fields=[1, 4, 7],
                terms=[term],
                department="kikaku" if number == 1 else "",
                **over,
            )
            await unit.agreements.add(signed)
        done = Activity(
            agreement_id=AGREEMENT,
            case_id=None,
            fiscal_year=2025,
            field=1,
            title="高齢者の見守り",
            status=ActivityStatus.DONE,
            result="50世帯を見守った。",
            department="kikaku",
        )
        await unit.activities.add(done)
        await note(unit, "isesaki-2025-1", "協定を登録した")
        await _file(unit, "isesaki-2025-1", "協定書.pdf", b"%PDF-1.7", draft=False)


def _signed_case(number: int, name: str) -> Case:
    return Case(
        id=f"isesaki-2025-{number}",
        city="isesaki",
        process_id="isesaki-signing",
        opened_on=date(2025, 2, number),
        closed_on=date(2025, 4, number),
        outcome=CaseOutcome.SIGNED,
        partner=Partner(
            name=name,
            representative="代表取締役　代表 花子",
            contact="地域連携室　担当 太郎",
            email=f"renkei{number}@partner.example",
            phone="0270-00-0000",
            address="群馬県伊勢崎市今泉町二丁目410番地",
        ),
    )


async def _file(unit: UnitOfWork, case_id: str, name: str, content: bytes, *, draft: bool = True) -> None:
    await unit.documents.store(
        case_id=case_id, kind="paper", name=name, media_type="application/pdf", content=content, draft=draft
    )
