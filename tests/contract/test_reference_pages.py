"""The documentation's reference is what the program says now, and every link of every page leads somewhere."""

from __future__ import annotations

import tomllib

import pytest

from tests.kit import citykeys, docsite, errorcodes, reference, referencecity
from tests.kit.errormessages import messages_by_file
from workers.cli import SUMMARIES
from workers.errorcodes import CATALOGUE, KINDS, code_of, messages, with_codes
from workers.errors import BusyError, InputError, InputErrors, RenkeiError
from workers.jobs.catalog import all_job_types
from workers.packs.schema import TABLES
from workers.variables import VARIABLES


@pytest.mark.parametrize("name", reference.PAGES)
def test_a_page_of_the_reference_is_new(name: str) -> None:
    written = (reference.FOLDER / f"{name}.md").read_text(encoding="utf-8")
    assert written == reference.page(name), "python -m tests.kit.reference"


def test_the_reference_has_every_command_job_type_and_variable() -> None:
    pages = {name: reference.page(name) for name in ("commands", "jobs", "variables")}
    assert [name for name in SUMMARIES if f"\n## {name}\n" not in pages["commands"]] == []
    assert [name for name in all_job_types() if f"\n### {name}\n" not in pages["jobs"]] == []
    assert [name for name in VARIABLES if f"\n| `{name}` |" not in pages["variables"]] == []


def test_every_entry_of_city_toml_has_a_meaning_and_no_other() -> None:
    assert set(citykeys.KEYS) == set(referencecity.keys())
    assert set(citykeys.TABLES) == set(TABLES)


def test_every_link_leads_somewhere() -> None:
    assert docsite.broken() == []


def test_every_message_has_a_code_of_its_own() -> None:
    assert CATALOGUE.read_text(encoding="utf-8") == errorcodes.catalogue(), "python -m tests.kit.errorcodes"
    told = {message for messages in messages_by_file().values() for message in messages}
    assert set(messages().values()) == told
    kept = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))
    assert len(messages()) + len(kept["gone"]) == len({*kept["messages"], *kept["gone"]})
    assert len(set(messages().values())) == len(messages())


def test_a_message_is_known_by_its_words_whatever_stands_in_it() -> None:
    for code, message in messages().items():
        said = message.replace("{}", "令和8年")
        found = code_of(f"list.csv 3行目: {said}")
        assert found == code or len(messages()[found].replace("{}", "")) >= len(message.replace("{}", "")), message


def test_what_is_put_together_has_the_code_of_its_kind() -> None:
    assert code_of("知らない文", BusyError("知らない文")) == KINDS["BusyError"]
    assert code_of("知らない文", RenkeiError("知らない文")) == KINDS["RenkeiError"]
    errors = InputErrors([InputError("a.csv 1行目", "知らない文1"), InputError("a.csv 2行目", "知らない文2")])
    assert with_codes(errors.message, errors) == (
        "a.csv 1行目: 知らない文1 [RK-0005]\na.csv 2行目: 知らない文2 [RK-0005]"
    )
