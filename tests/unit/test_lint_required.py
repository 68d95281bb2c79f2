"""What a form requires and what the jobs behind it require are compared under every choice (ALL-10, ALL-11)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from workers.jobs.catalog import CHECKS, Header, JobInput, JobType
from workers.lint.agreement import differences, judges
from workers.packs.diagrams import forms, model
from workers.packs.diagrams.conditions import is_true
from workers.packs.diagrams.form_fields import fields
from workers.usecases.ports import UnitOfWork

_DIAGRAM = """<?xml version='1.0' encoding='UTF-8'?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="D">
  <bpmn:process id="p">
    <bpmn:userTask id="Task_Decide"><bpmn:extensionElements><zeebe:ioMapping>
      <zeebe:output source="=decision" target="decision"/>
      <zeebe:output source="={{decision: decision, message: message, approval: approval}}" target="record"/>
      <zeebe:output source="=if rowCount = 0 then [] else rows" target="kept"/>
    </zeebe:ioMapping></bpmn:extensionElements></bpmn:userTask>
    <bpmn:exclusiveGateway id="Gateway" default="F3"/>
    <bpmn:serviceTask id="Task_Record" name="記録する"><bpmn:extensionElements>
      <zeebe:taskDefinition type="record-step"/><zeebe:taskHeaders>
      <zeebe:header key="require" value="{require}"/></zeebe:taskHeaders>
    </bpmn:extensionElements></bpmn:serviceTask>
    <bpmn:endEvent id="End"/>
    <bpmn:sequenceFlow id="F1" sourceRef="Task_Decide" targetRef="Gateway"/>
    <bpmn:sequenceFlow id="F2" sourceRef="Gateway" targetRef="End">
      <bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">=decision = "drop"</bpmn:conditionExpression>
    </bpmn:sequenceFlow>
    <bpmn:sequenceFlow id="F3" sourceRef="Gateway" targetRef="Task_Record"/>
  </bpmn:process>
</bpmn:definitions>"""
_TWO_JOBS = """<?xml version='1.0' encoding='UTF-8'?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="D">
  <bpmn:process id="p">
    <bpmn:userTask id="Task_Decide"><bpmn:extensionElements><zeebe:ioMapping>
      <zeebe:output source="={{approval: approval}}" target="record"/></zeebe:ioMapping></bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:{gateway}Gateway id="Gateway" default="F4"/>
    <bpmn:serviceTask id="Task_First" name="先に残す"><bpmn:extensionElements>
      <zeebe:taskDefinition type="record-step"/><zeebe:taskHeaders><zeebe:header key="keep" value="{keeps}"/>
      <zeebe:header key="require" value="{first}"/></zeebe:taskHeaders></bpmn:extensionElements></bpmn:serviceTask>
    <bpmn:serviceTask id="Task_Second" name="後で残す"><bpmn:extensionElements>
      <zeebe:taskDefinition type="record-step"/><zeebe:taskHeaders><zeebe:header key="keep" value="record"/>
      <zeebe:header key="require" value="{second}"/></zeebe:taskHeaders></bpmn:extensionElements></bpmn:serviceTask>
    <bpmn:endEvent id="End"/>
    <bpmn:sequenceFlow id="F1" sourceRef="Task_Decide" targetRef="Gateway"/>
    <bpmn:sequenceFlow id="F3" sourceRef="Gateway" targetRef="Task_First">
      <bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">=some r in rows satisfies r</bpmn:conditionExpression>
    </bpmn:sequenceFlow>
    <bpmn:sequenceFlow id="F4" sourceRef="{after}" targetRef="Task_Second"/>
    <bpmn:sequenceFlow id="F5" sourceRef="Task_Second" targetRef="End"/>
  </bpmn:process>
