"""What a partner wrote into the mail's workbook stands in the task, as Tasklist shows it in Chromium (ALL-17)."""

from __future__ import annotations

import time
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Final

import pytest

from tests.browser.apart import run_apart
from tests.browser.clerk import Clerk
from tests.kit import workbooks
from tests.kit.filing import in_cells
from tests.kit.stack import renkei
from workers.adapters.camunda.tasklist import Tasklist
from workers.adapters.documents.workbook_reading import asked_in
from workers.domain.entities import Case
from workers.packs.scenarios import read_scenario
from workers.readers.offerfile import read_offer
from workers.scenarios.player import Player
from workers.scenarios.tasklist_desk import TasklistDesk
from workers.settings import Settings
from workers.wiring import Services, services

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]
_TASK: Final = "Task_SubmitOffer"
_DEADLINE_SECONDS: Final = 60
_WRITTEN: Final = {
    "filing": "file",
    "purpose": "高齢の方の見守りを、配達の仕事のなかで続けるため",
    "fields": ["1", "5", "7"],
    "projects": [
        {"field": "5", "title": "配達時の見守り", "content": "お届けのときに声を掛けます。", "costToCity": False},
        {"field": "7", "title": "災害時の物資の供給", "content": "在庫を避難所へ届けます。", "costToCity": True},
    ],
    "records": [],
    "other": "4月から始めたい。",
}


def test_what_a_file_says_stands_in_the_task_in_tasklist(stack: Settings, clerk: Clerk, tmp_path: Path) -> None:
    """The mail's workbook is filled in, one field is forgotten; the office reads it, mends that field, and sends."""
    case_id, today = run_apart(_case_with_open_step(stack))
    sent = _workbook(stack, case_id)
    given = {**_WRITTEN, "offeredOn": today, "purpose": None}
    path = tmp_path / "申出書.xlsx"
    path.write_bytes(workbooks.filled(sent, in_cells(asked_in(sent)[0], given)))
    lacking = renkei("attach", case_id, str(path), "--read", data=stack.data)
    clerk.open(_TASK, {"caseId": case_id})
    told = clerk.form.words()
    clerk.document("answer-lacking")
    given["purpose"] = _WRITTEN["purpose"]
    path.write_bytes(workbooks.filled(sent, in_cells(asked_in(sent)[0], given)))
    whole = renkei("attach", case_id, str(path), "--read", data=stack.data)
    clerk.open(_TASK, {"caseId": case_id})  # opened anew: Tasklist reads a task's values when it is opened
    shown = clerk.shown(["purpose", "other", "projects"])
    words = clerk.form.words()
    clerk.document("answer-read")
    refused = clerk.send()
    case = run_apart(_recorded(stack, case_id))
    assert lacking.returncode != 0
    assert "「1 目的」: 書いてください" in lacking.stderr
    assert "のセル C" in lacking.stderr
    assert "「1 目的」: 書いてください" in told
    assert "入力を直してください" in told
    assert whole.returncode == 0, whole.stderr
    assert "入力を直してください" not in words
    assert (shown["purpose"], shown["other"]) == (_WRITTEN["purpose"], _WRITTEN["other"])
    assert [row["title"] for row in shown["projects"]] == ["配達時の見守り", "災害時の物資の供給"]
    assert refused is None
    assert case.offer is not None
    assert case.offer.purpose == _WRITTEN["purpose"]
    assert [project.title for project in case.projects] == ["配達時の見守り", "災害時の物資の供給"]
    assert case.offer.offered_on.isoformat() == today


def _workbook(stack: Settings, case_id: str) -> bytes:
    """Return the workbook of the mail that arrived."""
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while True:
        for file in (stack.data / "mails").glob("*.eml"):
            for part in message_from_bytes(file.read_bytes(), policy=default).iter_attachments():
                if str(part.get_filename()).endswith(f"（回答用）_{case_id}.xlsx"):
                    content = part.get_payload(decode=True)
                    assert isinstance(content, bytes)
                    return content
        assert time.monotonic() < deadline, "no mail with a workbook has arrived"
        time.sleep(0.3)


async def _case_with_open_step(settings: Settings) -> tuple[str, str]:
    """Begin a case by Tasklist's API; returns its number and the day."""
    async with services(settings) as built, Tasklist.from_settings(settings) as tasklist:
        city = built.packs.city("isesaki")
        folder = built.packs.folder("isesaki") / "scenarios"
        plan = read_scenario(folder / "signed.toml")
        offer = read_offer(folder / plan.input, city, built.clock.today())
        desk = TasklistDesk(tasklist, built.clock, lambda instance: _case_of(built, instance))
        await Player(plan, offer, desk, {d.code: d.group for d in city.departments}).start(city.signing_process)
        await desk.all_open(_TASK)
        return desk.case_id, built.clock.today().isoformat()


async def _case_of(built: Services, instance: int) -> str | None:
    async with built.open_unit() as uow:
        return next((c.id for c in await uow.cases.all() if c.process_instance_key == instance), None)


async def _recorded(settings: Settings, case_id: str) -> Case:
    """Return the case once its offer is recorded."""
    async with services(settings) as built, Tasklist.from_settings(settings) as tasklist:
        desk = TasklistDesk(tasklist, built.clock, lambda instance: _case_of(built, instance))
        await desk.join(case_id)
        await desk.all_open("Task_CheckRequirements")
        async with built.open_unit() as uow:
            return await uow.cases.get(case_id)
