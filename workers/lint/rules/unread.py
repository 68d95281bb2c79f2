"""What a person types leads to something: a variable that nothing reads is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from workers import jobs, readers
from workers.lint.elsewhere import read_elsewhere
from workers.lint.findings import Finding, Severity
from workers.lint.reads import reads
from workers.lint.rules.base import Context, name_of, report
from workers.lint.supplies import names_in
from workers.packs.diagrams import forms
from workers.packs.diagrams.expressions import linked_forms
from workers.packs.diagrams.flowgraph import scope_of
from workers.packs.diagrams.model import Diagram, Element, extensions, local

_RULE: Final = "unread-output"
_NAMED: Final = re.compile(r"""["']([A-Za-z]\w*)["']""")


def typed(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Each variable that a screen's task or start writes is read by something else; the workers' own ones are."""
    known = {*context.variables, *_of_jobs(), *read_elsewhere(diagram, context)}
    known |= {read.name for read in reads(diagram, context.flow_of(diagram), context.sources)}
    for element, identity in linked_forms(diagram):
        scope = scope_of(element)
        if scope is None or local(scope) != "process":
            continue  # what a repeated part keeps to itself, its own rules know
        if unread := [name for name in dict.fromkeys(_typed(element, context, identity)) if name not in known]:
            names = "".join(f"「{name}」" for name in unread)
            message = (
                f"{name_of(element)}で入れた{names}は、この後どこでも読まれません。使うところ（条件、記録の keep、"
                "文面の values など）に足すか、要らない項目ならフォームと出力マッピングから消してください"
            )
            yield report(diagram, element, _RULE, message, Severity.NOTE, about=set(unread))


@cache
def _of_jobs() -> frozenset[str]:
    """Return every name that the jobs' code speaks of: which of them a job reads, no catalogue says."""
    files = (path for module in (jobs, readers) for path in Path(module.__path__[0]).rglob("*.py"))
    return frozenset(name for path in files for name in _NAMED.findall(path.read_text(encoding="utf-8")))


def _typed(element: Element, context: Context, form: str) -> list[str]:
    """Return the variables that hold what is typed: those that a task's outputs make of it, a start form's keys."""
    parsed = context.catalogue.parsed_forms.get(form)
    keys = set() if parsed is None else set(forms.typed_keys(parsed))
    outputs = extensions(element, "zeebe:ioMapping/zeebe:output")
    if not outputs:
        return sorted(keys) if local(element) == "startEvent" else []  # a task that lets everything out, another rule
    made = [(o.get("target", "").split(".")[0], (o.get("source") or "").removeprefix("=")) for o in outputs]
    return [target for target, source in made if names_in(source) & keys]
