"""The Zeebe broker with its gateway, alone: needs no OpenSearch, up in about ten seconds.

Tests start one of their own with :func:`command` and ports of their own; the stack adds the exporter to OpenSearch.
"""

from __future__ import annotations

from pathlib import Path

from workers.localstack.java import camunda_java, java_options
from workers.localstack.launch import Launch
from workers.localstack.ports import HOST, Ports

RECORD_PREFIX = "zeebe-record"
_MAIN_CLASS = "io.camunda.application.StandaloneCamunda"
_LOGGING = Path(__file__).with_name("log4j2.xml")


def command(  # noqa: PLR0913 (one keyword for each thing that a test sets)
    home: Path,
    ports: Ports,
    data: Path,
    *,
    log: Path,
    clock_controlled: bool = False,
    heap: str = "512m",
    quick: bool = False,
    agent: Path | None = None,
) -> Launch:
    """Return how to start a broker.

    Args:
        home: Unpacked distribution, from ``distribution.camunda_home``.
        ports: ``gateway`` (gRPC), ``rest``, ``management``, ``command``, ``internal`` are used; all on 127.0.0.1.
        data: Folder of the broker's data; kept between starts.
        log: Log file; rolled at 20 MB.
        clock_controlled: Let ``POST :management/actuator/clock/add {"offsetMilli": n}`` move the engine's time.
        heap: Largest Java heap.
        quick: Start faster, run slower: see ``java.java_options``.
        agent: ``helpers.broker_agent``; without it Zeebe's gossip socket (UDP, ``internal``) is open to the network,
            and some failed jobs never come back.

    Ready when ``/v2/topology`` on the REST port names a healthy partition. SIGTERM stops it in about a second.
    Exporters are added by their environment: ``.with_env(opensearch_exporter(url))``.
    """
    env = {
        "SPRING_PROFILES_ACTIVE": "broker",
        "SERVER_ADDRESS": HOST,
        "SERVER_PORT": str(ports.rest),
        "MANAGEMENT_SERVER_ADDRESS": HOST,
        "MANAGEMENT_SERVER_PORT": str(ports.management),
        "ZEEBE_BROKER_NETWORK_HOST": HOST,
        "ZEEBE_BROKER_NETWORK_COMMANDAPI_PORT": str(ports.command),
        "ZEEBE_BROKER_NETWORK_INTERNALAPI_PORT": str(ports.internal),
        "ZEEBE_BROKER_GATEWAY_NETWORK_HOST": HOST,
        "ZEEBE_BROKER_GATEWAY_NETWORK_PORT": str(ports.gateway),
        "ZEEBE_BROKER_DATA_DIRECTORY": str(data),
        # The defaults stop the broker silently below 2 GB free; `up` refuses a full disk with a clear line instead.
        "ZEEBE_BROKER_DATA_DISK_FREESPACE_PROCESSING": "512MB",
        "ZEEBE_BROKER_DATA_DISK_FREESPACE_REPLICATION": "256MB",
        # 15 s by default: a busy machine of two cores takes longer to deploy a whole pack, and the deployment fails.
        "ZEEBE_BROKER_GATEWAY_CLUSTER_REQUESTTIMEOUT": "60s",
        "ZEEBE_CLOCK_CONTROLLED": str(clock_controlled).lower(),
    }
    return Launch(camunda_argv(home, log, heap=heap, quick=quick, agent=agent), env, data.parent)


def camunda_argv(  # noqa: PLR0913 (all but the folders by name)
    home: Path, log: Path, *, heap: str, quick: bool, agent: Path | None = None, before: tuple[Path, ...] = ()
) -> tuple[str, ...]:
    """Return the command line of ``bin/camunda``, without its shell script, so that the pid is Java's own.

    ``before``: jars that stand before Camunda's own on the class path.
    """
    return (
        str(camunda_java()),
        *java_options(heap=heap, quick=quick),
        *((f"-javaagent:{agent}",) if agent else ()),
        f"-Dlog4j2.configurationFile={_LOGGING}",
        f"-Drenkei.log={log}",
        f"-Dapp.home={home}",
        f"-Dbasedir={home}",
        "-classpath",
        ":".join([*map(str, before), str(home / "config"), f"{home / 'lib'}/*"]),
        _MAIN_CLASS,
    )


def opensearch_exporter(url: str) -> dict[str, str]:
    """Return the environment that exports every record to OpenSearch, for Operate and Tasklist."""
    prefix = "ZEEBE_BROKER_EXPORTERS_OPENSEARCH"
    return {
        f"{prefix}_CLASSNAME": "io.camunda.zeebe.exporter.opensearch.OpensearchExporter",
        f"{prefix}_ARGS_URL": url,
        f"{prefix}_ARGS_BULK_DELAY": "1",
        f"{prefix}_ARGS_INDEX_PREFIX": RECORD_PREFIX,
        # A thousand by default, thus once a second at most: few records are soon written, many in large parts.
        f"{prefix}_ARGS_BULK_SIZE": "20",
    }
