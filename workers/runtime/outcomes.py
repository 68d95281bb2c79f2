"""What becomes of a job: pure decisions, from a handler's result or failure to a command for the engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workers.errors import BusinessError, InputErrors, PermanentError, RetryableError
from workers.runtime.backoff import jittered_ms

DEFAULT_RETRIES = 3
"""Retries of a task that its diagram gives none."""

MAX_RESULT_BYTES = 1024 * 1024
"""A handler's result is ids and routing values; beyond this something puts documents into variables."""

_BACK_OFF_BASE_SECONDS = 3.0
_BACK_OFF_FACTOR = 3.0
_BACK_OFF_CAP_SECONDS = 120.0
_REGISTRY_AWAY_SECONDS = 10.0
_MESSAGE_LENGTH = 2000


@dataclass(frozen=True, kw_only=True)
class Complete:
    """Complete the job with variables (JSON values only)."""

    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Throw:
    """Throw a BPMN error with a code that the diagram catches."""

    code: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Fail:
    """Fail the job. ``retries`` are those that are left; 0 is an incident at once. ``back_off_ms`` delays the next."""

    retries: int
    message: str
    back_off_ms: int = 0


Decision = Complete | Throw | Fail


def dump_outcome(decision: Complete | Throw) -> dict[str, Any]:
    """Return the form in which ``applied_job`` keeps an outcome (JSON)."""
    if isinstance(decision, Throw):
        return {"kind": "error", "code": decision.code, "message": decision.message}
    return {"kind": "completed", "variables": dict(decision.variables)}


def load_outcome(outcome: Mapping[str, Any]) -> Complete | Throw:
    """Return the decision that :func:`dump_outcome` kept, for a job that is delivered again."""
    if outcome["kind"] == "error":
        return Throw(code=outcome["code"], message=outcome["message"])
    return Complete(variables=outcome["variables"])


def complete_with(result: object, *, job_type: str) -> Complete:
    """Return the completion with a handler's result; raises PermanentError where the engine could not take it.

    Checked before the commit: pyzeebe would neither complete nor fail a job whose result is no JSON.
    """
    if not isinstance(result, dict) or not all(isinstance(key, str) for key in result):
        raise PermanentError(f"ジョブ {job_type} の結果が変数の一覧ではありません（{type(result).__name__}）")
    try:
        # Not ASCII-escaped, so that a lone surrogate, which the engine refuses, is found here.
        size = len(json.dumps(result, ensure_ascii=False, allow_nan=False).encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise PermanentError(f"ジョブ {job_type} の結果を JSON にできません（{type(error).__name__}）") from error
    if size > MAX_RESULT_BYTES:
        raise PermanentError(f"ジョブ {job_type} の結果が大きすぎます（{size} バイト、上限 {MAX_RESULT_BYTES} バイト）")
    return Complete(variables=result)


def throw_for(error: BusinessError | InputErrors) -> Throw:
    """Return the BPMN error for a business outcome."""
    if isinstance(error, InputErrors):
        return Throw(code="input-error", message=error.message[:_MESSAGE_LENGTH])
    return Throw(code=error.code, message=error.message[:_MESSAGE_LENGTH])


def fail_for(error: Exception, *, retries: int, element_id: str, reference: str) -> Fail:
    """Return the failure for an exception that is no business outcome.

    Args:
        error: What the handler raised.
        retries: Retries of the job as it was delivered, this attempt included.
        element_id: Task in the diagram.
        reference: Word that the log entry carries too, for exceptions whose own text may hold personal data.
    """
    if isinstance(error, PermanentError):
        return Fail(retries=0, message=error.message[:_MESSAGE_LENGTH])
    if isinstance(error, RetryableError):
        message = error.message[:_MESSAGE_LENGTH]
    elif isinstance(error, TimeoutError):
        message = f"タスク {element_id} の処理が時間内に終わりませんでした（参照 {reference}）"
    else:
        message = (
            f"タスク {element_id} で予期しない誤りがありました（{type(error).__name__}、参照 {reference}）。"
            "ワーカーの記録を参照の文字で調べてください"
        )
    left = max(retries - 1, 0)
    return Fail(retries=left, message=message, back_off_ms=back_off_ms(retries) if left else 0)


def held_up(*, retries: int) -> Fail:
    """Return the failure for a job that the registry could not take (away, overloaded, disk full): costs no retry."""
    message = "データベースにつながらないか、書き込めません。直り次第、自動でやり直します"
    return Fail(retries=max(retries, 1), message=message, back_off_ms=jittered_ms(_REGISTRY_AWAY_SECONDS))


def back_off_ms(retries: int) -> int:
    """Return the delay before the next attempt in milliseconds: exponential with jitter (half to one and a half).

    The engine tells the retries that are left, not the attempts made; a task with more retries than
    ``DEFAULT_RETRIES`` spends the surplus at the shortest delay.
    """
    attempt = max(DEFAULT_RETRIES - retries, 0)
    seconds = min(_BACK_OFF_BASE_SECONDS * _BACK_OFF_FACTOR**attempt, _BACK_OFF_CAP_SECONDS)
    return jittered_ms(seconds)
