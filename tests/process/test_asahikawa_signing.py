"""旭川市's flow on a real broker: who is in charge, what its papers, mails and agreements say (ASA-1 to ASA-6)."""

from __future__ import annotations

import re

import pytest

from tests.kit import outgoing
from tests.kit.desk import PACKS, BrokerDesk, Office, office, pack_files
from tests.kit.driver import EngineDriver
from workers.domain.agreements import Activity, ActivityStatus, Agreement
from workers.domain.entities import Case
from workers.domain.fiscal import fiscal_year
from workers.settings import Settings

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]


async def _played(at_work: Office, name: str) -> tuple[Case, Agreement | None, BrokerDesk]:
    desk, _ = await at_work.play("asahikawa", name)
    async with at_work.services.open_unit() as uow:
        (case,) = await uow.cases.all()
        return case, await uow.agreements.of_case(case.id), desk


def _groups(desk: BrokerDesk, task: str) -> set[str]:
    return {group for done in desk.completed if done.element_id == task for group in done.candidate_groups}


async def test_a_comprehensive_agreement_without_main_field_stays_with_the_office(
    driver: EngineDriver, settings: Settings
) -> None:
    """ASA-1 to ASA-6: the office keeps the case; the activities stand under the six fields; no notice deadline."""
    await driver.deploy(pack_files("common", "asahikawa"))
    async with office(driver, settings) as at_work:
        case, agreement, desk = await _played(at_work, "signed")
        papers = await outgoing.papers(at_work.services, case.id)
        (draft,) = await outgoing.letters(at_work.services, "agreement-draft")
        (signed,) = await outgoing.letters(at_work.services, "agreement-signed")
        asked = await outgoing.letters(at_work.services, "coordination-request")
        async with at_work.services.open_unit() as uow:
            planned = await uow.activities.of_agreement("asahikawa-a1")
    assert agreement is not None
    assert (agreement.kind, agreement.fields) == ("comprehensive", [1, 2, 4, 5, 6])
    assert agreement.title == "旭川市と株式会社かむい飲料との包括連携協定"
    assert agreement.current_term.notice_deadline is None
    assert _groups(desk, "Task_DraftAgreement") == {"asahikawa-chiiki"}
    checks = [done.candidate_groups for done in desk.completed if done.element_id == "Task_CheckByCity"]
    assert sorted(checks) == [[f"asahikawa-{code}"] for code in ("bosai", "chiiki", "choju", "kenko")]
    assert {letter.recipient.split("@")[0] for letter in asked} == {"kenko", "choju", "shakai", "bosai"}
    _only_the_headings_in_use_are_printed(papers["activity-list"])
    _the_activities_are_planned(planned, fiscal_year(agreement.current_term.starts_on))
    assert "包括連携協定書" in papers["agreement"]
    assert "幅広い分野で" in papers["agreement"]
    assert len(draft.attached) == len(signed.attached) == 2
    assert all("（案）第1案" in name for name in draft.attached)
    assert not any("（案）" in name for name in signed.attached)
    assert (agreement.renews, agreement.renewal_years) == (True, 2)
    assert "満了の日の翌日から2年間更新される" in papers["agreement"]
    assert "2年間ずつ更新されます" in signed.text


def _the_activities_are_planned(planned: list[Activity], year: int) -> None:
    """ASA-8: next year's collection asks each department for what it agreed on."""
    assert {(entry.fiscal_year, entry.status) for entry in planned} == {(year, ActivityStatus.PLANNED)}
    assert sorted((entry.field, entry.department) for entry in planned) == [
        (1, "kenko"),
        (2, "choju"),
        (4, "kenko"),
        (5, "bosai"),
        (6, ""),
    ]
    assert "担当: まちづくり協議会" in [entry.content for entry in planned]


def _only_the_headings_in_use_are_printed(paper: str) -> None:
    """ASA-4: each activity follows the agreement's own heading; a field without one is left out."""
    headings = ["暑さへの備え", "高齢者支援", "食育の推進", "災害対策", "その他"]
    starts = [paper.index(f"（{number}）{heading}") for number, heading in enumerate(headings, start=1)]
    assert starts == sorted(starts)
    health, elderly, food, disaster, other = (
        paper[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)
    )
    assert "暑さ対策講座の開催（健康保健部健康推進課）" in health
    assert "通いの場での脱水予防の講話（福祉保険部長寿社会課）" in elderly
    assert "教材の提供（健康保健部健康推進課）" in food
    assert "災害時の飲料水の提供（防災安全部防災課）" in disaster
    assert "話し合い（まちづくり協議会）" in other
    assert "学習支援" not in paper


