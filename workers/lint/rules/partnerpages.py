"""The steps that partners answer by a link: marked, named by a mail, and their page asks something (ALL-2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from workers.errors import InputError
from workers.lint.findings import Finding, Severity
from workers.lint.rules.base import Context, name_of, report
from workers.lint.rules.mailways import MAIL
from workers.lint.rules.variables import did_you_mean
from workers.packs.answersteps import OFFICE, PARTNER, PROPERTY, form_id, is_for_partner, page_mark
from workers.packs.diagrams.model import NS, Diagram, Element, extension, extensions
from workers.packs.diagrams.seen import note
from workers.readers.feelvalues import UnknownFeelError, value_of
from workers.readers.pageform import partner_form

_LANE: Final = re.compile(r"^(?:協定)?(?:相手方|事業者|企業|大学|団体|市民活動団体|パートナー)")
"""How the lane of those begins that the city makes agreements with."""
_FIELDS: Final = frozenset({"textfield", "textarea", "number", "radio", "select", "checklist", "checkbox"})
_INCLUDED: Final = re.compile(r"""\{%-?\s*include\s+["']([^"']+)["']""")
_LINK: Final = "_answer.txt.j2"
_TEXT: Final = re.compile(r'=\s*"([^"]*)"\s*')


def marks(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """A user task in a partner's lane says whether the partner may answer it on a page, or why the office does."""
    del context
    lanes = _partners(diagram)
    for task in diagram.all("userTask"):
        mark = page_mark(task).strip()
        if mark and mark != PARTNER and not (mark.startswith(OFFICE) and mark.removeprefix(OFFICE).strip()):
            said = f"「{PARTNER}」か「{OFFICE} 理由」です（今は「{mark}」）"
            yield report(diagram, task, "partner-page", f"{name_of(task)}: 拡張プロパティ {PROPERTY} は{said}")
        elif not mark and (lane := lanes.get(task.get("id") or "")):
            message = (
                f"{name_of(task)}は「{lane}」のレーンにあります。相手方がページで答えられるなら"
                f"拡張プロパティ {PROPERTY} を「{PARTNER}」に、職員だけが入れるなら「{OFFICE} 理由」にしてください"
            )
            yield report(diagram, task, "partner-page", message, Severity.WARNING)


def links(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """The task that a mail names for its link is a partner's, and the mail's text has the link."""
    for sender, named in _named(diagram):
        if problem := _step(diagram, context, named):
            yield report(diagram, sender, "partner-page", f"{name_of(sender)}: {problem}", about={named})
        template = _template(sender)
        for text in context.catalogue.texts_of(diagram.path, "mail", template, ".txt.j2") if template else ():
            if not _has_link(text):
                file = f"{text.parent.parent.name}/mail/{text.name}"
                message = (
                    f"{name_of(sender)}: 相手方が「{named}」に答えるメールですが、ひな形 {file} にリンクが載りません。"
                    f'{{% include "{_LINK}" %}} を書いてください'
                )
                yield report(diagram, sender, "partner-page", message)


def pages(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """A marked task's form asks the partner something, and the page can check what it hides."""
    for task in diagram.all("userTask"):
        form = context.catalogue.parsed_forms.get(form_id(task)) if is_for_partner(task) else None
        if form is not None and (problem := _page(form.content)):
            message = f"{name_of(task)}: 相手方のページ（画面「{form.id}」）: {problem}"
            yield report(diagram, task, "partner-page", message, about={form.id})


def _partners(diagram: Diagram) -> dict[str, str]:
    """Return the user tasks in partners' lanes, those in sub-processes too, with their lanes' names."""
    found: dict[str, str] = {}
    for lane in diagram.all("lane"):
        name = " ".join((lane.get("name") or "").split())
        if not _LANE.match(name):
            continue
        for ref in lane.findall("bpmn:flowNodeRef", NS):
            node = diagram.ids.get((ref.text or "").strip())
            for task in () if node is None else node.iter(f"{{{NS['bpmn']}}}userTask"):
                found[task.get("id") or ""] = name
    return found


def _named(diagram: Diagram) -> Iterator[tuple[Element, str]]:
    """Yield the tasks that mail a partner, with the user task that they name for the link."""
    for task in diagram.all("serviceTask"):
        headers = {h.get("key"): h.get("value") or "" for h in extensions(task, "zeebe:taskHeaders/zeebe:header")}
        if named := headers.get("page", "").strip():
            yield task, named
    for call in diagram.all("callActivity"):
        called = extension(call, "calledElement")
        text = _TEXT.fullmatch(_input(call, "mailPage"))
        if called is not None and called.get("processId") == MAIL and text and text[1]:
            yield call, text[1]


def _input(call: Element, name: str) -> str:
    inputs = extensions(call, "zeebe:ioMapping/zeebe:input")
    return next((i.get("source") or "" for i in inputs if i.get("target") == name), "").strip()


def _template(sender: Element) -> str:
    headers = {h.get("key"): h.get("value") or "" for h in extensions(sender, "zeebe:taskHeaders/zeebe:header")}
    if text := _TEXT.fullmatch(_input(sender, "mailTemplate")):
        return text[1]
    return headers.get("template", "")


def _step(diagram: Diagram, context: Context, named: str) -> str:
    """Return what is wrong with a named step: a city's own tasks and the common ones can be meant."""
    known, own = context.catalogue.page_marks, context.catalogue.pack_of(diagram.path)
    seen = {
        name: {path: mark for path, mark in places.items() if _reaches(context, own.folder, path)}
        for name, places in known.items()
    }
    places = seen.get(named) or {}
    if not places:
        ids = [name for name, marked in seen.items() if PARTNER in marked.values()]
        return f"相手方が答えるタスク「{named}」がありません{did_you_mean(named, ids)}"
    marked = [path for path, mark in places.items() if mark == PARTNER]
    if not marked:
        return f"タスク「{named}」に、拡張プロパティ {PROPERTY} = {PARTNER} がありません"
    if len(marked) > 1:
        names = "、".join(sorted(path.name for path in marked))
        return f"相手方が答えるタスク「{named}」が2か所にあります（{names}）。どちらかの ID を変えてください"
    return ""


def _reaches(context: Context, folder: Path, path: Path) -> bool:
    pack = context.catalogue.pack_of(path)
    return pack.shared or pack.folder == folder


def _has_link(text: Path, seen: frozenset[Path] = frozenset()) -> bool:
    """Whether a template includes the part with the link, in itself or in a part of a part."""
    note(text)
    try:
        names = _INCLUDED.findall(text.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return True  # the template's own check says so
    if _LINK in names:
        return True
    places = (text.parent, text.parents[2] / "common" / "mail")
    parts = [part for name in names for place in places if (part := place / name).is_file() and part not in seen]
    return any(_has_link(part, seen | {part}) for part in parts)


def _page(content: Mapping[str, Any]) -> str:
    try:
        shown = partner_form(content, date.min).form
    except InputError as error:
        return error.message
    asked = list(_parts(shown))
    if not any(part.get("type") in _FIELDS and part.get("readonly") is not True for part in asked):
        return "相手方が入れる項目がありません（すべて renkei:office か読み取り専用です）"
    for part in asked:
        hide = (part.get("conditional") or {}).get("hide")
        try:
            value_of(hide, {}) if isinstance(hide, str) and hide.strip() else None
        except UnknownFeelError:
            named = part.get("label") or part.get("id")
            return (
                f"部品「{named}」の条件「{hide}」は、ページでは確かめられません"
                "（比較、and、or、not、count、list contains で書いてください）"
            )
    return ""


def _parts(container: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for part in container.get("components") or []:
        if isinstance(part, Mapping):
            yield part
            yield from _parts(part)
