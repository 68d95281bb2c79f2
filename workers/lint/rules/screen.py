"""Rules for forms against what Tasklist's screen (form-js 1.10) does behind one's back (ALL-10, D-2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from workers.lint.findings import Finding
from workers.packs.diagrams import dates, feel, forms
from workers.packs.diagrams.form_fields import DEMAND
from workers.packs.diagrams.forms import Form
from workers.variables import PLAIN_LOCALS

NUMBER: Final = "number"
"""The kind (``renkei:kind``) of a text field for a whole number."""
_TYPED: Final = frozenset({"textfield", "textarea"})
_DATES: Final = frozenset({dates.DATE, dates.MOMENT})
_KINDS: Final = _DATES | {dates.READING, NUMBER, DEMAND}
_IN_TAG: Final = re.compile(r"<[^<>{}]*\{\{")
_LOOP: Final = re.compile(r"\{\{#loop\s+([^{}]*)\}\}.*?\{\{/loop\}\}", re.DOTALL)
_BARE: Final = re.compile(r"\{\{\s*([^\W\d][\w.]*)\s*\}\}")
_BRACES: Final = re.compile(r"\{\{(?!/)(?:#if\s+|=)?(.*?)\}\}", re.DOTALL)


def check(form: Form, variables: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what would lose, change or hide what people type or read."""
    yield from _container(form, form.content, "")
    for component in forms.components(form):
        yield from _kind(form, component)
        yield from _blanks(form, component)
        yield from _words(form, component, variables)
    yield from _empty(form)


def counter(path: str) -> str:
    """Return the key that counts a list's rows."""
    return f"{path}Count"


def count_expression(path: str) -> str:
    """Return the FEEL of a list's counter."""
    return f"=count({path})"


def shown_as(name: str, variables: Mapping[str, Any]) -> str:
    """Return how a text component may show a variable: ``markdown``, ``plain`` or, as people's words, not at all."""
    return "plain" if name in PLAIN_LOCALS else str(getattr(variables.get(name), "shown", "") or "")


def _container(form: Form, container: dict[str, Any], row: str) -> Iterator[Finding]:
    """Check what stands beside what: a date and its reading, a list and its counter."""
    parts = [part for part in container.get("components") or [] if isinstance(part, dict)]
    for part, following in zip(parts, [*parts[1:], {}], strict=False):
        kind = _kind_of(part)
        if kind in _DATES:
            yield from _date(form, part, following, f"{row}{part.get('key')}")
        if part.get("type") == "dynamiclist" and part.get("allowAddRemove"):
            yield from _list(form, part, parts)
        if part.get("type") == "dynamiclist" and part.get("disableCollapse") is not True:
            message = (
                "画面は6行目からを隠し、必須の欄が見えないまま送れなくなります。disableCollapse を true にしてください"
            )
            yield _report(form, part, "form-collapse", message)
        yield from _container(form, part, "this." if part.get("type") == "dynamiclist" else row)


def _date(form: Form, part: dict[str, Any], following: dict[str, Any], key: str) -> Iterator[Finding]:
    kind = _kind_of(part)
    if (part.get("validate") or {}).get("pattern") != dates.pattern(kind):
        yield _report(form, part, "form-date", f"日付の欄の pattern は「{dates.pattern(kind)}」にしてください")
    if dates.example(kind) not in str(part.get("description")):
        yield _report(form, part, "form-date", f"日付の欄の説明に「{dates.example(kind)}」を入れてください")
    if following.get("text") != dates.reading(key, kind) or _kind_of(following) != dates.READING:
        message = (
            "日付の欄のすぐ下に、読み取った日付を示す部品がありません。"
            f"ほかのフォームの部品（renkei:kind が {dates.READING}）を写し、キーを {key} に直してください"
        )
        yield _report(form, part, "form-date", message)


def _list(form: Form, part: dict[str, Any], beside: list[dict[str, Any]]) -> Iterator[Finding]:
    path = str(part.get("path"))
    wanted = {"type": "expression", "key": counter(path), "expression": count_expression(path), "computeOn": "change"}
    if not any(wanted.items() <= other.items() for other in beside):
        message = (
            f"一覧「{path}」の行をすべて消しても、画面は前の行を送ります。"
            f"キー {counter(path)}、式 {count_expression(path)}、computeOn change の expression を置いてください"
        )
        yield _report(form, part, "form-list", message)


