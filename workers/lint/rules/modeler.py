"""Tasks bear the template that their pack has for them, in its version: Modeler shows fields, no raw headers."""

from __future__ import annotations

from collections.abc import Iterator

from workers.lint.element_templates.packs import is_pack
from workers.lint.element_templates.upgrade import Behind, behind
from workers.lint.element_templates.used import templated
from workers.lint.findings import Finding, Severity
from workers.lint.rules.base import Context, name_of, report
from workers.packs.diagrams.model import Diagram, Element, local
from workers.packs.modelertemplates import PREFIX, standing

_RULE = "modeler-template"


def templates(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Say which tasks have no template, that of something else, or one of another version (warnings).

    A pack without templates is somebody's who does without them.
    """
    folder = diagram.path.parent
    found = {template["id"]: template for template in standing(folder)} if is_pack(folder) else {}
    if not found:
        return
    command = f"renkei format --upgrade {diagram.path.name}"
    for one in behind(diagram.root, found):
        yield report(diagram, one.task, _RULE, f"{_said(one)}。{command} で直ります", Severity.WARNING)
    for task, name in templated(diagram.root):
        if f"{PREFIX}{name}" not in found and _is_known(task, name, context):
            message = f"{name_of(task)}に合うテンプレートがパックにありません。{command} で作られ、タスクに付きます"
            yield report(diagram, task, _RULE, message, Severity.WARNING)


def _said(one: Behind) -> str:
    name, (identity, version) = f"「{one.template['name']}」", one.has
    if not identity:
        return f"{name_of(one.task)}に Modeler のテンプレート{name}が付いていません"
    if identity != one.template["id"]:
        return f"{name_of(one.task)}の Modeler のテンプレート（{identity}）は、このタスクのもの{name}ではありません"
    return f"{name_of(one.task)}の Modeler のテンプレート{name}は版 {version} です（今は版 {one.template['version']}）"


def _is_known(task: Element, name: str, context: Context) -> bool:
    """Whether what the task names exists: else other rules tell."""
    if local(task) == "serviceTask":
        return name in context.job_types
    kind, identity = ("form", name.removeprefix("task.")) if local(task) == "userTask" else ("process", name)
    return bool(context.catalogue.find(kind, identity))
