"""伊達市's flow on a real broker: what its form sheets, its feedback and its agreement must say (DAT-1 to DAT-12)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from tests.kit import outgoing
from tests.kit.desk import office, pack_files
from tests.kit.driver import EngineDriver
from workers.domain.agreements import Agreement
from workers.domain.entities import Case, ProjectStatus
from workers.domain.terms import last_day_of_years
from workers.settings import Settings

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]
_COOKING, _FAIR, _SUPPLIES, _ADVICE = (
    "減塩の献立づくり教室",
    "伊達の桃とあんぽ柿の販売会",
    "災害時の食料と水の供給",
    "店舗での健康相談",
)


def _title(letter: outgoing.Letter) -> str:
    """Return which meeting a letter is about; departments are called by their division and section."""
    return letter.subject.replace("教育部", "").replace("健康福祉部", "").replace("こども部", "")


@dataclass(frozen=True)
class _Left:
    """What the signed case left behind."""

    case: Case
    agreement: Agreement
    sheets: dict[str, str]
    feedback: dict[str, outgoing.Letter]
    signed: outgoing.Letter
    report: outgoing.Letter


async def test_a_signed_case_leaves_filled_sheets_own_feedback_and_three_years(
    driver: EngineDriver, settings: Settings
) -> None:
    """DAT-F1 to DAT-F6, DAT-8, DAT-11 and DAT-T1 of one played case: playing is what takes the time."""
    await driver.deploy(pack_files("common", "date"))
    async with office(driver, settings) as at_work:
        desk, _ = await at_work.play("date", "signed")
        (seen,) = [task.variables for task in desk.completed if task.element_id == "Task_DecideSigning"]
        async with at_work.services.open_unit() as uow:
            (case,) = await uow.cases.all()
            agreement = await uow.agreements.of_case(case.id)
            assert agreement is not None
            planned = await uow.activities.of_agreement(agreement.id)
        left = _Left(
            case=case,
            agreement=agreement,
            sheets=await outgoing.papers(at_work.services, case.id),
            feedback={mail.recipient: mail for mail in await outgoing.letters(at_work.services, "feedback")},
            signed=(await outgoing.letters(at_work.services, "agreement-signed"))[0],
            report=(await outgoing.letters(at_work.services, "proposal-report"))[0],
        )
    _the_decision_sees_the_answers_of_both_sides(seen)
    _the_sheets_are_filled(left.sheets)
    assert [name.partition("_")[0] for name in left.report.attached] == [
        "様式4 連携事業の提案",
        "様式5 伊達市提案連携事業について（回答）（様式）",
    ], "DAT-7: the sheet to answer with comes with the proposal"
    _feedback_holds_only_own_rows(left)
    _the_agreement_lasts_three_years_without_a_notice_deadline(left)
    _the_citys_proposal_is_a_project_beside_the_partners(left.case)
    # DAT-A: A — next March's 様式7 and 様式8 begin with what the signing settled
    assert {(entry.title, entry.department) for entry in planned} == {
        (_COOKING, "kenko"),
        (_FAIR, "nosei"),
        (_ADVICE, "kenko"),
    }


def _the_decision_sees_the_answers_of_both_sides(seen: Mapping[str, Any]) -> None:
    """DAT-11: departments' answers (様式2), the city's own (様式4) and the partner's (様式5) lie before who decides."""
    assert [row["judgement"] for row in seen["reportRows"]] == ["yes", "yes", "no"]
    assert "農家への呼び掛けを担当する。" in seen["surveyResult"][1]["comments"]
    assert [row["title"] for row in seen["cityProposals"]] == [_ADVICE]
    assert seen["partnerAnswers"][0]["answer"] == "yes"


def _the_sheets_are_filled(sheets: dict[str, str]) -> None:
    """Each sheet has the seed's fields; sheets 2 and 3 hold one page for each department that has something to say."""
    _named("様式1", sheets["form1"], "株式会社あぶくまフレッシュ", "代表取締役社長　梁川 一郎", _SUPPLIES)
    _named("様式2", sheets["form2"], "健康推進課長", "農政課長", "防災危機管理課長", "同じ内容の協定を別に", "否")
    assert "都市整備課" not in sheets["form2"]
    _named("様式3", sheets["form3"], "健康推進課長", "保健師による健康相談", "株式会社あぶくまフレッシュ")
    assert "農政課" not in sheets["form3"]
    _named(
        "様式4",
        sheets["form4"],
        _COOKING,
        "時期は出荷に合わせる。",
        _ADVICE,
        "健康福祉部健康推進課",
        "梁川 一郎　様",
        "青葉 計",
    )
    _named(
        "様式5",
        sheets["form5"],
        "伊達市長",
        _ADVICE,
        "保原の店舗で始めたい。",
        "（受付）",
        "霊山 さくら",
        "024-500-0210",
    )
    _named("様式6", sheets["form6@kenko"], "健康推進課長", _COOKING, _ADVICE, "青葉 計")


def _named(sheet: str, text: str, *parts: str) -> None:
    for part in (f"（{sheet}）", *parts):
        assert part in text, f"{sheet} lacks {part}"


def _feedback_holds_only_own_rows(left: _Left) -> None:
    """Neither sheet nor mail of a department shows another's projects; one that said no hears the result, too."""
    assert {kind for kind in left.sheets if kind.startswith("form6")} == {"form6@kenko", "form6@nosei", "form6@bosai"}
    assert set(left.feedback) == {f"{code}@city.date.example" for code in ("kenko", "nosei", "bosai")}
    assert _shown(left.feedback["bosai@city.date.example"].text) == [_SUPPLIES]
    kenko, nosei = left.feedback["kenko@city.date.example"], left.feedback["nosei@city.date.example"]
    for text in (left.sheets["form6@kenko"], kenko.text):
        assert _shown(text) == [_COOKING, _ADVICE]
    for text in (left.sheets["form6@nosei"], nosei.text):
        assert _shown(text) == [_FAIR]
    assert [name.split("_")[1] for name in (*kenko.attached, *nosei.attached)] == ["健康推進課", "農政課"]


