"""On what a judgement stands, as hashes: the files of a pack, the names of templates, what all packs know together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from workers.lint.kept import Kept, digest_of
from workers.packs.diagrams.catalogue import COMMON, SUFFIXES, Catalogue, Pack

_MODELER: Final = ".camunda"
_READ_ME: Final = "README.md"


class Ground:
    """The keys of judgements: what they depend on besides the files that they are seen to read."""

    def __init__(self, known: Catalogue, kept: Kept) -> None:
        self._known, self._kept = known, kept
        self._packs: dict[tuple[Path, bool], str] = {}

    def of_file(self, path: Path) -> str:
        """Return the key of a diagram's, a decision's or a form's judgement."""
        packs = [self._known.pack_of(path), *self._shared]
        return digest_of([self._all, self._templates, [self._of_pack(pack, whole=False) for pack in packs]])

    def of_pack(self, folder: Path) -> str:
        """Return the key of a pack's judgement: its own files and scenarios, and what these ask of diagrams."""
        packs = [pack for pack in self._known.packs if pack.folder == folder.resolve()] + self._shared
        asked = [self._asked(path, "outline") for path in _diagrams(packs)]
        return digest_of([*self._around(packs), [self._of_pack(pack, whole=True) for pack in packs], asked])

    def of_papers(self, code: str, only: Sequence[Path]) -> str:
        """Return the key of the judgement of a city's templates: they, and what diagrams hand over to them."""
        packs = [pack for pack in self._known.packs if pack.code == code] + self._shared
        texts = [path for path in self._template_files if {*path.parts} & {COMMON, code}]
        asked = [self._asked(path, "handed") for path in _diagrams(packs)]
        return digest_of([*self._around(packs), [str(path) for path in only], self._contents(texts), asked])

    def _around(self, packs: Sequence[Pack]) -> list[Any]:
        forms = [path for pack in packs for path in pack.files() if path.suffix == ".form"]
        owns = [self._of_pack(pack, whole=False) for pack in packs]
        return [self._all, self._templates, [pack.code for pack in packs], owns, self._contents(forms)]

    def _contents(self, paths: Iterable[Path]) -> list[list[str]]:
        return [[str(path), self._kept.digest(path)] for path in paths]

    def _asked(self, path: Path, what: str) -> str:
        """Return a hash of what is asked of a diagram: its outline, or what it hands over to templates."""
        name, digest = f"{what} {path}", self._kept.digest(path)
        found = self._kept.known(name, digest)
        if found is None:
            from workers.lint import asked  # noqa: PLC0415 (only where a diagram has changed)

            found = digest_of(asked.outline(path) if what == "outline" else asked.handed(path))
            self._kept.keep(name, digest, found)
        return str(found)

    @cached_property
    def _shared(self) -> list[Pack]:
        return [pack for pack in self._known.packs if pack.shared]

    @cached_property
    def _all(self) -> str:
        packs = [[str(pack.folder), str(pack.templates), pack.loose] for pack in self._known.packs]
        files = [path for pack in self._known.packs for path in pack.files()]
        return digest_of([packs, self._kept.contributions(files)])

    @cached_property
    def _template_files(self) -> list[Path]:
        roots = {pack.templates for pack in self._known.packs}
        roots |= {pack.folder / "templates" for pack in self._known.packs}
        roots |= {root / code / "templates" for root in self._roots for code in self._known.codes()}
        return sorted({path for root in roots if root.is_dir() for path in root.rglob("*") if path.is_file()})

    @property
    def _roots(self) -> set[Path]:
        return {pack.folder.parent for pack in self._known.packs}

    @cached_property
    def _templates(self) -> str:
        return digest_of([str(path) for path in self._template_files])

    def _of_pack(self, pack: Pack, *, whole: bool) -> str:
        """Return a hash of a pack's files without diagrams, decisions and forms; ``whole``: with scenarios and all."""
        if (pack.folder, whole) not in self._packs:
            self._packs[pack.folder, whole] = digest_of(self._contents(sorted(_files(pack, whole=whole))))
        return self._packs[pack.folder, whole]


def _diagrams(packs: Iterable[Pack]) -> list[Path]:
    return [path for pack in packs for path in pack.files() if path.suffix == ".bpmn"]


def _files(pack: Pack, *, whole: bool) -> Iterator[Path]:
    folder = pack.folder
    if pack.loose:  # files that lie somewhere: what matters of them is seen when it is read
        return
    inner: Iterable[Path] = folder.rglob("*") if whole else [*folder.iterdir(), *(folder / _MODELER).rglob("*")]
    for path in inner:
        if path.is_file() and path.name != _READ_ME and path.suffix not in SUFFIXES:
            yield path
