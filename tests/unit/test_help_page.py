"""The page that Modeler's help opens: every template with its fields, by the anchor that its template names (ALL-8)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from workers.lint.element_templates.parts import HELP_PAGE, SHELVES
from workers.packs.modelertemplates import FOLDER, of_all_packs
from workers.runtime import helppage
from workers.settings import Settings

_BPMN = Path(__file__).parents[2] / "bpmn"


async def _page(*roots: Path) -> str:
    application = httpx.ASGITransport(Starlette(routes=[helppage.route(roots)]))
    async with httpx.AsyncClient(transport=application, base_url="http://worker") as client:
        answer = await client.get("/help/templates")
    assert answer.status_code == 200
    return answer.text


@pytest.mark.asyncio
async def test_every_template_leads_to_its_own_place_on_the_workers_page() -> None:
    """At the local worker's address, in the four groups of the chooser."""
    page = await _page(_BPMN)
    anchors = {template["documentationRef"] for template in of_all_packs([_BPMN])}

    assert len(anchors) > 100
    assert anchors == {f"{HELP_PAGE}#{anchor}" for anchor in re.findall(r'<section id="([^"]+)"', page)}
    assert f"http://127.0.0.1:{Settings(port_offset=0).port(8090)}/help/templates" == HELP_PAGE
    assert set(re.findall(r"<h2>(.*?)</h2>", page)) == {shelf.name for shelf in SHELVES.values()}
    assert "<th>宛先（必ず）</th>" in page
    assert "協定に関わる課（agreement-departments）" in page


@pytest.mark.asyncio
async def test_a_pack_from_elsewhere_is_explained_and_its_words_are_no_markup(tmp_path: Path) -> None:
    """Names come from files that anybody may have written."""
    folder = tmp_path / "midori" / FOLDER
    folder.mkdir(parents=True)
    template = {"id": "renkei.task.midori-x", "name": "<b>名前</b>", "properties": [], "category": {"name": "人の作業"}}
    (folder / "tasks.json").write_text(json.dumps([template]), encoding="utf-8")

    page = await _page(tmp_path)
    assert "&lt;b&gt;名前&lt;/b&gt;" in page
    assert (await _page(tmp_path / "nowhere")).count("<section") == 0
