"""Japanese for what Camunda's linters say in English."""

from __future__ import annotations

from typing import Final

_RULES: Final = {
    "ad-hoc-sub-process": "アドホックサブプロセスの中身が正しくありません",
    "conditional-event": "条件イベントに条件がありません",
    "conditional-flows": "条件の付かないフローがあります",
    "end-event-required": "終了イベントがありません",
    "event-based-gateway": "イベントゲートウェイの先はイベントを 2 つ以上にしてください",
    "event-sub-process-typed-start-event": "イベントサブプロセスの開始イベントに種類がありません",
    "fake-join": "合流のように描かれていますが、流れは待ち合わせません",
    "global": "メッセージやエラーの宣言が使われていないか、参照先がありません",
    "label-required": "名前がありません",
    "link-event": "リンクイベントの対がそろっていません",
    "no-bpmndi": "図に描かれていません（DI がありません）",
    "no-complex-gateway": "複合ゲートウェイは使えません",
    "no-disconnected": "どのフローにもつながっていません",
    "no-duplicate-sequence-flows": "同じ要素の間のフローが重なっています",
    "no-gateway-join-fork": "1 つのゲートウェイが合流と分岐を兼ねています。2 つに分けてください",
    "no-implicit-end": "出るフローがありません。終了イベントにつないでください",
    "no-implicit-split": "ゲートウェイを使わずに分岐しています",
    "no-implicit-start": "入るフローがありません。開始イベントからつないでください",
    "no-inclusive-gateway": "包含ゲートウェイは分かりにくいため避けてください",
    "no-overlapping-elements": "ほかの要素と重なって描かれています",
    "single-blank-start-event": "種類のない開始イベントは 1 つにしてください",
    "single-event-definition": "1 つのイベントに種類が複数あります",
    "start-event-required": "開始イベントがありません",
    "sub-process-blank-start-event": "サブプロセスの開始イベントには種類を付けないでください",
    "superfluous-gateway": "分岐も合流もしないゲートウェイです",
    "superfluous-label": "名前は要りません",
    "superfluous-termination": "強制終了イベントにする必要がありません",
    "bpmn/import": "BPMN として読めないところがあります",
    "import": "読み込めません",
    "form/feel": "FEEL の書き方が正しくありません",
    "form/compatibility": "Camunda 8.6 の Tasklist では使えない設定です",
    "dmn/import": "DMN として読めないところがあります",
    "dmn/feel": "FEEL の書き方が正しくありません",
    "dmn/duplicate-rule": "条件がほかの行と同じです",
    "camunda-compat/called-element": "呼び出すプロセスの指定が正しくありません",
    "camunda-compat/duplicate-task-headers": "同じヘッダーが重なっています",
    "camunda-compat/element-type": "Camunda 8.6 では使えない要素です",
    "camunda-compat/error-reference": "エラーの参照先かエラーコードがありません",
    "camunda-compat/escalation-reference": "エスカレーションの参照先かコードがありません",
    "camunda-compat/event-based-gateway-target": "イベントゲートウェイの先が正しくありません",
    "camunda-compat/executable-process": "実行可能（isExecutable）なプロセスがありません",
    "camunda-compat/feel": "FEEL の書き方が正しくありません",
    "camunda-compat/feel-compatibility": "Camunda 8.6 の FEEL にない関数です",
    "camunda-compat/implementation": "実装（ジョブ型やデシジョンなど）がありません",
    "camunda-compat/io-mapping": "マッピングが正しくありません",
    "camunda-compat/loop-characteristics": "繰り返しの設定が足りません",
    "camunda-compat/message-reference": "メッセージの参照先か名前がありません",
    "camunda-compat/sequence-flow-condition": "フローの条件が正しくありません",
    "camunda-compat/signal-reference": "シグナルの参照先か名前がありません",
    "camunda-compat/subscription": "メッセージの相関キーがありません",
    "camunda-compat/task-schedule": "期限の設定が正しくありません",
    "camunda-compat/timer": "タイマーの設定が正しくありません",
    "camunda-compat/user-task-definition": "Camunda ユーザータスクではありません",
    "camunda-compat/user-task-form": "フォームの設定が正しくありません",
    "camunda-compat/variable-name": "変数名に使えない文字があります",
    "camunda-compat/zeebe-user-task": "Camunda ユーザータスクではありません",
}


def japanese(rule: str, english: str) -> str:
    """Return the Japanese message of a rule, with the linter's own words behind it."""
    return f"{_RULES.get(rule, 'Camunda の検査で問題が見つかりました')}（{english}）"
