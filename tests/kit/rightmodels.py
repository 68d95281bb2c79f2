"""Small diagrams that are unusual but right: lint has nothing to say against them.

Each is a chain of nodes; what hangs on a node (a boundary event with its own end) stands below it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Final

_HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<bpmn:definitions '
    'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" '
    'xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:modeler="http://camunda.org/schema/modeler/1.0" '
    'id="Definitions_odd" targetNamespace="http://bpmn.io/schema/bpmn" modeler:executionPlatform="Camunda Cloud" '
    'modeler:executionPlatformVersion="8.6.0">'
)
_SIZES: Final = {"Event": (36, 36), "Gateway": (50, 50)}
_GAP: Final = 160


@dataclass(frozen=True)
class Node:
    """A node: its kind, its id and name, what is in it, its attributes; ``hung``: boundary events at it."""

    kind: str
    id: str
    name: str
    inner: str = ""
    attributes: str = ""
    extensions: str = ""
    hung: tuple[Node, ...] = ()
    inside: tuple[Node, ...] = ()
    """The chain within a sub-process."""


def event(kind: str, identity: str, name: str, definition: str = "", **more: Any) -> Node:
    """Return an event of a kind with its definition's XML."""
    return Node(kind, identity, name, definition, **more)


_GIVEN: Final = (
    '<zeebe:ioMapping><zeebe:output source="=&#34;A-1&#34;" target="caseId" />'
    '<zeebe:output source="=&#34;midori-kikaku&#34;" target="officeGroup" /></zeebe:ioMapping>'
)
START: Final = event("startEvent", "StartEvent_Odd", "始まった", extensions=_GIVEN)
END: Final = event("endEvent", "EndEvent_Odd", "終わった")


def user_task(assignment: str = 'candidateGroups="=[officeGroup]"', **more: str) -> Node:
    """Return a person's task."""
    due = more.get("due", "=string(now() + duration(&#34;P7D&#34;))")
    return Node(
        "userTask",
        "Task_Answer",
        "答える",
        extensions=(
            '<zeebe:userTask /><zeebe:formDefinition formId="midori-answer" bindingType="deployment" />'
            f'<zeebe:assignmentDefinition {assignment} /><zeebe:taskSchedule dueDate="{due}" />'
            '<zeebe:ioMapping><zeebe:input source="=&#34;A-1&#34;" target="caseTitle" />'
            '<zeebe:input source="={name: &#34;企画課&#34;}" target="department" />'
            '<zeebe:output source="={rating: rating, comment: comment}" target="reply" /></zeebe:ioMapping>'
            '<zeebe:executionListeners><zeebe:executionListener eventType="end" type="record-act" retries="5" />'
            f"{more.get('listeners', '')}</zeebe:executionListeners>"
            f"{more.get('extensions', '')}"
        ),
    )


def mail(job: str = "send-mail", identity: str = "Task_Send", *, more: str = "", inner: str = "") -> Node:
    """Return a task that sends a mail."""
    return Node(
        "serviceTask",
        identity,
        "知らせる",
        inner,
        extensions=(
            f'<zeebe:taskDefinition type="{job}" retries="5" /><zeebe:taskHeaders>'
            '<zeebe:header key="template" value="notice" /><zeebe:header key="to" value="office" />'
            f"</zeebe:taskHeaders>{more}"
        ),
    )