</bpmn:definitions>"""
_RADIO = {
    "type": "radio",
    "id": "a",
    "key": "decision",
    "values": [{"label": value, "value": value} for value in ("sign", "back", "drop")],
    "validate": {"required": True},
}
_NUMBER = {
    "type": "textfield",
    "id": "c",
    "key": "approval.number",
    "label": "起案番号",
    "validate": {"required": True},
    "conditional": {"hide": '=decision != "sign"'},
}
_DROPPED = {"hide": '=decision = "drop"'}
_ALWAYS = "record.approval.number:起案番号"
_GOOD = "record.approval.number:起案番号[decision=sign]"


async def _handle(_job: JobInput, _uow: UnitOfWork) -> dict[str, Any]:
    return {}


_JOB_TYPES = {
    "record-step": JobType(
        type="record-step", label="記録", handler=_handle, headers=(Header(name="step", label="名前"), *CHECKS)
    )
}


def _found(folder: Path, require: str, *components: dict[str, Any]) -> list[tuple[str, str]]:
    """Return (path, kind) of what does not agree."""
    (folder / "p.bpmn").write_text(_DIAGRAM.format(require=require), encoding="utf-8")
    (folder / "f.form").write_text(json.dumps({"id": "f", "components": [_RADIO, *components]}), encoding="utf-8")
    diagram, form = model.load(folder / "p.bpmn"), forms.load(folder / "f.form")
    task = diagram.ids["Task_Decide"]
    return [(found.path, found.kind) for found in differences(diagram, task, fields(form), _JOB_TYPES)]


def test_form_and_job_that_agree(tmp_path: Path) -> None:
    """A choice that only steers the token needs no check of its own."""
    assert _found(tmp_path, _GOOD, _NUMBER) == []


@pytest.mark.parametrize(
    ("require", "kind"),
    [
        ("", "unchecked"),
        ("record.approval.number[decision=other]", "unchecked"),
        ("record.approval.number", "hidden"),
        ("record.approval.number[decision=sign|back]", "hidden"),
    ],
)
def test_a_job_that_requires_less_or_more(tmp_path: Path, require: str, kind: str) -> None:
    """Less is a gap behind the screen, more a task that nobody can complete."""
    assert _found(tmp_path, require, _NUMBER) == [("approval.number", kind)]


def test_a_field_that_the_form_leaves_open(tmp_path: Path) -> None:
    """The clerk would learn of it only afterwards."""
    assert _found(tmp_path, _GOOD, {**_NUMBER, "validate": {}}) == [("approval.number", "optional")]


def test_a_field_that_the_form_does_not_have(tmp_path: Path) -> None:
    """The task would come back for ever."""
    assert _found(tmp_path, "record.message:理由[decision=back]") == [("message", "absent")]


@pytest.mark.parametrize(
    ("keeps", "requires", "after", "gateway", "kinds"),
    [
        ("record", ("", _ALWAYS), "Task_First", "exclusive", ["unchecked-first"]),
        ("record", (_ALWAYS, ""), "Task_First", "exclusive", []),
        ("other", ("", _ALWAYS), "Task_First", "exclusive", []),
        ("record", ("", _ALWAYS), "Gateway", "exclusive", ["unchecked-first"]),
        ("record", ("", _ALWAYS), "Gateway", "parallel", ["unchecked-first"]),
        ("record", (_ALWAYS, _ALWAYS), "Gateway", "parallel", []),
    ],
    ids=["after", "before", "other-input", "either", "both", "both-check"],
)
def test_two_jobs_of_which_only_one_checks(
    tmp_path: Path, keeps: str, requires: tuple[str, str], after: str, gateway: str, kinds: list[str]
) -> None:
    """One that keeps what was typed before it is checked, or beside the one that checks it, keeps a gap."""
    first, second = requires
    made = _TWO_JOBS.format(keeps=keeps, first=first, second=second, after=after, gateway=gateway)
    (tmp_path / "p.bpmn").write_text(made, encoding="utf-8")
    asked = {**_NUMBER, "conditional": {}}
    (tmp_path / "f.form").write_text(json.dumps({"id": "f", "components": [asked]}), encoding="utf-8")
    diagram, form = model.load(tmp_path / "p.bpmn"), forms.load(tmp_path / "f.form")
    found = differences(diagram, diagram.ids["Task_Decide"], fields(form), _JOB_TYPES)
    assert [(difference.path, difference.kind) for difference in found] == [("approval.number", kind) for kind in kinds]


def test_a_field_on_a_way_without_a_check(tmp_path: Path) -> None:
    """What is asked for when nobody records it is lost."""
    asked = {**_NUMBER, "conditional": {"hide": '=decision != "drop"'}}

    assert _found(tmp_path, "", asked) == [("approval.number", "unchecked")]


def test_rows_of_a_list_with_conditions_of_their_own(tmp_path: Path) -> None:
    """``this.judgement`` of the form is ``.judgement`` of the header."""
    rows = {
        "type": "dynamiclist",
        "id": "l",
        "path": "rows",
        "conditional": _DROPPED,
        "components": [
            {**_RADIO, "id": "r", "key": "judgement"},
            {**_NUMBER, "id": "n", "key": "reason", "conditional": {"hide": '=this.judgement != "back"'}},
        ],
    }
    judged = "kept.*.judgement:判断"

    assert _found(tmp_path, f"{judged},kept.*.reason:理由[.judgement=back]", rows) == []
    assert _found(tmp_path, judged, rows) == [("rows.*.reason", "unchecked")]
    assert _found(tmp_path, f"{judged},kept.*.reason:理由", rows) == [("rows.*.reason", "hidden")]


def test_a_list_that_must_have_rows(tmp_path: Path) -> None:
    """A field without any choice stops the screen as long as the list is empty."""
    rows = {
        "type": "dynamiclist",
        "id": "l",
        "path": "rows",
        "conditional": _DROPPED,
        "components": [{**_NUMBER, "key": "title", "conditional": {}}],
    }
    stop = {
        "type": "radio",
        "id": "s",
        "key": "rowsMissing",
        "values": [],
        "validate": {"required": True},
        "properties": {"renkei:kind": "demand", "renkei:for": "rows"},
        "conditional": {"hide": '=decision = "drop" or count(rows) > 0'},
    }
    require = "kept:事業,kept.*.title:事業名"

    assert _found(tmp_path, require, rows) == [("rows", "optional")]
    assert _found(tmp_path, require, rows, stop) == []
    assert _found(tmp_path, "kept.*.title", rows, stop) == [("rows", "unchecked")]


def test_a_field_that_one_choice_demands(tmp_path: Path) -> None:
    """The demand hides when the field is filled in, so that what is typed stays whatever is chosen."""
    reason = {"type": "textarea", "id": "t", "key": "message", "label": "理由"}
    demand = {
        "type": "radio",
        "id": "s",
        "key": "messageMissing",
        "values": [],
        "validate": {"required": True},
        "properties": {"renkei:kind": "demand", "renkei:for": "message"},
        "conditional": {"hide": '=decision != "back" or (message != null and message != "")'},
    }
    require = "record.message:理由[decision=back]"

    assert _found(tmp_path, require, reason, demand) == []
    assert _found(tmp_path, require, reason) == [("message", "optional")]
    assert _found(tmp_path, "", reason, demand) == [("message", "unchecked")]


def test_the_jobs_that_may_refuse_a_form(tmp_path: Path) -> None:
    """They need a way back to it."""
    _found(tmp_path, _GOOD, _NUMBER)
    diagram, form = model.load(tmp_path / "p.bpmn"), forms.load(tmp_path / "f.form")

    assert list(judges(diagram, diagram.ids["Task_Decide"], fields(form), _JOB_TYPES)) == ["Task_Record"]


@pytest.mark.parametrize(
    ("condition", "held"),
    [
        ('a = "x"', True),
        ('a != "x" or b = null', True),
        ('a = "x" and not(b = null)', False),
        ("(b = null and c = true)", True),
        ('list contains(d, "p")', True),
        ("count(d) = 0", False),
        ("count(d) > 0", True),
        ('e = "x"', None),
        ('e = "x" or a = "x"', True),
        ('a = "x" and matches(a, "x")', None),
        ("a = ", None),
    ],
)
def test_conditions_that_can_be_found_out(condition: str, held: object) -> None:
    """What goes beyond is unknown, never wrong."""
    assert is_true(condition, {"a": "x", "b": None, "c": True, "d": ["p"]}) is held
