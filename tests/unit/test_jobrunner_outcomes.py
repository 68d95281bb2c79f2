"""What becomes of a job: every kind of result and failure has one fate."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.errors import BusinessError, InputError, InputErrors, PermanentError, RetryableError
from workers.runtime.outcomes import (
    MAX_RESULT_BYTES,
    Complete,
    Fail,
    Throw,
    back_off_ms,
    complete_with,
    dump_outcome,
    fail_for,
    load_outcome,
    throw_for,
)

NAME = "山田太郎 taro@partner.example.jp"


def fate(error: Exception, *, retries: int = 3) -> Fail:
    return fail_for(error, retries=retries, element_id="Task_Record", reference="a1b2c3d4")


def test_a_permanent_error_is_an_incident_at_once_with_its_own_words() -> None:
    assert fate(PermanentError("ひな形がありません")) == Fail(retries=0, message="ひな形がありません")


def test_a_retryable_error_takes_one_retry_and_comes_back_after_a_pause() -> None:
    decision = fate(RetryableError("混み合っています"))
    assert (decision.retries, decision.message) == (2, "混み合っています")
    assert decision.back_off_ms >= 1000


def test_the_last_retry_ends_in_an_incident_without_a_pause() -> None:
    assert fate(RetryableError("混み合っています"), retries=1) == Fail(retries=0, message="混み合っています")


def test_a_job_without_retries_is_never_given_a_negative_number() -> None:
    assert fate(RetryableError("混み合っています"), retries=0).retries == 0


@pytest.mark.parametrize("error", [KeyError(NAME), ValueError(NAME), AttributeError(NAME), RuntimeError(NAME)])
def test_an_unknown_exception_is_tried_again_and_told_without_its_text(error: Exception) -> None:
    decision = fate(error)
    assert decision.retries == 2
    assert "山田" not in decision.message
    assert "@" not in decision.message
    assert {"Task_Record", "a1b2c3d4", type(error).__name__} <= set(
        decision.message.replace("（", " ").replace("、参照", "").replace("）", " ").split()
    )


def test_a_handler_that_takes_too_long_is_tried_again() -> None:
    decision = fate(TimeoutError())
    assert decision.retries == 2
    assert "時間内に終わりませんでした" in decision.message


@given(st.integers(min_value=-3, max_value=50))
def test_the_pause_grows_with_the_attempts_and_stays_within_its_bounds(retries: int) -> None:
    assert 1_500 <= back_off_ms(retries) <= 180_000


def test_later_attempts_wait_longer() -> None:
    assert max(back_off_ms(3) for _ in range(50)) < min(back_off_ms(1) for _ in range(50))


def test_pauses_differ_so_that_failures_do_not_return_together() -> None:
    assert len({back_off_ms(3) for _ in range(50)}) > 10


def test_a_business_error_becomes_the_bpmn_error_of_its_code() -> None:
    assert throw_for(BusinessError("already-started", "開始済みです")) == Throw(
        code="already-started", message="開始済みです"
    )


def test_input_errors_become_one_bpmn_error_that_names_every_field() -> None:
    several = InputErrors([InputError("期限", "日付ではありません"), InputError("課", "ありません")])
    assert throw_for(several) == Throw(code="input-error", message="期限: 日付ではありません\n課: ありません")


@pytest.mark.parametrize(
    "decision",
    [Complete(), Complete(variables={"caseId": "a", "n": [1, None, {"x": True}]}), Throw(code="c", message="文")],
)
def test_a_stored_outcome_is_recalled_as_it_was(decision: Complete | Throw) -> None:
    assert load_outcome(dump_outcome(decision)) == decision


@pytest.mark.parametrize(
    "result",
    [
        None,
        [],
        "text",
        {1: "a"},
        {"a": object()},
        {"a": {1, 2}},
        {"a": b"bytes"},
        {"a": math.nan},
        {"a": math.inf},
        {"a": "\ud800"},
        {"a": "x" * MAX_RESULT_BYTES},
    ],
)
def test_a_result_that_the_engine_could_not_take_is_an_incident_before_the_commit(result: Any) -> None:
    with pytest.raises(PermanentError, match="record-offer"):
        complete_with(result, job_type="record-offer")


def test_a_result_that_refers_to_itself_is_an_incident() -> None:
    result: dict[str, Any] = {}
    result["self"] = result
    with pytest.raises(PermanentError, match="JSON"):
        complete_with(result, job_type="record-offer")


def test_a_good_result_completes_the_job() -> None:
    assert complete_with({"caseId": "さくら-1"}, job_type="open-case") == Complete(variables={"caseId": "さくら-1"})
