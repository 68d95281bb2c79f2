"""The engine's REST API (Camunda 8.6, ``/v2``) as far as a trial needs it; plain calls, safe in any event loop."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from workers.adapters.camunda.http import trusted
from workers.runtime.backoff import doubled, jittered_ms
from workers.trial.errors import TrialFailure

Variables = Mapping[str, Any]

_PATIENCE_SECONDS = 60.0
_ANSWER_SECONDS = 180.0  # a pack is deployed in two on an idle machine, in forty on a busy one


class EngineRefused(TrialFailure):
    """The engine answered with an error; ``status`` is its HTTP status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"the engine answered {status}: {text}")
        self.status = status


class Api:
    """Calls to one broker. Every method raises EngineRefused for an answer that is no success.

    Back-pressure is waited out for a minute, as every client of the engine has to: nothing was written then.
    """

    def __init__(self, base_url: str) -> None:
        self._client = httpx.Client(
            base_url=f"{base_url}/v2", timeout=_ANSWER_SECONDS, trust_env=False, verify=trusted()
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def deploy(self, files: Sequence[Path] | Mapping[str, bytes]) -> dict[str, Any]:
        """Deploy files in one call; given as paths, or as contents by name."""
        named = files if isinstance(files, Mapping) else {path.name: path.read_bytes() for path in files}
        return self._call("POST", "/deployments", files=[("resources", item) for item in named.items()])

    def start(self, process_id: str, variables: Variables) -> int:
        """Start the newest version of a process; returns the instance's key."""
        body = {"processDefinitionId": process_id, "variables": variables}
        return int(self._call("POST", "/process-instances", json=body)["processInstanceKey"])

    def cancel(self, instance: int) -> None:
        """Cancel a process instance and what it called."""
        self._call("POST", f"/process-instances/{instance}/cancellation", json={})

    def complete_task(self, key: int, variables: Variables) -> None:
        """Complete a user task as Tasklist does."""
        self._call("POST", f"/user-tasks/{key}/completion", json={"variables": variables})

    def assign_task(self, key: int, assignee: str) -> None:
        """Assign a user task."""
        self._call("POST", f"/user-tasks/{key}/assignment", json={"assignee": assignee})

    def update_task(self, key: int, changeset: Variables) -> None:
        """Change a user task, such as ``{"dueDate": "2026-12-01T10:00:00+09:00"}``."""
        self._call("PATCH", f"/user-tasks/{key}", json={"changeset": changeset})

    def decide(self, decision_id: str, variables: Variables) -> Any:
        """Evaluate the newest version of a decision."""
        question = {"decisionDefinitionId": decision_id, "variables": dict(variables)}
        return json.loads(self._call("POST", "/decision-definitions/evaluation", json=question)["output"])

    def publish(
        self, name: str, correlation_key: str, variables: Variables, *, ttl: timedelta, message_id: str = ""
    ) -> int:
        """Publish a message; returns its key."""
        body = {
            "name": name,
            "correlationKey": correlation_key,
            "timeToLive": int(ttl / timedelta(milliseconds=1)),
            "variables": variables,
            **({"messageId": message_id} if message_id else {}),
        }
        return int(self._call("POST", "/messages/publication", json=body)["messageKey"])

    def broadcast(self, signal: str, variables: Variables) -> int:
        """Broadcast a signal; returns its key."""
        answer = self._call("POST", "/signals/broadcast", json={"signalName": signal, "variables": variables})
        return int(answer["signalKey"])

    def activate_jobs(
        self, job_type: str, *, timeout: timedelta = timedelta(minutes=1), most: int = 1, wait: timedelta = timedelta()
    ) -> list[dict[str, Any]]:
        """Take jobs as a worker does; ``wait`` 0 answers at once, also with no job."""
        body = {
            "type": job_type,
            "timeout": int(timeout / timedelta(milliseconds=1)),
            "maxJobsToActivate": most,
            "requestTimeout": int(wait / timedelta(milliseconds=1)) or -1,
            "worker": "trial",
        }
        jobs: list[dict[str, Any]] = self._call("POST", "/jobs/activation", json=body)["jobs"]
        return jobs

    def complete_job(self, key: int, variables: Variables) -> None:
        """Complete an active job."""
        self._call("POST", f"/jobs/{key}/completion", json={"variables": variables})

    def fail_job(self, key: int, message: str, *, retries: int, backoff: timedelta = timedelta()) -> None:
        """Fail an active job; with no retries left the engine raises an incident."""
        milliseconds = int(backoff / timedelta(milliseconds=1))
        body = {"retries": retries, "errorMessage": message, "retryBackOff": milliseconds}
        self._call("POST", f"/jobs/{key}/failure", json=body)

    def throw_error(self, key: int, code: str, message: str) -> None:
        """Throw a BPMN error from an active job."""
        self._call("POST", f"/jobs/{key}/error", json={"errorCode": code, "errorMessage": message})

    def set_retries(self, key: int, retries: int) -> None:
        """Give a job new retries, before its incident is resolved."""
        self._call("PATCH", f"/jobs/{key}", json={"changeset": {"retries": retries}})

    def resolve_incident(self, key: int) -> None:
        """Resolve an incident; the engine tries again."""
        self._call("POST", f"/incidents/{key}/resolution", json={})

    def set_variables(self, element_instance: int, variables: Variables, *, local: bool = False) -> None:
        """Set variables in a scope (``local``) or where they exist around it."""
        body = {"variables": variables, "local": local}
        self._call("PUT", f"/element-instances/{element_instance}/variables", json=body)

    def _call(self, method: str, path: str, **content: Any) -> dict[str, Any]:
        """Call; under back pressure again, for a minute."""
        begun, failures = time.monotonic(), 0
        while True:
            answer = self._client.request(method, path, **content)
            if answer.is_success:
                return dict(answer.json()) if answer.content else {}
            busy = answer.status_code == httpx.codes.TOO_MANY_REQUESTS
            if not busy or time.monotonic() - begun > _PATIENCE_SECONDS:
                raise EngineRefused(answer.status_code, answer.text)
            failures += 1
            time.sleep(jittered_ms(doubled(failures, 0.05, 2)) / 1000)
