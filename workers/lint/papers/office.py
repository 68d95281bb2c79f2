"""A sample case of every kind that a template can meet, behind the ports of the use cases that fill templates.

The use cases themselves say what a template is given, so nothing here repeats it: a case is made up, and they read it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from typing import Any, Final, cast

from workers.domain.agreements import Activity, ActivityStatus, Agreement, AgreementTerm
from workers.domain.cities import City
from workers.domain.entities import (
    AnswerStatus,
    Case,
    Offer,
    Partner,
    PastRecord,
    Project,
    ProjectStatus,
    Rating,
    Step,
    Survey,
    SurveyAnswer,
    SurveyRating,
    SurveyTarget,
    SurveyWish,
    TargetStatus,
)
from workers.domain.jst import at
from workers.domain.meetings import ExcludedPeriod, Meeting
from workers.domain.wareki import NEVER
from workers.usecases.ports import UnitOfWork

TODAY: Final = date(2026, 6, 1)
DUE_ON: Final = date(2026, 6, 15)
_CASE: Final = "sample-2026-1"
_AGREEMENT: Final = "sample-a1"


_LISTED: Final[Mapping[str, Mapping[str, Any]]] = {
    "discussion": {"added": [2]},
    "survey-plan": {"message": "よろしく"},
    "amendment-terms": {
        "changes": "目的を改める",
        "title": "見本の協定",
        "before_title": "見本の協定",
        "fields": [1],
        "expiresOn": "2027-03-31",
        "termKind": "until",
        "changed": {"title": True, "term": True, "fields": True},
        "effectiveOn": "2026-07-01",
    },
    "amendment-signature": {"signedOn": "2026-06-01"},
    "case-control": {"action": "stop", "reason": "方針", "message": "またの機会に", "procedure": "協定の締結"},
    "termination-plan": {"endsOn": "2026-09-30", "noticeBy": "2026-06-30"},
    "termination-notice": {"noticeOn": "2026-06-30", "documentNumber": "第1号"},
    "list-day": {"countedOn": "2026-06-01"},
}
"""What the use cases themselves record."""


@dataclass(frozen=True)
class Kind:
    """A kind of case: ``words`` is what a message calls it. ``joint``: three parties; ``bare``: no optional value."""

    words: str
    joint: bool = False
    university: bool = False
    bare: bool = False
    draft: bool = False
    endless: bool = False


KINDS: Final = (
    Kind("企業1社との協定", draft=True),
    Kind("大学を含む3者の協定", joint=True, university=True, endless=True),
    Kind("書かなくてよい欄が空の協定", bare=True),
)


def sample_unit(city: City, kind: Kind, steps: Mapping[str, Mapping[str, Any]]) -> tuple[UnitOfWork, Case]:
    """Return a unit of work that holds one case of a kind, and the case; ``steps`` are the payloads by step."""
    case = _case(city, kind, steps)
    agreement = _agreement(city, kind, case)
    activities = _activities(city, kind)
    clock = SimpleNamespace(now=lambda: at(TODAY, 10), today=lambda: TODAY)
    unit = SimpleNamespace(
        clock=clock,
        act=None,
        by="",
        cities=SimpleNamespace(city=lambda _: city),
        cases=_port(get=case, find=case, of_agreement=[case]),
        surveys=_port(of_case=[_survey(city, kind, case)]),
        agreements=_port(
            get=agreement, of_case=agreement, in_force=[agreement], in_force_between=[agreement], notices=[]
        ),
        activities=_port(of_agreement=activities, of_city=activities, of_case=activities),
        history=_port(of_case=[]),
        documents=_port(of_case=[]),
        meetings=_port(of_case=[], of_agreement=[], excluded=[]),
    )
    return cast("UnitOfWork", unit), case


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Return what a use case answers that waits for nobody."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    work.close()
    raise RuntimeError("a sample office keeps nobody waiting")


def meeting(city: City, kind: Kind) -> Meeting:
    """Return a meeting that was held."""
    period = ExcludedPeriod(agreement_id=_AGREEMENT, first=TODAY, last=TODAY, reason="庁舎の移転", confirmed_on=TODAY)
    return Meeting(
        id=f"{_CASE}-m1",
        case_id=_CASE,
        agreement_id=_AGREEMENT,
        number=1,
        title="定例会議",
        uid=f"{_CASE}-m1@sample.example",
        starts_at=at(TODAY, 14),
        ends_at=at(TODAY, 15),
        place="市役所",
        note="" if kind.bare else "資料を持参",
        departments=[] if kind.bare else [city.departments[0].code],
        held_on=TODAY,
        minutes="話した内容",
        confirmed=True,
        periods=[] if kind.bare else [period],
    )


def _port(**answers: Any) -> SimpleNamespace:
    return SimpleNamespace(**{name: _answering(value) for name, value in answers.items()})


def _answering(value: Any) -> Callable[..., Awaitable[Any]]:
    async def answer(*_: Any, **__: Any) -> Any:
        return value

    return answer


def partner(kind: Kind) -> Partner:
    """Return an invented partner."""
    if kind.university:
        return Partner(
            name="学校法人みらい学園",
            representative="理事長　本庄 三郎",
            contact="地域連携課 藤岡",
            email="chiiki@mirai.example",
            phone="0000-00-0001",
            address="見本町2番地",
        )
    return Partner(
        name="株式会社見本",
        representative="代表取締役　見本 太郎",
        contact="総務課",
        email="info@mihon.example",
        phone="" if kind.bare else "0000-00-0000",
        address="" if kind.bare else "見本町1番地",
        corporate_number="" if kind.bare else "1180301018771",
    )


def _case(city: City, kind: Kind, steps: Mapping[str, Mapping[str, Any]]) -> Case:
    numbers = [entry.number for entry in city.fields]
    code = city.departments[0].code
    projects = [
        Project(
            round=1,
            number=number,
            field=numbers[0],
            title=f"事業その{number}",
            content=f"{number}番目の事業の内容",
            cost_to_city=number == 1,
            status=status,
            department="" if kind.bare else code,
            talk_result="" if kind.bare else "9月から",
        )
        for number, status in enumerate((ProjectStatus.FEASIBLE, ProjectStatus.DROPPED), start=1)
    ]
    others = [{"name": "社会福祉法人見本会", "address": "見本町3番地", "representative": "理事長　見本 花子"}]
    terms = {
        "kind": "comprehensive",
        "department": "",
        "title": "",
        "purpose": "地域の活性化",
        "fields": numbers[:3],
        "startsOn": None if kind.bare else "2026-07-01",
        "expiresOn": None if kind.endless or (kind.bare and not city.term.endless_allowed) else "2027-03-31",
        "termKind": "endless" if kind.endless and city.term.endless_allowed else "until",
        "renews": "rule",
        "renewalYears": None,
        "firstDay": "",
        "signatureStyle": "signature" if kind.university else "name-seal",
        "otherParties": others if kind.joint else [],
    }
    own: dict[str, Mapping[str, Any]] = {"agreement-terms": terms, **_LISTED}
    recorded = {name: {**steps.get(name, {}), **own.get(name, {})} for name in {**own, **steps}}
    other = "" if kind.bare else "他市の例"
    offer = Offer(round=1, offered_on=TODAY, purpose="市民のため", fields=numbers[:3], other=other)
    return Case(
        id=_CASE,
        city=city.code,
        process_id=city.signing_process,
        opened_on=TODAY,
        agreement_id=_AGREEMENT,
        period="2026",
        partner=partner(kind),
        offers=[offer],
        projects=projects,
        records=[]
        if kind.bare
        else [PastRecord(fiscal_year=2019, field=numbers[0], title="物資の供給", department="安全課")],
        steps=[Step(name=name, round=1, payload=kept, recorded_at=at(TODAY, 9)) for name, kept in recorded.items()],
    )


def _agreement(city: City, kind: Kind, case: Case) -> Agreement:
    given = case.partner
    names = [given.name if given else "", *(["社会福祉法人見本会"] if kind.joint else [])]
    end = NEVER if kind.endless and city.term.endless_allowed else date(2027, 3, 31)
    deadline = None if kind.bare or city.term.notice_months is None else date(2027, 2, 28)
    return Agreement(
        id=_AGREEMENT,
        case_id=case.id,
        city=city.code,
        kind="comprehensive",
        title="見本の協定",
        signed_on=TODAY,
        parties=names,
        fields=[entry.number for entry in city.fields][:3],
        partner=given,
        partner_kind="大学" if kind.university else "",
        department="" if kind.bare else city.departments[0].code,
        terms=[AgreementTerm(number=1, starts_on=date(2026, 7, 1), expires_on=end, notice_deadline=deadline)],
    )


def _activities(city: City, kind: Kind) -> list[Activity]:
    return [
        Activity(
            id=number,
            agreement_id=_AGREEMENT,
            case_id=_CASE,
            fiscal_year=2026,
            field=city.fields[0].number,
            title="見守り",
            content="" if kind.bare else "配達のとき",
            department="" if kind.bare else city.departments[0].code,
            status=status,
            result="" if kind.bare else "延べ320件",
        )
        for number, status in enumerate((ActivityStatus.RUNNING, ActivityStatus.DONE), start=1)
    ]


def _survey(city: City, kind: Kind, case: Case) -> Survey:
    targets = [
        SurveyTarget(
            department=entry.code,
            division=entry.division,
            section=entry.section,
            group=entry.group,
            email=entry.email,
            status=TargetStatus.ANSWERED if entry is city.departments[0] else TargetStatus.WAITING,
        )
        for entry in city.departments[:2]
    ]
    answer = SurveyAnswer(
        department=targets[0].department,
        status=AnswerStatus.VALID,
        concerned=not kind.bare,
        person="担当者",
        contact="内線1",
        on_behalf=False,
        late=False,
        answered_at=at(TODAY, 9),
        job="1/1",
        ratings=[] if kind.bare else [SurveyRating(project_number=1, rating=Rating.FEASIBLE, comment="協力できる")],
        wishes=[] if kind.bare else [SurveyWish(field=city.fields[0].number, content="講師の派遣")],
    )
    return Survey(
        id=f"{case.id}-s1",
        case_id=case.id,
        round=1,
        due_on=DUE_ON,
        opened_at=at(TODAY, 9),
        targets=targets,
        answers=[answer],
    )
