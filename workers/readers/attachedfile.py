"""A file that a partner attaches to an answer: its name and its content, looked at before anything is kept (ALL-3).

What a name claims and what the content is have to agree. A file is never opened by us as what it claims to be, except
for the list of parts of an Office file, which is read within limits.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final

import puremagic

from workers.domain.text import shown
from workers.errors import InputError

_OOXML: Final = "application/vnd.openxmlformats-officedocument."
MEDIA_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        ".pdf": "application/pdf",
        ".docx": f"{_OOXML}wordprocessingml.document",
        ".xlsx": f"{_OOXML}spreadsheetml.sheet",
        ".pptx": f"{_OOXML}presentationml.presentation",
        ".jpg": "image/jpeg",
        ".jpeg": "image/jpeg",
        ".png": "image/png",
    }
)
"""What may be attached, by the end of its name."""
KINDS: Final = "PDF、Word、Excel、パワーポイント、写真（JPEG、PNG）"

_LONGEST_NAME: Final = 100
_FORBIDDEN: Final = re.compile(r'[<>:"/\\|?*]')
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)", re.IGNORECASE)
_INNER: Final = frozenset(
    {
        *("exe", "com", "bat", "cmd", "scr", "pif", "msi", "dll", "cpl", "jar", "sh", "ps1", "vbs", "vbe", "js", "jse"),
        *("wsf", "hta", "lnk", "url", "reg", "html", "htm", "xhtml", "svg", "php", "asp", "aspx", "jsp", "py", "iso"),
        *("docm", "xlsm", "pptm", "dotm", "xltm", "zip", "rar", "7z", "lzh", "app", "apk", "dmg"),
    }
)
"""Ends that have no business before another end (``見積.exe.pdf``)."""
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

_HEAD: Final = 4096
_MOST_PARTS: Final = 3000
_MOST_UNPACKED: Final = 200_000_000
_MOST_TIMES: Final = 200
_SMALL: Final = 1_000_000
_LONGEST_LIST: Final = 1_000_000
_MAIN_PART: Final = {
    ".docx": b"wordprocessingml.document.main+xml",
    ".xlsx": b"spreadsheetml.sheet.main+xml",
    ".pptx": b"presentationml.presentation.main+xml",
}
_PDF_ACTS: Final = re.compile(rb"/(?:JavaScript|Launch|EmbeddedFile|RichMedia)\b")


@dataclass(frozen=True, kw_only=True)
class FileLimits:
    """How large one file may be (bytes), and how many one answer may carry."""

    size: int = 10_000_000
    count: int = 10

    @property
    def size_text(self) -> str:
        """The size as people read it."""
        return f"{self.size / 1_000_000:g}メガバイト"


@dataclass(frozen=True, kw_only=True)
class AttachedFile:
    """A file that may be kept. ``media_type`` follows from the content, not from what the browser said."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


def check_file(name: str, content: bytes, limits: FileLimits) -> AttachedFile:
    """Return a file that may be kept; raises InputError, naming the file, in Japanese."""
    clean = file_name(name)
    if not content:
        raise InputError(clean, "空のファイルです。中身を確かめて、選び直してください")
    if len(content) > limits.size:
        raise too_large(clean, limits)
    end = PurePosixPath(clean).suffix.lower()
    try:
        _CHECKS[end](clean, content)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, KeyError, OSError) as error:
        raise InputError(clean, f"{_says(end)}として開けません。壊れていないか確かめてください") from error
    return AttachedFile(name=clean, media_type=MEDIA_TYPES[end], content=content)


def too_large(name: str, limits: FileLimits) -> InputError:
    """Return the error of a file that is too large."""
    return InputError(shown(name, _LONGEST_NAME), f"大きすぎます。1つのファイルは{limits.size_text}までです")


def file_name(name: str) -> str:
    """Return a name, composed (NFC), that can be kept on every system; raises InputError for any other."""
    clean = unicodedata.normalize("NFC", name)
    where = shown(clean, _LONGEST_NAME) or "（名前のないファイル）"
    if not clean.strip(" ."):
        raise InputError(where, "ファイルに名前がありません")
    if any(unicodedata.category(character) in _INVISIBLE for character in clean):
        raise InputError(where, "名前に目に見えない文字があります。名前を付け直してください")
    if bad := _FORBIDDEN.search(clean):
        raise InputError(where, f"名前に使えない文字（{bad[0]}）があります。名前を付け直してください")
    if clean != clean.strip(" .") or clean.startswith("~"):
        raise InputError(where, "名前が空白、ピリオド、波線で始まるか終わっています。名前を付け直してください")
    if len(clean) > _LONGEST_NAME:
        raise InputError(where, f"名前が長すぎます。{_LONGEST_NAME}文字までにしてください")
    stem, *ends = clean.split(".")
    if _RESERVED.fullmatch(stem.strip()):
        raise InputError(where, "この名前は Windows で使えません。名前を付け直してください")
    if any(end.strip().lower() in _INNER for end in ends[:-1]):
        raise InputError(where, "名前の終わりが二重になっています。名前を付け直してください")
    if not ends or f".{ends[-1].lower()}" not in MEDIA_TYPES:
        raise InputError(where, f"この種類のファイルは添付できません。添付できるのは {KINDS} です")
    return clean


