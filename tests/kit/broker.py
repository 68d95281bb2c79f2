"""A throw-away broker of the tests: what is passed on it counts, and what is deployed is not deployed twice."""

from __future__ import annotations

from collections.abc import Mapping

from tests.kit.coverage import COVERAGE
from tests.kit.deployed import Deployed
from workers.trial import broker


class Broker(broker.Broker):
    """A broker whose records count for the run's coverage."""

    def __init__(
        self,
        *,
        heap: str = "512m",
        optimised: bool = False,
        followed: bool = True,
        env: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(heap=heap, optimised=optimised, followed=followed, env=env)
        self.deployed = Deployed(self.records)
        COVERAGE.follow(self.records)
