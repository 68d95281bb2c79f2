"""Modeler's templates of each pack are those of its job types, calls and forms, and every task bears its own."""

from __future__ import annotations

import copy
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from workers.jobs.catalog import Header, all_job_types
from workers.lint import linter
from workers.lint.element_templates.packs import PackTemplates, raised, save
from workers.lint.element_templates.parts import SHELVES
from workers.lint.element_templates.upgrade import TEMPLATE, VERSION, bring_up
from workers.lint.element_templates.used import templated
from workers.packs.diagrams import model
from workers.packs.modelertemplates import standing
from workers.packs.new_pack import STARTER
from workers.usecases.send_mail import RECIPIENTS

_HOME = Path(__file__).parents[2]
_PACKS = sorted(path for path in (_HOME / "bpmn").iterdir() if any(path.glob("*.bpmn")))


@pytest.fixture(scope="module")
def made() -> PackTemplates:
    """Templates of the checkout's packs."""
    return PackTemplates(_HOME, [_HOME / "bpmn"], all_job_types())


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A copy of 伊勢崎市's pack, beside one of the common parts."""
    for name in ("isesaki", "common"):
        shutil.copytree(_HOME / "bpmn" / name, tmp_path / name)
    return tmp_path / "isesaki"


@pytest.mark.parametrize("pack", [*_PACKS, STARTER], ids=lambda path: path.name)
def test_the_templates_of_every_pack_are_up_to_date(made: PackTemplates, pack: Path) -> None:
    """Else run ``python -m workers.lint.element_templates``, which raises the versions of those that changed.

    They say what they should, in versions of their own, name every mapping of the diagrams and offer what there is.
    Only what a new task is filled with at first may be older.
    """
    there = {one["id"]: one for one in standing(pack)}
    wanted = {one["id"]: one for file in made.of(pack).values() for one in file}

    assert there.keys() == wanted.keys()
    assert [name for name, one in wanted.items() if raised(one, there[name])["version"] != there[name]["version"]] == []
    assert {name: lacks for name, one in wanted.items() if (lacks := _said_by(one) - _said_by(there[name]))} == {}


@pytest.mark.parametrize("pack", [*_PACKS, STARTER], ids=lambda path: path.name)
def test_every_task_bears_its_template_in_the_version_of_its_pack(pack: Path) -> None:
    """Else run ``renkei format --upgrade bpmn``."""
    versions = {one["id"]: str(one["version"]) for one in standing(pack)}
    tasks = [task for path in pack.glob("*.bpmn") for task, _ in templated(model.load(path).root)]

    assert len(tasks) >= 10
    assert [task.get("id") for task in tasks if versions.get(task.get(TEMPLATE, "")) != task.get(VERSION)] == []


def test_a_mail_is_chosen_from_lists(made: PackTemplates) -> None:
    """Whom it goes to, and which mail of the pack: both by Japanese names; what belongs to one choice shows with it."""
    template = _template(made, "isesaki", "renkei.send-mail")
    fields = _fields(template)

    assert _choices(fields["to"]) == set(RECIPIENTS)
    assert {"name": "包括連携協定を締結しました（agreement-signed-departments）"}.items() <= next(
        choice for choice in fields["list.template"]["choices"] if choice["value"] == "agreement-signed-departments"
    ).items()
    assert fields["list.template"]["constraints"] == {"notEmpty": True}
    assert fields["input.listed"]["condition"]["oneOf"] == ["listed-departments"]
    assert fields["attach"]["optional"] is True


def test_a_user_task_brings_group_form_due_date_and_who_completed_it(made: PackTemplates) -> None:
    """And what the screen begins with; what it gives is the owner's, in Modeler's own group."""
    template = _template(made, "isesaki", "renkei.task.isesaki-decision")
    bound = {one["binding"]["type"]: one for one in template["properties"] if one["type"] == "Hidden"}
    fields = _fields(template)

    assert bound["zeebe:executionListener"]["value"] == "record-act"
    assert {
        one["binding"]["property"]: one["value"]
        for one in template["properties"]
        if one["binding"]["type"] == "zeebe:formDefinition"
    } == {"formId": "isesaki-decision", "bindingType": "deployment"}
    assert {"=[officeGroup]", "=[department.group]"} < _choices(fields["list.groups"])
    assert 'duration("P' in fields["map.due"]["value"]
    assert fields["back"]["binding"] == {"type": "zeebe:property", "name": "back"}
    assert template["entriesVisible"] == {"outputs": True, "executionListeners": False}
    assert fields["map.objection"]["value"] == "=draftComment"


def test_a_survey_brings_what_it_is_given_and_what_comes_back(made: PackTemplates) -> None:
    """The template's contract is what every call of it has."""
    template = _template(made, "chigasaki", "renkei.common-department-survey")
    inputs = {one["binding"]["name"] for one in template["properties"] if one["binding"]["type"] == "zeebe:input"}
    outputs = {one["binding"]["source"] for one in template["properties"] if one["binding"]["type"] == "zeebe:output"}

    assert {"caseId", "surveyId", "departments", "dueAt", "proposals", "cityOptions"} <= inputs
    assert {"=surveyResult", "=surveyWishes"} <= outputs


def test_cities_are_not_offered_what_only_common_parts_use(made: PackTemplates) -> None:
    """Four groups, each with something in it."""
    found = {one["id"]: one["category"]["id"] for file in made.of(_HOME / "bpmn" / "date").values() for one in file}
    common = {f"renkei.{name}" for name, job_type in all_job_types().items() if job_type.audience == "common"}

    assert len(common) >= 29
    assert not common & set(found)
    assert set(found.values()) == {shelf.id for shelf in SHELVES.values()}


