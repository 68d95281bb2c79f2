"""How each kind of record changes the picture: one function a value type (Zeebe 8.6 record formats)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from workers.trial.happened import (
    Definition,
    Element,
    Flow,
    Incident,
    Job,
    JobState,
    Message,
    ProcessInstance,
    State,
    Timer,
    UserTask,
)

if TYPE_CHECKING:
    from workers.trial.records import Records

Value = dict[str, Any]

_ENDED = {"ELEMENT_COMPLETED": State.COMPLETED, "ELEMENT_TERMINATED": State.TERMINATED}
_TASK_ENDED = {"COMPLETED": State.COMPLETED, "CANCELED": State.TERMINATED}
_JOB_STATES = {
    "COMPLETED": JobState.CLOSED,
    "CANCELED": JobState.CLOSED,
    "ERROR_THROWN": JobState.CLOSED,
    "TIMED_OUT": JobState.ACTIVATABLE,
    "YIELDED": JobState.ACTIVATABLE,
    "RECURRED_AFTER_BACKOFF": JobState.ACTIVATABLE,
}


def _process_instance(records: Records, intent: str, key: int, value: Value) -> None:
    common = {
        "process_id": value["bpmnProcessId"],
        "version": value["version"],
        "process_instance_key": value["processInstanceKey"],
    }
    if intent == "SEQUENCE_FLOW_TAKEN":
        records.flows[value["processInstanceKey"]].append(Flow(flow_id=value["elementId"], **common))
    elif value["bpmnElementType"] == "PROCESS":
        _process(records, intent, key, value)
    elif intent == "ELEMENT_ACTIVATING":
        records.add_element(
            Element(
                key=key,
                element_id=value["elementId"],
                type=value["bpmnElementType"],
                scope_key=value["flowScopeKey"],
                **common,
            )
        )
    elif key in records.elements and intent in _ENDED:
        records.elements[key].state = State.COMPLETED if _is_a_way_out(value) else _ENDED[intent]


def _is_a_way_out(value: Value) -> bool:
    """Whether an element is the end event by which a step is left: the boundary event that catches it ends it, too."""
    return bool(value["bpmnElementType"] == "END_EVENT" and value.get("bpmnEventType") == "ESCALATION")


def _process(records: Records, intent: str, key: int, value: Value) -> None:
    if intent == "ELEMENT_ACTIVATING":
        records.add_instance(
            ProcessInstance(
                key=key,
                process_id=value["bpmnProcessId"],
                version=value["version"],
                parent_key=_key(value["parentProcessInstanceKey"]),
                parent_element_key=_key(value["parentElementInstanceKey"]),
            )
        )
    elif key in records.instances and intent in _ENDED:
        records.instances[key].state = _ENDED[intent]


def _user_task(records: Records, intent: str, key: int, value: Value) -> None:
    if intent == "CREATED":
        scope = value["elementInstanceKey"]
        records.user_tasks[key] = UserTask(
            key=key,
            element_id=value["elementId"],
            process_id=value["bpmnProcessId"],
            process_instance_key=value["processInstanceKey"],
            element_instance_key=scope,
            form_key=_key(value["formKey"]),
            candidate_groups=[],
            candidate_users=[],
            due_date=None,
            follow_up_date=None,
            assignee="",
            visible=lambda: records.visible(scope),
        )
    task = records.user_tasks.get(key)
    if task is None:
        return
    task.candidate_groups = list(value["candidateGroupsList"])
    task.candidate_users = list(value["candidateUsersList"])
    task.due_date = _moment(value["dueDate"])
    task.follow_up_date = _moment(value["followUpDate"])
    task.assignee = value["assignee"]
    if intent == "COMPLETED":
        task.submitted = value["variables"]
    task.state = _TASK_ENDED.get(intent, task.state)


def _job(records: Records, intent: str, key: int, value: Value) -> None:
    if intent == "CREATED":
        records.jobs[key] = Job(
            key=key,
            type=value["type"],
            element_id=value["elementId"],
            process_instance_key=value["processInstanceKey"],
            element_instance_key=value["elementInstanceKey"],
            retries=value["retries"],
            headers=value["customHeaders"],
        )
    job = records.jobs.get(key)
    if job is None:
        return
    job.retries = value["retries"]
    job.error_message = value["errorMessage"]
    job.error_code = value["errorCode"]
    job.worker = value["worker"] or job.worker
    job.state = _JOB_STATES.get(intent, job.state)
    if intent == "FAILED":
        _failed(job, value)


def _failed(job: Job, value: Value) -> None:
    job.retry_at = value["recurringTime"] if value["retryBackoff"] > 0 else None
    if job.retries == 0:
        job.state = JobState.FAILED
    else:
        job.state = JobState.ACTIVATABLE if job.retry_at is None else JobState.BACKOFF


def _job_batch(records: Records, intent: str, _unused: int, value: Value) -> None:
    if intent == "ACTIVATED":
        for key in value["jobKeys"]:
            if job := records.jobs.get(key):
                job.state = JobState.ACTIVE
                job.activations += 1


def _incident(records: Records, intent: str, key: int, value: Value) -> None:
    if intent == "CREATED":
        records.incidents[key] = Incident(
            key=key,
            type=value["errorType"],
            message=value["errorMessage"],
            process_id=value["bpmnProcessId"],
            process_instance_key=value["processInstanceKey"],
            element_id=value["elementId"],
            job_key=_key(value["jobKey"]),
        )
    elif intent == "RESOLVED" and key in records.incidents:
        records.incidents[key].open = False
        job = records.jobs.get(value["jobKey"])
        if job is not None and job.state is JobState.FAILED:  # not closed with its instance
            job.state = JobState.ACTIVATABLE


def _variable(records: Records, intent: str, _unused: int, value: Value) -> None:
    if intent in ("CREATED", "UPDATED"):
        records.variables[value["scopeKey"]][value["name"]] = json.loads(value["value"])


def _timer(records: Records, intent: str, key: int, value: Value) -> None:
    if intent == "CREATED":
        records.timers[key] = Timer(
            key=key,
            element_id=value["targetElementId"],
            process_instance_key=_key(value["processInstanceKey"]),
            due=value["dueDate"],
        )
    elif key in records.timers and intent in ("TRIGGERED", "CANCELED"):
        records.timers[key].open = False


def _message(records: Records, intent: str, key: int, value: Value) -> None:
    if intent == "PUBLISHED":
        records.messages[key] = Message(
            key=key,
            name=value["name"],
            correlation_key=value["correlationKey"],
            message_id=value["messageId"],
            variables=value["variables"],
        )
    elif intent == "EXPIRED" and key in records.messages:
        records.messages[key].expired = True


def _correlation(records: Records, intent: str, _unused: int, value: Value) -> None:
    message = records.messages.get(value["messageKey"])
    if intent == "CORRELATED" and message is not None:
        message.correlated.append(value["processInstanceKey"])


def _definition(records: Records, intent: str, key: int, value: Value) -> None:
    _process_resource(records, intent, key, value)
    if intent == "CREATED":
        records.definitions[key] = Definition(
            key=key,
            process_id=value["bpmnProcessId"],
            version=value["version"],
            resource_name=value["resourceName"],
            xml=base64.b64decode(value["resource"]),
        )


def _resource(kind: str, id_: str) -> Callable[[Records, str, int, Value], None]:
    """Return what notes the newest version of a kind of resource, called as REST does, by the id in its value.

    When one is deleted none is sure to be the newest.
    """

    def note(records: Records, intent: str, key: int, value: Value) -> None:
        if intent == "CREATED":
            records.newest[kind, value[id_]] = key
        elif intent == "DELETED":
            records.newest.pop((kind, value[id_]), None)

    return note


_process_resource = _resource("processDefinition", "bpmnProcessId")


def _key(value: int) -> int | None:
    return value if value > 0 else None


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text.split("[", maxsplit=1)[0]) if text else None


APPLY: dict[str, Callable[[Records, str, int, Value], None]] = {
    "PROCESS_INSTANCE": _process_instance,
    "USER_TASK": _user_task,
    "JOB": _job,
    "JOB_BATCH": _job_batch,
    "INCIDENT": _incident,
    "VARIABLE": _variable,
    "TIMER": _timer,
    "MESSAGE": _message,
    "PROCESS_MESSAGE_SUBSCRIPTION": _correlation,
    "MESSAGE_START_EVENT_SUBSCRIPTION": _correlation,
    "PROCESS": _definition,
    "FORM": _resource("form", "formId"),
    "DECISION": _resource("decisionDefinition", "decisionId"),
    "DECISION_REQUIREMENTS": _resource("decisionRequirements", "decisionRequirementsId"),
}
