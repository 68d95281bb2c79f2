"""What is signed: the text without 案 before the signature, names and titles where they are to be signed (ISE-F3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.kit import endings, outgoing, papers
from tests.kit.registry import registry_at
from tests.kit.work import (
    draft_amendment,
    record_agreement_terms,
    record_amendment,
    register_agreement,
    register_amendment,
)
from workers.adapters.documents.word import WordDocuments
from workers.adapters.registry.unit_of_work import SqlUnitOfWork
from workers.domain.agreements import Activity
from workers.domain.entities import Case, CaseKind, Offer
from workers.errors import InputError
from workers.usecases.journal import record
from workers.usecases.parties import parties_of
from workers.usecases.procedures import file_procedure
from workers.usecases.render_document import render_document
from workers.usecases.send_mail import recipients_of

_CASE_ID = "isesaki-2026-1"
_OTHER = {"name": "学校法人みらい学園", "address": "伊勢崎市連取町1番地", "representative": "理事長　本庄 三郎"}
_TERMS = {"purpose": "高齢者福祉、防災", "fields": [5, 7, 9], "otherParties": [_OTHER], "signatureStyle": "signature"}
_TITLE = "伊勢崎市と株式会社上州あおぞら銀行・学校法人みらい学園との包括連携協定"
Units = Callable[[], SqlUnitOfWork]


def _paper(name: str, pack: str = "isesaki", **changes: Any) -> str:
    context = {**papers.agreement_context(draft=False, signed_on=date(2026, 7, 1), kind="comprehensive"), **changes}
    content = WordDocuments(papers.FOLDERS).render(city=pack, name=name, context=context)[0]
    return outgoing.word_text(content)


@pytest.mark.parametrize("city", ["isesaki", "ageo", "date", "asahikawa"])
def test_whoever_signs_finds_the_title_and_room_for_the_name(city: str) -> None:
    """署名捺印: the name is written by hand, so it is not printed; 「市長」 stands below 「伊勢崎市」."""
    text = _paper("agreement", city, signature_style="署名捺印")
    foot = text[text.rindex("甲\n") :]
    assert papers.CITY.signatory.representative not in foot
    assert "前橋 花子" not in foot
    assert f"{papers.partner().name}代表" in foot
    assert "伊勢崎市長" not in foot
    assert "市長" in foot


def test_a_seal_beside_a_printed_name_needs_the_name() -> None:
    """記名押印: title and name are printed."""
    text = _paper("agreement", signature_style="記名押印")
    foot = text[text.rindex("甲\n") :]
    assert f"市長　{papers.CITY.signatory.representative}" in foot
    assert "前橋 花子" in foot


@pytest_asyncio.fixture(name="units")
async def _units(tmp_path: Path) -> Any:
    """Return units of work with a signed agreement of three parties and the case of its amendment."""
    async with registry_at(f"sqlite+aiosqlite:///{tmp_path / 'registry.sqlite3'}", tmp_path) as registry:
        made = papers.units(registry)
        opened = date(2026, 5, 1)
        case = Case(
            id=_CASE_ID,
            city="isesaki",
            process_id="isesaki-signing",
            opened_on=opened,
            partner=papers.partner(),
            offers=[Offer(round=1, offered_on=opened, purpose="地域を支えるため", fields=[5, 7, 9])],
        )
        async with made() as uow:
            await uow.cases.add(case)
            await uow.commit()
        async with made() as uow:
            await record_agreement_terms(uow, _CASE_ID, _TERMS)
            await register_agreement(uow, _CASE_ID, {"signedOn": "令和8年6月1日"})
            await uow.commit()
        yield made


async def _amendment(units: Units, **terms: Any) -> str:
    """Return the text to be signed of an amendment that is decided but not signed."""
    async with units() as uow:
        (agreement,) = await uow.agreements.in_force(date(2026, 6, 1), city="isesaki")
        case = await file_procedure(uow, agreement, CaseKind.AMENDMENT, "1")
        proposed = (await draft_amendment(uow, case.id))["amendmentTerms"]
        await record_amendment(uow, case.id, {**proposed, "changes": "期間を延ばす", **terms})
        await record(uow, case, "amendment-approval", {"approval": {"plannedOn": "2026-06-20"}})
        await uow.commit()
        paper = await render_document(uow, case.id, "amendment", draft=False, title="変更協定書")
        return outgoing.word_text(await uow.documents.read(paper))


@pytest.mark.asyncio
async def test_the_amendment_can_be_signed_before_it_is_registered(units: Units) -> None:
    """Without 案, with the planned day, all parties with address and title, as they signed the agreement."""
    text = await _amendment(units, expiresOn="2028-03-31")
    assert "案" not in text
    assert "令和8年6月20日" in text
    foot = text[text.rindex("甲\n") :]
    for said in ("丙", "学校法人みらい学園", "伊勢崎市連取町1番地", "理事長", papers.partner().address, "（署名）"):
        assert said in foot
    assert "本庄" not in foot
    assert "署名捺印して" in text
    assert "本書を3通作成し" in text


@pytest.mark.asyncio
async def test_an_amendment_names_only_what_changes(units: Units) -> None:
    """A longer term says nothing of title and fields; the fields go by the city's word."""
    text = await _amendment(units, expiresOn="2028-03-31")
    assert "2　原協定の有効期間の満了の日は、令和10年3月31日とする。" in text
    for unchanged in ("の名称は", "連携事項", papers.CITY.field_name(5)):
        assert unchanged not in text
    async with units() as uow:
        (agreement,) = await uow.agreements.in_force(date(2026, 6, 1), city="isesaki")
        assert agreement.title == _TITLE


