"""Starts process instances: through gRPC, or through REST where the engine takes a business id (8.9 and newer).

Tasklist shows the business id on its cards and finds tasks by it; pyzeebe's call has no place for it.
"""

from __future__ import annotations

import re

from pyzeebe.errors import ProcessDefinitionNotFoundError, ZeebeError

from workers.adapters.camunda.gateway import open_channel, probe, zeebe_client
from workers.adapters.camunda.rest import RestClient, UnknownProcessError
from workers.errors import RetryableError
from workers.settings import Settings

_BUSINESS_ID_SINCE = (8, 9)


async def start_case(settings: Settings, process_id: str, case_id: str) -> None:
    """Start an instance of the newest version for a case; its number is the business id where there is one.

    Raises UnknownProcessError where the process was never deployed, AlreadyStartedError where the engine knows that the
    case runs, RetryableError when the engine does not answer.
    """
    variables = {"caseId": case_id}
    async with open_channel(settings) as channel:
        client = zeebe_client(channel)
        if takes_business_id((await probe(client)).gateway_version or ""):
            async with RestClient.from_settings(settings) as rest:
                await rest.create_instance(process_id, variables, business_id=case_id)
            return
        try:
            await client.run_process(process_id, variables)
        except ProcessDefinitionNotFoundError as error:
            raise UnknownProcessError(process_id) from error
        except ZeebeError as error:
            raise RetryableError(f"Camunda につながりません（{type(error).__name__}）") from error


def takes_business_id(version: str) -> bool:
    """Tell whether an engine of this version (``8.9.26``) takes a business id; not for a version that says nothing."""
    numbers = re.match(r"(\d+)\.(\d+)", version)
    return numbers is not None and (int(numbers[1]), int(numbers[2])) >= _BUSINESS_ID_SINCE
