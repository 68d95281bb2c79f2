"""A process owner changes a city's flow in Modeler, by hand and from templates, and puts it to work (ALL-8)."""

from __future__ import annotations

import difflib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree
from playwright.sync_api import Browser, FloatRect, Locator, Page, expect

from tests.browser.modeler_page import open_page
from tests.kit.broker import Broker
from tests.kit.pictures import Album, album
from workers.packs.modelertemplates import standing
from workers.packs.new_pack import write_pack

pytestmark = pytest.mark.timeout(600)
_CODE = "midori-me"
_MAIL = "件名: もう一度、各課に照会します\n\n回答が分かれたため、照会先を絞ってもう一度照会します。\n"
_CHOOSER: FloatRect = {"x": 0, "y": 0, "width": 760, "height": 640}
_FIELDS: FloatRect = {"x": 1100, "y": 0, "width": 400, "height": 520}
_NEW_ARROWS = 6
_SCALE, _ARROW = 2 / 3, 120
_ARROW_ID = "Flow_DepartmentSurvey_DecideSigning"
_ADDED = [
    "Task_TellAgain",
    "Task_PlanAgain",
    "Task_OpenAgain",
    "Call_AskAgain",
    "Event_AgainRefused",
    "Event_AgainStopped",
]
_NEW_NAMES = ("はじめに照会する", "もう一度照会すると知らせる", "もう一度の照会を決める", "もう一度照会する")
_DI = re.compile(r"\s*</?(?:bpmndi:|dc:|di:)")
_AGAIN = """
[[steps]]
note = "もう一度、照会先を決める"
task = "Task_PlanAgain"

[[steps]]
note = "どの課も所管外と回答する"
task = "Task_AnswerSurvey"
department = "*"
answers = { concerned = "no", person = "担当 夏男", contact = "内線 200" }

"""


@pytest.fixture
def modeler(chromium: Browser) -> Iterator[Page]:
    """A page with Modeler's editors."""
    page = open_page(chromium)
    yield page
    page.close()


@pytest.fixture
def diagram(tmp_path: Path) -> Path:
    """The flow of a new city whose owner has written one more mail."""
    pack = write_pack(tmp_path / "packs", _CODE, "みどり目市", taken=())
    mail = pack / "templates" / "mail" / "asked-again.txt.j2"
    mail.parent.mkdir(parents=True)
    mail.write_text(_MAIL, encoding="utf-8")
    return pack / f"{_CODE}-signing.bpmn"


def test_a_flow_changed_in_modeler_is_saved_checked_deployed_and_runs(
    request: pytest.FixtureRequest, modeler: Page, diagram: Path
) -> None:
    """A task moved and renamed; a mail, a task, a job and a survey from the chooser; the file says that and no more.

    The new mail stands in the drop-down list after ``renkei format --upgrade``, without a new version of any template.
    """
    _renkei(diagram, "format", "--upgrade", str(diagram.parent), "--packs", str(diagram.parents[1]))
    before = diagram.read_text(encoding="utf-8")
    opened = {"xml": before, "templates": standing(diagram.parent), "element": "Task_PlanSurvey"}
    assert modeler.evaluate("openForOwner", opened) == []

    _change(modeler, album(request.config, request.node.name))
    saved = modeler.evaluate("saveOwners")
    diagram.write_text(saved, encoding="utf-8")

    _holds_only_the_change(before, saved)
    _renkei(diagram, "format", str(diagram.parent))
    formatted = diagram.read_text(encoding="utf-8")
    assert Counter(formatted.splitlines()) == Counter(saved.splitlines())  # the order of places, as when opened anew
    told = _renkei(diagram, "lint", str(diagram.parent))
    assert "エラー 0 件" in told, told
    assert "modeler-template" not in told, told
    with Broker() as broker:
        engine = {"RENKEI_GATEWAY_ADDRESS": broker.gateway, "RENKEI_REST_ADDRESS": broker.rest}
        diagram.write_text(before, encoding="utf-8")
        _renkei(diagram, "deploy", _CODE, **engine)
        diagram.write_text(formatted, encoding="utf-8")
        previewed = _renkei(diagram, "deploy", _CODE, "--preview", **engine)
        assert [name for name in _NEW_NAMES if f"「{name}」" not in previewed] == [], previewed
        assert f"{_CODE}: 配備しました" in _renkei(diagram, "deploy", _CODE, **engine)
    _extend_scenario(diagram.parent / "scenarios" / "signed.toml")
    assert "すべて通りました" in _renkei(diagram, "test", _CODE, "signed")


