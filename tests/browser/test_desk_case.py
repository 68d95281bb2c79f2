"""A case of 伊勢崎市 from the consultation to the signature on the desk alone, by the office and a department (ALL-10).

Every page is read for English and raw ids. Tasklist, open beside it, shows the same truth.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import isesaki
from tests.browser.clerk import Clerk
from tests.browser.deskclerk import DeskClerk
from tests.browser.isesaki import day, workday
from tests.kit.pictures import Album, album
from tests.kit.users import add_user
from workers.adapters.camunda.signin import MEMBERS
from workers.settings import Settings

pytestmark = [pytest.mark.stack, pytest.mark.timeout(1500)]
_COMPANY = "株式会社みほん机商会"
_PLANNING = "企画部企画調整課"


@pytest.fixture
def office(request: pytest.FixtureRequest, stack: Settings, chromium: Browser) -> Iterator[DeskClerk]:
    """Somebody of the office, and the desk that both use."""
    people(stack)
    clerk = desk_clerk(stack, chromium, "sato", album(request.config, request.node.name))
    yield clerk
    clerk.close()


def people(stack: Settings) -> None:
    """Add the two users, and who belongs where."""
    add_user(stack, "sato", "佐藤 花子")
    add_user(stack, "ito", "伊藤 次郎")
    (stack.data / MEMBERS).write_text("sato,isesaki-senryaku\nito,isesaki-kikaku\n", encoding="utf-8")


def desk_clerk(stack: Settings, chromium: Browser, user: str, kept: Album) -> DeskClerk:
    """Return somebody at the desk."""
    url = f"http://127.0.0.1:{stack.port(8091)}"
    password = stack.camunda_password.get_secret_value()
    return DeskClerk(chromium, url, user, password, kept)


def test_a_case_from_the_consultation_to_the_signature_on_the_desk_alone(
    office: DeskClerk, stack: Settings, chromium: Browser
) -> None:
    department = desk_clerk(stack, chromium, "ito", office.album)
    walk(office, department)
    assert "締結" in office.page.locator("h1").inner_text()
    department.close()


def test_desk_and_tasklist_show_one_truth(office: DeskClerk, stack: Settings, chromium: Browser) -> None:
    """Claimed at the desk, it is claimed in Tasklist; completed in Tasklist, the desk says by whom."""
    company = "株式会社ふたつの窓"
    office.begin()
    office.fills(**{**isesaki.CONSULTATION, "name": company})
    office.starts()
    office.opens("申出書・提案書を出す", company)
    address = office.page.url
    other = Clerk(chromium, stack, office.album, user="ito")
    other.page.goto(f"{stack.tasklist}/tasklist/{address.rsplit('/', 1)[1].split('?')[0]}")
    expect(other.page.get_by_text("sato").or_(other.page.get_by_text("佐藤 花子")).first).to_be_visible()
    other.close()


def walk(office: DeskClerk, department: DeskClerk) -> None:
    """Go the whole way; the department answers its survey itself."""
    office.begin()
    office.fills(**{**isesaki.CONSULTATION, "name": _COMPANY})
    office.starts()
    office.opens("申出書・提案書を出す", _COMPANY)
    office.fills(**{**isesaki.OFFER, "offeredOn": day(1)})
    office.keeps()
    assert office.shown(["purpose"])["purpose"] == isesaki.OFFER["purpose"]
    office.cannot_complete("申出書の日付")
    assert office.shown(["purpose"])["purpose"] == isesaki.OFFER["purpose"]
    office.picture("refused")
    office.fills(offeredOn=day(0))
    office.completes()
    office.does(
        "要件を確かめる",
        _COMPANY,
        {
            "notGovernment": "国・地方公共団体ではない",
            "sharedGoal": "ある",
            "dialogue": "行える",
            "partnerCheck": "いずれにも当てはまらない",
            "projectsCheck": "いずれにも当てはまらない",
            "projectChecks": [{}, {"admittedReason": "景品は市の事業の一部として意義がある。"}, {}],
        },
    )
    office.does("照会の期限と照会先を決める", _COMPANY, {"dueOn": workday(10), "departmentCodes": [_PLANNING]})
    _survey(office, department)
    _review(office)
    office.opens("連携事業の可否を協議する", _COMPANY)
    office.fills(next="詳細協議へ進む")
    office.completes()
    _review(office)
    _end(office)


def _survey(office: DeskClerk, department: DeskClerk) -> None:
    department.opens("連携事業の可否を回答する", _COMPANY)
    department.picture("answer")
    department.fills(concerned="関わる（事業ごとに回答する）", person="企画 一郎", contact="内線 2301")
    rated = {"rating": "○ 実現可能性あり", "comment": "進めたい。"}
    department.fills(ratings=[rated, rated, rated])
    department.completes()
    department.go(f"/desk/cases?q={quote(_COMPANY)}")
    department.page.locator("tbody a").first.click()
    department.read()
    expect(department.page.locator("#surveys .mark").first).to_contain_text("○")
    assert department.page.locator("#mails").count() == 0  # what partners are written is the office's
    department.picture("case")
    department.picture("front", upto=1290)
    office.go(f"/desk/?q={quote(_COMPANY)}")
    office.picture("list")


def _end(office: DeskClerk) -> None:
    for _ in range(3):
        office.does("詳細協議の結果を入力する", _COMPANY, {"feasible": "実施できる", "result": "4月に始める。"})
    approval = {"number": "戦推第12号", "decidedOn": day(0), "class": "市長", "decidedBy": "市長"}
    office.opens("締結の可否を判断する", _COMPANY)
    office.fills(decision="締結する", reason="3分野の事業が見込まれる。")
    office.fills(**{f"approval__{key}": value for key, value in approval.items()})
    office.completes()
    office.does("協定書の内容を決める", _COMPANY, {})
    _review(office)
    office.does("協定書案を確かめる", _COMPANY, {"confirmation": "案のとおりで合意する"})
    office.does("決裁と締結の予定を入れる", _COMPANY, {"plannedOn": day(0)})
    electronic = {
        "signingWay": "電子署名で取り交わした",
        "signingService": "電子契約のサービス",
        "signingEvidence": "第8号",
    }
    office.does("協定を締結する", _COMPANY, {"signing": "締結した", "signedOn": day(0), **electronic})
    _review(office)
    _closed(office)


def _review(office: DeskClerk) -> None:
    office.opens("メールを確かめて送る", _COMPANY)
    office.fills(mailChoice="この内容で送る")
    office.completes()


def _closed(office: DeskClerk) -> None:
    deadline = time.monotonic() + 60
    while True:
        office.go(f"/desk/cases?all=1&q={quote(_COMPANY)}")
        office.page.locator("tbody a").first.click()
        office.read()
        if "進行中" not in office.page.locator("h1").inner_text():
            return
        assert time.monotonic() < deadline, "the case is not closed"
        office.page.wait_for_timeout(1000)
