"""Seeded mistakes: one small slip in a copy of a real pack, and the one message with which lint has to answer it.

The seeds are data, ``tests/data/lint_seeds/*.toml``, a ``[[seed]]`` each:

- ``name``, ``kind``: what a person reads;
- ``file``: of ``bpmn/`` or ``templates/`` (``isesaki/isesaki-signing.bpmn``, ``templates/isesaki/mail/x.txt.j2``);
- ``within``: the id of the element (or form component) that ``old`` is searched in; without it, the whole file;
- ``old``, ``new``: the text as it stands in the file, and what a hasty owner makes of it; ``old = ""`` stands for all
  that ``within`` or the file holds. ``edits``: more of the four above, where one slip takes several places;
  ``part``: of a Word file (``word/document.xml``), ``encoding``: in which the file is written (``cp932``);
- ``rule``, ``element``: which finding; ``told``: a part of its message; ``by = "node"``: Camunda's linters find it;
- ``warning = true``: it is only a warning. ``clean = true``: unusual but right, nothing may be found.
"""

from __future__ import annotations

import io
import re
import shutil
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from workers.lint import linter
from workers.lint.findings import Finding
from workers.lint.kept import Kept

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "tests" / "data" / "lint_seeds"


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One change of text in one file."""

    file: str
    new: str
    old: str = ""
    within: str = ""
    part: str = ""
    encoding: str = "utf-8"


@dataclass(frozen=True, kw_only=True)
class Seed:
    """One mistake and what has to be said about it."""

    name: str
    kind: str
    edits: tuple[Edit, ...]
    rule: str = ""
    element: str = ""
    told: str = ""
    by: str = "renkei"
    warning: bool = False
    clean: bool = False

    @property
    def pack(self) -> str:
        """The pack in which the mistake is made."""
        parts = Path(self.edits[0].file).parts
        return parts[1] if parts[0] == "templates" else parts[0]


def seeds() -> list[Seed]:
    """Return all seeds, file by file."""
    tables = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.toml"))]
    return [_seed(dict(entry)) for table in tables for entry in table["seed"]]


_EDIT: Final = ("file", "within", "old", "new", "part", "encoding")


def _seed(entry: dict[str, Any]) -> Seed:
    first = {name: entry.pop(name) for name in _EDIT if name in entry}
    more = [{"file": first.get("file"), **edit} for edit in entry.pop("edits", [])]
    edits = [Edit(**edit) for edit in ([first] if "new" in first else []) + more]
    return Seed(edits=tuple(edits), **entry)


@dataclass
class Field:
    """A copy of all packs and templates in which seeds are sown one after another; each is taken out again."""

    home: Path
    _before: dict[Path, set[tuple[str, str, str, str]]] = field(default_factory=dict)
    _kept: Kept = field(default_factory=Kept)

    @classmethod
    def made(cls, home: Path) -> Field:
        """Copy the packs and templates of the project."""
        for folder in ("bpmn", "templates"):
            shutil.copytree(ROOT / folder, home / folder)
        return cls(home)

    def path(self, file: str) -> Path:
        """Return a file of the copy."""
        return self.home / file if file.startswith("templates/") else self.home / "bpmn" / file

    @contextmanager
    def sown(self, seed: Seed) -> Iterator[list[Path]]:
        """Make the mistake; yields the changed files, which are as before afterwards."""
        paths = list(dict.fromkeys(self.path(edit.file) for edit in seed.edits))
        kept = {path: path.read_bytes() if path.exists() else None for path in paths}
        try:
            for edit in seed.edits:
                path = self.path(edit.file)
                if edit.part:
                    _change_part(path, edit)
                    continue
                raw = kept[path] is None or not (edit.old or edit.within)
                text = "" if raw else path.read_text(encoding="utf-8")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes((edit.new if raw else changed(text, edit)).encode(edit.encoding))
            yield paths
        finally:
            for path, content in kept.items():
                path.unlink() if content is None else path.write_bytes(content)

    def new(self, seed: Seed) -> list[Finding]:
        """Return what our own rules find with the seed and did not find without it."""
        pack = self.home / "bpmn" / seed.pack
        with self.sown(seed) as paths:
            found = self._lint(self._near(pack, paths), fresh=seed.clean)
        before = self._known(pack)
        return [finding for finding in found if _key(finding) not in before]

    def _known(self, pack: Path) -> set[tuple[str, str, str, str]]:
        if pack not in self._before:
            self._before[pack] = {_key(finding) for finding in self._lint([pack])}
        return self._before[pack]

    def _lint(self, paths: list[Path], *, fresh: bool = False) -> list[Finding]:
        """Check paths as a person's next run does: what no seed has touched since is not judged again.

        A judgement that is too old could only hide a finding: where none is to be found, everything is judged.
        """
        self._kept._digests.clear()
        return linter.lint(paths, home=self.home, kept=None if fresh else self._kept).findings

    def _near(self, pack: Path, changed_paths: list[Path]) -> list[Path]:
        """Return what has to be checked again: the whole pack, or the changed files and those that belong to them."""
        if all({"templates", "scenarios"} & {*path.parts} for path in changed_paths):
            return changed_paths
        if any(path.suffix not in {".bpmn", ".dmn", ".form"} for path in changed_paths):
            return [pack]
        files = {path: path.read_text(encoding="utf-8") for path in pack.iterdir() if path.suffix in _CHECKED}
        names = {f'"{path.stem}"' for path in changed_paths}
        texts = [path.read_text(encoding="utf-8") for path in changed_paths]
        near = [
            path
            for path, text in files.items()
            if any(name in text for name in names) or any(f'"{path.stem}"' in text for text in texts)
        ]
        return sorted({*changed_paths, *near})


_CHECKED: Final = {".bpmn", ".dmn", ".form"}


def _change_part(path: Path, edit: Edit) -> None:
    """Change one part of a Word file."""
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    parts[edit.part] = changed(parts[edit.part].decode(), edit).encode()
    with zipfile.ZipFile(path, "w") as package:
        for name, data in parts.items():
            package.writestr(name, data)


def changed(text: str, edit: Edit) -> str:
    """Return a file's text with one change; what is to be changed has to be there."""
    start, end = _part(text, edit) if edit.within else (0, len(text))
    part = text[start:end]
    assert edit.old in part, f"{edit.file}: {edit.within} does not hold {edit.old!r}"
    return text[:start] + (part.replace(edit.old, edit.new, 1) if edit.old else edit.new) + text[end:]


