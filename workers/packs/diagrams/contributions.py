"""What one file adds to the catalogue of all packs: the ids that it owns, and what it makes of variables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from workers.errors import InputError
from workers.packs.answersteps import page_mark
from workers.packs.diagrams import dmn, feel, forms, model
from workers.packs.diagrams.expressions import linked_forms, produced, visible_locals
from workers.packs.diagrams.flowgraph import graph_of

Names = dict[str, list[str]]
"""Sorted names by id."""


@dataclass
class Contribution:
    """Plain values only, so that it can be kept as JSON.

    ``ids`` are pairs (kind, id); ``form``: the id of the form; ``calls`` are (process, id of the call, inputs,
    outputs). The rest is named as in ``Catalogue``.
    """

    ids: list[list[str]] = field(default_factory=list)
    form: str | None = None
    form_keys: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    form_locals: Names = field(default_factory=dict)
    decision_inputs: Names = field(default_factory=dict)
    decision_reads: dict[str, Names] = field(default_factory=dict)
    process_inputs: Names = field(default_factory=dict)
    page_marks: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[str, str, list[str], list[str]]] = field(default_factory=list)
    caught: Names = field(default_factory=dict)
    escalating: Names = field(default_factory=dict)
    documents: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)


def read(path: Path) -> Contribution:
    """Return what a file contributes; of one that cannot be read as much as can be (its own check reports it)."""
    found = Contribution()
    try:
        if path.suffix == ".form":
            _of_form(found, forms.load(path))
        elif path.suffix == ".dmn":
            _of_table(found, dmn.load(path))
        else:
            _of_diagram(found, model.load(path))
    except (InputError, ValueError, OSError, RecursionError):
        pass
    return found


def _of_form(found: Contribution, form: forms.Form) -> None:
    found.form_keys = sorted(forms.keys(form))
    found.form = form.id
    found.ids.append(["form", form.id])


def _of_table(found: Contribution, table: dmn.DecisionFile) -> None:
    found.ids.append(["drg", table.root.get("id", "")])
    made = dmn.results(table)
    for cell in dmn.cells(table):
        for name in set(_names(cell)) - made:
            _add(found.decision_reads.setdefault(cell.decision, {}), name, [cell.element.get("id", "")])
    found.ids += [["decision", decision.get("id", "")] for decision in table.decisions]


def _names(cell: dmn.Cell) -> list[str]:
    try:
        return feel.variables(cell.text, unary=cell.kind == "unary")
    except feel.FeelSyntaxError:
        return []  # a rule says so


def _of_diagram(found: Contribution, diagram: model.Diagram) -> None:
    made = produced(diagram)
    found.names = sorted(made)
    for task, form in linked_forms(diagram):
        _add(found.form_locals, form, visible_locals(task) | made)
    found.page_marks = {task.get("id", ""): page_mark(task) for task in diagram.all("userTask")}
    for task in diagram.all("businessRuleTask"):
        for called in model.extensions(task, "zeebe:calledDecision"):
            _add(found.decision_inputs, called.get("decisionId", ""), visible_locals(task))
    for call in diagram.all("callActivity"):
        for called in model.extensions(call, "zeebe:calledElement"):
            _of_call(found, diagram, call, called.get("processId", ""))
    found.documents = sorted({name for task in diagram.all("serviceTask") for name in model.made_documents(task)})
    found.steps = sorted({step for task in diagram.all("serviceTask") for step in model.recorded_steps(task)})
    found.ids += [["process", process.get("id", "")] for process in diagram.processes]
    found.ids += [["message", message.get("name", "")] for message in diagram.all("message")]


def _of_call(found: Contribution, diagram: model.Diagram, call: model.Element, process: str) -> None:
    handed, taken = (
        [m.get("target", "").split(".")[0] for m in model.extensions(call, f"zeebe:ioMapping/zeebe:{kind}")]
        for kind in ("input", "output")
    )
    found.calls.append((process, call.get("id", ""), handed, taken))
    _add(found.process_inputs, process, visible_locals(call))
    _add(found.caught, process, model.caught_errors(diagram, call))
    _add(found.escalating, process, graph_of(call).codes_caught(call))


def _add(names: Names, identity: str, more: Iterable[str]) -> None:
    names[identity] = sorted({*names.get(identity, ()), *more})
