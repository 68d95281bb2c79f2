"""Japanese for what Camunda's linters say in English: what is wrong, and what to do; their own words follow."""

from __future__ import annotations

import re
from typing import Final

_RULES: Final = {
    "ad-hoc-sub-process": ("アドホックサブプロセスの中身が正しくありません", "開始・終了イベントを除いてください"),
    "conditional-event": ("条件イベントに条件がありません", "条件を入れてください"),
    "conditional-flows": ("条件の付かないフローがあります", "条件を書くか、既定のフローにしてください"),
    "end-event-required": ("終了イベントがありません", "最後の作業を終了イベントにつないでください"),
    "event-based-gateway": (
        "イベントゲートウェイの先が正しくありません",
        "条件のないフローで、イベント2つ以上につないでください",
    ),
    "event-sub-process-typed-start-event": (
        "イベントサブプロセスの開始イベントに種類がありません",
        "タイマーやメッセージなどの種類を選んでください",
    ),
    "fake-join": ("合流のように描かれていますが、流れは待ち合わせません", "合流のゲートウェイを前に置いてください"),
    "global": (
        "メッセージやエラーの宣言が使われていないか、名前がないか、重なっています",
        "使うイベントで選び直してください",
    ),
    "label-required": ("名前がありません", "何をするところか分かる名前を付けてください"),
    "link-event": ("リンクイベントの対がそろっていません", "出すほうと受けるほうに、同じ名前を付けてください"),
    "no-bpmndi": ("図に描かれていません", "Modeler で消して置き直してください"),
    "no-complex-gateway": ("複合ゲートウェイは使えません", "排他・並列のゲートウェイに替えてください"),
    "no-disconnected": ("どのフローにもつながっていません", "フローでつなぐか、消してください"),
    "no-duplicate-sequence-flows": ("同じ要素の間のフローが重なっています", "1本を消してください"),
    "no-gateway-join-fork": ("1つのゲートウェイが合流と分岐を兼ねています", "2つに分けてください"),
    "no-implicit-end": ("出るフローがなく、ここで途切れています", "次の要素か終了イベントにつないでください"),
    "no-implicit-split": ("ゲートウェイを使わずに分かれています", "分かれるところにゲートウェイを置いてください"),
    "no-implicit-start": ("入るフローがなく、ここには届きません", "前の要素か開始イベントからつないでください"),
    "no-inclusive-gateway": ("包含ゲートウェイは分かりにくいので避けます", "排他・並列のゲートウェイに替えてください"),
    "no-overlapping-elements": ("ほかの要素と重なっているか、枠の外にあります", "重ならないところに動かしてください"),
    "single-blank-start-event": ("種類のない開始イベントが2つ以上あります", "1つにしてください"),
    "single-event-definition": ("1つのイベントに種類が複数あります", "1つだけ残してください"),
    "start-event-required": ("開始イベントがありません", "最初の作業の前に開始イベントを置いてください"),
    "sub-process-blank-start-event": (
        "サブプロセスの開始イベントに種類が付いています",
        "種類のない開始イベントにしてください",
    ),
    "superfluous-gateway": ("分岐も合流もしないゲートウェイです", "消してフローをつないでください"),
    "superfluous-label": ("要らない名前が付いています", "名前を消してください"),
    "superfluous-termination": ("強制終了にする必要がない終了イベントです", "ふつうの終了イベントにしてください"),
    "bpmn/import": ("BPMN として読めないところがあります", "Modeler で開いて確かめてください"),
    "import": ("ファイルを読み込めません", "Modeler で開けるか確かめてください"),
    "form/feel": ("FEEL の書き方が正しくありません", "式を直してください"),
    "form/feel-of-tasklist": ("Camunda 8.6 の Tasklist が計算できない式です", "使える関数だけで書き直してください"),
    "form/compatibility": ("Camunda 8.6 の Tasklist では使えない設定です", "その設定を外してください"),
    "dmn/import": ("DMN として読めないところがあります", "Modeler で開いて確かめてください"),
    "dmn/feel": ("FEEL の書き方が正しくありません", "セルの式を直してください"),
    "dmn/duplicate-rule": ("条件がほかの行と同じです", "どちらかの行を消すか、条件を変えてください"),
    "camunda-compat/called-element": ("呼び出すプロセスが決まっていません", "呼び出すプロセスの ID を入れてください"),
    "camunda-compat/duplicate-execution-listeners": ("同じ実行リスナーが重なっています", "1つにしてください"),
    "camunda-compat/duplicate-task-headers": ("同じ名前のヘッダーが重なっています", "1つにしてください"),
    "camunda-compat/element-type": ("Camunda 8.6 では使えない要素です", "使える要素に替えてください"),
    "camunda-compat/error-reference": (
        "エラーかエラーコードが決まっていません",
        "エラーを選び、コードを入れてください",
    ),
    "camunda-compat/escalation-reference": (
        "エスカレーションかそのコードが決まっていません",
        "エスカレーションを選び、コードを入れてください",
    ),
    "camunda-compat/event-based-gateway-target": (
        "イベントゲートウェイの先が正しくありません",
        "受信イベントにつないでください",
    ),
    "camunda-compat/executable-process": (
        "実行可能（isExecutable）なプロセスがありません",
        "Executable に印を付けてください",
    ),
    "camunda-compat/feel": ("FEEL の書き方が正しくありません", "式を直してください"),
    "camunda-compat/feel-compatibility": ("Camunda 8.6 の FEEL にない関数です", "別の書き方に直してください"),
    "camunda-compat/implementation": (
        "何をするか（ジョブ型やデシジョン）が決まっていません",
        "テンプレートを選んでください",
    ),
    "camunda-compat/io-mapping": ("入出力マッピングが正しくありません", "使えないところのマッピングを消してください"),
    "camunda-compat/loop-characteristics": ("繰り返しの設定が足りません", "繰り返す一覧と要素の名前を入れてください"),
    "camunda-compat/message-reference": (
        "メッセージかその名前が決まっていません",
        "メッセージを選び、名前を入れてください",
    ),
    "camunda-compat/sequence-flow-condition": (
        "条件を書けないフローに条件があります",
        "条件は排他・包含ゲートウェイから出るフローに書いてください",
    ),
    "camunda-compat/signal-reference": ("シグナルかその名前が決まっていません", "シグナルを選び、名前を入れてください"),
    "camunda-compat/subscription": (
        "メッセージの相関キーがありません",
        "どの案件への連絡かの式（=caseId など）を入れてください",
    ),
    "camunda-compat/task-schedule": ("期限の設定が正しくありません", "日時か、= で始まる式を入れてください"),
    "camunda-compat/timer": ("タイマーの設定が正しくありません", "日時・期間・周期のどれか1つを入れてください"),
    "camunda-compat/user-task-definition": (
        "ユーザータスクが古い種類（ジョブ）です",
        "Implementation を「Camunda user task」にしてください",
    ),
    "camunda-compat/user-task-form": ("フォームが決まっていません", "画面（フォーム）の ID を入れてください"),
    "camunda-compat/variable-name": ("変数名に使えない文字があります", "英字で始め、英数字だけで書いてください"),
    "camunda-compat/zeebe-user-task": (
        "ユーザータスクが古い種類（ジョブ）です",
        "Implementation を「Camunda user task」にしてください",
    ),
}
_OTHER: Final = ("Camunda の検査で問題が見つかりました", "Modeler で開き、下の「Problems」の欄で確かめてください")
_UNRESOLVED: Final = re.compile(r"unresolved reference <(?P<id>[^>]+)>")
_WITHOUT: Final = re.compile(r"must have (?:one )?(?:extension element of type|property) <(?P<what>[\w:]+)>")
_PARTS: Final = {
    "zeebe:UserTask": ("Camunda ユーザータスクではありません", "Implementation を「Camunda user task」にしてください"),
    "zeebe:FormDefinition": ("フォームが決まっていません", "画面（フォーム）の ID を入れてください"),
    "formId": ("フォームが決まっていません", "画面（フォーム）の ID を入れてください"),
    "zeebe:TaskDefinition": ("ジョブ型が決まっていません", "テンプレートを選んでください"),
    "zeebe:CalledElement": ("呼び出すプロセスが決まっていません", "呼び出すプロセスの ID を入れてください"),
    "zeebe:CalledDecision": ("呼び出すデシジョンが決まっていません", "表の ID と結果の変数を入れてください"),
    "zeebe:Subscription": (
        "メッセージの相関キーがありません",
        "どの案件への連絡かの式（=caseId など）を入れてください",
    ),
    "messageRef": ("メッセージが決まっていません", "メッセージを選んでください"),
    "errorRef": ("エラーが決まっていません", "エラーを選んでください"),
    "errorCode": ("エラーコードがありません", "エラーコードを入れてください"),
    "escalationRef": ("エスカレーションが決まっていません", "エスカレーションを選んでください"),
    "signalRef": ("シグナルが決まっていません", "シグナルを選んでください"),
}


