"""A returned task shows what was typed: the rule finds each way of losing it, accepts each of keeping it (ALL-19)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.kit.diagram import bpmn
from tests.kit.lint_examples import example
from workers.lint.findings import Finding, Severity

_RULE = "returned-input"
_RECORD = '<zeebe:taskDefinition type="record-answer"/>'
_TEXT = {"type": "textfield", "id": "Field_a", "key": "a"}
_CHOICE = {"type": "radio", "id": "Field_b", "key": "b", "values": [{"label": "はい", "value": "yes"}]}


def _mappings(*lines: str) -> str:
    """Return an ioMapping of ``in target source`` and ``out target source``."""
    rows = []
    for line in lines:
        kind, target, source = line.split(" ", 2)
        rows.append(f'<zeebe:{kind}put source="{source}" target="{target}"/>')
    return f"<zeebe:ioMapping>{''.join(rows)}</zeebe:ioMapping>" if rows else ""


def _task(*lines: str, identity: str = "Ask") -> str:
    return f"""<bpmn:userTask id="{identity}" name="入力する"><bpmn:extensionElements><zeebe:userTask/>
      <zeebe:formDefinition formId="midori-form" bindingType="deployment"/>{_mappings(*lines)}
      </bpmn:extensionElements></bpmn:userTask>"""


def _job(identity: str = "Record", *lines: str, definition: str = _RECORD) -> str:
    return f"""<bpmn:serviceTask id="{identity}"><bpmn:extensionElements>{definition}{_mappings(*lines)}
      </bpmn:extensionElements></bpmn:serviceTask>"""


def _flows(*ways: str) -> str:
    pairs = [way.split(">") for way in ways]
    return "".join(f'<bpmn:sequenceFlow id="F_{a}_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in pairs)


_EVENTS = '<bpmn:startEvent id="Start"/><bpmn:endEvent id="End"/>'
_REFUSED = (
    '<bpmn:boundaryEvent id="Refused" attachedToRef="Record"><bpmn:errorEventDefinition id="E"/></bpmn:boundaryEvent>'
)
_BACK = _flows("Start>Ask", "Ask>Record", "Record>End", "Refused>Ask")


def _refusable(*lines: str, job: str = "") -> str:
    """Return a task whose job may refuse what was typed."""
    return _EVENTS + _task(*lines) + (job or _job()) + _REFUSED + _BACK


def _found(folder: Path, elements: str, *fields: Mapping[str, object], **others: str) -> list[Finding]:
    """Lint a pack with a process ``midori-loop``, more processes by name, and a form of these fields."""
    pack = example(folder)
    for name, content in {"loop": elements, **others}.items():
        pack.path(f"midori/midori-{name}.bpmn").write_bytes(bpmn(f"midori-{name}", content))
    form = {"id": "midori-form", "type": "default", "components": list(fields)}
    pack.path("midori/midori-form.form").write_text(json.dumps(form), encoding="utf-8")
    return [finding for finding in pack.lint(every=True).findings if finding.rule == _RULE]


_KEPT = "out kept ={a: a, b: b}"


@pytest.mark.parametrize(
    ("lines", "lost"),
    [
        ((), []),
        ((_KEPT,), ["a", "b"]),
        ((_KEPT, "in a =kept.a", "in b =kept.b"), []),
        ((_KEPT, "in a =kept.a"), ["b"]),
        ((_KEPT, "in a =kept.a", "in b =null"), []),
        ((_KEPT, "in a =null", "in b =null"), ["a"]),
        ((_KEPT, "in a =other.a", "in b =null"), ["a"]),
        (("out a =a", "out b =b"), []),
        (("out a =a", "out b =null"), ["b"]),
    ],
    ids=[
        "all-kept",
        "context",
        "back",
        "half",
        "decided-anew",
        "text-emptied",
        "from-elsewhere",
        "same-names",
        "nulled",
    ],
)
def test_a_refused_input_comes_back(tmp_path: Path, lines: tuple[str, ...], lost: list[str]) -> None:
    """What a task hands on has to come in again; only a choice may be meant empty, and the diagram says so."""
    found = _found(tmp_path, _refusable(*lines), _TEXT, _CHOICE)

    assert [(f.element, key) for f in found for key in "ab" if f"「{key}」" in f.message] == [
        ("Ask", key) for key in lost
    ]


@pytest.mark.parametrize("kind", ["textfield", "textarea", "number", "datetime", "checklist", "taglist"])
def test_only_a_choice_may_be_meant_empty(tmp_path: Path, kind: str) -> None:
    """Texts, days and lists are never typed twice."""
    field = {"type": kind, "id": "Field_a", "key": "a"}

    assert len(_found(tmp_path, _refusable("out kept ={a: a}", "in a =null"), field)) == 1


def test_rows_come_back_as_a_whole(tmp_path: Path) -> None:
    """A list counts by its path, whatever its columns are called."""
    rows = {"type": "dynamiclist", "id": "List", "path": "rows", "components": [_TEXT]}

    (found,) = _found(tmp_path, _refusable("out kept ={rows: rows}"), rows)
    assert "「rows」" in found.message
    assert found.severity is Severity.ERROR
    assert _found(tmp_path / "second", _refusable("out kept ={rows: rows}", "in rows =kept.rows"), rows) == []


@pytest.mark.parametrize("field", [{**_TEXT, "readonly": True}, {"type": "expression", "id": "E", "key": "a"}])
def test_what_nobody_types_need_not_come_back(tmp_path: Path, field: dict[str, object]) -> None:
    """Fields that only show, and computed ones."""
    assert _found(tmp_path, _refusable("out kept ={x: 1}"), field) == []


def test_a_task_that_nothing_leads_back_to_may_forget(tmp_path: Path) -> None:
    """Without the way back there is nothing to find."""
    straight = _EVENTS + _task(_KEPT) + _job() + _flows("Start>Ask", "Ask>Record", "Record>End")

    assert _found(tmp_path, straight, _TEXT) == []


def test_what_a_job_reads_back_counts_only_where_it_has_run(tmp_path: Path) -> None:
    """A refusal leads past the job: what it would have loaded is not there."""
    loaded = _task("out kept ={a: a}", "in a =total")
    around = _EVENTS + loaded + _job() + _flows("Start>Ask", "Ask>Record", "Record>Ask", "Record>End")

    assert _found(tmp_path, around, _TEXT) == []
    assert len(_found(tmp_path / "refused", around + _REFUSED + _flows("Refused>Ask"), _TEXT)) == 1


def test_what_is_emptied_on_the_way_does_not_come_back(tmp_path: Path) -> None:
    """After success, where that leads back; a refusal leaves it as it is."""
    emptied = _job("Record", "out kept =null")
    again = _refusable("out kept ={a: a}", "in a =kept.a", job=emptied)

    assert _found(tmp_path, again, _TEXT) == []
    assert len(_found(tmp_path / "again", again + _flows("Record>Ask"), _TEXT)) == 1


_AROUND = _EVENTS + _flows("Start>Part", "Part>End", "Part>Part")


@pytest.mark.parametrize(
    ("scope", "lines", "lost"),
    [
        ("", ("out kept ={a: a}", "in a =kept.a"), 0),
        (_mappings("in kept =null"), ("out kept ={a: a}", "in a =kept.a"), 1),
        (_mappings("in kept =before"), ("out kept ={a: a}", "in a =kept.a"), 0),
        (_mappings("in a =null"), ("out a =a",), 1),
    ],
    ids=["outer", "made-anew", "handed-in", "own-name"],
)
def test_a_scope_that_begins_anew_has_only_what_it_is_given(
    tmp_path: Path, scope: str, lines: tuple[str, ...], lost: int
) -> None:
    """What lives in a sub-process ends with it."""
    inner = f"""<bpmn:subProcess id="Part"><bpmn:extensionElements>{scope}</bpmn:extensionElements>
      <bpmn:startEvent id="Start2"/>{_task(*lines)}<bpmn:endEvent id="End2"/>{_flows("Start2>Ask", "Ask>End2")}
      </bpmn:subProcess>"""

    assert len(_found(tmp_path, inner + _AROUND, _TEXT)) == lost


_CHILD = _EVENTS + _task("out kept ={a: a}", "in a =kept.a") + _flows("Start>Ask", "Ask>End")


def _call(*lines: str) -> str:
    return f"""<bpmn:callActivity id="Part" name="部分を呼ぶ"><bpmn:extensionElements>
      <zeebe:calledElement processId="midori-child"/>{_mappings(*lines)}</bpmn:extensionElements></bpmn:callActivity>"""


def test_a_part_that_is_called_again_has_only_what_it_is_handed(tmp_path: Path) -> None:
    """The calling diagram is told; a null there says that the part begins anew."""
    (found,) = _found(tmp_path, _AROUND + _call(), _TEXT, child=_CHILD)

    assert (found.file.name, found.element) == ("midori-loop.bpmn", "Part")
    assert "部分を呼ぶ" in found.message
    for number, source in enumerate(("=kept", "=null")):
        assert _found(tmp_path / str(number), _AROUND + _call(f"in kept {source}"), _TEXT, child=_CHILD) == []


def test_a_part_that_is_called_once_may_begin_empty(tmp_path: Path) -> None:
    """Only a call on a loop is made again."""
    once = _EVENTS + _call() + _flows("Start>Part", "Part>End")

    assert _found(tmp_path, once, _TEXT, child=_CHILD) == []
