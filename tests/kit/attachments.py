"""Files that a partner may attach, and fifty that are refused: each is harmless to whatever opens it."""

from __future__ import annotations

import io
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Mapping
from typing import Final

from workers.readers.attachedfile import FileLimits

LIMITS: Final = FileLimits(size=60_000, count=3)
_TYPES: Final = '<Types><Override PartName="/{part}" ContentType="application/{kind}.main+xml"/></Types>'
_WORD: Final = ("word/document.xml", "vnd.openxmlformats-officedocument.wordprocessingml.document")
_EXCEL: Final = ("xl/workbook.xml", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")


def pdf(inside: bytes = b"") -> bytes:
    """Return an empty PDF."""
    return b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 0/Kids[]>>endobj\n" + (
        inside + b"trailer<</Root 1 0 R>>\n%%EOF\n"
    )


def png() -> bytes:
    """Return a picture of one point."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def jpeg() -> bytes:
    """Return what a camera's file begins and ends with."""
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + b"\x00" * 64 + b"\xff\xd9"


def package(more: Mapping[str, bytes] | None = None, *, kind: tuple[str, str] = _WORD, types: str = _TYPES) -> bytes:
    """Return a small Office file with further parts."""
    part, name = kind
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr("[Content_Types].xml", types.format(part=part, kind=name))
        written.writestr(part, "<document/>")
        for other, content in (more or {}).items():
            written.writestr(other, content)
    return target.getvalue()


def _archive(more: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as written:
        for name, content in more.items():
            written.writestr(name, content)
    return target.getvalue()


def _marked_as_locked(content: bytes) -> bytes:
    """Return a package whose list says that its parts have a password."""
    changed = bytearray(content)
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        changed[at + 8] |= 1
        at = content.find(b"PK\x01\x02", at + 4)
    return bytes(changed)


def good() -> dict[str, bytes]:
    """Return files that are taken, by name."""
    return {
        "見積書（R8.4.1 改訂版）.pdf": pdf(),
        "Ver1.2 提案.docx": package(),
        "予算.XLSX": package(kind=_EXCEL),
        "会場.png": png(),
        "外観.jpeg": jpeg(),
        unicodedata.normalize("NFD", "ガイド.pdf"): pdf(),  # as macOS writes it
    }


def hostile() -> list[tuple[str, bytes]]:
    """Return fifty files that are refused, each with its name."""
    names = [
        *("../../etc/passwd.pdf", "..\\..\\boot.pdf", "/etc/shadow.pdf", "C:\\fakepath\\a.pdf", "a/b.pdf", "..", "."),
        *("a\x00.pdf", "a\r\nX-Injected: 1.pdf", "a\x1b[31m.pdf", "\u202efdp.exe.pdf", "a\u200b.pdf", "a\u2028b.pdf"),
        *("CON.pdf", "nul.docx", "com1.xlsx", "LPT9.pdf", "aux.tar.pdf", "CON .pdf"),
        *(
            "見積.exe.pdf",
            "見積.pdf.exe",
            "a.html.pdf",
            "a.svg.png",
            "a.js.docx",
            "a.php.jpg",
            "a.docm",
            "a.zip.pdf",
        ),
        *("", "   ", ".pdf", "a.pdf.", "a.pdf ", " a.pdf", "~$提案.docx", "a", "a.txt", "a.html", "a.svg"),
        *("長" * 97 + ".pdf", 'a".pdf', "a*.pdf", "a:b.pdf", "a<script>.pdf"),
    ]
    return [
        *((name, pdf()) for name in names),
        ("空.pdf", b""),
        ("大きい.pdf", pdf(b"%" + b"x" * LIMITS.size)),
        ("中身はプログラム.pdf", b"MZ" + b"\0" * 400),
        ("中身は画面.pdf", b"<!doctype html><script>1</script>%PDF-1.7 %%EOF"),
        ("前に何かある.pdf", b"\n" + pdf()),
        ("切れている.pdf", pdf()[:-8]),
        ("動く.pdf", pdf(b"3 0 obj<</S/JavaScript/JS(1)>>endobj\n")),
        ("起動する.pdf", pdf(b"3 0 obj<</S/Launch/F(a)>>endobj\n")),
        ("二つの顔.pdf", pdf() + _archive({"a.txt": b"a"}) + b"%%EOF"),
        ("二つの顔.jpg", jpeg() + _archive({"a.txt": b"a"})),
        ("後ろに文.jpg", jpeg() + b"<script>1</script>"),
        ("後ろに文.png", png() + b"<?php ?>"),
        ("中身は写真.png", jpeg()),
        ("中身はPDF.docx", pdf()),
        ("ただのZIP.docx", _archive({"a.txt": b"a"})),
        ("中身はExcel.docx", package(kind=_EXCEL)),
        ("マクロ入り.docx", package({"word/vbaProject.bin": b"a"})),
        ("外へ出る.docx", package({"../../a.xml": b"a"})),
        ("根から.xlsx", package({"/etc/a.xml": b"a"}, kind=_EXCEL)),
        ("膨らむ.docx", package({"word/media/a.bin": b"\0" * 6_000_000})),
        ("部品が多い.xlsx", _archive({str(n): b"" for n in range(500)})[:50_000]),
        ("鍵つき.docx", _marked_as_locked(package())),
        ("切れている.xlsx", package(kind=_EXCEL)[:-30]),
    ]
