"""Where templates lie: ``DIR/CODE/templates`` of packs goes before ``templates/CODE``, that before ``common``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workers.errors import PermanentError

COMMON = "common"
_ENDINGS = (".j2", ".docx")
_KINDS = frozenset({"mail", "documents"})
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True)
class TemplateFolders:
    """The folders to look in. ``templates`` is the project's own, ``packs`` are folders of packs from outside it."""

    templates: Path
    packs: Sequence[Path] = ()

    def search(self, city: str, kind: str) -> list[Path]:
        """Return the folders of a city for ``mail`` or ``documents``, the first to be looked at first.

        Raises PermanentError for a city code that is no plain name: it would lead out of the folders.
        """
        code = plain_name(city, "市のコード")
        return [
            *(pack / code / "templates" / kind for pack in self.packs),
            self.templates / code / kind,
            self.templates / COMMON / kind,
        ]

    def find(self, city: str, kind: str, name: str, suffix: str) -> Path:
        """Return the file of a template; raises PermanentError naming the path when no folder has it."""
        file = plain_name(name, "ひな形の名前") + suffix
        for folder in self.search(city, kind):
            path = folder / file
            if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
                return path
        raise missing_template(city, kind, file)

    def names(self, city: str, kind: str, suffix: str) -> list[str]:
        """Return the names of all templates that a city can use; parts for inclusion (``_name``) are left out."""
        files = (file for folder in self.search(city, kind) for file in folder.glob(f"*{suffix}"))
        return sorted({file.name.removesuffix(suffix) for file in files if not file.name.startswith("_")})


def template_files(path: Path) -> list[Path]:
    """Return the template that a path is, or those in a folder of templates: ``templates``, one of a city or a kind."""
    if path.is_file():
        return [path] if path.name.endswith(_ENDINGS) or _lies_among_templates(path) else []
    names = {path.name, path.parent.name, path.parent.parent.name} if path.is_dir() else set()
    if "templates" not in names:
        return []
    return sorted(file for file in path.rglob("*") if file.is_file() and file.parent.name in _KINDS)


def _lies_among_templates(path: Path) -> bool:
    return path.parent.name in _KINDS and "templates" in path.resolve().parts


def plain_name(value: str, what: str) -> str:
    """Return a name of lower-case letters, digits and hyphens unchanged; raises PermanentError for any other."""
    if not _NAME.fullmatch(value):
        raise PermanentError(f"{what}に使えるのは英小文字・数字・ハイフンだけです: {value[:40]!r}")
    return value


def missing_template(city: str, kind: str, file: str) -> PermanentError:
    """Return the error for a template that no folder has."""
    return PermanentError(
        f"ひな形がありません: templates/{city}/{kind}/{file}（templates/{COMMON}/{kind}/ にもありません）"
    )
