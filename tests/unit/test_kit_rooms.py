"""The picture of the rooms is the code's."""

from __future__ import annotations

import re

import pytest

from tests.kit.rooms import PICTURE, ROOT, Rooms, drawn, found, shown


@pytest.fixture(scope="module", name="rooms")
def _rooms() -> Rooms:
    return found()


_ROOM = re.compile(r">(\w+)</text><text [^>]*>(\d+) module")
_ARROW = re.compile(r"<title>(\w+) → (\w+): \d+")


def test_the_picture_shows_the_rooms_as_they_are(rooms: Rooms) -> None:
    """Rooms and arrows exactly, modules to a tenth: else ``.venv/bin/python -m tests.kit.rooms``."""
    old, new = PICTURE.read_text(encoding="utf-8"), drawn(rooms)
    assert set(_ARROW.findall(old)) == set(_ARROW.findall(new))
    were, are = ({name: int(count) for name, count in _ROOM.findall(text)} for text in (old, new))
    assert were == {name: pytest.approx(count, rel=0.1, abs=3) for name, count in are.items()}
    assert are == rooms.modules
    assert "pictures/rooms.svg" in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_every_room_of_the_contract_has_modules_and_imports_only_what_lies_below(rooms: Rooms) -> None:
    assert set(rooms.modules) == {name for layer in rooms.layers for name in layer}
    row = {name: number for number, layer in enumerate(rooms.layers) for name in layer}
    assert [pair for pair in rooms.imports if row[pair[0]] >= row[pair[1]]] == []
    assert rooms.imports["wiring", "adapters"] == 1, "one place knows the adapters of the use cases"


def test_an_import_that_others_imply_has_no_arrow_of_its_own() -> None:
    chain = {("a", "b"), ("b", "c"), ("c", "d")}
    assert shown(chain | {("a", "c"), ("a", "d"), ("a", "e")}) == chain | {("a", "e")}
