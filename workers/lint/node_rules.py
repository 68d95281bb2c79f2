"""Runs Camunda's linters over files and says in Japanese what they found."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from workers.errors import InputError
from workers.lint import node_tools
from workers.lint.findings import Finding, Severity
from workers.lint.node_messages import japanese
from workers.packs.diagrams import forms, model

_LINT_SECONDS: Final = 300


@dataclass(frozen=True)
class NodeReport:
    """What the linters found, and their names with versions."""

    findings: list[Finding]
    linters: list[str]


def lint(files: Sequence[Path], *, cache: Path, say: Callable[[str], None] = lambda _: None) -> NodeReport:
    """Check files with bpmnlint, Camunda's rules for 8.6, the form linter and the DMN checks.

    ``cache`` is ``RENKEI_CACHE``; ``say`` hears about an installation. Raises NodeError when they cannot run.
    """
    node = node_tools.find_node()
    folder = node_tools.installed(cache, node, say=say)
    readable = [path for path in files if _is_harmless(path)]
    request = json.dumps([str(path.resolve()) for path in readable])
    answer = json.loads(node_tools.run((*node.node, "lint.mjs"), folder=folder, seconds=_LINT_SECONDS, stdin=request))
    names = {str(path.resolve()): path for path in readable}
    lines = {path: _lines(path) for path in {names[found["file"]] for found in answer["findings"]}}
    findings: dict[tuple[str, str, str], Finding] = {}
    for found in answer["findings"]:  # two linters share rules; the stricter one's word counts
        finding = _finding(names[found["file"]], found, lines)
        key = (found["file"], finding.element, finding.rule)
        if key not in findings or finding.severity is Severity.ERROR:
            findings[key] = finding
    return NodeReport(list(findings.values()), list(answer["linters"]))


def _is_harmless(path: Path) -> bool:
    """Return whether our own reader takes a file; one with a DOCTYPE never reaches another parser."""
    try:
        forms.load(path) if path.suffix == ".form" else model.parse_xml(path)
    except InputError:
        return False
    return True


def _rule(found: dict[str, Any]) -> str:
    return str(found["rule"]).removeprefix("bpmnlint-plugin-").removeprefix("bpmnlint/")


def _finding(path: Path, found: dict[str, Any], lines: dict[Path, dict[str, int]]) -> Finding:
    rule, element = _rule(found), str(found["element"])
    return Finding(
        file=path,
        element=element,
        rule=rule if "/" in rule else f"bpmnlint/{rule}",
        message=japanese(rule, str(found["message"])),
        severity=Severity.ERROR if found["category"] in {"error", "rule-error"} else Severity.WARNING,
        line=lines[path].get(element),
    )


def _lines(path: Path) -> dict[str, int]:
    """Return the line of every id in a file."""
    if path.suffix == ".form":
        form = forms.load(path)
        parts = (str(component.get("id", "")) for component in forms.components(form))
        return {part: line for part in parts if (line := form.line_of(part)) is not None}
    found = ((element.get("id"), model.line_of(element)) for element in model.parse_xml(path).iter())
    return {identity: line for identity, line in found if identity and line is not None}
