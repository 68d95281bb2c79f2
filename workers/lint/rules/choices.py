"""Fields of one form against each other: each key once, choices that exist, nothing that nobody can ever see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, product
from typing import Any, Final

from workers.lint.findings import Finding
from workers.packs.diagrams.conditions import compared, is_true, paths
from workers.packs.diagrams.form_fields import is_demand
from workers.packs.diagrams.forms import TYPED, Form

_CHOOSING: Final = frozenset({"radio", "select", "checklist", "taglist"})
_ONE_OF: Final = frozenset({"radio", "select"})
_SOURCES: Final = ("valuesExpression", "valuesKey")
_MOST: Final = 500
_FREE: Final = "\N{HORIZONTAL ELLIPSIS}"


def check(form: Form) -> Iterator[Finding]:
    """Yield what a person can never enter, never see, or enters twice under one name."""
    told: set[str] = set()
    for finding in _container(form, form.content, (), {}):
        if finding.rule != "impossible-value" or finding.message.partition("隠す条件は")[2] not in told:
            told.add(finding.message.partition("隠す条件は")[2])
            yield finding


def label_of(part: Mapping[str, Any]) -> str:
    """Return how a message calls a component: its label, with its key or path."""
    key = str(part.get("key") or part.get("path") or part.get("id") or "")
    label = str(part.get("label") or "")
    return f"「{label}」（{key}）" if label else f"「{key}」"


def _container(
    form: Form, container: Mapping[str, Any], hides: tuple[str, ...], around: Mapping[str, Mapping[str, Any]]
) -> Iterator[Finding]:
    parts = [part for part in container.get("components") or [] if isinstance(part, dict)]
    row = container.get("type") == "dynamiclist"
    fields = _fields(parts, "this." if row else "")
    known = {**around, **fields}
    yield from _twice(form, parts)
    for part in parts:
        own = (*hides, *_hide(part))
        yield from _without_values(form, part)
        if problem := _impossible(_hide(part), known):
            yield _report(form, part, "impossible-value", f"{label_of(part)}の隠す条件は{problem}", _compared(own))
        elif _hide(part) and not is_demand(part) and _always(own, known):
            asked = "必ず入れる項目なのに、" if (part.get("validate") or {}).get("required") else ""
            message = (
                f"{label_of(part)}は{asked}どう答えても隠れたままです。隠す条件（{_hide(part)[0]}）を直してください"
            )
            yield _report(form, part, "never-shown", message)
        yield from _container(form, part, own, known)


def _fields(parts: list[dict[str, Any]], prefix: str) -> dict[str, Mapping[str, Any]]:
    """Return the fields beside each other by what conditions call them, groups without a path opened."""
    found: dict[str, Mapping[str, Any]] = {}
    for part in parts:
        if part.get("type") in TYPED and part.get("key") and not is_demand(part):
            found[f"{prefix}{part['key']}"] = part
        elif part.get("type") == "group":
            inner = [each for each in part.get("components") or [] if isinstance(each, dict)]
            path = f"{prefix}{part['path']}." if part.get("path") else prefix
            found |= _fields(inner, path)
    return found


def _twice(form: Form, parts: list[dict[str, Any]]) -> Iterator[Finding]:
    seen: dict[str, dict[str, Any]] = {}
    for part in parts:
        key = str(part.get("key") or "")
        if part.get("type") not in TYPED or not key or is_demand(part):
            continue
        if key in seen and not (_hide(part) and _hide(seen[key])):
            message = (
                f"{label_of(part)}と{label_of(seen[key])}のキー「{key}」が同じです。"
                "あとの入力が前の入力を消します。どちらかのキーを変えてください"
            )
            yield _report(form, part, "form-key", message)
        seen.setdefault(key, part)


def _without_values(form: Form, part: dict[str, Any]) -> Iterator[Finding]:
    if part.get("type") not in _CHOOSING or is_demand(part) or any(part.get(name) for name in _SOURCES):
        return
    values = _values(part)
    if not values:
        message = (
            f"{label_of(part)}に選択肢がありません。選択肢（values）か、その式（valuesExpression）を入れてください"
        )
        yield _report(form, part, "form-choice", message)
    for value in sorted({value for value in values if values.count(value) > 1}):
        message = f"{label_of(part)}の選択肢に、値「{value}」が2つあります。値を別々にしてください"
        yield _report(form, part, "form-choice", message)


def _impossible(hides: tuple[str, ...], known: Mapping[str, Mapping[str, Any]]) -> str:
    for path, text in (pair for hide in hides for pair in compared(hide)):
        part = known.get(path)
        if part is not None and text and part.get("type") in _ONE_OF and _is_fixed(part) and text not in _values(part):
            listed = "、".join(_values(part))
            return f"「{path}」を「{text}」と比べますが、{label_of(part)}の選択肢は {listed} です。値をそろえてください"
    return ""


def _always(hides: tuple[str, ...], known: Mapping[str, Mapping[str, Any]]) -> bool:
    """Return whether, whatever is chosen, some condition hides; unknown counts as shown."""
    names = sorted({path for hide in hides for path in paths(hide)})
    domains = [_domain(known.get(name)) for name in names]
    choices = (
        {name: value for name, value in zip(names, values, strict=True) if value is not Ellipsis}
        for values in islice(product(*domains), _MOST)
    )
    return all(any(is_true(hide, choice) is True for hide in hides) for choice in choices)


def _domain(part: Mapping[str, Any] | None) -> list[Any]:
    """Return the values that a field may have; Ellipsis for any."""
    if part is None or part.get("readonly") or part.get("disabled"):
        return [..., None]
    if part.get("type") in _ONE_OF and _is_fixed(part):
        return [*_values(part), None]
    if part.get("type") == "checkbox":
        return [True, False, None]
    return [..., _FREE, "", None]


def _is_fixed(part: Mapping[str, Any]) -> bool:
    return bool(part.get("values")) and not any(part.get(name) for name in _SOURCES)


def _values(part: Mapping[str, Any]) -> list[str]:
    return [str(value.get("value")) for value in part.get("values") or [] if isinstance(value, dict)]


def _hide(part: Mapping[str, Any]) -> tuple[str, ...]:
    hide = (part.get("conditional") or {}).get("hide")
    return (hide.removeprefix("=").strip(),) if isinstance(hide, str) and hide.strip() else ()


def _compared(hides: tuple[str, ...]) -> set[str]:
    return {text for hide in hides for pair in compared(hide) for text in pair}


def _report(form: Form, part: Mapping[str, Any], rule: str, message: str, more: Iterable[str] = ()) -> Finding:
    identity = str(part.get("id") or "")
    about = frozenset({str(part.get("key") or part.get("path") or identity), *more})
    return Finding(
        file=form.path, element=identity, rule=rule, message=message, line=form.line_of(identity), about=about
    )
