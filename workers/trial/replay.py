"""Past cases played again through the diagrams as they are now: which end elsewhere or ask for something new (ALL-9).

Each case goes its way at its own moments: the engine's clock begins at the earliest of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from workers.domain.entities import Case
from workers.domain.jst import JST
from workers.errors import InputError, RenkeiError
from workers.scenarios.player import CONFIRM_TASK, CONTROL_PROCESS, REVIEW_TASK, as_it_stands
from workers.trial.api import EngineRefused
from workers.trial.asitwas import About, placeholder, put
from workers.trial.desk import BrokerDesk
from workers.trial.driver import IncidentRaised
from workers.trial.errors import TrialFailure
from workers.trial.happened import State, UserTask
from workers.trial.offices import Office
from workers.trial.past import PastAct, PastCase
from workers.trial.sharedtime import SharedTime
from workers.usecases.close_case import OUTCOME_NAMES
from workers.usecases.open_case import draw_case_id
from workers.usecases.procedures import file_procedure, start_procedure
from workers.usecases.yearly_collection import file_collection

_AFTERWARDS: Final = timedelta(minutes=5)
"""How long a case is watched after its last entry: what it does by itself then, it did in the past at once."""
_SHOWN_AT_MOST: Final = 4
_WINDOW_SECONDS: Final = 10
_PAST_NUMBERS: Final = 10_000
"""The cases of a replay are numbered from here on: what is known of the past keeps its numbers."""
_MAIL_CHOICES: Final = frozenset({"mailChoice", "mailReason"})


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """A past case. ``where`` and ``what`` say in Japanese how it differs now; empty where it goes as it went."""

    case_id: str
    where: str = ""
    what: str = ""

    @property
    def differs(self) -> bool:
        """Whether it ends elsewhere or asks for something new."""
        return bool(self.what)


def _together(moment: datetime) -> datetime:
    """Return the end of a moment's ten seconds: what people did at nearly the same time needs one move of the clock."""
    return datetime.fromtimestamp(-(-moment.timestamp() // _WINDOW_SECONDS) * _WINDOW_SECONDS, JST)


class Replay:
    """Plays one past case in an office of its own; ``names`` are what the diagrams call their elements, by id."""

    def __init__(self, office: Office, past: PastCase, time: SharedTime, names: Mapping[str, str]) -> None:
        self._office = office
        self._driver = office.driver
        self._past = past
        self._time = time
        self._names = names
        self._desk = BrokerDesk(office.driver)
        self._where = "始まり"

    async def play(self) -> Replayed:
        """Return how the case goes now."""
        try:
            what = await self._play()
        except (TrialFailure, RenkeiError) as error:
            what = self._came(error)
        await self._clear_away()
        return Replayed(case_id=self._past.case_id, where=self._where if what else "", what=what)

    async def _play(self) -> str:
        """Go the case's way and return what is otherwise, empty where nothing is."""
        self._driver.mail_clerk = False  # the past has its own mails that the office saw
        await self._time.wait_for(self._past.began)
        await self._office.draw_numbers(self._past.city, beyond=_PAST_NUMBERS)
        await self._start()
        for act in self._past.acts:
            self._where = f"作業「{act.name}」（{act.element}、{act.at:%Y-%m-%d}）"
            await self._time.wait_for(_together(act.at))
            if act.process_id == CONTROL_PROCESS:
                await self._control(act)
            else:
                await self._complete(act)
        self._where = "終わり"
        await self._time.wait_for(self._past.ended + _AFTERWARDS)
        await self._driver.settled()
        return await self._end()

    async def _start(self) -> None:
        case_id = None
        if self._past.about is not None:
            await self._begin(self._past.about)
            return
        if self._past.filed is not None:
            async with self._office.services.open_unit() as uow:
                pack = uow.cities.city(self._past.city)
                case_id = await draw_case_id(uow, pack)
                case = Case(
                    id=case_id,
                    city=pack.code,
                    process_id=self._past.process_id,
                    opened_on=uow.clock.today(),
                    origin=self._past.origin,
                    partner=placeholder(),
                )
                case.offers.extend(self._past.filed.offers)
                case.projects.extend(self._past.filed.projects)
                case.records.extend(self._past.filed.records)
                await uow.cases.add(case)
        await self._desk.start(self._past.process_id, {"caseId": case_id} if case_id else self._past.start)

    async def _begin(self, about: About) -> None:
        """Put the agreement as it was into the registry and begin its procedure: by its form, or by its message."""
        own = self._past
        try:
            await put(self._office.services.open_unit, about)
        except Exception as error:  # one case that cannot be made ready must not stop the others
            raise InputError("再生", "協定のそのときの内容を、再生の台帳に入れられませんでした") from error
        if own.by_form:
            await self._desk.start(own.process_id, own.start)
            return
        async with self._office.services.open_unit() as uow:
            pack = uow.cities.city(own.city)
            if about.agreement_id is None:
                case = await file_collection(uow, pack, about.period)
            else:
                agreement = await uow.agreements.get(about.agreement_id)
                case = await file_procedure(uow, agreement, about.kind, about.period)
            case.origin = own.origin
            await start_procedure(uow, case, about.handed)
        self._office.wake({"engine-call"})
        await self._desk.join(case.id)

    async def _complete(self, act: PastAct) -> None:
        done = len(self._desk.completed)
        await self._driver.settled()
        task: UserTask = await self._driver.reached(
            lambda: self._open(act), instance=self._desk.instance, what=act.element
        )
        entered = dict(act.entered)
        if act.element == REVIEW_TASK:  # the mail itself is written anew
            entered = {**as_it_stands(task.variables), **{k: v for k, v in entered.items() if k in _MAIL_CHOICES}}
        await self._driver.complete_task(task, entered)
        self._desk.completed.insert(done, task)

    def _open(self, act: PastAct) -> UserTask | None:
        """Return the open task of an act, in a multi-instance activity that of the same round."""
        mine = self._waiting()
        found = [task for task in mine if task.element_id == act.element]
        same = [task for task in found if act.loop is None or task.variables.get("loopCounter") == act.loop]
        own = self._driver.records.tree(self._desk.instance)  # a procedure that it began may be at the same task
        return min(same, key=lambda task: task.process_instance_key not in own, default=None)

    async def _control(self, act: PastAct) -> None:
        order = {key: act.entered.get(key) for key in ("caseAction", "caseReason", "tellPartner", "partnerMessage")}
        if act.element == CONFIRM_TASK and act.entered.get("orderNext", "run") == "run":
            await self._desk.control(order)

    # --- how it ended

    async def _end(self) -> str:
        async with self._office.services.open_unit() as uow:
            cases = await uow.cases.all()
        case = next((case for case in cases if case.process_instance_key == self._desk.instance), None)
        outcome = case.outcome if case else None
        if outcome == self._past.outcome:
            return ""
        was = OUTCOME_NAMES[self._past.outcome]
        if outcome is not None:
            return f"結果が「{was}」から「{OUTCOME_NAMES[outcome]}」に変わる"
        return f"「{was}」で終わらない。{self._standing()}"

    def _waiting(self) -> list[UserTask]:
        records = self._driver.records
        with records.snapshot():
            keys = {key for root in self._driver.roots for key in records.tree(root)}
            return [task for task in records.open_tasks() if task.process_instance_key in keys]

    def _standing(self) -> str:
        records = self._driver.records
        waiting = self._waiting()
        if not waiting:
            alive = any(records.instances[root].state is State.ACTIVE for root in self._driver.roots)
            return "どの作業も待っていない" if alive else "案件は終わっていた"
        shown = list(dict.fromkeys(self._told(task) for task in waiting))
        more = f"、ほか{len(shown) - _SHOWN_AT_MOST}件" * (len(shown) > _SHOWN_AT_MOST)
        return f"待っている作業: {'、'.join(shown[:_SHOWN_AT_MOST])}{more}"

    def _told(self, task: UserTask) -> str:
        refused = task.variables.get("formError")
        known = any(act.element == task.element_id for act in self._past.acts)
        notes = [*(["記録にない作業"] * (not known)), *([f"入力が断られた: {refused}"] * bool(refused))]
        return self._called(task.element_id) + (f"（{'、'.join(notes)}）" if notes else "")

    def _came(self, error: TrialFailure | RenkeiError) -> str:
        if isinstance(error, IncidentRaised):
            return "、".join(f"{self._called(i.element_id)}で止まる: {i.message}" for i in error.incidents)
        if isinstance(error, EngineRefused | RenkeiError):
            return str(error)
        return f"この作業が届かない。{self._standing()}"

    def _called(self, element: str) -> str:
        name = self._names.get(element)
        return f"「{name}」（{element}）" if name else f"「{element}」"

    async def _clear_away(self) -> None:
        for root in sorted(self._driver.roots):
            instance = self._driver.records.instances.get(root)
            if instance is not None and instance.state is State.ACTIVE:
                try:
                    await asyncio.to_thread(self._driver.api.cancel, root)
                except EngineRefused:  # it ended a moment ago
                    continue
