"""One OpenSearch node for Operate and Tasklist, on the machine's own Java."""

from __future__ import annotations

import os
from pathlib import Path

from workers.localstack.java import java_options, system_java
from workers.localstack.launch import Launch
from workers.localstack.ports import HOST, Ports

CLUSTER = "camunda"
REFRESH_INTERVAL = "200ms"
"""How soon a written document is found. A second by default, twice on a task's way to Tasklist."""
_MAIN_CLASS = "renkei.LocalOpenSearch"
_CONFIG = """\
network.host: {host}
transport.port: {transport}
discovery.type: single-node
cluster.default.index.refresh_interval: {refresh}
# The defaults are shares of the disk: on a large disk they stop writing while many gigabytes are free.
cluster.routing.allocation.disk.watermark.low: 800mb
cluster.routing.allocation.disk.watermark.high: 600mb
cluster.routing.allocation.disk.watermark.flood_stage: 400mb
"""
_LOGGING = """\
status = error
appender.file.type = RollingFile
appender.file.name = file
appender.file.fileName = ${sys:opensearch.logs.base_path}/opensearch.log
appender.file.filePattern = ${sys:opensearch.logs.base_path}/opensearch.log.%i
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d{yyyy-MM-dd HH:mm:ss.SSS} %-5level [%t] %logger{1.} - %msg%n
appender.file.policies.type = Policies
appender.file.policies.size.type = SizeBasedTriggeringPolicy
appender.file.policies.size.size = 20MB
appender.file.strategy.type = DefaultRolloverStrategy
appender.file.strategy.max = 3
rootLogger.level = info
rootLogger.appenderRef.file.ref = file
"""


def command(  # noqa: PLR0913 (one keyword for each folder)
    jars: tuple[Path, ...], launcher: Path, ports: Ports, data: Path, logs: Path, *, heap: str = "1g"
) -> Launch:
    """Return how to start OpenSearch; writes its configuration into ``data/config``.

    Args:
        jars: From ``distribution.opensearch_jars``.
        launcher: From ``helpers.opensearch_launcher``.
        ports: ``opensearch`` (HTTP) and ``opensearch_transport`` are used, on 127.0.0.1.
        data: Its folder; kept between starts.
        logs: Folder of ``opensearch.log``.
        heap: Largest Java heap.

    Raises:
        StackError: The machine has no suitable Java.
    """
    config = data / "config"
    config.mkdir(parents=True, exist_ok=True)
    (config / "opensearch.yml").write_text(
        _CONFIG.format(host=HOST, transport=ports.opensearch_transport, refresh=REFRESH_INTERVAL), encoding="utf-8"
    )
    (config / "log4j2.properties").write_text(_LOGGING, encoding="utf-8")
    argv = (
        str(system_java()),
        *java_options(heap=heap, quick=True),
        *(_MAIN_CLASS, "-basePath", str(data), "-confPath", str(config), "-dataPath", str(data / "data")),
        *("-logsPath", str(logs), "-numOfNode", "1", "-clusterName", CLUSTER),
        *("-baseHttpPort", str(ports.opensearch - 1)),  # the runner adds the node's number, 1
    )
    # The class path stands in the environment: as an argument it would hide the rest in every process list.
    return Launch(argv, {"CLASSPATH": os.pathsep.join(str(jar) for jar in (launcher, *jars))}, data)
