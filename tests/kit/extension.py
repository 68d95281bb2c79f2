"""What a process owner adds to a pack with an editor and Modeler: a user task with a form, a mail with a template."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.kit.made_packs import DUE
from workers.packs.diagrams import dates

_FORM = {
    "type": "default",
    "id": "asahikawa-ceremony",
    "schemaVersion": 16,
    "executionPlatform": "Camunda Cloud",
    "executionPlatformVersion": "8.6.0",
    "components": [
        {"type": "text", "id": "Text_head", "text": "## 締結式の後の催し\n{{caseTitle}}"},
        {
            "type": "textfield",
            "id": "Field_heldOn",
            "key": "heldOn",
            "label": "開く日",
            "description": dates.example(dates.DATE),
            "validate": {"pattern": dates.pattern(dates.DATE)},
            "properties": {dates.KIND: dates.DATE},
        },
        {
            "type": "text",
            "id": "Reading_heldOn",
            "text": dates.reading("heldOn", dates.DATE),
            "properties": {dates.KIND: dates.READING},
        },
        {
            "type": "textfield",
            "id": "Field_hall",
            "key": "hall",
            "label": "場所",
            "validate": {"minLength": 1},
        },
    ],
}
_MAIL = """\
件名: 【{{ city.name }}】締結を記念する催しのご案内

{{ partner.name }}
{{ partner.contact }} 様

