"""Use cases take and return typed values: names of variables and forms stand in ``workers/jobs`` and the readers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

_USECASES = Path(__file__).parents[2] / "workers" / "usecases"
_VARIABLE = re.compile(r"[a-z]+([A-Z][a-z0-9]*)+")


def _untyped(source: str) -> Iterator[str]:
    """Yield what a module has of variables: ``Any``, and literals in camelCase."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name) and node.id == "Any":
            yield f"{node.lineno}: Any"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _VARIABLE.fullmatch(node.value):
            yield f"{node.lineno}: {node.value}"


@pytest.mark.parametrize("path", sorted(_USECASES.glob("*.py")), ids=lambda path: path.stem)
def test_a_use_case_knows_no_variables(path: Path) -> None:
    assert list(_untyped(path.read_text(encoding="utf-8"))) == []


def test_the_names_of_variables_are_found() -> None:
    source = 'def plan(uow, form: dict[str, Any]) -> None:\n    form["dueOn"], form["due_on"], form["due"]\n'
    assert sorted(_untyped(source)) == ["1: Any", "2: dueOn"]
