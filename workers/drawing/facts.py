"""What a diagram, decision or form says, element by element, in words that a reviewer reads."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from lxml import etree

from workers.packs.diagrams import dmn, forms, model
from workers.packs.diagrams.model import NS, Element, local

KINDS: Final = {
    "process": "プロセス",
    "participant": "プール",
    "lane": "レーン",
    "task": "タスク",
    "userTask": "ユーザータスク",
    "serviceTask": "サービスタスク",
    "sendTask": "送信タスク",
    "receiveTask": "受信タスク",
    "scriptTask": "スクリプトタスク",
    "businessRuleTask": "ビジネスルールタスク",
    "manualTask": "手作業タスク",
    "callActivity": "コールアクティビティ",
    "subProcess": "サブプロセス",
    "startEvent": "開始イベント",
    "endEvent": "終了イベント",
    "boundaryEvent": "境界イベント",
    "intermediateCatchEvent": "受信イベント",
    "intermediateThrowEvent": "送信イベント",
    "exclusiveGateway": "排他ゲートウェイ",
    "parallelGateway": "並列ゲートウェイ",
    "inclusiveGateway": "包含ゲートウェイ",
    "eventBasedGateway": "イベントゲートウェイ",
    "sequenceFlow": "フロー",
    "messageFlow": "メッセージフロー",
    "message": "メッセージ",
    "error": "エラー",
    "escalation": "エスカレーション",
    "signal": "シグナル",
    "textAnnotation": "注釈",
    "decision": "デシジョン",
    "rule": "デシジョン表の行",
    "input": "デシジョン表の入力",
    "output": "デシジョン表の出力",
    "inputEntry": "条件のセル",
    "outputEntry": "結果のセル",
}
_TEMPLATE: Final = frozenset({"modelerTemplate", "modelerTemplateVersion", "modelerTemplateIcon"})
"""How Modeler shows a task: nothing of what it does."""
_LABELS: Final = {
    "name": "名前",
    "sourceRef": "出る要素",
    "targetRef": "入る要素",
    "default": "既定のフロー",
    "attachedToRef": "付く相手",
    "cancelActivity": "割り込み",
    "conditionExpression": "条件",
    "timeDate": "タイマーの日時",
    "timeDuration": "タイマーの期間",
    "timeCycle": "タイマーの周期",
    "documentation": "ドキュメント",
    "taskDefinition.type": "ジョブ型",
    "taskDefinition.retries": "再試行回数",
    "formDefinition.formId": "フォーム",
    "formDefinition.bindingType": "フォームの bindingType",
    "assignmentDefinition.candidateGroups": "候補グループ",
    "assignmentDefinition.assignee": "担当者",
    "taskSchedule.dueDate": "期限",
    "taskSchedule.followUpDate": "フォローアップ日",
    "calledElement.processId": "呼び出すプロセス",
    "calledDecision.decisionId": "呼び出すデシジョン",
    "calledDecision.resultVariable": "結果の変数",
    "loopCharacteristics.inputCollection": "繰り返しの一覧",
    "loopCharacteristics.inputElement": "繰り返しの要素名",
    "subscription.correlationKey": "メッセージの相関キー",
    "messageEventDefinition.messageRef": "メッセージ",
    "signalEventDefinition.signalRef": "シグナル",
    "errorEventDefinition.errorRef": "エラー",
    "errorCode": "エラーコード",
    "escalationEventDefinition.escalationRef": "エスカレーション",
    "escalationCode": "エスカレーションのコード",
    "processRef": "プロセス",
    "layout": "横の並び",
    "isExecutable": "実行可能",
    "decisionTable.hitPolicy": "ヒットポリシー",
    "text": "内容",
    "label": "ラベル",
    "key": "変数",
    "type": "種類",
}
INSIDE: Final = "サブプロセス"
"""The label of the sub-process that an element lies in."""
_REFERENCES: Final = frozenset(
    [
        "出る要素",
        "入る要素",
        "付く相手",
        "既定のフロー",
        "メッセージ",
        "シグナル",
        "エラー",
        "エスカレーション",
        "プロセス",
    ]
)
_ITEMS: Final = frozenset(KINDS) | model.FLOW_NODES | model.CONNECTIONS | model.ARTIFACTS | {"escalation"}
_SILENT: Final = frozenset({"incoming", "outgoing", "flowNodeRef", "extensionElements", "laneSet", "DMNDI"})


@dataclass(frozen=True)
class Fact:
    """One thing that an element says: ``value`` to compare (an id for a reference), ``shown`` to people."""

    value: str
    shown: str


@dataclass
class Item:
    """One element: ``kind`` and ``facts`` by label, in Japanese."""

    id: str
    kind: str
    name: str
    facts: dict[str, Fact] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """How a sentence calls the element."""
        name = f"「{self.name}」" if self.name else ""
        return f"{self.kind}{name}（{self.id}）"


def read(path: Path) -> dict[str, Item]:
    """Return the elements of a .bpmn, .dmn or .form file by id; raises InputError for an unreadable file."""
    if path.suffix == ".form":
        return _form_items(forms.load(path))
    root = dmn.load(path).root if path.suffix == ".dmn" else model.load(path).root
    names = {identity: e.get("name") or identity for e in root.iter() if (identity := e.get("id"))}
    items: dict[str, Item] = {}
    for element in root.iter():
        if _is_item(element) and (identity := element.get("id")):
            items[identity] = _item(element, names)
    for lane in root.iter(f"{{{model.BPMN}}}lane"):
        for reference in lane.findall("bpmn:flowNodeRef", NS):
            for identity in _with_inside(root, (reference.text or "").strip()):
                if node := items.get(identity):
                    _add(node, "レーン", lane.get("id") or "", names)
    return items


def _with_inside(root: Element, identity: str) -> Iterator[str]:
    """Yield the id of a lane's element and those of the nodes inside it, whose lane it is, too."""
    for element in root.iter(*(f"{{{model.BPMN}}}{kind}" for kind in sorted(model.FLOW_NODES))):
        if element.get("id") == identity or any(part.get("id") == identity for part in element.iterancestors()):
            yield element.get("id") or ""


