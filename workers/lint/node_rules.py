"""Runs Camunda's linters over files and says in Japanese what they found."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from workers.errors import InputError
from workers.lint import node_tools
from workers.lint.findings import Finding, Severity
from workers.lint.kept import Kept, digest_of
from workers.lint.node_messages import cut, dangling, japanese, overlapping, unresolved
from workers.packs.diagrams import forms, model

_LINT_SECONDS: Final = 300
_LINTERS: Final = "node"
_FEEL: Final = ("feel-syntax", "feel-prefix", "feel-function", "variable")
SAME: Final = {
    "camunda-compat/user-task-form": ("user-task", "reference"),
    "camunda-compat/user-task-definition": ("user-task",),
    "camunda-compat/zeebe-user-task": ("user-task",),
    "camunda-compat/feel": _FEEL,
    "camunda-compat/task-schedule": ("due-date", *_FEEL),
    "camunda-compat/timer": ("timer", *_FEEL),
    "camunda-compat/called-element": ("reference",),
    "camunda-compat/implementation": ("reference", "job-type"),
    "camunda-compat/loop-characteristics": ("multi-instance", *_FEEL),
    "camunda-compat/sequence-flow-condition": ("gateway-condition", "gateway-default", *_FEEL),
    "bpmnlint/conditional-flows": ("gateway-condition", "gateway-default", *_FEEL),
    "bpmnlint/no-bpmndi": ("drawing",),
    "bpmnlint/link-event": ("link-event",),
    "form/feel": _FEEL,
    "dmn/feel": ("feel-syntax", "decision"),
}
"""Rules of Camunda's linters with our own that say the same, in the words of this project: one mistake, one message."""


@dataclass(frozen=True)
class NodeReport:
    """What the linters found, and their names with versions."""

    findings: list[Finding]
    linters: list[str]


class Asked:
    """Camunda's linters at work, beside our own rules: on the files whose judgement is not known."""

    def __init__(
        self, files: Sequence[Path], *, cache: Path, say: Callable[[str], None] = lambda _: None, kept: Kept | None
    ) -> None:
        self._kept = kept or Kept()
        self._tools = digest_of([node_tools.fingerprint(), *_machines_node()])
        self._files = list(files)
        self._unknown = [path for path in self._files if self._known(path) is None]
        self._linters = self._kept.known(_LINTERS, self._tools)
        self._waiting: Future[dict[str, Any]] | None = None
        if self._unknown or self._linters is None:
            pool = ThreadPoolExecutor(1)
            self._waiting = pool.submit(_answer, self._unknown, cache, say)
            pool.shutdown(wait=False)  # its thread goes on

    def report(self) -> NodeReport:
        """Wait for what the linters find; raises NodeError when they cannot run."""
        if self._waiting is not None:
            answer = self._waiting.result()
            for path in self._unknown:
                mine = [found for found in answer["findings"] if found["file"] == str(path.resolve())]
                self._kept.keep(_name(path), self._key(path), mine)
            self._linters = answer["linters"]
            self._kept.keep(_LINTERS, self._tools, self._linters)
            self._kept.save()
        return _told(self._files, [one for path in self._files for one in self._known(path) or ()], self._linters or [])

    def _known(self, path: Path) -> list[dict[str, Any]] | None:
        found: list[dict[str, Any]] | None = self._kept.known(_name(path), self._key(path))
        return found

    def _key(self, path: Path) -> str:
        return digest_of([self._tools, self._kept.digest(path)])


def lint(
    files: Sequence[Path], *, cache: Path, say: Callable[[str], None] = lambda _: None, kept: Kept | None = None
) -> NodeReport:
    """Check files with bpmnlint, Camunda's rules for 8.6, the form linter and the DMN checks.

    ``cache`` is ``RENKEI_CACHE``; ``say`` hears about an installation. Raises NodeError when they cannot run.
    """
    return Asked(files, cache=cache, say=say, kept=kept).report()


def _name(path: Path) -> str:
    return f"node {path.resolve()}"


def _machines_node() -> list[str]:
    """Return what tells one Node.js of the machine from another; nothing without one."""
    found = shutil.which("node")
    if found is None:
        return []
    status = Path(found).stat()
    return [found, str(status.st_size), str(status.st_mtime_ns)]


def _answer(files: Sequence[Path], cache: Path, say: Callable[[str], None]) -> dict[str, Any]:
    node = node_tools.find_node()
    folder = node_tools.installed(cache, node, say=say)
    request = json.dumps([str(path.resolve()) for path in files if _is_harmless(path)])
    answer = node_tools.run((*node.node, "lint.mjs"), folder=folder, seconds=_LINT_SECONDS, stdin=request)
    found: dict[str, Any] = json.loads(answer)
    return found


def _told(files: Sequence[Path], answers: Sequence[dict[str, Any]], linters: Sequence[str]) -> NodeReport:
    """Return what the linters found in our words."""
    names = {str(path.resolve()): path for path in files}
    words = {path: _Words.of(path) for path in {names[found["file"]] for found in answers}}
    findings: dict[tuple[str, str, str], Finding] = {}
    for found in answers:  # two linters share rules; the stricter one's word counts
        finding = _finding(names[found["file"]], found, words)
        key = (found["file"], finding.element, finding.rule)
        if key not in findings or finding.severity is Severity.ERROR:
            findings[key] = finding
    return NodeReport(_once(list(findings.values()), words), list(linters))


def _once(findings: list[Finding], words: dict[Path, _Words]) -> list[Finding]:
    """Return the findings with those that one mistake brings about told as one."""
    by_file: dict[Path, list[Finding]] = {}
    for finding in findings:
        by_file.setdefault(finding.file, []).append(finding)
    return [finding for path, several in by_file.items() for finding in _of_file(several, words[path])]


