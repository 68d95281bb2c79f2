"""A command imports what it needs: a program that is started for each question has to be there at once."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from workers.adapters.registry.database import migrate
from workers.cli import SUMMARIES

_ROOT = Path(__file__).parents[2]
_DATABASE = ("sqlalchemy", "alembic", "aiosqlite")
_WORKER = ("pyzeebe", "grpc", "uvicorn", "starlette", "structlog", "prometheus_client")
_PAPERS = ("jinja2", "docx", "docxtpl", "icalendar", "openpyxl", "lxml")
_SETTINGS = ("pydantic", "pydantic_settings")
_SCREEN = ("rich", "httpx")


def test_the_list_of_commands_says_what_each_command_says_of_itself() -> None:
    modules = {module: importlib.import_module(f"workers.cli.{module}") for module, _ in SUMMARIES.values()}
    said = {
        command.name: (module, command.get_short_help_str(limit=120))
        for module, found in modules.items()
        for command in found.commands
    }
    assert said == SUMMARIES
    assert list(SUMMARIES) == sorted(SUMMARIES), "the list is shown in this order"


def test_every_module_with_commands_is_in_the_list() -> None:
    files = (_ROOT / "workers" / "cli").glob("*.py")
    having = {file.stem for file in files if "\ncommands = " in file.read_text(encoding="utf-8")}
    assert having == {module for module, _ in SUMMARIES.values()}


@pytest.mark.parametrize(
    ("arguments", "never"),
    [
        (["--help"], (*_DATABASE, *_WORKER, *_PAPERS, *_SETTINGS, *_SCREEN, "asyncio")),
        (["status", "--help"], (*_DATABASE, *_WORKER, *_PAPERS, *_SETTINGS, *_SCREEN, "asyncio")),
        (["status"], (*_DATABASE, *_WORKER, *_PAPERS, "httpx", "pygments")),
        (["down"], (*_DATABASE, *_WORKER, *_PAPERS, "httpx", "pygments")),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "",
)
def test_a_command_leaves_out_what_it_does_not_need(
    arguments: list[str], never: tuple[str, ...], tmp_path: Path
) -> None:
    assert imported(arguments, tmp_path).isdisjoint(never)


@pytest.mark.parametrize(
    "arguments", [["agreements"], ["cases"], ["case", "none"], ["agreement", "none"]], ids=" ".join
)
def test_a_command_that_asks_the_registry_needs_neither_engine_nor_papers(arguments: list[str], tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path / 'registry.sqlite3'}")
    never = {*_WORKER, *_PAPERS, "alembic", "psycopg", "httpx", "holidays", "email_validator"}
    assert imported(arguments, tmp_path).isdisjoint(never)


def test_the_register_is_read_without_the_entities(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path / 'registry.sqlite3'}")
    modules = imported_modules(["agreements"], tmp_path)
    assert "workers.adapters.registry.register" in modules
    assert modules.isdisjoint({"workers.adapters.registry.mapping", "sqlalchemy.dialects.postgresql"})


def imported(arguments: list[str], data: Path) -> set[str]:
    """Return the top-level packages that a command imports."""
    return {name.partition(".")[0] for name in imported_modules(arguments, data)}


def imported_modules(arguments: list[str], data: Path) -> set[str]:
    """Return the modules that a command imports."""
    command = [sys.executable, "-X", "importtime", "-m", "workers.cli", *arguments]
    environment = {**os.environ, "RENKEI_DATA": str(data)}
    run = subprocess.run(command, cwd=_ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)
    names = {line.rpartition("|")[2].strip() for line in run.stderr.splitlines() if line.startswith("import time:")}
    assert "workers.cli" in names, run.stderr
    return names
