"""Makes the engine calls of the outbox: what belongs to an effect but can only happen after its commit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from typing import Any

from pyzeebe import ZeebeClient
from pyzeebe.errors import MessageAlreadyExistsError, ProcessInstanceNotFoundError, ZeebeError

from workers.adapters.camunda.rest import AlreadyStartedError, UnknownProcessError
from workers.adapters.registry.queue import EngineCallQueue, QueuedEngineCall
from workers.errors import PermanentError, RetryableError
from workers.jobs.surveys import refreshed_board
from workers.logs import get_logger
from workers.runtime import metrics
from workers.runtime.answers import AnswerDelivery
from workers.runtime.drain import Drain, later
from workers.runtime.jobrunner import is_refusal
from workers.runtime.ports import AnswerTasks, OpenJobUnit, UserTasks
from workers.runtime.sender import BOUNCED
from workers.runtime.stepback import StepBack
from workers.usecases.public_offers import START
from workers.usecases.remind_offices import WaitingTask, send_digests
from workers.usecases.take_answer import DELIVER
from workers.usecases.undelivered import report_undelivered

_log = get_logger(__name__)

_CALL_SECONDS = 30
_FIRST_SECONDS = 1
_LAST_SECONDS = 60
_DEFAULT_TTL_SECONDS = 3600

Payload = Mapping[str, Any]


class EngineCalls:
    """Drains the ``engine_call`` outbox.

    ======================  ===============================================================================
    kind                    payload
    ======================  ===============================================================================
    publish-message         name, correlation_key, message_id, optional variables, ttl_seconds
    update-due-dates        process_instance_key, due_date (ISO with offset)
    complete-user-task      key, optional variables
    refresh-survey          survey_id, process_instance_key: what the office sees of a survey, read when sent
    cancel-instance         process_instance_key; one that has ended is no error
    find-steps              order_id, process_instance_key: answered by the message common-steps-found
    step-back               order_id, process_instance_key, choice: answered by the message common-step-answered
    remind-offices          on (ISO date): the mails of a day on late tasks; another day's are not sent any more
    start-case              case_id, process_id: the instance of a case that was filed, unless one runs already
    deliver-answer          answer_id: a partner's answer completes its user task, or was not the first
    mail-bounced            mail_id, …, written by the sender: the case's history, a task for the office
    ======================  ===============================================================================

    A call is tried until the engine takes it; only a payload that no engine could take fails for good.
    """

    def __init__(  # noqa: PLR0913 (what the kinds of calls need)
        self,
        queue: EngineCallQueue,
        *,
        client: ZeebeClient,
        tasks: UserTasks,
        open_unit: OpenJobUnit,
        steps: StepBack | None = None,
        answered: AnswerTasks | None = None,
        idle: Callable[[], Awaitable[None]] | None = None,
        start: Callable[[str, str], Awaitable[None]] | None = None,
    ) -> None:
        """``idle``: called whenever no call is due."""
        self._queue = queue
        self._client = client
        self._tasks = tasks
        self._open_unit = open_unit
        self._steps = steps
        self._answered = answered
        self._start = start
        self._kinds: dict[str, Callable[[Payload], Awaitable[None]]] = {
            "publish-message": self._publish_message,
            "update-due-dates": self._update_due_dates,
            "complete-user-task": self._complete_user_task,
            "refresh-survey": self._refresh_survey,
            "cancel-instance": self._cancel_instance,
            "find-steps": self._find_steps,
            "step-back": self._step_back,
            "remind-offices": self._remind_offices,
            START: self._start_case,
            DELIVER: self._deliver_answer,
            BOUNCED: self._note_bounce,
        }
        self.drain = Drain(queue, self._handle, idle=idle)

    async def run(self, stop: asyncio.Event) -> None:
        """Make calls until ``stop``; raises RetryableError when the registry does not answer."""
        await self.drain.run(stop)

    async def _handle(self, call: QueuedEngineCall, owner: str) -> None:
        try:
            async with asyncio.timeout(_CALL_SECONDS):
                await self._kinds[call.kind](call.payload)
        except (RetryableError, ZeebeError, TimeoutError) as error:
            if is_refusal(error):
                await self._give_up(call, owner, error)
                return
            metrics.ENGINE_CALLS.labels(call.kind, "retry").inc()
            if call.attempts in (1, 10):
                _log.warning("engine call is tried again", call_id=call.id, kind=call.kind, exc_info=error)
            moment = later(call.attempts, first_seconds=_FIRST_SECONDS, last_seconds=_LAST_SECONDS)
            await self._queue.retry(call.id, type(error).__name__, moment, owner=owner)
        except Exception as error:  # noqa: BLE001 (one broken call must not stop the others)
            await self._give_up(call, owner, error)
        else:
            metrics.ENGINE_CALLS.labels(call.kind, "sent").inc()
            await self._queue.sent(call.id)

    async def _give_up(self, call: QueuedEngineCall, owner: str, error: Exception) -> None:
        metrics.ENGINE_CALLS.labels(call.kind, "failed").inc()
        _log.error("engine call failed for good", call_id=call.id, kind=call.kind, exc_info=error)
        await self._queue.failed(call.id, type(error).__name__, owner=owner)

    async def _publish_message(self, payload: Payload) -> None:
        try:
            await self._client.publish_message(
                name=payload["name"],
                correlation_key=payload["correlation_key"],
                variables=dict(payload.get("variables", {})),
                time_to_live_in_milliseconds=int(payload.get("ttl_seconds", _DEFAULT_TTL_SECONDS) * 1000),
                message_id=payload["message_id"],
            )
        except MessageAlreadyExistsError:
            _log.info("message was published before", name=payload["name"])

    async def _update_due_dates(self, payload: Payload) -> None:
        for key in await self._tasks.open_keys(int(payload["process_instance_key"])):
            await self._tasks.set_due_date(key, payload["due_date"])

    async def _complete_user_task(self, payload: Payload) -> None:
        await self._tasks.complete(int(payload["key"]), payload.get("variables", {}))

    async def _refresh_survey(self, payload: Payload) -> None:
        async with self._open_unit() as unit:
            variables = await refreshed_board(unit, payload["survey_id"])
        await self._tasks.set_variables(int(payload["process_instance_key"]), variables)

    async def _cancel_instance(self, payload: Payload) -> None:
        try:
            await self._client.cancel_process_instance(int(payload["process_instance_key"]))
        except ProcessInstanceNotFoundError:
            _log.info("process instance is gone", key=payload["process_instance_key"])

    async def _find_steps(self, payload: Payload) -> None:
        found = await self._step_ways().choices(int(payload["process_instance_key"]))
        await self._answer("common-steps-found", payload["order_id"], found)

    async def _step_back(self, payload: Payload) -> None:
        answer = await self._step_ways().take(int(payload["process_instance_key"]), payload["choice"])
        await self._answer("common-step-answered", payload["order_id"], answer)

    async def _remind_offices(self, payload: Payload) -> None:
        waiting = [
            WaitingTask(
                element_id=task.element_id,
                name=task.name,
                case_id=task.case_id,
                groups=task.candidate_groups,
                assignee=task.assignee,
                due_at=datetime.fromisoformat(task.due_date),
            )
            for task in await self._tasks.all_open()
            if task.due_date
        ]
        async with self._open_unit() as unit:
            await send_digests(unit, waiting, date.fromisoformat(payload["on"]))

    def _step_ways(self) -> StepBack:
        if self._steps is None:
            raise PermanentError("手順を戻すための設定がありません")
        return self._steps

    async def _answer(self, name: str, order_id: str, variables: Payload) -> None:
        await self._publish_message(
            {"name": name, "correlation_key": order_id, "message_id": f"{order_id}:{name}", "variables": variables}
        )

    async def _start_case(self, payload: Payload) -> None:
        if self._start is None:
            raise PermanentError("案件を始めるための設定がありません")
        try:
            await self._start(payload["process_id"], payload["case_id"])
        except UnknownProcessError as error:  # it starts once the city is deployed
            raise RetryableError(error.message) from error
        except AlreadyStartedError:  # by this call, whose answer was lost, or by somebody's hand
            _log.info("case runs already", case_id=payload["case_id"])

    async def _deliver_answer(self, payload: Payload) -> None:
        if self._answered is None:
            raise PermanentError("相手方の回答を渡すための設定がありません")
        await AnswerDelivery(self._answered, self._open_unit).deliver(int(payload["answer_id"]))

    async def _note_bounce(self, payload: Payload) -> None:
        async with self._open_unit() as unit:
            await report_undelivered(unit, int(payload["mail_id"]))
