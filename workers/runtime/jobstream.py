"""A stream of jobs that ends at the engine, too, when it is no longer read."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import grpc
from pyzeebe import Job
from pyzeebe.errors import StreamActivateJobsRequestInvalidError
from pyzeebe.grpc_internals.zeebe_job_adapter import ZeebeJobAdapter
from pyzeebe.proto.gateway_pb2 import StreamActivatedJobsRequest
from pyzeebe.task.task import Task


async def stream_jobs(
    adapter: ZeebeJobAdapter, task: Task, *, worker: str, seconds: int, tenant_ids: list[str] | None
) -> AsyncGenerator[Job]:
    """Yield the jobs that the engine pushes, for ``seconds`` at most; errors as pyzeebe's ``stream_activate_jobs``.

    That one leaves the gRPC call open when it is closed: the engine goes on to push jobs to it, which nobody sees until
    their leases end.
    """
    call = adapter._gateway_stub.StreamActivatedJobs(  # noqa: SLF001 (pyzeebe keeps the call to itself)
        StreamActivatedJobsRequest(
            type=task.type,
            worker=worker,
            timeout=task.config.timeout_ms,
            fetchVariable=task.config.variables_to_fetch or [],
            tenantIds=tenant_ids or [],
        ),
        timeout=seconds,
    )
    try:
        async for raw in call:
            yield adapter._create_job_from_raw_job(raw)  # noqa: SLF001
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.INVALID_ARGUMENT:
            raise StreamActivateJobsRequestInvalidError(task.type, worker, task.config.timeout_ms) from error
        await adapter._handle_grpc_error(error)  # noqa: SLF001
    finally:
        call.cancel()
