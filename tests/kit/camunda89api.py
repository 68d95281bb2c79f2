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
)


class Api:
    """Tells which operation a request is, and whether what goes there and back is as the API says."""

    @cached_property
    def operations(self) -> dict[str, dict[str, Any]]:
        """Method, path, body and answer of each operation."""
        found: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
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


def extract() -> str:
    """Return the operations as the pinned npm package has them."""
    folder = installed(_SOURCES, "camunda89")
    return run((*find_node().node, "extract.mjs", *_OPERATIONS), folder=folder, seconds=120)


if __name__ == "__main__":
    FILE.write_text(extract(), encoding="utf-8")
    sys.stdout.write(f"{FILE}\n")