def test_a_version_rises_when_a_template_changes_but_not_with_the_lists_of_the_pack(pack: Path) -> None:
    """A new mail, an input that a diagram has: no task has to follow. A new header: every one has."""
    before = _version(pack, "renkei.send-mail")
    mail = pack / "templates" / "mail" / "new-mail.txt.j2"
    mail.parent.mkdir(parents=True)
    mail.write_text("件名: 新しいお知らせ\n\n本文\n", encoding="utf-8")
    more = all_job_types()
    _write(pack, more)
    offered = _choices(_fields(_standing(pack, "renkei.send-mail"))["list.template"])
    assert ("new-mail" in offered, _version(pack, "renkei.send-mail")) == (True, before)

    job_type = more["send-mail"]
    more["send-mail"] = replace(job_type, headers=(*job_type.headers, Header(name="urgent", label="急ぎ")))
    _write(pack, more)
    assert _version(pack, "renkei.send-mail") == before + 1
    assert _version(pack, "renkei.close-case") == _standing(pack, "renkei.close-case")["version"]
    _write(pack, more)
    assert _version(pack, "renkei.send-mail") == before + 1


def test_a_template_keeps_its_version_only_while_it_says_the_same() -> None:
    """Whatever it is that changes: a name, a label, a choice."""
    before = {"id": "a", "name": "名前", "version": 3, "properties": [{"id": "to", "choices": [], "label": "宛先"}]}
    other = copy.deepcopy(before) | {"version": 1}
    assert raised(other, before)["version"] == 3
    properties: list[dict[str, Any]] = other["properties"]  # type: ignore[assignment]  # JSON
    properties[0]["choices"] = [{"name": "所管課", "value": "office"}]
    assert raised(other, before)["version"] == 4


def test_lint_says_which_tasks_are_behind_or_without_a_template_and_format_brings_them_up(pack: Path) -> None:
    """Each in one warning that names task and command; afterwards nothing is left to say."""
    path = pack / "isesaki-signing.bpmn"
    text = path.read_text(encoding="utf-8")
    marks = [line.split(" zeebe:modelerTemplate=")[1] for line in text.splitlines() if "modelerTemplate=" in line]
    for mark in marks[:1]:
        text = text.replace(f" zeebe:modelerTemplate={mark}", ">" if mark.endswith('">') else "", 1)
    task = next(one for one in model.load(path).all("userTask"))
    now = task.get(f"{TEMPLATE}Version", "")
    version = f'{task.get(TEMPLATE)}" zeebe:modelerTemplateVersion='
    text = text.replace(f'{version}"{now}"', f'{version}"0"', 1)
    path.write_text(text, encoding="utf-8")

    said = _said(path)
    assert len(said) == 2, said
    assert any("が付いていません。renkei format --upgrade isesaki-signing.bpmn で直ります" in one for one in said)
    assert any(f"は版 0 です（今は版 {now}）" in one for one in said)

    brought = bring_up([path], home=_HOME, packs=[], job_types=all_job_types())
    assert {file: len(tasks) for file, tasks in brought.tasks.items()} == {path: 2}
    assert _said(path) == []


def test_format_takes_a_forms_answers_out_of_a_task_that_takes_nothing_out_yet(pack: Path) -> None:
    """Each field into a variable of its name; a task that has its outputs keeps them."""
    path = pack / "isesaki-signing.bpmn"
    root = model.parse_xml(path)
    task = next(one for one in root.iter(f"{{{model.BPMN}}}userTask") if "isesaki-decision" in one.get(TEMPLATE, ""))
    before = {one.get("target") for one in task.iter(f"{{{model.ZEEBE}}}output")}
    for one in list(task.iter(f"{{{model.ZEEBE}}}output")):
        one.getparent().remove(one)  # type: ignore[union-attr]
    path.write_bytes(etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8"))

    bring_up([path], home=_HOME, packs=[], job_types=all_job_types())
    found = model.load(path).ids[task.get("id", "")]
    outputs = {one.get("target"): one.get("source") for one in found.iter(f"{{{model.ZEEBE}}}output")}
    assert outputs["decision"] == "=decision"
    assert before - outputs.keys()


def _said_by(template: dict[str, Any]) -> set[str]:
    """Return what a template is bound to and what it offers."""
    bound = {json.dumps(one["binding"], sort_keys=True) for one in template["properties"]}
    listed = {name: field for name, field in _fields(template).items() if name.startswith("list.")}
    return bound | {f"{name}: {choice}" for name, field in listed.items() for choice in _choices(field)}


def _said(path: Path) -> list[str]:
    found = linter.lint([path], home=_HOME).findings
    return [one.message for one in found if one.rule == "modeler-template"]


def _write(pack: Path, job_types: Any) -> None:
    made = PackTemplates(_HOME, [_HOME / "bpmn", pack.parent], job_types)
    save(made.outdated(pack))


def _standing(pack: Path, identity: str) -> dict[str, Any]:
    return next(one for one in standing(pack) if one["id"] == identity)


def _version(pack: Path, identity: str) -> int:
    return int(_standing(pack, identity)["version"])


def _template(made: PackTemplates, pack: str, identity: str) -> dict[str, Any]:
    found = [one for file in made.of(_HOME / "bpmn" / pack).values() for one in file]
    return next(one for one in found if one["id"] == identity)


def _fields(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in template["properties"] if "id" in one}


def _choices(field: dict[str, Any]) -> set[str]:
    return {choice["value"] for choice in field["choices"]} - {""}