def _of_file(findings: list[Finding], words: _Words) -> list[Finding]:
    alone = {f.element for f in findings if f.rule == _DISCONNECTED}
    found = [f for f in findings if f.rule not in {_END, _START} or f.element not in alone]
    if any(f.rule == _DUPLICATE and words.is_flow(f.element) for f in found):  # told at the flow, not at its ends too
        found = [f for f in found if f.rule != _DUPLICATE or words.is_flow(f.element)]
    before = [f for f in found if f.rule == _END or words.is_loose(f, "startEvent")]
    after = [f for f in found if f.rule == _START or words.is_loose(f, "endEvent")]
    over = [f for f in found if f.rule == _OVERLAP and "overlaps" in f.message]
    for ends, said in (((before, after), cut), ((over[:1], over[1:]), overlapping)):
        if [len(end) for end in ends] == [1, 1]:
            (first,), (second,) = ends
            message = said(words.name(first.element), words.name(second.element))
            merged = replace(first, message=message, about=frozenset({first.element, second.element}))
            found = [merged if f is first else f for f in found if f is not second]
    return found


def _is_harmless(path: Path) -> bool:
    """Return whether our own reader takes a file; one with a DOCTYPE never reaches another parser."""
    try:
        forms.load(path) if path.suffix == ".form" else model.parse_xml(path)
    except InputError:
        return False
    return True


def _rule(found: dict[str, Any]) -> str:
    return str(found["rule"]).removeprefix("bpmnlint-plugin-").removeprefix("bpmnlint/")


def _finding(path: Path, found: dict[str, Any], words: dict[Path, _Words]) -> Finding:
    rule, element = _rule(found), str(found["element"])
    english, known = str(found["message"]), words[path]
    message = japanese(rule, english, known.names.get(element, element))
    if missing := unresolved(english):
        element, where = known.pointing_at(missing)
        message = dangling(known.name(element), where, missing) if element else message
    return Finding(
        file=path,
        element=element,
        rule=rule if "/" in rule else f"bpmnlint/{rule}",
        message=message,
        severity=Severity.ERROR if found["category"] in {"error", "rule-error"} else Severity.WARNING,
        line=known.lines.get(element),
    )


_END, _START = "bpmnlint/no-implicit-end", "bpmnlint/no-implicit-start"
_DISCONNECTED, _DUPLICATE = "bpmnlint/no-disconnected", "bpmnlint/no-duplicate-sequence-flows"
_OVERLAP: Final = "bpmnlint/no-overlapping-elements"
_POINTING: Final = {
    "sourceRef": "元（sourceRef）",
    "targetRef": "行き先（targetRef）",
    "attachedToRef": "付く相手（attachedToRef）",
    "default": "既定のフロー（default）",
    "messageRef": "メッセージ（messageRef）",
    "errorRef": "エラー（errorRef）",
    "escalationRef": "エスカレーション（escalationRef）",
    "signalRef": "シグナル（signalRef）",
    "bpmnElement": "描かれた要素（bpmnElement）",
    "processRef": "プロセス（processRef）",
}


@dataclass(frozen=True)
class _Words:
    """What a file calls its elements, by id, and the lines on which they stand."""

    names: dict[str, str]
    lines: dict[str, int]
    kinds: dict[str, str]
    pointers: dict[str, tuple[str, str]]
    """By what is pointed at: the element that does, and how."""

    @classmethod
    def of(cls, path: Path) -> _Words:
        """Read the names of a file."""
        if path.suffix == ".form":
            form = forms.load(path)
            parts = [part for part in forms.components(form) if part.get("id")]
            names = {str(part["id"]): str(part.get("label") or part["id"]) for part in parts}
            return cls(names, {one: line for one in names if (line := form.line_of(one)) is not None}, {}, {})
        words = cls({}, {}, {}, {})
        for element in model.parse_xml(path).iter():
            words._add(element)
        return words

    def _add(self, element: model.Element) -> None:
        identity = element.get("id") or ""
        if identity:
            self.names[identity] = (element.get("name") or "").replace("\n", "") or identity
            self.kinds[identity] = model.local(element)
            if (line := model.line_of(element)) is not None:
                self.lines[identity] = line
        for attribute, where in _POINTING.items():
            if (target := element.get(attribute)) is not None:
                self.pointers.setdefault(target, (_owner(element), where))
        if model.local(element) in {"incoming", "outgoing", "flowNodeRef"}:
            self.pointers.setdefault(
                (element.text or "").strip(), (_owner(element), f"つながり（{model.local(element)}）")
            )

    def name(self, identity: str) -> str:
        """Return what an element is called."""
        return self.names.get(identity, identity)

    def is_flow(self, identity: str) -> bool:
        """Return whether an element is a sequence flow."""
        return self.kinds.get(identity) == "sequenceFlow"

    def is_loose(self, finding: Finding, kind: str) -> bool:
        """Return whether a finding says that an event of a kind hangs on nothing."""
        return finding.rule == _DISCONNECTED and self.kinds.get(finding.element) == kind

    def pointing_at(self, missing: str) -> tuple[str, str]:
        """Return the element that points at one that is not there, and how; empty where none does."""
        return self.pointers.get(missing, ("", ""))


def _owner(element: model.Element) -> str:
    """Return the id of an element, or of the nearest around it that bears one which people see."""
    current: model.Element | None = element
    while current is not None:
        if (identity := current.get("id")) and not model.local(current).endswith("EventDefinition"):
            return identity
        current = current.getparent()
    return ""
