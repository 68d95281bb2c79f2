"""Every form feature that packs use, in Tasklist 8.6 and on our page: equal or explained (ALL-3, ALL-10)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import featurerows
from tests.browser.clerk import Clerk, run
from tests.browser.featurerows import FORM_ID, ROWS, Row
from tests.browser.formfields import FormOnScreen
from tests.browser.pageserver import PageServer, page_server
from tests.browser.partnerpage import PartnerPage
from workers.adapters.camunda.tasklist import Tasklist
from workers.domain.answers import token_hash
from workers.settings import Settings
from workers.trial.api import Api

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]
_PROCESS: Final = "form-features-process"
_TASK: Final = "Task_Features"
_INDEX_SECONDS: Final = 60
_LOOK_AGAIN_SECONDS: Final = 0.2
_DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "form-features.md"
_HEAD: Final = """# 画面の部品と、送られるもの

市のパックの様式が使う部品と設定を、Tasklist 8.6（form-js 1.10.1）と相手方のページ（form-js 2.0.0）で
同じように入れて送り、手続の変数がどうなったかを並べた表です。試験（`tests/browser/test_form_features.py`）が
Chromium で両方の画面を操作して作ります。表にない部品をパックが使うか、わけのない違いがあれば、試験は失敗します。

欄のキーに `count` など関数の名前を使うと、Tasklist では条件の `count(…)` が働きません（ページでは働きます）。

| 部品と設定 | すること | Tasklist 8.6 | 相手方のページ | 違うわけ |
|---|---|---|---|---|
"""


@pytest.fixture(name="server", scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageServer]:
    with page_server(tmp_path_factory.mktemp("features")) as running:
        yield running


def test_every_feature_of_the_packs_has_a_row() -> None:
    assert sorted(featurerows.used_by_packs() - featurerows.covered()) == []


def test_tasklist_and_our_page_send_the_same_or_it_is_explained(
    request: pytest.FixtureRequest, stack: Settings, clerk: Clerk, chromium: Browser, server: PageServer
) -> None:
    """The one form is filled in on both screens; what the process has afterwards is the table."""
    ours = _on_our_page(chromium, server)
    theirs = _in_tasklist(stack, clerk)
    lines = [_line(row, theirs[row], ours[row]) for row in ROWS]
    document = _HEAD + "".join(lines)
    if request.config.getoption("pictures"):
        _DOCUMENT.write_text(document, encoding="utf-8")
    unexplained = [row.feature for row in ROWS if (theirs[row] != ours[row]) != bool(row.why)]
    assert unexplained == [], document
    assert _DOCUMENT.read_text(encoding="utf-8") == document


def _in_tasklist(stack: Settings, clerk: Clerk) -> dict[Row, str]:
    api = Api(stack.rest)
    try:
        api.deploy({f"{_PROCESS}.bpmn": _DIAGRAM.encode(), f"{FORM_ID}.form": json.dumps(featurerows.form()).encode()})
        api.start(_PROCESS, featurerows.known())
    finally:
        api.close()
    clerk.open(_TASK, {"fixedLine": "前の値"})
    shown = {row: _shown(clerk.page, row) for row in ROWS if row.reads}
    firsts = {row: dict(row.first) for row in ROWS if row.first}
    for row in ROWS:
        _fill(clerk.form, row, skip=bool(row.first))
    for row, first in firsts.items():
        clerk.form.fill(first)
        assert row not in shown
    refused = clerk.send()
    assert refused is None, refused
    variables = run(_variables(stack, clerk.key))
    return {row: shown.get(row) or _words(row, variables) for row in ROWS}


async def _variables(stack: Settings, key: str) -> dict[str, Any]:
    """Return a completed task's variables, once the index shows what was sent with it."""
    async with asyncio.timeout(_INDEX_SECONDS), Tasklist.from_settings(stack) as tasklist:
        while True:
            found = await tasklist.variables(key)
            if "ticked" in found:
                return found
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)


def _on_our_page(chromium: Browser, server: PageServer) -> dict[Row, str]:
    page = chromium.new_page(viewport={"width": 1100, "height": 900}, locale="ja-JP")
    partner = PartnerPage(page)
    url = server.ask(featurerows.form(), featurerows.known())
    partner.open(url)
    shown = {row: _shown(page, row) for row in ROWS if row.reads}
    for row in ROWS:
        if row.first:
            partner.form.fill(row.first)
        else:
            _fill(partner.form, row)
    problems = partner.cannot_go_on()
    for row in ROWS:
        if row.first:
            label = row.parts[0]["label"]
            shown[row] = "送れない: " + next(problem for problem in problems if label in problem)
            _fill(partner.form, row)
    partner.check()
    partner.send()
    page.close()
    values = {**featurerows.known(), **server.run(_answer(server, url))}
    return {row: shown.get(row) or _words(row, values) for row in ROWS}


async def _answer(server: PageServer, url: str) -> dict[str, Any]:
    async with server.at_work.open_unit() as unit:
        link = await unit.answers.link(token_hash(url.rpartition("/")[2]))
        assert link is not None
        answer = await unit.answers.answer(link.case_id, link.element_id, link.round)
        assert answer is not None
        return answer.values


def _fill(form: FormOnScreen, row: Row, *, skip: bool = False) -> None:
    for step in () if skip else row.typed:
        form.fill(step)


def _shown(page: Page, row: Row) -> str:
    """Return what a row's text says on the screen."""
    found = page.locator(".fjs-container .fjs-form-field", has_text=row.reads)
    return " ".join(found.last.inner_text().split())


def _words(row: Row, variables: dict[str, Any]) -> str:
    found = {
        key: variables.get(key, "（変数なし）")
        for key in row.keys
        if variables.get(key, "") is not None or key in variables
    }
    return "`" + json.dumps(found, ensure_ascii=False, sort_keys=True) + "`"


def _line(row: Row, theirs: str, ours: str) -> str:
    cells = [row.feature, row.does, theirs, ours, row.why or "同じ"]
    return (
        "| "
        + " | ".join(cell.replace("|", "\\|").replace("~", "\\~") if "`" not in cell else cell for cell in cells)
        + " |\n"
    )


_DIAGRAM: Final = f"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
 id="Features" targetNamespace="http://bpmn.io/schema/bpmn">
  <bpmn:process id="{_PROCESS}" name="部品の表" isExecutable="true">
    <bpmn:startEvent id="Start"><bpmn:outgoing>Flow_1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:sequenceFlow id="Flow_1" sourceRef="Start" targetRef="{_TASK}"/>
    <bpmn:userTask id="{_TASK}" name="部品を入れる">
      <bpmn:extensionElements>
        <zeebe:userTask/>
        <zeebe:formDefinition formId="{FORM_ID}"/>
      </bpmn:extensionElements>
      <bpmn:incoming>Flow_1</bpmn:incoming><bpmn:outgoing>Flow_2</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="Flow_2" sourceRef="{_TASK}" targetRef="End"/>
    <bpmn:endEvent id="End"><bpmn:incoming>Flow_2</bpmn:incoming></bpmn:endEvent>
  </bpmn:process>
</bpmn:definitions>
"""
