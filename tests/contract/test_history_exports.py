"""Who did what leaves the registry with the case: on the screen, as CSV, Excel and JSON, with the papers (ALL-15)."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from tests.kit.lists import list_rows, write_list
from workers.cli import main
from workers.domain.acts import SYSTEM, Completion
from workers.domain.entities import CaseKind
from workers.settings import Settings
from workers.usecases.journal import note
from workers.usecases.ports import JobRef
from workers.usecases.procedures import file_procedure
from workers.usecases.record_act import record_act
from workers.wiring import services

_WHO = ["佐藤 花子", "田中 一郎", "（割り当てられずに完了）"]


def _renkei(data: Path, *arguments: str) -> Result:
    done = CliRunner().invoke(main, [*arguments, "--data", str(data)])
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture
def case_id(tmp_path: Path) -> str:
    """A procedure of an imported agreement on which two persons, a program and the system have worked."""
    _renkei(tmp_path, "import", str(write_list(tmp_path / "list.csv", list_rows(1))), "--city", "isesaki")
    return asyncio.run(_worked_on(tmp_path))


async def _worked_on(data: Path) -> str:
    persons = [("hanako", "佐藤 花子"), ("ichiro", "田中 一郎"), ("", "")]
    async with services(Settings(data=data)) as built, built.open_unit() as uow:
        agreement = await uow.agreements.get("isesaki-a1")
        case = await file_procedure(uow, agreement, CaseKind.TERMINATION, "1")
        for number, (person, name) in enumerate(persons, start=1):
            ref = JobRef(
                engine_id="local",
                job_key=number,
                process_instance_key=7,
                element_id="Task_RecordTalks",
                element_instance_key=number,
            )
            process = "common-agreement-termination"
            act = await record_act(uow, case_id=case.id, process_id=process, loop=None, ref=ref)
            act.settle(Completion(task_key=number, person=person, name=name))
        await note(uow, case.id, "解除を登録した")
        return case.id


def _table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_a_case_names_who_did_what_wherever_it_is_written(tmp_path: Path, case_id: str) -> None:
    """The same rows on the screen, in JSON, CSV and Excel, and beside the papers."""
    shown = _renkei(tmp_path, "case", case_id).stdout
    assert all(who in shown for who in (*_WHO, SYSTEM))
    rows = json.loads(_renkei(tmp_path, "case", case_id, "--json").stdout)["history"]
    told = [(row["who"], row["what"]) for row in rows]
    assert [who for who, what in told if what.endswith("を済ませた")] == _WHO
    assert (SYSTEM, "解除を登録した") in told
    written = _table(_renkei(tmp_path, "case", case_id, "--csv").stdout)
    assert [(row["した人"], row["したこと"]) for row in written] == told
    assert written[0]["日時"].startswith("令和")
    for arguments, file in (
        (("--xlsx", str(tmp_path / "one.xlsx")), tmp_path / "one.xlsx"),
        (("--save", str(tmp_path / "papers")), tmp_path / "papers" / f"経過_{case_id}.xlsx"),
    ):
        _renkei(tmp_path, "case", case_id, *arguments)
        sheet = load_workbook(file).active
        assert sheet is not None
        assert [row[2:4] for row in sheet.iter_rows(min_row=2, values_only=True)] == told


def test_an_agreement_tells_who_did_what_in_all_its_procedures(tmp_path: Path, case_id: str) -> None:
    """ALL-6, ALL-15."""
    found = json.loads(_renkei(tmp_path, "agreement", "isesaki-a1", "--json").stdout)["history"]
    assert {row["case"] for row in found} == {case_id}
    assert {row["who"] for row in found} >= {*_WHO, SYSTEM}
    assert all(who in _renkei(tmp_path, "agreement", "isesaki-a1").stdout for who in _WHO)
    written = _table(_renkei(tmp_path, "agreement", "isesaki-a1", "--csv").stdout)
    assert [(row["案件"], row["した人"]) for row in written] == [(row["case"], row["who"]) for row in found]