def _item(element: Element, names: dict[str, str]) -> Item:
    kind = local(element)
    item = Item(element.get("id", ""), KINDS.get(kind, kind), _one_line(element.get("name") or ""))
    for label, value in _facts(element):
        _add(item, label, value, names if label in _REFERENCES else {})
    parent = element.getparent()
    if parent is not None and local(parent) in model.SUB_PROCESSES:
        _add(item, INSIDE, parent.get("id") or "", names)
    return item


def _is_item(element: Element) -> bool:
    return local(element) in _ITEMS and etree.QName(element).namespace in {model.BPMN, dmn.DMN}


def _facts(element: Element) -> Iterator[tuple[str, str]]:
    """Yield (label, value) of everything that an element says, with its parts that are no elements themselves."""
    for name, value in element.attrib.items():
        attribute = str(name).rsplit("}", 1)[-1]
        if attribute not in {"id", *_TEMPLATE}:
            yield _LABELS.get(attribute, attribute), str(value)
    yield from _parts(element)


def _parts(element: Element) -> Iterator[tuple[str, str]]:
    for child in element:
        if local(child) == "extensionElements":
            for part in child:
                yield from _nested_facts(part)
        elif isinstance(child.tag, str) and local(child) not in _SILENT and not _is_item(child):
            yield from _nested_facts(child)


def _nested_facts(element: Element) -> Iterator[tuple[str, str]]:
    kind = local(element)
    if kind in {"header", "property"}:
        yield f"ヘッダー「{element.get('key') or element.get('name')}」", element.get("value", "")
    elif kind in {"input", "output"} and element.get("target") is not None:
        label = "入力" if kind == "input" else "出力"
        yield f"{label}マッピング「{element.get('target')}」", element.get("source", "")
    else:
        if kind.endswith("EventDefinition") or kind in {"userTask", "multiInstanceLoopCharacteristics"}:
            yield "設定", kind
        yield from _own_values(element, kind)
        yield from _parts(element)


def _own_values(element: Element, kind: str) -> Iterator[tuple[str, str]]:
    for name, value in element.attrib.items():
        attribute = str(name).rsplit("}", 1)[-1]
        if attribute not in {"id", "type"} or (attribute == "type" and "}" not in str(name)):
            key = f"{kind}.{attribute}"
            yield _LABELS.get(key, key), str(value)
    if text := (element.text or "").strip():
        yield _LABELS.get(kind, kind), text


def _add(item: Item, label: str, value: str, names: dict[str, str]) -> None:
    text, shown = _one_line(value), _one_line(names.get(value, value))
    if before := item.facts.get(label):
        text, shown = f"{before.value}、{text}", f"{before.shown}、{shown}"
    item.facts[label] = Fact(text, shown)


def _form_items(form: forms.Form) -> dict[str, Item]:
    items = {
        form.id: Item(form.id, "フォーム", "", _flat({k: v for k, v in form.content.items() if k != "components"}))
    }
    rows = Counter(filter(None, map(_row, forms.components(form))))
    for component in forms.components(form):
        identity = str(component.get("id", ""))
        facts = _flat(_own(component, shares_row=rows[_row(component)] > 1))
        items[identity] = Item(identity, "フォームの部品", str(component.get("label", "")), facts)
    return items


def _row(component: dict[str, Any]) -> str:
    layout = component.get("layout")
    return str(layout.get("row", "")) if isinstance(layout, dict) else ""


def _own(component: dict[str, Any], *, shares_row: bool) -> dict[str, Any]:
    """Return what a component says by itself. A row of its own, which Modeler gives to each, makes no difference."""
    own = {key: value for key, value in component.items() if key not in {"components", "id", "layout"}}
    layout = component.get("layout")
    placed = isinstance(layout, dict) and (shares_row or layout.get("columns") is not None)
    return {**own, "layout": layout} if placed else own


def _flat(content: dict[str, Any]) -> dict[str, Fact]:
    texts = {
        key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
        for key, value in content.items()
    }
    return {_LABELS.get(key, key): Fact(text, text) for key, text in texts.items()}


def _one_line(text: str) -> str:
    return " ".join(text.split())
