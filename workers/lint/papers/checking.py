"""Checks the mail and document templates of cities: read, compiled, looked at in every branch, filled with samples."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from workers.adapters.documents.cleaning import traces
from workers.adapters.documents.word import SUFFIX as WORD
from workers.adapters.mail.renderer import HTML
from workers.adapters.mail.renderer import TEXT as MAIL
from workers.domain.cities import City, MailRule
from workers.errors import InputError, InputErrors
from workers.lint.findings import Finding, Severity
from workers.lint.papers.contexts import BY_CODE, Office
from workers.lint.papers.office import KINDS
from workers.lint.papers.reading import Filling, MailTexts, WordTexts
from workers.lint.papers.usage import Usage, called_processes, made_variables, recorded_steps, usages
from workers.lint.papers.walk import Problem
from workers.packs import load_pack
from workers.packs.diagrams import form_fields, model
from workers.packs.diagrams.catalogue import COMMON, Catalogue, Pack
from workers.packs.templatefiles import TemplateFolders

RULE: Final = "template"
TRACES: Final = "template-traces"
FILE: Final = "template-file"
_NAME: Final = re.compile(r"_?[a-z0-9]+(?:[-_][a-z0-9]+)*")
_LIKELY: Final = {
    "mail": (".txt", ".j2", ".html", ".eml", ".md", ".doc", ".docx"),
    "documents": (".doc", ".docx", ".dotx", ".docm", ".odt", ".rtf"),
}


@dataclass
class Papers:
    """The templates of packs. ``mails``: the common rules of mails to partners."""

    catalogue: Catalogue
    mails: Mapping[str, MailRule]
    _word: WordTexts = field(default_factory=WordTexts)

    def findings(self, codes: Iterable[str], only: Sequence[Path] = ()) -> list[Finding]:
        """Return what is wrong with the templates of these cities, each mistake once; ``only``: these files alone."""
        wanted = {path.resolve() for path in only}
        found: dict[tuple[Path, int, str], Finding] = {}
        for code in codes:
            pack = next((pack for pack in self.catalogue.packs if pack.code == code and not pack.loose), None)
            city = None if pack is None else _city(pack.folder, self.mails)
            parts = any(path.name.startswith("_") for path in wanted)  # their mistakes show where they are included
            for finding in self._of_city(pack, city, set() if parts else wanted) if pack and city else ():
                if wanted and finding.file.resolve() not in wanted:
                    continue
                found.setdefault((finding.file, finding.line or 0, finding.message), finding)
        return list(found.values())

    def _of_city(self, pack: Pack, city: City, wanted: set[Path]) -> Iterator[Finding]:
        roots = tuple(dict.fromkeys(other.folder.parent for other in self.catalogue.packs))
        folders = TemplateFolders(pack.templates, roots)
        office, uses = self._read(city)
        texts = MailTexts(folders.search(city.code, "mail"))
        known = office.known_names()
        for kind in ("mail", "documents"):
            for path in _files(folders, city.code, kind):
                if wanted and path.resolve() not in wanted:
                    continue
                name = path.name.removesuffix(MAIL).removesuffix(HTML).removesuffix(WORD)
                if (told := _wrong_name(path, kind)) is not None:
                    yield told
                    continue
                if path.name.startswith("_"):
                    problems = texts.part_problems(path)
                elif path.parent.parent.name == COMMON and not _is_used(name, kind, city, uses):
                    continue
                elif kind == "mail":
                    problems = texts.problems(path, list(_mail_fillings(office, name, uses)), known)
                else:
                    problems = self._word.problems(path, list(_document_fillings(office, name, uses)), known)
                yield from (_finding(problem) for problem in problems)
                if kind == "documents":
                    yield from _traces(path)

    def _read(self, city: City) -> tuple[Office, list[Usage]]:
        """Return a city's sample cases and where its diagrams fill templates."""
        own = [pack for pack in self.catalogue.packs if pack.code == city.code or pack.shared]
        forms = {entry.id for entry in self.catalogue.entries if entry.kind == "form" and entry.pack in own}
        fields = [one for id_ in sorted(forms) for one in form_fields.fields(self.catalogue.parsed_forms[id_])]
        uses: list[Usage] = []
        made: dict[str, frozenset[str] | None] = {}
        steps: dict[str, list[str]] = {}
        for diagram in self._diagrams(city, own):
            uses += usages(diagram)
            for name, parts in made_variables(diagram):
                before = made.get(name, frozenset())
                made[name] = None if parts is None or before is None else before | parts
            for step, names in recorded_steps(diagram):
                steps.setdefault(step, []).extend(names)
        return Office(city, fields, made, steps), uses

    def _diagrams(self, city: City, own: Sequence[Pack]) -> list[model.Diagram]:
        """Return a city's diagrams and the common ones that these call, or that nobody calls."""
        mine: list[model.Diagram] = []
        shared: dict[str, model.Diagram] = {}
        for pack in own:
            for path in pack.files() if pack else ():
                diagram = _diagram(path)
                if diagram is None:
                    continue
                if pack.code == city.code:
                    mine.append(diagram)
                else:
                    shared.update({process.get("id", ""): diagram for process in diagram.processes})
        called = {name for diagram in shared.values() for name in called_processes(diagram)}
        waiting = [*mine, *(diagram for process, diagram in shared.items() if process not in called | self._called)]
        found: dict[Path, model.Diagram] = {}
        while waiting:
            diagram = waiting.pop()
            if diagram.path not in found:
                found[diagram.path] = diagram
                waiting += [shared[name] for name in called_processes(diagram) if name in shared]
        return list(found.values())

    @cached_property
    def _called(self) -> frozenset[str]:
        """The processes that any pack's diagrams call."""
        files = [path for pack in self.catalogue.packs if not pack.shared for path in pack.files()]
        return frozenset(name for path in files if (d := _diagram(path)) is not None for name in called_processes(d))


