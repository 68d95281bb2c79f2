"""Service tasks (job types, headers, templates), user tasks, and the requirement that a task fulfils."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from workers.jobs.catalog import JobType
from workers.lint.findings import Finding, Severity
from workers.lint.rules.base import Context, name_of, report
from workers.packs.diagrams.model import ACTIVITIES, NS, SUB_PROCESSES, ZEEBE, Diagram, Element, extension, extensions

_REQUIREMENT: Final = re.compile(r"\b(?:AGE|ISE|DAT|CHI|ASA|ALL|D)-[A-Z]?\d*")
_LISTING: Final = re.compile(
    r"(?:for\s|\(|get or else\(|"
    r"(?:concatenate|append|union|flatten|distinct values|sort|remove|reverse|sublist|split)\()"
)
_CHOICE: Final = re.compile(r"if\b.*?\bthen\b(.*?)\belse\b(.*)", re.DOTALL)
_TEXT: Final = re.compile(r'(?:then|else|^=)\s*"([^"]*)"')
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# (task header, folder, what it is called, rule, possible endings)
_TEMPLATES: Final = (
    ("template", "mail", "メールの文面", "mail-template", (".txt.j2",)),
    ("dropped", "mail", "メールの文面", "mail-template", (".txt.j2",)),
    ("document", "documents", "文書のひな形", "document-template", (".docx", ".xlsx")),
)
_MAIL_INPUT: Final = "mailTemplate"
_GIVEN_TEXT: Final = re.compile(r'(?:^|then|else)\s*"([a-z0-9-]+)"')
_WITHOUT_ZONE: Final = re.compile(r'"(T\d{2}:\d{2}(?::\d{2})?)"\s*$')
"""A text that ends a due date after its minutes or seconds."""


def job_types(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Every job type has a worker."""
    for definition in diagram.root.iter(f"{{{ZEEBE}}}taskDefinition", f"{{{ZEEBE}}}executionListener"):
        job_type = definition.get("type", "")
        if job_type.startswith("="):
            unknown = [name for name in _TEXT.findall(job_type) if name not in context.job_types]
            if not unknown:
                continue
            job_type = unknown[0]
        if job_type not in context.job_types:
            message = (
                f"ジョブ型「{job_type}」を処理するワーカーがありません{_did_you_mean(job_type, context.job_types)}"
            )
            yield report(diagram, definition, "job-type", message)


