"""A clerk of 伊勢崎市 errs in the first two forms of a case in Tasklist, in Chromium (ALL-10, ISE-1, ISE-2/3).

Nothing that was typed is typed twice: whatever comes back comes back filled, with what was objected to.
"""

from __future__ import annotations

import pytest

from tests.browser.clerk import Clerk
from tests.browser.openings import consultation, offer
from tests.browser.walk import Walk

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]


def test_a_consultation_and_an_offer_with_mistakes_are_typed_once(clerk: Clerk) -> None:
    """Forget fields, mistype an address and a number, send blanks, a day to come and a row that is half empty."""
    walk = Walk(clerk, "みほん急便株式会社")
    consultation(walk)
    offer(walk)
    walk.opens("Task_CheckRequirements")
