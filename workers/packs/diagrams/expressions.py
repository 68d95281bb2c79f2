"""Every place of a BPMN file where Zeebe evaluates FEEL, and the variables that a file produces by itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from workers.packs.diagrams.model import BPMN, FLOW_NODES, NS, ZEEBE, Diagram, Element, line_of, local

_OWNERS: Final = FLOW_NODES | {"sequenceFlow", "message", "signal", "error", "escalation", "process", "dataObject"}

# (element, attribute, what it is called in a message, must it be FEEL)
_ATTRIBUTES: Final = (
    ("input", "source", "入力マッピングの値", True),
    ("output", "source", "出力マッピングの値", True),
    ("loopCharacteristics", "inputCollection", "繰り返しの一覧", True),
    ("loopCharacteristics", "outputElement", "繰り返しの結果", True),
    ("assignmentDefinition", "assignee", "担当者", True),
    ("assignmentDefinition", "candidateGroups", "候補グループ", True),
    ("assignmentDefinition", "candidateUsers", "候補者", True),
    ("taskSchedule", "dueDate", "期限", True),
    ("taskSchedule", "followUpDate", "フォローアップ日", True),
    ("subscription", "correlationKey", "メッセージの相関キー", True),
    ("script", "expression", "スクリプト", True),
    ("priorityDefinition", "priority", "優先度", False),
    ("calledElement", "processId", "呼び出すプロセス", False),
    ("calledDecision", "decisionId", "呼び出すデシジョン", False),
    ("taskDefinition", "type", "ジョブ型", False),
    ("taskDefinition", "retries", "再試行回数", False),
)
_TEXTS: Final = (
    ("conditionExpression", "条件", True),
    ("completionCondition", "繰り返しの完了条件", True),
    ("timeDate", "タイマーの日時", False),
    ("timeDuration", "タイマーの期間", False),
    ("timeCycle", "タイマーの周期", False),
)


@dataclass(frozen=True)
class Slot:
    """A place for an expression. ``text`` as written; ``required``: it has to be FEEL, thus start with ``=``."""

    element: Element
    owner: str
    label: str
    text: str
    required: bool

    @property
    def is_feel(self) -> bool:
        """Whether the text is an expression."""
        return self.text.startswith("=")

    @property
    def body(self) -> str:
        """The expression without its ``=``."""
        return self.text[1:].strip()

    @property
    def line(self) -> int | None:
        """The line in the file."""
        return line_of(self.element)


def slots(diagram: Diagram) -> Iterator[Slot]:
    """Yield every filled place for an expression."""
    yield from _slots(diagram.root)


@lru_cache(maxsize=200)
def _slots(root: Element) -> tuple[Slot, ...]:
    return tuple(_filled(root))


def _filled(root: Element) -> Iterator[Slot]:
    for name, attribute, label, required in _ATTRIBUTES:
        for element in root.iter(f"{{{ZEEBE}}}{name}"):
            if (text := element.get(attribute)) is not None and text.strip():
                yield Slot(element, owner(element), label, text.strip(), required)
    for name, label, required in _TEXTS:
        for element in root.iter(f"{{{BPMN}}}{name}"):
            if (text := (element.text or "").strip()) or name == "conditionExpression":
                yield Slot(element, owner(element), label, text, required)
    for name in ("message", "signal"):
        for element in root.iter(f"{{{BPMN}}}{name}"):
            if (text := (element.get("name") or "").strip()).startswith("="):
                yield Slot(element, owner(element), "メッセージ名" if name == "message" else "シグナル名", text, False)


def owner(element: Element) -> str:
    """Return the id of the flow node, flow or message that an element belongs to."""
    current: Element | None = element
    while current is not None:
        if local(current) in _OWNERS and (identity := current.get("id")):
            return identity
        current = current.getparent()
    return ""


def produced(diagram: Diagram) -> set[str]:
    """Return the variables that a file makes by itself: mapping targets, loop elements, decision and script results."""
    names = {"loopCounter"}
    for element in diagram.root.iter(f"{{{ZEEBE}}}input", f"{{{ZEEBE}}}output"):
        names.add(element.get("target", "").split(".")[0])
    for element in diagram.root.iter(f"{{{ZEEBE}}}loopCharacteristics"):
        names.add(element.get("inputElement", ""))
    for element in diagram.root.iter(f"{{{ZEEBE}}}calledDecision", f"{{{ZEEBE}}}script"):
        names.add(element.get("resultVariable", ""))
    return names - {""}


def linked_forms(diagram: Diagram) -> Iterator[tuple[Element, str]]:
    """Yield (start event or user task, form id) for every linked form."""
    for element in diagram.all("userTask", "startEvent"):
        for form in element.findall("bpmn:extensionElements/zeebe:formDefinition", NS):
            if identity := form.get("formId"):
                yield element, identity


def visible_locals(task: Element) -> set[str]:
    """Return the names that mappings and loops around a task give to it."""
    names: set[str] = set()
    current: Element | None = task
    while current is not None:
        for mapping in current.findall("bpmn:extensionElements/zeebe:ioMapping/zeebe:input", NS):
            names.add(mapping.get("target", "").split(".")[0])
        loop = "bpmn:multiInstanceLoopCharacteristics/bpmn:extensionElements/zeebe:loopCharacteristics"
        for characteristics in current.findall(loop, NS):
            names.add(characteristics.get("inputElement", ""))
        current = current.getparent()
    return names - {""}