def _part(text: str, edit: Edit) -> tuple[int, int]:
    """Return where the element, or the form's component, with an id begins and ends."""
    if edit.file.endswith(".form"):
        return _component(text, edit.within)
    head = re.search(rf'<([\w:]+)\b[^<>]*\bid="{re.escape(edit.within)}"[^<>]*>', text)
    assert head is not None, f"{edit.file}: no element {edit.within}"
    if head.group().endswith("/>"):
        return head.span()
    depth, name = 0, re.escape(head[1])
    for tag in re.finditer(rf"<(/?){name}(?=[\s>/])[^<>]*?(/?)>", text[head.start() :]):
        depth += 0 if tag[2] else -1 if tag[1] else 1
        if depth == 0:
            return head.start(), head.start() + tag.end()
    raise AssertionError(f"{edit.file}: {edit.within} is not closed")


def _component(text: str, identity: str) -> tuple[int, int]:
    at = text.find(f'"id": "{identity}"')
    assert at >= 0, f"no component {identity}"
    opened = [0]
    for index, sign in _outside_strings(text):
        if sign == "{":
            opened.append(index)
        elif sign == "}":
            start = opened.pop()
            if start < at < index:
                return start, index + 1
    raise AssertionError(f"component {identity} is not closed")


def _outside_strings(text: str) -> Iterator[tuple[int, str]]:
    for found in re.finditer(r'"(?:[^"\\]|\\.)*"|[{}]', text):
        if found.group() in "{}":
            yield found.start(), found.group()


def _key(finding: Finding) -> tuple[str, str, str, str]:
    return finding.file.name, finding.element, finding.rule, finding.message
