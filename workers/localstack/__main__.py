"""``python -m workers.localstack``: fetch everything that the local stack needs, without starting it."""

from __future__ import annotations

import sys

from workers.localstack.distribution import camunda_home
from workers.localstack.errors import StackError
from workers.localstack.helpers import broker_agent, opensearch_launcher, tasklist_schema
from workers.localstack.java import system_java
from workers.localstack.progress import Reporter
from workers.settings import Settings


def main() -> int:
    """Fetch; return the exit code."""
    settings, reporter = Settings(), Reporter()
    try:
        system_java()
        camunda_home(settings, reporter)
        broker_agent(settings, reporter)
        opensearch_launcher(settings, reporter)
        tasklist_schema(settings, reporter)
    except StackError as error:
        reporter.note(error.message)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
