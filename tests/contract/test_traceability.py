"""docs/traceability.md is complete: every requirement is modelled and tested, or stands in the open list."""

from __future__ import annotations

import re

from tests.kit import traceability

MAY_BE_OPEN = frozenset(
    """
    AGE-T2
    ISE-T2 ISE-T4
    DAT-T2 DAT-F7 DAT-F8
    CHI-7 CHI-8
    ASA-8
    ALL-3 ALL-5 ALL-6 ALL-7 ALL-9 ALL-12 ALL-13 ALL-14 ALL-16 ALL-17 ALL-18
    """.split()  # noqa: SIM905 (a line a chapter)
)
"""What is not built yet. This list may only shrink: take an id out when it is built, never put one in."""


def test_the_page_tells_what_the_tree_holds() -> None:
    """After a requirement is modelled and tested, ``python -m tests.kit.traceability`` rewrites the page."""
    text = traceability.DOCUMENT.read_text(encoding="utf-8")
    found = traceability.traces()
    done = {identity for identity in traceability.REQUIREMENTS if found[identity].done}
    assert traceability.done_list(text) == done
    assert traceability.open_list(text) == set(traceability.REQUIREMENTS) - done


def test_every_file_and_element_that_the_page_names_exists() -> None:
    """A page that points nowhere helps nobody."""
    text = traceability.DOCUMENT.read_text(encoding="utf-8")
    files = set(re.findall(r"(?:workers|tests)/[\w/]+\.py", text))
    assert {file for file in files if not (traceability.ROOT / file).is_file()} == set()


def test_no_diagram_rule_or_test_names_an_unknown_requirement() -> None:
    """A misspelt id would trace nothing."""
    assert set(traceability.traces()) - set(traceability.REQUIREMENTS) == set()


def test_the_open_list_only_shrinks() -> None:
    """What was built once stays traced."""
    text = traceability.DOCUMENT.read_text(encoding="utf-8")
    assert traceability.open_list(text) - MAY_BE_OPEN == set()


def test_ids_are_read_from_texts() -> None:
    """``ISE-2/3`` names two requirements, ``ISE-F1`` one."""
    assert list(traceability.ids_in("ISE-2/3 と ISE-F1、ALL-10")) == ["ISE-2", "ISE-3", "ISE-F1", "ALL-10"]
