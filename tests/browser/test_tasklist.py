"""A department answers a survey in Tasklist, in Chromium, as its staff do (ALL-1, ISE-4)."""

from __future__ import annotations

import asyncio
import json
import re
import time
from email import message_from_bytes
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.apart import run_apart
from tests.kit.stack import renkei, wait_for
from tests.kit.users import add_user
from workers.adapters.camunda.open_tasks import OpenTasks
from workers.adapters.camunda.rest import RestClient
from workers.adapters.camunda.tasklist import Tasklist
from workers.domain.acts import SYSTEM
from workers.domain.entities import SurveyAnswer
from workers.packs.scenarios import read_scenario
from workers.readers.offerfile import read_offer
from workers.scenarios.player import Player
from workers.scenarios.tasklist_desk import TasklistDesk
from workers.settings import Settings
from workers.wiring import Services, services

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]
_GROUP = "isesaki-korei"
_COMMENT = "地域包括支援センターと組み合わせて進めたい。"
_WAIT = 60_000
NOBODY = "（割り当てられずに完了）"
_GLYPHS_DIFFER = """
() => {
  const draw = text => {
    const canvas = document.createElement('canvas'); canvas.width = canvas.height = 40;
    const pen = canvas.getContext('2d'); pen.font = '32px ' + getComputedStyle(document.body).fontFamily;
    pen.fillText(text, 2, 34); return canvas.toDataURL();
  };
  return new Set(['照', '会', '課', '協'].map(draw)).size === 4;
}
"""


def test_a_department_answers_its_survey_in_tasklist(stack: Settings, chromium: Browser, screenshots: Path) -> None:
    """Follow the mail's link to the task, claim it, rate a project, complete it: the registry has the answer."""
    case_id = run_apart(_case_with_open_survey(stack))
    page = chromium.new_page(viewport={"width": 1400, "height": 1300}, locale="ja-JP")
    page.set_default_timeout(_WAIT)
    _log_in(page, stack)
    link = _link_in_mail(stack, case_id)
    _open_task(page, stack, link)
    page.screenshot(path=screenshots / "tasklist-answer-open.png")
    assert page.evaluate(_GLYPHS_DIFFER), "Japanese characters are drawn as the same box"
    _fill(page)
    page.screenshot(path=screenshots / "tasklist-answer-filled.png", full_page=True)
    page.get_by_role("button", name="Complete Task").click()
    expect(page.get_by_text("Task completed").first).to_be_visible()
    answer = run_apart(_answer(stack, case_id))
    _says_done(page, link)
    page.screenshot(path=screenshots / "link-of-a-done-task.png")
    page.close()
    assert answer.person == "田村 由美"
    assert [(rating.project_number, rating.rating.mark, rating.comment) for rating in answer.ratings] == [
        (1, "○", _COMMENT)
    ]


def test_the_history_names_both_users_of_a_case_and_what_nobody_was_assigned_to(stack: Settings) -> None:
    """Two users work on a case in Tasklist, a program completes a task past it (ALL-15)."""
    for user in ("sato", "tanaka"):
        add_user(stack, user, user)
    case_id = run_apart(_worked_by_two(stack))
    run_apart(_completed_by_nobody(stack, case_id))
    shown: dict[str, str] = {}

    def all_known() -> bool:
        done = renkei("case", case_id, "--json", data=stack.data)
        lines = json.loads(done.stdout)["history"]
        shown.update({line["what"]: line["who"] for line in lines})
        tasks = [who for what, who in shown.items() if what.endswith("を済ませた")]
        return len(tasks) == 3 and not any("確認中" in who for who in shown.values())

    wait_for(all_known, 120, "who did it")
    assert [who for what, who in shown.items() if what.endswith("を済ませた")] == ["sato", "tanaka", NOBODY], shown
    offered = next(who for what, who in shown.items() if what.startswith("申出書を受け付けた"))
    assert offered == "sato"
    text = renkei("case", case_id, data=stack.data).stdout
    assert all(who in text for who in ("sato", "tanaka", NOBODY, SYSTEM))


def _log_in(page: Page, stack: Settings) -> None:
    page.goto(f"{stack.tasklist}/tasklist/login")
    page.get_by_role("textbox", name="Username").fill(stack.camunda_user)
    page.get_by_role("textbox", name="Password").fill(stack.camunda_password.get_secret_value())
    page.get_by_role("button", name="Login").click()
    page.wait_for_url(lambda url: "login" not in url)


def _link_in_mail(stack: Settings, case_id: str) -> str:
    """Return the link in the mail to the department; waits until the mail has arrived."""
    wanted = re.compile(rf"http://\S+/open/{case_id}\?group={_GROUP}(?=\s)".encode())
    deadline = time.monotonic() + 60
    while True:
        for file in (stack.data / "mails").glob("*.eml"):
            content = message_from_bytes(file.read_bytes()).get_payload(decode=True) or b""
            if found := wanted.search(content if isinstance(content, bytes) else b""):
                return found[0].decode()
        assert time.monotonic() < deadline, "no mail with a link has arrived"
        time.sleep(0.3)


