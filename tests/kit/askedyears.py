"""Projects that run over years, end in mid-year or are called off, and when each has to be asked about (ALL-6).

Calculated from the specification alone: from the year of its plan, in every yearly procedure of its agreement, until
the one in which it is answered that it is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.kit.diagram import bpmn
from tests.kit.yearsahead import Made
from workers.domain.cities import City
from workers.domain.entities import CaseKind

_DAYS = ((6, 15), (9, 30), (12, 31), (2, 10), (3, 31))
"""Days on which projects begin and are over; none falls between an opening and the morning after it."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A project: the fiscal year of its plan, when it begins, when it ends or is called off (never: None)."""

    title: str
    year: int
    begins: date | None
    over: date | None
    called_off: bool = False

    def answer(self, on: date) -> dict[str, Any]:
        """Return what a department answers truly on a day."""
        if self.over is not None and self.over <= on:
            if self.called_off or self.begins is None:
                return {"status": "cancelled", "result": "やめた"}
            return {
                "status": "done",
                "startsOn": self.begins.isoformat(),
                "endsOn": self.over.isoformat(),
                "result": "終えた",
            }
        running = self.begins is not None and self.begins <= on
        return {"status": "running", "result": "続けた"} if running else {"status": "planned"}


def plans(life: Made, first: date, number: int) -> list[Plan]:
    """Return four projects of an agreement, different from one agreement to the next."""
    year = first.year - (first.month < 4)

    def day(after: int, turn: int) -> date:
        month, of_month = _DAYS[turn % len(_DAYS)]
        return date(year + after + (month < 4), month, of_month)

    begun = day(0, number)
    return [
        Plan(title=f"{life.id} 数年", year=year, begins=begun, over=max(begun, day(1 + number % 4, number + 2))),
        Plan(
            title=f"{life.id} 取りやめ",
            year=year + number % 3,
            begins=None,
            over=day(2 + number % 5, number + 1),
            called_off=True,
        ),
        Plan(title=f"{life.id} 終わらない", year=year + number % 2, begins=day(number % 2, 1), over=None),
        Plan(title=f"{life.id} 先の年度", year=year + 3, begins=day(4, number), over=day(5 + number % 2, number + 3)),
    ]


def must_be_asked(planned: Sequence[Plan], city: City, periods: Sequence[str]) -> dict[str, list[str]]:
    """Return the titles that each yearly procedure has to ask about, by its period."""
    asked: dict[str, list[str]] = {}
    answered_over: set[str] = set()
    april = city.cycle.opens >= (4, 1)
    for period in periods:
        collected = int(period) if not april and not city.cycle.coming else int(period) - 1
        opening = date(collected + 1, *city.cycle.opens)
        due = [plan for plan in planned if plan.year <= collected and plan.title not in answered_over]
        asked[period] = sorted(plan.title for plan in due)
        answered_over |= {plan.title for plan in due if plan.over is not None and plan.over <= opening}
    return asked


def yearly_that_asks(city: City) -> bytes:
    """Return a city's yearly procedure that only asks about the projects of the year which it collects."""
    process_id = city.procedures[CaseKind.ANNUAL]
    before = city.cycle.opens >= (4, 1) or city.cycle.coming
    year = "=number(period) - 1" if before else "=number(period)"
    opens, key, value = ("collection", "city", city.code) if city.cycle.together else ("procedure", "kind", "annual")
    open_ones = "activities[status = &quot;planned&quot; or status = &quot;running&quot;]"
    return bpmn(
        process_id,
        f"""
      <bpmn:startEvent id="Begun"><bpmn:messageEventDefinition id="Definition" messageRef="Message"/></bpmn:startEvent>
      <bpmn:serviceTask id="Open"><bpmn:extensionElements>
        <zeebe:taskDefinition type="open-{opens}" retries="3"/>
        <zeebe:taskHeaders><zeebe:header key="{key}" value="{value}"/></zeebe:taskHeaders>
      </bpmn:extensionElements></bpmn:serviceTask>
      <bpmn:serviceTask id="Load"><bpmn:extensionElements>
        <zeebe:taskDefinition type="load-activities" retries="3"/>
        <zeebe:ioMapping>
          <zeebe:input source="{year}" target="fiscalYear"/>
          <zeebe:output source="={open_ones}" target="asked"/>
        </zeebe:ioMapping>
      </bpmn:extensionElements></bpmn:serviceTask>
      <bpmn:userTask id="Task_AskProjects"><bpmn:extensionElements>
        <zeebe:userTask/>
        <zeebe:ioMapping>
          <zeebe:input source="=asked" target="asked"/>
          <zeebe:input source="=period" target="period"/>
          <zeebe:output source="=asked" target="asked"/>
        </zeebe:ioMapping>
      </bpmn:extensionElements></bpmn:userTask>
      <bpmn:serviceTask id="Record"><bpmn:extensionElements>
        <zeebe:taskDefinition type="record-activities" retries="3"/>
        <zeebe:ioMapping>
          <zeebe:input source="=asked" target="activities"/>
          <zeebe:input source="{year}" target="fiscalYear"/>
        </zeebe:ioMapping>
      </bpmn:extensionElements></bpmn:serviceTask>
      <bpmn:endEvent id="Answered"/>
      <bpmn:sequenceFlow id="F1" sourceRef="Begun" targetRef="Open"/>
      <bpmn:sequenceFlow id="F2" sourceRef="Open" targetRef="Load"/>
      <bpmn:sequenceFlow id="F3" sourceRef="Load" targetRef="Task_AskProjects"/>
      <bpmn:sequenceFlow id="F4" sourceRef="Task_AskProjects" targetRef="Record"/>
      <bpmn:sequenceFlow id="F5" sourceRef="Record" targetRef="Answered"/>""",
        outside=f'<bpmn:message id="Message" name="{process_id}"/>',
    )
