"""Reads docker-compose.yml the way Compose does: merge keys, then ``${VARIABLE}`` from an environment file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
COMPOSE_FILE = ROOT / "docker-compose.yml"
CAMUNDA_FILE = ROOT / "docker" / "camunda" / "application.yaml"

_REFERENCE = re.compile(r"\$(?:(?P<escaped>\$)|\{(?P<name>\w+)(?:(?P<operator>:?[-?])(?P<rest>[^}]*))?\})")


class MissingVariableError(ValueError):
    """A variable that the compose file requires has no value."""


def load_yaml(path: Path) -> Any:
    """Return a YAML file as plain dicts and lists, merge keys resolved."""
    return YAML(typ="safe", pure=True).load(path)


def compose(env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the compose file; with ``env``, its variables are filled in. Raises MissingVariableError."""
    document: dict[str, Any] = load_yaml(COMPOSE_FILE)
    return document if env is None else {key: _fill(value, env) for key, value in document.items()}


def references(value: Any) -> Iterator[tuple[str, str, str]]:
    """Yield every ``${NAME…}`` below a value as (name, operator, default or message)."""
    for text in _texts(value):
        for match in _REFERENCE.finditer(text):
            if match["name"]:
                yield match["name"], match["operator"] or "", match["rest"] or ""


def read_env_file(path: Path) -> dict[str, str]:
    """Return the variables of an environment file; comments and blank lines are left out."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def secret_names(service: Mapping[str, Any]) -> set[str]:
    """Return the names of the files that a service finds under /run/secrets."""
    return {secret if isinstance(secret, str) else secret["target"] for secret in service.get("secrets", [])}


def flatten(value: Any, prefix: str = "") -> dict[str, Any]:
    """Return a Spring configuration as dotted keys, camelCase and kebab-case made the same; lists as ``key[n]``."""
    if isinstance(value, dict):
        items = ((f"{prefix}.{_uniform(key)}".lstrip("."), child) for key, child in value.items())
    elif isinstance(value, list):
        items = ((f"{prefix}[{index}]", child) for index, child in enumerate(value))
    else:
        return {prefix: value}
    return {key: leaf for name, child in items for key, leaf in flatten(child, name).items()}


def _uniform(key: str) -> str:
    return key.replace("-", "").lower()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for child in value.values():
            yield from _texts(child)
    elif isinstance(value, list):
        for child in value:
            yield from _texts(child)


def _fill(value: Any, env: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _fill(child, env) for key, child in value.items()}
    if isinstance(value, list):
        return [_fill(child, env) for child in value]
    if not isinstance(value, str):
        return value
    return _REFERENCE.sub(lambda match: _value(match, env), value)


def _value(match: re.Match[str], env: Mapping[str, str]) -> str:
    if match["escaped"]:
        return "$"
    value = env.get(match["name"], "")
    if value:
        return value
    if (match["operator"] or "").endswith("?"):
        raise MissingVariableError(match["rest"])
    return match["rest"] or ""
