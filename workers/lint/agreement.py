"""Compares a form with the jobs behind it: under every choice that a person can make, what does each require?

The choices are those fields, and outer variables, that decide what is shown, where the token goes, or what a job
requires. What cannot be found out (a condition beyond ``conditions``) is left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, product
from typing import Final

from workers.domain.required import Condition, Item, Rules, as_text, beside, parse_rules
from workers.jobs.catalog import JobType
from workers.lint.handover import Handover, computed, field_path, handovers
from workers.lint.tokens import Token, condition_of, is_passed
from workers.packs.diagrams.conditions import UNKNOWN, compared, evaluate, is_true, paths
from workers.packs.diagrams.form_fields import FormField
from workers.packs.diagrams.model import Diagram, Element, extension, extensions, local

_MOST_CHOICES: Final = 3000
_FREE: Final = "\N{HORIZONTAL ELLIPSIS}"  # any value that no condition names


@dataclass(frozen=True)
class Difference:
    """``kind``: unchecked, unchecked-first, hidden, optional or absent; ``jobs`` are the tasks' names."""

    path: str
    label: str
    kind: str
    jobs: tuple[str, ...]


@dataclass(frozen=True)
class _Job:
    name: str
    items: tuple[Item, ...]
    paths: frozenset[str]
    headers: Mapping[str, str]

    @property
    def takes(self) -> frozenset[str]:
        """The variables that the job keeps or looks into."""
        kept = (part.strip() for part in self.headers.get("keep", "").split(","))
        return frozenset({*kept, *(path.split(".")[0] for path in self.paths)} - {""})


def judges(
    diagram: Diagram, element: Element, fields: list[FormField], job_types: Mapping[str, JobType]
) -> Iterator[str]:
    """Yield the ids of the service tasks that require something of a form, so that they may refuse it."""
    yield from _Comparison(diagram, element, fields, job_types).judges()


def differences(
    diagram: Diagram, element: Element, fields: list[FormField], job_types: Mapping[str, JobType]
) -> Iterator[Difference]:
    """Yield each way, once, in which the form of a task or start event and the jobs that follow do not agree."""
    yield from _Comparison(diagram, element, fields, job_types).differences()


