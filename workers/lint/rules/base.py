"""What every rule needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workers.jobs.catalog import JobType
from workers.lint.findings import Finding, Severity
from workers.packs.diagrams.catalogue import Catalogue
from workers.packs.diagrams.expressions import owner
from workers.packs.diagrams.model import Diagram, Element, line_of


@dataclass(frozen=True)
class Context:
    """What diagrams may refer to. ``variables`` by name, as ``workers.variables`` declares them."""

    catalogue: Catalogue
    job_types: Mapping[str, JobType]
    variables: Mapping[str, Any]


Rule = Callable[[Diagram, Context], Iterator[Finding]]


def report(diagram: Diagram, element: Element, rule: str, message: str, severity: Severity = Severity.ERROR) -> Finding:
    """Return a finding at an element: its own id where it has one that people see, else its owner's."""
    identity = owner(element) or element.get("id") or ""
    return Finding(
        file=diagram.path,
        element=identity,
        rule=rule,
        message=message,
        severity=severity,
        line=line_of(element),
    )


def name_of(element: Element) -> str:
    """Return how a message calls an element: its name, else its id."""
    name = (element.get("name") or "").replace("\n", "")
    return f"「{name}」" if name else f"「{element.get('id') or ''}」"
