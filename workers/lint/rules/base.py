"""What every rule needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from workers.domain.cities import City, MailRule
from workers.errors import InputErrors
from workers.jobs.catalog import JobType
from workers.lint.dataflow import DataFlow, Sources, analysed
from workers.lint.findings import Finding, Severity
from workers.packs.diagrams.catalogue import Catalogue
from workers.packs.diagrams.expressions import owner
from workers.packs.diagrams.model import Diagram, Element, line_of
from workers.packs.diagrams.seen import note, watched
from workers.packs.loading import load_pack

T = TypeVar("T")


@dataclass(frozen=True)
class Context:
    """What diagrams may refer to. ``variables`` by name, as ``workers.variables`` declares them."""

    catalogue: Catalogue
    job_types: Mapping[str, JobType]
    variables: Mapping[str, Any]
    flows: dict[Element, DataFlow] = field(default_factory=dict, compare=False)
    """The data flow of each file that was asked for."""
    found: dict[tuple[str, str], tuple[Any, set[Path]]] = field(default_factory=dict, compare=False)
    """What was found out of called processes, with the files that say so."""
    mails: Mapping[str, MailRule] = field(default_factory=dict, compare=False)
    """The common rules of mails to partners, with which a city's pack is read."""
    cities: dict[Path, City | None] = field(default_factory=dict, compare=False)

    @cached_property
    def sources(self) -> Sources:
        """What the data flow of a diagram gets from elsewhere."""
        return Sources(self.catalogue, self.job_types)

    def once(self, what: str, identity: str, work: Callable[[], T]) -> T:
        """Return what ``work`` finds out of a process; it is asked but once for each process."""
        key = (what, identity)
        if key not in self.found:
            with watched() as files:
                value = work()
            self.found[key] = value, files
        value, files = self.found[key]
        for path in files:
            note(path)
        return value

    def city_of(self, path: Path) -> City | None:
        """Return the city of whose pack a file is; None for a common file, and for a pack that cannot be read."""
        pack = self.catalogue.pack_of(path)
        if pack.folder not in self.cities:
            try:
                mine = None if pack.shared or pack.loose else load_pack(pack.folder, self.mails)
            except InputErrors:
                mine = None  # the pack's own check says so
            self.cities[pack.folder] = mine
        return self.cities[pack.folder]

    def flow_of(self, diagram: Diagram) -> DataFlow:
        """Return which variables are there at each element of a diagram."""
        if diagram.root not in self.flows:
            self.flows[diagram.root] = analysed(diagram, self.sources)
        return self.flows[diagram.root]


Rule = Callable[[Diagram, Context], Iterator[Finding]]


def report(  # noqa: PLR0913, PLR0917 (the last two by name)
    diagram: Diagram,
    element: Element,
    rule: str,
    message: str,
    severity: Severity = Severity.ERROR,
    about: Iterable[str] = (),
) -> Finding:
    """Return a finding at an element: its own id where it has one that people see, else its owner's.

    ``about`` names what it is about (variables, ids), so that it can be told apart from what follows from it.
    """
    identity = owner(element) or element.get("id") or ""
    return Finding(
        file=diagram.path,
        element=identity,
        rule=rule,
        message=message,
        severity=severity,
        line=line_of(element),
        about=frozenset(about),
    )


def name_of(element: Element) -> str:
    """Return how a message calls an element: its name, else its id."""
    name = (element.get("name") or "").replace("\n", "")
    return f"「{name}」" if name else f"「{element.get('id') or ''}」"


def called_so(element: Element) -> str:
    """Return how a message calls an element elsewhere than where it is reported: its name with its id."""
    name, identity = (element.get("name") or "").replace("\n", ""), element.get("id") or ""
    return f"「{name}」（{identity}）" if name else f"「{identity}」"
