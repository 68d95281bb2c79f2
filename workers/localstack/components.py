"""The parts of the local stack: what each is called, how it starts, when it is ready, in which order they stop."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workers.localstack import broker, opensearch, webapps
from workers.localstack.distribution import camunda_home, opensearch_jars
from workers.localstack.errors import StackError
from workers.localstack.helpers import broker_agent, opensearch_launcher, tasklist_schema
from workers.localstack.launch import Launch
from workers.localstack.ports import HOST, Ports
from workers.localstack.progress import Reporter
from workers.localstack.readiness import broker_ready, page_ready
from workers.settings import Settings

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Component:
    """One process of the stack. ``stage`` orders the stop: the lowest goes first."""

    name: str
    title: str
    ports: dict[int, str]
    launch: Callable[[], Launch]
    ready: Callable[[], bool]
    log: Path
    stage: int
    start_seconds: float
    stop_seconds: float
    url: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """What a caller may change: components left out, the engine's clock under the test's control, exporting."""

    clock_controlled: bool = False
    export: bool = True


def components(settings: Settings, options: Options, reporter: Reporter) -> dict[str, Component]:
    """Return every component by its name, in the order in which they are started and shown."""
    ports = Ports.shifted(settings.port_offset)
    parts = (
        _opensearch(settings, ports, reporter),
        _broker(settings, ports, options, reporter),
        _webapps(settings, ports, reporter),
        _mail(settings, ports),
        _worker(settings, ports),
        _pages(settings, ports),
    )
    return {part.name: part for part in parts}


def choose(available: dict[str, Component], names: list[str] | None) -> list[Component]:
    """Return the components called ``names``, all for None.

    Raises:
        StackError: An unknown name.
    """
    for name in names or []:
        if name not in available:
            raise StackError(f"{name}: そのような部品はありません（{'、'.join(available)}）。")
    return [part for part in available.values() if names is None or part.name in names]


def _opensearch(settings: Settings, ports: Ports, reporter: Reporter) -> Component:
    logs = settings.data / "logs"

    def launch() -> Launch:
        jars = opensearch_jars(settings, reporter)
        return opensearch.command(
            jars, opensearch_launcher(settings, reporter), ports, settings.data / "opensearch", logs
        )

    url = f"http://{HOST}:{ports.opensearch}"
    return Component(
        name="opensearch",
        title="OpenSearch",
        ports={ports.opensearch: "OpenSearch", ports.opensearch_transport: "OpenSearch の内部通信"},
        launch=launch,
        ready=lambda: page_ready(f"{url}/_cluster/health?wait_for_status=yellow&timeout=1s"),
        log=logs / "opensearch.log",
        stage=3,
        start_seconds=300,
        stop_seconds=30,
        url=url,
    )


def _broker(settings: Settings, ports: Ports, options: Options, reporter: Reporter) -> Component:
    log = settings.data / "logs" / "zeebe.log"

    def launch() -> Launch:
        command = broker.command(
            camunda_home(settings, reporter),
            ports,
            settings.data / "zeebe",
            log=log,
            clock_controlled=options.clock_controlled,
            quick=True,
            agent=broker_agent(settings, reporter),
        )
        if options.export:
            return command.with_env(broker.opensearch_exporter(f"http://{HOST}:{ports.opensearch}"))
        return command

    return Component(
        name="zeebe",
        title="Zeebe",
        ports={
            ports.gateway: "Zeebe の gRPC",
            ports.rest: "Zeebe の REST",
            ports.management: "Zeebe の管理",
            ports.command: "Zeebe の内部通信",
            ports.internal: "Zeebe の内部通信",
        },
        launch=launch,
        ready=lambda: broker_ready(ports),
        log=log,
        stage=2,
        start_seconds=300,
        stop_seconds=30,
        url=f"http://{HOST}:{ports.rest}",
    )


def _webapps(settings: Settings, ports: Ports, reporter: Reporter) -> Component:
    log = settings.data / "logs" / "webapps.log"
    url = f"http://{HOST}:{ports.web}"
    return Component(
        name="webapps",
        title="Operate と Tasklist",
        ports={
            ports.web: "Operate と Tasklist",
            ports.web_management: "Operate と Tasklist の管理",
            ports.web_cluster: "Operate と Tasklist の内部通信",
        },
        launch=lambda: webapps.command(
            camunda_home(settings, reporter),
            ports,
            settings.data,
            log=log,
            agent=broker_agent(settings, reporter),
            before=(tasklist_schema(settings, reporter),) if _schema_is_ours(settings.data / "opensearch") else (),
        ),
        ready=lambda: page_ready(f"{url}/tasklist") and page_ready(f"{url}/operate"),
        log=log,
        stage=1,
        start_seconds=420,
        stop_seconds=30,
        url=f"{url}/tasklist",
    )


def _schema_is_ours(opensearch: Path) -> bool:
    """Tell whether an index may have the repaired schema: Tasklist refuses to change that of an existing one."""
    marker = opensearch / "repaired-schema"
    if not (opensearch / "data").exists():
        opensearch.mkdir(parents=True, exist_ok=True)
        marker.touch()
    return marker.exists()


def _mail(settings: Settings, ports: Ports) -> Component:
    url = f"http://{HOST}:{ports.mail_page}"
    return Component(
        name="mail",
        title="メール受け",
        ports={ports.smtp: "SMTP", ports.mail_page: "メールの画面"},
        launch=lambda: _python(settings, "workers.localstack.mailsink"),
        ready=lambda: page_ready(f"{url}/healthz"),
        log=settings.data / "logs" / "mail.out.log",
        stage=1,
        start_seconds=60,
        stop_seconds=10,
        url=url,
    )


def _worker(settings: Settings, ports: Ports) -> Component:
    port = settings.health_port or ports.health
    return Component(
        name="worker",
        title="ワーカー",
        ports={port: "ワーカーの監視"},
        launch=lambda: _python(settings, "workers.cli", "worker"),
        ready=lambda: page_ready(f"http://{HOST}:{port}/readyz"),
        log=settings.data / "logs" / "worker.out.log",
        stage=0,
        start_seconds=120,
        stop_seconds=40,
        url=f"http://{HOST}:{port}/readyz",
    )


def _pages_url(settings: Settings) -> str:
    """Return the pages' address for mails: the configured one, or that of this machine."""
    port = settings.pages_port or Ports.shifted(settings.port_offset).pages
    return settings.pages_url or f"http://{HOST}:{port}"


