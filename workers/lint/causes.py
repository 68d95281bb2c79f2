"""One mistake is one message: what only follows from another finding is left out until that one is mended."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from workers.lint.findings import Finding, Severity

_FIRST: Final = frozenset(
    [
        *("unreadable", "platform", "feel-prefix", "feel-syntax", "feel-function", "variable", "job-type"),
        *(
            "task-header",
            "header-value",
            "reference",
            "escalation",
            "flow-border",
            "gateway-default",
            "gateway-condition",
        ),
    ]
)
"""Rules of what has to be right before anything can be said about the flow."""
_FOLLOWING: Final = frozenset(
    [
        *("data-flow", "call-input", "form-output", "context-key", "impossible-value", "unread-output"),
        *("required-agrees", "returned-input", "input-checks", "person-inherited", "endless-loop"),
        *("null-ticks", "null-default", "emptied-list", "shown-words", "error-code", "group"),
    ]
)
"""Rules that follow the flow through a file: a misspelt name there has many consequences."""
_ORDER: Final = (
    *("impossible-value", "call-input", "form-output", "data-flow", "context-key", "unread-output"),
    *("input-checks", "required-agrees", "returned-input", "mail-back"),
)
"""Of two findings of these rules about the same variable, the one that comes first here is the cause."""


_SAME_PLACE: Final = frozenset(
    [
        *(("step-back", "reference"), ("error-text", "variable"), ("form-text", "variable")),
        *(("data-flow", "lost-result"), ("lost-result", "variable")),
    ]
)
_SAME_WORDS: Final = frozenset([("message", "variable"), ("written-value", "impossible-value")])
_SAME_FILE: Final = frozenset([("form-date", "form-kind"), ("form-list", "variable"), ("id-prefix", "message")])
"""Pairs of rules of which the second says it better: at one element, about one name, anywhere in a file."""
TORN: Final = "flow-end"
"""A flow leads to nothing: every other rule stumbles over it."""
_CALLER: Final = "call-input"
_UNREAD: Final = "unread-output"
_NAMED: Final = re.compile(r"「([a-z0-9-]+)」")
_TEMPLATE: Final = "template"
_MISSING: Final = re.compile(r"変数「(\w+)」")
_LOST: Final = "form-output"
_UNKNOWN: Final = ("variable", "data-flow")
_IN_FORM: Final = ("impossible-value", "never-shown", "form-key")
_AFTER: Final = ("form-output", "input-checks", "required-agrees", "returned-input")


def only_causes(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings without those that follow from others."""
    found = list(findings)
    if any(finding.severity is Severity.ERROR for finding in found):  # a slip elsewhere leaves much unread
        found = [finding for finding in found if finding.rule != _UNREAD]
    found = _without_repeated(found)
    found = [finding for finding in found if not any(_says_it_better(other, finding) for other in found)]
    lost = [finding for finding in found if finding.rule in {_LOST, *_UNKNOWN, *_IN_FORM}]
    by_file: dict[Path, list[Finding]] = {}
    for finding in found:
        if not any(_is_lost(cause, finding) for cause in lost):
            by_file.setdefault(finding.file, []).append(finding)
    return [finding for several in by_file.values() for finding in _of_file(several)]


def _says_it_better(other: Finding, finding: Finding) -> bool:
    """Return whether another finding of the same file names the very slip, or what it does to whoever reads."""
    if other is finding or other.file != finding.file:
        return False
    same_place = other.element == finding.element
    match finding.rule, other.rule:
        case ("output-name", rule):
            named = bool(finding.about & other.about) or (rule == "multi-instance" and same_place)
            better = named and rule not in {"output-name", _UNREAD}
        case ("required-agrees", "input-checks"):
            better = any(_alike(name, finding.about) for name in other.about)
        case ("partner-page", "partner-page"):
            better = other.element in finding.about
        case ("mail-back", "error-code"):
            better = any(_alike(code, ["mail-returned"]) for code in other.about)
        case ("attachment", "document-template" | "task-header"):
            better = "文書のひな形" in other.message
        case pair if pair in _SAME_PLACE:
            better = same_place
        case pair if pair in _SAME_WORDS:
            better = bool(finding.about & other.about)
        case pair:
            better = pair in _SAME_FILE
    return better


