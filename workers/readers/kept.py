"""What diagrams keep at the steps of a case, read back: the names of these variables stand here alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, fields
from datetime import date
from typing import TYPE_CHECKING, Any, Final, TypeVar

from workers.domain.agreementtext import AgreementTerms, AmendmentTerms
from workers.domain.dissolution import TerminationPlan
from workers.domain.entities import Case
from workers.errors import PermanentError
from workers.variables import variable_name

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")

_PROJECT_STEP = "project"
LIST_DAY_STEP = "list-day"
SIGNATURE_STEP = "amendment-signature"
STEPS: Final[Mapping[type, str]] = {
    AgreementTerms: "agreement-terms",
    AmendmentTerms: "amendment-terms",
    TerminationPlan: "termination-plan",
}
"""At which step a value is kept."""


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


def activity_list(case: Case) -> tuple[list[Any], bool]:
    """Return the rows of the list that was kept for an annex, and whether it names the departments."""
    step = case.last_step("activity-list")
    if step is None:
        raise PermanentError(f"案件 {case.id} の連携事業の一覧がまだ記録されていません")
    return step.payload["activityList"], step.payload.get("annexDepartments") == "yes"


def planned_signing_day(case: Case) -> date | None:
    """Return the day that the text to be signed carries; None where the city's flow plans none, or not yet."""
    return _planned(case, "signing-plan", "signingPlan")


def amendment_day(case: Case) -> date | None:
    """Return the day that an amendment's paper carries: that of its signature, before it the planned one, if any."""
    signed = _recorded(case, SIGNATURE_STEP, "signedOn")
    return date.fromisoformat(signed) if signed else _planned(case, "amendment-approval", "approval")


def _planned(case: Case, step: str, variable: str) -> date | None:
    found = case.last_step(step)
    plan = found.payload.get(variable) if found else None
    return date.fromisoformat(plan["plannedOn"]) if isinstance(plan, dict) and plan.get("plannedOn") else None


def _recorded(case: Case, step: str, variable: str) -> str:
    found = case.last_step(step)
    return str(found.payload.get(variable) or "") if found else ""


def keep(value: DataclassInstance) -> dict[str, object]:
    """Return a value as a step keeps it: its fields under the names of variables, dates in ISO."""
    return {_key(f): _plain(getattr(value, f.name)) for f in fields(value)}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else list(value) if isinstance(value, tuple) else value


def kept(cls: type[T], case: Case) -> T | None:
    """Return the value that was kept last at its step; a key that a step of an earlier case lacks has its default."""
    found = case.last_step(STEPS[cls])
    if found is None:
        return None
    known = {f.name: (f, found.payload[_key(f)]) for f in fields(cls) if _key(f) in found.payload}
    return cls(**{name: _dated(f, value) for name, (f, value) in known.items()})


def _dated(field: Field[Any], value: Any) -> Any:
    return date.fromisoformat(value) if value and str(field.type).startswith("date") else value


def _key(field: Field[Any]) -> str:
    return str(field.metadata.get("key") or variable_name(field.name))
