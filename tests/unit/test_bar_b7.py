"""Bar B7: the rules of terms and renewals against the specification, calculated twice (D-3 to D-5, D-7, ALL-5)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.kit import specdates, yearsahead
from tests.kit.bars import Bars
from tests.kit.specdates import ONE
from workers.domain.agreements import Agreement
from workers.domain.renewal import next_term, renewal_plan
from workers.domain.terms import first_term

ROOT = Path(__file__).parent.parent.parent
ZONES = ("UTC", "Asia/Tokyo", "America/New_York")
AGREEMENTS = 10_000
SIGNED = [date(2024, 2, 1) + timedelta(days=n) for n in range(800)]
"""More than two years: every day of the year, a leap day, and the day whose three years end on one."""


def _agreement(signed: date, *, says: bool | None) -> Agreement:
    return Agreement(
        id="a1",
        case_id=None,
        city="midori",
        kind="comprehensive",
        title="",
        signed_on=signed,
        parties=[],
        fields=[],
        renews=says,
    )


@pytest.mark.parametrize("code", list(yearsahead.RULES))
@pytest.mark.parametrize("says", [None, True, False])
def test_every_day_of_signing_leads_to_the_terms_of_the_specification(*, code: str, says: bool | None) -> None:
    """D-3, D-4, D-5, AGE-T1, ISE-T1, DAT-T1: the first term, its last day for notices, and three renewals."""
    rule = yearsahead.RULES[code]
    city = next(entry for entry in yearsahead.cities() if entry.code == code)
    for signed in SIGNED:
        end: date | None = signed + timedelta(days=400) if rule.first == "written" else None
        agreement = _agreement(signed, says=says)
        agreement.terms.append(term := first_term(city.term, signed, ends_on=end))
        end = specdates.first_end(rule, signed, ends=end)
        for number in range(1, 4):
            assert (term.number, term.expires_on) == (number, end), signed
            plan = renewal_plan(city, term)
            last = specdates.last_notice_day(rule, end)
            assert (plan.last_day, plan.decide_on, plan.over_on) == (last, last + ONE, end + ONE), signed
            assert term.notice_deadline == (last if rule.notice else None), signed
            following, due = next_term(city, agreement, term), specdates.next_end(rule, number, end, says=says)
            assert (following is None) == (due is None), signed
            if following is None or due is None:
                break
            assert following.starts_on == end + ONE
            term, end = following, due


def test_reminders_and_results_go_out_on_open_days() -> None:
    """D-4, D-6, ALL-5: business days before and after the last day for notices."""
    cities = {entry.code: entry for entry in yearsahead.cities()}
    for signed in SIGNED:
        plan = renewal_plan(cities["date"], first_term(cities["date"].term, signed))
        assert plan.remind_on == specdates.business_day_before(plan.last_day, cities["date"].renewal.remind_before)
        assert plan.tell_on == specdates.business_day_after(plan.last_day, cities["date"].renewal.tell_after)


@pytest.mark.parametrize(
    ("expiry", "last", "renewed"),
    [
        (date(2027, 3, 31), date(2027, 2, 28), date(2028, 3, 31)),
        (date(2028, 3, 31), date(2028, 2, 29), date(2029, 3, 31)),
        (date(2027, 2, 28), date(2027, 1, 28), date(2028, 2, 29)),
        (date(2028, 2, 29), date(2028, 1, 29), date(2029, 2, 28)),
        (date(2028, 2, 28), date(2028, 1, 28), date(2029, 2, 28)),
    ],
)
def test_the_second_calculation_knows_the_specifications_examples(expiry: date, last: date, renewed: date) -> None:
    """D-4, D-5: what the simulations expect is itself right where the specification gives the day."""
    rule = specdates.CITIES["isesaki"]
    assert specdates.last_notice_day(rule, expiry) == last
    assert specdates.next_end(rule, 1, expiry, says=None) == renewed


def test_the_second_calculation_knows_the_first_terms_of_the_specification() -> None:
    """D-3."""
    examples = {
        "ageo": {"2026-04-30": "2028-03-31", "2027-03-31": "2028-03-31", "2027-04-01": "2029-03-31"},
        "isesaki": {"2026-06-01": "2027-03-31", "2026-02-01": "2027-03-31"},
        "date": {"2026-05-10": "2029-05-10", "2025-02-28": "2028-02-29", "2028-02-29": "2031-02-28"},
        "firstday": {"2026-05-10": "2029-05-09"},
    }
    for code, days in examples.items():
        for signed, end in days.items():
            found = specdates.first_end(yearsahead.RULES[code], date.fromisoformat(signed))
            assert found == date.fromisoformat(end), (code, signed)


def _start(zone: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.kit.yearsahead", str(AGREEMENTS)],
        cwd=ROOT,
        env={**os.environ, "TZ": zone},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_ten_thousand_agreements_renew_once_on_the_right_japanese_day(bars: Bars) -> None:
    """B7, D-7, ALL-5: in every zone, with mornings missed and repeated, lost instances, late and withdrawn notices."""
    running = {zone: _start(zone) for zone in ZONES}
    results: dict[str, dict[str, Any]] = {}
    try:
        for zone, process in running.items():
            out, _ = process.communicate(timeout=240)
            assert process.returncode == 0, zone
            results[zone] = json.loads(out)
    finally:
        for process in running.values():
            process.kill()
            process.wait()
    zones = {zone: result.pop("zone") for zone, result in results.items()}
    assert zones == {"UTC": "UTC", "Asia/Tokyo": "JST", "America/New_York": "EST"}
    faults = {zone: result["first"] for zone, result in results.items() if result["faults"]}
    first = results["UTC"]
    bars.add(
        "B7",
        f"{AGREEMENTS} 協定、{len(ZONES)} つの時間帯、見張りを抜いた日と繰り返した日、届かない処理",
        figure=f"更新 {first['renewals']}、終了 {first['ended']}、誤り {sum(r['faults'] for r in results.values())}",
        bound="誤り 0",
        holds=not faults,
        **first,
    )
    assert not faults
    assert results["Asia/Tokyo"] == first == results["America/New_York"]
    assert first["agreements"] == AGREEMENTS
    assert first["renewals"] > AGREEMENTS / 2
    assert first["ended"] > AGREEMENTS / 10
