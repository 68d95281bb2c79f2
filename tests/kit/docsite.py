"""Builds the documentation as a site: ``python -m tests.kit.docsite`` (``make docs``).

The pages are laid out as in the repository, so that a link is right on GitHub and in the site. Whatever a page links to
comes along. mkdocs fails on its first warning; the site is opened from a folder, without a server and without network.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
CONFIG: Final = ROOT / "mkdocs.yml"
_SOURCE: Final = ROOT / "build" / "docs" / "source"
SITE: Final = ROOT / "build" / "docs" / "site"
_PAGES: Final = ("*.md", "docs/**/*.md", "bpmn/*/README.md", "templates/README.md")
_ALWAYS: Final = ("docs/site/*",)
_LINK: Final = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>#]+)")
_ELSEWHERE: Final = re.compile(r"^(?:[a-z]+:|/)")
_ENVIRONMENT: Final = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}  # no news of other programs
_TOLD: Final = re.compile(r"WARNING|ERROR|Doc file|A reference to|following pages")
"""What mkdocs says where something is not right; not all of it is a warning to it."""
_FENCE: Final = re.compile(r"^\s*```.*?^\s*```\s*$", re.MULTILINE | re.DOTALL)


def pages(root: Path = ROOT) -> list[Path]:
    """Return every page, in the order of their paths."""
    return sorted({page for pattern in _PAGES for page in root.glob(pattern)})


def links(page: Path) -> Iterator[Path]:
    """Yield the files of the repository that a page links to, whether they are there or not."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(_LINK, text):
        if not _ELSEWHERE.match(target):
            yield (page.parent / target).resolve()


def broken(root: Path = ROOT) -> list[str]:
    """Return the links that lead nowhere, each with its page."""
    return [
        f"{page.relative_to(root)}: {target.relative_to(root) if target.is_relative_to(root) else target}"
        for page in pages(root)
        for target in links(page)
        if not target.exists()
    ]


def stage(folder: Path = _SOURCE) -> None:
    """Lay out the pages and what they link to, as in the repository."""
    shutil.rmtree(folder, ignore_errors=True)
    found = pages()
    files = {*found, *(path for pattern in _ALWAYS for path in ROOT.glob(pattern))}
    files.update(target for page in found for target in links(page) if target.is_file())
    for path in sorted(files):
        place = folder / path.relative_to(ROOT)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)


def build() -> subprocess.CompletedProcess[str]:
    """Build the site; whatever mkdocs has to say about a page is an error."""
    stage()
    program = [sys.executable, "-W", "ignore", "-m", "mkdocs", "build", "--strict", "--clean"]
    done = subprocess.run(
        [*program, "--config-file", str(CONFIG)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        cwd=ROOT,
        env=_ENVIRONMENT,
    )
    done.returncode = done.returncode or int(bool(_TOLD.search(done.stdout)))
    return done


def main() -> int:
    """Build the site, say where it is, return the exit code."""
    done = build()
    if done.returncode:
        sys.stderr.write(done.stdout)
    else:
        sys.stdout.write(f"{SITE / 'index.html'}\n")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
