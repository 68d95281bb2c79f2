"""Runs the rules over files, decisions, forms and packs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workers.domain.cities import City, MailRule
from workers.errors import InputError, InputErrors
from workers.jobs.catalog import JobType, all_job_types
from workers.lint import node_rules, scenarios
from workers.lint.answerforms import unanswerable
from workers.lint.causes import TORN, only_causes
from workers.lint.findings import Finding, Severity, sorted_findings
from workers.lint.node_rules import SAME
from workers.lint.node_tools import NodeError
from workers.lint.rules import BPMN_RULES, Context, decisions
from workers.lint.rules import forms as form_rules
from workers.lint.rules.variables import did_you_mean
from workers.packs import CityPacks, load_pack
from workers.packs.diagrams import catalogue, dmn, forms, model
from workers.packs.diagrams.catalogue import SUFFIXES
from workers.packs.templates import template_files
from workers.variables import VARIABLES


@dataclass
class Report:
    """What was checked, by which linters, and what they found; ``notes`` say what was not checked and why."""

    files: list[Path]
    packs: list[Path]
    findings: list[Finding] = field(default_factory=list)
    linters: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    complete: bool = True

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong, as far as all linters could run that were asked for."""
        return self.complete and not self.errors

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return sum(finding.severity is Severity.ERROR for finding in self.findings)

    @property
    def warnings(self) -> int:
        """How many findings are warnings."""
        return sum(finding.severity is Severity.WARNING for finding in self.findings)

    @property
    def notes_found(self) -> int:
        """How many findings ask for nothing."""
        return len(self.findings) - self.errors - self.warnings


def lint(  # noqa: PLR0913 (all but the paths by name)
    paths: Sequence[Path],
    *,
    home: Path,
    packs: Sequence[Path] = (),
    for_city: str | None = None,
    job_types: Mapping[str, JobType] | None = None,
    variables: Mapping[str, Any] | None = None,
    every: bool = False,
) -> Report:
    """Check files and folders with the Python rules.

    ``home`` holds bpmn/ and templates/; ``packs`` are more folders of packs; ``for_city`` checks common files for one
    city's templates alone. ``job_types`` and ``variables`` are those of the workers unless given; ``every`` tells what
    only follows from other findings, too. Raises InputErrors (Japanese) for a path that does not exist or holds
    nothing to check.
    """
    files, folders = collect(paths)
    known = catalogue.build(files, home=home, extra=packs)
    known.for_city = for_city
    common = CityPacks([home / "bpmn", *packs]).common_mails()
    context = Context(
        known,
        all_job_types() if job_types is None else job_types,
        VARIABLES if variables is None else variables,
        mails=common,
    )
    report = Report(files, folders, linters=["renkei の規則"])
    mails = common if set(paths) != set(files) else {}
    for folder in folders:
        report.findings += _pack_findings(folder, mails, known)
    for path in files:
        report.findings += _file_findings(path, context)
    report.findings += _paper_findings(paths, known, mails, folders)
    for path in filter(_is_scenario, paths):
        report.findings += scenarios.check(path.parent.parent, _city(path.parent.parent, mails), known, path)
    report.findings = sorted_findings(report.findings if every else only_causes(report.findings))
    return report


def add_node(report: Report, *, cache: Path, say: Callable[[str], None] = lambda _: None) -> None:
    """Add what Camunda's linters find; a report without them is not ok, for nothing else checks the BPMN itself."""
    try:
        found = node_rules.lint(report.files, cache=cache, say=say)
    except NodeError as error:
        report.complete = False
        report.notes.append(f"Camunda の検査（{error.message}）。--no-node を付けると renkei の規則だけで検査します")
        return
    report.linters += found.linters
    said = {(finding.file.resolve(), finding.element, finding.rule) for finding in report.findings}
    torn = {finding.file.resolve() for finding in report.findings if finding.rule == TORN}
    new = [
        finding
        for finding in found.findings
        if finding.file.resolve() not in torn
        and not any((finding.file.resolve(), finding.element, own) in said for own in SAME.get(finding.rule, ()))
    ]
    report.findings = sorted_findings([*report.findings, *new])


