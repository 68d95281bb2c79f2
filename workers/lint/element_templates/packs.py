"""The templates of a pack: which it has, in which files they stand, and when their versions rise."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from workers.domain.cities import City
from workers.errors import InputError, InputErrors
from workers.jobs.catalog import JobType
from workers.lint.element_templates.calls import call_template
from workers.lint.element_templates.jobs import job_template
from workers.lint.element_templates.offers import Offers, offers_of
from workers.lint.element_templates.parts import KEPT, LISTED, MAPPED, Property, Template
from workers.lint.element_templates.people import task_template
from workers.lint.element_templates.used import Used, count
from workers.packs import CityPacks, load_pack
from workers.packs.diagrams import forms, model
from workers.packs.diagrams.expressions import linked_forms
from workers.packs.diagrams.model import Diagram
from workers.packs.loading import CITY_FILE
from workers.packs.modelertemplates import FOLDER, standing
from workers.packs.templatefiles import COMMON, TemplateFolders

_Loaded = TypeVar("_Loaded")


class PackTemplates:
    """Makes the templates of packs. ``roots`` are the folders of packs, ``home``'s first."""

    def __init__(self, home: Path, roots: Sequence[Path], job_types: Mapping[str, JobType]) -> None:
        self._folders = TemplateFolders(home / "templates", tuple(roots[1:]))
        self._cities = CityPacks(roots)
        self._job_types = job_types
        packs = sorted({path.parent.resolve() for root in roots for path in root.glob("*/*.bpmn")})
        self._diagrams = {pack: _readable(pack.glob("*.bpmn"), model.load) for pack in packs}
        self._contracts = count(diagram.root for found in self._diagrams.values() for diagram in found)
        self._names = {
            str(process.get("id", "")): str(process.get("name") or process.get("id", ""))
            for found in self._diagrams.values()
            for diagram in found
            for process in diagram.processes
        }
        self._called_by_cities = set(
            count(d.root for pack, found in self._diagrams.items() if pack.name != COMMON for d in found)
        )

    @property
    def folders(self) -> list[Path]:
        """All packs' folders."""
        return list(self._diagrams)

    def of(self, pack: Path) -> dict[str, list[Template]]:
        """Return the templates of a pack by file, without regard to what stands there: all of version 1."""
        pack = pack.resolve()
        diagrams = self._diagrams.get(pack) or _readable(pack.glob("*.bpmn"), model.load)
        used = count(diagram.root for diagram in diagrams)
        city = self._city(pack)
        offers = offers_of(city.code if city else COMMON, city, self._folders)
        return {
            "tasks": [*self._tasks(pack, diagrams, used, offers)],
            "jobs": [*self._jobs(pack, used, offers)],
            "calls": [*self._calls(diagrams, used, offers)],
        }

    def outdated(self, pack: Path) -> dict[Path, str]:
        """Return the pack's template files that are not as they should be; a changed template has the next version."""
        before = {template["id"]: template for template in standing(pack)}
        wanted = {
            pack / FOLDER / f"{name}.json": as_text([raised(one, before.get(one["id"])) for one in found])
            for name, found in self.of(pack).items()
        }
        return {path: text for path, text in wanted.items() if not _says(path, text)}

    def _city(self, pack: Path) -> City | None:
        try:
            return load_pack(pack, self._cities.common_mails()) if (pack / CITY_FILE).is_file() else None
        except (InputError, InputErrors):
            return None

    def _tasks(
        self, pack: Path, diagrams: Sequence[Diagram], used: Mapping[str, Used], offers: Offers
    ) -> Iterable[Template]:
        starts = {form for d in diagrams for element, form in linked_forms(d) if model.local(element) == "startEvent"}
        listener = next(name for name, job_type in self._job_types.items() if job_type.listener)
        own = {form.id: form for form in _readable(pack.glob("*.form"), forms.load)}
        shared = {form.id: form for form in _readable(self._common_forms(), forms.load)}
        known = {**shared, **own}
        wanted = {form for form in own if form not in starts} | {name[5:] for name in used if name.startswith("task.")}
        for identity in sorted(wanted & known.keys()):
            yield task_template(known[identity], listener, used.get(f"task.{identity}", Used()), offers)

    def _common_forms(self) -> Iterable[Path]:
        return (path for pack in self._diagrams if pack.name == COMMON for path in pack.glob("*.form"))

    def _jobs(self, pack: Path, used: Mapping[str, Used], offers: Offers) -> Iterable[Template]:
        for name, job_type in sorted(self._job_types.items()):
            offered = job_type.audience == "city" or pack.name == COMMON or name in used
            if offered and not job_type.listener:
                yield job_template(job_type, used.get(name, Used()), offers)

    def _calls(self, diagrams: Sequence[Diagram], used: Mapping[str, Used], offers: Offers) -> Iterable[Template]:
        own = {process.get("id", "") for diagram in diagrams for process in diagram.processes}
        others = [diagram for found in self._diagrams.values() for diagram in found]
        counted = {diagram.path for diagram in others}
        contracts = self._contracts
        if any(diagram.path not in counted for diagram in diagrams):  # a pack from elsewhere keeps the contract, too
            contracts = count(diagram.root for diagram in (*others, *diagrams))
        shared = {name for name in self._names if name.startswith(f"{COMMON}-") and name in self._called_by_cities}
        called = {name for name in used if name in self._names or name in own}
        mine = {name for name in own if name in self._contracts}
        for process in sorted(called | shared | mine):
            contract = contracts.get(process, Used())
            yield call_template(process, self._names.get(process, process), used.get(process, Used()), contract, offers)


