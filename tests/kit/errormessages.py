"""Every Japanese message that the program gives to an error, read from its source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from workers.errorcodes import HOLE, said_by_itself

ROOT: Final = Path(__file__).resolve().parents[2]
WORKERS: Final = ROOT / "workers"
_JAPANESE: Final = re.compile(r"[\u3041-\u30ff\u4e00-\u9fff]")
_MADE: Final = re.compile(r"(?:Error|Exception|BadParameter)$")
_MESSAGE_AT: Final = {"InputError": 1, "BusinessError": 1, "FieldError": 2}
"""Where the message stands among the arguments; first, where nothing is said here."""
_LONGEST_NAME: Final = 4
"""What says less than this by itself is the name of a field, or stands before another message."""


def messages_by_file() -> dict[Path, list[str]]:
    """Return the messages of each module, by its path below ``workers``, as they stand in it."""
    found: dict[Path, list[str]] = {}
    for path in sorted(WORKERS.rglob("*.py")):
        if "migrations" in path.parts:
            continue
        told = [
            message
            for message in dict.fromkeys(_messages(ast.parse(path.read_text(encoding="utf-8"))))
            if _JAPANESE.search(message) and said_by_itself(message) > _LONGEST_NAME
        ]
        if told:
            found[path.relative_to(WORKERS)] = told
    return found


def _messages(module: ast.Module) -> Iterator[str]:
    constants = dict(_constants(module))
    for node in ast.walk(module):
        if isinstance(node, ast.Call):
            name = _name(node.func)
            arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
            if _MADE.search(name) and len(arguments) > _MESSAGE_AT.get(name, 0):
                yield from _texts(arguments[_MESSAGE_AT.get(name, 0)], constants)
            elif name == "__init__" and arguments:
                yield from _texts(arguments[-1], constants)


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _constants(module: ast.Module) -> Iterator[tuple[str, list[str]]]:
    for node in module.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    yield target.id, list(_texts(node.value, {}))


def _texts(node: ast.expr, constants: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield the texts that an expression may be; what differs is a hole."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else HOLE for part in node.values)
    elif isinstance(node, ast.BinOp):
        for left in list(_texts(node.left, constants)) or [HOLE]:
            for right in list(_texts(node.right, constants)) or [HOLE]:
                yield left + right
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body, constants)
        yield from _texts(node.orelse, constants)
    elif isinstance(node, ast.Name):
        yield from constants.get(node.id, [])
