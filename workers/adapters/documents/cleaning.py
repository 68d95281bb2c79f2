"""What must not leave the house with a document: tracked changes, comments, names of whoever worked on the template.

An office edits its templates in Word, often with the tracking of changes on. A document is made from what the template
says once every change is accepted: insertions stay, deletions go. Comments, the authors' names, the company and the
marks of editing sessions are taken out; hidden text goes once the tags in it are filled.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from lxml import etree

_W: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_CONTENT_TYPES: Final = "[Content_Types].xml"
_TEXT_PART: Final = re.compile(r"word/(?:document|header\d*|footer\d*|footnotes|endnotes|styles\w*|numbering)\d*\.xml")
_DROPPED: Final = re.compile(
    r"word/(?:comments\w*|people)\.xml|docProps/(?:custom\.xml|thumbnail\.\w+)|word/_rels/comments\w*\.xml\.rels"
)
_KEPT_INSERTIONS: Final = frozenset({"ins", "moveTo"})
_REMOVED_TEXT: Final = frozenset({"del", "moveFrom"})
_CHANGED_FORMAT: Final = re.compile(r"\w+PrChange|tblGridChange|numberingChange")
_MARKS: Final = frozenset(
    {
        *("commentRangeStart", "commentRangeEnd", "commentReference", "annotationRef", "cellIns", "cellMerge"),
        *("moveFromRangeStart", "moveFromRangeEnd", "moveToRangeStart", "moveToRangeEnd"),
        *("customXmlInsRangeStart", "customXmlInsRangeEnd", "customXmlDelRangeStart", "customXmlDelRangeEnd"),
        *("customXmlMoveFromRangeStart", "customXmlMoveFromRangeEnd"),
        *("customXmlMoveToRangeStart", "customXmlMoveToRangeEnd", "delText", "delInstrText"),
    }
)
_PROPERTIES: Final = frozenset({"rPr", "trPr", "tblPrEx", "numPr"})
_SETTINGS: Final = frozenset({"rsids", "trackRevisions", "attachedTemplate", "docVars", "revisionView", "mailMerge"})
_OUTSIDE: Final = ("/attachedTemplate", "/mailMergeSource", "/mailMergeHeaderSource")
"""Relations that name files on the office's own computers."""
_OFFICE: Final = frozenset({"Company", "Manager", "Template", "TotalTime", "HyperlinkBase"})
_PERSONS: Final = frozenset({"creator", "lastModifiedBy", "description", "category", "keywords", "revision"})
_REVISED: Final = re.compile(rb"<w:(?:ins|del|moveTo|moveFrom|cellIns|cellDel|\w+PrChange|comment\w+|annotationRef)\b")
_SESSION: Final = re.compile(rb"""\sw:rsid\w*=(?:"[^"]*"|'[^']*')|<w:rsid\s[^>]*/>""")
_HIDDEN: Final = re.compile(rb"<w:vanish\b")

_JOINS: Final = "joins"
"""Marks a paragraph whose end was deleted until it is joined with the next."""
_Tree = Any
"""An lxml element."""


@lru_cache(maxsize=64)
def cleaned(content: bytes) -> bytes:
    """Return a template as it reads once every change is accepted, without comments and names.

    Raises BadZipFile, KeyError or XMLSyntaxError for what is no Word document.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    kept = {name: _part(name, data) for name, data in parts.items() if not _DROPPED.fullmatch(name)}
    return _packed(kept)


def without_hidden_text(content: bytes) -> bytes:
    """Return a filled document without its hidden text: whoever gets it would find it."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    hidden = [name for name, data in parts.items() if _TEXT_PART.fullmatch(name) and _HIDDEN.search(data)]
    if not hidden:
        return content
    for name in hidden:
        root = etree.fromstring(parts[name])
        for run in [*root.iter(_q("r"))]:
            if is_hidden(run):
                _drop(run)
        parts[name] = _written(root)
    return _packed(parts)


def is_hidden(run: _Tree) -> bool:
    """Return whether a run's text is hidden."""
    mark = run.find(f"{_q('rPr')}/{_q('vanish')}")
    return mark is not None and mark.get(_q("val")) not in {"0", "false", "off"} and run.find(_q("t")) is not None


def traces(content: bytes) -> dict[str, int]:
    """Return what a template holds that its documents will not: Japanese words with how often each is there."""
    found = {"変更履歴": 0, "コメント": 0, "隠し文字": 0}
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        for name in package.namelist():
            if name == "word/comments.xml":
                found["コメント"] = len(etree.fromstring(package.read(name)).findall(_q("comment")))
            if not _TEXT_PART.fullmatch(name):
                continue
            data = package.read(name)
            if _REVISED.search(data):
                found["変更履歴"] += sum(1 for _ in _changes(etree.fromstring(data)))
            if _HIDDEN.search(data) and "styles" not in name:
                found["隠し文字"] += sum(is_hidden(run) for run in etree.fromstring(data).iter(_q("r")))
    return {what: count for what, count in found.items() if count}