def japanese(rule: str, english: str, name: str = "") -> str:
    """Return what is wrong at an element (``name``) and what to do, with the linter's own words behind it."""
    what, todo = _RULES.get(rule, _OTHER)
    if missing := _WITHOUT.search(english):
        what, todo = _PARTS.get(missing["what"], (what, todo))
    place = f"「{name}」: " if name else ""
    return f"{place}{what}。{todo}（{english}）"


def unresolved(english: str) -> str:
    """Return the id that the importer looked for in vain, empty for any other message."""
    found = _UNRESOLVED.search(english)
    return found["id"] if found else ""


def dangling(name: str, where: str, missing: str) -> str:
    """Return what to say of an element that points at one that is not there."""
    return (
        f"「{name}」の{where}は「{missing}」ですが、その要素がありません。Modeler で開き、つなぎ直すか消してください"
        f"（unresolved reference <{missing}>）"
    )


def cut(before: str, after: str) -> str:
    """Return what to say where a flow between two elements is missing."""
    return (
        f"「{before}」から出るフローがなく、「{after}」に入るフローもありません。間のフローが消えているようです。"
        "つなぎ直してください（no-implicit-end, no-implicit-start）"
    )


def overlapping(one: str, other: str) -> str:
    """Return what to say of two elements that are drawn over each other."""
    return f"「{one}」と「{other}」が重なって描かれています。離して置いてください（no-overlapping-elements）"
