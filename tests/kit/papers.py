"""Contexts for mails and documents as the use cases hand them over, and a way to look at a document."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.kit import samples
from tests.kit.registry import Registry, Renderers
from workers.adapters.documents.answerbooks import WorkbookForms
from workers.adapters.documents.word import WordDocuments
from workers.adapters.mail.renderer import JinjaMails
from workers.adapters.registry.outbox import Parts
from workers.adapters.registry.unit_of_work import MakeUnit, SqlUnitOfWork, opening, reading, uow_factory
from workers.domain.agreements import Agreement, AgreementTerm
from workers.domain.cities import City
from workers.domain.entities import Case, Offer, Partner, PastRecord, SurveyTarget
from workers.domain.jst import JST
from workers.domain.meetings import ExcludedPeriod, Meeting
from workers.jobs.forms.answers import known_answers
from workers.packs import CityPacks
from workers.packs.templatefiles import TemplateFolders
from workers.trial.clock import EngineClock
from workers.usecases.parties import party_rows, spoken
from workers.usecases.ports import Cities

OpenUnit = Callable[[], AbstractAsyncContextManager[SqlUnitOfWork]]
ROOT = Path(__file__).resolve().parents[2]
FOLDERS = TemplateFolders(ROOT / "templates")
CITIES = CityPacks([ROOT / "bpmn"])
ANSWERS = WorkbookForms(CITIES, known_answers)
CITY: City = CITIES.city("isesaki")
TODAY = date(2026, 6, 1)
DUE_ON = date(2026, 6, 15)
_LIBREOFFICE_SECONDS = 120


def clock() -> EngineClock:
    """Return a clock that stands at eight in the morning in Japan, when it is still yesterday in UTC."""
    pinned = EngineClock()
    pinned.pinned = datetime(2026, 6, 1, 8, 0, tzinfo=JST)
    return pinned


def partner() -> Partner:
    """Return an invented partner."""
    return Partner(
        name="株式会社上州あおぞら銀行",
        representative="代表取締役頭取　高崎 太郎",
        contact="地域連携室 渋川 次郎",
        email="renkei@aozora.example",
        phone="0270-00-0000",
        address="群馬県伊勢崎市中央町1番地1",
    )


def parties() -> dict[str, Any]:
    """Return what templates say of the parties of an agreement that three have concluded."""
    other = {"name": "学校法人みらい学園", "address": "伊勢崎市連取町1番地", "representative": "理事長　本庄 三郎"}
    rows = party_rows(partner(), [other])
    return {"parties": rows, **spoken(rows)}


def meeting() -> Meeting:
    """Return a meeting that was held, with a period that both sides confirmed."""
    return Meeting(
        id="isesaki-2026-1-m1",
        case_id="isesaki-2026-1",
        agreement_id="isesaki-a1",
        number=1,
        title="令和8年度 定例会議",
        uid="isesaki-2026-1-m1@city.isesaki.example",
        starts_at=datetime(2026, 6, 20, 14, 0, tzinfo=JST),
        ends_at=datetime(2026, 6, 20, 15, 30, tzinfo=JST),
        place="市役所本館3階",
        departments=["hoiku"],
        held_on=date(2026, 6, 20),
        minutes="今年度の進め方を確かめた。",
        confirmed=True,
        periods=[
            ExcludedPeriod(
                agreement_id="isesaki-a1",
                first=date(2026, 4, 1),
                last=date(2026, 4, 30),
                reason="庁舎の移転",
                confirmed_on=date(2026, 6, 20),
            )
        ],
    )


def case() -> Case:
    """Return a case with an offer and a past record."""
    return Case(
        id="isesaki-2026-1",
        city="isesaki",
        process_id="isesaki-signing",
        opened_on=TODAY,
        partner=partner(),
        offers=[Offer(round=1, offered_on=TODAY, purpose="市の子育てを支えるため", fields=[1, 4, 9])],
        records=[PastRecord(fiscal_year=2019, field=7, title="災害時の物資の供給", department="安心安全課")],
    )


def project(number: int, **changes: Any) -> dict[str, Any]:
    """Return a project as mails and documents are given it."""
    return {
        "number": number,
        "field_name": CITY.fields[number - 1].name,
        "title": f"事業その{number}",
        "content": f"{number}番目の事業の内容",
        "status": "proposed",
        "cost_to_city": False,
        "wished": False,
        **changes,
    }


def agreement(deadline: date | None = date(2027, 2, 28)) -> Agreement:
    """Return a signed agreement with its first term."""
    return Agreement(
        id="isesaki-a1",
        case_id="isesaki-2026-1",
        city="isesaki",
        kind="comprehensive",
        title="伊勢崎市と株式会社上州あおぞら銀行との包括連携協定",
        signed_on=date(2026, 7, 1),
        parties=["株式会社上州あおぞら銀行"],
        fields=[1, 4, 9],
        terms=[
            AgreementTerm(number=1, starts_on=date(2026, 7, 1), expires_on=date(2027, 3, 31), notice_deadline=deadline)
        ],
    )


def target(division: str, section: str) -> SurveyTarget:
    """Return a surveyed department."""
    return SurveyTarget(department=section, division=division, section=section, group="g", email="d@city.example")


def offer_context(**changes: Any) -> dict[str, Any]:
    """Return what ``offer.docx`` is given."""
    return {
        "city": CITY,
        "office": CITY.office,
        "partner": partner(),
        "offered_on": TODAY,
        "purpose": "店舗網と職員の知識を生かし、市とともに子育て世代を支えるため。",
        "fields": [{"number": number, "name": CITY.field_name(number)} for number in (1, 4, 9)],
        "other": "",
        "projects": [project(1), project(2)],
        "records": [
            {
                "fiscal_year": "令和元年度",
                "field_name": CITY.field_name(7),
                "title": "災害時の物資の供給",
                "department": "安心安全課",
            }
        ],
        **changes,
    }


def answer(mark: str, section: str, comment: str = "") -> dict[str, str]:
    """Return a department's line of the sheet."""
    return {
        "mark": mark,
        "comment": comment,
        "division": "教育部",
        "section": section,
        "person": "太田",
        "contact": "内線2345",
    }


