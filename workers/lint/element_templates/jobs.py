"""Templates of service tasks: one for each job type of the catalogue that is offered to the pack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from workers.jobs.catalog import CHECKS, Header, JobType
from workers.lint.element_templates.offers import Offers
from workers.lint.element_templates.parts import (
    KEPT,
    LISTED,
    Property,
    Template,
    choice,
    frame,
    groups,
    hidden,
    input_,
    task_header,
    text,
)
from workers.lint.element_templates.used import Used
from workers.usecases.record_act import VARIABLE

_RETRIES: Final = "5"
_MOST_TOLD: Final = 4
_GROUPS: Final = {"settings": "設定", "given": "このタスクだけに渡す値", "checks": "入力の確かめ"}
_ACT: Final = Header(
    name=VARIABLE,
    label="だれの入力として残すか",
    help="人の作業のすぐ後なら空のまま。時刻や呼び出しの後なら =null（だれの名前も残しません）",
)


def job_template(job_type: JobType, used: Used, offers: Offers) -> Template:
    """Return the template of a job type, with what the pack's diagrams have at tasks of it and what the pack offers."""
    fields = [*_headers(job_type, used, offers), *_inputs(job_type, used)]
    template = frame(
        "ServiceTask",
        identity=job_type.type,
        name=job_type.label,
        shelf=job_type.shelf,
        description=_description(job_type),
    )
    return {
        **template,
        "groups": groups(fields, _GROUPS),
        "entriesVisible": {"outputs": True},
        "properties": [
            hidden({"type": "zeebe:taskDefinition", "property": "type"}, job_type.type),
            hidden({"type": "zeebe:taskDefinition", "property": "retries"}, _RETRIES),
            *fields,
        ],
    }


def _description(job_type: JobType) -> str:
    who = "すぐ前の画面の入力を受けて、ワーカーがします" if job_type.by_person else "ワーカーがします"
    written = [name for name in job_type.writes if name != "formError"]
    more = " ほか" if len(written) > _MOST_TOLD else ""
    told = f"。書き込む変数: {'、'.join(written[:_MOST_TOLD])}{more}" if written else ""
    return f"{who}（ジョブ型 {job_type.type}）{told}"


def _headers(job_type: JobType, used: Used, offers: Offers) -> Iterator[Property]:
    for header in job_type.headers:
        yield _header(header, used, offers)
    known = {header.name for header in job_type.headers}
    for name in used.headers:
        if name not in known:
            yield text(task_header(name), identity=f"{KEPT}{name}", label=name, group="settings")


def _header(header: Header, used: Used, offers: Offers) -> Property:
    given: dict[str, Any] = {
        "label": header.label,
        "group": "checks" if header in CHECKS else "settings",
        "help_": header.help,
        "required": header.required,
        "condition": _condition(header),
    }
    if header.offers:
        values = offers.choices(header.offers, used.headers.get(header.name, {}))
        return choice(task_header(header.name), values, identity=f"{LISTED}{header.name}", **given)
    if header.choices:
        values = {value: f"{name}（{value}）" for value, name in header.choices.items()}
        return choice(task_header(header.name), values, identity=header.name, **given)
    return text(task_header(header.name), identity=header.name, **given)


def _inputs(job_type: JobType, used: Used) -> Iterator[Property]:
    known = [*job_type.inputs, *([_ACT] if job_type.by_person else [])]
    for one in known:
        yield text(
            input_(one.name),
            identity=f"input.{one.name}",
            label=one.label,
            group="given",
            help_=one.help,
            feel=True,
            condition=_condition(one, used.beside.get(one.name, ())),
        )
    names = {one.name for one in known}
    for name in used.inputs:
        if name not in names:
            yield text(input_(name), identity=f"{KEPT}{name}", label=name, group="given", feel=True)


def _condition(header: Header, tasks: Iterable[Mapping[str, str]] = ()) -> Mapping[str, Any] | None:
    """Return when the field is shown; always where a diagram has it at a task that it would not be shown at."""
    if header.when is None:
        return None
    name, values = header.when
    if any(task.get(name) not in values for task in tasks):
        return None
    return {"property": name, "oneOf": list(values), "type": "simple"}
