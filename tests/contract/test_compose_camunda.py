"""Every setting that we give to Camunda 8.9 against what Camunda documents; nothing else is set.

Sources: [dist] Camunda's own compose files for 8.9 (camunda/camunda-distributions); [docs] the property reference and
the authorization pages of docs.camunda.io for 8.9; [image] the image's Dockerfile; [spring] Spring Boot's reference.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.kit.compose import CAMUNDA_FILE, ROOT, compose, flatten, load_yaml, read_env_file, references, secret_names

ADMIN = "${CAMUNDA_ADMIN_USER}"
WORKER = "${CAMUNDA_WORKER_USER}"

# Key (camelCase and kebab-case are the same to Spring) -> the one value for production, and the key's source.
FACTS: dict[str, tuple[Any, str]] = {
    "spring.config.import": ("configtree:/run/secrets/", "spring"),
    "server.forwardheadersstrategy": ("native", "spring"),
    "camunda.license.key": ("${camunda_license_key}", "docs"),
    "camunda.backup.webapps.enabled": (False, "dist"),
    "camunda.processinstancecreation.businessiduniquenessenabled": (True, "docs"),
    "camunda.security.authentication.method": ("basic", "dist"),
    "camunda.security.authentication.unprotectedapi": (False, "dist, docs: required for authorizations"),
    "camunda.security.authorizations.enabled": (True, "dist"),
    "camunda.security.initialization.users[0].username": (ADMIN, "dist"),
    "camunda.security.initialization.users[0].password": ("${camunda_admin_password}", "dist"),
    "camunda.security.initialization.users[0].name": ("システム管理者", "dist"),
    "camunda.security.initialization.users[0].email": ("${CAMUNDA_ADMIN_EMAIL}", "dist"),
    "camunda.security.initialization.users[1].username": (WORKER, "dist"),
    "camunda.security.initialization.users[1].password": ("${renkei_camunda_password}", "dist"),
    "camunda.security.initialization.users[1].name": ("renkei", "dist"),
    "camunda.security.initialization.users[1].email": ("${CAMUNDA_ADMIN_EMAIL}", "dist"),
    "camunda.security.initialization.defaultroles.admin.users[0]": (ADMIN, "dist"),
    "camunda.data.secondarystorage.type": ("rdbms", "dist"),
    "camunda.data.secondarystorage.rdbms.url": ("jdbc:postgresql://postgres:5432/camunda", "dist"),
    "camunda.data.secondarystorage.rdbms.username": ("camunda", "dist"),
    "camunda.data.secondarystorage.rdbms.password": ("${camunda_db_password}", "dist"),
    "camunda.data.secondarystorage.rdbms.flushinterval": ("PT0.5S", "dist"),
    "camunda.data.secondarystorage.rdbms.history.defaulthistoryttl": ("P30D", "docs"),
}
AUTHORIZATION_KEYS = {"ownerType", "ownerId", "resourceType", "resourceId", "permissions"}
# [docs] the permissions that exist for the resource types that we use.
PERMISSIONS = {
    "RESOURCE": {"CREATE", "READ", "DELETE_DRD", "DELETE_FORM", "DELETE_PROCESS", "DELETE_RESOURCE"},
    "PROCESS_DEFINITION": {
        "CANCEL_PROCESS_INSTANCE",
        "CLAIM_USER_TASK",
        "COMPLETE_USER_TASK",
        "CREATE_PROCESS_INSTANCE",
        "DELETE_PROCESS_INSTANCE",
        "MODIFY_PROCESS_INSTANCE",
        "READ_PROCESS_DEFINITION",
        "READ_PROCESS_INSTANCE",
        "READ_USER_TASK",
        "UPDATE_PROCESS_INSTANCE",
        "UPDATE_USER_TASK",
    },
    "MESSAGE": {"CREATE", "READ"},
}
PORTS = {26500: "gRPC", 8080: "web and REST", 9600: "management"}  # [dist]
# [dist] data and configuration; [image] the other folders that the image declares as volumes.
WRITABLE = {
    "/usr/local/camunda/data",
    "/usr/local/camunda/camunda-data",
    "/usr/local/camunda/logs",
    "/usr/local/camunda/documents",
    "/driver-lib",
    "/tmp",  # noqa: S108 (a path inside the container)
}
CONFIGURATION = "/usr/local/camunda/config/application.yaml"


@pytest.fixture
def service() -> dict[str, Any]:
    return dict(compose(read_env_file(ROOT / ".env.example"))["services"]["orchestration"])


@pytest.fixture
def settings() -> dict[str, Any]:
    return dict(load_yaml(CAMUNDA_FILE))


def test_every_camunda_setting_is_a_documented_one_with_the_value_for_production(settings: dict[str, Any]) -> None:
    flat = {key: value for key, value in flatten(settings).items() if ".authorizations[" not in key}
    assert flat == {key: value for key, (value, _) in FACTS.items()}


def test_a_misspelt_camunda_setting_would_be_noticed(settings: dict[str, Any]) -> None:
    settings["camunda"]["security"]["authorization"] = {"enabled": True}
    assert set(flatten(settings)) - set(FACTS) >= {"camunda.security.authorization.enabled"}


def test_the_workers_user_gets_existing_permissions_and_no_more_than_it_uses(settings: dict[str, Any]) -> None:
    granted = settings["camunda"]["security"]["initialization"]["authorizations"]
    assert {grant["resourceType"] for grant in granted} == set(PERMISSIONS)
    for grant in granted:
        assert set(grant) == AUTHORIZATION_KEYS
        assert (grant["ownerType"], grant["ownerId"], grant["resourceId"]) == ("USER", WORKER, "*")
        assert set(grant["permissions"]) <= PERMISSIONS[grant["resourceType"]]
        assert not [name for name in grant["permissions"] if name.startswith(("DELETE", "MODIFY", "CANCEL"))]


def test_every_placeholder_is_a_mounted_secret_or_an_environment_variable(
    settings: dict[str, Any], service: dict[str, Any]
) -> None:
    names = {name for name, _, _ in references(settings)}
    secrets = secret_names(service)
    assert names - secrets - set(service["environment"]) == set()
    assert secrets <= names, "a secret that Camunda does not read is mounted"


def test_every_password_is_a_secret(settings: dict[str, Any], service: dict[str, Any]) -> None:
    passwords = [value for key, value in flatten(settings).items() if key.endswith("password")]
    assert len(passwords) == 3
    for value in passwords:
        match = re.fullmatch(r"\$\{(\w+)\}", value)
        assert match, "a password stands in the file"
        assert match[1] in secret_names(service)


def test_camunda_and_the_workers_mean_the_same_user(service: dict[str, Any]) -> None:
    worker = compose(read_env_file(ROOT / ".env.example"))["services"]["renkei-worker"]
    assert service["environment"]["CAMUNDA_WORKER_USER"] == worker["environment"]["RENKEI_CAMUNDA_USER"]
    assert "renkei_camunda_password" in secret_names(service) & secret_names(worker)


def test_camunda_runs_the_pinned_version_as_its_own_user(service: dict[str, Any]) -> None:
    services = compose()["services"]
    assert service["image"] == services["camunda-data-init"]["image"] == "camunda/camunda:8.9.26"
    assert service["user"] == "1001:1001"


def test_camunda_publishes_only_documented_ports_and_no_management_port(service: dict[str, Any]) -> None:
    published = {int(port.rsplit(":", 1)[1]) for port in service["ports"]}
    assert published <= set(PORTS)
    assert 9600 not in published, "the management port knows no login"


def test_camunda_mounts_only_documented_paths_and_keeps_its_data(service: dict[str, Any]) -> None:
    mounts = dict(volume.split(":")[1::-1] for volume in service["volumes"])
    assert mounts["/usr/local/camunda/data"] == "camunda-data"
    assert mounts[CONFIGURATION].endswith(str(CAMUNDA_FILE.relative_to(ROOT)))
    targets = set(mounts) | {entry.split(":")[0] for entry in service["tmpfs"]}
    assert targets - {CONFIGURATION} <= WRITABLE


def test_every_volume_of_the_image_is_mounted_so_that_a_read_only_camunda_can_write(service: dict[str, Any]) -> None:
    memory = dict(entry.split(":") for entry in service["tmpfs"])
    targets = {volume.split(":")[1] for volume in service["volumes"]} | set(memory)
    assert WRITABLE - {"/usr/local/camunda/camunda-data"} <= targets  # camunda-data is H2's
    assert "exec" in memory["/tmp"].split(","), "RocksDB could not load its library"  # noqa: S108 (inside the container)


def test_the_init_service_gives_the_data_to_camundas_user() -> None:
    init = compose()["services"]["camunda-data-init"]
    assert init["user"] == "0:0"
    assert "chown -R 1001:1001 /usr/local/camunda/data" in init["entrypoint"][2]
    assert init["volumes"] == ["camunda-data:/usr/local/camunda/data"]
    depends = compose()["services"]["orchestration"]["depends_on"]
    assert depends["camunda-data-init"]["condition"] == "service_completed_successfully"


def test_camunda_and_its_cron_timers_live_in_japanese_time(service: dict[str, Any]) -> None:
    assert service["environment"]["TZ"] == "Asia/Tokyo"
    assert "-Duser.timezone=Asia/Tokyo" in service["environment"]["JAVA_TOOL_OPTIONS"].split()


@contextmanager
def management(status: HTTPStatus) -> Iterator[tuple[int, list[str]]]:
    """Serve one status at every path; yields the port and the paths that were asked for."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_port, paths
    finally:
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()


def ask(service: dict[str, Any], port: int) -> int:
    """Run the health check of the compose file against another port."""
    test = service["healthcheck"]["test"]
    assert test[:3] == ["CMD", "bash", "-c"]
    assert "/127.0.0.1/9600" in test[3]
    bash = shutil.which("bash")
    assert bash
    script = test[3].replace("/127.0.0.1/9600", f"/127.0.0.1/{port}")
    return subprocess.run([bash, "-c", script], capture_output=True, timeout=10, check=False).returncode


def test_camundas_health_check_follows_the_status_of_the_management_port(service: dict[str, Any]) -> None:
    with management(HTTPStatus.OK) as (port, paths):
        assert ask(service, port) == 0
    assert paths == ["/actuator/health/status"]
    with management(HTTPStatus.SERVICE_UNAVAILABLE) as (port, _):
        assert ask(service, port) != 0
    assert ask(service, port) != 0, "nobody listens any more"
