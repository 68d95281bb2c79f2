"""茅ヶ崎市's own rules on a real broker: the consensus gate, the scores of several reviewers, the double start."""

from __future__ import annotations

import io
from datetime import timedelta

import docx
import pytest

from tests.kit import outgoing
from tests.kit.desk import PACKS, office, pack_files
from tests.kit.driver import EngineDriver
from workers.domain.business_days import on_or_after
from workers.domain.wareki import format_wareki
from workers.readers.offerfile import read_offer
from workers.settings import Settings
from workers.usecases.open_case import file_case

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]
CITY = "chigasaki"


async def test_the_project_starts_only_when_nine_items_are_settled(driver: EngineDriver, settings: Settings) -> None:
    """CHI-4, CHI-5: every discussion is on record; open items are named; no agreement exists while one is open."""
    await driver.deploy(pack_files("common", CITY))
    async with office(driver, settings) as at_work:
        await at_work.play(CITY, "hard")
        async with at_work.services.open_unit() as uow:
            case = (await uow.cases.all())[-1]  # the first talk is a case of its own
    talks = [step.payload for step in case.steps if step.name == "consensus"]
    assert [len(talk["openItems"]) for talk in talks] == [6, 1, 0]
    assert talks[0]["openItems"] == [
        "役割分担（協議中）",
        "責任分担（協議中）",
        "経費負担（合意した内容が空です）",
        "成果物の仕様と帰属（該当しない理由が空です）",
        "事業の途中での変更及び対処方法（協議中）",
        "成果（共有できない理由が空です）",
    ]
    assert talks[1]["openItems"] == ["経費負担（協議中）"]


async def test_scores_of_all_reviewers_are_added_and_named_in_the_record(
    driver: EngineDriver, settings: Settings
) -> None:
    """CHI-3: three reviewers score two proposals on six viewpoints; the published record has totals and rows."""
    await driver.deploy(pack_files("common", CITY))
    async with office(driver, settings) as at_work:
        await at_work.play(CITY, "signed")
        async with at_work.services.open_unit() as uow:
            case = (await uow.cases.all())[-1]  # the first talk is a case of its own
            agreement = await uow.agreements.of_case(case.id)
            record = await uow.documents.latest(case.id, "selection")
            paper = await uow.documents.latest(case.id, "agreement")
            assert record is not None
            assert paper is not None
            texts = [_text(await uow.documents.read(found)) for found in (record, paper)]
            signed = [
                kept for kept in await uow.documents.of_case(case.id) if kept.kind == "agreement" and not kept.draft
            ]
            clean = _text(await uow.documents.read(signed[0]))
            published = await uow.documents.latest(case.id, "agreement-summary")
            assert published is not None
            texts.append(_text(await uow.documents.read(published)))
        (refused,) = await outgoing.letters(at_work.services, "not-selected")
        (call,) = await outgoing.letters(at_work.services, "call-published")
        told = await outgoing.letters(at_work.services, "selected")
    selection = case.last_step("selection")
    assert selection is not None
    assert [row["total"] for row in selection.payload["selection"]["ranking"]] == [79, 61]
    assert {row["reviewer"] for row in selection.payload["selection"]["comments"]} == {
        "総務部市民自治推進課",
        "建設部道路管理課",
        "建設部公園緑地課",
    }
    assert "特定非営利活動法人うみまち見守り隊（提案 1）を相手方とする" in texts[0]
    assert "視点ごとに15点満点、合計は90点満点" in texts[0]
    first = [[row["ability"], row["structure"], row["total"]] for row in selection.payload["selection"]["ranking"]]
    assert first == [[13, 12, 79], [10, 8, 61]], "points per viewpoint, of all reviewers"
    assert "人数がそろっている。" not in texts[0], "what a section remarks on an applicant is not published"
    assert [len(letter.attached) for letter in told] == [1], "the chosen one has the paper, too"
    assert (refused.recipient, len(refused.attached)) == ("aruku@hamabe.example", 1)
    assert "今回は別の団体等と進める" in refused.text
    assert call.recipient == "saposen@chigasaki.example"
    assert format_wareki(driver.clock.today()) in clean, "what is sealed bears the planned day"
    assert [sign for sign in ("案", "【", "令和　　年") if sign in clean] == []
    assert "協働の概要" in texts[2]
    assert "茅ヶ崎市長" not in texts[2]
    assert "該当しない。個人の情報を扱わないため。" in texts[1]
    assert agreement is not None
    assert agreement.title == "海岸の見守りと清掃に関する協定書"
    assert (agreement.kind, agreement.fields) == ("collaboration", [3])
    assert (str(agreement.current_term.starts_on), str(agreement.current_term.expires_on)) == (
        str(on_or_after(driver.clock.today() + timedelta(days=60))),
        str(on_or_after(driver.clock.today() + timedelta(days=424))),
    )


async def test_one_candidate_is_taken_for_a_reason_that_can_be_published(
    driver: EngineDriver, settings: Settings
) -> None:
    """CHI-3: without a call there is a paper that says why."""
    await driver.deploy(pack_files("common", CITY))
    async with office(driver, settings) as at_work:
        await at_work.play(CITY, "no-consensus")
        async with at_work.services.open_unit() as uow:
            (case,) = await uow.cases.all()
        papers = await outgoing.papers(at_work.services, case.id)
    assert "古い写真を持つ団体がほかにない。" in papers["single"]
    assert case.partner is not None
    assert case.partner.name in papers["single"], "who was chosen"
    assert "1者であるため" not in papers["single"], "there are other reasons than there being one alone"


async def test_a_second_start_of_the_same_case_ends_at_once(driver: EngineDriver, settings: Settings) -> None:
    """ALL-9: two instances of one filed proposal: the second sees that the case has begun."""
    await driver.deploy(pack_files("common", CITY))
    async with office(driver, settings) as at_work:
        city = at_work.services.packs.city(CITY)
        offer = read_offer(PACKS / CITY / "scenarios" / "offer-umi.toml", city, driver.clock.today())
        async with at_work.services.open_unit() as uow:
            case_id = (await file_case(uow, city, offer)).id
        first = await driver.start("chigasaki-collaboration", {"caseId": case_id})
        await driver.task("Task_MatchSection", instance=first)
        second = await driver.start("chigasaki-collaboration", {"caseId": case_id})
        await driver.completed(second)
    assert driver.records.passed("EndEvent_AlreadyStarted", instance=second)


def _text(content: bytes) -> str:
    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


async def test_the_applicant_reads_what_is_written_for_it(driver: EngineDriver, settings: Settings) -> None:
    """CHI-1: what the section is told stays inside; the organisation has words of its own."""
    await driver.deploy(pack_files("common", "chigasaki"))
    async with office(driver, settings) as at_work:
        await at_work.play("chigasaki", "other-way")
        (told,) = await outgoing.letters(at_work.services, "declined")
        (inside,) = await outgoing.letters(at_work.services, "declined-section")
    assert "ご意見を伺います" in told.text
    assert "入札による業務委託" not in told.text
    assert "入札による業務委託" in inside.text