def collect(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Return (files to check, folders of city packs to check) of what a user named on the command line."""
    files: dict[Path, Path] = {}
    folders: dict[Path, Path] = {}
    errors = []
    for path in paths:
        found = list(_files_of(path))
        towns = list(_packs_of(path))
        if not found and not towns and not template_files(path) and not _is_scenario(path):
            errors.append(InputError(str(path), _nothing_there(path)))
        files.update({file.resolve(): file for file in found})
        folders.update({folder.resolve(): folder for folder in towns})
    if errors:
        raise InputErrors(errors)
    return sorted(files.values()), sorted(folders.values())


def _files_of(path: Path) -> Iterator[Path]:
    if path.is_file() and path.suffix in SUFFIXES:
        yield path
    elif path.is_dir():
        for found in path.rglob("*"):
            inner = found.relative_to(path).parts
            hidden = any(part.startswith(".") or part in {"node_modules", "element-templates"} for part in inner)
            if found.suffix in SUFFIXES and found.is_file() and not hidden:
                yield found


def _packs_of(path: Path) -> Iterator[Path]:
    if path.name in {"city.toml", "departments.csv"} and path.is_file():
        yield path.parent
    elif path.is_dir():
        for name in ("city.toml", "*/city.toml"):
            yield from (found.parent for found in path.glob(name))


def _is_scenario(path: Path) -> bool:
    return path.suffix == ".toml" and path.parent.name == "scenarios" and path.is_file()


def _city(folder: Path, mails: Mapping[str, MailRule]) -> City | None:
    try:
        return load_pack(folder, mails)
    except InputErrors:
        return None  # the pack's own check says so


def _nothing_there(path: Path) -> str:
    if not path.exists():
        return "ファイルもフォルダーもありません"
    if path.is_dir():
        return "検査するファイル（.bpmn .dmn .form city.toml、ひな形の .txt.j2 .docx）がありません"
    return "検査できるのは .bpmn .dmn .form city.toml departments.csv と、ひな形の .txt.j2 .docx です"


def _paper_findings(
    paths: Sequence[Path], known: catalogue.Catalogue, mails: Mapping[str, MailRule], folders: Sequence[Path]
) -> list[Finding]:
    """What is wrong with the templates of packs, the common ones where common/ is checked, and single ones."""
    single = [file for path in paths for file in template_files(path)]
    codes = [folder.name for folder in folders]
    if any(path.is_dir() and path.name == catalogue.COMMON for path in paths):
        single += [file for pack in known.packs for file in template_files(pack.templates / catalogue.COMMON)]
    if not codes and not single:
        return []
    from workers.lint.papers import Papers  # noqa: PLC0415 (Word's libraries are slow to load, and seldom needed)

    papers = Papers(known, mails)
    found = papers.findings(codes) if codes else []
    every = known.codes() if known.for_city is None else [known.for_city]
    return found + (papers.findings(every, single) if single else [])


def _pack_findings(folder: Path, mails: Mapping[str, MailRule], known: catalogue.Catalogue) -> Iterator[Finding]:
    city = None
    try:
        city = load_pack(folder, mails)
        yield from unanswerable(folder, city, [pack.folder for pack in known.packs if pack.shared])
    except InputErrors as problems:
        for problem in problems.errors:
            message = problem.message.removeprefix(f"{problem.where}: ")
            name = "departments.csv" if "departments.csv" in problem.where else "city.toml"
            place = problem.where.removeprefix(f"{folder.name}/{name}").lstrip(": ")
            yield Finding(file=folder / name, element=place, rule="pack", message=message)
    yield from () if city is None else _process_findings(folder, city, known)
    yield from scenarios.check(folder, city, known)


def _process_findings(folder: Path, city: City, known: catalogue.Catalogue) -> Iterator[Finding]:
    """The processes that city.toml names exist; else nobody could start the procedure."""
    named = {"signing_process": city.signing_process}
    named |= {f"[procedures] {kind.value}": process for kind, process in city.procedures.items()}
    processes = sorted({entry.id for entry in known.entries if entry.kind == "process"})
    for place, process in named.items():
        if process not in processes:
            message = f"図「{process}」がありません{did_you_mean(process, processes)}"
            yield Finding(file=folder / "city.toml", element=place, rule="pack", message=message)


def _file_findings(path: Path, context: Context) -> Iterator[Finding]:
    try:
        if path.suffix == ".form":
            yield from form_rules.check(forms.load(path), context)
        elif path.suffix == ".dmn":
            yield from decisions.check(dmn.load(path), context)
        else:
            diagram = model.load(path)
            for rule in BPMN_RULES:
                yield from rule(diagram, context)
    except InputError as error:
        yield Finding(file=path, element="", rule="unreadable", message=error.message.removeprefix(f"{error.where}: "))
    except RecursionError:
        yield Finding(file=path, element="", rule="unreadable", message="入れ子が深すぎます")
