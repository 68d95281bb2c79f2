"""Every task that the diagrams can return was returned once in this run, and showed all that was typed there before."""

from __future__ import annotations

import pytest

from tests.kit.returned import ReturnedInputs, tasks

pytestmark = pytest.mark.process


def test_the_run_returned_every_returnable_task_with_what_was_typed(returned_inputs: ReturnedInputs) -> None:
    """What each returned task showed is compared where a test completes it: see ``EngineDriver.complete_task``."""
    returnable = {name for name, task in tasks().items() if task.returnable}
    assert len(returnable) > 50
    assert sorted(returnable - returned_inputs.returned) == []
