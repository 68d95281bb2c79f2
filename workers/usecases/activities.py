"""連携事業 of an agreement: what was planned, ran and was reported (ALL-6, ISE-A1, ASA-8, DAT-A)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, Final

from workers.domain.activityyears import OPEN, awaits_answer, concerns, counted_until, is_same, report_of, status_in
from workers.domain.agreements import Activity, ActivityReport, ActivityStatus, Agreement
from workers.domain.cities import City
from workers.domain.fiscal import fiscal_year, format_fiscal_year, parse_fiscal_year
from workers.domain.jst import JST
from workers.domain.text import multi_line, shown, single_line
from workers.domain.wareki import format_wareki, parse_date
from workers.errors import InputError, InputErrors
from workers.readers.inputs import FieldError, Labels, Section
from workers.readers.offervalues import field_number
from workers.usecases.activity_scope import ActivityScope, activity_scope
from workers.usecases.caseview import department_context
from workers.usecases.journal import note, record
from workers.usecases.ports import UnitOfWork

MAXIMUM: Final = 500
STATUS_NAMES: Final = {
    ActivityStatus.PLANNED: "予定",
    ActivityStatus.RUNNING: "実施中",
    ActivityStatus.DONE: "実施済み",
    ActivityStatus.CANCELLED: "取りやめ",
}
_ANSWERED: Final = ("status", "result", "partner_result", "evaluation")
_REPORTER: Final = {"person": "担当者の氏名", "contact": "連絡先"}
_TEXTS: Final = {
    "content": "content",
    "result": "result",
    "partnerResult": "partner_result",
    "evaluation": "evaluation",
}
_LABELS: Final = Labels(
    {
        "activities": "連携事業",
        "activities.id": "台帳の番号",
        "activities.agreementId": "協定",
        "activities.field": "分野",
        "activities.title": "事業名",
        "activities.content": "内容",
        "activities.departmentCode": "担当課",
        "activities.status": "状況",
        "activities.result": "実績",
        "activities.partnerResult": "相手方の実績",
        "activities.evaluation": "評価",
        "activities.startsOn": "始まりの日",
        "activities.endsOn": "終わりの日",
    }
)


async def load_activities(
    uow: UnitOfWork, case_id: str, *, year: Any = None, department: str | None = None
) -> dict[str, Any]:
    """Return the agreement's activities of a fiscal year (of all years without one) as the rows of forms and mails.

    Those of a year are the ones that ``concerns`` it: what is planned or runs since then, what ended in it.
    ``department`` (its code) keeps the rows that it is asked about. Beside them ``comingActivities``, what joins in the
    year after, ``activityDepartments``, who takes part (the contracting unit where none is named),
    ``workedDepartments``, the codes of those that ever ran one with the partner, in whichever year (DAT-A: J), and
    ``ownAgreements``, the agreements that ``department`` is asked about. A yearly procedure for the whole city has the
    activities of all its agreements (ASA-8). Raises PermanentError where the case has no agreement.
    """
    wanted = parse_fiscal_year(year, "年度") if year is not None else None
    scope = await activity_scope(uow, case_id, wanted)
    every, city = scope.activities, scope.city
    found = [entry for entry in every if wanted is None or concerns(entry, wanted)]
    coming = [] if wanted is None else [e for e in every if e not in found and concerns(e, wanted + 1)]
    working = [entry for entry in found if _status(entry, wanted) is not ActivityStatus.CANCELLED]
    codes = scope.departments(working)
    own = [
        entry
        for entry in found
        if department is None or (department == scope.unit(entry) and (wanted is None or awaits_answer(entry, wanted)))
    ]
    return {
        "yearName": format_fiscal_year(wanted) if wanted is not None else "",
        "activities": [
            {**activity_row(entry, city, year=wanted), "agreementName": scope.name(entry.agreement_id)} for entry in own
        ],
        "comingActivities": [activity_row(entry, city) for entry in coming if entry.status in OPEN],
        "activityDepartments": [department_context(d) for d in city.departments if d.code in codes],
        "workedDepartments": sorted({entry.department for entry in every if counted_until(entry)} - {""}),
        "ownAgreements": [] if department is None else scope.own_agreements(department, own),
    }


async def record_activities(  # noqa: PLR0913 (the rows, and whose they are)
    uow: UnitOfWork,
    case_id: str,
    rows: Sequence[Any],
    *,
    year: Any,
    department: str | None = None,
    reporter: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Put activities of a fiscal year into the registry; a row with an ``id`` changes the one that is there.

    A row has ``title`` and, where it says anything of them, ``field`` (number), ``content``, ``departmentCode``,
    ``costToCity``, ``status``, ``result``, ``partnerResult``, ``evaluation``, ``startsOn``, ``endsOn``; ``department``
    is whose rows they are where a row names none. ``year`` None: the one in which a row ended, or that of today. What a
    row says of the status is the answer for the year; one without an ``id`` that names an open project means that one.
    ``agreementId`` says of which agreement a new row is, where the department has several.
    ``reporter``: ``person`` and ``contact`` of a department's sheet, kept as step ``activity-report@CODE`` (DAT-F7).
    Returns ``activities``. Raises InputErrors with every bad field; none of the rows is kept then.
    """
    asked = None if year is None else parse_fiscal_year(year, "年度")
    scope = await activity_scope(uow, case_id, asked)
    case, city = scope.case, scope.city
    known = {str(entry.id): entry for entry in scope.activities}
    errors: list[FieldError] = []
    sections = Section({"activities": list(rows)}, _LABELS, errors=errors).tables("activities", maximum=MAXIMUM)
    today = uow.clock.today()
    read = []
    for row in sections:
        former = _known(row, known)
        agreement = _agreement(row, scope, former, department)
        read.append((former, agreement, _values(row, city, agreement, department, today)))
    if errors:
        raise InputErrors(list(errors))
    kept: list[Activity] = []
    for former, agreement, values in read:
        entry = former or _open_one(scope.of(agreement.id), values)
        of = asked if asked is not None else fiscal_year(values.get("ends_on") or today)
        if entry is None:
            entry = Activity(agreement_id=agreement.id, case_id=case.id, fiscal_year=of, field=0, title="")
        _apply(entry, values, of, uow.clock.now())
        if entry.id is None:
            await uow.activities.add(entry)
        kept.append(entry)
    if department and reporter and reporter.get("person"):
        kept_of = {key: single_line(reporter.get(key) or "", label, maximum=60) for key, label in _REPORTER.items()}
        await record(uow, case, f"activity-report@{department}", kept_of)
    when = f"{format_fiscal_year(asked)}の" if asked is not None else ""
    await note(uow, case.id, f"{when}連携事業を台帳に載せた（{len(kept)}件）")
    return {"activities": [activity_row(entry, city, year=asked) for entry in kept]}


