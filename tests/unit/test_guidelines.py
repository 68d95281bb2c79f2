"""docs/guidelines/CITY.md: every passage of a city's guideline has its place and a test that shows it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from tests.kit.guidelines import GUIDELINES, PAGES, ROOT, expanded, passages_of

HEADER = "| 箇所 | 求められること（要旨） | どこで | 確かめるテスト |"
NOT_DONE = "## まだのもの"
MAY_BE_MISSING: frozenset[str] = frozenset()
"""Cities whose page is not written yet. This set may only shrink."""

_TICKED = re.compile(r"`([^`]+)`")
_ELEMENT = re.compile(r"([a-z0-9-]+): (\w+)")
_TEST = re.compile(r"(tests/[\w/]+\.py)::(\w+)")
_SCENARIO = re.compile(r"bpmn/[a-z]+/scenarios/[\w-]+\.toml")


@dataclass(frozen=True)
class Row:
    """One row of a page: passages, what they ask for, places, tests."""

    passages: tuple[str, ...]
    asked: str
    places: tuple[str, ...]
    tests: tuple[str, ...]


def rows_of(text: str) -> list[Row]:
    """Return the rows of a page's table; several passages of a row stand apart by 「、」."""
    lines = iter(text.partition(HEADER)[2].splitlines()[2:])
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        passages, asked, places, tests = (cell.strip() for cell in line.strip("|").split("|"))
        named = tuple(each for passage in passages.split("、") for each in expanded(passage.strip()))
        rows.append(Row(named, asked, tuple(_TICKED.findall(places)), tuple(_TICKED.findall(tests))))
    return rows


def not_done(text: str) -> list[str]:
    """Return the passages that a page names as not done yet: each a bullet that begins with it."""
    listed = re.findall(r"^- (\S+)", text.partition(NOT_DONE)[2].partition("\n## ")[0], re.MULTILINE)
    return [each for passage in listed for each in expanded(passage)]


def place_exists(place: str) -> bool:
    """Whether an element ``process-id: ElementId`` or a path in the project exists."""
    if found := _ELEMENT.fullmatch(place):
        process, element = found.groups()
        return any(
            f'id="{element}"' in path.read_text(encoding="utf-8") for path in ROOT.glob(f"bpmn/*/{process}.bpmn")
        )
    return (ROOT / place).is_file()


def test_exists(test: str) -> bool:
    """Whether a test ``tests/…/test_x.py::test_name`` or a scenario exists (every scenario is run as a test)."""
    if _SCENARIO.fullmatch(test):
        return (ROOT / test).is_file()
    if not (found := _TEST.fullmatch(test)):
        return False
    file, name = ROOT / found[1], found[2]
    return (
        file.is_file()
        and re.search(rf"^(async )?def {name}\(", file.read_text(encoding="utf-8"), re.MULTILINE) is not None
    )


test_exists.__test__ = False  # type: ignore[attr-defined]  # a question about tests, no test


def written() -> list[str]:
    """Return the cities that have a page."""
    return [city for city in GUIDELINES if (PAGES / f"{city}.md").is_file()]


def page(city: str) -> str:
    """Return a city's page."""
    return (PAGES / f"{city}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("city", written())
def test_every_passage_has_a_row_or_is_named_as_not_done(city: str) -> None:
    """Nothing that the guideline asks for is passed over in silence."""
    text = page(city)
    named = {passage for row in rows_of(text) for passage in row.passages} | set(not_done(text))
    assert [passage for passage in passages_of(city) if passage not in named] == []


@pytest.mark.parametrize("city", written())
def test_no_row_names_a_passage_that_the_guideline_has_not(city: str) -> None:
    """A misspelt number would trace nothing."""
    text = page(city)
    named = {passage for row in rows_of(text) for passage in row.passages} | set(not_done(text))
    assert named - set(passages_of(city)) == set()


@pytest.mark.parametrize("city", written())
def test_every_row_says_what_where_and_by_which_test(city: str) -> None:
    """A row without a place or without a test shows nothing."""
    assert [row for row in rows_of(page(city)) if not (row.asked and row.places and row.tests)] == []


@pytest.mark.parametrize("city", written())
def test_every_place_and_every_test_exists(city: str) -> None:
    """A page that points nowhere helps nobody."""
    rows = rows_of(page(city))
    assert [place for row in rows for place in row.places if not place_exists(place)] == []
    assert [test for row in rows for test in row.tests if not test_exists(test)] == []


def test_the_five_guidelines_have_their_pages() -> None:
    """What is missing is known, and a page once written stays."""
    assert set(GUIDELINES) == {"isesaki", "ageo", "date", "chigasaki", "asahikawa"}
    assert set(GUIDELINES) - set(written()) <= MAY_BE_MISSING
    assert {path.stem for path in PAGES.glob("*.md")} <= set(GUIDELINES)


def test_a_row_is_read_with_its_ranges_places_and_tests() -> None:
    """The page's own form, as a reader writes it."""
    text = f"""# 例

{HEADER}
|---|---|---|---|
| 3(2)①〜③、4※ | 分野 | `isesaki-signing: Task_SubmitOffer`、`bpmn/x.toml` | `bpmn/isesaki/scenarios/x.toml` |

{NOT_DONE}

- 様式1 まだ
- 5①〜②

## 読み方

- 9 は別
"""
    assert rows_of(text) == [
        Row(
            ("3(2)①", "3(2)②", "3(2)③", "4※"),
            "分野",
            ("isesaki-signing: Task_SubmitOffer", "bpmn/x.toml"),
            ("bpmn/isesaki/scenarios/x.toml",),
        )
    ]
    assert not_done(text) == ["様式1", "5①", "5②"]


def test_what_does_not_exist_is_found() -> None:
    """Places and tests are looked up, not only read."""
    assert place_exists("isesaki-signing: Task_SubmitOffer")
    assert not place_exists("isesaki-signing: Task_NoSuchTask")
    assert not place_exists("no-such-process: Task_SubmitOffer")
    assert not place_exists("bpmn/isesaki/no-such.toml")
    assert test_exists("tests/unit/test_guidelines.py::test_what_does_not_exist_is_found")
    assert not test_exists("tests/unit/test_guidelines.py::test_no_such_test")
    assert not test_exists("bpmn/isesaki/scenarios/no-such.toml")
