"""What every page has to be: without a finding of axe, in Japanese, large enough, narrow enough, within its policy."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

from tests.kit import nodepackages

_SOURCES: Final = Path(__file__).parent / "pages"
PHONE: Final = 390
_ALLOWED: Final = re.compile(
    r"[\w.+-]+@[\w.-]+|https?://\S+|\b(?:Powered by bpmn\.io|JavaScript|FAX|Word|Excel|PDF|JPEG|PNG|MB)\b"
)
_ENGLISH: Final = re.compile(r"[A-Za-z]{2,}")
_TEXTS: Final = """() => [document.title, document.body.innerText,
  ...[...document.querySelectorAll('[aria-label], [placeholder], [title], [alt]')].filter(one => one.checkVisibility())
    .flatMap(one => ['aria-label', 'placeholder', 'title', 'alt'].map(name => one.getAttribute(name) ?? ''))
].join('\\n')"""
_SMALL: Final = """() => [...document.querySelectorAll('button, select, textarea, input, .button')].filter(one => {
  const label = one.labels?.[0]?.closest('.fjs-inline-label, .check, .file > label');
  const target = label ?? one.closest('.fjs-taglist') ?? one;
  const box = target.getBoundingClientRect();
  return one.checkVisibility() && one.type !== 'hidden' && box.width && (box.height < 44 || box.width < 44);
}).map(one => one.outerHTML.slice(0, 200))"""


@cache
def packages() -> Path:
    """Return the folder with the packages of ``pages/package.json``, below ``node_modules``."""
    return nodepackages.installed(_SOURCES, "pages") / "node_modules"


@cache
def _axe() -> str:
    return (packages() / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def findings(page: Page) -> list[str]:
    """Return everything that is wrong with a partner's page as it stands."""
    return [*_english(page), *looked_at(page)]


def looked_at(page: Page) -> list[str]:
    """Return what is wrong with a page apart from its words; its sizes are looked at on a phone, too."""
    size = page.viewport_size
    assert size is not None
    found = [*_violations(page), *_too_small(page), *_too_wide(page)]
    page.set_viewport_size({"width": PHONE, "height": 844})
    found += [f"390 px: {text}" for text in (*_too_small(page), *_too_wide(page))]
    page.set_viewport_size(size)
    return found


def _violations(page: Page) -> list[str]:
    page.evaluate(f"{_axe()};0")  # not a script tag: the page's policy would refuse it
    result: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"axe {v['id']}: {v['help']} {[node['html'][:200] for node in v['nodes']]}" for v in result["violations"]]


def _english(page: Page) -> list[str]:
    words = _ALLOWED.sub("", page.evaluate(_TEXTS))
    return [f"English: {word}" for word in sorted(set(_ENGLISH.findall(words)))]


def _too_small(page: Page) -> list[str]:
    return [f"small: {html}" for html in page.evaluate(_SMALL)]


def _too_wide(page: Page) -> list[str]:
    width = page.evaluate("document.documentElement.scrollWidth")
    return [f"wide: {width}"] if width > page.evaluate("document.documentElement.clientWidth") else []