async def test_an_individual_agreement_is_signed_by_the_department_in_charge(
    driver: EngineDriver, settings: Settings
) -> None:
    """ASA-1, ASA-6, D-3: one field; from the reception on, every task and mail is the zoo's; it has no end."""
    await driver.deploy(pack_files("common", "asahikawa"))
    async with office(driver, settings) as at_work:
        case, agreement, desk = await _played(at_work, "individual")
        papers = await outgoing.papers(at_work.services, case.id)
        told = await outgoing.letters(at_work.services, "agreement-signed-department")
        letters = [
            letter
            for kind in ("proposal-request", "agreement-draft", "agreement-signed")
            for letter in await outgoing.letters(at_work.services, kind)
        ]
    assert agreement is not None
    for letter in letters:
        assert "旭川市 旭山動物園 飼育展示課" in letter.text
        assert "asahiyama@city.asahikawa.example" in letter.text
        assert "地域活動推進課" not in letter.text
        assert letter.reply_to == "asahiyama@city.asahikawa.example"
    assert len(letters) == 3
    assert (agreement.kind, agreement.fields, agreement.department) == ("individual", [6], "asahiyama")
    assert agreement.title.endswith("との個別連携協定")
    for task in (
        "Task_SubmitProposal",
        "Task_HearProposal",
        "Task_Coordinate",
        "Task_DecideTalks",
        "Task_DraftAgreement",
        "Task_CheckByPartner",
    ):
        assert _groups(desk, task) == {"asahikawa-asahiyama"}, task
    assert [letter.recipient for letter in told] == ["asahiyama@city.asahikawa.example"]
    assert "個別連携協定書" in papers["agreement"]
    assert "包括" not in papers["agreement"]
    term = agreement.current_term
    assert (term.endless, term.due_on, agreement.cycle_due_on is not None) == (True, None, True)
    assert "締結の日から無期限とする" in papers["agreement"]
    assert "満了" not in papers["agreement"]
    assert "有効期間の終わりを定めていません" in letters[-1].text


async def test_both_sides_amend_until_they_agree(driver: EngineDriver, settings: Settings) -> None:
    """ASA-5: every round of checks stays on record; what is changed has another number; the last drafts are signed."""
    await driver.deploy(pack_files("common", "asahikawa"))
    async with office(driver, settings) as at_work:
        case, agreement, desk = await _played(at_work, "hard")
        papers = await outgoing.papers(at_work.services, case.id)
        drafts = await outgoing.letters(at_work.services, "agreement-draft")
        async with at_work.services.open_unit() as uow:
            kept = await uow.documents.of_case(case.id)
    assert [[name.partition("_")[0] for name in letter.attached] for letter in drafts] == [
        ["協定書（案）第1案", "取組事項（案）第1案"],
        ["協定書（案）第1案", "取組事項（案）第2案"],
        ["協定書（案）第2案", "取組事項（案）第2案"],
        ["協定書（案）第3案", "取組事項（案）第2案"],
    ]
    checks = [
        (step.payload["cityCheck"]["result"], step.payload["partnerCheck"]["result"])
        for step in case.steps
        if step.name == "draft-check"
    ]
    assert checks == [("amend", "agreed"), ("agreed", "amend"), ("agreed", "agreed"), ("agreed", "agreed")]
    plans = [step.payload["signingPlan"]["approval"]["number"] for step in case.steps if step.name == "signing-plan"]
    assert plans == ["地活第8号", "地活第8号", "地活第9号"], "what was drafted anew is approved anew"
    clean = [paper for paper in kept if paper.kind == "agreement" and not paper.draft]
    assert len(clean) == 2, "the text to be signed is there before each ceremony; the signed one is the last of them"
    terms = [step.payload["expiresOn"] for step in case.steps if step.name == "agreement-terms"]
    assert agreement is not None
    assert agreement.current_term.expires_on.isoformat() == terms[-1] != terms[0]
    assert "高齢者の住まいの冬前の点検" in papers["activity-list"]
    assert "長寿社会課" not in papers["activity-list"]
    assert _groups(desk, "Task_DraftAgreement") == {"asahikawa-bosai"}


@pytest.mark.parametrize(
    ("scenario", "reason"),
    [
        ("not-accepted", "市の課題の解決とのつながりが確かめられなかったため。"),
        ("declined", "同じ内容の協定がすでにあり"),
        ("abandoned", "会社の方針が変わり、協定を結べなくなりました。"),
    ],
)
async def test_the_partner_reads_why_signing_was_put_off(
    scenario: str, reason: str, driver: EngineDriver, settings: Settings
) -> None:
    """ASA-1, ASA-2, ASA-5: at the hearing, after the coordination, or while the drafts are checked."""
    await driver.deploy(pack_files("common", "asahikawa"))
    async with office(driver, settings) as at_work:
        case, agreement, _ = await _played(at_work, scenario)
        (letter,) = await outgoing.letters(at_work.services, "declined")
    assert agreement is None
    assert case.partner is not None
    assert letter.recipient == case.partner.email
    assert reason in letter.text
    assert "None" not in letter.text


async def test_every_department_that_the_decision_names_exists() -> None:
    """ASA-1: a department renamed in departments.csv alone would leave its field without anyone in charge."""
    departments = (PACKS / "asahikawa" / "departments.csv").read_text(encoding="utf-8").splitlines()[1:]
    decision = (PACKS / "asahikawa" / "asahikawa-charge.dmn").read_text(encoding="utf-8")
    named = set(re.findall(r'<text>"([a-z]+)"</text>', decision)) - {"individual", "comprehensive"}
    assert named >= {"kenko", "choju", "shakai", "bosai"}
    assert named <= {line.split(",")[0] for line in departments}
