"""A clerk of 伊勢崎市 errs while registering a consultation in Tasklist, in Chromium (ALL-10, ISE-1).

Nothing that was typed is typed twice: whatever comes back comes back filled, with what was objected to.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.clerk import Answers, Clerk, run
from workers.adapters.camunda.tasklist import Tasklist
from workers.settings import Settings

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

_NAME = "株式会社みほん商会"
_CONSULTATION = {
    "origin": "企業等から相談を受けた",
    "name": _NAME,
    "representative": "代表取締役 見本 太郎",
    "contact": "総務部 見本 花子",
    "email": "hanako@mihon.example",
    "phone": "0270-00-1234",
    "corporateNumber": "1234567890123",
}


@pytest.fixture
def clerk(stack: Settings, chromium: Browser, screenshots: Path) -> Iterator[Clerk]:
    """One clerk with a window of their own, and a folder for what is seen."""
    folder = screenshots / "walk"
    folder.mkdir(exist_ok=True)
    clerk = Clerk(chromium, stack, folder)
    yield clerk
    clerk.close()


def test_a_consultation_with_mistakes_is_typed_once(clerk: Clerk, stack: Settings) -> None:
    """Start with an empty form, then with a wrong address, then with a wrong corporate number."""
    clerk.begin("isesaki-signing")
    refused = clerk.send()
    assert refused is not None
    assert len(refused.messages) >= 4
    clerk.fill({**_CONSULTATION, "email": "hanako"})
    _stays(clerk, {**_CONSULTATION, "email": "hanako"})
    clerk.fill({"email": _CONSULTATION["email"]})
    assert clerk.send() is None
    clerk.open("Task_CorrectConsultation", {"name": _NAME})
    clerk.picture("consultation-returned")
    _came_back(clerk, _CONSULTATION, because="法人番号")
    clerk.fill({"corporateNumber": ""})
    assert clerk.send() is None
    assert run(_case_of(stack))


def _stays(clerk: Clerk, typed: Answers) -> None:
    """What the screen refuses stays on the screen, every field of it."""
    refused = clerk.send()
    assert refused is not None, "the screen accepted what it should refuse"
    assert clerk.shown(list(typed)) == typed


def _came_back(clerk: Clerk, typed: Answers, *, because: str) -> None:
    """What a worker refused is there again, with what was objected to."""
    assert clerk.shown(list(typed)) == typed
    expect(clerk.page.locator(".fjs-container").get_by_text(because).first).to_be_visible()
    expect(clerk.page.get_by_text("入力を直してください")).to_be_visible()


async def _case_of(stack: Settings) -> str:
    async with asyncio.timeout(60), Tasklist.from_settings(stack) as tasklist:
        while True:
            for row in await tasklist.search(
                {"taskDefinitionId": "Task_SubmitOffer"}, variables=["caseId", "caseTitle"]
            ):
                seen = {each["name"]: json.loads(each["value"]) for each in row.get("variables") or ()}
                if _NAME in seen.get("caseTitle", ""):
                    return str(seen["caseId"])
            await asyncio.sleep(0.2)