def _says_done(page: Page, link: str) -> None:
    """Wait until the link tells that the task is done: Tasklist's index takes a moment."""
    deadline = time.monotonic() + 60
    while True:
        page.goto(link)
        if page.get_by_role("heading", name="いま開いている作業はありません").is_visible():
            return
        assert time.monotonic() < deadline, page.url


def _open_task(page: Page, stack: Settings, link: str) -> None:
    page.goto(link)
    expect(page).to_have_url(f"{stack.tasklist}/tasklist/{run_apart(_task_key(stack))}")
    page.get_by_role("button", name="Assign to me").click()
    expect(page.get_by_role("button", name="Unassign")).to_be_visible()
    expect(page.get_by_text("この提案に関わりますか")).to_be_visible()


def _fill(page: Page) -> None:
    # Tasklist hides the browser's own radio buttons behind drawn ones: staff click the text.
    page.get_by_text("関わる（事業ごとに回答する）").click()
    page.get_by_text("○ 実現可能性あり").first.click()
    page.get_by_label("意見・質問").first.fill(_COMMENT)
    page.get_by_label("担当者の氏名").fill("田村 由美")
    page.get_by_label("内線・連絡先").fill("内線 2311")
    page.get_by_label("内線・連絡先").blur()
    # form-js takes a field's text over a moment after typing: what it has taken over is validated and complete.
    expect(page.get_by_label("内線・連絡先")).to_have_value("内線 2311")


async def _case_with_open_survey(settings: Settings) -> str:
    """Play the scenario through Tasklist's API up to the survey."""
    async with services(settings) as built, Tasklist.from_settings(settings) as tasklist:
        city = built.packs.city("isesaki")
        folder = built.packs.folder("isesaki") / "scenarios"
        plan = read_scenario(folder / "signed.toml")
        offer = read_offer(folder / plan.input, city, built.clock.today())
        desk = TasklistDesk(tasklist, built.clock, lambda instance: _case_of(built, instance))
        player = Player(plan, offer, desk, {d.code: d.group for d in city.departments})
        await player.start(city.signing_process)
        for step in plan.steps:
            if step.task == "Task_AnswerSurvey":
                break
            await player.play(step)
        await desk.all_open("Task_AnswerSurvey")
        return desk.case_id


async def _case_of(built: Services, instance: int) -> str | None:
    async with built.open_unit() as uow:
        return next((c.id for c in await uow.cases.all() if c.process_instance_key == instance), None)


async def _task_key(settings: Settings) -> str:
    async with Tasklist.from_settings(settings) as tasklist:
        wanted = {"taskDefinitionId": "Task_AnswerSurvey", "candidateGroup": _GROUP}
        return str((await tasklist.search(wanted))[-1]["id"])


async def _answer(settings: Settings, case_id: str) -> SurveyAnswer:
    async with asyncio.timeout(60), services(settings) as built:
        while True:
            async with built.open_unit() as uow:
                (survey,) = await uow.surveys.of_case(case_id)
            if (answer := survey.valid_answer("korei")) is not None:
                return answer
            await asyncio.sleep(0.3)


async def _worked_by_two(settings: Settings) -> str:
    """Start a case as one user, whose task that user completes, and let another user complete the next one."""
    password = settings.camunda_password.get_secret_value()
    async with (
        services(settings) as built,
        Tasklist(settings.tasklist, "sato", password) as first,
        Tasklist(settings.tasklist, "tanaka", password) as second,
    ):
        city = built.packs.city("isesaki")
        folder = built.packs.folder("isesaki") / "scenarios"
        plan = read_scenario(folder / "signed.toml")
        offer = read_offer(folder / plan.input, city, built.clock.today())
        groups = {d.code: d.group for d in city.departments}
        desks = [
            TasklistDesk(user, built.clock, lambda instance: _case_of(built, instance)) for user in (first, second)
        ]
        await Player(plan, offer, desks[0], groups).start(city.signing_process)
        await desks[1].join(desks[0].case_id)
        for desk, step in zip(desks, plan.steps, strict=False):
            await Player(plan, offer, desk, groups).play(step)
        await desks[0].all_open("Task_PlanSurvey")
        return desks[0].case_id


async def _completed_by_nobody(settings: Settings, case_id: str) -> None:
    """Complete the case's open task past Tasklist, which would insist on an assignee."""
    async with RestClient.from_settings(settings) as rest, Tasklist.from_settings(settings) as tasklist:
        tasks = OpenTasks(rest, tasklist)
        (task,) = await tasks.find(case_id=case_id)
        await rest.complete_user_task(task.key)