def _pages(settings: Settings, ports: Ports) -> Component:
    port = settings.pages_port or ports.pages
    url = f"http://{HOST}:{port}"
    return Component(
        name="pages",
        title="職員の机と相手方の回答のページ",
        ports={port: "職員の机と相手方の回答のページ"},
        launch=lambda: _python(settings, "workers.cli", "pages"),
        ready=lambda: page_ready(f"{url}/healthz"),
        log=settings.data / "logs" / "pages.out.log",
        stage=0,
        start_seconds=120,
        stop_seconds=15,
        url=f"{url}/desk/",
    )


def _python(settings: Settings, module: str, *arguments: str) -> Launch:
    """Run one of our modules with the same settings, also from a checkout that is not installed."""
    env = {
        "RENKEI_HOME": str(settings.home),
        "RENKEI_DATA": str(settings.data),
        "RENKEI_CACHE": str(settings.cache),
        "RENKEI_PORT_OFFSET": str(settings.port_offset),
        "RENKEI_PAGES_URL": _pages_url(settings),
        "RENKEI_PACKS": json.dumps([str(pack) for pack in settings.packs]),
        "PYTHONPATH": str(_ROOT),
        "PYTHONUNBUFFERED": "1",
        "TZ": "Asia/Tokyo",
    }
    return Launch((sys.executable, "-m", module, *arguments), env, settings.data)
