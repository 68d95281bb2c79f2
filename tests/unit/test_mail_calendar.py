"""A meeting's calendar entry: what a strict calendar program reads (ALL-4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kit import papers
from tests.kit.calendars import Entry, entry_of
from workers.adapters.mail.renderer import JinjaMails
from workers.domain.jst import JST
from workers.domain.meetings import Invitation
from workers.errors import InputError
from workers.usecases.ports import MailRequest

BEGIN = datetime(2026, 6, 20, 14, 0, tzinfo=JST)
INVITATION = Invitation(
    uid="isesaki-2026-0001-m1@city.isesaki.example",
    sequence=0,
    title="令和8年度 定例会議",
    starts_at=BEGIN,
    ends_at=BEGIN + timedelta(minutes=90),
    place="市役所本館3階, 第1会議室",
    description="議題\n1 昨年度の振り返り; 2 今年度の提案",
    attendees=(("株式会社上州あおぞら銀行 渋川 次郎", "a@aozora.example"), ("戦略推進課", "s@city.example")),
)
TEXTS = st.text(st.sampled_from('定例会議 ,;:\\"\n\r\tBEGIN:VEVENT🏛️é') | st.characters(codec="utf-8"), max_size=120)


def mailed(invitation: Invitation, **changes: Any) -> bytes:
    """Return the mail that carries an invitation."""
    case = papers.case()
    values: dict[str, Any] = {
        "business_key": "key",
        "case_id": case.id,
        "city": "isesaki",
        "kind": "agreement-draft",
        "template": "agreement-draft",
        "recipient_name": "渋川 次郎",
        "recipient": "a@aozora.example",
        "context": {"case": case, "partner": case.partner, "message": "", "agreement": None},
        "invitation": invitation,
    }
    mails = JinjaMails(papers.FOLDERS, papers.CITIES, papers.clock())
    return mails.render(MailRequest(**(values | changes))).raw


def test_an_invitation_says_when_where_who_and_by_whom() -> None:
    """ALL-4: Japanese time with its zone, the city's sender as organizer, the stamp of the business clock."""
    assert entry_of(mailed(INVITATION)) == Entry(
        method="REQUEST",
        uid=INVITATION.uid,
        sequence=0,
        status="CONFIRMED",
        summary="令和8年度 定例会議",
        location="市役所本館3階, 第1会議室",
        starts_at=BEGIN,
        ends_at=datetime(2026, 6, 20, 15, 30, tzinfo=JST),
        stamp=datetime(2026, 5, 31, 23, 0, tzinfo=UTC),
        zone="Asia/Tokyo",
        organizer="renkei@city.isesaki.example",
        attendees=["a@aozora.example", "s@city.example"],
    )


def test_the_machines_zone_plays_no_part() -> None:
    """ALL-4, D-7: the same moment handed over in UTC is the same entry."""
    utc = replace(INVITATION, starts_at=BEGIN.astimezone(UTC), ends_at=INVITATION.ends_at.astimezone(UTC))
    assert entry_of(mailed(utc)) == entry_of(mailed(INVITATION))


def test_a_cancellation_takes_the_same_entry_out() -> None:
    """ALL-4: METHOD:CANCEL with the same UID and a higher SEQUENCE."""
    entry = entry_of(mailed(replace(INVITATION, sequence=2, cancelled=True)))
    assert (entry.method, entry.status, entry.uid, entry.sequence) == ("CANCEL", "CANCELLED", INVITATION.uid, 2)


@settings(max_examples=60, deadline=None)
@given(title=TEXTS, place=TEXTS, note=TEXTS, name=TEXTS)
def test_whatever_is_entered_stays_a_value(title: str, place: str, note: str, name: str) -> None:
    """ALL-4: no text of a form can become a line of its own or a second entry."""
    attendees = ((name, "a@aozora.example"),)
    entry = entry_of(mailed(replace(INVITATION, title=title, place=place, description=note, attendees=attendees)))
    assert (entry.method, entry.uid, entry.attendees) == ("REQUEST", INVITATION.uid, ["a@aozora.example"])


def test_a_bad_address_of_an_attendee_is_named_without_being_told() -> None:
    with pytest.raises(InputError, match="会議の出席者: メールアドレスの形") as refused:
        mailed(replace(INVITATION, attendees=(("渋川", "no-address"),)))
    assert "no-address" not in refused.value.message
