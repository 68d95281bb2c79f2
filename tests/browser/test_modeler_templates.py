"""Our element templates in the library that Camunda Modeler has: valid, offered, harmless to what is drawn (ALL-8)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from playwright.sync_api import Browser, Page

from tests.browser.modeler_page import installed, open_page
from workers.lint.element_templates.upgrade import VERSION
from workers.lint.node_tools import find_node, run
from workers.packs.modelertemplates import standing
from workers.packs.new_pack import STARTER

_ROOT = Path(__file__).parents[2]
_PACKS = [*sorted(path for path in (_ROOT / "bpmn").iterdir() if any(path.glob("*.bpmn"))), STARTER]
_VALIDATE = Path(__file__).parent / "modeler_scripts" / "validate.mjs"
_SOME = 10


@pytest.fixture(scope="module")
def modeler(chromium: Browser) -> Iterator[Page]:
    """A page with Modeler's editors."""
    page = open_page(chromium)
    yield page
    page.close()


def _problems(templates: list[dict[str, Any]]) -> dict[str, Any]:
    command = (*find_node().node, "--input-type=module", "--eval", _VALIDATE.read_text(encoding="utf-8"))
    answer = run(command, folder=installed(), seconds=60, stdin=json.dumps(templates))
    found: dict[str, Any] = json.loads(answer)
    return found


def test_every_template_is_valid_by_the_published_schema() -> None:
    """The schema that the Modeler library brings along; a template with a mistake is found by it."""
    templates = [template for pack in _PACKS for template in standing(pack)]
    assert len(templates) > 300
    answer = _problems(templates)
    assert answer["problems"] == {}
    assert answer["schema"] >= "0.46.0"

    wrong = templates[0] | {"properties": [{"type": "Hidden", "binding": {"type": "zeebe:nowhere"}}]}
    assert list(_problems([wrong])["problems"]) == [wrong["id"]]


@pytest.mark.parametrize("pack", _PACKS, ids=lambda path: path.name)
def test_with_the_templates_loaded_nothing_of_a_diagram_changes_that_its_owner_does_not_change(
    modeler: Page, pack: Path
) -> None:
    """No error, no task that is behind or unknown, no byte on saving, none after a task was renamed there and back.

    And Modeler's own update button takes nothing away: every mapping, header and property of ours is known to its
    template. (It adds empty containers and puts the listeners last, which says nothing.)
    """
    templates = standing(pack)
    for path in sorted(pack.glob("*.bpmn")):
        text = path.read_text(encoding="utf-8")
        answer = modeler.evaluate("checkTemplates", {"xml": text, "templates": templates})
        assert (answer["told"], answer["missing"]) == ([], []), path.name
        assert answer["tasks"], path.name
        assert answer["plain"] == text, path.name
        assert answer["touched"] == text, path.name
        assert _meaning(answer["raised"]) == _meaning(text), path.name


def test_a_task_that_is_behind_is_seen_to_be(modeler: Page) -> None:
    """The check above can fail: an older version, and a template that nobody has."""
    path = STARTER / "newcity-signing.bpmn"
    text = path.read_text(encoding="utf-8")
    old = text.replace(
        'modelerTemplate="renkei.open-case" zeebe:modelerTemplateVersion="1"', 'modelerTemplate="renkei.open-case"'
    )
    strange = old.replace('modelerTemplate="renkei.open-survey"', 'modelerTemplate="renkei.gone"')
    assert len({text, old, strange}) == 3
    answer = modeler.evaluate("checkTemplates", {"xml": strange, "templates": standing(STARTER)})
    assert sorted(answer["missing"]) == ["Task_OpenCase", "Task_OpenSurvey"]
    assert len(answer["tasks"]) > _SOME


def _meaning(xml: str) -> list[str]:
    """Return a diagram without the versions of templates, with the parts of each element's extension in one order."""
    root = etree.fromstring(xml.encode())
    for element in list(root.iter("{*}ioMapping", "{*}properties", "{*}taskHeaders")):
        if len(element) == 0 and (around := element.getparent()) is not None:
            around.remove(element)
    for element in root.iter("{*}extensionElements"):
        element[:] = sorted(element, key=lambda part: str(part.tag))
    for element in root.iter():
        element.attrib.pop(VERSION, "")
        element.text = (element.text or "").strip() or None
        element.tail = None
    etree.indent(root)
    return etree.tostring(root, encoding="unicode").splitlines()
