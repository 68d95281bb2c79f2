"""What no page of the desk may show: English words and raw ids. Addresses, links and file names are what they are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_AS_THEY_ARE: Final = re.compile(r"https?://\S+|[\w.+-]+@[\w.-]+|\.(?:docx|xlsx|pptx|pdf|png|jpe?g|txt|csv)\b")
_WORD: Final = re.compile(r"[A-Za-z]{2,}[\w.-]*")
_NAMES: Final = {"Word", "Excel", "PDF", "CSV", "JPEG", "PNG", "JavaScript"}

READ: Final = """() => {
  const parts = [document.title, document.body.innerText];
  for (const name of ['alt', 'aria-label', 'placeholder', 'title'])
    for (const each of document.querySelectorAll(`[${name}]`))
      if (!each.closest('.fjs-powered-by')) parts.push(each.getAttribute(name)); // the mark that has to stay (licence)
  for (const each of document.querySelectorAll('input:not([type=hidden], [type=radio], [type=checkbox], .as-is)'))
    parts.push(each.value);
  for (const each of document.querySelectorAll('.as-is')) parts.push('\\u0000' + each.innerText);
  return parts;
}"""
"""A script for Chromium: everything that a page says; what begins with a null stands there as people wrote it."""


def foreign(parts: Iterable[str]) -> list[str]:
    """Return the Latin words that a page's parts hold (see ``READ``) and that no clerk has to know."""
    texts = list(parts)
    text = "\n".join(part for part in texts if not part.startswith("\0"))
    for part in texts:
        if part.startswith("\0"):
            text = text.replace(part[1:], "")
    return sorted({word for word in _WORD.findall(_AS_THEY_ARE.sub(" ", text)) if word not in _NAMES})
