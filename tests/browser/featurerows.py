"""The form features that packs use, each as a row: what a form has, what a person does, why the screens may differ.

``ROWS`` make up one form. It is filled in as Tasklist 8.6 and as our page show it; what the process has afterwards is
compared (``test_form_features.py``) and stands in docs/form-features.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

Part = Mapping[str, Any]
FORM_ID: Final = "form-features"
_PACKS: Final = Path(__file__).parents[2] / "bpmn"
_OURS: Final = ("renkei:page", "renkei:office", "renkei:office-values", "renkei:for")
"""Marks that only our page and our workbook read; no screen of Camunda's knows them."""
_NAMES: Final = frozenset({"type", "id", "key", "path", "label", "components"})
_DATE: Final = (
    r"令和8年6月8日、2026-06-08 のように入力"
    r"|^\D{0,6}[0-9０-９元]{1,4}\D{1,3}[0-9０-９]{1,2}\D{1,3}[0-9０-９]{1,2}\s*日?\s*$"
)
_MOMENT: Final = _DATE.replace("$", r"[T\s]*[0-9０-９]{1,2}\s*[:：時].{0,14}$")
_NUMBER: Final = r"0以上の整数を入力|^\s*[0-9０-９]{1,6}\s*$"
_OPTIONS: Final = [{"label": "総務課", "value": "soumu"}, {"label": "企画課", "value": "kikaku"}]
_TWO: Final = [{"label": "はい", "value": "yes"}, {"label": "いいえ", "value": "no"}]
_NAMED: Final = [{"title": "健康教室", "note": "前の所見"}, {"title": "防災講座", "note": ""}]


@dataclass(frozen=True, kw_only=True, eq=False)
class Row:
    """One feature. ``parts``: its components.

    ``known``: the process's variables before; ``typed``: what is typed and chosen, in steps; ``first``: what is typed
    before that and may be refused; ``reads``: a word in what is only shown; ``why``: why the screens differ, empty
    where they do not.
    """

    feature: str
    does: str
    parts: tuple[Part, ...]
    known: Mapping[str, Any] = field(default_factory=dict)
    first: Mapping[str, Any] = field(default_factory=dict)
    typed: tuple[Mapping[str, Any], ...] = ()
    reads: str = ""
    why: str = ""

    @property
    def keys(self) -> list[str]:
        """The variables that the row is about."""
        return [str(part.get("key") or part["path"]) for part in self.parts if "key" in part or "path" in part]


def _part(kind: str, name: str, label: str = "", **more: Any) -> dict[str, Any]:
    keyed: dict[str, Any] = {} if kind in {"text", "html", "table"} else {"key": name}
    where = {
        "layout": {"row": f"Row_{name}", **({"columns": columns} if (columns := more.pop("columns_of_row", 0)) else {})}
    }
    named = {"label": label} if label else {}
    return {"type": kind, "id": f"Field_{name}", **keyed, **named, **where, **more}


