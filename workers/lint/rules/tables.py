"""Rows of decision tables against each other: none too many, none missing, each with its result and its id."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations, product
from typing import Final

from workers.lint.findings import Finding
from workers.packs.diagrams import dmn
from workers.packs.diagrams.dmn import DecisionFile
from workers.packs.diagrams.model import Element, line_of, local

_TEXTS: Final = re.compile(r'"[^"]*"(?:\s*,\s*"[^"]*")*')
_NUMBER: Final = re.compile(r"(<=|>=|<|>)?\s*(-?\d+(?:\.\d+)?)")
_RANGE: Final = re.compile(r"([\[(\]])\s*(-?\d+(?:\.\d+)?)\s*\.\.\s*(-?\d+(?:\.\d+)?)\s*([\])\[])")
_ONE_RESULT: Final = frozenset({"UNIQUE", "FIRST", "ANY", "PRIORITY"})
_COUNTED: Final = "fieldCount"
_OTHER: Final = "（そのほか）"
_MOST: Final = 20000
_WITH_IDS: Final = ("decisionTable", "input", "inputExpression", "output", "rule", "inputEntry", "outputEntry")


def check(table: DecisionFile) -> Iterator[Finding]:
    """Yield what is wrong with the tables of a file."""
    for decision in table.decisions:
        for logic in decision.findall("dmn:decisionTable", dmn.NS):
            yield from _ids(table, logic)
            yield from _outputs(table, logic)
            policy = logic.get("hitPolicy") or "UNIQUE"
            rows = [_conditions(rule) for rule in logic.findall("dmn:rule", dmn.NS)]
            if policy == "UNIQUE":
                yield from _overlaps(table, logic, rows)
            if policy in _ONE_RESULT:
                yield from _gap(table, decision, logic, rows)


def numbers(table: DecisionFile, minimum: int) -> Iterator[Finding]:
    """The least number of fields stands in city.toml; a table that repeats it has the same one."""
    for logic in table.root.iter(f"{{{dmn.DMN}}}decisionTable"):
        columns = [_text(column.find("dmn:inputExpression", dmn.NS)) for column in logic.findall("dmn:input", dmn.NS)]
        for rule in logic.findall("dmn:rule", dmn.NS):
            for name, entry in zip(columns, rule.findall("dmn:inputEntry", dmn.NS), strict=False):
                found = _NUMBER.fullmatch(_text(entry))
                if name == _COUNTED and found is not None and float(found[2]) != minimum:
                    message = (
                        f"分野の数を {found[2]} と比べますが、city.toml の minimum_fields は {minimum} です。"
                        "数の代わりに minimumFields と書けば、city.toml の数が使われます"
                    )
                    yield _report(table, entry, entry.get("id") or "", "number-twice", message)


def _ids(table: DecisionFile, logic: Element) -> Iterator[Finding]:
    """An editor gives an id to each element; what lacks one was written by hand, and Modeler may not open it."""
    for element in (logic, *logic.iter(*(f"{{{dmn.DMN}}}{name}" for name in _WITH_IDS[1:]))):
        if not element.get("id"):
            holder = element.getparent()
            near = "" if holder is None else holder.get("id") or ""
            message = f"{local(element)} に id がありません。Modeler で開いて保存し直すか、id を書き足してください"
            yield _report(table, element, near, "decision-id", message)


def _outputs(table: DecisionFile, logic: Element) -> Iterator[Finding]:
    columns = logic.findall("dmn:output", dmn.NS)
    for column in columns if len(columns) > 1 else ():
        if not column.get("name"):
            message = "結果の列に名前（name）がありません。結果が2列以上あるときは、名前で読まれます"
            yield _report(table, column, column.get("id") or "", "decision-output", message)
    for number, rule in enumerate(logic.findall("dmn:rule", dmn.NS), 1):
        for entry in rule.findall("dmn:outputEntry", dmn.NS):
            if not _text(entry) or _text(entry) == "-":
                message = (
                    f"{number} 行目の結果が空です。この行が当てはまると、結果は null になります。値を入れてください"
                )
                yield _report(table, entry, entry.get("id") or rule.get("id") or "", "decision-output", message)


def _overlaps(table: DecisionFile, logic: Element, rows: list[list[str]]) -> Iterator[Finding]:
    rules = logic.findall("dmn:rule", dmn.NS)
    pairs = [
        (first, second)
        for (first, one), (second, other) in combinations(enumerate(rows), 2)
        if all(_meet(a, b) for a, b in zip(one, other, strict=False))
    ]
    if pairs:
        first, second = pairs[0]
        more = f"（ほかに {len(pairs) - 1} 組）" if len(pairs) > 1 else ""
        message = (
            f"{first + 1} 行目と {second + 1} 行目が同時に当てはまることがあります{more}。"
            "「1つだけ」（UNIQUE）の表では、そこで止まります。"
            "条件が重ならないようにするか、当てはまり方を FIRST（上から初めの行）にしてください"
        )
        yield _report(table, rules[second], rules[second].get("id") or "", "decision-overlap", message)


def _gap(table: DecisionFile, decision: Element, logic: Element, rows: list[list[str]]) -> Iterator[Finding]:
    """Say an input to which no row applies; only where every condition can be read."""
    columns = logic.findall("dmn:input", dmn.NS)
    samples = [_samples(column, [row[i] for row in rows if i < len(row)]) for i, column in enumerate(columns)]
    if not rows or any(found is None for found in samples) or any(all(map(_is_any, row)) for row in rows):
        return
    for count, values in enumerate(product(*(found or [] for found in samples))):
        if count > _MOST:
            return
        if not any(all(_holds(text, value) for text, value in zip(row, values, strict=False)) for row in rows):
            names = (c.get("label") or _text(c.find("dmn:inputExpression", dmn.NS)) for c in columns)
            case = "、".join(f"{name}: {_shown(value)}" for name, value in zip(names, values, strict=False))
            message = (
                f"どの行も当てはまらない入力があります（{case}）。結果が null になり、流れは「そのほか」へ進みます。"
                "行を足すか、条件をすべて空にした行を最後に置いてください"
            )
            yield _report(table, logic, decision.get("id") or "", "decision-gap", message)
            return


def _conditions(rule: Element) -> list[str]:
    return [_text(entry) for entry in rule.findall("dmn:inputEntry", dmn.NS)]


def _meet(one: str, other: str) -> bool:
    """Return whether two conditions surely hold together for some value; unreadable ones only where they are equal."""
    if _is_any(one) or _is_any(other) or one == other:
        return True
    values = {value for text in (one, other) for value in _values(text) or ()}
    both = _values(one) is not None and _values(other) is not None
    return both and any(_holds(one, value) and _holds(other, value) for value in values)


def _samples(column: Element, texts: list[str]) -> list[object] | None:
    """Return a value of each kind that a column tells apart; None where a condition cannot be read."""
    expression = column.find("dmn:inputExpression", dmn.NS)
    kind = "" if expression is None else expression.get("typeRef") or ""
    listed = column.find("dmn:inputValues", dmn.NS)
    found: set[object] = set()
    for text in texts:
        values = _values(text)
        if values is None:
            return None
        found |= values
    if all(_is_any(text) for text in texts):
        return [_OTHER]
    if kind == "boolean" or (found & {True, False} and not any(isinstance(value, str | float) for value in found)):
        return [True, False]
    if listed is not None:
        return sorted(_values(_text(listed)) or set(), key=str)
    in_order: list[object] = sorted(found, key=str)
    return in_order if any(isinstance(value, float) for value in found) else [*in_order, _OTHER]


def _values(text: str) -> set[object] | None:
    """Return values that a condition tells apart from others, numbers with what lies beside them."""
    if _is_any(text):
        return set()
    if text in {"true", "false"}:
        return {text == "true"}
    inner = re.fullmatch(r"not\((.*)\)", text, re.DOTALL)
    if inner is not None:
        return _values(inner[1].strip())
    if _TEXTS.fullmatch(text):
        return {part.strip().strip('"') for part in re.findall(r'"[^"]*"', text)}
    numbers = [float(found) for found in _numbers(text)]
    return {value + beside for value in numbers for beside in (-0.5, 0.0, 0.5)} if numbers else None


def _numbers(text: str) -> list[str]:
    if (found := _RANGE.fullmatch(text)) is not None:
        return [found[2], found[3]]
    found = _NUMBER.fullmatch(text)
    return [] if found is None else [found[2]]


def _holds(text: str, value: object) -> bool:
    if _is_any(text):
        return True
    if (inner := re.fullmatch(r"not\((.*)\)", text, re.DOTALL)) is not None:
        return not _holds(inner[1].strip(), value)
    if isinstance(value, bool):
        return text == ("true" if value else "false")
    if isinstance(value, str):
        return f'"{value}"' in re.findall(r'"[^"]*"', text)
    return isinstance(value, float) and _in_numbers(text, value)


def _in_numbers(text: str, value: float) -> bool:
    if (found := _RANGE.fullmatch(text)) is not None:
        low, high = float(found[2]), float(found[3])
        above = value >= low if found[1] == "[" else value > low
        return above and (value <= high if found[4] == "]" else value < high)
    match = _NUMBER.fullmatch(text)
    if match is None:
        return False
    number = float(match[2])
    held = {"<": value < number, "<=": value <= number, ">": value > number, ">=": value >= number}
    return held.get(match[1] or "", value == number)


def _is_any(text: str) -> bool:
    return text in {"", "-"}


def _text(element: Element | None) -> str:
    return "" if element is None else (element.findtext("dmn:text", default="", namespaces=dmn.NS) or "").strip()


def _shown(value: object) -> str:
    return {True: "はい", False: "いいえ"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _report(table: DecisionFile, element: Element, identity: str, rule: str, message: str) -> Finding:
    return Finding(file=table.path, element=identity, rule=rule, message=message, line=line_of(element))