式典は{{ ceremony_plan.held_on | wareki(weekday=true) }}に開きます。
場所: {{ ceremony_plan.hall }}
{% include "_signature.txt.j2" %}
"""
_STEP = """
[[steps]]
note = "式典の日と場所を決める"
task = "Task_PlanCeremony"
answers = { heldOn = "{today+14}", hall = "市民ホール" }
"""
_NODES = f"""\
<bpmn:userTask id="Task_PlanCeremony" name="式典の日と場所を決める">
      <bpmn:documentation>ALL-8</bpmn:documentation>
      <bpmn:extensionElements>
        <zeebe:userTask/>
        <zeebe:formDefinition formId="asahikawa-ceremony" bindingType="deployment"/>
        <zeebe:assignmentDefinition candidateGroups="=[chargeGroup]"/>
        {DUE}
        <zeebe:ioMapping>
          <zeebe:output source="={{heldOn: heldOn, hall: hall}}" target="ceremonyPlan"/>
        </zeebe:ioMapping>
        <zeebe:executionListeners>
          <zeebe:executionListener eventType="end" type="record-act" retries="5"/>
        </zeebe:executionListeners>
        <zeebe:properties>
          <zeebe:property name="back" value="none: 協定は締結されている"/>
        </zeebe:properties>
      </bpmn:extensionElements>
      <bpmn:incoming>Flow_Signed_CloseSigned</bpmn:incoming>
      <bpmn:outgoing>Flow_PlanCeremony_SendGuide</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:serviceTask id="Task_SendGuide" name="式典を案内する">
      <bpmn:documentation>ALL-2 ALL-8</bpmn:documentation>
      <bpmn:extensionElements>
        <zeebe:taskDefinition type="send-mail" retries="5"/>
        <zeebe:taskHeaders>
          <zeebe:header key="template" value="ceremony-guide"/>
          <zeebe:header key="to" value="partner"/>
          <zeebe:header key="values" value="ceremonyPlan"/>
        </zeebe:taskHeaders>
      </bpmn:extensionElements>
      <bpmn:incoming>Flow_PlanCeremony_SendGuide</bpmn:incoming>
      <bpmn:outgoing>Flow_SendGuide_CloseSigned</bpmn:outgoing>
    </bpmn:serviceTask>
    <bpmn:sequenceFlow id="Flow_PlanCeremony_SendGuide" sourceRef="Task_PlanCeremony" targetRef="Task_SendGuide"/>
    <bpmn:sequenceFlow id="Flow_SendGuide_CloseSigned" sourceRef="Task_SendGuide" targetRef="Task_CloseSigned"/>
    <bpmn:serviceTask id="Task_CloseSigned" """
_SHAPES = """\
<bpmndi:BPMNShape id="Task_PlanCeremony_di" bpmnElement="Task_PlanCeremony">
        <dc:Bounds x="{x}" y="{y}" width="100" height="80"/>
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="Task_SendGuide_di" bpmnElement="Task_SendGuide">
        <dc:Bounds x="{guide}" y="{y}" width="100" height="80"/>
      </bpmndi:BPMNShape>
      <bpmndi:BPMNEdge id="Flow_PlanCeremony_SendGuide_di" bpmnElement="Flow_PlanCeremony_SendGuide">
        <di:waypoint x="{plan_end}" y="{middle}"/>
        <di:waypoint x="{guide}" y="{middle}"/>
      </bpmndi:BPMNEdge>
      <bpmndi:BPMNEdge id="Flow_SendGuide_CloseSigned_di" bpmnElement="Flow_SendGuide_CloseSigned">
        <di:waypoint x="{guide_end}" y="{middle}"/>
        <di:waypoint x="{close}" y="{middle}"/>
      </bpmndi:BPMNEdge>
      <bpmndi:BPMNShape id="Task_CloseSigned_di" """
_STEP_WIDTH = 140
_CLOSING = re.compile(r'bpmnElement="Task_CloseSigned">\s*<dc:Bounds x="(\d+)" y="(\d+)"')
_END = re.compile(r'bpmnElement="EndEvent_Agreement">.*?</bpmndi:BPMNShape>', re.DOTALL)
_LAST_FLOW = re.compile(r'bpmnElement="Flow_CloseSigned_Signed">.*?</bpmndi:BPMNEdge>', re.DOTALL)


def extend_asahikawa(pack: Path) -> None:
    """Add both tasks to the last step, before a signed case is closed, drawn in its plane, and a step to a scenario."""
    diagram = pack / "asahikawa-signing.bpmn"
    text = diagram.read_text(encoding="utf-8")
    for before, after in (
        ('<bpmn:serviceTask id="Task_CloseSigned" ', _NODES),
        ("<bpmn:incoming>Flow_Signed_CloseSigned</bpmn:incoming>\n        <bpmn:outgoing>Flow_CloseSigned", ""),
        ('sourceRef="Gateway_Signed" targetRef="Task_CloseSigned"', ""),
    ):
        assert text.count(before) == 1, before
        text = text.replace(before, after or before.replace(*_REDIRECTED[before]))
    diagram.write_text(_drawn(text), encoding="utf-8")
    (pack / "asahikawa-ceremony.form").write_text(json.dumps(_FORM, ensure_ascii=False, indent=2), encoding="utf-8")
    mails = pack / "templates" / "mail"
    mails.mkdir(parents=True)
    (mails / "ceremony-guide.txt.j2").write_text(_MAIL, encoding="utf-8")
    with (pack / "city.toml").open("a", encoding="utf-8") as file:
        file.write('\n[mails.ceremony-guide]\ntitle = "式典の案内"\nreview = false\n')
    with (pack / "scenarios" / "signed.toml").open("a", encoding="utf-8") as scenario:
        scenario.write(_STEP)


def _drawn(text: str) -> str:
    """Put the new tasks where the closing one stood, and the closing one with the end two places further right."""
    found = _CLOSING.search(text)
    assert found is not None
    x, y = int(found[1]), int(found[2])
    guide, close = x + _STEP_WIDTH, x + 2 * _STEP_WIDTH
    shapes = _SHAPES.format(x=x, y=y, middle=y + 40, guide=guide, plan_end=x + 100, guide_end=guide + 100, close=close)
    text = text.replace(found[0], found[0].replace(f'x="{x}"', f'x="{close}"'))
    for part in (_END, _LAST_FLOW):
        text = part.sub(lambda match: re.sub(r' x="(\d+)"', _further, match[0]), text, count=1)
    return text.replace('<bpmndi:BPMNShape id="Task_CloseSigned_di" ', shapes)


def _further(match: re.Match[str]) -> str:
    return f' x="{int(match[1]) + 2 * _STEP_WIDTH}"'


_REDIRECTED = {
    "<bpmn:incoming>Flow_Signed_CloseSigned</bpmn:incoming>\n        <bpmn:outgoing>Flow_CloseSigned": (
        "Flow_Signed_CloseSigned",
        "Flow_SendGuide_CloseSigned",
    ),
    'sourceRef="Gateway_Signed" targetRef="Task_CloseSigned"': ("Task_CloseSigned", "Task_PlanCeremony"),
}
