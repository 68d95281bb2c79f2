"""The local stack: Camunda 8.6 with Operate and Tasklist, OpenSearch, a mail sink and the workers, without Docker."""

from workers.runtime.stack.components import Options
from workers.runtime.stack.control import PartStatus, Stack, StackStatus
from workers.runtime.stack.errors import StackError

__all__ = ["Options", "PartStatus", "Stack", "StackError", "StackStatus"]
