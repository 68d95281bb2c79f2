"""Every rule for diagrams refuses its broken example, at the right element; the good one passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.lint_examples import DECISION, FORM, REVIEW, SIGNING, Example, example
from workers.lint.findings import Severity

_USER_TASK = '<zeebe:userTask/>\n          <zeebe:formDefinition formId="midori-answer" bindingType="deployment"/>'
_LOOP = '<zeebe:loopCharacteristics inputCollection="=departments" inputElement="department"'
_TIMER = '<bpmn:timeDate xsi:type="bpmn:tFormalExpression">=dueAt</bpmn:timeDate>'
_CALL_FLAGS = 'propagateAllChildVariables="false" propagateAllParentVariables="false"'
_REPLY = """<zeebe:ioMapping>
            <zeebe:output source="={rating: rating, comment: comment}" target="reply"/>
          </zeebe:ioMapping>"""
_CONDITION = '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">=judgement = "ok"</bpmn:conditionExpression>'


def _cycle(text: str) -> str:
    return f"<bpmn:timeCycle>{text}</bpmn:timeCycle>"


_ASKED = "<bpmn:outgoing>Flow_1</bpmn:outgoing>"


def _started(cycle: str) -> str:
    timer = f'<bpmn:timerEventDefinition id="Timer_Start">{_cycle(cycle)}</bpmn:timerEventDefinition>'
    return f"{_ASKED}{timer}"


# A row each: name, old text, new text, rule, element
_SIGNING = [
    (
        "platform",
        'executionPlatformVersion="8.6.0"',
        'executionPlatformVersion="8.7.0"',
        "platform",
        "Definitions_midori_signing",
    ),
    ("not executable", 'isExecutable="true"', 'isExecutable="false"', "one-process", "midori-signing"),
    ("condition without =", '>=judgement = "ok"<', '>judgement = "ok"<', "feel-prefix", "Flow_5"),
    ("empty condition", '>=judgement = "ok"<', "><", "feel-prefix", "Flow_5"),
    ("timer without =", _TIMER, _TIMER.replace("=dueAt", "dueAt"), "feel-prefix", "Event_Late"),
    ("input without =", 'source="=null"', 'source="null"', "feel-prefix", "SubProcess_Ask"),
    ("output without =", 'source="={rating', 'source="{rating', "feel-prefix", "Task_Answer"),
    ("loop without =", '"=departments"', '"departments"', "feel-prefix", "SubProcess_Ask"),
    ("groups without =", '"=[department.group]"', '"department.group"', "feel-prefix", "Task_Answer"),
    ("schedule without =", 'dueDate="=dueAt"', 'dueDate="dueAt"', "feel-prefix", "Task_Answer"),
    ("open bracket", "=count(departments)", "=count(departments", "feel-syntax", "Task_Judge"),
    ("open quote", '=judgement = "ok"', '=judgement = "ok', "feel-syntax", "Flow_5"),
    (
        "hidden",
        "=count(departments)",
        "={departments: departments[1], n: count(departments)}",
        "feel-shadow",
        "Task_Judge",
    ),
    ("UTC date", "=count(departments)", "=today()", "feel-clock", "Task_Judge"),
    ("UTC moment", "=count(departments)", "=now()", "feel-clock", "Task_Judge"),
    ("unknown job type", 'type="send-mail"', 'type="sned-mail"', "job-type", "Task_SendNotice"),
    ("unknown header", 'key="to" value', 'key="too" value', "task-header", "Task_SendNotice"),
    ("empty header", 'key="to" value="partner"', 'key="to" value=" "', "task-header", "Task_SendNotice"),
    ("missing mail", 'value="notice"', 'value="nothing"', "mail-template", "Task_SendNotice"),
    ("mail from elsewhere", 'value="notice"', 'value="../midori/notice"', "mail-template", "Task_SendNotice"),
    ("missing document", 'value="paper"', 'value="paper,sheet"', "document-template", "Task_RenderPaper"),
    ("unknown listener", 'type="record-act"', 'type="record-akt"', "job-type", "Task_Answer"),
    (
        "nobody told",
        'eventType="end" type="record-act"',
        'eventType="start" type="record-act"',
        "person",
        "Task_Answer",
    ),
    ("listener as task", 'type="send-mail"', 'type="record-act"', "person", "Task_SendNotice"),
    ("act of all", '<zeebe:input source="=null" target="act"/>', "", "person-scope", "SubProcess_Ask"),
    ("job-based user task", "<zeebe:userTask/>", "", "user-task", "Task_Answer"),
    ("task without form", _USER_TASK, "<zeebe:userTask/>", "user-task", "Task_Answer"),
    ("groups are no list", "=[department.group]", "=department.group", "user-task", "Task_Answer"),
    ("nobody's task", 'candidateGroups="=[department.group]"', "", "user-task", "Task_Answer"),
    ("no due date", '<zeebe:taskSchedule dueDate="=dueAt"/>', "", "due-date", "Task_Answer"),
    ("empty due date", 'dueDate="=dueAt"', 'dueDate=" "', "due-date", "Task_Answer"),
    ("missing form", 'formId="midori-answer"', 'formId="midori-anwser"', "reference", "StartEvent_Asked"),
    ("embedded form", 'formId="midori-answer"', 'formKey="x"', "reference", "StartEvent_Asked"),
    ("computed form", 'formId="midori-answer"', 'formId="=form"', "reference", "StartEvent_Asked"),
    ("missing decision", 'decisionId="midori-check"', 'decisionId="midori-x"', "reference", "Task_Judge"),
    ("result to nowhere", 'resultVariable="judgement"', "", "reference", "Task_Judge"),
    ("missing process", 'processId="common-review"', 'processId="common-x"', "reference", "Call_Review"),
    ("bound to latest", ' bindingType="deployment" propagate', " propagate", "binding", "Call_Review"),
    (
        "form bound to latest",
        'midori-answer" bindingType="deployment"',
        'midori-answer"',
        "binding",
        "StartEvent_Asked",
    ),
    ("body without locals", '<zeebe:input source="=null" target="reply"/>', "", "multi-instance", "SubProcess_Ask"),
    ("answer without output", _REPLY, "", "multi-instance", "Task_Answer"),
    ("answer to the outside", 'comment}" target="reply"', 'comment}" target="caseId"', "multi-instance", "Task_Answer"),
    ("repeated since deployment", _ASKED, _started("R/P1D"), "timer", "StartEvent_Asked"),
    ("computed repetition", _ASKED, _started('=cycle(duration("P1D"))'), "timer", "StartEvent_Asked"),
    ("five cron fields", _TIMER, _cycle("0 6 * * *"), "timer", "Event_Late"),
    ("timer without time", _TIMER, "", "timer", "Event_Late"),
    ("a day for a timer", _TIMER, _TIMER.replace("=dueAt", '=date("2027-04-01")'), "timer", "Event_Late"),
    ("a day's text for a timer", _TIMER, _TIMER.replace("=dueAt", '="2027-04-01"'), "timer", "Event_Late"),
    ("no default flow", ' default="Flow_6"', "", "gateway-default", "Gateway_Ok"),
    ("flow without condition", _CONDITION, "", "gateway-condition", "Flow_5"),
    ("shape missing", 'bpmnElement="Task_Judge"', 'bpmnElement="Nobody"', "drawing", "Task_Judge"),
    ("line missing", 'bpmnElement="Flow_7"', 'bpmnElement="Nobody"', "drawing", "Flow_7"),
    ("in no lane", "<bpmn:flowNodeRef>Task_Judge</bpmn:flowNodeRef>", "", "lane", "Task_Judge"),
    ("misspelt variable", "=judgement = ", "=judgment = ", "variable", "Flow_5"),
    ("unknown loop", '"=departments"', '"=departmnets"', "variable", "SubProcess_Ask"),
    ("other city's id", 'process id="midori-signing"', 'process id="aoi-signing"', "id-prefix", "aoi-signing"),
]
_REVIEW = [
    ("key without =", 'correlationKey="=caseId"', 'correlationKey="caseId"', "feel-prefix", "Message_Confirmed"),
    ("message of no city", 'name="common-confirmed"', 'name="confirmed"', "id-prefix", "Message_Confirmed"),
]
_FORM = [
    ("form of no city", '"id": "midori-answer"', '"id": "answer"', "id-prefix", "answer"),
    ("form called otherwise", '"id": "midori-answer"', '"id": "midori-reply"', "file-name", "midori-reply"),
    ("new form", '"schemaVersion": 16', '"schemaVersion": 19', "form-schema", "midori-answer"),
    (
        "old form",
        '"executionPlatformVersion": "8.6.0"',
        '"executionPlatformVersion": "8.5.0"',
        "platform",
        "midori-answer",
    ),
    ("file picker", '"type": "textarea"', '"type": "filepicker"', "form-component", "Field_comment"),
    ("table without columns", '"type": "textarea"', '"type": "table"', "form-component", "Field_comment"),
    ("component twice", '"id": "Field_comment"', '"id": "Field_rating"', "form-component", "Field_rating"),
    ("hide without =", '"hide": "=rating', '"hide": "rating', "feel-prefix", "Field_comment"),
    ("form's open quote", '"=rating = \\"yes\\""', '"=rating = \\"yes"', "feel-syntax", "Field_comment"),
    ("form's variable", '"=rating = ', '"=ratin = ', "variable", "Field_comment"),
    ("text's variable", "{{caseTitle}}", "{{caseTitel}}", "variable", "Text_head"),
]
_DECISION = [
    ("decision of no city", 'decision id="midori-check"', 'decision id="check"', "id-prefix", "check"),
    ("table's variable", "<text>fieldCount</text>", "<text>fieldCont</text>", "variable", "Input_Fields_Expression"),
    ("table's syntax", "<text>&lt; 3</text>", "<text>[1..</text>", "feel-syntax", "Rule_Few_Fields"),
    ("table's UTC date", "<text>fieldCount</text>", "<text>today()</text>", "feel-clock", "Input_Fields_Expression"),
    ("table not drawn", 'dmnElementRef="midori-check"', 'dmnElementRef="x"', "drawing", "midori-check"),
    ("table's platform", "Camunda Cloud", "Camunda Platform", "platform", "Definitions_midori_check"),
]
_BROKEN = [
    pytest.param(file, *row[1:], id=row[0])
    for file, rows in ((SIGNING, _SIGNING), (REVIEW, _REVIEW), (FORM, _FORM), (DECISION, _DECISION))
    for row in rows
]


@pytest.fixture
def pack(tmp_path: Path) -> Example:
    return example(tmp_path)


def test_the_good_pack_has_no_findings(pack: Example) -> None:
    """What the other tests break is clean before."""
    assert pack.lint().findings == []


@pytest.mark.parametrize(("file", "old", "new", "rule", "element"), _BROKEN)
def test_a_broken_file_is_refused(pack: Example, *, file: str, old: str, new: str, rule: str, element: str) -> None:
    """The finding names the file, the element and the rule, is an error and Japanese."""
    pack.replace(file, old, new)

    report = pack.lint()

    found = [f for f in report.findings if (f.rule, f.element) == (rule, element)]
    assert found, [(f.rule, f.element, f.message) for f in report.findings]
    assert found[0].file == pack.path(file)
    assert found[0].severity is Severity.ERROR
    assert not found[0].message.isascii()
    assert not report.ok


@pytest.mark.parametrize(
    ("value", "refused"),
    [("", True), ("none:", True), ("Task_Elsewhere", True), ("Event_Confirmed", True), ("form", False)],
)
def test_a_step_without_a_way_back_is_refused(pack: Example, value: str, *, refused: bool) -> None:
    """Each step at which a case waits names the step before it, or says why nobody goes back from it (ALL-22)."""
    pack.replace(REVIEW, 'name="back" value="first"', f'name="back" value="{value}"')
    assert (("step-back", "Event_Confirmed") in pack.rules()) is refused


def test_a_node_outside_its_lane_is_refused(pack: Example) -> None:
    """A task that was dragged into the other lane without changing its membership."""
    text = pack.path(SIGNING).read_text(encoding="utf-8")
    shape = text[text.index('bpmnElement="Task_Judge"') :]
    bounds = shape[shape.index("<dc:Bounds") : shape.index("/>")]
    pack.replace(SIGNING, bounds, '<dc:Bounds x="570" y="300" width="100" height="80"')

    assert ("lane", "Task_Judge") in pack.rules()


def test_a_node_outside_its_sub_process_is_refused(pack: Example) -> None:
    """An end event that was dragged out of its sub-process."""
    text = pack.path(SIGNING).read_text(encoding="utf-8")
    shape = text[text.index('bpmnElement="EndEvent_Answered"') :]
    bounds = shape[shape.index("<dc:Bounds") : shape.index("/>")]
    pack.replace(SIGNING, bounds, '<dc:Bounds x="1700" y="20" width="36" height="36"')

    assert ("drawing", "EndEvent_Answered") in pack.rules()


def test_a_boundary_event_away_from_its_task_is_refused(pack: Example) -> None:
    """It would look like a part of the flow."""
    text = pack.path(SIGNING).read_text(encoding="utf-8")
    shape = text[text.index('bpmnElement="Event_Late"') :]
    bounds = shape[shape.index("<dc:Bounds") : shape.index("/>")]
    pack.replace(SIGNING, bounds, '<dc:Bounds x="930" y="400" width="36" height="36"')

    assert ("drawing", "Event_Late") in pack.rules()


@pytest.mark.parametrize(
    ("old", "new", "rule", "element"),
    [
        (_CALL_FLAGS, "", "call-activity", "Call_Review"),
        (_LOOP, f'{_LOOP} outputCollection="all" outputElement="=reply"', "output-collection", "SubProcess_Ask"),
    ],
)
def test_what_is_right_but_seldom_wise_is_noted(pack: Example, old: str, new: str, rule: str, element: str) -> None:
    """A note asks for nothing: the report stays without errors and warnings."""
    pack.replace(SIGNING, old, new)
    report = pack.lint()
    assert [(f.rule, f.element, f.severity) for f in report.findings] == [(rule, element, Severity.NOTE)]
    assert (report.ok, report.warnings, report.notes_found) == (True, 0, 1)


def test_a_repeated_task_without_sub_process_is_refused(pack: Example) -> None:
    """Its variables would mix."""
    text = pack.path(SIGNING).read_text(encoding="utf-8")
    start = text.index("<bpmn:multiInstanceLoopCharacteristics>")
    end = text.index("</bpmn:multiInstanceLoopCharacteristics>") + len("</bpmn:multiInstanceLoopCharacteristics>")
    loop = text[start:end]
    pack.replace(SIGNING, loop, "")
    pack.replace(SIGNING, "<bpmn:outgoing>Flow_3</bpmn:outgoing>", f"<bpmn:outgoing>Flow_3</bpmn:outgoing>{loop}")

    assert ("multi-instance", "Task_RenderPaper") in {(f.rule, f.element) for f in pack.lint(every=True).findings}


def test_a_job_that_writes_outside_the_loop_is_a_warning(pack: Example) -> None:
    """Each department's job would overwrite the others' result."""
    task = """<bpmn:serviceTask id="Task_Record" name="記録する">
        <bpmn:documentation>ISE-4</bpmn:documentation>
        <bpmn:extensionElements><zeebe:taskDefinition type="record-answer"/></bpmn:extensionElements>
      </bpmn:serviceTask>
      <bpmn:userTask id="Task_Answer\""""
    pack.replace(SIGNING, '<bpmn:userTask id="Task_Answer"', task)

    found = [f for f in pack.lint().findings if (f.rule, f.element) == ("multi-instance", "Task_Record")]

    assert [f.severity for f in found] == [Severity.WARNING]


