"""What is wrong with a template, in Japanese for whoever edits it; Jinja's own words follow as an appendix.

A template is edited in Word or a text editor by people who know neither Jinja nor English: the words say what stands
there, what is wrong with it and what to write instead.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Final

from jinja2 import TemplateNotFound, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError, TemplateRuntimeError
from jinja2.filters import FILTERS

TAGS: Final = ("if", "elif", "else", "endif", "for", "endfor", "set", "endset", "include", "raw", "endraw", "with")
"""The tags that a misspelt one may have meant."""
OWN_FILTERS: Final = (
    *("wareki", "nendo", "lines", "mark", "circled", "joined", "either", "labels", "preamble", "negotiable"),
)
_TYPES: Final = {
    "Partner": "partner",
    "Case": "case",
    "City": "city",
    "Office": "office",
    "Agreement": "agreement",
    "LoopContext": "loop",
}
_TEMPLATE_FILES: Final = ("<template>", "<unknown>")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return 「（「…」ですか）」 for the nearest known name, empty where none is near; full-width letters are told."""
    names = sorted(set(known))
    plain = unicodedata.normalize("NFKC", name)
    if plain != name and plain in names:
        return f"（全角の文字です。半角で「{plain}」と書いてください）"
    close = difflib.get_close_matches(plain, names, n=1, cutoff=0.6)
    return f"（「{close[0]}」ですか）" if close else ""


def in_words(error: Exception) -> str:
    """Return what is wrong and what to do, with the original words at the end; values never get into it."""
    if isinstance(error, UndefinedError):
        return _undefined(error.message or "")
    if isinstance(error, TemplateSyntaxError):
        return _syntax(error.message or "")
    if isinstance(error, TemplateNotFound):
        return f"読み込む部品「{error.name}」がありません。include に書いた名前とファイル名をそろえてください"
    if isinstance(error, SecurityError):
        return "差し込みでは許されていない操作があります。値を表示する書き方に直してください"
    if isinstance(error, TemplateRuntimeError):
        return _syntax(error.message or "")
    return (
        "埋め込めない値があります。日付のフィルター（wareki）を日付でない値に使うなど、値とフィルターが合っていません"
        f"（{type(error).__name__}）"
    )


def line_of(error: Exception) -> int | None:
    """Return the line of the template at which an error came up, from 1; None where nothing says so."""
    return place_of(error)[1]


def place_of(error: Exception) -> tuple[str, int | None]:
    """Return the file and the line at which an error came up: the part's own where it is in an included part."""
    line = getattr(error, "lineno", None)
    if isinstance(line, int):
        return getattr(error, "filename", None) or "", line
    found: tuple[str, int | None] = ("", None)
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if name in _TEMPLATE_FILES or ".j2" in name:
            found = (name, trace.tb_lineno)
        trace = trace.tb_next
    return found


def _undefined(message: str) -> str:
    for pattern, words in _UNDEFINED:
        if match := pattern.fullmatch(message):
            return words(match)
    return f"値がないものを使っています。「{{% if … is defined %}}」で確かめてから使ってください（{message}）"


def _syntax(message: str) -> str:
    for pattern, words in _SYNTAX:
        if match := pattern.search(message):
            return f"{words(match)}（{message}）"
    return f"差し込みの書き方が正しくありません。括弧 {{{{ }}}} と {{% %}} の中を確かめてください（{message}）"


def _has_none(match: re.Match[str]) -> str:
    whose, name = match["whose"], match["name"]
    if whose == "None":
        return f"値が空（None）のものから「{name}」を読もうとしています。「{{% if … %}}」で確かめてから使ってください"
    kind = whose.removesuffix(" object").rsplit(".", 1)[-1].strip("'")
    owner = _TYPES.get(kind, "" if kind == "dict" else kind)
    part = f"「{owner}」に項目「{name}」はありません" if owner else f"項目「{name}」がありません"
    return f"{part}。つづりを直すか、あるとは限らないものは「{{% if … is defined %}}」で確かめてから使ってください"


