"""An order of the office about a case, as its forms have it (ALL-22)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workers.domain.text import multi_line, single_line
from workers.errors import InputError
from workers.jobs.forms.rows import text
from workers.usecases.case_control import BACK, CaseOrder, FoundCase, check_order, described
from workers.usecases.leave_step import LeftStep
from workers.usecases.lookup import case_title


def read_order(form: Mapping[str, Any]) -> CaseOrder:
    """Read an order; raises InputError for a text that nothing could hold."""
    action = text(form.get("caseAction"))
    told = None if action == BACK else {"yes": True, "no": False}.get(text(form.get("tellPartner")))
    return CaseOrder(
        number=text(form.get("caseNumber")).strip(),
        case_id=text(form.get("caseId")).strip(),
        order_id=text(form.get("orderId")),
        action=action,
        reason=single_line(text(form.get("caseReason")).replace("\n", " "), "理由", maximum=1000),
        told=told,
        message=multi_line(form.get("partnerMessage") or "", "相手方への文", maximum=2000) if told else "",
        step=text(form.get("stepChoice")),
    )


def lacking(form: Mapping[str, Any]) -> str | None:
    """Return what an order lacks, None where it is whole."""
    try:
        check_order(read_order({**form, "partnerMessage": ""}))
    except InputError as error:
        return error.message
    return None


def read_left_step(left: Any) -> LeftStep:
    """Read ``stepLeft``, what the engine says of the step that a case went back from."""
    given = left if isinstance(left, Mapping) else {}
    processes, groups = given.get("processes") or (), given.get("groups") or ()
    return LeftStep(label=given.get("label", ""), processes=processes, groups=groups)


def found_variables(found: FoundCase, wrong: str | None) -> dict[str, Any]:
    """Return what the office sees before it breaks a case off; ``caseId`` None: there is no such case."""
    case, city = found.case, found.city
    return {
        "caseId": case.id if case else None,
        "caseTitle": case_title(case) if case else None,
        "officeGroup": city.office.group if city else None,
        "partnerKnown": bool(case and case.partner),
        "orderText": described(case) if case else None,
        "orderId": found.order_id,
        "stepsWanted": found.asked,
        "steps": [],
        "formError": found.why or wrong,
    }