def activity_row(entry: Activity, city: City, *, year: int | None = None) -> dict[str, Any]:
    """Return an activity as a row of forms, mails and documents; choices have the values of the forms.

    With ``year`` status and results are those of that year, the results of the years before are ``formerResults``, and
    ``reported`` says whether nothing is left to be answered for the year.
    """
    report = report_of(entry, year) if year is not None else None
    over = entry.status not in OPEN
    said = report or (entry if year is None or over or not entry.reports else None)
    status = _status(entry, year)
    return {
        "id": str(entry.id),
        "agreementId": entry.agreement_id,
        "fiscalYear": entry.fiscal_year,
        "yearName": format_fiscal_year(entry.fiscal_year),
        "field": str(entry.field),
        "fieldName": city.field_name(entry.field),
        "title": entry.title,
        "content": entry.content,
        "departmentCode": entry.department,
        "group": city.department(entry.department).group if entry.department else None,
        "departmentName": city.department(entry.department).name if entry.department else "",
        "costToCity": entry.cost_to_city,
        "status": status.value,
        "statusName": STATUS_NAMES[status],
        "reported": report is not None or over,
        "result": said.result if said else "",
        "reportedOn": said.reported_at.astimezone(JST).date().isoformat() if said and said.reported_at else None,
        "partnerResult": report.partner_result if report else "",
        "evaluation": said.evaluation if said else "",
        "formerResults": "\n".join(
            f"{format_fiscal_year(former.fiscal_year)}: {former.result}"
            for former in entry.reports
            if former.result and year is not None and former.fiscal_year < year
        ),
        "reason": entry.reason,
        "startsOn": entry.starts_on.isoformat() if entry.starts_on else None,
        "endsOn": entry.ends_on.isoformat() if entry.ends_on else None,
        "periodText": _period_text(entry),
    }


def _status(entry: Activity, year: int | None) -> ActivityStatus:
    return entry.status if year is None else status_in(entry, year)


def _period_text(entry: Activity) -> str:
    """Return from when to when a project ran, in wareki; empty where no day is known."""
    days = [format_wareki(day) if day else "" for day in (entry.starts_on, entry.ends_on)]
    return "" if not any(days) else days[0] if days[0] == days[1] else f"{days[0]}から{days[1]}まで"


