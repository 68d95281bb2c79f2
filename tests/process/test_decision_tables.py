"""The cities' decision tables, evaluated by a real broker: which form of collaboration, who is in charge."""

from __future__ import annotations

import pytest

from tests.kit.desk import pack_files
from tests.kit.driver import EngineDriver

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]
_NATURE = {"facility": False, "localTie": False, "provision": False, "fee": False, "grant": False, "sharing": False}


async def test_a_form_of_collaboration_is_proposed_only_where_the_guideline_knows_it(driver: EngineDriver) -> None:
    """CHI-2: a commission needs a fee and shared roles, an administrator the local tie; giving a place is 事業協力."""
    await driver.deploy(pack_files("common", "chigasaki"))
    cases: list[tuple[dict[str, object], str | None]] = [
        ({"organizer": "city", "fee": True, "sharing": True}, "1"),
        ({"organizer": "city", "fee": True}, None),
        ({"organizer": "city", "facility": True, "localTie": True}, "2"),
        ({"organizer": "city", "facility": True, "fee": True, "sharing": True}, None),
        ({"organizer": "city", "sharing": True}, "3"),
        ({"organizer": "partner", "sharing": True}, "3"),
        ({"organizer": "partner", "provision": True}, "3"),
        ({"organizer": "city", "provision": True}, "3"),
        ({"organizer": "committee"}, "4"),
        ({"organizer": "hosts"}, "5"),
        ({"organizer": "partner", "grant": True}, "6"),
        ({"organizer": "partner"}, "7"),
        ({"organizer": "city"}, None),
    ]
    found = [(await driver.decide("chigasaki-form", {**_NATURE, **given}))["form"] for given, _ in cases]
    assert found == [form for _, form in cases]


async def test_the_table_proposes_the_section_and_a_person_may_choose_another(driver: EngineDriver) -> None:
    """ASA-1: the main field is one of the chosen ones; without one the office is in charge."""
    await driver.deploy(pack_files("common", "asahikawa"))
    wide = {"kind": "comprehensive", "fieldCount": 2, "mainAmongFields": True, "departmentCount": 1}
    cases: list[tuple[dict[str, object], str | None, str | None]] = [
        ({**wide, "mainField": 5}, "bosai", None),
        ({**wide, "mainField": 5, "chosenDepartment": "doboku"}, "doboku", None),
        ({**wide, "mainField": 7}, "kankyo", None),
        ({**wide, "mainField": 5, "mainAmongFields": False}, None, "主な分野"),
        ({**wide}, None, None),
        ({**wide, "chosenDepartment": "bosai"}, None, "担当課"),
        ({**wide, "departmentCount": 0}, None, "庁内調整をする部局"),
        ({**wide, "kind": "individual", "fieldCount": 1, "mainField": 6}, None, "担当課"),
        ({**wide, "kind": "individual", "fieldCount": 1, "mainField": 1, "chosenDepartment": "sports"}, "sports", None),
        ({**wide, "kind": "individual", "fieldCount": 2, "mainField": 1}, None, "分野"),
    ]
    empty = {"mainField": None, "chosenDepartment": None}
    for given, department, problem in cases:
        charge = await driver.decide("asahikawa-charge", {**empty, **given})
        assert charge["department"] == department, given
        assert (charge["problem"] or "").partition(":")[0] == (problem or ""), given
