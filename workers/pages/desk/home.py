"""``/desk/``: what there is to do: open tasks of one's groups, by when, for whom, taken by whom (ALL-10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl, urlencode

from starlette.responses import Response

from workers.adapters.camunda.open_tasks import OpenTask
from workers.domain.casenumbers import case_number
from workers.domain.desk import CaseHead
from workers.domain.deskscope import Scope
from workers.domain.jst import JST
from workers.domain.text import comparable
from workers.pages.desk.face import Visit
from workers.pages.desk.starting import beginnings
from workers.usecases.desk_sessions import remember_filter

_LIST: Final = "desk"
_SOON: Final = timedelta(days=7)
_PAGE: Final = 100
WHO: Final = {"": "すべて", "mine": "自分が引き受けたもの", "free": "まだ誰も引き受けていないもの"}
WHEN: Final = {"": "すべて", "late": "期限を過ぎたもの", "soon": "7日以内のもの"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A task as the list shows it. ``taken_by``: a name, empty where nobody has taken it."""

    key: int
    name: str
    due: date | None
    case_id: str
    city: str
    partner: str
    department: str
    group: str
    taken_by: str
    mine: bool

    def is_late(self, today: date) -> bool:
        """Whether its day is over."""
        return self.due is not None and self.due < today


@dataclass(frozen=True, kw_only=True)
class Asked:
    """How the list is looked at."""

    q: str = ""
    who: str = ""
    when: str = ""
    group: str = ""

    @property
    def query(self) -> str:
        """The part of the address after ``?``."""
        return urlencode({name: value for name, value in vars(self).items() if value})


async def home(visit: Visit) -> Response:
    """Show the list."""
    asked = await _asked(visit)
    rows = await rows_of(visit)
    counts = Counter(row.group for row in rows)
    names = {row.group: row.department for row in rows}
    shown = [row for row in rows if _matches(row, asked, visit.today)]
    return visit.page(
        "desk/home.html.j2",
        rows=shown[:_PAGE],
        found=len(shown),
        total=len(rows),
        late=sum(row.is_late(visit.today) for row in rows),
        asked=asked,
        counts=[(group, names[group], counts[group]) for group in sorted(counts, key=lambda one: names[one])],
        who=WHO,
        when=WHEN,
        today=visit.today,
        many_cities=len(visit.scope.cities) > 1,
        may_begin=any(beginnings(visit, city) for city in visit.scope.cities),
    )


async def _asked(visit: Visit) -> Asked:
    """Return what the address asks for, else what the person asked for last; keeps it."""
    if set(visit.request.query_params) <= {"started"}:
        return Asked(**dict(parse_qsl(visit.session.filters.get(_LIST, ""))))
    asked = Asked(
        q=visit.query("q")[:100],
        who=visit.query("who") if visit.query("who") in WHO else "",
        when=visit.query("when") if visit.query("when") in WHEN else "",
        group=visit.query("group") if visit.scope.group_name(visit.query("group")) else "",
    )
    async with visit.open_unit() as unit:
        await remember_filter(unit, visit.word.id_hash, _LIST, asked.query)
    return asked


async def rows_of(visit: Visit) -> list[Row]:
    """Return the open tasks on a person's desk, by due date."""
    async with visit.tasks() as engine:
        tasks = await engine.all_open()
    async with visit.open_unit() as unit:
        heads = await unit.desk.heads({task.case_id for task in tasks if task.case_id})
        names = await unit.desk.names()
    rows = [
        row_of(visit.scope, task, heads.get(task.case_id), names)
        for task in tasks
        if visit.scope.sees_task(task.candidate_groups, task.assignee, city_of(heads, task))
    ]
    return sorted(rows, key=lambda row: (row.due or date.max, row.case_id, row.key))


def city_of(heads: Mapping[str, CaseHead], task: OpenTask) -> str:
    """Return the city of a task's case, empty where it has none."""
    head = heads.get(task.case_id)
    return head.city if head else ""


def row_of(scope: Scope, task: OpenTask, head: CaseHead | None, names: Mapping[str, str]) -> Row:
    """Return a task as lists show it."""
    group = _group(scope, task.candidate_groups)
    return Row(
        key=task.key,
        name=task.name or "作業",
        due=due_day(task.due_date),
        case_id=task.case_id,
        city=head.city if head else scope.city_of_group(group),
        partner=head.partner if head else "",
        department=scope.group_name(group),
        group=group,
        taken_by=person_name(task.assignee, names),
        mine=task.assignee == scope.person.user,
    )


def person_name(user: str, names: Mapping[str, str]) -> str:
    """Return what a user is called; their user id where nobody has told, empty for nobody."""
    return names.get(user, user)


def due_day(moment: str) -> date | None:
    """Return the Japanese day of a task's due date (ISO with offset), None where it has none."""
    try:
        return datetime.fromisoformat(moment).astimezone(JST).date()
    except ValueError:
        return None


def _group(scope: Scope, groups: Sequence[str]) -> str:
    """Return whose task it is: of several groups the department, for the office sees to it that it is done."""
    offices = {city.office.group for city in scope.all_cities}
    known = [group for group in groups if scope.group_name(group)]
    return next((group for group in known if group not in offices), known[0] if known else "")


def _matches(row: Row, asked: Asked, today: date) -> bool:
    if (asked.who == "mine" and not row.mine) or (asked.who == "free" and row.taken_by):
        return False
    if asked.when == "late" and not row.is_late(today):
        return False
    if asked.when == "soon" and (row.due is None or row.due > today + _SOON):
        return False
    if asked.group and row.group != asked.group:
        return False
    text = comparable(
        f"{row.name} {row.partner} {row.department} {row.case_id} {case_number(row.case_id)} {row.taken_by}"
    )
    return all(comparable(word) in text for word in asked.q.split())
