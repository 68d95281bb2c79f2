"""An agreement that more than two conclude names 丙 and further parties where it names the partner (ISE-8, ISE-T4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.kit import endings, outgoing, papers, yearly
from tests.kit.registry import registry_at
from tests.kit.work import record_agreement_terms, record_amendment, register_agreement
from workers.adapters.documents.word import WordDocuments
from workers.adapters.registry.unit_of_work import SqlUnitOfWork
from workers.domain.entities import Case, CaseKind, Offer
from workers.usecases.procedures import file_procedure
from workers.usecases.render_document import render_document
from workers.usecases.send_mail import mail_context

_CASE_ID = "isesaki-2026-1"
_OTHER = {"name": "学校法人みらい学園", "address": "伊勢崎市連取町1番地", "representative": "理事長　本庄 三郎"}
_PAPERS = {**endings.DOCUMENTS, **yearly.DOCUMENTS}
_ABOUT_THE_AGREEMENT = ("agreement.", "agreement_title", "_renewal_facts", "amendment-terms")
Units = Callable[[], SqlUnitOfWork]


@pytest_asyncio.fixture(name="units")
async def _units(tmp_path: Path) -> Any:
    """Return units of work with a signed agreement of three parties."""
    async with registry_at(f"sqlite+aiosqlite:///{tmp_path / 'registry.sqlite3'}", tmp_path) as registry:
        made = papers.units(registry)
        case = Case(
            id=_CASE_ID,
            city="isesaki",
            process_id="isesaki-signing",
            opened_on=date(2026, 5, 1),
            partner=papers.partner(),
            offers=[Offer(round=1, offered_on=date(2026, 5, 1), purpose="地域を支えるため", fields=[5, 7, 9])],
        )
        async with made() as uow:
            await uow.cases.add(case)
            await uow.commit()
        async with made() as uow:
            terms = {"purpose": "高齢者福祉、防災", "fields": [5, 7, 9], "otherParties": [_OTHER]}
            await record_agreement_terms(uow, _CASE_ID, terms)
            await uow.commit()
        yield made


async def _signed(units: Units) -> None:
    async with units() as uow:
        await register_agreement(uow, _CASE_ID, {"signedOn": "令和8年6月1日"})
        await uow.commit()


@pytest.mark.asyncio
async def test_the_mails_of_a_signing_name_all_before_and_after_it(units: Units) -> None:
    """Before the signing the text says who they are, afterwards the register."""
    for _ in ("before", "after"):
        async with units() as uow:
            case = await uow.cases.get(_CASE_ID)
            told = await mail_context(uow, case, papers.CITY)
        assert told["partner_names"] == f"{papers.partner().name}・学校法人みらい学園"
        assert told["other_parties"] == ["学校法人みらい学園"]
        await _signed(units)


@pytest.mark.asyncio
async def test_an_amendment_is_concluded_by_all(units: Units) -> None:
    """Each party has its own short name, its representative signs, and there is a copy for each."""
    await _signed(units)
    async with units() as uow:
        (agreement,) = await uow.agreements.in_force(date(2026, 6, 1), city="isesaki")
        case = await file_procedure(uow, agreement, CaseKind.AMENDMENT, "1")
        terms = {"title": "三者の協定", "fields": [5, 7, 9], "changes": "名称を改める", "expiresOn": "2027-03-31"}
        await record_amendment(uow, case.id, terms)
        await uow.commit()
        paper = await render_document(uow, case.id, "amendment", draft=True)
        text = outgoing.word_text(await uow.documents.read(paper))
    assert "学校法人みらい学園（以下「丙」という。）は、" in text
    assert "丙\n伊勢崎市連取町1番地\n学校法人みらい学園" in text
    assert "理事長　本庄 三郎" in text
    assert "本書を3通作成し" in text


@pytest.mark.parametrize("name", ["amendment", "termination-notice", "arrangements"])
def test_every_paper_of_an_agreement_names_them(name: str) -> None:
    """The amendment, the notice of termination, the arrangements."""
    content = WordDocuments(papers.FOLDERS).render(city="isesaki", name=name, context=_PAPERS[name])[0]
    text = outgoing.word_text(content)
    assert papers.partner().name in text
    assert "学校法人みらい学園" in text


@pytest.mark.parametrize(
    "paper", ["isesaki/results-report", "asahikawa/activity-list", "chigasaki/evaluation", "common/amendment"]
)
def test_no_paper_of_a_year_names_the_first_of_them_alone(paper: str) -> None:
    """Reports, lists and evaluations are of the agreement, not of the party that the city writes to."""
    city, _, name = paper.partition("/")
    text = outgoing.word_text((papers.ROOT / "templates" / city / "documents" / f"{name}.docx").read_bytes())
    assert "partner_names" in text or "in parties" in text
    assert "partner.name" not in text


def test_the_arrangements_hold_for_all_of_them() -> None:
    """What one notices at work, and the leaflets, are matters of 乙 and 丙."""
    content = WordDocuments(papers.FOLDERS).render(
        city="isesaki", name="arrangements", context=_PAPERS["arrangements"]
    )[0]
    text = outgoing.word_text(content)
    assert "乙及び丙の業務活動におけるチラシの配布数" in text
    assert "甲、乙及び丙が相談したうえで" in text


def _mails(*signs: str) -> list[str]:
    """Return the mail templates of every city that hold all of the signs."""
    found = list((papers.ROOT / "templates").glob("*/mail/[!_]*.j2"))
    return sorted(
        str(path.relative_to(papers.ROOT))
        for path in found
        if all(sign in path.read_text(encoding="utf-8") for sign in signs)
    )


def test_every_mail_to_a_partner_about_its_agreement_names_the_others() -> None:
    """The city has the address of one of them, who is asked to tell the others."""
    about = {mail for sign in _ABOUT_THE_AGREEMENT for mail in _mails("partner.contact }} 様", sign)}
    about |= set(_mails("_renewal_to.txt.j2"))
    assert len(about) > 10
    assert sorted(about - set(_mails("_other_parties.txt.j2"))) == []