def _unknown_tag(match: re.Match[str]) -> str:
    tag, rest = match["tag"], match["rest"]
    inner = re.search(r"needs to be closed is '(\w+)'", rest)
    if inner is not None and tag in TAGS:
        return f"{{% {tag} %}} の前に、{{% {inner[1]} … %}} を {{% end{inner[1]} %}} で閉じてください"
    if tag in TAGS:
        opening = tag.removeprefix("end")
        return f"{{% {tag} %}} がありますが、対になる {{% {opening} … %}} が前にありません"
    return f"{{% {tag} %}} という命令はありません{did_you_mean(tag, TAGS)}"


def _unclosed(match: re.Match[str]) -> str:
    inner = re.search(r"needs to be closed is '(\w+)'", match.string)
    name = inner[1] if inner else "if"
    return f"{{% {name} … %}} が閉じられていません。終わりに {{% end{name} %}} を書いてください"


def _unknown_filter(match: re.Match[str]) -> str:
    name = match["name"]
    return (
        f"フィルター「{name}」はありません{did_you_mean(name, [*OWN_FILTERS, *FILTERS])}。"
        f"使えるもの: {'、'.join(OWN_FILTERS)} など"
    )


def _unexpected(match: re.Match[str]) -> str:
    sign = match["sign"]
    wide = sign != unicodedata.normalize("NFKC", sign)
    what = "全角の空白" if sign in {"\u3000", "\\u3000"} else f"「{sign}」"
    return f"{{{{ }}}} か {{% %}} の中に{what}があります。" + ("半角で書いてください" if wide else "取り除いてください")


_Words = Callable[[re.Match[str]], str]
_UNDEFINED: Final[tuple[tuple[re.Pattern[str], _Words], ...]] = (
    (
        re.compile(r"'(?P<name>[^']*)' is undefined"),
        lambda m: (
            f"変数「{m['name']}」はここでは使えません。つづりを直すか、"
            f"あるとは限らないものは「{{% if {m['name']} is defined %}}」で確かめてから使ってください"
        ),
    ),
    (re.compile(r"'?(?P<whose>.+?)'? has no (?:attribute|element) '?(?P<name>[^']*)'?"), _has_none),
    (
        re.compile("値ではありません"),
        lambda _: "値でないものを印字しようとしています。後ろの項目の名前を消すか、括弧 () を付けてください",
    ),
    (
        re.compile("値が空（None）です"),
        lambda _: "空の値（None）を印字しようとしています。「{% if … %}」で確かめてから使ってください",
    ),
)
_SYNTAX: Final[tuple[tuple[re.Pattern[str], _Words], ...]] = (
    (re.compile(r"Encountered unknown tag '(?P<tag>[^']*)'\.(?P<rest>.*)", re.DOTALL), _unknown_tag),
    (re.compile(r"Unexpected end of template\. Jinja was looking"), _unclosed),
    (re.compile(r"No filter named '(?P<name>[^']*)'"), _unknown_filter),
    (
        re.compile(r"No test named '(?P<name>[^']*)'"),
        lambda m: f"「is {m['name']}」という確かめ方はありません（is defined、is none などが使えます）",
    ),
    (re.compile(r"unexpected char '(?P<sign>[^']*)'"), _unexpected),
    (
        re.compile(r"unexpected '(?P<sign>[^']*)'(?:, expected '[^']*')?$"),
        lambda m: (
            f"括弧の数が合っていません（余分な「{m['sign']}」）。{{{{ … }}}} と {{% … %}} をそろえて書いてください"
        ),
    ),
    (
        re.compile(r"expected token 'end of (?P<what>print statement|statement block)', got '(?P<got>[^']*)'"),
        lambda m: (
            f"「{m['got']}」の前で式が終わっています。空白や引用符、閉じる括弧（"
            f"{'}}' if m['what'].startswith('print') else '%}'}）を確かめてください"
        ),
    ),
    (
        re.compile(r"unexpected end of template|[Mm]issing end of"),
        lambda _: "開いた括弧（{{、{%、{#）が閉じられていません。同じ行（段落）の中で閉じてください",
    ),
    (
        re.compile(r"[Ee]xpected an expression, got '(?P<got>[^']*)'"),
        lambda _: "{{ }} か {% %} の中に式がありません。変数の名前を書いてください",
    ),
    (
        re.compile(r"expected token '(?P<want>[^']*)', got '(?P<got>[^']*)'"),
        lambda m: f"「{m['want']}」が要るところに「{m['got']}」があります",
    ),
)
