"""A job as the engine delivers it, for tests of what takes and runs jobs."""

from __future__ import annotations

from types import MappingProxyType

from pyzeebe import Job


def job(key: int = 7, *, retries: int = 3) -> Job:
    """Return a job of the type ``do-it``."""
    return Job(
        key=key,
        type="do-it",
        process_instance_key=1,
        bpmn_process_id="p",
        process_definition_version=1,
        process_definition_key=2,
        element_id="Task_DoIt",
        element_instance_key=3,
        custom_headers=MappingProxyType({"template": "offer"}),
        worker="w",
        retries=retries,
        deadline=0,
        variables=MappingProxyType({"caseId": "c-1"}),
    )
