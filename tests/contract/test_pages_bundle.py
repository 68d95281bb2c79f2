"""The script and the style of the partners' pages are what their sources give, byte for byte; licences lie beside."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from workers.pages.assets import FILES
from workers.pages.bundle import STATIC, bundle

pytestmark = pytest.mark.asyncio


async def test_the_sources_give_the_committed_files(tmp_path: Path) -> None:
    await asyncio.to_thread(bundle, tmp_path / "work", tmp_path / "out")
    made = sorted((tmp_path / "out").iterdir())
    assert [file.name for file in made] == ["licences.txt", "page.css", "page.js"]
    for file in made:
        assert file.read_bytes() == (STATIC / file.name).read_bytes(), file.name
        assert file.name in FILES
    licences = (STATIC / "licences.txt").read_text(encoding="utf-8")
    assert "@bpmn-io/form-js-viewer 2.0.0" in licences
    assert "bpmn.io" in licences
