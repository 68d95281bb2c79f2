"""Values that can be: what is compared, read of a context or set in a header exists."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Final

from workers.lint.findings import Finding
from workers.lint.possible import Possible
from workers.lint.rules.base import Context, name_of, report
from workers.lint.supplies import names_in
from workers.packs.diagrams.conditions import compared, paths
from workers.packs.diagrams.expressions import slots
from workers.packs.diagrams.model import ZEEBE, Diagram, Element, extension, extensions

_TEXT: Final = re.compile(r'"[^"]*"')


def comparisons(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """A variable is compared with a text that a form's choices, a job or a mapping can give it."""
    possible = Possible(diagram, context.sources)
    told: set[tuple[str, str]] = set()
    for slot in slots(diagram):
        for path, text in compared(slot.body) if slot.is_feel else ():
            texts = possible.texts(path) if text and (path, text) not in told else None
            if texts and text not in texts:
                told.add((path, text))
                listed = "、".join(sorted(texts))
                message = (
                    f"{slot.label}は「{path}」を「{text}」と比べますが、なり得る値は {listed} だけです。"
                    "値をそろえてください（ちがうと、いつも成り立ちません）"
                )
                yield report(diagram, slot.element, "impossible-value", message, about={path.split(".")[0], text})


def parts(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """What is read of a context has been put into it."""
    possible = Possible(diagram, context.sources)
    found: dict[tuple[str, str], list[Element]] = {}
    for slot in slots(diagram):
        for path in _dotted(slot.body) if slot.is_feel else ():
            found.setdefault(path, []).append(slot.element)
    for (name, part), places in found.items():
        keys = possible.parts(name)
        if keys is not None and part not in keys:
            more = f"（ほかに {len(places) - 1} か所）" if len(places) > 1 else ""
            message = (
                f"「{name}.{part}」が読まれますが{more}、「{name}」に入るのは {'、'.join(sorted(keys))} だけです。"
                "名前をそろえるか、出力マッピングに足してください"
            )
            yield report(diagram, places[0], "context-key", message, about={name, part})


def nearly(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """A text that a mapping writes for gateways to compare is none of theirs, but almost."""
    del context
    asked: dict[str, set[str]] = {}
    for slot in slots(diagram):
        for path, text in compared(slot.body) if slot.is_feel else ():
            asked.setdefault(path, set()).add(text)
    for mapping in diagram.root.iter(f"{{{ZEEBE}}}output"):
        name, text = mapping.get("target", ""), (mapping.get("source") or "").removeprefix("=").strip()
        written = text.strip('"') if _TEXT.fullmatch(text) else ""
        known = sorted(asked.get(name, ()))
        near = difflib.get_close_matches(written, known, n=1, cutoff=0.85) if written and written not in known else []
        if near:
            message = (
                f"出力マッピングは「{name}」に「{written}」を書きますが、比べる値は {'、'.join(known)} です。"
                f"「{near[0]}」のことなら、値をそろえてください（ちがうと、いつも「そのほか」の線へ進みます）"
            )
            yield report(diagram, mapping, "written-value", message, about={name, written})


def results(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """What a decision, or a job that reads records, brings is taken over by the outputs of its own task."""
    del context
    for task in diagram.all("businessRuleTask", "serviceTask"):
        called = extension(task, "calledDecision")
        headers = {h.get("key"): h.get("value") for h in extensions(task, "zeebe:taskHeaders/zeebe:header")}
        result = headers.get("into") if called is None else called.get("resultVariable")
        outputs = extensions(task, "zeebe:ioMapping/zeebe:output")
        if result and outputs and not any(result in names_in(_body(output)) for output in outputs):
            taken = "、".join(sorted({name for output in outputs for name in names_in(_body(output))})) or "なし"
            message = (
                f"{name_of(task)}の結果「{result}」を、どの出力マッピングも受け取っていません（受け取るのは {taken}）。"
                "名前をそろえてください"
            )
            yield report(diagram, task, "lost-result", message, about={result})


def _body(mapping: Element) -> str:
    return (mapping.get("source") or "").removeprefix("=")


def _dotted(expression: str) -> Iterator[tuple[str, str]]:
    for path in paths(expression):
        pieces = path.split(".")
        if len(pieces) > 1:
            yield pieces[0], pieces[1]


def header_values(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """A header with choices has one of them."""
    for definition in diagram.root.iter(f"{{{ZEEBE}}}taskDefinition"):
        job_type = context.job_types.get(definition.get("type", ""))
        holder = definition.getparent()
        task = None if holder is None else holder.getparent()
        if job_type is None or task is None:
            continue
        choices = {header.name: header for header in job_type.headers if header.choices}
        for header in extensions(task, "zeebe:taskHeaders/zeebe:header"):
            known = choices.get(header.get("key", ""))
            for value in filter(None, ((header.get("value") or "").split(",") if known is not None else ())):
                if known is not None and value.strip() not in known.choices:
                    listed = "、".join(f"{name}（{what}）" for name, what in known.choices.items())
                    message = (
                        f"{name_of(task)}: ヘッダー「{known.name}」（{known.label}）に値「{value.strip()}」は"
                        f"ありません。{listed} から選んでください"
                    )
                    yield report(diagram, header, "header-value", message)
