"""Rules for DMN files: platform, ids, drawing, FEEL, variables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from workers.lint.findings import Finding
from workers.lint.rules import tables
from workers.lint.rules.base import Context
from workers.lint.rules.identities import PLATFORM, VERSION, file_name_message, id_problems
from workers.lint.rules.variables import did_you_mean, unknown
from workers.packs.diagrams import dmn, feel
from workers.packs.diagrams.dmn import DecisionFile
from workers.packs.diagrams.model import MODELER, Element, line_of

_LABELS: Final = {"input": "入力の式", "unary": "条件", "output": "結果"}


def check(table: DecisionFile, context: Context) -> Iterator[Finding]:
    """Yield the findings of one DMN file."""
    yield from _head(table, context)
    for decision in table.decisions:
        identity = decision.get("id", "")
        for rule, message in id_problems(context.catalogue, table.path, "decision", identity):
            yield _report(table, decision, identity, rule, message)
        if identity not in table.drawn:
            yield _report(
                table, decision, identity, "drawing", f"「{identity}」が図に描かれていません（DI がありません）"
            )
        if (
            decision.find("dmn:decisionTable", dmn.NS) is None
            and decision.find("dmn:literalExpression", dmn.NS) is None
        ):
            yield _report(table, decision, identity, "decision", f"「{identity}」に表も式もありません")
    yield from _expressions(table, context)
    yield from tables.check(table)
    if (city := context.city_of(table.path)) is not None and city.requirements.minimum_fields:
        yield from tables.numbers(table, city.requirements.minimum_fields)


def _head(table: DecisionFile, context: Context) -> Iterator[Finding]:
    root, drg = table.root, table.root.get("id", "")
    found = root.get(f"{{{MODELER}}}executionPlatform"), root.get(f"{{{MODELER}}}executionPlatformVersion")
    if found != (PLATFORM, VERSION):
        message = f"実行環境が {PLATFORM} {VERSION} になっていません（今は {found[0] or 'なし'} {found[1] or ''}）"
        yield _report(table, root, drg, "platform", message)
    for rule, message in id_problems(context.catalogue, table.path, "drg", drg):
        yield _report(table, root, drg, rule, message)
    names = [decision.get("id", "") for decision in table.decisions]
    if table.path.stem not in names:
        wanted = names[0] if names else "（デシジョンがありません）"
        yield _report(table, root, drg, "file-name", file_name_message("デシジョン", wanted, table.path))


def _expressions(table: DecisionFile, context: Context) -> Iterator[Finding]:
    known = set(context.variables) | dmn.results(table)
    for decision in table.decisions:
        known |= context.catalogue.decision_inputs.get(decision.get("id", ""), set())
    for cell in dmn.cells(table):
        where, label = cell.element.get("id") or cell.decision, _LABELS[cell.kind]
        try:
            feel.variables(cell.text, unary=cell.kind == "unary")
        except feel.FeelSyntaxError as error:
            yield _report(table, cell.element, where, "feel-syntax", f"{label}「{cell.text}」が読めません: {error}")
            continue
        for name in unknown(cell.text, known, unary=cell.kind == "unary"):
            message = f"{label}の変数「{name}」はどこでも宣言されていません{did_you_mean(name, known)}"
            yield _report(table, cell.element, where, "variable", message)
        if feel.calls(cell.text, "today") or feel.calls(cell.text, "now"):
            message = f"{label}の today() と now() は世界標準時です。日付は入力として受け取ってください"
            yield _report(table, cell.element, where, "feel-clock", message)


def _report(table: DecisionFile, element: Element, identity: str, rule: str, message: str) -> Finding:
    return Finding(file=table.path, element=identity, rule=rule, message=message, line=line_of(element))