def sheet_context(**changes: Any) -> dict[str, Any]:
    """Return what ``proposal-sheet.docx`` is given after the survey."""
    answers = [
        answer("○", "学校教育課", "秋の講座に講師をお願いしたい。"),
        answer("△", "生涯学習課", "休業中なら会場がある。"),
    ]
    return {
        "city": CITY,
        "partner_name": partner().name,
        "surveyed": True,
        "rows": [
            project(1, answers=answers),
            project(2, answers=[answer("×", "こども家庭センター", "枠が埋まっている。")]),
            project(3, answers=[]),
        ],
        "wishes": [
            {
                "division": "市民部",
                "section": "スポーツ振興課",
                "field_name": CITY.field_name(4),
                "content": "市民マラソンの運営への協力",
            }
        ],
        **changes,
    }


def party(label: str, name: str) -> dict[str, str]:
    """Return a party of an agreement."""
    return {
        "label": label,
        "name": name,
        "address": f"{name}の所在地",
        "title_and_representative": f"{name}代表　前橋 花子",
        "position": f"{name}代表",
    }


def agreement_context(**changes: Any) -> dict[str, Any]:
    """Return what ``agreement.docx`` is given for a draft with one partner."""
    return {
        "city": CITY,
        "signatory": CITY.signatory,
        "parties": [party("乙", partner().name)],
        "partner_names": partner().name,
        "purpose_fields": "子育て支援、文化・スポーツ、暑さ対策",
        "fields": [CITY.field_name(number) for number in (1, 4, 9)],
        "starts_on": None,
        "expires_on": None,
        "term_words": "締結の日から翌年3月31日まで",
        "signed_on": None,
        "from_signing": True,
        "renews": "each-time",
        "renewal_years": 1,
        "endless": False,
        "signature_style": "記名押印",
        "copies": 2,
        "draft": True,
        "draft_label": "第1案（令和8年6月1日）",
        **changes,
    }


def to_pdf(documents: Sequence[Path], folder: Path) -> list[Path]:
    """Convert Word files with LibreOffice under a profile of their own; skips, saying so, where there is none."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice（soffice）がないので、PDF に変換して確かめる試験を省きました")
    arguments = [
        program,
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        str(folder),
        *map(str, documents),
    ]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True) as run:
        try:
            output, _ = run.communicate(timeout=_LIBREOFFICE_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            raise
    made = [folder / f"{document.stem}.pdf" for document in documents]
    assert all(file.is_file() for file in made), output.decode(errors="replace")
    return made


def other_city() -> City:
    """Return an invented city with as many fields as ours, so that the same contexts fit."""
    return samples.city(fields=CITY.fields)


def units(registry: Registry, *, pages_url: str = "", cities: Cities = CITIES) -> MakeUnit:
    """Return units of work on a test's registry with the project's own packs, mails and documents."""
    return uow_factory(registry.sessions(), _parts(registry, pages_url, cities))


def opened(registry: Registry, *, pages_url: str = "") -> tuple[OpenUnit, OpenUnit]:
    """Return what opens units that write, and units that only read, as the page server has them."""
    make = units(registry, pages_url=pages_url)
    read = uow_factory(registry.reading_sessions(), _parts(registry, pages_url, CITIES))
    return opening(registry.engines[-2], make), reading(read)


def _parts(registry: Registry, pages_url: str, cities: Cities) -> Parts:
    return Parts(
        clock=registry.clock,
        cities=cities,
        renderers=Renderers(
            WordDocuments(FOLDERS),
            JinjaMails(FOLDERS, CITIES, registry.clock),
            ANSWERS,
        ),
        files=registry.files,
        now=registry.now,
        pages_url=pages_url,
    )