def _shown(text: str) -> list[str]:
    return [title for title in (_COOKING, _FAIR, _SUPPLIES, _ADVICE) if title in text]


def _the_agreement_lasts_three_years_without_a_notice_deadline(left: _Left) -> None:
    """The fields are those of the talks (②), not of the proposal."""
    term = left.agreement.current_term
    assert term.expires_on == last_day_of_years(left.agreement.signed_on + timedelta(days=1), 3)
    assert term.notice_deadline is None
    assert left.agreement.fields == [1, 3, 4, 6]
    assert "3年間更新" in left.sheets["agreement"]
    assert "3年間更新" in left.signed.text


def _the_citys_proposal_is_a_project_beside_the_partners(case: Case) -> None:
    assert {project.title: (project.number, project.status) for project in case.current_projects()} == {
        _COOKING: (1, ProjectStatus.FEASIBLE),
        _FAIR: (2, ProjectStatus.FEASIBLE),
        _SUPPLIES: (3, ProjectStatus.DROPPED),
        _ADVICE: (4, ProjectStatus.FEASIBLE),
    }


async def test_a_refusal_names_the_grounds_and_a_direction_that_differs_is_told(
    driver: EngineDriver, settings: Settings
) -> None:
    """DAT-R1, DAT-11: the partner reads why signing was put off."""
    await driver.deploy(pack_files("common", "date"))
    async with office(driver, settings) as at_work:
        await at_work.play("date", "declined")
        await at_work.play("date", "not-aligned")
        await at_work.play("date", "declined-after-talks")
        grounds, direction, _ = await outgoing.letters(at_work.services, "declined")
        sections = await outgoing.letters(at_work.services, "declined-departments")
    assert "・市税を滞納している" in grounds.text
    assert "・事業者等の直接的な営業または広告宣伝を目的としている" in grounds.text
    assert "事業1「市役所での新商品の紹介と販売」" in grounds.text
    assert "方向性と合わない" in direction.text
    assert [letter.recipient for letter in sections] == ["kenko@city.date.example"], "DAT-11: who held the talks"
    assert "基準に照らし" not in direction.text


@pytest.mark.slow
async def test_only_the_departments_that_wish_go_on(driver: EngineDriver, settings: Settings) -> None:
    """DAT-8, DAT-9: of two that wish for one project both go on, the one in charge first; all parties are invited."""
    await driver.deploy(pack_files("common", "date"))
    async with office(driver, settings) as at_work:
        desk, _ = await at_work.play("date", "hard")
        (plan,) = [task.variables for task in desk.completed if task.element_id == "Task_PlanSigning"]
        async with at_work.services.open_unit() as uow:
            (case,) = await uow.cases.all()
            agreement = await uow.agreements.of_case(case.id)
        asked = await outgoing.letters(at_work.services, "talks-request")
        invited = await outgoing.letters(at_work.services, "meeting-invitation")
        told, dropped = [
            letter
            for letter in sorted(await outgoing.letters(at_work.services, "feedback"), key=lambda one: one.recipient)
            if letter.recipient.startswith(("kankyo@", "shogaku@"))
        ]
    assert agreement is not None
    planned = date.fromisoformat(case.last_step("ceremony").payload["ceremony"]["on"])  # type: ignore[union-attr]
    assert (date.fromisoformat(plan["plannedOn"]), plan["ceremony"]) == (planned, True), "DAT-11: asked once"
    # DAT-T1: the office chose that the day of signing counts
    assert agreement.current_term.expires_on == last_day_of_years(agreement.signed_on, 3)
    assert sorted(letter.recipient.split("@")[0] for letter in asked) == ["gakko", "kenko", "kosodate", "shogaku"]
    sections = {"学校教育課": {"gakko", "shogaku"}, "健康推進課": {"kenko"}, "こども未来課": {"kosodate"}}
    for name, codes in sections.items():
        about = {letter.recipient.split("@")[0] for letter in invited if f"初回協議（{name}）" in _title(letter)}
        assert about == {"kyoso", "seisaku", *codes}
    assert {part for letter in invited for part in letter.attached} == {"invite.ics"}
    assert "担当できる教員がいない。" in told.text
    assert "希望するかどうか" not in told.text
    assert "図書館の開放の中で相談できるため。" in dropped.text
    assert {p.number: p.status for p in case.current_projects()} == {
        1: ProjectStatus.FEASIBLE,
        2: ProjectStatus.FEASIBLE,
        3: ProjectStatus.DROPPED,
        4: ProjectStatus.DROPPED,
        5: ProjectStatus.DROPPED,
        6: ProjectStatus.DROPPED,
    }


async def test_an_invitation_that_is_not_taken_up_is_no_offer_withdrawn(
    driver: EngineDriver, settings: Settings
) -> None:
    """DAT-0, ALL-2: who was invited by the city and says no is not told that it took its offer back."""
    await driver.deploy(pack_files("common", "date"))
    async with office(driver, settings) as at_work:
        await at_work.play("date", "no-proposal")
        (letter,) = await outgoing.letters(at_work.services, "invitation-declined")
    assert "市からご提案した包括連携協定について、今回は見合わせるとのお返事を承りました" in letter.text
    assert "取り下げ" not in letter.text
