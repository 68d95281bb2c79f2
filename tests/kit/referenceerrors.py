"""The page of errors: every message with its code, by the part of the program that says it."""

from __future__ import annotations

from typing import Final

from tests.kit.referencetables import plain, table
from workers.errorcodes import HOLE, KINDS, PART, USAGE, messages

_KINDS: Final = {
    KINDS["RetryableError"]: (
        "つながらない、待たされる",
        "少し待って、もう一度実行する。続くなら `renkei doctor` で調べる",
    ),
    KINDS["BusyError"]: (
        "台帳かエンジンが混んでいる、止まっている、ディスクが一杯",
        "空きと負荷を確かめる。ワーカーは戻るまで自分で待つ",
    ),
    KINDS["PermanentError"]: (
        "設定・図・ひな形の誤り。待っても直らない",
        "文の示すものを直してから、もう一度実行する。止まった案件は Operate で再試行する",
    ),
    KINDS["BusinessError"]: ("手続の上で進められない", "文の示す決まりを確かめる"),
    KINDS["InputError"]: ("入力の誤り", "文の示すファイル、行、項目を直す"),
    USAGE: ("コマンドの書き方の誤り", "`--help` で書き方を確かめる"),
    PART: ("手元で試すための部品がない", "`pip install 'renkei[local]'` か `make setup`"),
}
_AREAS: Final = {
    "1": (
        "手元の Camunda 一式",
        (
            "`renkei up`、`renkei demo`、`make demo` で出ます。直してから、もう一度同じコマンドを実行します。"
            "取り寄せたものが壊れたときは、文の示すファイルを消せば取り直します。"
        ),
    ),
    "2": (
        "図、画面、表、市のパック",
        "`renkei lint` で、同じ誤りがほかにもないか確かめます。直し方は[図の直し方](../process-owners.md)にあります。",
    ),
    "3": (
        "案件と手続",
        (
            "画面では、その作業の上に出ます。入力を直して、もう一度送ります。"
            "ワーカーの中で出たものは `renkei status` と Operate に、案件の番号とともに出ます。"
        ),
    ),
    "4": (
        "読み込むファイルと一覧",
        (
            "文の頭に、ファイル、行（Excel ではセル）、項目が出ます。ファイルを直して、もう一度読み込みます。"
            "誤りがあるうちは、台帳は変わりません。"
        ),
    ),
    "5": (
        "エンジン、台帳、メール、ファイル",
        (
            "`renkei doctor` が、どこにつながらないか、どうすればよいかを言います。ワーカーは、"
            "つながるまで自分で待ちます。"
        ),
    ),
    "6": ("コマンド", "`renkei コマンド --help` で書き方を確かめます。"),
    "7": ("ページ（職員の机、相手方の回答）", "ページの上に出ます。本番では、ページのログに番号とともに残ります。"),
}


def page() -> str:
    """Return the page."""
    lines = [
        "# エラー",
        "",
        (
            "コマンドが誤りで終わると、文の終わりに番号が出ます（例: `…はない日付です [RK-3058]`）。"
            "この頁をその番号で探してください。"
        ),
        (
            "番号は変わりません。文の中の「…」は、そのときどきで変わるところです。図の検査（`renkei lint`）"
            "の規則の名前（`data-flow` など）は[図の直し方](../process-owners.md#値が届くかを確かめる)にあります。"
        ),
        "",
        "## 種類ごとの番号",
        "",
        "いくつかの文を合わせて作られた誤りには、種類の番号が付きます。",
        "",
        *table("番号 | 意味 | 手当て", [(code, meaning, what) for code, (meaning, what) in sorted(_KINDS.items())]),
    ]
    told = messages()
    for digit, (title, what) in _AREAS.items():
        rows = [(code, _shown(message)) for code, message in sorted(told.items()) if code[3] == digit]
        lines += ["", f"## RK-{digit}…: {title}", "", what, "", *table("番号 | 文", rows)]
    return "\n".join(lines)


def _shown(message: str) -> str:
    return plain(message.replace(HOLE, "…"))
