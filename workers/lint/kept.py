"""What earlier runs have found out: as long as nothing that a judgement depends on has changed, it holds.

One file a project and its folders of packs, below ``RENKEI_CACHE``. It begins with a hash of the rest, is replaced as a
whole, and is thrown away when it is torn, or when the checks themselves have changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, Final

from workers.lint.findings import Finding, Severity
from workers.packs.diagrams.contributions import Contribution
from workers.packs.diagrams.contributions import read as contributed
from workers.packs.diagrams.seen import watched

Work = Callable[[], Iterable[Finding]]
_FOLDER: Final = "lint"
_SIZE: Final = 16
_EMPTY: Final[dict[str, dict[str, Any]]] = {"contributions": {}, "judged": {}}


class Kept:
    """Judgements by name, each with a key and the files that it was made of; without a file nothing is kept.

    ``fresh``: what was kept is not believed, only replaced.
    """

    def __init__(self, file: Path | None = None, *, fresh: bool = False) -> None:
        self._file = file
        self._digests: dict[Path, str] = {}
        self._content = _EMPTY | {name: {} for name in _EMPTY}
        self._changed = False
        if file is not None and not fresh:
            self._content |= _loaded(file)

    @classmethod
    def of(cls, cache: Path, home: Path, packs: Sequence[Path], *, fresh: bool = False) -> Kept:
        """Return what is kept in ``RENKEI_CACHE`` of a project and its folders of packs."""
        places = [str(path.resolve()) for path in (home, *packs)]
        return cls(cache / _FOLDER / f"{digest_of(places)}.json", fresh=fresh)

    def digest(self, path: Path) -> str:
        """Return a hash of a file's content as it was when this run first asked; empty for one that is not there."""
        if path not in self._digests:
            try:
                self._digests[path] = _hash(path.read_bytes())
            except OSError:
                self._digests[path] = ""
        return self._digests[path]

    def contribution(self, path: Path) -> Contribution:
        """Return what a file adds to the catalogue."""
        known, digest = self._content["contributions"].get(str(path)), self.digest(path)
        if known is None or known[0] != digest:
            known = self._content["contributions"][str(path)] = [digest, asdict(contributed(path))]
            self._changed = True
        return Contribution(**known[1])

    def contributions(self, paths: Iterable[Path]) -> str:
        """Return a hash of what files add to the catalogue."""
        return digest_of([[str(path), asdict(self.contribution(path))] for path in paths])

    def judged(self, name: str, key: str, work: Work, *, whole: bool = False) -> list[Finding]:
        """Return the findings of a judgement: those of an earlier run if the key and all files read are the same.

        ``whole``: the key says all, whatever is read.
        """
        known = self._content["judged"].get(name)
        if known is None or known[0] != key or any(self.digest(Path(path)) != digest for path, digest in known[1]):
            with watched() as files:
                found = list(work())
            read = sorted((str(path), self.digest(path)) for path in (() if whole else files))
            self._content["judged"][name] = [key, read, [_as_kept(finding) for finding in found]]
            self._changed = True
            return found
        return [_as_found(finding) for finding in known[2]]

    def known(self, name: str, key: str) -> Any:
        """Return a value that was kept under a name and a key, None without one."""
        value = self._content["judged"].get(name)
        return value[1] if value is not None and value[0] == key else None

    def keep(self, name: str, key: str, value: Any) -> None:
        """Keep a plain value."""
        self._content["judged"][name] = [key, value]
        self._changed = True

    def save(self) -> None:
        """Write down what is new; a folder that cannot be written to costs time, not the result."""
        if self._file is None or not self._changed:
            return
        known = self._content["contributions"]
        self._content["contributions"] = {path: one for path, one in known.items() if Path(path).is_file()}
        body = json.dumps({"version": version(), **self._content}, ensure_ascii=False).encode()
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._file.parent, prefix=f"{self._file.stem}-", suffix=".tmp")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(_hash(body).encode() + b"\n" + body)
                Path(name).replace(self._file)
            finally:
                Path(name).unlink(missing_ok=True)


def digest_of(value: Any) -> str:
    """Return a hash of plain values."""
    return _hash(json.dumps(value, ensure_ascii=True).encode())


@cache
def version() -> str:
    """Return what tells one state of the checks from another: Python, the packages beside, and every module here."""
    package = Path(__file__).parents[1]
    found = [sys.version, *_stamp(Path(sysconfig.get_path("purelib")))]
    for folder, _, names in os.walk(package):
        if not folder.endswith("__pycache__"):
            found += [part for name in sorted(names) for part in _stamp(Path(folder, name))]
    return digest_of(sorted(found))


def _stamp(path: Path) -> list[str]:
    try:
        status = path.stat()
    except OSError:
        return []
    return [f"{path} {status.st_size} {status.st_mtime_ns}"]


def _loaded(file: Path) -> dict[str, dict[str, Any]]:
    try:
        written, _, body = file.read_bytes().partition(b"\n")
        content = json.loads(body) if written.decode("ascii", "replace") == _hash(body) else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return {name: content[name] for name in _EMPTY} if content.get("version") == version() else {}


def _hash(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=_SIZE).hexdigest()


def _as_kept(finding: Finding) -> list[Any]:
    place = [str(finding.file), finding.element, finding.rule, finding.message]
    return [*place, finding.severity.value, finding.line, sorted(finding.about)]


def _as_found(kept: list[Any]) -> Finding:
    file, element, rule, message, severity, line, about = kept
    return Finding(
        file=Path(file),
        element=element,
        rule=rule,
        message=message,
        severity=Severity(severity),
        line=line,
        about=frozenset(about),
    )