def headers(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Task headers are those of the job type; the required ones are filled in."""
    for definition in diagram.root.iter(f"{{{ZEEBE}}}taskDefinition"):
        job_type = context.job_types.get(definition.get("type", ""))
        task = _task(definition)
        if job_type is None or task is None:
            continue
        known, given = {header.name for header in job_type.headers}, _headers(task)
        for name, header in given.items():
            if name not in known:
                hint = _did_you_mean(name, known)
                message = f"{name_of(task)}: ジョブ型「{job_type.type}」にヘッダー「{name}」はありません{hint}"
                yield report(diagram, header, "task-header", message)
        yield from _of_another_city(diagram, context, task, job_type, given)
        for wanted in job_type.headers:
            if wanted.required and not _names(given.get(wanted.name)):
                message = f"{name_of(task)}: ヘッダー「{wanted.name}」（{wanted.label}）を入れてください"
                yield report(diagram, task, "task-header", message)


def _of_another_city(
    diagram: Diagram, context: Context, task: Element, job_type: JobType, given: Mapping[str, Element]
) -> Iterator[Finding]:
    """Yield a header that names another city than the one of whose pack the diagram is."""
    pack = context.catalogue.pack_of(diagram.path)
    for header in job_type.headers if not (pack.shared or pack.loose) else ():
        value = given[header.name].get("value") or "" if header.name in given else ""
        if header.offers == "city" and value and value != pack.code:
            message = (
                f"{name_of(task)}: ヘッダー「{header.name}」の市のコード「{value}」は、このパックの「{pack.code}」では"
                f"ありません。{pack.code} にしてください（ちがうと、ほかの市の案件になるか、案件が止まります）"
            )
            yield report(diagram, given[header.name], "header-value", message)


def templates(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Mail and document templates that headers name exist for every city that uses the diagram."""
    for task in diagram.all(*sorted(ACTIVITIES)):
        given = _headers(task)
        for key, kind, what, rule, suffixes in _TEMPLATES:
            for name in _names(given.get(key)):
                if cities := context.catalogue.cities_without(diagram.path, kind, name, suffixes):
                    places = "、".join(f"templates/{city}/{kind}/{name}{suffixes[0]}" for city in cities)
                    message = (
                        f"{name_of(task)}: {what}「{name}」がありません（{places}、または templates/common/{kind}/）"
                    )
                    yield report(diagram, given[key], rule, message)
    for mapping in diagram.root.iter(f"{{{ZEEBE}}}input"):
        if mapping.get("target") == _MAIL_INPUT:
            yield from _unwritten(diagram, context, mapping)


def _unwritten(diagram: Diagram, context: Context, mapping: Element) -> Iterator[Finding]:
    """Yield the mails that a call hands over by name and that no city has a text for."""
    source = (mapping.get("source") or "").removeprefix("=").strip()
    for name in dict.fromkeys(_GIVEN_TEXT.findall(source)):
        if cities := context.catalogue.cities_without(diagram.path, "mail", name, (".txt.j2",)):
            places = "、".join(f"templates/{city}/mail/{name}.txt.j2" for city in cities)
            message = f"メールの文面「{name}」がありません（{places}、または templates/common/mail/）"
            yield report(diagram, mapping, "mail-template", message)


def user_tasks(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """User tasks are Camunda user tasks with a linked form and a list of candidate groups."""
    for task in diagram.all("userTask"):
        if extension(task, "userTask") is None:
            message = f"{name_of(task)}を Camunda ユーザータスク（zeebe:userTask）にしてください"
            yield report(diagram, task, "user-task", message)
        if extension(task, "formDefinition") is None:
            yield report(diagram, task, "user-task", f"{name_of(task)}にフォームがありません")
        assignment = extension(task, "assignmentDefinition")
        groups = "" if assignment is None else (assignment.get("candidateGroups") or "").strip()
        persons = [] if assignment is None else [assignment.get(name) for name in ("assignee", "candidateUsers")]
        if not groups and not any(persons):
            message = (
                f"{name_of(task)}をだれがするかが決まっていません。候補グループ（candidateGroups、例 =[officeGroup]）か"
                "担当者（assignee）を入れてください"
            )
            yield report(diagram, task, "user-task", message)
        elif groups.startswith("=") and not _is_list(groups[1:].strip(), context):
            message = f"{name_of(task)}の候補グループは一覧の式 =[…] にしてください（今は「{groups}」）"
            yield report(diagram, task, "user-task", message)


def due_dates(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Whoever has a task sees until when: a user task without a due date is never shown as late."""
    del context
    for task in diagram.all("userTask"):
        schedule = extension(task, "taskSchedule")
        if schedule is None or not (schedule.get("dueDate") or "").strip():
            message = f"{name_of(task)}に期限（Due date）がありません。期限がないと、遅れていても一覧で分かりません"
            yield report(diagram, task, "due-date", message)
        elif found := _WITHOUT_ZONE.search(schedule.get("dueDate") or ""):
            message = (
                f"{name_of(task)}の期限（Due date）の時刻「{found[1]}」に時差がありません。"
                f"「{found[1]}+09:00」のように、日本の時差まで書いてください（ないと、別の時刻の期限になります）"
            )
            yield report(diagram, task, "due-date", message)


def documentation(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """A task says in its documentation which requirement it fulfils."""
    del context
    for task in diagram.all(*sorted(ACTIVITIES - SUB_PROCESSES)):
        text = " ".join(part.text or "" for part in task.findall("bpmn:documentation", NS))
        if not _REQUIREMENT.search(text):
            message = f"{name_of(task)}のドキュメントに要件番号（ISE-4 など）がありません"
            yield report(diagram, task, "documentation", message, Severity.WARNING)


def _task(definition: Element) -> Element | None:
    holder = definition.getparent()
    return None if holder is None else holder.getparent()


def _headers(task: Element) -> dict[str, Element]:
    found = extensions(task, "zeebe:taskHeaders/zeebe:header")
    return {header.get("key", ""): header for header in found}


def _names(header: Element | None) -> list[str]:
    value = "" if header is None else header.get("value") or ""
    return [name.strip() for name in value.split(",") if name.strip()]


def _is_list(expression: str, context: Context) -> bool:
    if (expression.startswith("[") and expression.endswith("]")) or _LISTING.match(expression):
        return True
    if choice := _CHOICE.fullmatch(expression):
        return all(_is_list(branch.strip(), context) for branch in choice.groups())
    if not _NAME.fullmatch(expression):
        return False
    return expression.lower().endswith("groups") or _declared_as_list(context.variables.get(expression))


def _declared_as_list(variable: Any) -> bool:
    declared = str(getattr(variable, "type", "")).lower()
    return declared.startswith(("list", "array", "<class 'list'>"))


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"（「{close[0]}」ですか）" if close else ""
