"""A task's form and its output mappings: what is typed goes somewhere."""

from __future__ import annotations

from collections.abc import Iterator

from workers.lint.findings import Finding
from workers.lint.rules.base import Context, name_of, report
from workers.packs.diagrams import feel, forms
from workers.packs.diagrams.expressions import linked_forms
from workers.packs.diagrams.model import Diagram, Element, extensions, local

_RULE = "form-output"


def outputs(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Every key of a task's form is read by an output mapping; without, what is typed is lost when the task is done."""
    for task, identity in linked_forms(diagram):
        form = context.catalogue.parsed_forms.get(identity)
        mappings = extensions(task, "zeebe:ioMapping/zeebe:output")
        if form is None or local(task) != "userTask" or not mappings:
            continue
        read = {name for mapping in mappings for name in _names(mapping)}
        if lost := sorted(set(forms.typed_keys(form)) - read):
            names = "".join(f"「{name}」" for name in lost)
            example = f"={lost[0]} → {lost[0]}、またはまとめて ={{{lost[0]}: {lost[0]}}}"
            message = (
                f"{name_of(task)}: フォーム {identity} の{names}は、どの出力マッピングにも出てこないので、"
                f"入力しても消えます。出力マッピング（例: {example}）に足すか、"
                "要らない項目ならフォームから消してください"
            )
            yield report(diagram, task, _RULE, message, about=lost)


def _names(mapping: Element) -> set[str]:
    """Return every name that a mapping's expression holds, within filters, too."""
    try:
        return {token.text for token in feel.tokens((mapping.get("source") or "").removeprefix("="))}
    except feel.FeelSyntaxError:
        return set()
