"""What can be referred to: the processes, decisions and forms of every pack, and the templates of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from workers.errors import InputError, PermanentError
from workers.packs.answersteps import page_mark
from workers.packs.diagrams import dmn, feel, forms, model
from workers.packs.diagrams.expressions import linked_forms, produced, visible_locals
from workers.packs.diagrams.flowgraph import graph_of
from workers.packs.templates import TemplateFolders

SUFFIXES: Final = (".bpmn", ".dmn", ".form")
_NO_PACKS: Final = frozenset({"element-templates", "scenarios", "templates", "node_modules"})
COMMON: Final = "common"


@dataclass(frozen=True)
class Pack:
    """A folder of diagrams. ``loose``: files outside any pack folder, whose ids tell the city they belong to."""

    folder: Path
    templates: Path
    loose: bool = False

    @property
    def code(self) -> str:
        """The city code: the folder's name."""
        return self.folder.name

    @property
    def shared(self) -> bool:
        """Whether every city may use what it holds."""
        return self.code == COMMON or self.code.startswith(f"{COMMON}-")

    def files(self) -> list[Path]:
        """The diagrams, decisions and forms right inside the folder."""
        return sorted(path for path in self.folder.iterdir() if path.suffix in SUFFIXES and path.is_file())


@dataclass(frozen=True)
class Entry:
    """An id that a file owns: ``kind`` is process, decision, drg, form or message (its name)."""

    kind: str
    id: str
    path: Path
    pack: Pack


@dataclass(frozen=True)
class Call:
    """A call activity: where it stands, and the variables that it hands over and takes back."""

    path: Path
    id: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass
class Catalogue:
    """All packs with their ids, and which variables reach which form and decision."""

    packs: list[Pack]
    entries: list[Entry] = field(default_factory=list)
    form_locals: dict[str, set[str]] = field(default_factory=dict)
    decision_inputs: dict[str, set[str]] = field(default_factory=dict)
    form_keys: dict[str, set[str]] = field(default_factory=dict)
    parsed_forms: dict[str, forms.Form] = field(default_factory=dict)
    """The forms themselves, by id."""
    process_inputs: dict[str, set[str]] = field(default_factory=dict)
    """What call activities hand to a process, by its id."""
    calls: dict[str, list[Call]] = field(default_factory=dict)
    """The calls of a process, by its id."""
    names: set[str] = field(default_factory=set)
    """What diagrams and forms of all packs call variables that they make."""
    decision_reads: dict[str, dict[str, set[str]]] = field(default_factory=dict)
    """What the tables of a decision read, by its id: each variable with the ids of the cells."""
    caught: dict[str, set[str]] = field(default_factory=dict)
    """The codes of the errors that call activities catch from a process, by its id."""
    escalating: dict[str, set[str]] = field(default_factory=dict)
    """The codes of the escalations that events around its calls catch from a process, by its id; empty for any."""
    """The names of the diagrams whose levels need not keep the limits yet."""
    page_marks: dict[str, dict[Path, str]] = field(default_factory=dict)
    """What user tasks say of the partner's page, by their ids and files; empty where they say nothing."""
    for_city: str | None = None
    """Common files are checked for this city alone: one city's deployment does not wait for another's template."""

    def pack_of(self, path: Path) -> Pack:
        """Return the pack that a file lies in."""
        folder = path.resolve().parent
        return next(pack for pack in self.packs if pack.folder == folder)

    def find(self, kind: str, identity: str) -> list[Entry]:
        """Return the files that own an id."""
        return [entry for entry in self.entries if entry.kind == kind and entry.id == identity]

    def codes(self) -> list[str]:
        """Return the codes of all cities."""
        return sorted({pack.code for pack in self.packs if not pack.loose and not pack.shared})

    def cities_of(self, path: Path) -> list[str]:
        """Return the cities that a file is used in: its own, or all of them for a common file."""
        pack = self.pack_of(path)
        if pack.loose:
            mine = [code for code in self.codes() if path.stem.startswith(f"{code}-")]
            return mine or self.codes()
        if not pack.shared:
            return [pack.code]
        return self.codes() if self.for_city is None else [self.for_city]

    def texts_of(self, path: Path, kind: str, name: str, suffix: str) -> list[Path]:
        """Return the files that a template's name stands for in the cities that use a file; those that exist."""
        roots = tuple(dict.fromkeys(pack.folder.parent for pack in self.packs))
        folders = TemplateFolders(self.pack_of(path).templates, roots)
        found = []
        for city in self.cities_of(path) or [COMMON]:
            with suppress(PermanentError):
                found.append(folders.find(city, kind, name, suffix))
        return list(dict.fromkeys(found))

    def cities_without(self, path: Path, kind: str, name: str, suffixes: Sequence[str]) -> list[str]:
        """Return the cities that use a file but have no template ``name`` (``kind``: mail or documents)."""
        roots = tuple(dict.fromkeys(pack.folder.parent for pack in self.packs))
        folders = TemplateFolders(self.pack_of(path).templates, roots)
        return [
            city
            for city in self.cities_of(path) or [COMMON]
            if not any(_exists(folders, city, kind, name, suffix) for suffix in suffixes)
        ]