class _Comparison:
    def __init__(
        self, diagram: Diagram, element: Element, fields: list[FormField], job_types: Mapping[str, JobType]
    ) -> None:
        self._diagram = diagram
        self._start = element.get("id", "")
        self._fields = {field.path: field for field in fields}
        self._known = handovers(element, fields)
        self._computed = computed(element)
        self._token = Token(diagram, self._start)
        self._jobs: dict[str, _Job] = {}
        self._conditions: list[str] = []
        self._look_around(job_types)

    def differences(self) -> Iterator[Difference]:
        told: set[tuple[str, str]] = set()
        for choice in self._choices():
            for difference in self._under(choice):
                if (difference.path, difference.kind) not in told:
                    told.add((difference.path, difference.kind))
                    yield difference

    def judges(self) -> Iterator[str]:
        for node, job in self._jobs.items():
            if any(field_path(self._known, path) in self._fields for path in job.paths):
                yield node

    def _look_around(self, job_types: Mapping[str, JobType]) -> None:
        """Find the jobs that may follow, whatever is chosen, and the conditions on the way."""
        pending, seen = [self._start], {self._start}
        while pending:
            for way in self._token.ways_from(pending.pop()):
                if condition := condition_of(way):
                    self._conditions.append(condition)
                target = way.target
                node = self._diagram.ids.get(target)
                if node is None or target in seen:
                    continue
                seen.add(target)
                if is_passed(node):
                    pending.append(target)
                    if (job := _job(node, job_types)) is not None:
                        self._jobs[target] = job

    def _choices(self) -> Iterator[dict[str, object]]:
        """Yield the values of every path that matters: those of form and outer variables, hidden fields being null."""
        domains = self._domains()
        may_hide = [path for path in domains if path in self._fields and self._fields[path].hides]
        for values in islice(product(*domains.values()), _MOST_CHOICES):
            choice = dict(zip(domains, values, strict=True))
            for _ in range(3):
                hidden = {path for path in may_hide if self._shown(path, choice) is False}
                if all(choice[path] is None for path in hidden):
                    break
                choice.update(dict.fromkeys(hidden))
            yield choice

    def _domains(self) -> dict[str, list[object]]:
        texts: dict[str, set[str]] = {}
        for path, values in self._compared():
            texts.setdefault(path, set()).update(values - {""})
        return {path: self._values(path, found) for path, found in sorted(texts.items())}

    def _compared(self) -> Iterator[tuple[str, set[str]]]:
        """Yield (path, texts that it is compared with) of every condition: of the form, the way and the jobs."""
        for field in self._fields.values():
            for hide in (*field.hides, *(hide for demand in field.demands for hide in demand)):
                yield from ((_absolute(path, field), set()) for path in paths(hide))
                yield from ((_absolute(path, field), {text}) for path, text in compared(hide))
        for expression in [*self._conditions, *self._computed.values()]:
            read = [(path, {text}) for path, text in compared(expression)]
            for path, texts in [*((path, set[str]()) for path in paths(expression)), *read]:
                if path not in self._computed or field_path(self._known, path) is not None:
                    yield self._in_form(path), texts
        for item in (item for job in self._jobs.values() for item in job.items):
            for condition in item.conditions:
                if not condition.path.startswith("#"):
                    yield self._in_form(beside(item.path, condition.path)), set(condition.values)

    def _in_form(self, path: str) -> str:
        """Return the form's path of a variable, the variable itself where the form does not ask for it."""
        return field_path(self._known, path) or path

    def _values(self, path: str, texts: set[str]) -> list[object]:
        field = self._fields.get(path)
        if field is None and local(self._diagram.ids[self._start]) == "startEvent":
            return [None]  # a start form is all that there is yet
        if field is None:
            return [*sorted(texts), *({"true", "false"} & texts and [True, False]), _FREE, None]
        if field.kind == "checkbox":
            return [True, None]
        if field.kind in {"rows", "checklist", "taglist"}:
            return [[_FREE]] if field.required else [[_FREE], None]
        if field.kind in {"radio", "select"}:
            chosen: list[object] = [*field.values] or [*sorted(texts), _FREE]
            return chosen if field.required else [*chosen, None]
        return [_FREE] if field.required else [_FREE, None]

    def _shown(self, path: str, choice: Mapping[str, object]) -> bool | None:
        return _visible(self._fields[path], self._fields[path].hides, choice)

    def _required(self, field: FormField, choice: Mapping[str, object]) -> bool | None:
        """Return whether the screen stops as long as a field is empty, or None where that is unknown."""
        if field.required:
            return True
        empty = {**choice, field.path: None}
        found = [_visible(field, demand, empty) for demand in field.demands]
        return True if True in found else None if None in found else False

    def _under(self, choice: Mapping[str, object]) -> Iterator[Difference]:
        values = self._variables(choice)
        passed = list(self._token.reached(values))
        reached = [self._jobs[node] for node in passed if node in self._jobs]
        wanted = self._wanted(reached, choice)
        for path, (label, jobs, certain) in wanted.items():
            field = self._fields.get(path)
            if field is None:
                yield Difference(path, label, "absent", jobs)
            elif certain and self._is_handed(path, choice) and self._shown(path, choice) is False:
                yield Difference(path, field.label, "hidden", jobs)
            elif certain and self._required(field, choice) is False:
                yield Difference(path, field.label, "optional", jobs)
        if self._start in passed:
            return  # the diagram itself sends the form back
        yield from self._too_late(wanted, choice, values)
        steering = self._steering()
        names = tuple(job.name for job in reached)
        for path, field in self._fields.items():
            if path in wanted or path in steering or not self._required(field, choice):
                continue
            if self._shown(path, choice):
                yield Difference(path, field.label, "unchecked", names)

    def _too_late(
        self, wanted: Iterable[str], choice: Mapping[str, object], values: Mapping[str, object]
    ) -> Iterator[Difference]:
        """Yield each field that a job takes, on some way, before any job there has checked it."""
        for way in self._token.ways(values):
            checked: set[str] = set()
            for job in (self._jobs[node] for node in way if node in self._jobs):
                checked |= set(self._wanted([job], choice))
                for path in wanted:
                    if path not in checked and self._targets(path) & job.takes and self._asks(path, choice):
                        yield Difference(path, self._fields[path].label, "unchecked-first", (job.name,))

    def _asks(self, path: str, choice: Mapping[str, object]) -> bool:
        field = self._fields.get(path)
        return field is not None and self._required(field, choice) is True and self._shown(path, choice) is True

    def _targets(self, path: str) -> set[str]:
        """Return the variables in which the form hands a field over."""
        return {handover.target.split(".")[0] for handover in self._known if _covers(handover, path)}

    def _is_handed(self, path: str, choice: Mapping[str, object]) -> bool:
        """Return whether the job gets what was typed: an expression may give something else for a hidden field."""
        handover = next((found for found in self._known if _covers(found, path)), None)
        if handover is None or handover.exact:
            return True
        return handover.source != path and self._shown(handover.source, choice) is not False

    def _steering(self) -> set[str | None]:
        """Return the form's paths on which the way depends: a choice that only steers needs no job to check it."""
        read = {path for text in self._conditions for path in paths(text)}
        read |= {path for target in read & set(self._computed) for path in paths(self._computed[target])}
        return {field_path(self._known, path) or path for path in read}

    def _wanted(
        self, reached: list[_Job], choice: Mapping[str, object]
    ) -> dict[str, tuple[str, tuple[str, ...], bool]]:
        """Return (label, jobs, whether it is certain) of what the reached jobs require of this form, by its path."""
        wanted: dict[str, tuple[str, tuple[str, ...], bool]] = {}
        for job in reached:
            for item in job.items:
                path = field_path(self._known, item.path)
                held = [self._holds(condition, item, job, choice) for condition in item.conditions]
                if path is None or False in held:
                    continue
                _, jobs, certain = wanted.get(path, ("", (), False))
                wanted[path] = (item.label, (*jobs, job.name), certain or None not in held)
        return wanted

    def _holds(self, condition: Condition, item: Item, job: _Job, choice: Mapping[str, object]) -> bool | None:
        path = beside(item.path, condition.path)
        if path.startswith("#"):
            return (job.headers.get(path[1:], "") in condition.values) is not condition.negated
        value = choice.get(self._in_form(path), UNKNOWN)
        if value is UNKNOWN:
            return None
        return (as_text(value) in condition.values) is not condition.negated

    def _variables(self, choice: Mapping[str, object]) -> dict[str, object]:
        """Return the choice under the names of the process: what is handed over, and the outer variables."""
        outer = {path: value for path, value in choice.items() if path not in self._fields}
        handed = {
            handover.target + path[len(handover.source) :]: value
            for handover in reversed(self._known)
            for path, value in choice.items()
            if path in self._fields and _covers(handover, path)
        }
        found = {target: evaluate(text, {**outer, **choice}) for target, text in self._computed.items()}
        return {**outer, **{target: value for target, value in found.items() if value is not UNKNOWN}, **handed}


