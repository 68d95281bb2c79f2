"""Rules of the production set-up: pinned images, health checks, closed ports, secrets in files, settings that exist."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import tomllib
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from tests.contract.test_compose_camunda import management
from tests.kit.compose import ROOT, compose, read_env_file, references, secret_names
from workers.settings import Settings

ENV = read_env_file(ROOT / ".env.example")
SERVICES: dict[str, Any] = compose(ENV)["services"]
ONE_SHOT = {"camunda-data-init", "renkei-deploy"}
OURS = {"renkei-deploy", "renkei-worker"}
FIELDS = {f"RENKEI_{name}".upper() for name in Settings.model_fields}
# These mean "the local stack" when they are left empty, so production has to set each of them.
NEEDED = {
    "RENKEI_DATABASE_URL",
    "RENKEI_GATEWAY_ADDRESS",
    "RENKEI_REST_ADDRESS",
    "RENKEI_TASKLIST_ADDRESS",
    "RENKEI_CAMUNDA_USER",
    "RENKEI_CAMUNDA_PASSWORD",
    "RENKEI_ENGINE_ID",
    "RENKEI_SMTP_HOST",
    "RENKEI_SMTP_PORT",
    "RENKEI_SMTP_TLS",
}

every_service = pytest.mark.parametrize("name", sorted(SERVICES))


def dockerfile() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions as (word, rest), comments dropped and continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [(word.upper(), rest.strip()) for word, _, rest in (line.partition(" ") for line in lines) if word]


@every_service
def test_every_image_is_pinned_to_a_version(name: str) -> None:
    tag = SERVICES[name]["image"].partition(":")[2]
    assert re.match(r"v?\d+\.\d+", tag), f"{name}: {tag!r} is no exact version"


@every_service
def test_every_service_has_a_health_check_or_ends_by_itself(name: str) -> None:
    service = SERVICES[name]
    if name in ONE_SHOT:
        assert service["restart"] == "no"
        users = [other["depends_on"][name] for other in SERVICES.values() if name in other.get("depends_on", {})]
        assert users == [{"condition": "service_completed_successfully"}]
    else:
        assert service["healthcheck"]["test"]
        assert service["restart"] == "unless-stopped"


@every_service
def test_services_wait_for_what_they_need_to_be_ready(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        wanted = "service_completed_successfully" if other in ONE_SHOT else "service_healthy"
        assert how["condition"] == wanted


@every_service
def test_every_published_port_is_on_the_loopback_address(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port), f"{name} publishes {port}"


@every_service
def test_every_service_is_confined(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert name == "camunda-data-init" or not service["user"].startswith("0"), "runs as root"
    assert "privileged" not in service


@every_service
def test_every_service_has_limits_for_memory_processors_processes_and_logs(name: str) -> None:
    service = SERVICES[name]
    assert {"cpus", "memory", "pids"} <= set(service["deploy"]["resources"]["limits"])
    assert service["logging"]["options"].keys() >= {"max-size", "max-file"}


@every_service
def test_every_service_lives_in_japanese_time(name: str) -> None:
    assert SERVICES[name]["environment"]["TZ"] == "Asia/Tokyo"


def test_every_named_volume_secret_and_network_is_declared_and_used() -> None:
    document = compose()
    services = document["services"].values()
    mounts = [entry.split(":") for service in services for entry in service.get("volumes", [])]
    assert {source for source, *_ in mounts if not source.startswith((".", "/"))} == set(document["volumes"])
    assert {name for service in services for name in secret_names(service)} == set(document["secrets"])
    assert {name for service in services for name in service.get("networks", [])} == set(document["networks"])
    for source, _, *mode in mounts:
        if source.startswith("."):
            assert (ROOT / source).exists()
            assert mode == ["ro"], f"{source} could be written"


def test_postgresql_has_no_way_out_and_no_published_port() -> None:
    assert compose()["networks"]["data"]["internal"] is True
    assert SERVICES["postgres"]["networks"] == ["data"]
    assert "ports" not in SERVICES["postgres"]


def test_no_secret_stands_in_a_committed_file() -> None:
    word = re.compile(r"password|passwd|secret|token|license|credential", re.IGNORECASE)
    for name, service in compose()["services"].items():
        for key, value in service["environment"].items():
            literal = word.search(key) and not str(value).startswith("/run/secrets/")
            assert not literal, f"{name}: {key} holds a secret"
            assert not re.search(r"://[^/@\s]+:[^/@\s]+@", str(value)), f"{name}: {key} holds a password"
    assert not [name for name in ENV if word.search(name)]
    for secret in compose()["secrets"].values():
        assert secret["file"].startswith("./secrets/")


def test_secrets_and_the_environment_file_are_never_committed_or_copied_into_the_image() -> None:
    for path in ("secrets/postgres_password", ".env"):
        ignored = subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT, check=False, timeout=30)
        assert ignored.returncode == 0, f"git would take {path}"
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert next(line for line in lines if not line.startswith("#")) == "*"
    assert not [line for line in lines if line.startswith("!") and ("secret" in line or ".env" in line)]


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_variable_of_the_workers_is_a_setting(name: str) -> None:
    service = SERVICES[name]
    given = {key for key in service["environment"] if key != "TZ"} | {key.upper() for key in secret_names(service)}
    assert given <= FIELDS
    assert given >= NEEDED


def test_the_example_and_the_compose_file_name_the_same_variables() -> None:
    used = {name for name, _, _ in references(compose())}
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"^(?:# )?([A-Z][A-Z_]+)=", text, flags=re.MULTILINE)) - {"COMPOSE_PROFILES"}
    assert named == used
    assert {name for name in named if name.startswith("RENKEI_")} <= FIELDS


def make_secrets(directory: Path) -> str:
    """Run the script that makes the secret files; returns what it printed."""
    script = ROOT / "docker" / "make-secrets.sh"
    return subprocess.run(
        [str(script), str(directory)], capture_output=True, text=True, check=True, timeout=30, cwd=directory.parent
    ).stdout


def test_the_script_makes_every_secret_closed_to_others_and_keeps_what_is_there(tmp_path: Path) -> None:
    directory = tmp_path / "secrets"
    make_secrets(directory)
    assert {path.name for path in directory.iterdir()} == set(compose()["secrets"])
    assert directory.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o444}
    before = {path.name: path.read_text(encoding="utf-8") for path in directory.iterdir()}
    passwords = [before[name] for name in sorted(before) if name.endswith("password") and "smtp" not in name]
    assert len(set(passwords)) == len(passwords) == 5
    assert all(re.fullmatch(r"[0-9a-f]{48}\n", password) for password in passwords)
    (directory / "camunda_admin_password").unlink()
    output = make_secrets(directory)
    after = {path.name: path.read_text(encoding="utf-8") for path in directory.iterdir()}
    assert {name for name in before if before[name] != after[name]} == {"camunda_admin_password"}
    assert not [password for password in passwords if password.strip() in output], "a password was printed"


def test_the_workers_read_their_settings_from_the_environment_and_the_secret_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "secrets"
    make_secrets(directory)
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    for name in secret_names(SERVICES["renkei-worker"]):
        (mounted / name).write_bytes((directory / name).read_bytes())
    for name, value in SERVICES["renkei-worker"]["environment"].items():
        monkeypatch.setenv(name, value)
    settings = Settings(_secrets_dir=mounted)
    password = (directory / "renkei_db_password").read_text(encoding="utf-8").strip()
    assert settings.registry_url == f"postgresql+psycopg://renkei:{password}@postgres:5432/renkei"
    assert settings.gateway == "orchestration:26500"
    assert settings.rest == settings.tasklist == "http://orchestration:8080"
    assert settings.camunda_user == "renkei"
    camunda_password = (directory / "renkei_camunda_password").read_text(encoding="utf-8").strip()
    assert settings.camunda_password.get_secret_value() == camunda_password
    assert settings.smtp == ("smtp.city.example.jp", 587)
    assert settings.smtp_password.get_secret_value() == ""
    assert settings.files == Path("/var/lib/renkei/files")


def test_the_mail_catcher_is_reached_with_the_settings_of_the_example() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    offered = dict(re.findall(r"^# ([A-Z_]+)=(.*)$", text, flags=re.MULTILINE))
    services = compose(ENV | offered)["services"]
    assert services["mailcatcher"]["profiles"] == [offered["COMPOSE_PROFILES"]]
    worker = services["renkei-worker"]
    assert worker["environment"]["RENKEI_SMTP_HOST"] == "mailcatcher"
    assert set(worker["networks"]) & set(services["mailcatcher"]["networks"])
    assert (worker["environment"]["RENKEI_SMTP_PORT"], worker["environment"]["RENKEI_SMTP_TLS"]) == ("1025", "none")


def test_the_image_is_built_from_a_pinned_base_and_runs_without_root() -> None:
    instructions = dockerfile()
    bases = [rest.split()[0] for word, rest in instructions if word == "FROM"]
    assert len(bases) == 2
    assert all(re.fullmatch(r"python:3\.11\.\d+-slim-\w+", base) for base in bases)
    assert len(set(bases)) == 1, "the virtual environment has to meet the interpreter it was built with"
    user = [rest for word, rest in instructions if word == "USER"][-1]
    assert user == SERVICES["renkei-worker"]["user"] == "10001:10001"
    assert "ADD" not in {word for word, _ in instructions}, "COPY takes nothing from the network"


def test_the_image_checks_its_health_at_readyz() -> None:
    check = next(rest for word, rest in dockerfile() if word == "HEALTHCHECK")
    assert "/opt/renkei/healthcheck.py" in check
    assert SERVICES["renkei-worker"]["healthcheck"]["test"][-1] == "/opt/renkei/healthcheck.py"
    assert ("COPY", "docker/healthcheck.py /opt/renkei/healthcheck.py") in dockerfile()


def test_every_file_that_the_dockerfile_copies_gets_past_dockerignore() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    kept = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copies = [rest.split()[:-1] for word, rest in dockerfile() if word == "COPY" and not rest.startswith("--from")]
    assert {name.removeprefix("./") for names in copies for name in names} == kept


def test_the_health_check_of_the_image_follows_readyz(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location("healthcheck", ROOT / "docker" / "healthcheck.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")  # a proxy of the network must not be asked
    with management(HTTPStatus.OK) as (port, paths):
        monkeypatch.setenv("RENKEI_HEALTH_PORT", str(port))
        assert module.main() == 0
    assert paths == ["/readyz"]
    assert module.main() == 1, "nobody listens any more"
    with management(HTTPStatus.SERVICE_UNAVAILABLE) as (port, _):
        monkeypatch.setenv("RENKEI_HEALTH_PORT", str(port))
        assert module.main() == 1


def test_the_image_installs_pinned_versions_that_the_project_allows() -> None:
    lines = (ROOT / "docker" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines if not line.startswith("#"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for text in project["dependencies"]:
        requirement = Requirement(text)
        version = pinned.get(requirement.name.lower().replace("_", "-"))
        assert version, f"{requirement.name} is missing: run docker/lock.sh"
        assert requirement.specifier.contains(version), f"{requirement.name}=={version}: run docker/lock.sh"


def test_the_operations_guide_explains_every_setting_and_no_other() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(RENKEI_[A-Z_]+)` \|", text, flags=re.MULTILINE)) == FIELDS


def test_the_operations_guide_explains_every_secret_file_and_no_other() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `secrets/(\w+)` \|", text, flags=re.MULTILINE)) == set(compose()["secrets"])


def test_the_operations_guide_names_the_versions_of_the_compose_file() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    images = {service["image"] for name, service in SERVICES.items() if name not in OURS}
    assert {image for image in images if image not in text} == set()