def _open_one(every: Sequence[Activity], values: Mapping[str, Any]) -> Activity | None:
    """Return the open project that a new row means: one that runs over years is entered once."""
    same = partial(is_same, field=values.get("field", 0), title=values["title"])
    return next((entry for entry in every if same(entry)), None)


def _apply(entry: Activity, values: Mapping[str, Any], year: int, now: datetime) -> None:
    """Take over what a row says; its status and results are the answer for the year, and the newest one counts."""
    for name, value in values.items():
        if name not in _ANSWERED:
            setattr(entry, name, value)
    answer = {name: values[name] for name in _ANSWERED if name in values}
    if not answer:
        return
    report = report_of(entry, year)
    if report is None:
        report = ActivityReport(fiscal_year=year, status=entry.status)
        entry.reports.append(report)
    for name, value in answer.items():
        setattr(report, name, value)
    report.reported_at = now
    if year == max(known.fiscal_year for known in entry.reports):
        entry.status, entry.result, entry.evaluation = report.status, report.result, report.evaluation
        entry.reported_at = now


def _known(row: Section, known: Mapping[str, Activity]) -> Activity | None:
    number = str(row.data.get("id") or "")
    if number and number not in known:
        row.problem("id", f"{shown(number)} はこの協定の台帳にありません")
    return known.get(number)


def _agreement(row: Section, scope: ActivityScope, former: Activity | None, department: str | None) -> Agreement:
    """Return the agreement of a row: that of the known project, the one it names, or the only one there is to mean."""
    one = next(iter(scope.agreements.values()))
    if not scope.whole_city:
        return one
    meant = former.agreement_id if former else str(row.data.get("agreementId") or "")
    if not meant:
        own = [entry["value"] for entry in scope.own_agreements(department)] if department else list(scope.agreements)
        if len(own) != 1:
            row.problem("agreementId", "どの協定の事業か、選んでください")
        meant = "".join(own[:1])
    elif meant not in scope.agreements:
        row.problem("agreementId", f"{shown(meant)} は選べません")
    return scope.agreements.get(meant, one)


def _values(row: Section, city: City, agreement: Agreement, department: str | None, today: date) -> dict[str, Any]:
    """Return what a row says; what it does not speak of stays as it is (or as a new activity begins)."""
    present = row.data
    # Where the agreement has a single field, a form need not ask for it
    only_field = agreement.fields[0] if len(agreement.fields) == 1 else None
    values: dict[str, Any] = {"title": row.take("title", partial(single_line, maximum=120), "")}
    if present.get("field") is not None or not present.get("id"):
        choice = Section({"field": only_field, **present}, row.labels, row.place, row.errors)
        values["field"] = choice.take("field", partial(field_number, city), 0)
    for key, name in _TEXTS.items():
        if key in present:
            values[name] = row.take(key, partial(multi_line, maximum=2000), "", required=False)
    if present.get("departmentCode") or (department and not present.get("id")):
        own = Section(
            {**present, "departmentCode": present.get("departmentCode") or department},
            row.labels,
            row.place,
            row.errors,
        )
        values["department"] = own.take("departmentCode", partial(_department, city), "")
    if present.get("status"):
        values["status"] = row.take("status", _status_of, ActivityStatus.PLANNED)
    values |= _days(row, values.get("status"), today)
    if isinstance(present.get("costToCity"), bool):
        values["cost_to_city"] = present["costToCity"]
    return values


def _days(row: Section, status: ActivityStatus | None, today: date) -> dict[str, date | None]:
    """Return the days that a row gives; the last day of what is done has come."""
    names = {"startsOn": "starts_on", "endsOn": "ends_on"}
    days = {name: row.take(key, parse_date, None, required=False) for key, name in names.items() if key in row.data}
    first, last = days.get("starts_on"), days.get("ends_on")
    if first and last and last < first:
        row.problem("endsOn", "始まりの日より前です")
    if status is ActivityStatus.DONE and (last or today) > today:
        row.problem("endsOn", "終わった事業の終わりの日が、まだ来ていません")
    return days


def _department(city: City, value: Any, _where: str) -> str:
    return city.department(str(value)).code


def _status_of(value: Any, where: str) -> ActivityStatus:
    try:
        return ActivityStatus(value)
    except ValueError:
        raise InputError(where, f"「{shown(value)}」は使えません（{'・'.join(STATUS_NAMES.values())}）") from None
