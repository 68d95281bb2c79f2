"""Modeler's element templates: for our service tasks, made from the job catalog, and for the calls of common processes.

``python -m workers.lint.element_templates`` writes them to bpmn/element-templates/; a test fails when they are old.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from workers.jobs.catalog import Header, JobType, all_job_types
from workers.lint.call_templates import call_templates
from workers.settings import Settings

# Modeler takes a template for Camunda 8 only with this address, which names the format and is never fetched.
_SCHEMA: Final = "https://unpkg.com/@camunda/zeebe-element-templates-json-schema/resources/schema.json"
_RETRIES: Final = "5"
_FRAME: Final[dict[str, Any]] = {
    "$schema": _SCHEMA,
    "name": "",
    "id": "",
    "description": "",
    "version": 1,
    "category": {"id": "renkei", "name": "renkei"},
    "engines": {"camunda": "^8.6"},
    "appliesTo": ["bpmn:Task", "bpmn:ServiceTask"],
    "elementType": {"value": "bpmn:ServiceTask"},
    "groups": [{"id": "parameters", "label": "設定"}],
}
"""What all templates have in common, in the order in which their files have it."""


def templates(job_types: Mapping[str, JobType]) -> dict[str, dict[str, Any]]:
    """Return the templates by file name, those of calls among them."""
    calls = {name: {**_FRAME, **part} for name, part in call_templates().items()}
    tasks = ((name, job_type) for name, job_type in sorted(job_types.items()) if not job_type.listener)
    return {f"{name}.json": _template(job_type) for name, job_type in tasks} | calls


def write(folder: Path, job_types: Mapping[str, JobType]) -> list[Path]:
    """Write the templates to a folder, remove those of job types that are gone, and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = templates(job_types)
    for old in folder.glob("*.json"):
        if old.name not in wanted:
            old.unlink()
    for name, content in wanted.items():
        (folder / name).write_text(as_text(content), encoding="utf-8")
    return [folder / name for name in wanted]


def as_text(template: dict[str, Any]) -> str:
    """Return a template as it stands in its file."""
    return json.dumps(template, ensure_ascii=False, indent=2) + "\n"


def _template(job_type: JobType) -> dict[str, Any]:
    return {
        **_FRAME,
        "name": job_type.label,
        "id": f"renkei.{job_type.type}",
        "description": f"ジョブ型 {job_type.type} を renkei のワーカーが処理します。",
        "properties": [
            {
                "type": "Hidden",
                "value": job_type.type,
                "binding": {"type": "zeebe:taskDefinition", "property": "type"},
            },
            {
                "type": "Hidden",
                "value": _RETRIES,
                "binding": {"type": "zeebe:taskDefinition", "property": "retries"},
            },
            *(_property(header) for header in job_type.headers),
        ],
    }


def _property(header: Header) -> dict[str, Any]:
    return {
        "id": header.name,
        "type": "String",
        "label": header.label,
        "group": "parameters",
        "optional": not header.required,
        "binding": {"type": "zeebe:taskHeader", "key": header.name},
        **({"constraints": {"notEmpty": True}} if header.required else {}),
    }


def main() -> None:
    """Write the templates into the checkout."""
    for path in write(Settings().home / "bpmn" / "element-templates", all_job_types()):
        print(path)  # noqa: T201 (a developer's command)


if __name__ == "__main__":
    main()