@pytest.mark.asyncio
async def test_whoever_signs_now_is_corrected_in_the_amendment(units: Units) -> None:
    """A new president signs; a party whose representative is not known cannot."""
    first, second = {"representative": "頭取　桐生 四郎", "address": "前橋市1番地"}, _OTHER
    text = await _amendment(units, signatureStyle="name-seal", parties=[first, second], fields=[5, 7, 9, 1])
    assert "頭取　桐生 四郎" in text
    assert "2　変更後の連携事項は、次のとおりとする。" in text
    with pytest.raises(InputError, match="学校法人みらい学園の代表者"):
        await _amendment(units, parties=[first, {**second, "representative": "　"}])


@pytest.mark.asyncio
async def test_later_papers_name_who_signed_last(units: Units) -> None:
    """The president who signed the amendment is the one to whom the notice of termination goes."""
    head = {"representative": "頭取　桐生 四郎", "address": "前橋市1番地"}
    await _amendment(units, parties=[head, _OTHER])
    async with units() as uow:
        (agreement,) = await uow.agreements.in_force(date(2026, 6, 1), city="isesaki")
        signing, amending = await uow.cases.get(_CASE_ID), (await uow.cases.of_agreement(agreement.id))[-1]
        before = await parties_of(uow, signing, agreement)
        await register_amendment(uow, amending.id, {"signedOn": "2026-06-01"})
        after = await parties_of(uow, signing, agreement)
    assert before[0]["title_and_representative"] == papers.partner().representative
    assert [row["title_and_representative"] for row in after] == ["頭取　桐生 四郎", "理事長　本庄 三郎"]
    assert after[0]["name"] == papers.partner().name


def test_a_collaboration_is_amended_in_its_own_words() -> None:
    """茅ヶ崎市: a contract or a decision is no 協定, and the forms of collaboration are no 連携事項."""
    context = {
        **endings.DOCUMENTS["amendment"],
        "changes": "清掃を毎月2回とする。",
        "city": papers.CITIES.city("chigasaki"),
    }
    text = outgoing.word_text(
        WordDocuments(papers.FOLDERS).render(city="chigasaki", name="amendment", context=context)[0]
    )
    assert "の変更に関する合意書" in text
    assert context["changes"] in text
    for foreign in ("連携事項", "原協定", "事業協力", "協定書"):
        assert foreign not in text.replace(context["before_title"], "").replace(context["title"], "")


@pytest.mark.parametrize(
    ("city", "word"), [("isesaki", "連携事項"), ("asahikawa", "連携する分野"), ("ageo", "連携する分野")]
)
def test_the_amendment_uses_the_words_of_the_agreement(city: str, word: str) -> None:
    """What the fields are called is the city's."""
    context = {**endings.DOCUMENTS["amendment"], "city": papers.CITIES.city(city)}
    text = outgoing.word_text(WordDocuments(papers.FOLDERS).render(city=city, name="amendment", context=context)[0])
    assert f"変更後の{word}は、次のとおりとする。" in text
    agreement = _paper("agreement", city, city=papers.CITIES.city(city))
    assert f"（{word}）" in agreement


def test_a_collaboration_ends_in_its_own_words() -> None:
    """茅ヶ崎市: a contract that is ended is no 協定 either."""
    context = {**endings.DOCUMENTS["termination-notice"], "city": papers.CITIES.city("chigasaki")}
    agreement = papers.agreement()
    agreement.title = "海岸の清掃の委託契約書"
    content = WordDocuments(papers.FOLDERS).render(
        city="chigasaki", name="termination-notice", context={**context, "agreement": agreement}
    )[0]
    text = outgoing.word_text(content)
    assert "協働の取決めの解除について（通知）" in text
    assert "海岸の清掃の委託契約書" in text
    assert "協定" not in text


def test_the_notice_of_termination_says_nothing_that_may_be_untrue() -> None:
    """Talks were held in each case; agreement was not reached in each, and a decided notice invites no withdrawal."""
    content = WordDocuments(papers.FOLDERS).render(
        city="isesaki", name="termination-notice", context=endings.DOCUMENTS["termination-notice"]
    )[0]
    text = outgoing.word_text(content)
    assert "協議の上、次のとおり解除しますので、通知します" in text
    assert "4　解除の理由" in text
    for untrue in ("話し合ったとおり", "取りやめたいとき", "見立て", "企業等"):
        assert untrue not in text


def test_no_mail_calls_an_unsigned_file_a_copy() -> None:
    """Each party keeps its own original; what is attached is what the text says, as data."""
    mails = (papers.ROOT / "templates").glob("*/mail/*.j2")
    assert [str(path) for path in mails if "写し" in path.read_text(encoding="utf-8")] == []


@pytest.mark.asyncio
async def test_an_ending_is_told_to_those_whom_it_concerns(units: Units) -> None:
    """The section that leads the agreement and those of its projects; all where the office leads it."""
    async with units() as uow:
        case = await uow.cases.get(_CASE_ID)
        everybody = await recipients_of(uow, case, papers.CITY, "agreement-departments")
        (agreement,) = await uow.agreements.in_force(date(2026, 6, 1), city="isesaki")
        agreement.department = "korei"
        project = Activity(
            agreement_id=agreement.id,
            case_id=None,
            fiscal_year=2026,
            field=5,
            title="防災訓練",
            department="anzen",
        )
        await uow.activities.add(project)
        concerned = await recipients_of(uow, case, papers.CITY, "agreement-departments")
    assert len(everybody) == len([entry for entry in papers.CITY.departments if entry.surveyed])
    assert [one.key for one in concerned] == ["korei", "anzen"]
