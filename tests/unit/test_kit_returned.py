"""What counts as "came back", and which tasks the kit watches: it would prove nothing if it let losses pass."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit.returned import ReturnedInputs, holds, tasks
from workers.trial.happened import UserTask
from workers.trial.records import Records

_TASK = "common-agreement-signing/Task_SignAgreement"


@pytest.mark.parametrize(
    ("shown", "typed"),
    [
        ("市役所", "市役所"),
        (None, ""),
        ([], None),
        (["1", "2"], ["1", "2"]),
        ([{"number": 1, "title": "見守り", "comment": ""}], [{"number": 1, "comment": None}]),
        ([{"a": 2}, {"a": 1}], [{"a": 1}]),
        ([{"number": 1}], [{"number": 99, "comment": "一覧にない"}]),
        ({"number": "第1号", "class": "mayor"}, {"number": "第1号"}),
    ],
)
def test_what_was_typed_is_shown(shown: Any, typed: Any) -> None:
    """Rows may know more than was typed, and nothing is as empty as an empty text."""
    assert holds(shown, typed)


@pytest.mark.parametrize(
    ("shown", "typed"),
    [
        (None, "市役所"),
        ("市役所", ""),
        (["1"], ["1", "2"]),
        ([{"title": "見守り"}], []),
        ([], [{"number": 1, "comment": "広げたい"}]),
        ([{"number": 1, "comment": ""}], [{"number": 1, "comment": "広げたい"}]),
        ("2026-06-08", "令和8年6月8日"),
    ],
)
def test_what_was_lost_or_changed_is_not(shown: Any, typed: Any) -> None:
    """What was emptied has to stay empty, too."""
    assert not holds(shown, typed)


def _task(shown: dict[str, Any], *, instance: int = 1, name: str = _TASK) -> UserTask:
    process, element = name.split("/")
    return UserTask(
        key=1,
        element_id=element,
        process_id=process,
        process_instance_key=instance,
        element_instance_key=2,
        form_key=None,
        candidate_groups=[],
        candidate_users=[],
        due_date=None,
        follow_up_date=None,
        assignee="",
        visible=lambda: shown,
    )


def test_a_task_that_forgets_is_told_by_name() -> None:
    """The first visit proves nothing, the second has to show everything."""
    watched = ReturnedInputs()
    watched.completing(Records(), _task({}), {"place": "市役所", "signedOn": "2026-06-08"})
    assert watched.returned == set()
    with pytest.raises(AssertionError, match=f"{_TASK} .*place"):
        watched.completing(Records(), _task({"signedOn": "2026-06-08"}), {})


def test_a_task_that_remembers_counts_as_returned() -> None:
    """In the same process instance; another instance is another case."""
    watched = ReturnedInputs()
    watched.completing(Records(), _task({}), {"place": "市役所"})
    watched.completing(Records(), _task({}, instance=9), {"place": "保健所"})
    assert watched.returned == set()
    watched.completing(Records(), _task({"place": "市役所"}), {})
    assert watched.returned == {_TASK}


def test_a_part_that_is_called_again_is_watched_for_what_it_is_handed() -> None:
    """The signing part gets the terms of the last time; the survey part begins anew."""
    assert {"agreementTerms", "signature"} <= tasks()[_TASK].handed
    assert not tasks()["common-department-survey/Task_ManageSurvey"].handed & {"surveyOrder"}


def test_the_watched_tasks_are_those_that_a_token_comes_back_to() -> None:
    """Derived from the diagrams."""
    assert tasks()[_TASK].returnable
    assert not tasks()["common-renewal-watch/Task_LookAtFailures"].returnable
