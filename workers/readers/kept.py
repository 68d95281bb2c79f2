"""What diagrams keep at the steps of a case, read back: the names of these variables stand here alone."""

from __future__ import annotations

from datetime import date

from workers.domain.entities import Case

_PROJECT_STEP = "project"
LIST_DAY_STEP = "list-day"


def project_title(case: Case) -> str:
    """Return what a diagram recorded as the project's name (CHI-7); empty where it recorded none."""
    return _recorded(case, _PROJECT_STEP, "projectTitle")


def project_department(case: Case) -> str:
    """Return the code of the department that carries the recorded project out; empty where there is none."""
    return _recorded(case, _PROJECT_STEP, "departmentCode")


def charge_department(case: Case) -> str | None:
    """Return the code of the department in charge, empty for the office; None where no diagram recorded that."""
    return _recorded(case, "charge", "chargeDepartment") if case.last_step("charge") else None


def list_day(case: Case) -> date | None:
    """Return the day whose agreements in force a published list counts (ASA-7); None for the day of its making."""
    day = _recorded(case, LIST_DAY_STEP, "countedOn")
    return date.fromisoformat(day) if day else None


def _recorded(case: Case, step: str, variable: str) -> str:
    found = case.last_step(step)
    return str(found.payload.get(variable) or "") if found else ""
