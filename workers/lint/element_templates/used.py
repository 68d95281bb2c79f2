"""What the diagrams have at tasks of one kind: the mappings, so that a template knows each, and the values chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from workers.packs.diagrams.model import BPMN, Element, extension, extensions, local


@dataclass
class Used:
    """The tasks of one template: inputs by target, outputs by source, headers, with how often each value stands."""

    tasks: int = 0
    inputs: dict[str, Counter[str]] = field(default_factory=dict)
    outputs: dict[str, Counter[str]] = field(default_factory=dict)
    headers: dict[str, Counter[str]] = field(default_factory=dict)
    beside: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    """The headers of the tasks that have an input, by its target."""
    groups: Counter[str] = field(default_factory=Counter)
    due: Counter[str] = field(default_factory=Counter)

    def usual(self, values: Counter[str]) -> str:
        """Return the value that stands most often, the first among equals."""
        return values.most_common(1)[0][0] if values else ""

    def everywhere(self, values: Counter[str]) -> bool:
        """Whether every task has it."""
        return self.tasks > 0 and values.total() >= self.tasks

    def note(self, task: Element) -> None:
        """Count a task in."""
        self.tasks += 1
        given = {h.get("key", ""): h.get("value", "") for h in extensions(task, "zeebe:taskHeaders/zeebe:header")}
        for mapping in extensions(task, "zeebe:ioMapping/zeebe:input"):
            self.inputs.setdefault(mapping.get("target", ""), Counter())[mapping.get("source", "")] += 1
            self.beside.setdefault(mapping.get("target", ""), []).append(given)
        for mapping in extensions(task, "zeebe:ioMapping/zeebe:output"):
            self.outputs.setdefault(mapping.get("source", ""), Counter())[mapping.get("target", "")] += 1
        for name, value in given.items():
            self.headers.setdefault(name, Counter())[value] += 1
        for name, attribute, counter in (
            ("assignmentDefinition", "candidateGroups", self.groups),
            ("taskSchedule", "dueDate", self.due),
        ):
            found = extension(task, name)
            if found is not None and found.get(attribute):
                counter[found.get(attribute, "")] += 1


def template_of(task: Element) -> str:
    """Return what names a task's template, without the prefix; empty for a task that has none (a FEEL job type)."""
    kind = local(task)
    if kind == "userTask":
        found, attribute, before = extension(task, "formDefinition"), "formId", "task."
    elif kind == "callActivity":
        found, attribute, before = extension(task, "calledElement"), "processId", ""
    elif kind == "serviceTask":
        found, attribute, before = extension(task, "taskDefinition"), "type", ""
    else:
        return ""
    name = "" if found is None else found.get(attribute, "").strip()
    return "" if not name or name.startswith("=") else f"{before}{name}"


def templated(root: Element) -> Iterable[tuple[Element, str]]:
    """Yield every task of a diagram that has a template, with what names it."""
    for task in root.iter(*(f"{{{BPMN}}}{kind}" for kind in ("serviceTask", "userTask", "callActivity"))):
        if name := template_of(task):
            yield task, name


def count(roots: Iterable[Element]) -> dict[str, Used]:
    """Return what stands in diagrams, by what names the template."""
    found: dict[str, Used] = {}
    for root in roots:
        for task, name in templated(root):
            found.setdefault(name, Used()).note(task)
    return found
