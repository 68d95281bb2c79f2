"""The first two forms of a case of 伊勢崎市, with the mistakes that a clerk makes in them (ISE-1, ISE-2/3)."""

from __future__ import annotations

from tests.browser import isesaki
from tests.browser.isesaki import day
from tests.browser.walk import Walk


def consultation(walk: Walk) -> None:
    """Send an empty form, a wrong address, a wrong corporate number; correct what comes back."""
    walk.begins("isesaki-signing")
    assert len(walk.cannot_send()) >= 4
    walk.types(
        **{**isesaki.CONSULTATION, "name": walk.company, "email": "hanako", "corporateNumber": isesaki.WRONG_NUMBER}
    )
    walk.clerk.document("start")
    walk.cannot_send()
    walk.clerk.document("refused")
    walk.types(email=isesaki.CONSULTATION["email"])
    walk.sends()
    walk.gets_back("Task_CorrectConsultation", because="法人番号")
    walk.reads("入力を直してください")
    walk.clerk.document("returned")
    walk.types(corporateNumber="", name="　")
    walk.cannot_send()
    walk.types(name=walk.company)
    walk.sends()


def offer(walk: Walk) -> None:
    """Send nothing, blanks, a day to come and a row that is half empty; correct what comes back."""
    walk.knows_its_case()
    walk.opens("Task_SubmitOffer")
    walk.cannot_send()
    walk.types(**{**isesaki.OFFER, "offeredOn": day(1), "purpose": "　"})
    walk.cannot_send()
    walk.types(purpose=isesaki.OFFER["purpose"], records=[{}, {"fiscalYear": "令和7年度"}])
    walk.cannot_send()
    walk.types(records=[{}])
    walk.clerk.document("offer")
    walk.sends()
    walk.gets_back("Task_SubmitOffer", because="申出書の日付")
    walk.types(offeredOn=day(0))
    walk.sends()
