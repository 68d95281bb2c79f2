"""連携事業 as forms, mails and documents have them: rows read, rows written (ALL-6, ISE-A1, ASA-8, DAT-A)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, Final

from workers.domain.activityyears import OPEN, report_of, status_in
from workers.domain.agreements import Activity, ActivityStatus, Agreement
from workers.domain.cities import City
from workers.domain.entities import Project
from workers.domain.fiscal import format_fiscal_year, parse_fiscal_year
from workers.domain.jst import JST
from workers.domain.text import multi_line, shown, single_line
from workers.domain.wareki import format_wareki, parse_date
from workers.errors import InputError
from workers.jobs.forms.case import department_variable
from workers.readers.inputs import Labels, Section
from workers.readers.offervalues import field_number
from workers.usecases.activities import ToldActivity
from workers.usecases.activity_scope import ActivityScope
from workers.usecases.plan_activities import PlannedRun

MAXIMUM: Final = 500
_YEARS_AHEAD: Final = 3
STATUS_NAMES: Final = {
    ActivityStatus.PLANNED: "予定",
    ActivityStatus.RUNNING: "実施中",
    ActivityStatus.DONE: "実施済み",
    ActivityStatus.CANCELLED: "取りやめ",
}
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


def read_activities(
    rows: Sequence[Any], scope: ActivityScope, department: str | None, today: date
) -> list[ToldActivity]:
    """Read rows of ``title`` and, where they say anything of them, the other keys; with ``id`` that of a known project.

    ``department`` is whose rows they are where a row names none, ``agreementId`` says of which agreement a new row is
    where the department has several. Raises InputErrors with every bad field.
    """
    whole = Section({"activities": list(rows)}, _LABELS)
    told = [_told(row, scope, department, today) for row in whole.tables("activities", maximum=MAXIMUM)]
    whole.finish()
    return told


def _told(row: Section, scope: ActivityScope, department: str | None, today: date) -> ToldActivity:
    """Return what a row says; what it does not speak of stays as it is (or as a new activity begins)."""
    former = _known(row, scope)
    agreement, present = _agreement(row, scope, former, department), row.data
    # Where the agreement has a single field, a form need not ask for it
    only_field = agreement.fields[0] if len(agreement.fields) == 1 else None
    number = None
    title = row.take("title", partial(single_line, maximum=120), "")
    if present.get("field") is not None or not present.get("id"):
        choice = Section({"field": only_field, **present}, row.labels, row.place, row.errors)
        number = choice.take("field", partial(field_number, scope.city), 0)
    texts = {
        name: row.take(key, partial(multi_line, maximum=2000), "", required=False)
        for key, name in _TEXTS.items()
        if key in present
    }
    unit = None
    if present.get("departmentCode") or (department and not present.get("id")):
        code = {**present, "departmentCode": present.get("departmentCode") or department}
        own = Section(code, row.labels, row.place, row.errors)
        unit = own.take("departmentCode", partial(_department, scope.city), "")
    status = row.take("status", _status_of, None, required=False) if present.get("status") else None
    cost = present.get("costToCity")
    return ToldActivity(
        agreement=agreement,
        former=former,
        title=title,
        field=number,
        department=unit,
        cost_to_city=cost if isinstance(cost, bool) else None,
        status=status,
        days=_days(row, status, today),
        **texts,
    )


def _known(row: Section, scope: ActivityScope) -> Activity | None:
    known = {str(entry.id): entry for entry in scope.activities}
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
        own = list(scope.own_agreements(department)) if department else list(scope.agreements)
        if len(own) != 1:
            row.problem("agreementId", "どの協定の事業か、選んでください")
        meant = "".join(own[:1])
    elif meant not in scope.agreements:
        row.problem("agreementId", f"{shown(meant)} は選べません")
    return scope.agreements.get(meant, one)


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


def activities_variables(scope: ActivityScope, year: int | None, department: str | None) -> dict[str, Any]:
    """Return the activities of a fiscal year (of all years without one) as the rows of forms and mails.

    Beside them ``comingActivities``, what joins in the year after, ``activityDepartments``, who takes part,
    ``workedDepartments``, the codes of those that ever ran one with the partner (DAT-A: J), and ``ownAgreements``, the
    agreements that ``department`` is asked about.
    """
    city, own = scope.city, scope.asked(year, department)
    return {
        "yearName": format_fiscal_year(year) if year is not None else "",
        "activities": [
            {**activity_row(entry, city, year=year), "agreementName": scope.name(entry.agreement_id)} for entry in own
        ],
        "comingActivities": [activity_row(entry, city) for entry in scope.coming(year)],
        "activityDepartments": [department_variable(one) for one in scope.taking_part(year)],
        "workedDepartments": scope.worked(),
        "ownAgreements": [] if department is None else _own_agreements(scope, scope.own_agreements(department, own)),
    }


def _own_agreements(scope: ActivityScope, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return agreements as rows and choices of forms."""
    return [
        {
            "value": number,
            "label": scope.name(number),
            "title": scope.agreements[number].title,
            "partnerName": "・".join(scope.agreements[number].parties),
            "termText": scope.agreements[number].current_term.in_words,
            "count": count,
        }
        for number, count in counts.items()
    ]


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


def planned_row(project: Project, activity: Activity, city: City) -> dict[str, Any]:
    """Return a planned activity as a row with all ``departmentCodes`` and ``departmentNames`` in charge."""
    codes = project.departments or [code for code in (activity.department,) if code]
    names = [city.department(code).name for code in codes]
    return activity_row(activity, city) | {"departmentCodes": codes, "departmentNames": names}


def read_plan(rows: Sequence[Any]) -> dict[str, PlannedRun]:
    """Read ``fiscalYear``, ``reason``, ``startsOn``, ``endsOn`` by ``number``; bad fields stand in ``problems``."""
    return {str(row.get("number")): _planned_run(row, f"事業{row.get('number')}") for row in rows}


def _planned_run(row: Mapping[str, Any], name: str) -> PlannedRun:
    problems: list[InputError] = []
    year, reason, first, last = None, "", None, None
    try:
        year = parse_fiscal_year(row["fiscalYear"], f"{name}の年度") if row.get("fiscalYear") else None
        reason = multi_line(row.get("reason") or "", f"{name}の理由", maximum=1000)
    except InputError as error:
        year = None
        problems.append(error)
    try:
        first, last = (
            parse_date(row[key], f"{name}の期間") if row.get(key) else None for key in ("startsOn", "endsOn")
        )
    except InputError as error:
        problems.append(error)
    return PlannedRun(year=year, reason=reason, starts_on=first, ends_on=last, problems=problems)


def plan_variables(first: int, projects: Sequence[tuple[Project, int]], city: City) -> dict[str, Any]:
    """Return ``activityPlan``, the projects with the year in which each usually runs, and ``yearOptions``."""
    return {
        "activityPlan": [_plan_row(project, city, year) for project, year in projects],
        "yearOptions": [
            {"label": format_fiscal_year(number), "value": str(number)} for number in range(first, first + _YEARS_AHEAD)
        ],
    }


def _plan_row(project: Project, city: City, year: int) -> dict[str, Any]:
    return {
        "number": project.number,
        "title": project.title,
        "fieldName": city.field_name(project.field),
        "departmentName": city.department(project.department).name if project.department else "",
        "cost": "あり" if project.cost_to_city else "なし",
        "fiscalYear": str(year),
        "reason": None,
        "startsOn": None,
        "endsOn": None,
    }
