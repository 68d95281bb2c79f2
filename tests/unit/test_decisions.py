"""docs/decisions/: every record has its parts, stands in the index, and its figures stand where it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "docs" / "decisions"
INDEX = (FOLDER / "README.md").read_text(encoding="utf-8")
RECORDS = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
PARTS = ["Context", "Tried and weighed", "Decision", "Consequences"]
LONGEST = 40
_NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?")
_LINK = re.compile(r"\[[^\]]+\]\(([^)#:]+\.md)\)")
_PLACE = re.compile(r"`((?:bpmn|docs|findings|tests|workers)/[\w./-]*)`")


def figures(text: str) -> set[str]:
    """Return the numbers of a text, without the commas in them."""
    return {found.replace(",", "").rstrip(".") for found in _NUMBER.findall(text)}


def unfounded(bullet: str, folder: Path) -> set[str]:
    """Return the figures of a bullet that stand in none of the pages to which it links; without a link, none."""
    sources = [(folder / link).read_text(encoding="utf-8") for link in _LINK.findall(bullet)]
    said = re.sub(r"\(\[[^)]*\)[^)]*\)", "", bullet)
    return figures(said) - set().union(*map(figures, sources)) if sources else set()


def bullets(text: str) -> list[str]:
    """Return the bullets of the part that tells what was tried."""
    part = text.partition("## Tried and weighed\n")[2].partition("\n## ")[0]
    return [line for line in part.splitlines() if line.startswith("- ")]


def test_the_index_names_each_record_once() -> None:
    """A record that nobody finds decides nothing."""
    assert sorted(re.findall(r"\]\(([\w-]+\.md)\)", INDEX)) == [path.name for path in RECORDS]


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_a_record_has_its_four_parts_and_is_short(record: Path) -> None:
    """What was known, what was tried, what holds, what follows; in this order, on one screen."""
    text = record.read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == PARTS
    assert len(text.splitlines()) <= LONGEST


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_every_figure_stands_in_the_page_that_is_named(record: Path) -> None:
    """A figure that was measured anew, or never, is seen."""
    wrong = {line: missing for line in bullets(record.read_text("utf-8")) if (missing := unfounded(line, FOLDER))}
    assert wrong == {}


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_every_file_that_is_named_exists(record: Path) -> None:
    """What was moved is moved here, too."""
    text = record.read_text(encoding="utf-8")
    assert [place for place in _PLACE.findall(text) if not (ROOT / place).exists()] == []
    assert [link for link in _LINK.findall(text) if not (FOLDER / link).is_file()] == []


def test_an_invented_figure_is_found(tmp_path: Path) -> None:
    """Large numbers are compared without their commas, and the number of a bar in the link's brackets is none."""
    (tmp_path / "page.md").write_text("1000 jobs, 0.56 倍、16603 行", encoding="utf-8")
    assert unfounded("- Of 1,000 jobs 0.56, 16603 rows ([page](page.md), B5).", tmp_path) == set()
    assert unfounded("- Of 1,000 jobs 0.57 ([page](page.md), B5).", tmp_path) == {"0.57"}
    assert unfounded("- Of 7 jobs, measured nowhere.", tmp_path) == set()
