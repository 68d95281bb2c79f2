"""Operate and Tasklist in one Java process.

The broker cannot join them in it: Tasklist's own call of the broker's REST API would meet the web login.
"""

from __future__ import annotations

from pathlib import Path

from workers.localstack.broker import RECORD_PREFIX, camunda_argv
from workers.localstack.launch import Launch
from workers.localstack.opensearch import CLUSTER, REFRESH_INTERVAL
from workers.localstack.ports import HOST, Ports


def command(  # noqa: PLR0913 (one keyword for each file)
    home: Path, ports: Ports, data: Path, *, log: Path, agent: Path, before: tuple[Path, ...] = (), heap: str = "768m"
) -> Launch:
    """Return how to start Operate and Tasklist; user and password are ``demo``.

    Args:
        home: From ``distribution.camunda_home``.
        ports: ``web``, ``web_management``, ``web_cluster`` are opened on 127.0.0.1; the rest says where broker and
            OpenSearch are.
        data: Working folder.
        log: Log file; rolled at 20 MB.
        agent: From ``helpers.broker_agent``.
        before: The jar of ``helpers.tasklist_schema``, where the indices are to be made with it.
        heap: Largest Java heap.
    """
    settings = {
        "SPRING_PROFILES_ACTIVE": "operate,tasklist,auth",
        "SERVER_ADDRESS": HOST,
        "SERVER_PORT": str(ports.web),
        "MANAGEMENT_SERVER_ADDRESS": HOST,
        "MANAGEMENT_SERVER_PORT": str(ports.web_management),
        # Not documented: with these profiles Camunda joins Zeebe's cluster as a gateway, which opens a port too.
        "ZEEBE_GATEWAY_CLUSTER_HOST": HOST,
        "ZEEBE_GATEWAY_CLUSTER_PORT": str(ports.web_cluster),
        "CAMUNDA_DATABASE_TYPE": "opensearch",
        "CAMUNDA_DATABASE_URL": _opensearch(ports),
        "CAMUNDA_DATABASE_CLUSTERNAME": CLUSTER,
        "CAMUNDA_TASKLIST_ZEEBE_RESTADDRESS": f"http://{HOST}:{ports.rest}",
        **_application("OPERATE", ports, backoff="1000"),
        **_application("TASKLIST", ports, backoff="200"),
        # A second by default, in which a clerk looks at an empty list.
        "CAMUNDA_TASKLIST_OPENSEARCH_REFRESHINTERVAL": REFRESH_INTERVAL,
    }
    return Launch(camunda_argv(home, log, heap=heap, quick=True, agent=agent, before=before), settings, data)


def _application(name: str, ports: Ports, *, backoff: str) -> dict[str, str]:
    prefix = f"CAMUNDA_{name}"
    return {
        f"{prefix}_DATABASE": "opensearch",
        f"{prefix}_OPENSEARCH_URL": _opensearch(ports),
        f"{prefix}_OPENSEARCH_CLUSTERNAME": CLUSTER,
        f"{prefix}_ZEEBEOPENSEARCH_URL": _opensearch(ports),
        f"{prefix}_ZEEBEOPENSEARCH_CLUSTERNAME": CLUSTER,
        f"{prefix}_ZEEBEOPENSEARCH_PREFIX": RECORD_PREFIX,
        f"{prefix}_ZEEBE_GATEWAYADDRESS": f"{HOST}:{ports.gateway}",
        f"{prefix}_ARCHIVERENABLED": "false",  # the archiver asks for an OpenSearch plugin that is not there, and dies
        # Five seconds by default, each: a clerk who waits for the next task takes it for lost.
        f"{prefix}_IMPORTER_SCHEDULERBACKOFF": backoff,
        f"{prefix}_IMPORTER_READERBACKOFF": backoff,
    }


def _opensearch(ports: Ports) -> str:
    return f"http://{HOST}:{ports.opensearch}"
