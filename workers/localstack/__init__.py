"""The local stack: Camunda 8.6 with Operate and Tasklist, OpenSearch, a mail sink and the workers, without Docker."""

from workers.localstack.components import Options
from workers.localstack.control import PartStatus, Stack, StackStatus
from workers.localstack.errors import StackError

__all__ = ["Options", "PartStatus", "Stack", "StackError", "StackStatus"]
