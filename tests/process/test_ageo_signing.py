"""上尾市's flow on a real broker: what its mails, its papers and its agreement must say (AGE-R1 to AGE-9)."""

from __future__ import annotations

from datetime import date

import pytest

from tests.kit import outgoing
from tests.kit.desk import BrokerDesk, Office, office, pack_files
from tests.kit.driver import EngineDriver
from workers.domain.entities import Case, ProjectStatus
from workers.domain.fiscal import fiscal_year
from workers.domain.wareki import format_wareki
from workers.settings import Settings

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]


async def _played(at_work: Office, name: str) -> tuple[Case, BrokerDesk]:
    desk, _ = await at_work.play("ageo", name)
    async with at_work.services.open_unit() as uow:
        (case,) = await uow.cases.all()
    return case, desk


async def test_a_signed_case_leaves_records_survey_talks_and_an_agreement_to_the_end_of_the_next_fiscal_year(
    driver: EngineDriver, settings: Settings
) -> None:
    """AGE-2, AGE-4, AGE-6, AGE-8 and AGE-T1 of one played case: playing is what takes the time."""
    await driver.deploy(pack_files("common", "ageo"))
    async with office(driver, settings) as at_work:
        case, _ = await _played(at_work, "signed")
        async with at_work.services.open_unit() as uow:
            agreement = await uow.agreements.of_case(case.id)
        papers = await outgoing.papers(at_work.services, case.id)
        (request,) = await outgoing.letters(at_work.services, "offer-request")
        (result,) = await outgoing.letters(at_work.services, "discussion-result")
        talks = await outgoing.letters(at_work.services, "talks-request")
    assert agreement is not None
    _the_records_of_the_second_step_stay_with_the_case(case, papers["record-list"], request)
    _each_project_is_decided_by_itself(case, result, talks)
    _the_survey_shows_needs_and_wishes(papers["proposal-sheet"])
    expires_on = date(fiscal_year(agreement.signed_on) + 2, 3, 31)
    assert agreement.current_term.expires_on == expires_on
    assert f"締結の日から{format_wareki(expires_on)}まで" in papers["agreement"]
    assert "毎年4月又は5月に会議を開き" in papers["agreement"]


def _the_records_of_the_second_step_stay_with_the_case(case: Case, paper: str, request: outgoing.Letter) -> None:
    """AGE-2: the proposal, which does not ask for records again, must not erase them."""
    assert [(record.field, record.title) for record in case.records] == [
        (6, "総合防災訓練での炊き出し"),
        (2, "認知症サポーター養成講座への参加"),
    ]
    for part in ("令和6年度", "危機管理に関すること", "総合防災訓練での炊き出し", "2件、2分野"):
        assert part in paper
    assert [name.split("_")[0] for name in request.attached] == ["連携実績一覧", "連携事業提案書（様式）"]


def _each_project_is_decided_by_itself(case: Case, result: outgoing.Letter, talks: list[outgoing.Letter]) -> None:
    """AGE-5, AGE-6: three projects go to talks with one department each, one is dropped; wishes reach the partner."""
    assert {project.number: project.status for project in case.current_projects()} == {
        1: ProjectStatus.FEASIBLE,
        2: ProjectStatus.FEASIBLE,
        3: ProjectStatus.DROPPED,
        4: ProjectStatus.FEASIBLE,
    }
    assert sorted(letter.recipient.split("@")[0] for letter in talks) == ["kenko", "kiki", "korei"]
    assert "③ 子育て世帯への買い物同行サポート\n     今回は見送ります。" in result.text.replace("\r\n", "\n")
    assert "移動販売車で介護予防の催しを知らせてほしい。" in result.text


def _the_survey_shows_needs_and_wishes(paper: str) -> None:
    """AGE-4: the departments' needs in the city's own words, and what else they wish for."""
    for part in ("連携事業ニーズ調査", "○ ニーズがある", "見守りの協力事業者に加わってほしい。", "介護予防の催し"):
        assert part in paper


async def test_a_refusal_names_the_conditions_that_the_office_chose(driver: EngineDriver, settings: Settings) -> None:
    """AGE-R1, AGE-R2, AGE-9: four conditions fail, one of them is told; the reason stays inside the city."""
    await driver.deploy(pack_files("common", "ageo"))
    async with office(driver, settings) as at_work:
        case, desk = await _played(at_work, "declined")
        (letter,) = await outgoing.letters(at_work.services, "declined")
    failed = driver.records.visible(desk.instance)["failedConditions"]
    assert [line.split()[0] for line in failed] == ["要件(2)", "要件(3)", "要件(5)", "要件(6)"]
    assert "2分野" in failed[1]
    assert "第5号 公租公課" in failed[2]
    assert "事業2「市の封筒への自社広告の掲載」" in failed[3]
    named = [line.strip("・ ") for line in letter.text.splitlines() if "要件(" in line]
    assert named == failed[:1]
    (decision,) = [step for step in case.steps if step.name == "decision"]
    assert decision.payload["decisionRecord"]["reason"] not in letter.text
    assert decision.payload["decisionRecord"]["message"] in letter.text


async def test_the_mayor_decides_and_individual_agreements_stay_possible(
    driver: EngineDriver, settings: Settings
) -> None:
    """AGE-7, AGE-9: the decision is a task of the mayor's group; the department that goes on is told."""
    await driver.deploy(pack_files("common", "ageo"))
    async with office(driver, settings) as at_work:
        case, desk = await _played(at_work, "individual")
        (partner,) = await outgoing.letters(at_work.services, "individual")
        departments = await outgoing.letters(at_work.services, "individual-departments")
    decisions = [task for task in desk.completed if task.element_id == "Task_DecideSigning"]
    assert [task.candidate_groups for task in decisions] == [
        ["ageo-shicho", "ageo-kyodo"],
        ["ageo-shicho", "ageo-kyodo"],
    ]
    assert [step.payload["decisionRecord"]["decision"] for step in case.steps if step.name == "decision"] == [
        "sign",
        "individual",
    ]
    assert "見守りの事業は、高齢介護課と協議して進められます。" in partner.text
    assert "高齢介護課との個別連携協定とする。" not in partner.text
    assert {letter.recipient.split("@")[0] for letter in departments} == {"korei"}