def _diagram(path: Path) -> model.Diagram | None:
    try:
        return model.load(path) if path.suffix == ".bpmn" else None
    except InputError:
        return None  # the file's own check says so


def _mail_fillings(office: Office, name: str, uses: Iterable[Usage]) -> Iterator[Filling]:
    places = [use for use in uses if use.kind == "mail" and use.template == name]
    for use in places:
        samples = [office.mail(name, use, kind) for kind in KINDS]
        yield Filling(use.task, samples, handed=use.hands_over)
    if not places and name in BY_CODE:
        yield Filling("", [office.mail(name, None, kind) for kind in KINDS])
    elif not places:  # nobody sends it here: all that any task could hand over may be there
        yield Filling("", [{**office.anything(), **office.mail(name, None, KINDS[0])}])


def _document_fillings(office: Office, name: str, uses: Iterable[Usage]) -> Iterator[Filling]:
    places = [use for use in uses if use.kind == "documents" and use.template == name]
    for use in places:
        yield Filling(use.task, [office.document(name, use, kind) for kind in KINDS], handed=True)
    forms = [mail for mail, rule in office.city.mails.items() if name in rule.forms]
    for mail in forms:
        values = next((use.values for use in uses if use.template == mail), {})
        yield Filling(f"メール「{mail}」", [office.blank(name, values, kind) for kind in KINDS[:1]], blank=True)
    if not places and not forms:
        yield Filling("", [{**office.anything(), **office.document(name, None, KINDS[0])}])


def _is_used(name: str, kind: str, city: City, uses: Iterable[Usage]) -> bool:
    """Return whether a city uses a common template: it has others of its own instead, or another flow."""
    if any(use.template == name and use.kind == kind for use in uses):
        return True
    return name in BY_CODE if kind == "mail" else any(name in rule.forms for rule in city.mails.values())


def _files(folders: TemplateFolders, code: str, kind: str) -> list[Path]:
    """Return the templates that a city uses; one of its own stands in for a common one of the same name."""
    found: dict[str, Path] = {}
    for folder in folders.search(code, kind):
        for path in sorted(folder.iterdir()) if folder.is_dir() else []:
            if path.is_file() and not path.name.startswith((".", "~$")):
                found.setdefault(path.name, path)
    return list(found.values())


def _wrong_name(path: Path, kind: str) -> Finding | None:
    """Return what is wrong with a file's name: one that is named otherwise is never found."""
    endings = (MAIL, HTML) if kind == "mail" else (WORD,)
    ending = next((end for end in endings if path.name.endswith(end)), "")
    if not ending and path.suffix.lower() not in _LIKELY[kind]:
        return Finding(file=path, element="", rule=FILE, message=_STRANGE, severity=Severity.WARNING)
    if not ending:
        wanted = f"名前{MAIL}" if kind == "mail" else f"名前{WORD}（Word で開いて .docx 形式で保存）"
        message = f"このままではひな形として読まれません。ファイル名を「{wanted}」にしてください"
        return Finding(file=path, element="", rule=FILE, message=message)
    if not _NAME.fullmatch(path.name.removesuffix(ending)):
        message = "ひな形のファイル名に使えるのは、英小文字・数字・ハイフンだけです。このままでは見つかりません"
        return Finding(file=path, element="", rule=FILE, message=message)
    return None


def _traces(path: Path) -> Iterator[Finding]:
    try:
        found = traces(path.read_bytes())
    except Exception:  # noqa: BLE001 (a file that is no document is told already)
        return
    if found:
        listed = "、".join(f"{what} {count} か所" for what, count in found.items())
        message = (
            f"{listed}が残っています。できる文書では、変更履歴はすべて反映した形になり、コメントと隠し文字はなくなります。"
            "それでよければそのままで、違うときは Word で片付けて保存してください"
        )
        yield Finding(file=path, element="", rule=TRACES, message=message, severity=Severity.WARNING)


def _finding(problem: Problem) -> Finding:
    return Finding(file=Path(problem.file), element="", rule=RULE, message=problem.message, line=problem.line or None)


def _city(folder: Path, mails: Mapping[str, MailRule]) -> City | None:
    try:
        return load_pack(folder, mails)
    except (InputError, InputErrors):
        return None  # the pack's own check says so


_STRANGE: Final = "ひな形ではないファイルです。ここには、使うひな形だけを置いてください"
