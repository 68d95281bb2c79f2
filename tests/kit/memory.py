"""A registry in memory behind ``usecases.ports``: for simulations of many agreements over years, and for rules alone.

``MemoryUnit`` has what the renewal of agreements needs, ``SigningUnit`` what a case needs until its discussion. Neither
keeps transactions: an effect that a use case has to undo would show.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any

from workers.domain.agreements import Agreement, Notice
from workers.domain.answers import AnswerPage, PartnerLink
from workers.domain.cities import City
from workers.domain.entities import Case, CaseKind, HistoryEntry, Partner, Survey, SurveyAnswer
from workers.domain.meetings import Meeting
from workers.usecases.ports import Asked, Clock, MailRequest


class MemoryCities:
    """City packs that a test made."""

    def __init__(self, cities: Iterable[City]) -> None:
        self._cities = {city.code: city for city in cities}

    def city(self, code: str) -> City:
        """Return a city."""
        return self._cities[code]

    def codes(self) -> list[str]:
        """Return every code."""
        return list(self._cities)

    def task_name(self, process_id: str, element_id: str) -> str:  # noqa: ARG002 (no diagrams here)
        """Return the task's id."""
        return element_id

    def typed_keys(self, process_id: str, element_id: str) -> frozenset[str]:  # noqa: ARG002 (no forms here)
        """Return nothing."""
        return frozenset()

    def answer_page(self, city: str, element_id: str) -> AnswerPage | None:  # noqa: ARG002 (no diagrams here)
        """Return None: no step has a page."""
        return None


class MemoryCases:
    """Procedures by agreement, kind and period."""

    def __init__(self) -> None:
        self._cases: dict[str, Case] = {}
        self._procedures: dict[tuple[str, CaseKind, str], Case] = {}

    async def get(self, case_id: str) -> Case:
        """Return a case."""
        return self._cases[case_id]

    async def find(self, case_id: str) -> Case | None:
        """Return a case or None."""
        return self._cases.get(case_id)

    async def add(self, case: Case) -> None:
        """Add a case; one of the same agreement, kind and period is refused."""
        key = (str(case.agreement_id), case.kind, case.period)
        assert key not in self._procedures, key
        self._cases[case.id] = self._procedures[key] = case

    async def procedure(self, agreement_id: str, kind: CaseKind, period: str) -> Case | None:
        """Return a procedure or None."""
        return self._procedures.get((agreement_id, kind, period))

    async def running(self, agreement_ids: Sequence[str], kind: CaseKind) -> list[Case]:  # noqa: ARG002 (all is at hand)
        """Return nothing: loading ahead saves nothing here."""
        return []

    async def unclaimed(self, *, limit: int) -> list[Case]:  # noqa: ARG002 (no engine: nothing to ask for again)
        """Return nothing."""
        return []


class MemoryAgreements:
    """Agreements, with an index of the days on which they are due. ``touched``: those handed out for writing."""

    def __init__(self) -> None:
        self._agreements: dict[str, Agreement] = {}
        self._notices: dict[str, list[Notice]] = {}
        self._due: list[tuple[date, str]] = []
        self.touched: set[str] = set()

    def put(self, agreement: Agreement) -> None:
        """Add an agreement."""
        self._agreements[agreement.id] = agreement
        self.touched.add(agreement.id)

    async def get(self, agreement_id: str, *, lock: bool = False) -> Agreement:
        """Return an agreement."""
        if lock:
            self.touched.add(agreement_id)
        return self._agreements[agreement_id]

    async def due(self, on: date, *, after: str = "", limit: int) -> list[str]:
        """Return the ids of agreements that are due."""
        self.reindex()
        found = []
        while self._due and self._due[0][0] <= on:
            found.append(heapq.heappop(self._due)[1])
        ids = sorted({number for number in found if (day := self._due_on(number)) is not None and day <= on})
        self.touched.update(ids)
        return [number for number in ids if number > after][:limit]

    async def bring_questions_forward(self, city: str, opening: date) -> None:
        """Let no agreement of a city wait longer for the question about its contacts than until a day."""
        for agreement in self._agreements.values():
            if agreement.city == city and (agreement.contacts_due_on or date.min) > opening:
                agreement.contacts_due_on = opening
                self.touched.add(agreement.id)

    async def of_partner(self, city: str, partner: Partner) -> list[Agreement]:
        """Return a city's agreements with a partner of the same name."""
        found = (one for one in self._agreements.values() if one.city == city and one.partner)
        return [one for one in found if one.partner and one.partner.name == partner.name]

    def reindex(self) -> None:
        """Bring the index up to date with what was handed out."""
        for number in self.touched:
            if (day := self._due_on(number)) is not None:
                heapq.heappush(self._due, (day, number))
        self.touched.clear()

    def _due_on(self, number: str) -> date | None:
        agreement = self._agreements[number]
        days = [agreement.cycle_due_on, agreement.contacts_due_on, *(term.due_on for term in agreement.terms)]
        return min((day for day in days if day is not None), default=None)

    async def add_notice(self, notice: Notice) -> None:
        """Add a notice."""
        kept = self._notices.setdefault(notice.agreement_id, [])
        notice.id = len(kept) + 1
        kept.append(notice)

    async def notices(self, agreement_id: str) -> list[Notice]:
        """Return an agreement's notices."""
        return list(self._notices.get(agreement_id, ()))