def _says(end: str) -> str:
    return {".pdf": "PDF", ".docx": "Word", ".xlsx": "Excel", ".pptx": "パワーポイント"}.get(end, "写真")


def _of_kind(name: str, content: bytes, kind: str, start: bytes) -> None:
    """Raise InputError where the content is not what the end of the name says."""
    try:
        found = {match.mime_type for match in puremagic.magic_string(content[:_HEAD])}
    except (puremagic.PureError, ValueError):
        found = set()
    if kind not in found or not content.startswith(start):
        end = PurePosixPath(name).suffix.lower()
        raise InputError(name, f"名前は{_says(end)}ですが、中身が違います。元のソフトで保存し直してください")


def _no_package_inside(name: str, content: bytes) -> None:
    if zipfile.is_zipfile(io.BytesIO(content)):
        raise InputError(name, "中に別のファイル（ZIP）が入っています。保存し直してください")


def _pdf(name: str, content: bytes) -> None:
    _of_kind(name, content, MEDIA_TYPES[".pdf"], b"%PDF-")
    _no_package_inside(name, content)
    if b"%%EOF" not in content[-2048:]:
        raise InputError(name, "PDFとして終わっていません。壊れていないか確かめてください")
    if _PDF_ACTS.search(content):
        raise InputError(name, "PDFにスクリプトか別のファイルが入っています。印刷してPDFに保存し直してください")


def _jpeg(name: str, content: bytes) -> None:
    _of_kind(name, content, MEDIA_TYPES[".jpg"], b"\xff\xd8\xff")
    _no_package_inside(name, content)
    if content[content.rfind(b"\xff\xd9") :].strip(b"\0") != b"\xff\xd9":
        raise InputError(name, "写真の後ろに別の内容が続いています。写真を保存し直してください")


def _png(name: str, content: bytes) -> None:
    _of_kind(name, content, MEDIA_TYPES[".png"], b"\x89PNG\r\n\x1a\n")
    if not content.endswith(b"IEND\xaeB`\x82"):
        raise InputError(name, "写真の後ろに別の内容が続いています。写真を保存し直してください")


def _office(name: str, content: bytes) -> None:
    end = PurePosixPath(name).suffix.lower()
    _of_kind(name, content, MEDIA_TYPES[end], b"PK\x03\x04")
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        parts = package.infolist()
        _check_parts(name, parts)
        about = package.getinfo("[Content_Types].xml")
        if about.file_size > _LONGEST_LIST:
            raise _bomb(name)
        with package.open(about) as listed:
            types = listed.read(_LONGEST_LIST + 1)
    if b"macroEnabled" in types or any("vbaproject" in part.filename.lower() for part in parts):
        raise InputError(name, "マクロが入っています。マクロなしで保存し直してください")
    if _MAIN_PART[end] not in types:
        raise InputError(name, f"名前は{_says(end)}ですが、中身が違います。元のソフトで保存し直してください")


def _check_parts(name: str, parts: list[zipfile.ZipInfo]) -> None:
    unpacked, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    many = unpacked > _SMALL and unpacked > _MOST_TIMES * max(1, packed)
    if len(parts) > _MOST_PARTS or unpacked > _MOST_UNPACKED or many:
        raise _bomb(name)
    names = [part.filename for part in parts]
    if len(set(names)) != len(names) or any(_leaves(part) for part in names):
        raise InputError(name, "中のつくりが普通のファイルと違います。元のソフトで保存し直してください")
    if any(part.flag_bits & 1 for part in parts):
        raise InputError(name, "パスワードが掛かっています。外して保存し直してください")


def _leaves(part: str) -> bool:
    """Return whether a part's name would lead out of its package."""
    return part.startswith("/") or "\\" in part or ".." in part.split("/") or ":" in part


def _bomb(name: str) -> InputError:
    return InputError(name, "開くと大きくなりすぎます。元のソフトで保存し直すか、分けてください")


_CHECKS: Final[Mapping[str, Callable[[str, bytes], None]]] = {
    ".pdf": _pdf,
    ".docx": _office,
    ".xlsx": _office,
    ".pptx": _office,
    ".jpg": _jpeg,
    ".jpeg": _jpeg,
    ".png": _png,
}
