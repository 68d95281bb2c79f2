"""A desk at which many cases are worked on at once."""

from __future__ import annotations

from typing import Any

from tests.kit.desk import BrokerDesk

CASE_SECONDS = 600.0


class CaseDesk(BrokerDesk):
    """Waits for its own case, not for the whole engine."""

    async def complete(self, task: str, group: str | None, answers: Any) -> None:
        """Complete the oldest open task of a kind once this case's jobs are done."""
        await self.driver.task(task, instance=self.instance, candidate=group)
        await self._rest()
        found = await self.driver.task(task, instance=self.instance, candidate=group)
        await self.driver.complete_task(found, dict(answers))
        self.completed.append(found)

    async def complete_all(self, task: str, answers: Any) -> None:
        """Complete the tasks of a kind, one after the other."""
        await self.driver.task(task, instance=self.instance)
        await self._rest()
        for waiting in self.driver.records.open_tasks(task, instance=self.instance):
            await self.complete(task, waiting.candidate_groups[0], answers)

    async def _rest(self) -> None:
        records, driver = self.driver.records, self.driver

        def quiet() -> bool:
            tree = records.tree(self.instance)
            jobs = records.unfinished_jobs(driver.served, driver.clock.millis())
            return not any(job.process_instance_key in tree for job in jobs)

        while True:
            await records.wait(quiet, timeout=CASE_SECONDS, what="the case at rest")
            await driver._barrier()
            if quiet():
                return
