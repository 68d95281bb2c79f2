"""What the scenarios of a pack get wrong against its diagrams, forms, departments and mails.

A scenario is a test and a demonstration: one that names what is not there waits for it for a long time and says only
then that nothing came.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

from workers.domain.cities import City
from workers.domain.wareki import parse_date
from workers.errors import InputError, InputErrors
from workers.lint.findings import Finding
from workers.packs.diagrams import model
from workers.packs.diagrams.catalogue import Catalogue, Pack
from workers.packs.diagrams.dates import DATE, KIND
from workers.packs.diagrams.model import FLOW_NODES, Diagram, extension
from workers.packs.scenarios import AgreementFacts, Scenario, Step, dated, read_scenario, scenario_files
from workers.packs.templatefiles import TemplateFolders
from workers.packs.templatewords import did_you_mean
from workers.readers.offerfile import read_offer
from workers.readers.tomlsource import Place, TomlSource, label, read_toml

RULE: Final = "scenario"
_MARK: Final = re.compile(r"\{[^{}]*\}?")
_MARKS: Final = re.compile(r"\{(?:today|year|began)(?:[+-]\d+)?\}")
_DAY: Final = date(2026, 6, 1)
_CHOICES: Final = frozenset({"radio", "select", "checklist", "taglist"})
_Fields = Mapping[str, list[dict[str, Any]]]
_Told = Callable[[Place, str], Finding]


def check(folder: Path, city: City | None, known: Catalogue, only: Path | None = None) -> Iterator[Finding]:
    """Yield what is wrong with the scenarios of a pack and with the offers that they file; ``only``: one file alone.

    ``city`` is None where the pack itself cannot be read.
    """
    offers = sorted((folder / "scenarios").glob("offer-*.toml"))
    for path in offers:
        if city is not None and only in {None, path}:
            yield from _offer(path, city)
    paths = [path for path in scenario_files(folder) if only in {None, path}]
    ground = _Ground(folder, city, known) if city is not None and paths else None
    for path in paths:
        try:
            scenario = read_scenario(path)
        except InputErrors as problems:
            for problem in problems.errors:
                message = problem.message.removeprefix(f"{problem.where}: ")
                yield _at(path, problem.where.removeprefix(f"scenarios/{path.name}").strip(), message)
            continue
        if ground is not None:
            yield from ground.findings(path, scenario)


def _offer(path: Path, city: City) -> Iterator[Finding]:
    """Yield what is wrong with the file of an offer, read on the day that it bears."""
    try:
        written = str(read_toml(path).data.get("offer", {}).get("date") or "")
        read_offer(path, city, _day(written))
    except InputErrors as problems:
        for problem in problems.errors:
            message = problem.message.removeprefix(f"{problem.where}: ")
            yield _at(path, problem.where.removeprefix(path.name).strip(), message)


def _day(written: str) -> date:
    try:
        return parse_date(written, "date")
    except InputError:
        return _DAY  # reading the offer says what is wrong with it


def _at(path: Path, place: str, message: str) -> Finding:
    found = re.match(r"(\d+)行目 ?", place)
    line = int(found[1]) if found else None
    return Finding(file=path, element=place[found.end() :] if found else place, rule=RULE, message=message, line=line)


@dataclass
class _Ground:
    """A pack with the common parts: what its scenarios may name."""

    folder: Path
    city: City
    known: Catalogue

    def findings(self, path: Path, scenario: Scenario) -> Iterator[Finding]:
        """Yield what a scenario names that is not there."""
        source: list[TomlSource] = []

        def told(place: Place, message: str) -> Finding:
            if not source:
                source.append(read_toml(path))
            return Finding(file=path, element=label(place), rule=RULE, message=message, line=source[0].line(place))

        yield from self._input(path, scenario, told)
        if scenario.agreement is not None:
            yield from self._agreement(scenario.agreement, told)
        for number, (step, following) in enumerate(zip_longest(scenario.steps, scenario.steps[1:])):
            yield from self._step(("steps", number), step, told, refused=_asked_again(step, following))
        yield from self._expectation(scenario, told)

    def _input(self, path: Path, scenario: Scenario, told: _Told) -> Iterator[Finding]:
        offer = path.parent / scenario.input
        if not offer.is_file():
            hint = did_you_mean(scenario.input, [file.name for file in path.parent.glob("offer-*.toml")])
            yield told(("input",), f"申出のファイル「{scenario.input}」がありません{hint}")

    def _agreement(self, facts: AgreementFacts, told: _Told) -> Iterator[Finding]:
        if facts.procedure not in self.city.procedures:
            listed = "、".join(kind.value for kind in self.city.procedures)
            yield told(
                ("agreement", "procedure"),
                f"手続「{facts.procedure.value}」は city.toml にありません（ある手続: {listed}）",
            )
        for number, row in enumerate(facts.activities):
            place: Place = ("agreement", "activities", number)
            code = row.get("department")
            if code and str(code) not in self._departments:
                yield told((*place, "department"), self._no_department(str(code)))
            if "field" in row and row["field"] not in self._numbers:
                yield told((*place, "field"), f"連携事項の番号「{row['field']}」は city.toml にありません")

    def _step(self, place: Place, step: Step, told: _Told, *, refused: bool) -> Iterator[Finding]:
        """Yield what is wrong with a step; ``refused``: its answers are wrong on purpose."""
        if step.timer and step.timer not in self._timers:
            yield told((*place, "timer"), self._no_element("タイマー", step.timer, self._timers))
        if step.department not in {"", "*"} and step.department not in self._departments:
            yield told((*place, "department"), self._no_department(step.department))
        if not step.task:
            return
        if step.task not in self._tasks:
            yield told((*place, "task"), self._no_element("ユーザータスク", step.task, self._tasks))
            return
        fields = self._fields_of(step.task)
        if fields is not None:
            for key, value in step.answers.items():
                yield from self._answer((*place, "answers", key), key, value, fields, told, refused=refused)

    def _answer(  # noqa: PLR0913 (what is answered where, and to what)
        self, place: Place, path: str, value: Any, fields: _Fields, told: _Told, *, refused: bool
    ) -> Iterator[Finding]:
        if path not in fields:
            siblings = {key for key in fields if key.rpartition(".")[0] == path.rpartition(".")[0]}
            names = {key.rpartition(".")[2] for key in siblings}
            name = path.rpartition(".")[2]
            hint = did_you_mean(name, names)
            listed = "" if hint else f"（ある項目: {'、'.join(sorted(names)[:8])}）"
            yield told(place, f"この作業の画面に、項目「{name}」はありません{hint or listed}")
            return
        if isinstance(value, Mapping):
            for key, part in value.items():
                yield from self._answer((*place, key), f"{path}.{key}", part, fields, told, refused=refused)
        elif isinstance(value, list) and any(isinstance(row, Mapping) for row in value):
            for number, row in enumerate(value):
                for key, part in row.items() if isinstance(row, Mapping) else ():
                    yield from self._answer(
                        (*place, number, key), f"{path}.*.{key}", part, fields, told, refused=refused
                    )
        elif not refused and (problem := self._wrong_value(value, fields[path])):
            yield told(place, problem)

    def _wrong_value(self, value: Any, components: list[dict[str, Any]]) -> str:
        """Return what is wrong with an answer; empty where one of the task's forms takes it."""
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and (wrong := _wrong_mark(text)):
                return wrong
        problems = [self._refused(value, component) for component in components]
        return problems[0] if problems and all(problems) else ""

    def _refused(self, value: Any, component: dict[str, Any]) -> str:
        kind = component.get("type")
        what = f"「{component.get('label') or component.get('key')}」"
        if kind in _CHOICES and (choices := self._choices(component)):
            for one in value if isinstance(value, list) else [value]:
                if one not in {None, ""} and "{" not in str(one) and str(one) not in choices:
                    hint = did_you_mean(str(one), choices) or f"（選べる値: {'、'.join(choices[:12])}）"
                    return f"{what}に選択肢「{one}」はありません{hint}"
        if kind == "checkbox" and not isinstance(value, bool) and value is not None:
            return f"{what}は true か false で書いてください（今は「{value}」）"
        if kind == "number" and not re.fullmatch(r"-?\d+(\.\d+)?|\{year[^}]*\}|", str(value)) and value is not None:
            return f"{what}は数で書いてください（今は「{value}」）"
        if (component.get("properties") or {}).get(KIND) == DATE and isinstance(value, str) and value:
            return _unreadable_date(what, value)
        return ""

    def _choices(self, component: Mapping[str, Any]) -> list[str]:
        static = [str(row.get("value")) for row in component.get("values") or [] if isinstance(row, dict)]
        if static:
            return static
        listed = str(component.get("valuesExpression") or "").removeprefix("=").strip()
        return {
            "cityOptions.fields": sorted(str(number) for number in self._numbers),
            "cityOptions.departments": sorted(self._departments),
        }.get(listed, [])

    def _expectation(self, scenario: Scenario, told: _Told) -> Iterator[Finding]:
        for number, element in enumerate(scenario.expect.passed):
            if element not in self._nodes:
                yield told(("expect", "passed", number), self._no_element("要素", element, self._nodes))
        for name in scenario.expect.mails:
            if name not in self._mails:
                hint = did_you_mean(name, self._mails)
                yield told(("expect", "mails", name), f"メール「{name}」のひな形がありません{hint}")

    def _no_department(self, code: str) -> str:
        return f"課「{code}」は departments.csv にありません{did_you_mean(code, self._departments)}"

    def _no_element(self, what: str, identity: str, known: Iterable[str]) -> str:
        if identity in self._nodes:
            return f"「{identity}」は{what}ではありません。図で番号（ID）を確かめてください"
        hint = did_you_mean(identity, known)
        return f"{what}「{identity}」は、この市の図にも共通の図にもありません{hint}。図で番号（ID）を確かめてください"

    @cached_property
    def _diagrams(self) -> list[Diagram]:
        own = [pack for pack in self.known.packs if pack.folder == self.folder.resolve() or pack.shared]
        return [diagram for pack in own for path in _bpmn(pack) if (diagram := _loaded(path)) is not None]

    @cached_property
    def _nodes(self) -> frozenset[str]:
        found = (node.get("id", "") for diagram in self._diagrams for node in diagram.all(*FLOW_NODES, "sequenceFlow"))
        return frozenset(found)

    @cached_property
    def _tasks(self) -> Mapping[str, list[str]]:
        """The user tasks by id, with the ids of their forms; one without a linked form has ``""``."""
        found: dict[str, list[str]] = {}
        for task in (task for diagram in self._diagrams for task in diagram.all("userTask")):
            form = extension(task, "formDefinition")
            found.setdefault(task.get("id", ""), []).append("" if form is None else form.get("formId", ""))
        return found

    @cached_property
    def _timers(self) -> frozenset[str]:
        return frozenset(
            event.get("id", "")
            for diagram in self._diagrams
            for event in diagram.all("boundaryEvent", "intermediateCatchEvent", "startEvent")
            if event.find("bpmn:timerEventDefinition", model.NS) is not None
        )

    @cached_property
    def _departments(self) -> frozenset[str]:
        return frozenset(entry.code for entry in self.city.departments)

    @cached_property
    def _numbers(self) -> frozenset[int]:
        return frozenset(entry.number for entry in self.city.fields)

    @cached_property
    def _mails(self) -> frozenset[str]:
        pack = next(pack for pack in self.known.packs if pack.folder == self.folder.resolve())
        roots = tuple(dict.fromkeys(other.folder.parent for other in self.known.packs))
        return frozenset(TemplateFolders(pack.templates, roots).names(self.city.code, "mail", ".txt.j2"))

    def _fields_of(self, task: str) -> _Fields | None:
        """Return the components of a task's forms by what they submit; None where a form is not known."""
        found: dict[str, list[dict[str, Any]]] = {}
        for form in self._tasks[task]:
            parsed = self.known.parsed_forms.get(form)
            if parsed is None:
                return None  # another rule says so
            for path, component in _submitted(parsed.content.get("components") or []):
                found.setdefault(path, []).append(component)
        return found


