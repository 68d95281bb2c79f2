"""What changed between two versions of a file, in sentences that a reviewer can judge without reading XML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workers.drawing.facts import INSIDE, Item, read
from workers.drawing.folds import Folds, folds
from workers.errors import InputError
from workers.packs.diagrams import model
from workers.packs.diagrams.catalogue import SUFFIXES

REMOVED: Final = "#c62828"
ADDED: Final = "#2e7d32"
CHANGED: Final = "#1565c0"
MOVED: Final = "#8a94a6"


@dataclass(frozen=True)
class FileDiff:
    """The differences of one file; ``old`` or ``new`` is None for a file that was added or removed."""

    name: str
    old: Path | None
    new: Path | None
    sentences: tuple[str, ...]
    removed: frozenset[str] = frozenset()
    added: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    moved: frozenset[str] = frozenset()

    @property
    def is_same(self) -> bool:
        """Whether nothing changed, the drawing included."""
        return not self.sentences and not self.moved

    def colours(self, *, of_new: bool) -> dict[str, str]:
        """Return the colours for a picture of the new or the old version."""
        marked = dict.fromkeys(self.moved, MOVED) | dict.fromkeys(self.changed, CHANGED)
        return marked | (dict.fromkeys(self.added, ADDED) if of_new else dict.fromkeys(self.removed, REMOVED))


def compare(old: Path, new: Path) -> list[FileDiff]:
    """Compare two files, or two folders file by file (by name, with their subfolders).

    Raises InputError (Japanese) for a path that does not exist, a file of another kind, or a folder against a file.
    """
    for path in (old, new):
        if not path.exists():
            raise InputError(str(path), "ファイルもフォルダーもありません")
    if old.is_dir() != new.is_dir():
        raise InputError(str(new), "ファイルとファイル、またはフォルダーとフォルダーを比べてください")
    if not old.is_dir():
        return [compare_files(old, new, new.name)]
    before, after = _files(old), _files(new)
    names = sorted(before.keys() | after.keys())
    return [_compare_pair(before.get(name), after.get(name), name) for name in names]


def compare_files(old: Path, new: Path, name: str) -> FileDiff:
    """Compare two versions of a file; raises InputError when one cannot be read."""
    for path in (old, new):
        if path.suffix not in SUFFIXES:
            raise InputError(str(path), "比べられるのは .bpmn .dmn .form です")
    if old.suffix != new.suffix:
        raise InputError(str(new), f"{old.suffix} と {new.suffix} は比べられません")
    before, after = read(old), read(new)
    folded = folds(old, new) if new.suffix == ".bpmn" else Folds()
    changes = {key: list(_changes(before[key], after[key], folded.steps)) for key in before if key in after}
    added, removed = after.keys() - before.keys(), before.keys() - after.keys()
    sentences = [
        *folded.sentences,
        *(f"追加: {_full(after[key])}" for key in after if key in added),
        *(f"削除: {_full(before[key])}" for key in before if key in removed),
        *(f"変更: {after[key].title}の{change}" for key, found in changes.items() for change in found),
    ]
    return FileDiff(
        name,
        old,
        new,
        tuple(sentences),
        removed=frozenset(removed),
        added=frozenset(added),
        changed=frozenset(key for key, found in changes.items() if found),
        moved=_moved(old, new) - folded.inside - folded.steps if new.suffix == ".bpmn" else frozenset(),
    )


def _compare_pair(old: Path | None, new: Path | None, name: str) -> FileDiff:
    if old and new:
        return compare_files(old, new, name)
    what = "追加: ファイル" if new else "削除: ファイル"
    return FileDiff(name, old, new, (f"{what}「{name}」",))


def _files(folder: Path) -> dict[str, Path]:
    found = (path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in found}


def _changes(before: Item, after: Item, folded: frozenset[str]) -> Iterator[str]:
    """Yield what changed; that a part lies in a step that was folded around it has been told before."""
    if before.kind != after.kind:
        yield f"種類が{before.kind}から{after.kind}に変わった"
    for label in dict.fromkeys([*before.facts, *after.facts]):
        old, new = before.facts.get(label), after.facts.get(label)
        if label == INSIDE and {fact.value for fact in (old, new) if fact} <= folded:
            continue
        if old is None:
            yield f"{label}「{new.shown if new else ''}」が加わった"
        elif new is None:
            yield f"{label}「{old.shown}」がなくなった"
        elif old.value != new.value:
            yield f"{label}が「{old.shown}」から「{new.shown}」に変わった"


def _full(item: Item) -> str:
    """Return an element with what it says, for there is nothing to compare it with."""
    facts = "、".join(f"{label}「{fact.shown}」" for label, fact in item.facts.items() if label != "名前")
    return f"{item.title}: {facts}" if facts else item.title


def _moved(old: Path, new: Path) -> frozenset[str]:
    before, after = model.load(old), model.load(new)
    places_before = {**before.shapes, **before.edges}
    places_after = {**after.shapes, **after.edges}
    common = places_before.keys() & places_after.keys()
    return frozenset(key for key in common if places_before[key] != places_after[key])
