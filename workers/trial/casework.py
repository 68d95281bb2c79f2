"""One scenario in its office: played step by step, then compared with what its file says about the end."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from itertools import zip_longest
from typing import Final

from workers.domain.entities import Case
from workers.errors import RenkeiError
from workers.packs.scenarios import Step, read_scenario
from workers.readers.offerfile import read_offer
from workers.scenarios.agreement import begin
from workers.scenarios.player import Player
from workers.trial.api import EngineRefused
from workers.trial.desk import BrokerDesk
from workers.trial.driver import EndedOtherwise, IncidentRaised
from workers.trial.errors import TrialFailure
from workers.trial.happened import State, UserTask
from workers.trial.offices import Office
from workers.trial.result import Failure, Result
from workers.usecases.close_case import OUTCOME_NAMES
from workers.usecases.open_case import file_case

_MAIL_SECONDS: Final = 5.0
_MAILS_ARE_LOOKED_AT: Final = 0.05
_SHOWN_AT_MOST: Final = 4
_CONTROLS: Final = {"withdraw": "取り下げる", "stop": "中止する", "cancel": "取り消す", "back": "一つ前に戻す"}
_ENDS: Final = {State.COMPLETED: "終わりまで進む", State.TERMINATED: "途中で終わる", State.ACTIVE: "続く"}


class CaseWork:
    """Plays one scenario of a city in one office.

    ``names`` are what the diagrams call their elements, by id. ``desk``: who does the case's tasks where it is not the
    usual one; ``mail_seconds``: how long the mails are awaited that leave after the case's end.
    """

    def __init__(  # noqa: PLR0913 (what is played where, and two ways to do it otherwise)
        self,
        office: Office,
        city: str,
        name: str,
        names: Mapping[str, str],
        *,
        desk: BrokerDesk | None = None,
        mail_seconds: float = _MAIL_SECONDS,
    ) -> None:
        folder = office.services.packs.folder(city) / "scenarios"
        self._office = office
        self._driver = office.driver
        self._pack = office.services.packs.city(city)
        self._name = name
        self._names = names
        self._scenario = read_scenario(folder / f"{name}.toml")
        self._offer = folder / self._scenario.input
        self._desk = desk or BrokerDesk(office.driver)
        self._mail_seconds = mail_seconds
        self._at = 0

    async def play(self) -> Result:
        """Return what came of it; a case that does not go on is given up."""
        began = time.monotonic()
        try:
            await self._play()
            failures = await self._compared()
        except (TrialFailure, RenkeiError) as error:
            failures = [self._failure(error)]
        paths = self._driver.records.paths(self._driver.roots)
        await self._clear_away()
        return Result(
            scenario=self._name,
            title=self._scenario.title,
            failures=tuple(failures),
            seconds=time.monotonic() - began,
            paths={process: sorted(times) for process, times in sorted(paths.items())},
        )

    async def _play(self) -> None:
        offer = read_offer(self._offer, self._pack, self._driver.clock.today())
        player = Player(self._scenario, offer, self._desk, {d.code: d.group for d in self._pack.departments})
        await self._office.draw_numbers(self._pack.code)
        case_id = None
        async with self._office.services.open_unit() as uow:
            begun = await begin(uow, self._pack, offer, self._scenario)
            if self._scenario.start == "command":
                case_id = (await file_case(uow, self._pack, offer)).id
        if begun:
            self._office.wake({"engine-call"})
            await player.start_procedure(begun)
        else:
            await player.start(self._pack.signing_process, case_id)
        steps = self._scenario.steps
        for number, (step, following) in enumerate(zip_longest(steps, steps[1:]), 1):
            self._at = number
            player.look_ahead(following)
            await player.play(step)
        self._at = len(steps) + 1
        await self._desk.end(State.TERMINATED if self._scenario.broken_off else State.COMPLETED)

    # --- how it should end

    async def _compared(self) -> list[Failure]:
        """Return what is otherwise at the end than the scenario's file says."""
        expected, records = self._scenario.expect, self._driver.records
        found = []
        async with self._office.services.open_unit() as uow:
            case = self._own_case(await uow.cases.all())
            agreement = await uow.agreements.of_case(case.id)
        if case.outcome != expected.outcome:
            now = OUTCOME_NAMES[case.outcome] if case.outcome else "進行中"
            found.append(self._otherwise("結果", OUTCOME_NAMES[expected.outcome], now))
        elif (agreement is not None) != (expected.outcome == "signed"):
            found.append(self._otherwise("協定の登録", *(("ある", "ない") if agreement is None else ("ない", "ある"))))
        failed = records.visible(self._desk.instance).get("failedConditions") or []
        if len(failed) != expected.failed_conditions:
            found.append(self._otherwise("満たさない条件", f"{expected.failed_conditions} 件", f"{len(failed)} 件"))
        mails = await self._mails(expected.mails)
        for kind, count in expected.mails.items():
            if mails[kind] != count:
                found.append(self._otherwise(f"メール「{kind}」", f"{count} 通", f"{mails[kind]} 通"))
        missed = [element for element in expected.passed if not records.passed(element, instance=self._desk.instance)]
        return [*found, *(self._otherwise(f"要素{self._called(e)}", "通る", "通らなかった", e) for e in missed)]

    def _own_case(self, cases: list[Case]) -> Case:
        """Return the case that was played; it may have begun others."""
        own = [case for case in cases if case.process_instance_key == self._desk.instance]
        return (own or cases)[-1]

    async def _mails(self, expected: Mapping[str, int]) -> Counter[str]:
        """Return the mails by kind, once those that are expected have come.

        One that waits for the office leaves by an instance of its own, which may end after the case that wrote it.
        """
        deadline = time.monotonic() + self._mail_seconds
        while True:
            found = Counter(mail.kind for mail in await self._office.services.mails.list())
            if all(found[kind] >= count for kind, count in expected.items()) or time.monotonic() > deadline:
                return found
            await asyncio.sleep(_MAILS_ARE_LOOKED_AT)

    def _otherwise(self, what: str, expected: str, came: str, element: str = "") -> Failure:
        return Failure(
            step=self._at, place="終わり", expected=f"{what}: {expected}", came=f"{what}: {came}", element=element
        )

    # --- why it did not go on

    def _failure(self, error: TrialFailure | RenkeiError) -> Failure:
        steps = self._scenario.steps
        step = steps[self._at - 1] if 0 < self._at <= len(steps) else None
        if step is None:
            place, expected = ("始まり", "案件が始まる") if self._at == 0 else ("終わり", self._end())
        else:
            place, expected = f"手順{self._at}" + f"「{step.note}」" * bool(step.note), self._wanted(step)
        return Failure(
            step=self._at,
            place=place,
            expected=expected,
            came=self._came(error),
            element=(step.task or step.timer) if step else "",
        )

    def _end(self) -> str:
        return f"案件が{_ENDS[State.TERMINATED if self._scenario.broken_off else State.COMPLETED]}"

    def _wanted(self, step: Step) -> str:
        if step.timer:
            return f"時が来て{self._called(step.timer)}が起きる"
        if step.control:
            return f"案件を{_CONTROLS[step.control]}"
        names = {d.code: d.name for d in self._pack.departments}
        where = f"（{names.get(step.department, step.department)}）" if step.department not in ("", "*") else ""
        return f"作業{self._called(step.task)}が届く{where}"

    def _came(self, error: TrialFailure | RenkeiError) -> str:
        if isinstance(error, IncidentRaised):
            places = [f"{self._called(i.element_id)}で止まった: {i.message}" for i in error.incidents]
            return "、".join(places)
        if isinstance(error, EngineRefused | RenkeiError):
            return str(error)
        if isinstance(error, EndedOtherwise):
            return "案件が別の終わり方をした"
        return self._standing()

    def _standing(self) -> str:
        """Return where the case stands."""
        records = self._driver.records
        with records.snapshot():
            keys = {key for root in self._driver.roots for key in records.tree(root)}
            waiting = [task for task in records.open_tasks() if task.process_instance_key in keys]
            alive = any(records.instances[root].state is State.ACTIVE for root in self._driver.roots)
        if not alive:
            return "案件は終わっていた" if self._driver.roots else "案件が始まらなかった"
        if not waiting:
            return "どの作業も届かず、案件は時か連絡を待っている"
        shown = list(dict.fromkeys(self._told(task) for task in waiting))
        more = f"、ほか{len(shown) - _SHOWN_AT_MOST}件" * (len(shown) > _SHOWN_AT_MOST)
        return f"届いている作業: {'、'.join(shown[:_SHOWN_AT_MOST])}{more}"

    def _told(self, task: UserTask) -> str:
        refused = task.variables.get("formError")
        return self._called(task.element_id) + (f"（入力が断られた: {refused}）" if refused else "")

    def _called(self, element: str) -> str:
        name = self._names.get(element)
        return f"「{name}」（{element}）" if name else f"「{element}」"

    async def _clear_away(self) -> None:
        """Cancel what is left of the case, so that its timers do not fire any more."""
        for root in sorted(self._driver.roots):
            instance = self._driver.records.instances.get(root)
            if instance is not None and instance.state is State.ACTIVE:
                try:
                    await asyncio.to_thread(self._driver.api.cancel, root)
                except EngineRefused:  # it ended a moment ago
                    continue
