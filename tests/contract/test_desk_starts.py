"""What may be begun at the desk, by whom; an agreement is named as people say it (ISE-A1, CHI-1)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.kit.deskpages import desk_at
from tests.kit.deskworld import AGREEMENT, CASE, furnish

pytestmark = pytest.mark.asyncio
_STOP = "/desk/start/isesaki/common-case-control"
_REPORT = "/desk/start/isesaki/isesaki-project"


def _links(page: str) -> list[str]:
    return re.findall(r'href="/desk/start/isesaki/([\w-]+)"', page)


async def test_each_begins_what_is_theirs(database_url: str, tmp_path: Path) -> None:
    """The office everything of its city, a department what ``departments_start`` names, another city nothing of it."""
    async with desk_at(database_url, tmp_path) as desk:
        await furnish(desk)
        async with desk.browser("sato") as browser:
            offered = _links((await browser.get("/desk/start")).text)
        assert offered[0] == "isesaki-signing"
        assert {"isesaki-project", "isesaki-annual", "common-agreement-meeting", "common-case-control"} < set(offered)
        assert all(name.startswith(("isesaki-", "common-")) for name in offered)
        async with desk.browser("ito") as browser:
            assert _links((await browser.get("/desk/start")).text) == ["isesaki-project"]
            assert (await browser.get("/desk/start/isesaki/isesaki-signing")).status_code == 404
        async with desk.browser("date") as browser:
            assert _links((await browser.get("/desk/start")).text) == []
            assert (await browser.get(_REPORT)).status_code == 404


async def test_a_department_reports_from_the_page_of_the_agreement(database_url: str, tmp_path: Path) -> None:
    """ISE-A1: number and section are filled in; the number goes to the engine as the register's id."""
    async with desk_at(database_url, tmp_path) as desk:
        await furnish(desk)
        async with desk.browser("sato") as browser:
            agreement = (await browser.get(f"/desk/agreement/{AGREEMENT}")).text
        assert f"{_REPORT}?of={AGREEMENT}" in agreement
        async with desk.browser("ito") as browser:
            page = (await browser.get(f"{_REPORT}?of={AGREEMENT}")).text
            given = json.loads(re.findall(r'id="form-data">(.*?)</script>', page, re.DOTALL)[0])["data"]
            assert (given["agreementId"], given["sectionName"]) == ("協定第1号", "企画調整課")
            wrong = {**given, "agreementId": "協定第999号"}
            answer = await browser.post(_REPORT, {"action": "check", "values": json.dumps(wrong)})
            assert answer.status_code == 422
            assert "協定番号: 番号「協定第999号」の協定は台帳にありません" in answer.text
            assert desk.engine.started == []
            await browser.post(_REPORT, {"action": "check", "values": json.dumps(given)})
        started = [(user, process, values["agreementId"]) for user, process, values in desk.engine.started]
        assert started == [("ito", "isesaki-project", AGREEMENT)]


async def test_the_office_stops_a_case_from_its_page(database_url: str, tmp_path: Path) -> None:
    """ALL-21: the case's number is filled in as people say it, and its id goes to the engine."""
    async with desk_at(database_url, tmp_path) as desk:
        await furnish(desk)
        async with desk.browser("sato") as browser:
            assert f'href="{_STOP}?of={CASE}"' in (await browser.get(f"/desk/case/{CASE}")).text
            page = (await browser.get(f"{_STOP}?of={CASE}")).text
            given = json.loads(re.findall(r'id="form-data">(.*?)</script>', page, re.DOTALL)[0])["data"]
            assert given == {"caseNumber": "令和8年度 第1号"}
            wanted = {"caseNumber": "令和８年度第１号", "caseAction": "stop", "caseReason": "方針", "tellPartner": "no"}
            answer = await browser.post(_STOP, {"action": "check", "values": json.dumps({**wanted, "caseNumber": "9"})})
            assert "案件番号: 番号「9」の案件はありません" in answer.text
            await browser.post(_STOP, {"action": "check", "values": json.dumps(wanted)})
        async with desk.browser("ito") as browser:
            assert _STOP not in (await browser.get(f"/desk/case/{CASE}")).text
        started = [(process, values["caseNumber"]) for _, process, values in desk.engine.started]
        assert started == [("common-case-control", CASE)]
