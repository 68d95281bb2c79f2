"""Where the diagrams fill a template, and with which of their variables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from workers.packs.diagrams import feel
from workers.packs.diagrams.model import ACTIVITIES, NS, Diagram, Element, extension, extensions

PARTNER_MAIL: Final = "common-partner-mail"
_TEXT: Final = re.compile(r'"([a-z0-9]+(?:-[a-z0-9]+)*)"')
_LOOP: Final = "bpmn:multiInstanceLoopCharacteristics/bpmn:extensionElements/zeebe:loopCharacteristics"
_PATH: Final = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*")


@dataclass(frozen=True)
class Usage:
    """A task that fills a template. ``values``: what it hands over, by name, with the variable's path or ``""``."""

    template: str
    kind: str
    """mail or documents."""
    task: str
    """The task's name and id, as a message calls it."""
    job: str
    """The job type, or the id of the process that is called."""
    values: Mapping[str, str] = field(default_factory=dict)
    per: str = ""
    draft: bool = False
    to: str = ""
    meeting: bool = False
    """Whether a meeting is what it is about."""

    @property
    def hands_over(self) -> bool:
        """Whether the task itself says which values the template is given."""
        return self.job in {"send-mail", "render-document", PARTNER_MAIL}


def usages(diagram: Diagram) -> Iterator[Usage]:
    """Yield the uses of templates in a diagram."""
    about_meeting = "meeting" in diagram.path.stem
    for use in _usages(diagram):
        yield replace(use, meeting=about_meeting or use.to.startswith("meeting") or "meeting" in use.job)


def _usages(diagram: Diagram) -> Iterator[Usage]:
    for task in diagram.all(*sorted(ACTIVITIES)):
        definition = extension(task, "taskDefinition")
        called = extension(task, "calledElement")
        if definition is not None:
            yield from _of_headers(task, definition.get("type", ""))
        elif called is not None:
            yield from _of_call(task, called.get("processId", ""))


def called_processes(diagram: Diagram) -> Iterator[str]:
    """Yield the ids of the processes that a diagram calls."""
    for call in diagram.all("callActivity"):
        called = extension(call, "calledElement")
        if called is not None:
            yield called.get("processId", "")


def recorded_steps(diagram: Diagram) -> Iterator[tuple[str, list[str]]]:
    """Yield each step that a diagram records, with the variables that it keeps."""
    for task in diagram.all("serviceTask"):
        definition = extension(task, "taskDefinition")
        if definition is not None and definition.get("type") == "record-step":
            given = _headers(task)
            yield given.get("step", ""), _listed(given.get("keep", ""))


def made_variables(diagram: Diagram) -> Iterator[tuple[str, frozenset[str] | None]]:
    """Yield the variables that mappings put together, with the parts of the context; None where it may be anything."""
    for task in diagram.all(*sorted(ACTIVITIES), "boundaryEvent", "intermediateCatchEvent", "startEvent", "endEvent"):
        for mapping in extensions(task, "zeebe:ioMapping/*"):
            source = (mapping.get("source") or "").removeprefix("=").strip()
            if source == "null" or _PATH.fullmatch(source):
                continue
            plain = source.startswith("{") and _closes_at_end(source)
            parts = frozenset(name for name, _ in context_entries(source)) if plain else None
            yield (mapping.get("target") or "").partition(".")[0], parts
        for loop in task.iterfind(_LOOP, NS):
            source = (loop.get("inputCollection") or "").removeprefix("=").strip()
            if not _PATH.fullmatch(source):
                yield loop.get("inputElement", ""), None


def _closes_at_end(source: str) -> bool:
    """Return whether the first bracket is closed by the last: ``{a: 1}``, not ``{a: 1}.a``."""
    return source.endswith("}") and len(list(context_entries(source))) > 0


def _of_headers(task: Element, job: str) -> Iterator[Usage]:
    given = _headers(task)
    values = {name: name for name in _listed(given.get("values", ""))}
    for key, kind in (("template", "mail"), ("dropped", "mail"), ("document", "documents")):
        for name in _listed(given.get(key, "")):
            yield Usage(
                name,
                kind,
                _called(task),
                job,
                values,
                per=given.get("per", ""),
                draft=given.get("draft") == "yes",
                to=given.get("to", ""),
            )


def _of_call(call: Element, process: str) -> Iterator[Usage]:
    inputs = {
        i.get("target", ""): (i.get("source") or "").strip() for i in extensions(call, "zeebe:ioMapping/zeebe:input")
    }
    if process != PARTNER_MAIL:
        return
    values = dict(context_entries(inputs.get("mailValues", "").removeprefix("=")))
    for name in dict.fromkeys(_TEXT.findall(inputs.get("mailTemplate", ""))):
        yield Usage(name, "mail", _called(call), process, values, to="partner")


def context_entries(expression: str) -> Iterator[tuple[str, str]]:
    """Yield the entries of a FEEL context with the path of the variable that each hands on, else ``""``."""
    try:
        found = feel.tokens(expression)
    except feel.FeelSyntaxError:
        return
    depth, name, words = 0, "", list[str]()
    for token in found:
        if token.text in "({[" and token.kind == "mark":
            depth += 1
            if depth == 1:
                continue
        elif token.text in ")}]" and token.kind == "mark":
            depth -= 1
        if (depth == 1 and token.text == "," and token.kind == "mark") or depth == 0:
            if name:
                path = "".join(words)
                yield name, path if _PATH.fullmatch(path) else ""
            name, words = "", []
        elif depth == 1 and token.text == ":" and not name:
            name, words = "".join(words).strip('"'), []
        else:
            words.append(token.text)


def _called(task: Element) -> str:
    name = (task.get("name") or "").replace("\n", "")
    return f"「{name}」（{task.get('id') or ''}）" if name else f"「{task.get('id') or ''}」"


def _headers(task: Element) -> dict[str, str]:
    found = extensions(task, "zeebe:taskHeaders/zeebe:header")
    return {header.get("key", ""): header.get("value") or "" for header in found}


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
