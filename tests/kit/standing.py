"""The engine as a comparison after a restore asks it, by the broker's records; and records that go back with it."""

from __future__ import annotations

import copy
from typing import Any

from tests.kit.driver import EngineDriver
from workers.adapters.camunda.standing import WORK, Done, Root
from workers.trial.happened import State
from workers.trial.records import Records


class RecordedStanding:
    """What a broker's records tell of running instances and of what is done in them."""

    def __init__(self, driver: EngineDriver) -> None:
        self._records = driver.records

    async def roots(self) -> list[Root]:
        """Return the running instances that nobody called."""
        with self._records.snapshot():
            found = [i for i in self._records.instances.values() if i.state is State.ACTIVE and i.parent_key is None]
            return [
                Root(key=i.key, process_id=i.process_id, case_id=str(self._records.visible(i.key).get("caseId") or ""))
                for i in found
            ]

    async def state(self, key: int) -> str:
        """Return where an instance stands, empty where there is none."""
        with self._records.snapshot():
            found = self._records.instances.get(key)
        return found.state.value.upper() if found else ""

    async def done(self, root: int) -> list[Done]:
        """Return what is done in an instance and in what it called, oldest first."""
        with self._records.snapshot():
            tree = self._records.tree(root)
            parts = [e for e in self._records.elements.values() if e.process_instance_key in tree]
            found = [
                Done(
                    element_key=e.key,
                    element_id=e.element_id,
                    process_id=e.process_id,
                    instance=e.process_instance_key,
                    at=self._at(root, e.process_instance_key, e.element_id),
                )
                for e in parts
                if e.state is State.COMPLETED and e.type in WORK
            ]
        return sorted(found, key=lambda done: done.element_key)

    def _at(self, root: int, instance: int, element_id: str) -> str:
        while instance != root:
            called = self._records.instances[instance]
            caller = self._records.elements[called.parent_element_key or 0]
            instance, element_id = caller.process_instance_key, caller.element_id
        return element_id


def keep(records: Records) -> dict[str, Any]:
    """Return what records hold now, for :func:`rewind`."""
    with records.snapshot():
        return _copied(records)


def rewind(records: Records, kept: dict[str, Any]) -> None:
    """Let records hold what they held, as the engine's data will be those of that moment."""
    with records.snapshot():
        for name, value in copy.deepcopy(kept).items():
            held = getattr(records, name)
            held.clear()
            for key, item in value.items():
                held[key] = item


def _copied(records: Records) -> dict[str, Any]:
    """Return all that is kept by key as plain dictionaries; what several name stays one."""
    return copy.deepcopy({name: dict(value) for name, value in vars(records).items() if isinstance(value, dict)})