def build(checked: Sequence[Path], *, home: Path, extra: Sequence[Path]) -> Catalogue:
    """Collect all packs: those of ``home/bpmn`` and ``extra``, and the folders of the checked files.

    A folder from elsewhere stands in for the pack of the same name in ``home`` (a copy being tried out), unless that
    one is checked, too: then every id that both own is told.
    """
    packs = {}
    for root in (home / "bpmn", *extra):
        for folder in sorted(root.iterdir()) if root.is_dir() else []:
            if folder.is_dir() and folder.name not in _NO_PACKS and not folder.name.startswith("."):
                packs[folder.resolve()] = Pack(folder.resolve(), home / "templates")
    known = set(packs)
    folders = {path.resolve().parent for path in checked}
    for folder in sorted(folders):
        for neighbour in _neighbours(folder) if folder not in known else []:
            packs[neighbour] = _foreign(neighbour, home)
    foreign = {pack.code for folder, pack in packs.items() if folder not in known and not pack.loose}
    home_root = (home / "bpmn").resolve()
    standing = [folder for folder, pack in packs.items() if folder.parent == home_root and pack.code in foreign]
    used = [pack for folder, pack in packs.items() if folder not in standing or folder in folders]
    catalogue = Catalogue(used)
    for pack in used:
        for path in pack.files():
            _register(catalogue, pack, path)
    _prefer_loose(catalogue)
    return catalogue


def _neighbours(folder: Path) -> list[Path]:
    """Return a folder and, when it is a pack, the packs beside it, for they are deployed together."""
    if not _is_pack(folder):
        return [folder]
    return [folder, *(other for other in folder.parent.iterdir() if other != folder and _is_pack(other))]


def _is_pack(folder: Path) -> bool:
    named = (folder / "city.toml").is_file() or folder.name == COMMON or folder.name.startswith(f"{COMMON}-")
    return folder.is_dir() and named and folder.name not in _NO_PACKS


def _foreign(folder: Path, home: Path) -> Pack:
    beside = folder.parent.parent / "templates"  # a whole checkout elsewhere brings its own templates
    templates = beside if folder.parent.name == "bpmn" and beside.is_dir() else home / "templates"
    return Pack(folder, templates, loose=not _is_pack(folder))


def _exists(folders: TemplateFolders, city: str, kind: str, name: str, suffix: str) -> bool:
    try:
        folders.find(city, kind, name, suffix)
    except PermanentError:
        return False
    return True


def _register(catalogue: Catalogue, pack: Pack, path: Path) -> None:
    try:
        for kind, identity in _ids(catalogue, path):
            catalogue.entries.append(Entry(kind, identity, path, pack))
    except (InputError, ValueError, OSError, RecursionError):
        return  # the file's own check reports it


def _ids(catalogue: Catalogue, path: Path) -> Iterator[tuple[str, str]]:
    if path.suffix == ".form":
        form = forms.load(path)
        catalogue.form_keys[form.id] = forms.keys(form)
        catalogue.names |= catalogue.form_keys[form.id]
        catalogue.parsed_forms[form.id] = form
        yield "form", form.id
    elif path.suffix == ".dmn":
        table = dmn.load(path)
        yield "drg", table.root.get("id", "")
        made = dmn.results(table)
        for cell in dmn.cells(table):
            for name in set(_names(cell)) - made:
                cells = catalogue.decision_reads.setdefault(cell.decision, {}).setdefault(name, set())
                cells.add(cell.element.get("id", ""))
        for decision in table.decisions:
            yield "decision", decision.get("id", "")
    else:
        diagram = model.load(path)
        _collect_locals(catalogue, diagram)
        for process in diagram.processes:
            yield "process", process.get("id", "")
        for message in diagram.all("message"):
            yield "message", message.get("name", "")


def _names(cell: dmn.Cell) -> list[str]:
    try:
        return feel.variables(cell.text, unary=cell.kind == "unary")
    except feel.FeelSyntaxError:
        return []  # a rule says so


def _collect_locals(catalogue: Catalogue, diagram: model.Diagram) -> None:
    made = produced(diagram)
    catalogue.names |= made
    for task, form in linked_forms(diagram):
        catalogue.form_locals.setdefault(form, set()).update(visible_locals(task) | made)
    for task in diagram.all("userTask"):
        catalogue.page_marks.setdefault(task.get("id", ""), {})[diagram.path] = page_mark(task)
    for task in diagram.all("businessRuleTask"):
        for called in model.extensions(task, "zeebe:calledDecision"):
            names = catalogue.decision_inputs.setdefault(called.get("decisionId", ""), set())
            names.update(visible_locals(task))
    for call in diagram.all("callActivity"):
        for called in model.extensions(call, "zeebe:calledElement"):
            process = called.get("processId", "")
            handed, taken = (
                tuple(
                    m.get("target", "").split(".")[0] for m in model.extensions(call, f"zeebe:ioMapping/zeebe:{kind}")
                )
                for kind in ("input", "output")
            )
            one = Call(diagram.path, call.get("id", ""), handed, taken)
            catalogue.calls.setdefault(process, []).append(one)
            catalogue.process_inputs.setdefault(process, set()).update(visible_locals(call))
            catalogue.caught.setdefault(process, set()).update(model.caught_errors(diagram, call))
            catalogue.escalating.setdefault(process, set()).update(graph_of(call).codes_caught(call))


def _prefer_loose(catalogue: Catalogue) -> None:
    """Drop what a loose file replaces: it is a copy being tried out."""
    replaced = {(entry.kind, entry.id) for entry in catalogue.entries if entry.pack.loose}
    catalogue.entries = [e for e in catalogue.entries if e.pack.loose or (e.kind, e.id) not in replaced]
