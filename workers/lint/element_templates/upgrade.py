"""Puts templates into their files and brings tasks up to them (``renkei format --upgrade``).

Ours, not the Modeler library's: that one needs a whole modeller with a page to draw on, and it takes away every mapping
that a template does not name. This one adds what a task lacks and takes nothing away.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lxml import etree

from workers.errors import InputError
from workers.jobs.catalog import JobType
from workers.lint.element_templates.packs import PackTemplates, is_pack, save
from workers.lint.element_templates.parts import Template
from workers.lint.element_templates.used import templated
from workers.packs.diagrams import forms, model
from workers.packs.diagrams.form_fields import fields as form_fields
from workers.packs.diagrams.model import NS, ZEEBE, Element, local
from workers.packs.modelertemplates import PREFIX, standing

TEMPLATE: Final = f"{{{ZEEBE}}}modelerTemplate"
VERSION: Final = f"{{{ZEEBE}}}modelerTemplateVersion"
ICON: Final = f"{{{ZEEBE}}}modelerTemplateIcon"


@dataclass(frozen=True)
class Behind:
    """A task whose template is not the pack's: ``has`` is what it bears (id, version), empty for none."""

    task: Element
    template: Template
    has: tuple[str, str]


def behind(root: Element, templates: Mapping[str, Template]) -> Iterator[Behind]:
    """Yield every task that does not bear its template in the version that the pack has."""
    for task, name in templated(root):
        template = templates.get(f"{PREFIX}{name}")
        has = (task.get(TEMPLATE, ""), task.get(VERSION, ""))
        if template is not None and has != (template["id"], str(template["version"])):
            yield Behind(task, template, has)


@dataclass(frozen=True)
class Brought:
    """What was brought up: the template files that were written anew, and the tasks that were behind, by diagram."""

    written: list[Path]
    tasks: dict[Path, list[Behind]]


def bring_up(
    files: Sequence[Path], *, home: Path, packs: Sequence[Path], job_types: Mapping[str, JobType], check: bool = False
) -> Brought:
    """Make the templates of the files' packs anew and bring the tasks of their diagrams up.

    ``packs`` are more folders of packs; ``check`` changes no file. What is no pack and what cannot be read stays as it
    is: ``formatting`` says why.
    """
    folders = [folder for folder in dict.fromkeys(path.resolve().parent for path in files) if is_pack(folder)]
    roots = dict.fromkeys([home / "bpmn", *packs, *(folder.parent for folder in folders)])
    made = PackTemplates(home, [root.resolve() for root in roots], job_types)
    written: list[Path] = []
    tasks: dict[Path, list[Behind]] = {}
    for folder in folders:
        outdated = made.outdated(folder)
        written += outdated
        if not check:
            save(outdated)
        templates = {one["id"]: one for one in standing(folder)}
        for path in (path for path in files if path.suffix == ".bpmn" and path.resolve().parent == folder):
            with contextlib.suppress(InputError):
                tasks[path] = list(behind(model.parse_xml(path), templates)) if check else upgrade(path, templates)
    return Brought(written, {path: found for path, found in tasks.items() if found})


def upgrade(path: Path, templates: Mapping[str, Template]) -> list[Behind]:
    """Bring the tasks of a diagram up to their templates, save it, and return those that were behind.

    The file is left for ``formatting`` to write as Modeler does. Raises InputError for a file that is no diagram.
    """
    root = model.parse_xml(path)
    before = _serialised(root)
    found = list(behind(root, templates))
    for one in found:
        _bear(one.task, one.template)
    for task, name in templated(root):
        template = templates.get(f"{PREFIX}{name}")
        if template is not None:
            _complete(task, path, name)
            _sort(task, template)
    if (content := _serialised(root)) != before:
        path.write_bytes(content)
    return found


def _serialised(root: Element) -> bytes:
    return etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8")


def _bear(task: Element, template: Template) -> None:
    """Give a task its template; the attributes stand where Modeler writes them, after the name."""
    marks = {TEMPLATE: template["id"], VERSION: str(template["version"]), ICON: template["icon"]["contents"]}
    kept = {key: value for key, value in task.attrib.items() if key not in marks}
    task.attrib.clear()
    for key, value in kept.items():
        task.set(key, value)
        if key == ("name" if "name" in kept else "id"):
            for mark, given in marks.items():
                task.set(mark, given)


def _complete(task: Element, path: Path, name: str) -> None:
    """Take what a form asks for out of it, each field into a variable of its name, where nothing is taken out yet."""
    if local(task) != "userTask" or task.find("bpmn:extensionElements/zeebe:ioMapping/zeebe:output", NS) is not None:
        return
    form = path.with_name(f"{name.removeprefix('task.')}.form")
    keys = [one.path for one in form_fields(forms.load(form)) if "." not in one.path] if form.is_file() else []
    if not keys:
        return
    mapping = _own(task, "ioMapping")
    if mapping is None:
        around = task.find("bpmn:extensionElements", NS)
        if around is None:
            return
        mapping = etree.SubElement(around, f"{{{ZEEBE}}}ioMapping")
    for key in keys:
        etree.SubElement(mapping, f"{{{ZEEBE}}}output", source=f"={key}", target=key)


def _sort(task: Element, template: Template) -> None:
    """Put mappings, headers and properties in the template's order, in which Modeler writes them at the next change."""
    _order(_own(task, "ioMapping"), "input", "target", _names(template, "zeebe:input", "name"))
    _order(_own(task, "ioMapping"), "output", "source", _names(template, "zeebe:output", "source"))
    _order(_own(task, "taskHeaders"), "header", "key", _names(template, "zeebe:taskHeader", "key"))
    _order(_own(task, "properties"), "property", "name", _names(template, "zeebe:property", "name"))


def _own(task: Element, name: str) -> Element | None:
    """Return an extension as it is now: what a loaded diagram remembers of it is from before the change."""
    return task.find(f"bpmn:extensionElements/zeebe:{name}", NS)


def _names(template: Template, kind: str, key: str) -> Sequence[str]:
    return [one["binding"][key] for one in template["properties"] if one["binding"]["type"] == kind]


def _order(around: Element | None, kind: str, attribute: str, names: Sequence[str]) -> None:
    found = [] if around is None else around.findall(f"zeebe:{kind}", NS)

    def place(one: Element) -> int:
        return names.index(value) if (value := one.get(attribute, "")) in names else -1

    wanted = sorted(found, key=place)
    if around is None or wanted == found:
        return
    spaces = [one.tail for one in found]
    first = around.index(found[0])
    for one in found:
        around.remove(one)
    for number, (one, space) in enumerate(zip(wanted, spaces, strict=True)):
        one.tail = space
        around.insert(first + number, one)
