"""A form that Notepad has saved, with a byte order mark, is read as any other."""

from __future__ import annotations

from pathlib import Path

from workers.packs.diagrams.forms import load

_FORM = Path(__file__).parents[2] / "bpmn" / "isesaki" / "isesaki-offer.form"


def test_a_byte_order_mark_is_no_part_of_the_form(tmp_path: Path) -> None:
    saved = tmp_path / "saved.form"
    saved.write_text(_FORM.read_text(encoding="utf-8"), encoding="utf-8-sig")
    assert load(saved).content == load(_FORM).content