def _list(name: str, label: str, components: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    inner = [{**one, "id": one["id"].replace("Field_", f"Field_{name}_")} for one in components]
    shape = {"isRepeating": True, "disableCollapse": True, "showOutline": True, "allowAddRemove": True}
    return {
        "type": "dynamiclist",
        "id": f"List_{name}",
        "path": name,
        "label": label,
        "components": inner,
        "layout": {"row": f"Row_{name}"},
        **shape,
        "defaultRepetitions": 0,
        **more,
    }


_LINE: Final = _part("textfield", "title", "事業名", validate={"required": True, "maxLength": 60, "minLength": 1})

ROWS: Final[tuple[Row, ...]] = (
    Row(
        feature="1行の入力（必須）",
        does="全角の空白だけを入れる",
        parts=(_part("textfield", "blank", "空白だけ", validate={"required": True}),),
        first={"blank": "　"},
        typed=({"blank": "見本"},),
        why="Tasklist は空白だけを必須の答えとして受け取る。ページは受け取らない",
    ),
    Row(
        feature="1行の入力（必須、最小・最大の字数）",
        does="前後に空白を付けて入れる",
        parts=(
            _part(
                "textfield",
                "line",
                "名称",
                description="説明",
                columns_of_row=8,
                validate={"required": True, "minLength": 1, "maxLength": 60},
            ),
        ),
        typed=({"line": "　株式会社みほん　"},),
        why="ページは前後の空白を除く。Tasklist からのものはワーカーが除く",
    ),
    Row(
        feature="1行の入力（日付）",
        does="全角の数字で和暦を入れる",
        parts=(
            _part(
                *("textfield", "day", "日付"),
                validate={"required": True, "pattern": _DATE},
                properties={"renkei:kind": "date"},
            ),
            _part(
                "text",
                "reading",
                text='=if day = null then "" else "読み: " + day',
                properties={"renkei:kind": "reading"},
            ),
        ),
        typed=({"day": "令和８年６月８日"},),
        why="ページは全角の数字を半角にする。Tasklist からのものはワーカーが同じ日として読む",
    ),
    Row(
        feature="1行の入力（日付）",
        does="ISO の日付を入れる",
        parts=(_part("textfield", "iso", "日付", validate={"pattern": _DATE}, properties={"renkei:kind": "date"}),),
        typed=({"iso": "2026-06-08"},),
    ),
    Row(
        feature="1行の入力（日と時刻）",
        does="令和8年6月8日 13時30分 と入れる",
        parts=(
            _part("textfield", "moment", "日時", validate={"pattern": _MOMENT}, properties={"renkei:kind": "moment"}),
        ),
        typed=({"moment": "令和8年6月8日 13時30分"},),
    ),
    Row(
        feature="1行の入力（数）",
        does="全角の数字を入れる",
        parts=(
            _part("textfield", "persons", "人数", validate={"pattern": _NUMBER}, properties={"renkei:kind": "number"}),
        ),
        typed=({"persons": "１２"},),
        why="ページは半角にする。Tasklist からのものはワーカーが同じ数として読む（数の部品なら Tasklist では消える）",
    ),
    Row(
        feature="1行の入力（メールアドレス）",
        does="アドレスを入れる",
        parts=(_part("textfield", "mail", "メール", validate={"validationType": "email"}),),
        typed=({"mail": "hanako@mihon.example"},),
    ),
    Row(
        feature="1行の入力（読むだけ）",
        does="何もしない",
        parts=(_part("textfield", "fixedLine", "前の値", readonly=True),),
        known={"fixedLine": "前の値"},
    ),
    Row(
        feature="1行の入力（条件で隠れる）",
        does="入れてから、条件で隠す",
        parts=(
            _part("radio", "shows", "出すか", values=_TWO, validate={"required": True}),
            _part("textfield", "hidden", "隠れる欄", conditional={"hide": '=shows = "no"'}),
        ),
        typed=({"shows": "はい"}, {"hidden": "見えなくなる"}, {"shows": "いいえ"}),
    ),
    Row(
        feature="長い入力（必須、最小・最大の字数）",
        does="改行と「~」のある文を入れる",
        parts=(
            _part(
                *("textarea", "words", "内容"),
                description="説明",
                validate={"required": True, "minLength": 1, "maxLength": 2000},
            ),
        ),
        typed=({"words": "10:00~11:00~12:00\n2. 二行目"},),
    ),
    Row(
        feature="長い入力（読むだけ、条件で隠れる）",
        does="何もしない",
        parts=(
            _part(
                "textarea",
                "objection",
                "市から",
                readonly=True,
                conditional={"hide": '=objection = null or objection = ""'},
            ),
        ),
        known={"objection": "1行目\n~2~行目"},
    ),
    Row(
        feature="一つ選ぶ（選択肢は変数から）",
        does="二つ目を選ぶ",
        parts=(
            _part(
                "radio", "oneOf", "課", description="説明", valuesExpression="=departments", validate={"required": True}
            ),
        ),
        known={"departments": _OPTIONS},
        typed=({"oneOf": "企画課"},),
    ),
    Row(
        feature="一つ選ぶ（既定の値）",
        does="何もしない",
        parts=(_part("radio", "preset", "既定", values=_TWO, defaultValue="yes"),),
    ),
    Row(
        feature="一つ選ぶ（既定の値、変数は null）",
        does="何もしない",
        parts=(_part("radio", "presetNull", "既定と null", values=_TWO, defaultValue="yes"),),
        known={"presetNull": None},
        why="Tasklist では null が既定の値を消す。ページは null を渡さない",
    ),
    Row(
        feature="一つ選ぶ（足りないことを知らせる）",
        does="一覧に行を足して消す",
        parts=(
            _list("demanded", "事業", [_LINE]),
            _part(
                *("radio", "demandedNeeds", "事業を1件以上"),
                values=[],
                validate={"required": True},
                conditional={"hide": "=count(demanded) > 0"},
                properties={"renkei:kind": "demand", "renkei:for": "demanded"},
            ),
        ),
        typed=({"demanded": [{"title": "健康教室"}]},),
    ),
    Row(
        feature="一覧から一つ選ぶ（検索できる、条件で隠れる、選択肢は変数から）",
        does="一つ目を選ぶ",
        parts=(
            _part(
                *("select", "picked", "課"),
                valuesExpression="=departments",
                searchable=True,
                columns_of_row=8,
                validate={"required": True},
                conditional={"hide": "=departments = null"},
            ),
        ),
        typed=({"picked": "総務課"},),
    ),
    Row(
        feature="一覧から一つ選ぶ（決まった選択肢）",
        does="選択肢にない前の値のままにする",
        parts=(_part("select", "gone", "前の課", description="説明", values=_OPTIONS),),
        known={"gone": "haishi"},
    ),
    Row(
        feature="一覧から一つ選ぶ（読むだけ）",
        does="何もしない",
        parts=(_part("select", "shownOnly", "課", values=_OPTIONS, readonly=True),),
        known={"shownOnly": "kikaku"},
    ),
    Row(
        feature="いくつか選ぶ（必須、条件で隠れる、選択肢は変数から）",
        does="二つとも選ぶ",
        parts=(
            _part(
                *("checklist", "several", "課"),
                valuesExpression="=departments",
                description="説明",
                validate={"required": True},
                conditional={"hide": "=departments = null"},
            ),
        ),
        typed=({"several": ["総務課", "企画課"]},),
    ),
    Row(
        feature="いくつか選ぶ（前の値を消す）",
        does="印を外す",
        parts=(_part("checklist", "unticked", "前の課", valuesExpression="=departments"),),
        known={"unticked": ["soumu"]},
        typed=({"unticked": []},),
    ),
    Row(
        feature="印を付ける（必須、条件で隠れる）",
        does="付ける",
        parts=(
            _part(
                "checkbox",
                "ticked",
                "確かめた",
                validate={"required": True},
                conditional={"hide": "=departments = null"},
            ),
        ),
        typed=({"ticked": True},),
    ),
    Row(
        feature="印を付ける",
        does="何もしない",
        parts=(_part("checkbox", "untouched", "費用がかかる", description="説明"),),
    ),
    Row(
        feature="検索していくつか選ぶ（必須、条件で隠れる、選択肢は変数から）",
        does="一つ目を選ぶ",
        parts=(
            _part(
                *("taglist", "tags", "関わる課"),
                valuesExpression="=departments",
                description="説明",
                validate={"required": True},
                conditional={"hide": "=departments = null"},
            ),
        ),
        typed=({"tags": ["総務課"]},),
    ),
    Row(
        feature="行の一覧（足し引きできる、はじめは0行）と行数の式",
        does="2行を入れる",
        parts=(
            _list("rows", "連携事業", [_LINE, _part("checkbox", "cost", "費用がかかる")]),
            _part("expression", "rowsCount", expression="=count(rows)", computeOn="change"),
        ),
        typed=({"rows": [{"title": "健康教室", "cost": True}, {"title": "防災講座"}]},),
    ),
    Row(
        feature="行の一覧（前の行がある）と行数の式",
        does="最後の行まで消す",
        parts=(
            _list("emptied", "前の事業", [_LINE]),
            _part("expression", "emptiedCount", expression="=count(emptied)", computeOn="change"),
        ),
        known={"emptied": [{"title": "前の事業"}]},
        typed=({"emptied": []},),
        why="Tasklist は空の一覧を送らず、前の行が残る（図は行数が0なら空にする）。ページは空の一覧を送る",
    ),
    Row(
        feature="行の一覧（はじめは1行）",
        does="1行を入れる",
        parts=(_list("oneRow", "実績", [_LINE], defaultRepetitions=1),),
        typed=({"oneRow": [{"title": "健康教室"}]},),
    ),
    Row(
        feature="行の一覧（はじめは2行、条件で隠れる）",
        does="隠れている",
        parts=(
            _list("unseen", "出ない一覧", [_LINE], defaultRepetitions=2, conditional={"hide": "=departments != null"}),
        ),
    ),
    Row(
        feature="行の一覧（足し引きできない、行に読むだけの欄、選ぶ欄、隠れる欄）",
        does="1行目に所見を入れ、2行目で選ぶ",
        parts=(
            _list(
                *("named", "事業ごと"),
                [
                    _part("textfield", "title", "事業名", readonly=True, columns_of_row=8),
                    _part("radio", "rating", "見込み", values=_TWO, conditional={"hide": "=this.title = null"}),
                    _part("select", "department", "課", valuesExpression="=departments", columns_of_row=8),
                    _part("checklist", "involved", "関わる課", valuesExpression="=departments"),
                    _part("taglist", "others", "ほかの課", valuesExpression="=departments"),
                    _part("text", "about", text="{{this.title}} について"),
                    _part("textarea", "note", "所見", validate={"maxLength": 500}),
                ],
                allowAddRemove=False,
            ),
        ),
        known={"named": _NAMED},
        typed=(
            {"named": [{"note": "直した所見"}, {"rating": "はい", "department": "企画課", "involved": ["総務課"]}]},
        ),
    ),
    Row(
        feature="文（人の言葉を埋め込む、条件で隠れる）",
        does="読む",
        parts=(
            _part(
                *("text", "told"),
                text="文の印 {{told}}",
                conditional={"hide": "=told = null"},
                columns_of_row=8,
            ),
        ),
        known={"told": "10:00~11:00~12:00 *強く*"},
        reads="文の印",
        why="Tasklist は Markdown として読み、二つの「~」の間が消える。ページは書かれたとおりに出す",
    ),
    Row(
        feature="HTML の文（人の言葉を埋め込む、条件で隠れる）",
        does="読む",
        parts=(
            _part(
                *("html", "opinion"),
                content='<p style="white-space: pre-wrap">所見の印 <strong>{{told}}</strong></p>',
                conditional={"hide": "=told = null"},
            ),
        ),
        reads="所見の印",
    ),
    Row(
        feature="表（列は決まっている、条件で隠れる、20行ごと）",
        does="読む",
        parts=(
            _part(
                *("table", "table", "表の印"),
                dataSource="=named",
                rowCount=20,
                conditional={"hide": "=named = null"},
                columns=[{"id": "Table_title", "label": "事業名", "key": "title"}],
            ),
        ),
        reads="表の印",
    ),
    Row(
        feature="表（列は式から）",
        does="読む",
        parts=(
            _part(
                *("table", "columns", "列の式の印"),
                dataSource="=named",
                columnsExpression='=[{key: "title", label: "題名"}]',
                rowCount=20,
            ),
        ),
        reads="列の式の印",
    ),
)


def form() -> dict[str, Any]:
    """Return the form of all rows."""
    components = [part for row in ROWS for part in row.parts]
    return {"id": FORM_ID, "type": "default", "schemaVersion": 16, "components": components}


def known() -> dict[str, Any]:
    """Return the process's variables before the form is filled in."""
    return {name: value for row in ROWS for name, value in row.known.items()}


def features(container: Mapping[str, Any], place: str = "") -> Iterator[str]:
    """Yield what a form uses: ``type property`` of every component, ``row:`` before those in a list."""
    for part in container.get("components") or ():
        kind = f"{place}{part['type']}"
        yield kind
        for name, value in part.items():
            if name == "properties":
                yield from (f"{kind} {key}={word}" for key, word in value.items() if key not in _OURS)
            elif isinstance(value, dict):
                yield from (f"{kind} {name}.{key}" for key in value if key != "row")
            elif name not in _NAMES:
                yield f"{kind} {name}{_shape(name, value)}"
        yield from features(part, "row:")


def _shape(name: str, value: Any) -> str:
    return f"={value}" if isinstance(value, bool) or name in {"defaultRepetitions", "computeOn"} else ""


def used_by_packs() -> set[str]:
    """Return the features of all forms of the packs; in a row the same ones as outside count as known."""
    return set(
        _loose(f for path in sorted(_PACKS.glob("*/*.form")) for f in features(json.loads(path.read_text("utf-8"))))
    )


def covered() -> set[str]:
    """Return the features of the rows."""
    return set(_loose(features(form())))


def _loose(found: Iterable[str]) -> Iterator[str]:
    """Yield features; of a component in a list only that it stands there: its properties work as outside."""
    for feature in found:
        yield feature.partition(" ")[0] if feature.startswith("row:") else feature
        yield feature.removeprefix("row:")
