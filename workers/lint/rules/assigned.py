"""Who gets a task, and how often a job is tried."""

from __future__ import annotations

from collections.abc import Iterator

from workers.lint.findings import Finding
from workers.lint.rules.base import Context, report
from workers.lint.rules.variables import did_you_mean
from workers.packs.diagrams import feel
from workers.packs.diagrams.model import ZEEBE, Diagram


def groups(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """A candidate group that is written out belongs to a department of the city or its office."""
    city = context.city_of(diagram.path)
    known = set() if city is None else {city.office.group, *(department.group for department in city.departments)}
    for assignment in diagram.root.iter(f"{{{ZEEBE}}}assignmentDefinition") if known else ():
        text = assignment.get("candidateGroups") or ""
        if not text.startswith("="):
            continue
        for group in _returned_texts(text[1:]):
            if group not in known:
                message = (
                    f"候補グループ「{group}」は departments.csv にも city.toml の [office] にもありません。"
                    f"だれの一覧にも出ません{did_you_mean(group, known)}"
                )
                yield report(diagram, assignment, "group", message, about={group})


def _returned_texts(expression: str) -> Iterator[str]:
    """Yield the texts of an expression that are values, not those that it compares with."""
    try:
        found = feel.tokens(expression)
    except feel.FeelSyntaxError:
        return
    if any(token.text == "+" for token in found):
        return  # put together from parts
    for index, token in enumerate(found):
        before = found[index - 1].text if index else ""
        after = found[index + 1].text if index + 1 < len(found) else ""
        if token.kind == "string" and not {before, after} & {"=", "!=", "+"}:
            yield token.text.strip('"')


def retries(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """A job is tried at least once: with 0 retries it is an incident before a worker has seen it."""
    del context
    for definition in diagram.root.iter(f"{{{ZEEBE}}}taskDefinition", f"{{{ZEEBE}}}executionListener"):
        text = (definition.get("retries") or "").strip()
        if text and not text.startswith("=") and not (text.isdecimal() and text.isascii() and int(text) >= 1):
            message = f"再試行回数（retries）「{text}」では一度も動かずに止まります。1 以上（ふつうは 5）にしてください"
            yield report(diagram, definition, "retries", message)
