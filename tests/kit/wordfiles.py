"""Word files as offices make them: with tracked changes, comments, names, and tags wherever Word lets one type."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import docx
from lxml import etree

_NS: Final = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
AUTHOR: Final = "山田花子"
_BY: Final = f'w:id="1" w:author="{AUTHOR}" w:date="2026-04-01T09:00:00Z"'
_WORD: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def run(text: str, properties: str = "") -> str:
    """Return a run of text as XML."""
    return f'<w:r w:rsidR="00AB12CD"><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def inserted(text: str) -> str:
    """Return text that somebody inserted with the tracking on."""
    return f"<w:ins {_BY}>{run(text)}</w:ins>"


def deleted(text: str) -> str:
    """Return text that somebody deleted with the tracking on."""
    return f'<w:del {_BY}><w:r><w:delText xml:space="preserve">{text}</w:delText></w:r></w:del>'


def moved(text: str, kind: str) -> str:
    """Return text that somebody moved; ``kind`` is moveFrom or moveTo."""
    return (
        f'<w:{kind}RangeStart w:id="7" w:name="move1" w:author="{AUTHOR}"/>'
        f'<w:{kind} {_BY}>{run(text)}</w:{kind}><w:{kind}RangeEnd w:id="7"/>'
    )


def reformatted(text: str) -> str:
    """Return text that somebody made bold with the tracking on."""
    return run(text, f"<w:b/><w:rPrChange {_BY}><w:rPr/></w:rPrChange>")


def paragraph(*runs: str, mark: str = "") -> str:
    """Return a paragraph; ``mark``: ins or del for its end, as it was tracked."""
    tracked = f"<w:pPr><w:rPr><w:{mark} {_BY}/></w:rPr></w:pPr>" if mark else ""
    return f"<w:p>{tracked}{''.join(runs)}</w:p>"


def commented(text: str) -> str:
    """Return text that a comment is about."""
    return (
        f'<w:commentRangeStart w:id="0"/>{run(text)}<w:commentRangeEnd w:id="0"/>'
        '<w:r><w:commentReference w:id="0"/></w:r>'
    )


def row(*cells: str, change: str = "") -> str:
    """Return a row of a table; ``change``: ins or del."""
    tracked = f"<w:trPr><w:{change} {_BY}/></w:trPr>" if change else ""
    return f"<w:tr>{tracked}{''.join(f'<w:tc><w:tcPr/>{paragraph(run(cell))}</w:tc>' for cell in cells)}</w:tr>"


def table(*rows: str) -> str:
    """Return a table."""
    return f"<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/><w:gridCol/></w:tblGrid>{''.join(rows)}</w:tbl>"


def text_box(*paragraphs: str) -> str:
    """Return a run with a text box."""
    box = f"<w:txbxContent>{''.join(paragraphs)}</w:txbxContent>"
    shape = f"<v:shape><v:textbox>{box}</v:textbox></v:shape>"
    return f'<w:r><w:pict xmlns:v="urn:schemas-microsoft-com:vml">{shape}</w:pict></w:r>'


def written(path: Path, *body: str, header: str = "", footer: str = "", parts: Mapping[str, str] | None = None) -> Path:
    """Write a document whose body is this XML, as Word saves it: with names, a comment, marks of sessions.

    ``parts``: more parts by name (``word/endnotes.xml``), their text inside ``w:endnotes`` or the like.
    """
    document = docx.Document()
    document.core_properties.author = AUTHOR
    document.core_properties.last_modified_by = AUTHOR
    for text, place in ((header, document.sections[0].header), (footer, document.sections[0].footer)):
        if text:
            place.paragraphs[0].text = text
    target = io.BytesIO()
    document.save(target)
    inner = etree.fromstring(f"<w:body {_NS}>{''.join(body)}</w:body>".encode())
    more = {
        "word/comments.xml": f'<w:comments {_NS}><w:comment w:id="0" w:author="{AUTHOR}">{paragraph(run("内密に"))}'
        "</w:comment></w:comments>",
        "word/people.xml": f'<w15:people xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml">'
        f'<w15:person w15:author="{AUTHOR}"/></w15:people>',
        **(parts or {}),
    }
    needed = bool(parts) or any("comment" in part for part in body)
    _pack(path, target.getvalue(), inner, more if needed else {})
    return path


def _pack(path: Path, content: bytes, body: Any, more: Mapping[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(path, "w") as package:
        for name in source.namelist():
            data = source.read(name)
            if name == "word/document.xml":
                root = etree.fromstring(data)
                old = root.find(f"{{{_WORD}}}body")
                assert old is not None
                for child in [*old][:-1]:
                    old.remove(child)
                for offset, child in enumerate([*body]):
                    old.insert(offset, child)
                data = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
            elif name == "docProps/app.xml":
                data = data.replace(b"</Properties>", "<Company>みどり野市役所</Company></Properties>".encode())
            elif name == "word/settings.xml":
                data = data.replace(b"</w:settings>", b'<w:rsids><w:rsidRoot w:val="00AB12CD"/></w:rsids></w:settings>')
            elif name == "[Content_Types].xml":
                kinds = "".join(_content_type(part) for part in more)
                data = data.replace(b"</Types>", f"{kinds}</Types>".encode())
            elif name == "word/_rels/document.xml.rels":
                links = "".join(_relation(part, number) for number, part in enumerate(more))
                data = data.replace(b"</Relationships>", f"{links}</Relationships>".encode())
            package.writestr(name, data)
        for name, text in more.items():
            package.writestr(name, f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>{text}')


def notes(kind: str, text: str) -> str:
    """Return the part with footnotes or endnotes, one of them with this text."""
    one = kind.removesuffix("s")
    return f'<w:{kind} {_NS}><w:{one} w:id="2">{paragraph(run(text))}</w:{one}></w:{kind}>'


def _kind(part: str) -> str:
    return part.rpartition("/")[2].removesuffix(".xml")


def _content_type(part: str) -> str:
    kind = f"application/vnd.openxmlformats-officedocument.wordprocessingml.{_kind(part)}+xml"
    return f'<Override PartName="/{part}" ContentType="{kind}"/>'


def _relation(part: str, number: int) -> str:
    kind = f"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{_kind(part)}"
    return f'<Relationship Id="rIdX{number}" Type="{kind}" Target="{_kind(part)}.xml"/>'
