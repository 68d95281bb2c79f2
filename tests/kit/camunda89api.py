"""Camunda 8.9's REST API as its own published client describes it: what renkei sends and what it would get back.

``python -m tests.kit.camunda89api`` writes tests/data/camunda-8.9.json anew from the npm package (Node.js, network).
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator

from tests.kit.nodepackages import installed
from workers.lint.node_tools import find_node, run

FILE: Final = Path(__file__).parents[1] / "data" / "camunda-8.9.json"
_SOURCES: Final = Path(__file__).with_name("camunda89")
_OPERATIONS: Final = (
    *("createGroup", "updateGroup", "searchGroups", "assignRoleToGroup", "searchGroupsForRole"),
    *("createAuthorization", "updateAuthorization", "searchAuthorizations", "getAuthentication"),
    *("createProcessInstance", "modifyProcessInstance", "createElementInstanceVariables", "getProcessDefinitionXml"),
    *("searchUserTasks", "completeUserTask", "assignUserTask", "unassignUserTask", "updateUserTask"),
    *("searchUserTaskVariables", "getUserTaskForm", "searchProcessDefinitions", "getStartProcessForm"),
    *("searchVariables", "searchAuditLogs", "searchProcessInstances", "searchElementInstances", "searchIncidents"),
    *("getUser", "getTopology", "deleteProcessInstance"),
)
_LETTERS: Final = {r"[\\p{L}_]": r"[^\\W\\d]", r"\\p{L}\\p{N}_": r"\\w"}
"""Letters and digits of all languages, in the words of JavaScript and of Python."""


class Api:
    """Tells which operation a request is, and whether what goes there and back is as the API says."""

    @cached_property
    def operations(self) -> dict[str, dict[str, Any]]:
        """Method, path, body and answer of each operation."""
        text = FILE.read_text(encoding="utf-8")
        for theirs, ours in _LETTERS.items():
            text = text.replace(theirs, ours)
        found: dict[str, dict[str, Any]] = json.loads(text)
        return found

    def find(self, method: str, path: str) -> tuple[str, dict[str, str]]:
        """Return an operation's name and what stands in its path; AssertionError where the API has none."""
        for name, operation in self.operations.items():
            pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", operation["path"])
            if operation["method"] == method and (match := re.fullmatch(pattern, path)):
                return name, match.groupdict()
        raise AssertionError(f"Camunda 8.9 has no {method} {path}")

    def check(self, name: str, part: str, value: object) -> None:
        """Raise ``jsonschema.ValidationError`` where a ``body`` or an ``answer`` is not as the API says."""
        schema: Mapping[str, Any] = self.operations[name][part]
        Draft202012Validator(schema).validate(value)


def example(schema: Mapping[str, Any]) -> Any:
    """Return a value as a schema describes it, with everything that may be there, made from the schema alone."""
    if "anyOf" in schema:
        return example(schema["anyOf"][0])
    if "allOf" in schema:
        return {name: value for part in schema["allOf"] for name, value in example(part).items()}
    if "const" in schema or "enum" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    kind = schema.get("type")
    if kind == "object":
        return {name: example(inner) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return [example(schema["items"])]
    return _text(schema) if kind == "string" else _PLAIN.get(str(kind))


_PLAIN: Final = {"integer": 1, "number": 1, "boolean": True}
_TEXTS: Final = ("7", "text", "")
_MOMENT: Final = "2026-04-01T00:00:00Z"


def _text(schema: Mapping[str, Any]) -> str:
    if schema.get("format") == "date-time":
        return _MOMENT
    return next(text for text in _TEXTS if Draft202012Validator(schema).is_valid(text))


def extract() -> str:
    """Return the operations as the pinned npm package has them."""
    folder = installed(_SOURCES, "camunda89")
    return run((*find_node().node, "extract.mjs", *_OPERATIONS), folder=folder, seconds=120)


if __name__ == "__main__":
    FILE.write_text(extract(), encoding="utf-8")
    sys.stdout.write(f"{FILE}\n")