def _covers(handover: Handover, path: str) -> bool:
    return path == handover.source or path.startswith(f"{handover.source}.")


def _absolute(path: str, field: FormField) -> str:
    return f"{field.row}.{path[5:]}" if path.startswith("this.") and field.row else path


def _visible(field: FormField, hides: tuple[str, ...], choice: Mapping[str, object]) -> bool | None:
    """Return whether none of the conditions hides; ``this`` is the row of the field."""
    if not hides:
        return True
    row = {f"this.{key[len(field.row) + 1 :]}": value for key, value in choice.items() if _within(key, field)}
    seen = {**choice, **row} if row else choice
    hidden = [is_true(hide, seen) for hide in hides]
    return False if True in hidden else None if None in hidden else True


def _within(path: str, field: FormField) -> bool:
    return bool(field.row) and path.startswith(f"{field.row}.")


def _job(node: Element, job_types: Mapping[str, JobType]) -> _Job | None:
    definition = extension(node, "taskDefinition")
    job_type = job_types.get("" if definition is None else definition.get("type", ""))
    if job_type is None or not job_type.takes_input:
        return None
    found = extensions(node, "zeebe:taskHeaders/zeebe:header")
    headers = {header.get("key", ""): header.get("value") or "" for header in found}
    try:
        rules = parse_rules(
            require=f"{job_type.requires},{headers.get('require', '')}",
            dates=headers.get("dates", ""),
            ranges=headers.get("ranges", ""),
        )
    except ValueError:
        return None  # input-checks says so
    return _Job((node.get("name") or node.get("id") or "").replace("\n", ""), rules.required, _paths(rules), headers)


def _paths(rules: Rules) -> frozenset[str]:
    items = [*rules.required, *(rule.item for rule in rules.dates), *(rule.item for rule in rules.ranges)]
    return frozenset(item.path for item in items)
