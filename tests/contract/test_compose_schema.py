"""docker-compose.yml against the compose specification, and against Compose itself where it is installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.compose import COMPOSE_FILE, ROOT, MissingVariableError, compose, read_env_file


def check(path: Path) -> subprocess.CompletedProcess[str]:
    """Validate a file with the schema that check-jsonschema brings along; nothing is downloaded."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_compose_file_follows_the_compose_specification() -> None:
    result = check(COMPOSE_FILE)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("good", "broken", "named"),
    [
        ("    shm_size: 256m", "    shm_sise: 256m", "shm_sise"),
        ("condition: service_healthy", "condition: service_helthy", "service_helthy"),
        ("    internal: true", "    internal: {yes: please}", "internal"),
        ("secrets:\n  postgres_password: {file:", "secrets:\n  postgres_password: {fiel:", "fiel"),
    ],
)
def test_the_schema_check_refuses_a_broken_compose_file(tmp_path: Path, good: str, broken: str, named: str) -> None:
    text = COMPOSE_FILE.read_text(encoding="utf-8")
    assert good in text
    path = tmp_path / "docker-compose.yml"
    path.write_text(text.replace(good, broken), encoding="utf-8")
    result = check(path)
    assert result.returncode != 0
    assert named in result.stdout + result.stderr


def test_every_required_variable_stands_in_the_example() -> None:
    filled = compose(read_env_file(ROOT / ".env.example"))
    assert filled["services"]["renkei-worker"]["image"] == "renkei:0.1.0"


@pytest.mark.parametrize(
    "name",
    ["IMAGE_TAG", "RENKEI_ENGINE_ID", "RENKEI_SMTP_HOST", "RENKEI_SMTP_PORT", "RENKEI_SMTP_TLS", "CAMUNDA_ADMIN_EMAIL"],
)
def test_a_missing_variable_is_refused_and_named(name: str) -> None:
    env = read_env_file(ROOT / ".env.example")
    del env[name]
    with pytest.raises(MissingVariableError, match=name):
        compose(env)


def test_docker_compose_itself_accepts_the_file(tmp_path: Path) -> None:
    docker = shutil.which("docker")
    if docker is None:
        pytest.skip("docker is not installed: only the schema was checked")
    version = subprocess.run([docker, "compose", "version"], capture_output=True, text=True, timeout=30, check=False)
    if version.returncode != 0:
        reason = (version.stderr.strip().splitlines() or ["no message"])[0]
        pytest.skip(f"the compose plugin of docker is not installed ({reason}): only the schema was checked")
    command = [docker, "compose", "--file", str(COMPOSE_FILE), "--env-file", str(ROOT / ".env.example")]
    command += ["--profile", "mailcatcher", "config", "--quiet"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
