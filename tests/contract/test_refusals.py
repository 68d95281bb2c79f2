"""A refusal tells conditions as conditions, and of the unmet ones only those that the office chose (ISE-9, AGE-R2)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.contract.test_mail_render_templates import TO_PARTNER, render, text_of
from tests.kit import papers

_OUTPUT = re.compile("<outputEntry[^>]*>\\s*<text>(.*)</text>")
_JUDGING = ["isesaki/isesaki-ineligible", "isesaki/isesaki-decision", "ageo/ageo-ineligible", "ageo/ageo-report"]
_JUDGING += ["ageo/ageo-decision"]


def _conditions(city: str) -> list[str]:
    table = (papers.ROOT / f"bpmn/{city}/{city}-eligibility.dmn").read_text(encoding="utf-8")
    return _OUTPUT.findall(table)


def _fields(form: str) -> dict[str, Any]:
    content = json.loads((papers.ROOT / f"bpmn/{form}.form").read_text(encoding="utf-8"))
    return {str(part.get("key")): part for part in content["components"]}


@pytest.mark.parametrize("city", ["isesaki", "ageo"])
def test_what_a_table_finds_missing_reads_as_a_condition(city: str) -> None:
    """In a mail it stands under 「…を満たすことが確認できませんでした」: a ground as such would say the opposite."""
    found = _conditions(city)
    assert len(found) == 22
    assert [
        text for text in found if not re.search('(ないこと|あること|行えること|達すること|していること)(（|"$)', text)
    ] == []


@pytest.mark.parametrize("city", ["isesaki", "ageo"])
def test_terms_of_art_that_decide_a_case_are_those_of_the_guideline(city: str) -> None:
    """Grounds on the form and conditions in the mail use the words that decide whether they hold."""
    pack = papers.CITIES.city(city)
    grounds = " ".join(ground.text for ground in (*pack.partner_grounds, *pack.project_grounds))
    told = " ".join(_conditions(city))
    for words in ("参加者資格", "指名停止基準", "直接的な営業", "医療類似行為"):
        assert words in grounds
        assert words in told


@pytest.mark.parametrize("form", _JUDGING)
def test_the_office_chooses_which_conditions_are_told(form: str) -> None:
    """Nothing is chosen beforehand: what concerns 暴力団 is never written to a company unasked."""
    told = _fields(form)["toldConditions"]
    assert told["type"] == "checklist"
    assert "failedConditions" in told["valuesExpression"]
    assert "defaultValue" not in told


@pytest.mark.parametrize("city", ["isesaki", "ageo"])
def test_the_reason_is_kept_and_the_message_is_told(city: str) -> None:
    """Two boxes: the one that is required for every decision stays inside, the other one is what the partner reads."""
    fields = _fields(f"{city}/{city}-decision")
    assert "載りません" in fields["reason"]["description"]
    assert fields["reason"]["validate"]["required"]
    assert 'decision = "sign"' in fields["message"]["conditional"]["hide"]


@pytest.mark.parametrize("city", ["isesaki", "ageo"])
def test_a_refusal_lists_the_chosen_conditions(city: str) -> None:
    """Under the sentence that says they could not be confirmed; without any, the sentence does not stand there."""
    chosen = ["要件(4) 第5号 税や保険料などの公租公課を滞納していないこと"]
    text = text_of(render("declined", {**TO_PARTNER, "failed_conditions": chosen}, city=city))
    assert re.search(
        "次の点を満たすことが確(認でき|かめられ)ませんでした。\r\n  ・要件\\(4\\) 第5号 .*滞納していないこと", text
    )
    assert "要件" not in text_of(render("declined", {**TO_PARTNER, "message": "来年度にご相談ください"}, city=city))