def _submitted(components: Iterable[Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the paths of what a screen submits, rows of a list as ``list.*.key``, each with its component."""
    for component in components:
        if not isinstance(component, dict):
            continue
        inner = component.get("components") or []
        path = str(component.get("path") or "")
        if component.get("type") == "dynamiclist":
            yield f"{prefix}{path}", component
            yield from _submitted(inner, f"{prefix}{path}.*.")
            continue
        if key := component.get("key"):
            *holders, last = f"{prefix}{key}".split(".")
            yield from ((".".join(holders[: end + 1]), {}) for end in range(len(holders)))
            yield ".".join([*holders, last]), component
        yield from _submitted(inner, f"{prefix}{path}." if path else prefix)


def _asked_again(step: Step, following: Step | None) -> bool:
    """Return whether a task comes back at once: its first answers are refused, and the scenario shows that."""
    same = following is not None and step.task == following.task
    return same and following is not None and following.department in {step.department, "*"}


def _wrong_mark(text: str) -> str:
    for mark in _MARK.findall(text):
        if not _MARKS.fullmatch(mark):
            hint = did_you_mean(mark.strip("{}").rstrip("+-0123456789 "), ["today", "year", "began"])
            return f"「{mark}」は読めません{hint}。{{today+14}}、{{year}}、{{began+1}} のように書いてください"
    return ""


def _unreadable_date(what: str, value: str) -> str:
    try:
        parse_date(str(dated(value, _DAY)), what)
    except InputError:
        return f"{what}の日付「{value}」が読めません。「{{today+14}}」か「令和8年6月8日」のように書いてください"
    return ""


def _bpmn(pack: Pack) -> list[Path]:
    return [path for path in pack.files() if path.suffix == ".bpmn"]


def _loaded(path: Path) -> Diagram | None:
    try:
        return model.load(path)
    except InputError:
        return None  # the file's own check says so
