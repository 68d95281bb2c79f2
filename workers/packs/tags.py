"""Tags of a template that nothing fills: they would be printed as they stand, in an agreement or a mail.

A tag survives where its braces are full-width (Japanese input switches by itself), single, with a space between them,
or where one of the pair is missing.
"""

from __future__ import annotations

import re
from typing import Final

_WHOLE: Final = re.compile(
    r"\{%-?\s*raw\s*-?%\}.*?\{%-?\s*endraw\s*-?%\}|"
    r"\{\{(?:(?!\{\{|\}\}|\{%).)*\}\}|\{%(?:(?!\{%|%\}|\{\{).)*%\}|\{#.*?#\}",
    re.DOTALL,
)
_LEFT: Final = re.compile(
    r"[{｛]\s*[{｛％%][^{}｛｝\n]{0,60}(?:[％%]?\s*[}｝]\s*[}｝]?)?"
    r"|[％%}｝]\s*[}｝]"
    r"|[{｛]\s*[A-Za-z_][\w.]*\s*(?:\|[^{}｛｝\n]{0,30})?[}｝]"
    r"|«\s*[A-Za-z_][\w.]*\s*»|＜＜\s*[A-Za-z_][\w.]*\s*＞＞"
)
_PLACE: Final = "\x00"
"""Stands where a value is filled in."""
_ONE_MORE: Final = re.compile(r"\{?\x00\}|\{\x00")
_LONGEST: Final = 40
UNCLOSED: Final = "に閉じる括弧 "
UNOPENED: Final = "の前に、開く括弧（"
"""What is said of the two halves of a tag that is cut in two."""


def leftover_tags(text: str) -> list[str]:
    """Return what looks like a tag in a template's text and is none for Jinja, in its order."""
    rest = _WHOLE.sub(lambda match: _PLACE if match[0].startswith("{{") else "\n", text)
    found = [match[0].strip() for match in _LEFT.finditer(rest.replace(_PLACE, "\n"))]
    return [*found, *(match[0].replace(_PLACE, "{{ … }}") for match in _ONE_MORE.finditer(rest))]


def leftover_words(tag: str) -> str:  # noqa: PLR0911 (a way of being wrong each)
    """Return what is wrong with such a tag and how to write it."""
    shown = f"「{tag[:_LONGEST]}」"
    if "{{ … }}" in tag:
        return f"{shown}のように、差し込みの括弧が1つ多くあります。{{{{ … }}}} と2つずつ書いてください"
    if re.match("[«＜]", tag):
        return f"{shown}は差し込みになりません。値を差し込むところは {{{{ … }}}} と書いてください"
    if re.search("[｛｝％]", tag):
        return f"{shown}の括弧が全角です。このままでは印字されます。半角の {{{{ … }}}} か {{% … %}} で書いてください"
    if re.search(r"\{\s+[{%]|[%}]\s+\}", tag):
        return f"{shown}の括弧の間に空白があります。{{{{ … }}}} か {{% … %}} と続けて書いてください"
    if re.match(r"\{\{", tag):
        return f"{shown}{UNCLOSED}}}}} がありません。同じ行（段落）の中で閉じてください"
    if re.match(r"\{%", tag):
        return f"{shown}{UNCLOSED}%}} がありません。同じ行（段落）の中で閉じてください"
    if tag.startswith("{"):
        return f"{shown}の括弧が1つずつです。値を差し込むところは {{{{ … }}}} と2つずつ書いてください"
    return f"閉じる括弧「{tag}」{UNOPENED}{{{{ か {{%）がありません"