def mapping(source: str, target: str) -> str:
    """Return an input mapping that makes a variable of a FEEL expression."""
    escaped = source.replace('"', "&#34;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<zeebe:ioMapping><zeebe:input source="={escaped}" target="{target}" /></zeebe:ioMapping>'


def timer(text: str, kind: str = "timeCycle") -> str:
    """Return a timer's definition."""
    return (
        f'<bpmn:timerEventDefinition id="Timer_Odd"><bpmn:{kind} xsi:type="bpmn:tFormalExpression">{text}'
        f"</bpmn:{kind}></bpmn:timerEventDefinition>"
    )


def boundary(identity: str, name: str, definition: str, *, interrupting: bool = False) -> Node:
    """Return a boundary event."""
    return Node(
        "boundaryEvent", identity, name, definition, attributes="" if interrupting else 'cancelActivity="false"'
    )


@dataclass
class _Drawing:
    elements: list[str] = field(default_factory=list)
    shapes: list[str] = field(default_factory=list)

    def chain(self, nodes: Sequence[Node], x: int, y: int) -> tuple[str, int]:
        """Draw a chain from left to right; return its XML and where it ends."""
        flows, xml = [], []
        places: dict[str, tuple[int, int, int, int]] = {}
        for node in nodes:
            width, height = self._size(node)
            places[node.id] = (x, y - height // 2, width, height)
            x += width + _GAP - 100
        linked = [(a, b) for a, b in pairwise(nodes) if not _breaks(a, b)]
        for source, target in linked:
            flows.append((f"Flow_{source.id}_{target.id}", source.id, target.id))
        xml += [self._node(node, places[node.id], flows) for node in nodes]
        for flow, begin, end in flows:
            xml.append(f'<bpmn:sequenceFlow id="{flow}" sourceRef="{begin}" targetRef="{end}" />')
            a, b = places[begin], places[end]
            self._edge(flow, (a[0] + a[2], y), (b[0], y))
        return "".join(xml), x

    def _size(self, node: Node) -> tuple[int, int]:
        if node.kind.endswith("Event"):
            return 36, 36
        if node.inside:
            return 60 + sum(self._size(part)[0] + 60 for part in node.inside), 160
        return 100, 80

    def _node(self, node: Node, place: tuple[int, int, int, int], flows: Sequence[tuple[str, str, str]]) -> str:
        x, y, width, height = place
        more = ' isExpanded="true"' if node.inside else ""
        self.shapes.append(
            f'<bpmndi:BPMNShape id="{node.id}_di" bpmnElement="{node.id}"{more}>'
            f'<dc:Bounds x="{x}" y="{y}" width="{width}" height="{height}" /></bpmndi:BPMNShape>'
        )
        extensions = f"<bpmn:extensionElements>{node.extensions}</bpmn:extensionElements>" if node.extensions else ""
        documented = node.kind.endswith(("Task", "Activity"))
        documentation = "<bpmn:documentation>ALL-2</bpmn:documentation>" if documented else ""
        links = "".join(f"<bpmn:incoming>{f}</bpmn:incoming>" for f, _, target in flows if target == node.id)
        links += "".join(f"<bpmn:outgoing>{f}</bpmn:outgoing>" for f, source, _ in flows if source == node.id)
        body = self.chain(node.inside, x + 30, y + height // 2)[0] if node.inside else ""
        own = (
            f'<bpmn:{node.kind} id="{node.id}" name="{node.name}" {node.attributes}>{documentation}{extensions}'
            f"{links}{_loops(node.inner)}{body}{_events(node.inner)}</bpmn:{node.kind}>"
        )
        return own + "".join(self._hung(node, hung, number, place) for number, hung in enumerate(node.hung))

    def _hung(self, host: Node, node: Node, number: int, place: tuple[int, int, int, int]) -> str:
        x, y, _, height = place
        left, top = x + 12 + 50 * number, y + height - 18
        end, flow = f"End_{node.id}", f"Flow_{node.id}"
        for identity, at in ((node.id, top), (end, top + 80)):
            self.shapes.append(
                f'<bpmndi:BPMNShape id="{identity}_di" bpmnElement="{identity}">'
                f'<dc:Bounds x="{left}" y="{at}" width="36" height="36" /></bpmndi:BPMNShape>'
            )
        self._edge(flow, (left + 18, top + 36), (left + 18, top + 80))
        return (
            f'<bpmn:boundaryEvent id="{node.id}" name="{node.name}" attachedToRef="{host.id}" {node.attributes}>'
            f"<bpmn:outgoing>{flow}</bpmn:outgoing>{node.inner}</bpmn:boundaryEvent>"
            f'<bpmn:endEvent id="{end}" name="{node.name}まま"><bpmn:incoming>{flow}</bpmn:incoming></bpmn:endEvent>'
            f'<bpmn:sequenceFlow id="{flow}" sourceRef="{node.id}" targetRef="{end}" />'
        )

    def _edge(self, identity: str, *points: tuple[int, int]) -> None:
        line = "".join(f'<di:waypoint x="{x}" y="{y}" />' for x, y in points)
        self.shapes.append(f'<bpmndi:BPMNEdge id="{identity}_di" bpmnElement="{identity}">{line}</bpmndi:BPMNEdge>')


def _breaks(before: Node, after: Node) -> bool:
    """Return whether no flow joins two neighbours: a throwing link goes on at its catching one."""
    return before.kind == "endEvent" or after.kind == "startEvent" or "link-throw" in before.attributes


def _loops(inner: str) -> str:
    return "".join(
        re.findall(r"<bpmn:multiInstanceLoopCharacteristics.*?</bpmn:multiInstanceLoopCharacteristics>", inner)
    )


def _events(inner: str) -> str:
    return re.sub(r"<bpmn:multiInstanceLoopCharacteristics.*?</bpmn:multiInstanceLoopCharacteristics>", "", inner)


def diagram(nodes: Sequence[Node], roots: str = "", beside: Sequence[Node] = ()) -> str:
    """Return a .bpmn file: a chain of nodes, and ``beside`` what stands below it without a flow."""
    drawing = _Drawing()
    body, _ = drawing.chain(nodes, 160, 160)
    below = "".join(drawing.chain([node], 160, 460 + 240 * number)[0] for number, node in enumerate(beside))
    body = body.replace("link-throw", "")
    return (
        f'{_HEAD}<bpmn:process id="midori-odd" name="珍しい図" isExecutable="true">{body}{below}</bpmn:process>{roots}'
        f'<bpmndi:BPMNDiagram id="BPMNDiagram_1"><bpmndi:BPMNPlane id="BPMNPlane_1" bpmnElement="midori-odd">'
        f"{''.join(drawing.shapes)}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></bpmn:definitions>"
    )


def _message(identity: str, name: str, key: str) -> str:
    return (
        f'<bpmn:message id="{identity}" name="{name}"><bpmn:extensionElements>'
        f'<zeebe:subscription correlationKey="{key}" /></bpmn:extensionElements></bpmn:message>'
    )


def _many(*, sequential: bool) -> str:
    order = ' isSequential="true"' if sequential else ""
    return (
        f"<bpmn:multiInstanceLoopCharacteristics{order}><bpmn:extensionElements><zeebe:loopCharacteristics "
        'inputCollection="=[1, 2, 3]" inputElement="one" outputCollection="told" outputElement="=one" />'
        "</bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>"
    )


_SIGNAL: Final = '<bpmn:signal id="Signal_Odd" name="midori-closed" />'
_ESCALATION: Final = '<bpmn:escalation id="Escalation_Odd" name="相談" escalationCode="midori-ask" />'
_MESSAGES: Final = _message("Message_Odd", "midori-told", "=caseId")
_ONE_KEY: Final = _message("Message_Odd", "midori-told", "=&#34;midori&#34;")
_COMPLEX_KEY: Final = _message("Message_Odd", "midori-told", "=caseId + &#34;:&#34; + string(1 + 2)")
_CATCH: Final = '<bpmn:messageEventDefinition id="Definition_Odd" messageRef="Message_Odd" />'
_ASK: Final = '<bpmn:escalationEventDefinition id="Definition_Odd{}" escalationRef="Escalation_Odd" />'
_INSIDE: Final = (event("startEvent", "StartEvent_In", "中で始まった"), mail(identity="Task_In"))
_INNER: Final = (*_INSIDE, event("endEvent", "EndEvent_In", "中で終わった"))


def _with(node: Node, *hung: Node) -> Node:
    return Node(node.kind, node.id, node.name, node.inner, node.attributes, node.extensions, hung, node.inside)


def _event_sub_process(definition: str, *, interrupting: bool) -> Node:
    wait = "" if interrupting else 'isInterrupting="false"'
    start = event("startEvent", "StartEvent_In", "途中で起きた", definition, attributes=wait)
    inside = (start, mail(identity="Task_In"), event("endEvent", "EndEvent_In", "知らせた"))
    return Node("subProcess", "SubProcess_Odd", "途中で起きたこと", attributes='triggeredByEvent="true"', inside=inside)


RIGHT: Final[dict[str, str]] = {
    "a boundary timer that repeats": diagram(
        [START, _with(user_task(), boundary("Event_T", "催促した", timer("R3/P1D"))), END]
    ),
    "a boundary timer that repeats without end": diagram(
        [START, _with(user_task(), boundary("Event_T", "催促した", timer("R/PT24H"))), END]
    ),
    "a boundary timer that is computed": diagram(
        [START, _with(user_task(), boundary("Event_T", "催促した", timer("=cycle(3, duration(&#34;P1D&#34;))"))), END]
    ),
    "groups by if": diagram(
        [START, user_task('candidateGroups="=if caseId = null then [officeGroup] else [&#34;midori-a&#34;]"'), END]
    ),
    "a static list of groups": diagram([START, user_task('candidateGroups="midori-a, midori-b"'), END]),
    "groups joined": diagram(
        [START, user_task('candidateGroups="=concatenate([officeGroup], [&#34;midori-a&#34;])"'), END]
    ),
    "only an assignee": diagram([START, user_task('assignee="=officeGroup"'), END]),
    "a fixed assignee": diagram([START, user_task('assignee="tanaka"'), END]),
    "a job type by FEEL": diagram(
        [START, mail("=if caseId = null then &#34;send-mail&#34; else &#34;send-mail&#34;"), END]
    ),
    "a due date of now and a duration": diagram([START, user_task(due="=now() + duration(&#34;P3D&#34;)"), END]),
    "a due date that is fixed": diagram([START, user_task(due="2027-03-31T17:15:00+09:00"), END]),
    "an event sub-process with a timer": diagram(
        [START, mail(), END], beside=[_event_sub_process(timer("PT1H", "timeDuration"), interrupting=True)]
    ),
    "an event sub-process with a message": diagram(
        [START, user_task(), END], _ONE_KEY, beside=[_event_sub_process(_CATCH, interrupting=False)]
    ),
    "a key that is put together": diagram(
        [START, event("intermediateCatchEvent", "Event_Told", "知らせが来た", _CATCH), END], _COMPLEX_KEY
    ),
    "a boundary message that does not interrupt": diagram(
        [START, _with(user_task(), boundary("Event_M", "知らせが来た", _CATCH)), END], _MESSAGES
    ),
    "link events": diagram(
        [
            START,
            Node(
                "intermediateThrowEvent",
                "Event_Out",
                "続き",
                '<bpmn:linkEventDefinition id="L1" name="続き" />',
                "link-throw",
            ),
            Node("intermediateCatchEvent", "Event_In", "続き", '<bpmn:linkEventDefinition id="L2" name="続き" />'),
            mail(),
            END,
        ]
    ),
    "an end with an escalation": diagram(
        [
            START,
            _with(
                Node(
                    "subProcess",
                    "SubProcess_Odd",
                    "まとめ",
                    inside=(*_INSIDE, event("endEvent", "EndEvent_In", "相談する", _ASK.format(1))),
                ),
                boundary("Event_E", "相談を受けた", _ASK.format(2)),
            ),
            END,
        ],
        _ESCALATION,
    ),
    "a throwing escalation on the way": diagram(
        [
            START,
            _with(
                Node(
                    "subProcess",
                    "SubProcess_Odd",
                    "まとめ",
                    inside=(
                        _INSIDE[0],
                        event("intermediateThrowEvent", "Event_Ask", "相談する", _ASK.format(1)),
                        *_INNER[1:],
                    ),
                ),
                boundary("Event_E", "相談を受けた", _ASK.format(2)),
            ),
            END,
        ],
        _ESCALATION,
    ),
    "one after another": diagram([START, mail(inner=_many(sequential=True)), END]),
    "many at once with what they gave": diagram([START, mail(inner=_many(sequential=False)), END]),
    "a signal": diagram(
        [
            START,
            event(
                "intermediateThrowEvent",
                "Event_S",
                "締め切ったと知らせる",
                '<bpmn:signalEventDefinition id="S1" signalRef="Signal_Odd" />',
            ),
            event(
                "intermediateCatchEvent",
                "Event_W",
                "締め切った",
                '<bpmn:signalEventDefinition id="S2" signalRef="Signal_Odd" />',
            ),
            END,
        ],
        _SIGNAL,
    ),
    "a terminate end": diagram(
        [
            START,
            _with(mail(), boundary("Event_T", "遅れた", timer("PT1H", "timeDuration"), interrupting=True)),
            event("endEvent", "EndEvent_Odd", "すべて終えた", '<bpmn:terminateEventDefinition id="Stop_Odd" />'),
        ]
    ),
    "a call that hands on everything": diagram(
        [
            START,
            Node(
                "callActivity",
                "Call_Odd",
                "確かめる",
                extensions='<zeebe:calledElement processId="common-review" propagateAllChildVariables="true" '
                'propagateAllParentVariables="true" bindingType="deployment" />',
            ),
            END,
        ]
    ),
    "a context in a context": diagram(
        [
            START,
            mail(more=mapping('{who: {name: "企画課", ways: [{tel: "1"}, {tel: "2"}]}, on: "今日"}', "message")),
            END,
        ]
    ),
    "for, some and every": diagram(
        [
            START,
            mail(
                more=mapping(
                    "for one in (if some two in [1, 2, 3] satisfies two > 2 then [1, 2] else []) return {number: one, "
                    "known: every three in [1] satisfies three = one}",
                    "message",
                )
            ),
            END,
        ]
    ),
    "functions of contexts and of one's own": diagram(
        [
            START,
            mail(
                more=mapping(
                    'context merge([{a: 1}, context put({b: 2}, "c", (function(x) x + 1)(2))]).c '
                    "+ count(get entries({d: 1})) "
                    '+ (if matches("abc", "a.c") and "b" in ["a", "b"] and 5 between 1 and 9 then 1 else 0)',
                    "message",
                )
            ),
            END,
        ]
    ),
    "a script in FEEL": diagram(
        [
            START,
            Node(
                "scriptTask",
                "Task_Count",
                "数える",
                extensions='<zeebe:script expression="=1 + 2" resultVariable="total" />',
            ),
            END,
        ]
    ),
    "a business rule that a job works out": diagram([START, replace(mail(), kind="businessRuleTask"), END]),
    "a timer that starts": diagram([event("startEvent", "StartEvent_Odd", "毎朝", timer("0 0 6 * * *")), mail(), END]),
}
"""The diagrams by what is unusual in them."""


_DMN: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" '
    'xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/" xmlns:dc="http://www.omg.org/spec/DMN/20180521/DC/" '
    'xmlns:modeler="http://camunda.org/schema/modeler/1.0" id="midori-odd-drg" name="珍しい表" '
    'namespace="http://camunda.org/schema/1.0/dmn" modeler:executionPlatform="Camunda Cloud" '
    'modeler:executionPlatformVersion="8.6.0"><decision id="midori-odd" name="珍しい表">{}</decision>'
    '<dmndi:DMNDI><dmndi:DMNDiagram id="DMNDiagram_1"><dmndi:DMNShape id="DMNShape_1" '
    'dmnElementRef="midori-odd"><dc:Bounds height="80" width="180" x="160" y="100" /></dmndi:DMNShape>'
    "</dmndi:DMNDiagram></dmndi:DMNDI></definitions>"
)


def _table(policy: str, *rules: tuple[str, str]) -> str:
    rows = "".join(
        f'<rule id="Rule_{number}"><inputEntry id="In_{number}"><text>{test}</text></inputEntry>'
        f'<outputEntry id="Out_{number}"><text>{result}</text></outputEntry></rule>'
        for number, (test, result) in enumerate(rules)
    )
    return _DMN.format(
        f'<decisionTable id="Table_Odd" {policy}><input id="Input_1" label="件数"><inputExpression id="Expression_1" '
        'typeRef="number"><text>count([1, 2])</text></inputExpression></input><output id="Output_1" label="結果" '
        f'name="result" typeRef="string" />{rows}</decisionTable>'
    )


_LIST_FORM: Final = """{
  "id": "midori-odd",
  "type": "default",
  "schemaVersion": 16,
  "executionPlatform": "Camunda Cloud",
  "executionPlatformVersion": "8.6.0",
  "components": [
    {
      "type": "dynamiclist",
      "id": "List_rows",
      "label": "事業",
      "path": "oddRows",
      "isRepeating": true,
      "allowAddRemove": true,
      "defaultRepetitions": 1,
      "disableCollapse": true,
      "components": [
        {
          "type": "textfield",
          "id": "Field_title",
          "key": "title",
          "label": "名前",
          "validate": {
            "required": true,
            "minLength": 1
          }
        }
      ]
    },
    {
      "type": "expression",
      "id": "Field_count",
      "key": "oddRowsCount",
      "expression": "=count(oddRows)",
      "computeOn": "change"
    }
  ]
}
"""
RIGHT_FILES: Final[dict[str, tuple[str, str]]] = {
    "a table that collects": (
        "midori-odd.dmn",
        _table('hitPolicy="COLLECT"', ("&gt;= 1", '"a"'), ("&gt;= 2", '"b"')),
    ),
    "a table whose first row counts": (
        "midori-odd.dmn",
        _table('hitPolicy="FIRST"', ("&gt;= 2", '"b"'), ("&gt;= 1", '"a"'), ("", '"c"')),
    ),
    "a decision that is an expression": (
        "midori-odd.dmn",
        _DMN.format(
            '<variable id="Variable_1" name="result" typeRef="number" /><literalExpression id="Literal_1">'
            "<text>1 + 2</text></literalExpression>"
        ),
    ),
    "a form with a list": ("midori-odd.form", _LIST_FORM),
}
"""Decisions and forms, by what is unusual in them, with the file's name."""
