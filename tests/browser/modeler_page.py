"""The libraries that Camunda Modeler edits with, in a page of Chromium."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page

from tests.kit import nodepackages

_SOURCES: Final = Path(__file__).parent / "modeler"
_SCRIPTS: Final = (
    "camunda-bpmn-js/dist/camunda-cloud-modeler.production.min.js",
    "camunda-dmn-js/dist/camunda-cloud-modeler.production.min.js",
    "@bpmn-io/form-js/dist/form-editor.umd.js",
)
_OURS: Final = Path(__file__).parent / "modeler_scripts"
_STYLES: Final = tuple(
    f"camunda-bpmn-js/dist/assets/{name}.css"
    for name in (
        *("diagram-js", "bpmn-js", "popup-menu", "properties-panel", "element-templates", "element-template-chooser"),
        "bpmn-font/css/bpmn-embedded",
    )
)


def installed() -> Path:
    """Return the folder with Modeler's libraries, below ``node_modules``."""
    return nodepackages.installed(_SOURCES, "modeler")


def open_page(chromium: Browser) -> Page:
    """Return a page with Modeler's editors and the functions of ``modeler/modelers.js`` and ``modeler_scripts``."""
    packages = installed()
    page = chromium.new_page(viewport={"width": 1500, "height": 1000}, locale="ja-JP")
    page.set_content("<!doctype html><html><head></head><body></body></html>")
    for name in _STYLES:
        page.add_style_tag(path=packages / "node_modules" / name)
    for name in _SCRIPTS:
        page.add_script_tag(path=packages / "node_modules" / name)
    page.add_script_tag(path=_SOURCES / "modelers.js")
    for path in sorted(_OURS.glob("*.js")):
        page.add_script_tag(path=path)
    return page
