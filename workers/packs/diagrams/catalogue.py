"""What can be referred to: the processes, decisions and forms of every pack, and the templates of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from workers.errors import PermanentError
from workers.packs.diagrams import forms
from workers.packs.diagrams.contributions import Contribution
from workers.packs.diagrams.contributions import read as contributed
from workers.packs.diagrams.seen import note
from workers.packs.templatefiles import TemplateFolders

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


class Forms(Mapping[str, forms.Form]):
    """The forms of all packs by id; one is read when it is asked for."""

    def __init__(self) -> None:
        self._paths: dict[str, Path] = {}
        self._read: dict[str, forms.Form] = {}

    def add(self, identity: str, path: Path) -> None:
        """Say in which file a form lies; the last one counts."""
        self._paths[identity] = path

    def __getitem__(self, identity: str) -> forms.Form:
        """Return a form; raises KeyError for one that no pack has."""
        path = self._paths[identity]
        note(path)
        if identity not in self._read:
            self._read[identity] = forms.load(path)
        return self._read[identity]

    def __iter__(self) -> Iterator[str]:
        """Yield the ids."""
        return iter(self._paths)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._paths)


@dataclass
class Catalogue:
    """All packs with their ids, and which variables reach which form and decision."""

    packs: list[Pack]
    entries: list[Entry] = field(default_factory=list)
    form_locals: dict[str, set[str]] = field(default_factory=dict)
    decision_inputs: dict[str, set[str]] = field(default_factory=dict)
    form_keys: dict[str, set[str]] = field(default_factory=dict)
    parsed_forms: Forms = field(default_factory=Forms)
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
    documents: dict[Path, list[str]] = field(default_factory=dict)
    """The documents that the tasks of a diagram make, by its file."""
    steps: dict[Pack, set[str]] = field(default_factory=dict)
    """The names of the steps that the tasks of a pack's diagrams record."""
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
        for text in found:
            note(text)
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


def build(
    checked: Sequence[Path], *, home: Path, extra: Sequence[Path], read: Callable[[Path], Contribution] = contributed
) -> Catalogue:
    """Collect all packs: those of ``home/bpmn`` and ``extra``, and the folders of the checked files.

    ``read`` says what a file contributes: whoever remembers it need not read it again.

    A folder from elsewhere stands in for the pack of the same name in ``home`` (a copy being tried out), unless that
    one is checked, too: then every id that both own is told. Of a pack of ``home`` and one of ``extra`` with the same
    name, the one that is checked counts, else that of ``extra``.
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
    home_root = (home / "bpmn").resolve()
    own = {folder.name: folder for folder in known if folder.parent == home_root}
    for folder in known - set(own.values()):
        mine = own.get(folder.name)
        if mine is not None and not packs[folder].shared and not {mine, folder} <= folders:
            packs.pop(folder if mine in folders else mine, None)
    foreign = {pack.code for folder, pack in packs.items() if folder not in known and not pack.loose}
    standing = [folder for folder, pack in packs.items() if folder.parent == home_root and pack.code in foreign]
    used = [pack for folder, pack in packs.items() if folder not in standing or folder in folders]
    catalogue = Catalogue(used)
    for pack in used:
        for path in pack.files():
            _register(catalogue, pack, path, read(path))
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


def _register(catalogue: Catalogue, pack: Pack, path: Path, found: Contribution) -> None:
    """Add what a file contributes."""
    catalogue.entries += [Entry(kind, identity, path, pack) for kind, identity in found.ids]
    if found.form is not None:
        catalogue.form_keys[found.form] = set(found.form_keys)
        catalogue.parsed_forms.add(found.form, path)
    catalogue.names.update(found.names, found.form_keys)
    for all_names, names in (
        (catalogue.form_locals, found.form_locals),
        (catalogue.decision_inputs, found.decision_inputs),
        (catalogue.process_inputs, found.process_inputs),
        (catalogue.caught, found.caught),
        (catalogue.escalating, found.escalating),
        *((catalogue.decision_reads.setdefault(one, {}), reads) for one, reads in found.decision_reads.items()),
    ):
        for identity, several in names.items():
            all_names.setdefault(identity, set()).update(several)
    if found.documents:
        catalogue.documents[path.resolve()] = found.documents
    if found.steps:
        catalogue.steps.setdefault(pack, set()).update(found.steps)
    for task, mark in found.page_marks.items():
        catalogue.page_marks.setdefault(task, {})[path] = mark
    for process, identity, handed, taken in found.calls:
        catalogue.calls.setdefault(process, []).append(Call(path, identity, tuple(handed), tuple(taken)))


def _prefer_loose(catalogue: Catalogue) -> None:
    """Drop what a loose file replaces: it is a copy being tried out."""
    replaced = {(entry.kind, entry.id) for entry in catalogue.entries if entry.pack.loose}
    catalogue.entries = [e for e in catalogue.entries if e.pack.loose or (e.kind, e.id) not in replaced]
