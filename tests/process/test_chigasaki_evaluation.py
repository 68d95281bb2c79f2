"""茅ヶ崎市's regular talks and evaluation on a real broker (CHI-6, CHI-7)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.kit import outgoing
from tests.kit.desk import office, pack_files
from tests.kit.driver import EngineDriver
from workers.domain.business_days import on_or_after
from workers.domain.entities import CaseKind
from workers.domain.wareki import format_wareki
from workers.settings import Settings

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]
_ITEMS = ("目的の共有", "役割分担", "相互理解", "自主性、自立性", "透明性、公開性", "相乗効果")


async def test_a_talk_sets_the_next_one_as_a_procedure_of_its_own(driver: EngineDriver, settings: Settings) -> None:
    """CHI-6, CHI-9, ALL-4: the section invites the partner and whom it chose; the next talk is filed."""
    await driver.deploy(pack_files("common", "chigasaki"))
    async with office(driver, settings) as at_work:
        await at_work.play("chigasaki", "talk")
        async with at_work.services.open_unit() as uow:
            talks = await uow.cases.of_agreement("chigasaki-a1", kind=CaseKind.TALK)
        invited = await outgoing.letters(at_work.services, "meeting-invitation")
        minutes = await outgoing.letters(at_work.services, "meeting-minutes")
    assert [str(case.outcome) for case in talks] == ["completed", "None"]
    assert [case.period for case in talks] == ["1", "2"]
    partner, section, office_ = (letter.recipient for letter in invited)
    assert (section, office_) == ("koen@city.chigasaki.example", "jichi@city.chigasaki.example")
    assert [letter.recipient for letter in minutes] == [partner, section, office_]
    assert all(letter.attached == ["invite.ics"] for letter in invited)
    assert "茅ヶ崎市建設部公園緑地課です。" in invited[0].text
    assert "参加者が増え、用具が足りない。" in minutes[0].text


async def test_the_last_talk_leads_to_the_evaluation(driver: EngineDriver, settings: Settings) -> None:
    """CHI-6, CHI-7: the evaluation begins in its own instance."""
    await driver.deploy(pack_files("common", "chigasaki"))
    async with office(driver, settings) as at_work:
        signed_on = driver.clock.today()
        await at_work.play("chigasaki", "talk-last")
        (reminded,) = await outgoing.letters(at_work.services, "talk-reminder")
        async with at_work.services.open_unit() as uow:
            (evaluation,) = await uow.cases.of_agreement("chigasaki-a1", kind=CaseKind.ANNUAL)
    assert evaluation.process_id == "chigasaki-evaluation"
    days = (on_or_after(signed_on + timedelta(days=60)) - signed_on).days
    halfway = format_wareki(signed_on + timedelta(days=days // 2), weekday=True)
    assert f"{halfway}までに" in reminded.text, "a project of 60 days is talked about halfway"


async def test_the_published_paper_has_both_sides_and_the_citizens(driver: EngineDriver, settings: Settings) -> None:
    """CHI-7: six items by both sides, the beneficiaries' view, what follows; the registry keeps the evaluation."""
    await driver.deploy(pack_files("common", "chigasaki"))
    async with office(driver, settings) as at_work:
        await at_work.play("chigasaki", "evaluation-hard")
        async with at_work.services.open_unit() as uow:
            (case,) = await uow.cases.all()
            (kept,) = await uow.activities.of_agreement("chigasaki-a1")
        paper = (await outgoing.papers(at_work.services, case.id))["evaluation"]
        (advice,) = await outgoing.letters(at_work.services, "next-form")
        (asked,) = await outgoing.letters(at_work.services, "evaluation-request")
        (reminded,) = await outgoing.letters(at_work.services, "evaluation-reminder-partner")
    assert [item for item in _ITEMS if item not in paper] == []
    assert "危険物を120件見つけた" in paper
    assert "毎回10人が参加した。" in paper
    assert "9割が安心して歩ける" in paper
    assert "用具の費用を市が持つ形に改める" in paper
    assert "別の形態へ移る" in paper
    assert "市の理由\n団体等の理由" in paper, "who said what"
    assert "4 十分できた　3 おおむねできた" in paper, "the scale of the form and of the sheet"
    assert "委託" in advice.text
    assert asked.recipient == reminded.recipient == "jimukyoku@umimachi.example"
    assert [name.partition("_")[0] for name in asked.attached] == ["評価シート（様式）"]
    assert (kept.status.value, kept.department) == ("done", "koen")
    assert kept.evaluation.endswith("用具の費用を市が持つ形に改める。")
