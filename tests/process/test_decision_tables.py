"""The cities' decision tables, evaluated by a real broker: who is in charge."""

from __future__ import annotations

import pytest

from tests.kit.desk import pack_files
from tests.kit.driver import EngineDriver

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]


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