def _changes(root: _Tree) -> Iterator[_Tree]:
    for element in root.iter(f"{{{_W}}}*"):
        name = _local(element)
        if name in _KEPT_INSERTIONS | _REMOVED_TEXT | {"cellIns", "cellDel"} or _CHANGED_FORMAT.fullmatch(name):
            yield element


def _part(name: str, data: bytes) -> bytes:
    if _TEXT_PART.fullmatch(name):
        plain = _SESSION.sub(b"", data)
        return _written(_accepted(etree.fromstring(plain))) if _REVISED.search(plain) else plain
    if name == "word/settings.xml":
        return _without(data, _SETTINGS)
    if name == "docProps/app.xml":
        return _without(data, _OFFICE)
    if name == "docProps/core.xml":
        return _without(data, _PERSONS)
    if name == _CONTENT_TYPES or name.endswith(".rels"):
        return _unlinked(name, data)
    return data


def _without(data: bytes, names: frozenset[str]) -> bytes:
    root = etree.fromstring(data)
    found = [element for element in root if isinstance(element.tag, str) and _local(element) in names]
    for element in found:
        root.remove(element)
    return _written(root) if found else data


def _unlinked(name: str, data: bytes) -> bytes:
    """Return a list of parts or relations without those that are dropped."""
    root = etree.fromstring(data)
    folder = "" if name == "_rels/.rels" else "word/"
    found = []
    for entry in root:
        target = str(entry.get("PartName") or entry.get("Target") or "")
        path = target.removeprefix("/") if target.startswith("/") else folder + target
        if _DROPPED.fullmatch(path) or str(entry.get("Type") or "").endswith(_OUTSIDE):
            found.append(entry)
    for entry in found:
        root.remove(entry)
    return _written(root) if found else data


def _accepted(root: _Tree) -> _Tree:
    """Return a part with all its tracked changes accepted and its comments' marks removed."""
    for element in [*root.iter(f"{{{_W}}}*")]:
        name, parent = _local(element), element.getparent()
        if parent is not None and (name == "cellDel" or (name in _REMOVED_TEXT and parent.tag == _q("trPr"))):
            _drop(parent.getparent())
    for element in [*root.iter(f"{{{_W}}}*")]:
        if element.getparent() is not None:
            _accept(element, _local(element))
    _drop_empty(root, "r", but="rPr")
    _join_paragraphs(root)
    _drop_empty(root, "tr", needs="tc")
    _drop_empty(root, "tbl", needs="tr")
    return root


def _accept(element: _Tree, name: str) -> None:
    parent = element.getparent()
    if name in _KEPT_INSERTIONS | _REMOVED_TEXT and _local(parent) in _PROPERTIES:
        if name in _REMOVED_TEXT and parent.tag == _q("rPr"):
            parent.set(_JOINS, "1")
        parent.remove(element)
    elif name in _REMOVED_TEXT or name in _MARKS or _CHANGED_FORMAT.fullmatch(name):
        _drop(element)
    elif name in _KEPT_INSERTIONS:
        _unwrap(element)


def _drop_empty(root: _Tree, name: str, *, needs: str = "", but: str = "") -> None:
    """Drop the elements of a name that lack the child they need, or have no other child than one."""
    for element in [*root.iter(_q(name))]:
        if (element.find(_q(needs)) is None) if needs else all(child.tag == _q(but) for child in element):
            _drop(element)


def _join_paragraphs(root: _Tree) -> None:
    """Put a paragraph whose mark was deleted before the text of the next, which keeps its own properties."""
    for paragraph in [*root.iter(_q("p"))]:
        mark = paragraph.find(f"{_q('pPr')}/{_q('rPr')}")
        if mark is None or mark.attrib.pop(_JOINS, None) is None:
            continue
        following = paragraph.getnext()
        if following is None or following.tag != _q("p"):
            continue
        content = [child for child in paragraph if child.tag != _q("pPr")]
        place = 1 if following.find(_q("pPr")) is not None else 0
        for offset, child in enumerate(content):
            following.insert(place + offset, child)
        _drop(paragraph)


def _unwrap(element: _Tree) -> None:
    parent = element.getparent()
    place = parent.index(element)
    for offset, child in enumerate([*element]):
        parent.insert(place + offset, child)
    parent.remove(element)


def _drop(element: _Tree) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _packed(parts: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _written(root: _Tree) -> bytes:
    text: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return text


def _q(name: str) -> str:
    return f"{{{_W}}}{name}"


def _local(element: _Tree) -> str:
    return str(etree.QName(element).localname)