def test_a_task_without_requirement_is_only_a_warning(pack: Example) -> None:
    """It is shown, and nothing fails."""
    pack.replace(SIGNING, "<bpmn:documentation>ISE-8</bpmn:documentation>", "")

    report = pack.lint()

    assert [(f.rule, f.element, f.severity) for f in report.findings] == [
        ("documentation", "Call_Review", Severity.WARNING)
    ]
    assert report.ok


def test_an_iso_duration_needs_no_feel(pack: Example) -> None:
    """PT1H is a value that the engine takes as it stands."""
    pack.replace(SIGNING, _TIMER, "<bpmn:timeDuration>PT1H</bpmn:timeDuration>")

    assert pack.lint().findings == []


def test_a_cron_line_is_accepted(pack: Example) -> None:
    """Six fields, the seconds first."""
    pack.replace(SIGNING, _TIMER, _cycle("0 0 6 * * MON-FRI"))

    assert pack.lint().findings == []


def test_now_in_japan_is_accepted(pack: Example) -> None:
    """The one way to a date in FEEL that is not UTC (D-7)."""
    pack.replace(SIGNING, "=count(departments)", "=date(date and time(now(), &quot;Asia/Tokyo&quot;))")

    assert pack.lint().findings == []


def test_variables_that_headers_list_must_be_known(pack: Example) -> None:
    """A misspelt name would put nothing into the mail."""
    header = '<zeebe:header key="to" value="partner"/>'
    pack.replace(SIGNING, header, f'{header}<zeebe:header key="values" value="caseId, caseTitel"/>')

    assert pack.only().element == "Task_SendNotice"
    assert "caseTitel" in pack.only().message


def test_a_misspelt_name_comes_with_a_suggestion(pack: Example) -> None:
    """The message helps to mend it."""
    pack.replace(SIGNING, 'type="send-mail"', 'type="sned-mail"')

    assert "「send-mail」ですか" in pack.only().message


def test_a_finding_names_its_line(pack: Example) -> None:
    """An editor can jump there."""
    pack.replace(SIGNING, ">=judgement", ">judgement")

    finding = pack.only()

    line = pack.path(SIGNING).read_text(encoding="utf-8").splitlines()[(finding.line or 0) - 1]
    assert "conditionExpression" in line
