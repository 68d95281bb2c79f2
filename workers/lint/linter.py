"""Runs the rules over files, decisions, forms and packs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workers.errors import InputError, InputErrors
from workers.lint.causes import TORN, only_causes
from workers.lint.findings import Finding, Severity, sorted_findings
from workers.lint.ground import Ground
from workers.lint.kept import Kept
from workers.lint.node_rules import SAME, Asked
from workers.lint.node_tools import NodeError
from workers.packs.diagrams import catalogue
from workers.packs.diagrams.catalogue import SUFFIXES
from workers.packs.templatefiles import template_files

if TYPE_CHECKING:
    from workers.jobs.catalog import JobType
    from workers.lint.judging import Judge


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
    kept: Kept | None = None,
) -> Report:
    """Check files and folders with the Python rules.

    ``home`` holds bpmn/ and templates/; ``packs`` are more folders of packs; ``for_city`` checks common files for one
    city's templates alone. ``job_types`` and ``variables`` are those of the workers unless given; ``every`` tells what
    only follows from other findings, too. ``kept``: judgements of earlier runs, which hold as long as nothing of what
    they depend on has changed. Raises InputErrors (Japanese) for a path that does not exist or holds nothing to check.
    """
    files, folders = collect(paths)
    before = kept if kept is not None and job_types is None and variables is None else Kept()
    known = catalogue.build(files, home=home, extra=packs, read=before.contribution)
    known.for_city = for_city
    bench = _Bench(known, before, _Late(known, [home / "bpmn", *packs], job_types, variables))
    report = Report(files, folders, linters=["renkei の規則"])
    for folder in folders:
        report.findings += bench.pack(folder)
    for path in files:
        report.findings += bench.file(path)
    report.findings += _paper_findings(paths, known, folders, bench)
    for path in filter(_is_scenario, paths):
        report.findings += bench.scenario(path)
    before.save()
    report.findings = sorted_findings(report.findings if every else only_causes(report.findings))
    return report


class _Late:
    """A judge that comes when it is called: its rules are slow to load."""

    def __init__(self, *needed: Any) -> None:
        self._needed = needed

    @cached_property
    def judge(self) -> Judge:
        from workers.lint.judging import Judge  # noqa: PLC0415 (not where every judgement is known)

        return Judge(*self._needed)


@dataclass(frozen=True)
class _Bench:
    """Asks what is kept first, and a judge where nothing is."""

    known: catalogue.Catalogue
    kept: Kept
    late: _Late

    @cached_property
    def _ground(self) -> Ground:
        return Ground(self.known, self.kept)

    def _name(self, kind: str, what: object) -> str:
        return f"{kind} {what}"

    def file(self, path: Path) -> list[Finding]:
        key, city = self._ground.of_file(path), self.known.for_city if self.known.pack_of(path).shared else None
        name = self._name("file", f"{path} for {city}" if city else path)
        return self.kept.judged(name, key, lambda: self.late.judge.file(path))

    def pack(self, folder: Path) -> list[Finding]:
        key = self._ground.of_pack(folder)
        return self.kept.judged(self._name("pack", folder), key, lambda: self.late.judge.pack(folder), whole=True)

    def scenario(self, path: Path) -> list[Finding]:
        key = self._ground.of_pack(path.parent.parent)
        return self.kept.judged(self._name("scenario", path), key, lambda: self.late.judge.scenario(path), whole=True)

    def papers(self, codes: Sequence[str], only: Sequence[Path] = ()) -> list[Finding]:
        """Ask city by city: what is wrong with a common template is told once all the same."""
        found: dict[tuple[Path, int, str], Finding] = {}
        for code in codes:
            for finding in self._papers_of(code, only):
                found.setdefault((finding.file, finding.line or 0, finding.message), finding)
        return list(found.values())

    def _papers_of(self, code: str, only: Sequence[Path]) -> list[Finding]:
        key, name = self._ground.of_papers(code, only), self._name("papers", f"{code} {'only' if only else ''}")
        return self.kept.judged(name, key, lambda: self.late.judge.papers([code], only), whole=True)


def add_node(report: Report, asked: Asked) -> None:
    """Add what Camunda's linters find; a report without them is not ok, for nothing else checks the BPMN itself."""
    try:
        found = asked.report()
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


def _nothing_there(path: Path) -> str:
    if not path.exists():
        return "ファイルもフォルダーもありません"
    if path.is_dir():
        return "検査するファイル（.bpmn .dmn .form city.toml、ひな形の .txt.j2 .docx）がありません"
    return "検査できるのは .bpmn .dmn .form city.toml departments.csv と、ひな形の .txt.j2 .docx です"


def _paper_findings(
    paths: Sequence[Path], known: catalogue.Catalogue, folders: Sequence[Path], bench: _Bench
) -> list[Finding]:
    """What is wrong with the templates of packs, the common ones where common/ is checked, and single ones."""
    single = [file for path in paths for file in template_files(path)]
    codes = [folder.name for folder in folders]
    if any(path.is_dir() and path.name == catalogue.COMMON for path in paths):
        single += [file for pack in known.packs for file in template_files(pack.templates / catalogue.COMMON)]
    found = bench.papers(codes) if codes else []
    every = known.codes() if known.for_city is None else [known.for_city]
    return found + (bench.papers(every, single) if single else [])
