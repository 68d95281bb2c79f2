"""Every command that the documentation gives is given by a test: here, or where this says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.kit.docsite import ROOT, pages
from tests.kit.lists import HEADINGS, list_rows, write_list
from workers.cli import main

_BLOCK = re.compile(r"^[ \t]*```sh\n(.*?)^[ \t]*```", re.MULTILINE | re.DOTALL)
_GUIDE = "tests/process/test_guide.py::test_a_new_city_comes_about_as_the_guide_says"
_TUTORIAL = "tests/browser/test_tutorial.py::test_the_tutorial_leads_to_a_changed_flow_that_is_deployed"
_UP_AND_DOWN = "tests/contract/test_stack_real.py::test_data_survive_down_and_up"
_SYNC = "tests/contract/test_sync_groups.py::test_a_dry_run_changes_nothing_and_says_what_the_real_one_does"
_COMPOSE = "tests/contract/test_compose_schema.py::test_docker_compose_itself_accepts_the_file"
_BACKUP = "tests/contract/test_backup.py::test_the_commands_take_check_and_restore"
_CHAOS = "tests/chaos/test_canaries.py::test_no_name_or_address_reaches_logs_incidents_or_metrics"
_ELSEWHERE = {
    "make setup": ".ci/run",
    "make demo": ".ci/run",
    "make test": ".ci/run",
    "make chaos": _CHAOS,
    "make chaos LANES=1": _CHAOS,
    "make chaos SEED=12345": _CHAOS,
    ".venv/bin/python -m pytest tests/chaos -k canaries --seed 12345": _CHAOS,
    ".venv/bin/python -m pytest tests/chaos -k canaries --bars chaos --seed 12345": _CHAOS,
    ".venv/bin/renkei up --detach": _UP_AND_DOWN,
    ".venv/bin/renkei down": _UP_AND_DOWN,
    ".venv/bin/renkei start isesaki --input bpmn/isesaki/scenarios/offer-mimamori.toml": _GUIDE,
    "docker/make-secrets.sh": (
        "tests/contract/test_compose_rules.py::"
        "test_the_script_makes_every_secret_closed_to_others_and_keeps_what_is_there"
    ),
    "cp .env.example .env": (
        "tests/contract/test_compose_rules.py::test_the_example_and_the_compose_file_name_the_same_variables"
    ),
    "docker compose up --detach --build --wait": _COMPOSE,  # no Docker where the tests run: the file alone is checked
    "docker compose ps --all": _COMPOSE,
    "docker compose exec renkei-worker renkei --help": _COMPOSE,
    "renkei up --detach": _UP_AND_DOWN,
    "renkei down": _UP_AND_DOWN,
    "renkei backup --new-key /etc/renkei/renkei.key": _BACKUP,
    "renkei backup 20261130.renkei --key /etc/renkei/renkei.key": _BACKUP,
    "renkei backup 20261130.renkei --key /etc/renkei/renkei.key --verify": _BACKUP,
    "renkei restore 20261130.renkei --key /etc/renkei/renkei.key --overwrite": _BACKUP,
    "renkei reconcile": _BACKUP,
    "renkei reconcile --confirm": _BACKUP,
    "renkei sync-groups": _SYNC,
    "renkei sync-groups --dry-run": _SYNC,
    "renkei doctor": (
        "tests/contract/test_doctor.py::test_the_command_names_everything_that_is_away_and_changes_nothing"
    ),
    "renkei doctor --mail kakari@city.example.jp": (
        "tests/contract/test_doctor.py::test_a_mail_to_try_arrives_from_the_city"
    ),
}
"""What is given elsewhere, by which test; ``.ci/run`` is what the build server runs."""
_FOLLOWED = {"docs/process-owners.md": _GUIDE, "docs/tutorial.md": _TUTORIAL}
"""Pages whose commands a test reads from the page and gives one after the other."""
_HERE = ("renkei import 一覧.xlsx --city isesaki", "renkei sync-groups --file groups.yaml")


def _commands() -> list[tuple[str, str]]:
    """Return (page, command) of each line of a block, without what is said beside it."""
    return [
        (str(page.relative_to(ROOT)), " ".join(line.partition(" #")[0].split()))
        for page in pages()
        for block in _BLOCK.findall(page.read_text(encoding="utf-8"))
        for line in block.strip().splitlines()
        if line.strip()
    ]


def test_no_command_of_the_documentation_is_left_to_the_reader_to_try() -> None:
    left = [
        f"{page}: {command}"
        for page, command in _commands()
        if page not in _FOLLOWED and command not in _ELSEWHERE and not command.startswith(_HERE)
    ]
    assert left == []


@pytest.mark.parametrize("where", sorted({*_ELSEWHERE.values(), *_FOLLOWED.values()}))
def test_the_test_that_gives_a_command_is_there(where: str) -> None:
    path, _, name = where.partition("::")
    assert (ROOT / path).is_file()
    assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8") if name else True


def test_nothing_is_said_to_be_tested_that_no_page_gives() -> None:
    assert set(_ELSEWHERE) - {command for _, command in _commands()} == set()


@pytest.mark.parametrize("command", sorted({each for _, each in _commands() if each.startswith(_HERE)}))
def test_a_command_of_the_documentation_does_what_it_says(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RENKEI_DATA", str(tmp_path / "data"))
    headings = ["だれと" if name == "相手方" and "--column" in command else name for name in HEADINGS]
    rows = [{**row, "だれと": row["相手方"]} for row in list_rows(2)]
    write_list(tmp_path / "一覧.xlsx", rows, headings=headings)
    done = CliRunner().invoke(main, shlex.split(command)[1:])
    assert done.exit_code == 0, done.output
    listed = CliRunner().invoke(main, ["agreements", "--on", "2026-06-01", "--json"])
    assert ("株式会社みどり1" in listed.output) == ("import" in command and "--preview" not in command)