def is_pack(folder: Path) -> bool:
    """Whether a folder is a city's pack or that of the common parts."""
    return (folder / CITY_FILE).is_file() or folder.name == COMMON


def save(files: Mapping[Path, str]) -> None:
    """Write template files."""
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def _says(path: Path, content: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == content


def raised(template: Template, before: Template | None) -> Template:
    """Return a template with its version: the one before unless something changed that tasks have to follow.

    No task has to follow the lists of a pack (its mails, its departments), the mappings that diagrams have, and what a
    template says of itself.
    """
    if before is None:
        return template
    version = int(before.get("version", 0))
    return {**template, "version": version if _essence(template) == _essence(before) else version + 1}


def as_text(templates: Sequence[Template]) -> str:
    """Return templates as they stand in their file: a line for each property."""
    return "[\n" + ",\n".join(_one_text(template) for template in templates) + "\n]\n"


def _one_text(template: Template) -> str:
    lines = []
    for key, value in template.items():
        if key == "properties":
            inner = ",\n".join(f"      {_json(one)}" for one in value)
            lines.append(f'    "properties": [\n{inner}\n    ]')
        else:
            lines.append(f"    {_json(key)}: {_json(value)}")
    return "  {\n" + ",\n".join(lines) + "\n  }"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _essence(template: Template) -> Template:
    properties = [_without_lists(one) for one in template.get("properties", []) if not _is_the_diagrams(one)]
    groups = {one.get("group") for one in properties}
    return {
        **{key: value for key, value in template.items() if key not in {"version", "description"}},
        "groups": [group for group in template.get("groups", []) if group.get("id") in groups],
        "properties": properties,
    }


def _is_the_diagrams(one: Property) -> bool:
    return str(one.get("id", "")).startswith((KEPT, MAPPED))


def _without_lists(one: Property) -> Property:
    if not str(one.get("id", "")).startswith(LISTED):
        return one
    return {key: value for key, value in one.items() if key not in {"choices", "value"}}


def _readable(paths: Iterable[Path], load: Callable[[Path], _Loaded]) -> list[_Loaded]:
    """Return what can be read of files; what cannot, lint tells."""
    found = []
    for path in sorted(paths):
        try:
            found.append(load(path))
        except (InputError, ValueError, RecursionError):
            continue
    return found