def _change(page: Page, pictures: Album) -> None:
    """Make room before the last event, then drop four templates onto the arrow, from left to right."""
    page.evaluate("move", {"id": "EndEvent_Survey", "x": 600, "y": 0})
    _look_up(page, "メールを送る")
    pictures.document("chooser", page.screenshot(clip=_CHOOSER), of="modeler")
    page.keyboard.press("Escape")
    page.evaluate("rename", {"id": "Call_DepartmentSurvey", "name": "はじめに照会する"})
    assert _take(page, "メールを送る", 850, "Task_TellAgain", "もう一度照会すると知らせる") == "renkei.send-mail"
    _choose(page, "設定", "メールのひな形", "asked-again")
    _choose(page, "設定", "宛先", "office")
    pictures.document("fields", page.screenshot(clip=_FIELDS), of="modeler")
    task = _take(page, "画面「各課への照会」", 990, "Task_PlanAgain", "もう一度の照会を決める")
    assert task == f"renkei.task.{_CODE}-survey-plan"
    _write(page, "担当と期限", "一つ前に戻る先", "Task_PlanSurvey")
    assert _take(page, "照会を起票する", 1130, "Task_OpenAgain", "もう一度の照会を起票する") == "renkei.open-survey"
    survey = _take(page, "各課への照会", 1270, "Call_AskAgain", "もう一度照会する")
    assert survey == "renkei.common-department-survey"
    _write(page, "設定", "一つ前に戻る先", "Task_PlanAgain")
    for like, host, event, drop in (
        ("Event_PlanRefused", "Task_OpenAgain", "Event_AgainRefused", 236),
        ("Event_SurveyStopped", "Call_AskAgain", "Event_AgainStopped", 262),
    ):
        page.evaluate("catchLike", {"event": like, "host": host, "id": event, "drop": drop})
    for task, source, target in (
        ("Task_PlanAgain", "={dueOn: dueOn, departmentCodes: departmentCodes}", "surveyPlan"),
        ("Task_PlanAgain", "=null", "formError"),
        ("Event_AgainRefused", "=formError", "formError"),
    ):
        page.evaluate("takeOut", {"id": task, "source": source, "target": target})


def _take(page: Page, words: str, x: int, identity: str, name: str) -> str:
    """Choose a template in the chooser by its Japanese name and drop it onto the arrow; return its template's id."""
    _look_up(page, words).click()
    page.mouse.move((x - 20) * _SCALE, _ARROW * _SCALE)
    page.mouse.move(x * _SCALE, _ARROW * _SCALE)
    page.mouse.click(x * _SCALE, _ARROW * _SCALE)
    expect(page.locator("#panel").get_by_text("Applied")).to_be_visible()
    template: str = page.evaluate("call", {"id": identity, "name": name})
    return template


def _look_up(page: Page, words: str) -> Locator:
    page.locator('.djs-palette [data-action="create"]').click()
    search = page.locator(".djs-popup-search input")
    search.fill(words)
    search.press("End")
    entry = page.locator(".djs-popup-results .entry", has_text=re.compile(f"^{words}")).first
    expect(entry).to_be_visible()
    return entry


def _open_group(page: Page, group: str) -> None:
    header = page.locator("#panel .bio-properties-panel-group-header", has_text=group)
    if "open" not in (header.get_attribute("class") or ""):
        header.click()


def _choose(page: Page, group: str, label: str, value: str) -> None:
    _open_group(page, group)
    page.locator("#panel").get_by_label(label, exact=True).select_option(value)


def _write(page: Page, group: str, label: str, value: str) -> None:
    _open_group(page, group)
    field = page.locator("#panel").get_by_label(label, exact=True)
    field.fill(value)
    field.blur()


def _holds_only_the_change(before: str, saved: str) -> None:
    """What is gone: a name, where an arrow ends, and their places; what is new: the elements that were added."""
    lines = list(difflib.unified_diff(before.splitlines(), saved.splitlines(), n=0, lineterm=""))[2:]
    gone = [line[1:].strip() for line in lines if line.startswith("-") and not _DI.match(line[1:])]
    assert [re.sub(r" zeebe:.*", "", line) for line in gone] == [
        '<bpmn:callActivity id="Call_DepartmentSurvey" name="各課に照会する"',
        "<bpmn:incoming>Flow_DepartmentSurvey_DecideSigning</bpmn:incoming>",
        f'<bpmn:sequenceFlow id="{_ARROW_ID}" sourceRef="Call_DepartmentSurvey" targetRef="EndEvent_Survey" />',
    ]
    old, new = (_parts(xml) for xml in (before, saved))
    assert {identity for identity in old if old[identity] != new.get(identity)} == {
        "Call_DepartmentSurvey",
        "EndEvent_Survey",
        "EndEvent_Survey_di",
        "Gateway_BeforePlanSurvey",
        "Flow_DepartmentSurvey_DecideSigning",
        "Flow_DepartmentSurvey_DecideSigning_di",
    }
    nameless = re.compile(r"Flow_|ErrorEventDefinition_|.*_di$")
    assert sorted(one for one in new.keys() - old.keys() if not nameless.match(one)) == sorted(_ADDED)
    assert sum(one.endswith("_di") for one in new.keys() - old.keys()) == len(_ADDED) + _NEW_ARROWS


def _parts(xml: str) -> dict[str, str]:
    """Return what each element with an id says, without what lies in it under an id of its own."""
    found = {}
    root = etree.fromstring(xml.encode())
    for element in root.iter(etree.Element):
        if identity := element.get("id"):
            own = [part for part in element.iter(etree.Element) if _owner(part) is element]
            said = [(part.tag, sorted(part.attrib.items()), (part.text or "").strip()) for part in own]
            found[identity] = repr(said)
    return found


def _owner(part: etree._Element) -> etree._Element:
    return part if part.get("id") else next(one for one in part.iterancestors() if one.get("id"))


def _extend_scenario(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("survey-notice = 3", "survey-notice = 6\nasked-again = 1")
    marker = '[[steps]]\nnote = "所管課が締結すると判断する"'
    assert marker in text
    path.write_text(text.replace(marker, _AGAIN.lstrip() + marker), encoding="utf-8")


def _renkei(diagram: Path, *arguments: str, **environment: str) -> str:
    folder = diagram.parents[1]
    own = {"RENKEI_DATA": str(folder.parent / "data"), "RENKEI_PACKS": json.dumps([str(folder)]), **environment}
    done = subprocess.run(
        [sys.executable, "-m", "workers.cli", *arguments],
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
