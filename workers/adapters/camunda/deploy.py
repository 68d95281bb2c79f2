"""Deploys many files in one call, so that references with ``bindingType="deployment"`` find each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import grpc
from pyzeebe.proto.gateway_pb2 import DeployResourceRequest, DeployResourceResponse, Resource
from pyzeebe.proto.gateway_pb2_grpc import GatewayStub

from workers.errors import InputError, PermanentError, RetryableError

_DEADLINE_SECONDS = 60
_PASSING = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.CANCELLED,
}

Kind = Literal["process", "decision", "form"]


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """A definition that the engine has now. ``resource``: the file's name."""

    kind: Kind
    id: str
    key: int
    version: int
    resource: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The engine's answer to one call; ``key`` names the call."""

    key: int
    definitions: list[Deployed]

    @property
    def changed(self) -> bool:
        """Whether the call made new versions.

        The engine compares each file with the latest version of its id. One that differs makes new versions of all;
        if none does, nothing happens and the answer holds the keys of the latest versions. Keys only grow, and the
        call's is drawn first: measured on 8.6.0 and 8.8.21.
        """
        return any(found.key > self.key for found in self.definitions)


async def deploy(channel: grpc.aio.Channel, files: Mapping[str, bytes]) -> Answer:
    """Deploy files (name → content) in one call and return all definitions with their keys.

    Raises InputError with the engine's reasons when it refuses a file, RetryableError when it does not answer,
    PermanentError for anything else, such as a missing permission.
    """
    request = DeployResourceRequest(resources=[Resource(name=name, content=files[name]) for name in sorted(files)])
    try:
        response = await GatewayStub(channel).DeployResource(request, timeout=_DEADLINE_SECONDS)
    except grpc.aio.AioRpcError as error:
        raise _as_ours(error) from error
    return Answer(key=response.key, definitions=list(_definitions(response)))


def _definitions(response: DeployResourceResponse) -> Iterator[Deployed]:
    graphs = [found.decisionRequirements for found in response.deployments if found.HasField("decisionRequirements")]
    files = {graph.decisionRequirementsKey: graph.resourceName for graph in graphs}
    for found in response.deployments:
        if found.HasField("process"):
            p = found.process
            yield _made("process", p.bpmnProcessId, p.processDefinitionKey, p.version, p.resourceName)
        elif found.HasField("decision"):
            d = found.decision
            yield _made("decision", d.dmnDecisionId, d.decisionKey, d.version, files[d.decisionRequirementsKey])
        elif found.HasField("form"):
            f = found.form
            yield _made("form", f.formId, f.formKey, f.version, f.resourceName)


def _made(kind: Kind, id_: str, key: int, version: int, resource: str) -> Deployed:
    return Deployed(kind=kind, id=id_, key=key, version=version, resource=resource)


def _as_ours(error: grpc.aio.AioRpcError) -> InputError | RetryableError | PermanentError:
    if error.code() is grpc.StatusCode.INVALID_ARGUMENT:
        return InputError("配備", f"エンジンが図を受け付けませんでした: {error.details()}")
    if error.code() in _PASSING:
        return RetryableError(f"エンジンにつながらず、配備できませんでした（{error.code().name}）")
    return PermanentError(f"配備できませんでした（{error.code().name}）")
