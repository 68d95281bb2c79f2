"""What a form requires and what its job requires are the same: neither a gap nor a dead end (ALL-10, ALL-11)."""

from __future__ import annotations

from collections.abc import Iterator

from workers.domain.required import Rules, conditions, paths, roots
from workers.lint.agreement import Difference, differences, judges
from workers.lint.findings import Finding
from workers.lint.loops import returns
from workers.lint.possible import Possible
from workers.lint.rules.base import Context, name_of, report
from workers.lint.rules.variables import did_you_mean
from workers.packs.diagrams.expressions import linked_forms, produced
from workers.packs.diagrams.form_fields import fields
from workers.packs.diagrams.model import NS, Diagram, Element, extension, extensions

_CHECKS = ("require", "dates", "ranges")


def checks(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Headers that say what an input has to hold can be read, and a refused input goes back to a person."""
    known = set(context.variables) | produced(diagram)
    for _, form_id in linked_forms(diagram):
        known |= context.catalogue.form_keys.get(form_id, set())
    refusing = {
        node
        for element, form_id in linked_forms(diagram)
        if (form := context.catalogue.parsed_forms.get(form_id)) is not None
        for node in judges(diagram, element, fields(form), context.job_types)
    }
    for task in diagram.all("serviceTask"):
        definition = extension(task, "taskDefinition")
        job_type = context.job_types.get("" if definition is None else definition.get("type", ""))
        if job_type is None or not job_type.takes_input:
            continue
        try:
            rules = job_type.rules(headers(task))
        except ValueError as error:
            yield report(diagram, task, "input-checks", f"{name_of(task)}のヘッダー: {error}")
            continue
        for name in sorted(roots(rules) - known):
            if not name.startswith("#"):
                message = (
                    f"{name_of(task)}が求める変数「{name}」はどこでも宣言されていません{did_you_mean(name, known)}"
                )
                yield report(diagram, task, "input-checks", message, about={name, *_below(rules, name)})
        yield from _impossible(diagram, context, task, rules)
        refuses = set(headers(task)) & set(_CHECKS) or task.get("id") in refusing
        if refuses and not _goes_back(diagram, task, by_variable=job_type.checks_itself):
            message = f"{name_of(task)}は入力の誤りを断りますが、フォームへ戻す境界イベント（input-error）がありません"
            yield report(diagram, task, "input-checks", message)


def _impossible(diagram: Diagram, context: Context, task: Element, rules: Rules) -> Iterator[Finding]:
    """Yield what rules ask of a context that nobody puts there, and conditions on values that cannot be."""
    possible = Possible(diagram, context.sources)
    told = set()
    for path in paths(rules):
        root, _, below = path.partition(".")
        part, keys = below.partition(".")[0], possible.parts(root) if below else None
        if part and part != "*" and keys is not None and part not in keys and (root, part) not in told:
            told.add((root, part))
            message = (
                f"{name_of(task)}が求める「{root}.{part}」に入るものがありません（「{root}」に入るのは "
                f"{'、'.join(sorted(keys))} だけです）{did_you_mean(part, keys)}。名前をそろえてください"
            )
            yield report(diagram, task, "input-checks", message, about={root, part})
    for path, condition in conditions(rules):
        known = possible.texts(path) or frozenset[str]()
        for value in sorted(condition.values - known - {""}) if known else ():
            message = (
                f"{name_of(task)}のヘッダーの条件「{path}={value}」は、いつも成り立ちません。なり得る値は "
                f"{'、'.join(sorted(known))} だけです。値をそろえてください"
            )
            yield report(diagram, task, "input-checks", message, about={path.split(".")[0], value})


def _below(rules: Rules, name: str) -> set[str]:
    """Return what rules ask for right below a variable."""
    items = [*rules.required, *(rule.item for rule in rules.dates), *(rule.item for rule in rules.ranges)]
    return {item.path.split(".")[1] for item in items if item.path.startswith(f"{name}.")}


def agree(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Whatever a job requires is required by the form where it is shown, and the other way round."""
    for element, form_id in linked_forms(diagram):
        form = context.catalogue.parsed_forms.get(form_id)
        if form is None:
            continue
        by_kind: dict[tuple[str, tuple[str, ...]], list[Difference]] = {}
        for difference in differences(diagram, element, fields(form), context.job_types):
            by_kind.setdefault((difference.kind, difference.jobs), []).append(difference)
        for found in by_kind.values():
            about = {*(difference.path.split(".")[0] for difference in found), *_targets(element)}
            yield report(diagram, element, "required-agrees", _message(element, form_id, found), about=about)


def _targets(element: Element) -> set[str]:
    """Return the variables that hold what is typed at an element."""
    outputs = extensions(element, "zeebe:ioMapping/zeebe:output")
    return {output.get("target", "").split(".")[0] for output in outputs} - {"formError"}


def headers(task: Element) -> dict[str, str]:
    """Return a task's headers by name."""
    found = extensions(task, "zeebe:taskHeaders/zeebe:header")
    return {header.get("key", ""): header.get("value") or "" for header in found}


def _message(element: Element, form: str, found: list[Difference]) -> str:
    difference = found[0]
    field = "".join(f"「{each.label}」（{each.path}）" for each in found)
    jobs = "、".join(difference.jobs) or "続くジョブ"
    told = {
        "unchecked": f"フォームでは必須ですが、{jobs}は確かめません",
        "unchecked-first": f"フォームでは必須で、ほかのジョブは確かめますが、{jobs}は確かめる前に受け取ります",
        "hidden": f"{jobs}が求めますが、そのときフォームに出ません",
        "optional": f"{jobs}が求めますが、フォームでは必須ではありません",
        "absent": f"{jobs}が求めますが、フォームにないか、渡されません",
    }[difference.kind]
    return f"{name_of(element)} フォーム {form} の{field}: {told}"


def _goes_back(diagram: Diagram, task: Element, *, by_variable: bool) -> bool:
    """Return whether a refused form is shown again: by an error, or by a flow on which ``formError`` tells why."""
    if by_variable and any(task.get("id") in way.way for shown in diagram.all("userTask") for way in returns(shown)):
        return True
    around = {element.get("id") for element in (task, *task.iterancestors())}
    return any(
        boundary.get("attachedToRef") in around and boundary.find("bpmn:errorEventDefinition", NS) is not None
        for boundary in diagram.all("boundaryEvent")
    )
