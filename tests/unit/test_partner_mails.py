"""Nothing leaves unread: every mail to a partner is seen by the office first or is declared routine (ALL-2, ALL-20)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.kit import partnersteps
from tests.kit.partnermails import DOCUMENT, ROOT, PartnerMail, partner_mails, written
from workers.packs import CityPacks

_PACKS = CityPacks([ROOT / "bpmn"])


def _unread(mails: list[PartnerMail], packs: CityPacks) -> list[str]:
    """Return the places from which a mail that the pack wants to be seen would leave unseen."""
    return sorted(
        {
            mail.place
            for mail in mails
            for code in (packs.codes() if mail.diagram.parent.name == "common" else [mail.diagram.parent.name])
            if packs.city(code).mail(mail.template).review and not mail.reviewed
        }
    )


def test_there_are_mails_to_look_at() -> None:
    """The scan sees both kinds, in cities and in common parts."""
    mails = list(partner_mails())
    assert {mail.reviewed for mail in mails} == {True, False}
    assert {mail.diagram.parent.name for mail in mails} >= {"common", *_PACKS.codes()}


def test_no_mail_that_is_to_be_seen_leaves_by_itself() -> None:
    """Each is reviewed or declared routine; one that no pack names is an error already."""
    assert _unread(list(partner_mails()), _PACKS) == []


def test_the_scan_finds_what_would_leave_unread(tmp_path: Path) -> None:
    """A city that wants to see an instruction which its diagram sends by itself is told."""
    bpmn = tmp_path / "bpmn"
    shutil.copytree(ROOT / "bpmn", bpmn)
    file = bpmn / "isesaki" / "city.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("[mails.offer-request]\n", "[mails.offer-request]\nreview = true\n"), encoding="utf-8")
    found = _unread(list(partner_mails(bpmn)), CityPacks([bpmn]))
    assert "isesaki-signing:Task_SendOfferRequest" in found


def test_the_guide_says_what_goes_out_and_how() -> None:
    """The table in docs/staff.md is the one that the diagrams and packs give."""
    text = DOCUMENT.read_text(encoding="utf-8")
    assert written(text) == text


def test_a_guide_without_a_place_for_the_table_is_told() -> None:
    """A rewritten guide that lost the marks fails with their text."""
    with pytest.raises(ValueError, match="has no place"):
        written("# 手引")


def test_the_owners_see_how_a_partner_answers_each_step() -> None:
    """``python -m tests.kit.partnersteps`` rewrites the table: by link, by file, or by the office for a reason."""
    text = partnersteps.DOCUMENT.read_text(encoding="utf-8")
    assert partnersteps.rewritten(text) == text
