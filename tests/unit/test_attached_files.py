"""What a partner may attach, by name and content (ALL-3)."""

from __future__ import annotations

import unicodedata

import pytest

from tests.kit.attachments import LIMITS, good, hostile, package
from workers.errors import InputError
from workers.readers.attachedfile import FileLimits, check_file


@pytest.mark.parametrize(("name", "content"), good().items())
def test_what_offices_write_is_taken(name: str, content: bytes) -> None:
    taken = check_file(name, content, LIMITS)
    assert taken.content == content
    assert taken.name == unicodedata.normalize("NFC", name)


def test_fifty_hostile_files_are_refused_by_their_printable_name() -> None:
    files = hostile()
    assert len(files) >= 50
    for name, content in files:
        with pytest.raises(InputError) as refused:
            check_file(name, content, LIMITS)
        assert refused.value.message.isprintable(), repr(name)
        assert refused.value.where, repr(name)


def test_a_macro_is_refused_whatever_its_part_is_called() -> None:
    types = (
        '<Types><Override PartName="/{part}" ContentType="application/x.macroEnabled.main+xml" Name="{kind}"/></Types>'
    )
    with pytest.raises(InputError, match="マクロ"):
        check_file("a.docx", package(types=types), FileLimits())


def test_a_file_of_many_parts_is_refused() -> None:
    with pytest.raises(InputError, match="大きくなりすぎます"):
        check_file("a.docx", package({f"word/{n}.xml": b"" for n in range(3100)}), FileLimits())
