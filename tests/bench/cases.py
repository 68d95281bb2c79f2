"""Many cases of a city at once, driven as its officers would: every task is answered as soon as it opens."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import httpx
from pyzeebe import ZeebeClient
from pyzeebe.errors import ZeebeBackPressureError

from tests.kit.desk import PACKS
from workers.domain.cities import City
from workers.domain.jst import JST
from workers.packs.scenarios import Scenario, Step, dated, read_scenario
from workers.readers.offerfile import read_offer
from workers.scenarios.player import offer_form, start_form

_AT_ONCE = 8


@dataclass
class Case:
    """A running case: the scenario's steps that are still to be done."""

    steps: list[Step]
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def next(self, task: str, group: str) -> Step | None:
        """Return the step that answers a task: the department's own, else the one for all others."""
        own = [step for step in self.steps if step.task == task and step.department in {"", group}]
        if own:
            self.steps.remove(own[0])
            return own[0]
        return next((step for step in self.steps if step.task == task and step.department == "*"), None)


class Office:
    """Takes the broker's records, keeps nothing of what is over, and answers tasks."""

    def __init__(self, rest: str, client: ZeebeClient, city: City, scenario_name: str) -> None:
        folder = PACKS / city.code / "scenarios"
        self._city = city
        self._scenario: Scenario = read_scenario(folder / f"{scenario_name}.toml")
        self._folder = folder
        self._client = client
        self._http = httpx.AsyncClient(base_url=rest, trust_env=False, timeout=30)
        self._loop = asyncio.get_running_loop()
        self._groups = {d.group: d.code for d in city.departments}
        self._roots: dict[int, int] = {}
        self._cases: dict[int, Case] = {}
        self._early: dict[int, list[dict[str, Any]]] = defaultdict(list)
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._answering: set[asyncio.Task[None]] = set()
        self.incidents: list[str] = []
        self.completed = 0

    # --- the broker's records; in the receiver's thread

    def take(self, batch: list[dict[str, Any]]) -> None:
        """Take records in."""
        wanted = [r for r in batch if r["recordType"] == "EVENT" and r["valueType"] in _KINDS]
        if wanted:
            self._loop.call_soon_threadsafe(self._took, wanted)

    def _took(self, records: list[dict[str, Any]]) -> None:
        for record in records:
            kind, intent, value = record["valueType"], record["intent"], record["value"]
            if kind == "INCIDENT" and intent == "CREATED":
                self.incidents.append(f"{value['elementId']}: {value['errorMessage']}")
            elif kind == "USER_TASK" and intent == "CREATED":
                self._opened(value)
            elif kind == "PROCESS_INSTANCE" and value["bpmnElementType"] == "PROCESS":
                self._moved(intent, value)

    def _moved(self, intent: str, value: dict[str, Any]) -> None:
        key, parent = int(value["processInstanceKey"]), int(value["parentProcessInstanceKey"])
        if intent == "ELEMENT_ACTIVATING" and parent > 0:
            self._roots[key] = self._roots.get(parent, parent)
        elif intent in {"ELEMENT_COMPLETED", "ELEMENT_TERMINATED"}:
            self._roots.pop(key, None)
            case = self._cases.pop(key, None)
            if case is not None:
                self.completed += intent == "ELEMENT_COMPLETED"
                case.done.set()

    def _opened(self, value: dict[str, Any]) -> None:
        key = int(value["processInstanceKey"])
        root = self._roots.get(key, key)
        if root not in self._cases:
            self._early[root].append(value)  # its start has not been answered yet
            return
        self._answer(self._cases[root], value)

    # --- what officers do

    async def run_case(self) -> None:
        """Start a case and return when it is over."""
        offer = read_offer(self._folder / self._scenario.input, self._city, _today())
        form = {**start_form(offer), **self._scenario.start_form}
        self._offer = offer
        while True:
            try:
                started = await self._client.run_process(self._city.signing_process, form)
            except ZeebeBackPressureError:
                await asyncio.sleep(0.5)
            else:
                break
        case = Case(steps=[step for step in self._scenario.steps if step.task])
        self._cases[started.process_instance_key] = case
        for value in self._early.pop(started.process_instance_key, []):
            self._answer(case, value)
        await case.done.wait()

    def _answer(self, case: Case, value: dict[str, Any]) -> None:
        groups = value["candidateGroupsList"]
        step = case.next(value["elementId"], self._groups.get(groups[0], "") if groups else "")
        if step is None:
            return
        answers = dated(step.answers, _today())
        if step.offer:
            answers = {**offer_form(self._offer), **answers}
        task = asyncio.create_task(self._complete(int(value["userTaskKey"]), answers))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _complete(self, key: int, answers: dict[str, Any]) -> None:
        while True:
            async with self._room:
                answer = await self._http.post(f"/v2/user-tasks/{key}/completion", json={"variables": answers})
            if answer.status_code not in {429, 503}:
                break
            await asyncio.sleep(0.5)
        if answer.status_code not in {204, 404}:
            self.incidents.append(f"task {key}: {answer.status_code} {answer.text[:200]}")

    async def close(self) -> None:
        """Close the connection."""
        await self._http.aclose()


_KINDS = frozenset({"INCIDENT", "USER_TASK", "PROCESS_INSTANCE"})


def _today() -> date:
    return datetime.now(JST).date()
