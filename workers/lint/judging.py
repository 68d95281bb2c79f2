"""Judges one file, one pack, one city's templates: what ``linter`` asks for when no earlier judgement holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workers.domain.cities import City, MailRule
from workers.errors import InputError, InputErrors
from workers.jobs.catalog import JobType, all_job_types
from workers.lint import scenarios
from workers.lint.answerforms import unanswerable
from workers.lint.findings import Finding
from workers.lint.rules import BPMN_RULES, Context, decisions
from workers.lint.rules import forms as form_rules
from workers.lint.rules.variables import did_you_mean
from workers.packs import CityPacks, load_pack
from workers.packs.closure import startable_by_hand
from workers.packs.diagrams import dmn, forms, model
from workers.packs.diagrams.catalogue import Catalogue
from workers.variables import VARIABLES

if TYPE_CHECKING:
    from workers.lint.papers.checking import Papers


class Judge:
    """Knows what every rule needs; ``roots`` are the folders of packs."""

    def __init__(
        self,
        known: Catalogue,
        roots: Sequence[Path],
        job_types: Mapping[str, JobType] | None,
        variables: Mapping[str, Any] | None,
    ) -> None:
        self._known = known
        self._mails: Mapping[str, MailRule] = CityPacks(roots).common_mails()
        types = all_job_types() if job_types is None else job_types
        self._context = Context(known, types, VARIABLES if variables is None else variables, mails=self._mails)

    def file(self, path: Path) -> Iterator[Finding]:
        """Yield what is wrong with a diagram, a decision or a form."""
        try:
            if path.suffix == ".form":
                yield from form_rules.check(forms.load(path), self._context)
            elif path.suffix == ".dmn":
                yield from decisions.check(dmn.load(path), self._context)
            else:
                diagram = model.load(path)
                for rule in BPMN_RULES:
                    yield from rule(diagram, self._context)
        except InputError as error:
            message = error.message.removeprefix(f"{error.where}: ")
            yield Finding(file=path, element="", rule="unreadable", message=message)
        except RecursionError:
            yield Finding(file=path, element="", rule="unreadable", message="入れ子が深すぎます")

    def pack(self, folder: Path) -> Iterator[Finding]:
        """Yield what is wrong with a city's own files, and with its scenarios."""
        city = None
        try:
            city = load_pack(folder, self._mails)
            yield from unanswerable(folder, city, [pack.folder for pack in self._known.packs if pack.shared])
        except InputErrors as problems:
            for problem in problems.errors:
                message = problem.message.removeprefix(f"{problem.where}: ")
                name = "departments.csv" if "departments.csv" in problem.where else "city.toml"
                place = problem.where.removeprefix(f"{folder.name}/{name}").lstrip(": ")
                yield Finding(file=folder / name, element=place, rule="pack", message=message)
        yield from () if city is None else self._named(folder, city)
        yield from scenarios.check(folder, city, self._known)

    def scenario(self, path: Path) -> Iterator[Finding]:
        """Yield what is wrong with one scenario or one offer."""
        folder = path.parent.parent
        yield from scenarios.check(folder, self._city(folder), self._known, path)

    def papers(self, codes: Sequence[str], only: Sequence[Path] = ()) -> list[Finding]:
        """Return what is wrong with the templates of cities; ``only``: with these files."""
        return self._papers.findings(codes, only)

    @cached_property
    def _papers(self) -> Papers:
        from workers.lint.papers.checking import Papers  # noqa: PLC0415 (Word's libraries are slow to load, and seldom needed)

        return Papers(self._known, self._mails)

    def _city(self, folder: Path) -> City | None:
        try:
            return load_pack(folder, self._mails)
        except InputErrors:
            return None  # the pack's own check says so

    def _named(self, folder: Path, city: City) -> Iterator[Finding]:
        """The processes that city.toml names exist; else nobody could start the procedure."""
        named = {"signing_process": city.signing_process}
        named |= {f"[procedures] {kind.value}": process for kind, process in city.procedures.items()}
        processes = sorted({entry.id for entry in self._known.entries if entry.kind == "process"})
        for place, process in named.items():
            if process not in processes:
                message = f"図「{process}」がありません{did_you_mean(process, processes)}"
                yield Finding(file=folder / "city.toml", element=place, rule="pack", message=message)
        try:
            startable = startable_by_hand(folder) if city.office.departments_start else []
        except InputError:  # the diagram's own check says so
            return
        for process in city.office.departments_start:
            if process not in startable:
                message = (
                    f"「{process}」は、開始のフォームのあるこの市の図ではありません{did_you_mean(process, startable)}"
                )
                yield Finding(file=folder / "city.toml", element="departments_start", rule="pack", message=message)
