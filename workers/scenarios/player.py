"""Plays a scenario at a desk: the tests' desk moves the engine's clock, the demo's desk works in Tasklist."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import zip_longest
from typing import Any, Final, Protocol

from workers.jobs.forms import offer as offerform
from workers.packs.scenarios import Scenario, Step, dated
from workers.readers.offerinput import OfferInput
from workers.scenarios.agreement import Begun

REVIEW_TASK: Final = "Task_ReviewMail"
"""Where the office sees a mail before it leaves; a desk sends it as it stands unless the scenario has a step for it."""


def as_it_stands(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers of a clerk who sends the mail that the form shows."""
    return {"mailSubject": shown.get("mailSubject"), "mailBody": shown.get("mailBody"), "mailChoice": "send"}


class Desk(Protocol):
    """Where staff work.

    ``own_review``: the scenario's next step is about a mail to be reviewed, so the desk leaves that one alone. All
    others it sends as they stand.
    """

    own_review: bool

    def today(self) -> date:
        """Return the Japanese date at the desk."""

    async def start(self, process_id: str, variables: Mapping[str, Any]) -> None:
        """Start a process instance with the start form's data, or with a case id."""

    async def join(self, case_id: str) -> None:
        """Wait for the instance that the outbox started for a procedure's case, and work on it."""

    async def complete(self, task: str, group: str | None, answers: Mapping[str, Any]) -> None:
        """Wait for an open task (of a group, where given) and complete it."""

    async def complete_all(self, task: str, answers: Mapping[str, Any]) -> None:
        """Wait for the open tasks of this kind and complete them all."""

    async def let_fire(self, timer: str, *, unless_over: bool = False) -> None:
        """Let time pass until a timer event has fired; with ``unless_over`` it may have fired by itself."""

    async def control(self, order: Mapping[str, Any]) -> None:
        """Break the case off or go back one step (ALL-22); returns when it is done."""


class Player:
    """Plays one scenario with one offer."""

    def __init__(self, scenario: Scenario, offer: OfferInput, desk: Desk, groups: Mapping[str, str]) -> None:
        """Create a player; ``groups`` are the candidate groups of the departments by code."""
        self._scenario = scenario
        self._offer = offer
        self._desk = desk
        self._groups = groups
        self._began = desk.today()

    def look_ahead(self, step: Step | None) -> None:
        """Tell the desk which step follows."""
        self._desk.own_review = step is not None and step.task == REVIEW_TASK

    async def play_all(self) -> None:
        """Do all steps."""
        for step, following in zip_longest(self._scenario.steps, self._scenario.steps[1:]):
            self.look_ahead(following)
            await self.play(step)

    async def start(self, process_id: str, case_id: str | None = None) -> None:
        """Start the case from the start form, or as the case that ``renkei start`` has filed."""
        self.look_ahead(next(iter(self._scenario.steps), None))
        form = {"caseId": case_id} if case_id else {**start_form(self._offer), **self._scenario.start_form}
        await self._desk.start(process_id, form)

    async def start_procedure(self, begun: Begun) -> None:
        """Take up the procedure that the watch has started, or start it as a clerk does with its form."""
        self.look_ahead(next(iter(self._scenario.steps), None))
        if begun.case_id is not None:
            await self._desk.join(begun.case_id)
        else:
            form = dated(self._scenario.start_form, self._desk.today())
            await self._desk.start(begun.process_id, {"agreementId": begun.agreement_id, **form})

    async def play(self, step: Step) -> None:
        """Do one step."""
        if step.timer:
            await self._desk.let_fire(step.timer, unless_over=step.unless_over)
            return
        if step.control:
            await self._desk.control(control_form(step))
            return
        answers = dated(step.answers, self._desk.today(), began=self._began)
        if step.offer:
            answers = {**offer_form(self._offer), **answers}
        if step.department == "*":
            await self._desk.complete_all(step.task, answers)
        else:
            await self._desk.complete(step.task, self._groups.get(step.department), answers)


CONTROL_PROCESS = "common-case-control"
CONFIRM_TASK = "Task_Confirm"


def control_form(step: Step) -> dict[str, Any]:
    """Return what a clerk fills in to break a case off or go back, apart from the case's number."""
    told = {"tellPartner": "yes" if step.tell else "no", "partnerMessage": None} if step.control != "back" else {}
    return {"caseAction": step.control, "caseReason": step.reason or "やり直すため。", **told}


def start_form(offer: OfferInput) -> dict[str, Any]:
    """Return the start form's data of an offer's partner."""
    partner = offer.partner
    return {
        "name": partner.name,
        "representative": partner.representative,
        "contact": partner.contact,
        "email": partner.email,
        "phone": partner.phone,
        "address": partner.address,
        "corporateNumber": partner.corporate_number,
        "origin": offer.origin.value,
    }


def offer_form(offer: OfferInput) -> dict[str, Any]:
    """Return the offer form's data of an offer."""
    content = offer.content
    form = offerform.offer_form(content.offer(1), content.project_entities(1), content.record_entities())
    return {"filing": "file", **form}