class MemoryOutbox:
    """What would leave: mails once per business key."""

    def __init__(self) -> None:
        self.mails: dict[str, MailRequest] = {}

    def title(self, city: str, template: str) -> str:  # noqa: ARG002 (no templates here)
        """Return the template's own name."""
        return template

    async def mail(self, request: MailRequest) -> bool:
        """Keep a mail; False when its key is known."""
        if request.business_key in self.mails:
            return False
        self.mails[request.business_key] = request
        return True

    async def engine_call(self, *, business_key: str, kind: str, payload: Mapping[str, Any]) -> bool:
        """Refuse: there is no engine."""
        raise AssertionError((business_key, kind, payload))


class _History:
    async def add(self, entry: HistoryEntry) -> None:
        """Forget an entry."""


class _Counters:
    def __init__(self) -> None:
        self._drawn: Counter[str] = Counter()

    async def draw(self, name: str) -> int:
        """Return the next number."""
        self._drawn[name] += 1
        return self._drawn[name]


class _Sweeps:
    def __init__(self) -> None:
        self.days: list[date] = []

    async def last_day(self) -> date | None:
        """Return the newest day."""
        return max(self.days, default=None)

    async def add(self, on: date, at: datetime, report: Mapping[str, Any]) -> None:  # noqa: ARG002 (the day is enough)
        """Keep a run's day."""
        self.days.append(on)


class _Meetings:
    async def of_case(self, case_id: str) -> list[Meeting]:  # noqa: ARG002 (nobody meets here)
        """Return no meetings."""
        return []


class _Answers:
    """No partner has a link here."""

    async def expired(self, now: datetime, *, limit: int) -> list[PartnerLink]:  # noqa: ARG002 (the port's)
        """Return no link."""
        return []

    async def drop_expired_files(self, now: datetime) -> None:
        """Forget nothing."""


class _Offers:
    """Nobody offers by the public page here."""

    async def drop_expired(self, now: datetime) -> None:
        """Forget nothing."""


class MemoryUnit:
    """A unit of work on the registry in memory."""

    def __init__(self, clock: Clock, cities: Iterable[City]) -> None:
        self.act = None
        self.by = ""
        self.clock = clock
        self.cities = MemoryCities(cities)
        self.cases = MemoryCases()
        self.agreements = MemoryAgreements()
        self.outbox = MemoryOutbox()
        self.history = _History()
        self.counters = _Counters()
        self.sweeps = _Sweeps()
        self.meetings = _Meetings()
        self.answers = _Answers()
        self.offers = _Offers()

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Return a block; an exception in it fails the test, as nothing could be undone."""
        try:
            yield
        except Exception as error:
            raise AssertionError("a step of the simulation failed") from error


class MemorySurveys:
    """Surveys by their id."""

    def __init__(self) -> None:
        self._surveys: dict[str, Survey] = {}

    async def get(self, survey_id: str, *, lock: bool = False) -> Survey:  # noqa: ARG002 (nobody else is there)
        """Return a survey."""
        return self._surveys[survey_id]

    async def asked(self, survey_id: str, department: str, *, lock: bool = False) -> Asked:  # noqa: ARG002 (as get)
        """Return one department of a survey."""
        survey = self._surveys[survey_id]
        target = survey.target(department)
        assert target is not None
        return Asked(case_id=survey.case_id, due_on=survey.due_on, closed_at=survey.closed_at, target=target)

    async def valid_answer(self, survey_id: str, department: str) -> SurveyAnswer | None:
        """Return the answer that counts."""
        return self._surveys[survey_id].valid_answer(department)

    async def add_answer(self, survey_id: str, answer: SurveyAnswer) -> None:
        """Add an answer."""
        self._surveys[survey_id].answers.append(answer)

    async def is_owed(self, survey_id: str) -> bool:
        """Return whether a department owes an answer."""
        return bool(self._surveys[survey_id].open_targets())

    async def of_case(self, case_id: str) -> list[Survey]:
        """Return a case's surveys."""
        return [survey for survey in self._surveys.values() if survey.case_id == case_id]

    async def add(self, survey: Survey) -> None:
        """Add a survey."""
        self._surveys[survey.id] = survey


class _Calls(MemoryOutbox):
    """An outbox that also takes calls to the engine."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: dict[str, Mapping[str, Any]] = {}

    async def engine_call(
        self, *, business_key: str, kind: str, payload: Mapping[str, Any], after_seconds: float = 0
    ) -> bool:
        """Keep a call; False when its key is known."""
        known = business_key in self.calls
        self.calls.setdefault(business_key, {**payload, "kind": kind, "after_seconds": after_seconds})
        return not known


class _Kept(_History):
    def __init__(self) -> None:
        self.lines: list[str] = []

    async def add(self, entry: HistoryEntry) -> None:
        """Keep what an entry says."""
        self.lines.append(entry.what)


class SigningUnit(MemoryUnit):
    """A unit of work for the surveys and the projects of one case."""

    def __init__(self, clock: Clock, cities: Iterable[City]) -> None:
        super().__init__(clock, cities)
        self.surveys = MemorySurveys()
        self.outbox: _Calls = _Calls()
        self.history: _Kept = _Kept()
