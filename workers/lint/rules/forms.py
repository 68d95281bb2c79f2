"""Rules for forms: platform, ids, FEEL, variables, and only what Tasklist 8.6 can show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from workers.lint.findings import Finding
from workers.lint.rules import choices, screen
from workers.lint.rules.base import Context
from workers.lint.rules.identities import PLATFORM, VERSION, file_name_message, id_problems
from workers.lint.rules.variables import did_you_mean, unknown
from workers.packs.diagrams import feel, forms
from workers.packs.diagrams.conditions import paths
from workers.packs.diagrams.forms import Form
from workers.variables import held_by

NEWEST_SCHEMA: Final = 16
_COMPONENTS: Final = frozenset(
    [
        *("button", "checkbox", "checklist", "datetime", "dynamiclist", "expression", "group", "html", "iframe"),
        *("image", "number", "radio", "select", "separator", "spacer", "table", "taglist", "text", "textarea"),
        "textfield",
    ]
)
_FORM_NAMES: Final = frozenset({"this", "parent", "i", "value"})


def check(form: Form, context: Context) -> Iterator[Finding]:
    """Yield the findings of one form."""
    yield from _head(form, context)
    yield from _components(form)
    yield from _expressions(form, context)
    yield from screen.check(form, context.variables)
    yield from choices.check(form)


def _head(form: Form, context: Context) -> Iterator[Finding]:
    found = form.content.get("executionPlatform"), form.content.get("executionPlatformVersion")
    if found != (PLATFORM, VERSION):
        message = f"実行環境が {PLATFORM} {VERSION} になっていません（今は {found[0] or 'なし'} {found[1] or ''}）"
        yield _report(form, form.id, "platform", message)
    schema = form.content.get("schemaVersion")
    if not isinstance(schema, int) or schema > NEWEST_SCHEMA:
        yield _report(
            form, form.id, "form-schema", f"schemaVersion は {NEWEST_SCHEMA} 以下にしてください（今は {schema}）"
        )
    for rule, message in id_problems(context.catalogue, form.path, "form", form.id):
        yield _report(form, form.id, rule, message)
    if form.id != form.path.stem:
        yield _report(form, form.id, "file-name", file_name_message("フォーム", form.id, form.path))


def _components(form: Form) -> Iterator[Finding]:
    counts = Counter(str(component.get("id")) for component in forms.components(form))
    for identity, count in counts.items():
        if count > 1:
            yield _report(form, identity, "form-component", f"部品の ID「{identity}」が {count} 回使われています")
    for component in forms.components(form):
        if (kind := component.get("type")) not in _COMPONENTS:
            message = f"部品の種類「{kind}」は Camunda {VERSION} の Tasklist では使えません"
            yield _report(form, str(component.get("id", "")), "form-component", message)
        elif kind == "table" and not (component.get("columns") or component.get("columnsExpression")):
            message = "表に列（columns）がありません。何も表示されません"
            yield _report(form, str(component.get("id", "")), "form-component", message)


def _expressions(form: Form, context: Context) -> Iterator[Finding]:
    known = set(context.variables) | forms.keys(form) | _FORM_NAMES
    known |= context.catalogue.form_locals.get(form.id, set())
    told: set[str] = set()
    for expression in forms.expressions(form):
        place = f"{expression.place} の式"
        if expression.required and not expression.text.startswith("="):
            message = f"{place}は = で始めてください（今は「{expression.text}」）"
            yield _report(form, expression.component, "feel-prefix", message)
            continue
        try:
            feel.variables(expression.body)
        except feel.FeelSyntaxError as error:
            yield _report(form, expression.component, "feel-syntax", f"{place}が読めません: {error}")
            continue
        for name in unknown(expression.body, known | told):
            told.add(name)
            message = f"{place}の変数「{name}」はどこでも宣言されていません{did_you_mean(name, known)}"
            yield _report(form, expression.component, "variable", message)
        for name, part in _missing_parts(form, expression.body):
            keys = held_by(name) or frozenset()
            message = (
                f"{place}の「{name}.{part}」はありません。「{name}」にあるのは {'、'.join(sorted(keys))} だけです"
                f"{did_you_mean(part, keys)}。名前をそろえてください"
            )
            yield _report(form, expression.component, "context-key", message)


def _missing_parts(form: Form, body: str) -> Iterator[tuple[str, str]]:
    """Yield what an expression reads of a worker's context that has no such part."""
    own = forms.keys(form)
    for path in dict.fromkeys(paths(body)):
        name, _, below = path.partition(".")
        known, part = held_by(name), below.partition(".")[0]
        if part and known is not None and name not in own and part not in known:
            yield name, part


def _report(form: Form, component: str, rule: str, message: str) -> Finding:
    return Finding(file=form.path, element=component, rule=rule, message=message, line=form.line_of(component))