def _kind(form: Form, part: dict[str, Any]) -> Iterator[Finding]:
    type_, kind, key = part.get("type"), _kind_of(part), str(part.get("key") or "")
    if type_ == "datetime":
        message = (
            "日付の部品は、ブラウザーの言語によって別の日付を送ります。renkei:kind が date の textfield にしてください"
        )
        yield _report(form, part, "form-date", message)
    elif type_ == "number":
        message = "数の部品は、全角の数字を黙って捨てます。renkei:kind が number の textfield にしてください"
        yield _report(form, part, "form-number", message)
    elif type_ == "textfield" and kind not in _DATES and re.search(r"(On|[a-z]sAt)$", key):
        yield _report(form, part, "form-date", f"キー「{key}」は日付です。renkei:kind を date か moment にしてください")
    if kind and kind not in _KINDS:
        yield _report(form, part, "form-kind", f"renkei:kind「{kind}」はありません。{'・'.join(sorted(_KINDS))} です")
    pattern = str((part.get("validate") or {}).get("pattern") or "")
    if kind == NUMBER and not (_takes(pattern, "３") and not _takes(pattern, "三")):
        yield _report(form, part, "form-number", "数の欄の pattern は、全角の数字も受け付けるようにしてください")


def _empty(form: Form) -> Iterator[Finding]:
    """A field's text that nothing was given for is "", not null: a condition that looks for null alone never holds."""
    texts = {str(part["key"]) for part in forms.components(form) if part.get("type") in _TYPED and part.get("key")}
    for part in forms.components(form):
        hide = str((part.get("conditional") or {}).get("hide") or "")
        for key in sorted(texts):
            name = rf"(?<![\w.]){re.escape(key)}\s*!?=\s*"
            if re.search(rf"{name}null", hide) and not re.search(rf'{name}""', hide):
                message = (
                    f'「{key}」は、何も渡されないと null ではなく "" です。{key} = null or {key} = "" と書いてください'
                )
                yield _report(form, part, "form-empty", message)


def _blanks(form: Form, part: dict[str, Any]) -> Iterator[Finding]:
    validate = part.get("validate") or {}
    if part.get("type") not in _TYPED or not validate.get("required") or part.get("readonly"):
        return
    refused = validate.get("minLength") or ("pattern" in validate and not _takes(str(validate["pattern"]), "　"))
    if not refused:
        message = "必須の欄が空白だけでも通ります。minLength を 1 以上にしてください"
        yield _report(form, part, "form-blank", message)


def _words(form: Form, part: dict[str, Any], variables: Mapping[str, Any]) -> Iterator[Finding]:
    text, type_ = str(part.get("text") or part.get("content") or ""), part.get("type")
    if type_ not in {"text", "html"} or dates.is_reading(text):
        return
    if type_ == "html" and _IN_TAG.search(text):
        yield _report(form, part, "form-text", "タグの中に変数を入れないでください")
    for path in _BARE.findall(text) if type_ == "html" else ():
        message = (
            f"html の「{{{{{path}}}}}」は、値が null や数のとき {{{{⚠}}}} と表示されます。"
            f'{{{{if {path} = null then "" else string({path})}}}} と書いてください'
        )
        yield _report(form, part, "form-text", message)
    for name in dict.fromkeys(_shown(text)):
        how = shown_as(name, variables)
        if type_ == "text" and not how:
            message = (
                f"「{name}」は人の書いた文を含みます。text は Markdown として読むため、一部が消えたり変わったりします。"
                "html の部品に入れてください"
            )
            yield _report(form, part, "form-text", message)
        elif type_ == "html" and how == "markdown":
            message = f"「{name}」は Markdown で書かれています。text の部品に入れてください"
            yield _report(form, part, "form-text", message)


def _shown(text: str) -> Iterator[str]:
    """Yield the variables whose values a text shows; ``this`` of a loop is an element of its list."""
    if text.startswith("="):
        yield from _names(text[1:])
        return
    for loop in _LOOP.finditer(text):
        yield from _names(loop[1])
    for body in _BRACES.findall(_LOOP.sub("", text)):
        yield from _names(body)


def _names(expression: str) -> list[str]:
    try:
        return feel.variables(expression.strip())
    except feel.FeelSyntaxError:
        return []  # feel-syntax says so


def _kind_of(part: dict[str, Any]) -> str:
    properties = part.get("properties")
    return str(properties.get(dates.KIND) or "") if isinstance(properties, dict) else ""


def _takes(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return True


def _report(form: Form, part: dict[str, Any], rule: str, message: str) -> Finding:
    identity = str(part.get("id") or "")
    return Finding(file=form.path, element=identity, rule=rule, message=message, line=form.line_of(identity))
