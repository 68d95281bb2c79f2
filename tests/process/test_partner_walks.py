"""A partner in Chromium, from the mails that arrived at an SMTP server, on the real engine (ALL-2, ALL-3, ALL-4)."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.browser.linkdesk import LinkDesk, Mistakes, RecordedForms
from tests.browser.partnerpage import PartnerPage
from tests.kit.chromium import Window, window
from tests.kit.desk import BrokerDesk, Office, office, scenario_files_of
from tests.kit.driver import EngineDriver
from tests.kit.pictures import album
from tests.kit.sentback import sent_back
from tests.kit.serving import serving
from tests.kit.smtp import HOST, SmtpServer
from workers.domain.answers import PARTNER
from workers.packs.scenarios import Scenario
from workers.pages.app import application
from workers.pages.steps import Steps
from workers.settings import Settings

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]


@pytest.fixture(name="in_chromium", scope="module")
def _in_chromium() -> Iterator[Window]:
    with window() as opened:
        yield opened


@dataclass
class Walked:
    """What came of a walk."""

    links: LinkDesk
    outcome: str
    receipts: int
    """So many receipts arrived at the SMTP server."""
    corrected: list[str]
    """What of the agreement's contacts was corrected, and by whom."""


@pytest.fixture(name="walk")
def _walk(request: pytest.FixtureRequest, driver: EngineDriver, settings: Settings, in_chromium: Window) -> Walk:
    return Walk(request, driver, settings, in_chromium)


@dataclass
class Walk:
    """Plays a scenario; whatever a mail asks the partner for by a link is answered in Chromium."""

    request: pytest.FixtureRequest
    driver: EngineDriver
    settings: Settings
    window: Window

    async def play(
        self,
        city: str,
        name: str,
        *,
        mistakes: dict[str, Mistakes],
        change: Callable[[Scenario], Scenario] = lambda scenario: scenario,
    ) -> Walked:
        """Walk to the scenario's end."""
        await self.driver.deploy(scenario_files_of(city))
        with SmtpServer() as server, socket.create_server((HOST, 0)) as listening:
            url = f"http://{HOST}:{listening.getsockname()[1]}"
            settings = self.settings.model_copy(update={"pages_url": url, "smtp_host": HOST, "smtp_port": server.port})
            forms = RecordedForms(self.driver)
            async with office(self.driver, settings) as at_work:
                forms.services = at_work.services
                app = application(at_work.services.open_unit, Steps(forms, lag_seconds=5))
                async with serving(app, listening):
                    return await self._played(at_work, server, url, city, name, mistakes, change)

    async def _played(
        self,
        at_work: Office,
        server: SmtpServer,
        url: str,
        city: str,
        name: str,
        mistakes: dict[str, Mistakes],
        change: Callable[[Scenario], Scenario],
    ) -> Walked:
        links: list[LinkDesk] = []

        def prepare(desk: BrokerDesk) -> None:
            pictures = album(self.request.config, self.request.node.name)
            links.append(LinkDesk(desk, at_work, server, self.window, pictures, url, before=mistakes))
            links[0].install()

        await at_work.play(city, name, prepare=prepare, change=change)
        async with at_work.services.open_unit() as unit:
            case = (await unit.cases.all())[-1]
            corrections = await unit.register.corrections(case.agreement_id) if case.agreement_id else []
        count = len(links[0].answered)
        receipts = await server.wait(lambda mails: (there := _receipts(mails)) >= count and there)
        corrected = [f"{one.column}: {one.by}" for one in corrections]
        return Walked(links[0], str(case.outcome), receipts, corrected)


def _receipts(mails: list[Any]) -> int:
    return sum("受け付けました" in mail.subject or "控え" in mail.subject for mail in mails)


async def test_a_partner_of_isesaki_offers_corrects_and_agrees_by_the_mails_links(walk: Walk) -> None:
    """The offer is sent back once; the next link's page holds what was typed and what is to be mended."""
    walked = await walk.play("isesaki", "signed", mistakes={"Task_SubmitOffer": _offer_with_mistakes}, change=sent_back)
    assert walked.outcome == "signed"
    assert walked.links.answered == ["Task_SubmitOffer", "Task_SubmitOffer", "Task_ConfirmDraft"]


async def test_a_partner_of_date_answers_form_5_by_the_mails_link(walk: Walk) -> None:
    """The city's proposals stand on the page of 様式5; the ceremony and the draft come by links, too."""
    walked = await walk.play("date", "signed", mistakes={"Task_AnswerProposals": _form_5_left_empty})
    assert walked.outcome == "signed"
    assert walked.links.answered == [
        "Task_SubmitProposal",
        "Task_AnswerProposals",
        "Task_AnswerDates",
        "Task_AnswerCeremony",
        "Task_ConfirmDraft",
    ]


async def test_a_partner_of_date_files_form_8_by_the_mails_link(walk: Walk) -> None:
    """A report without a result is refused on the page; the results are filed, then the new year's 様式1."""
    walked = await walk.play("date", "annual", mistakes={})
    assert walked.outcome == "completed"
    assert walked.links.refused == ["Task_SubmitForm8"]
    assert walked.links.answered == ["Task_SubmitForm8", "Task_SubmitProposal"]


async def test_a_partner_of_ageo_proposes_dates_and_projects_by_the_mails_links(walk: Walk) -> None:
    """No candidate suits, twice; the projects are sent without a field, then rightly, then again as the city asked."""
    walked = await walk.play("ageo", "annual-hard", mistakes={})
    assert walked.outcome == "completed"
    assert walked.links.refused == ["Task_SubmitProposals"]
    assert walked.links.answered == [
        "Task_AnswerDates",
        "Task_AnswerDates",
        "Task_SubmitProposals",
        "Task_SubmitProposals",
    ]


def _form_5_left_empty(partner: PartnerPage) -> None:
    """Go on without an answer to any proposal."""
    assert partner.cannot_go_on() != []


def _offer_with_mistakes(partner: PartnerPage) -> None:
    """Send nothing, a day that no calendar has, blanks; save and come back."""
    assert len(partner.cannot_go_on()) >= 4
    partner.fill(filing="申し出る", offeredOn="令和8年2月30日", purpose="　")
    assert any("目的" in problem for problem in partner.cannot_go_on())
    partner.fill(purpose="書きかけの目的")
    partner.keep()
    assert partner.shown(["purpose"]) == {"purpose": "書きかけの目的"}


async def test_a_partner_corrects_its_contacts_by_the_yearly_mails_link(walk: Walk) -> None:
    """The page shows what is registered; a new person and address go to the book in the partner's name (ALL-25)."""

    def right_at_once(scenario: Scenario) -> Scenario:
        _, wrong, right = scenario.steps
        step = wrong.model_copy(update={"answers": {**wrong.answers, **right.answers}, "note": ""})
        expect = scenario.expect.model_copy(update={"passed": [], "mails": {}})
        return scenario.model_copy(update={"steps": [step], "expect": expect})

    walked = await walk.play(
        "isesaki", "contacts-changed", mistakes={"Task_ConfirmContacts": _contacts_with_mistakes}, change=right_at_once
    )
    assert (walked.outcome, walked.links.answered, walked.receipts) == ("completed", ["Task_ConfirmContacts"], 1)
    assert walked.corrected == [f"{column}: {PARTNER}" for column in ("担当者", "メール", "電話")]


def _contacts_with_mistakes(partner: PartnerPage) -> None:
    """Send nothing, then an address that is none."""
    assert partner.cannot_go_on()
    partner.fill(confirmation="変わったところがある", email="花子")
    assert any("メール" in problem for problem in partner.cannot_go_on())