def _alike(name: str, names: Iterable[str]) -> bool:
    return bool(difflib.get_close_matches(name, list(names), n=1, cutoff=0.8))


def _without_repeated(findings: list[Finding]) -> list[Finding]:
    """Leave out what a template says once more: a name in its second place, or one that its task misspells."""
    absent = [name for finding in findings if finding.rule == "reference" for name in _NAMED.findall(finding.message)]
    jobs = {(finding.file, finding.element) for finding in findings if finding.rule == "job-type"}
    misspelt = [name for finding in findings if finding.rule == "variable" for name in finding.about]
    seen: set[tuple[Path, str]] = set()
    kept = []
    for finding in findings:
        if finding.rule == "person" and (finding.file, finding.element) in jobs:
            continue  # the listener is there, and its type is misspelt
        if finding.rule == "variable" and _is_orphan(finding.file, absent):
            continue
        missing = _MISSING.search(finding.message) if finding.rule == _TEMPLATE else None
        if missing is not None:
            name = missing[1].replace("_", "").casefold()
            if (finding.file, name) in seen or difflib.get_close_matches(name, misspelt, n=1, cutoff=0.8):
                continue
            seen.add((finding.file, name))
        kept.append(finding)
    return kept


def _is_orphan(file: Path, absent: list[str]) -> bool:
    """Return whether a form is the one that a task means with another name: nothing reaches it."""
    close = difflib.get_close_matches(file.stem, absent, n=1, cutoff=0.85)
    return file.suffix == ".form" and bool(close) and close[0] != file.stem


def _is_lost(cause: Finding, finding: Finding) -> bool:
    """Return whether something is missing because it does not leave its task, be it in another file that is called."""
    if not cause.about & finding.about:
        return False
    if cause.rule in _IN_FORM:
        return cause.file.suffix == ".form" and finding.file.suffix == ".bpmn" and _from_form(cause, finding)
    if finding.rule == _CALLER:
        return finding.file != cause.file or cause.rule == _LOST
    return cause.rule == _LOST and (finding.rule in {"variable", "input-checks"} and finding.file == cause.file)


def _from_form(cause: Finding, finding: Finding) -> bool:
    if finding.rule == "impossible-value":
        return cause.rule == finding.rule and finding.about <= cause.about
    return finding.rule in {"form-output", *_AFTER}


def _of_file(findings: list[Finding]) -> list[Finding]:
    """Return the causes among a file's findings; a file that cannot be read as a whole is judged when it can be."""
    if torn := [finding for finding in findings if finding.rule == TORN]:
        return torn
    if any(f.rule in _FIRST and f.severity is Severity.ERROR for f in findings):
        return [finding for finding in findings if finding.rule not in _FOLLOWING]
    return [finding for finding in findings if not any(_explains(other, finding) for other in findings)]


def _explains(cause: Finding, finding: Finding) -> bool:
    """Return whether one finding is the cause of another: about the same variable, by a rule that sees deeper.

    What a form and its job ask for differs in many fields at once when the form's output is broken.
    """
    if cause.rule == "endless-loop" and finding.rule == "level":
        return cause.element in finding.message
    if cause.rule == "form-key" and finding.rule == "form-date":
        return cause.element == finding.element
    if cause.rule in _AFTER and finding.rule in _AFTER and cause.element == finding.element:
        return _AFTER.index(cause.rule) < _AFTER.index(finding.rule)
    if cause.rule not in _ORDER or finding.rule not in _ORDER or not cause.about & finding.about:
        return False
    return _ORDER.index(cause.rule) < _ORDER.index(finding.rule)
