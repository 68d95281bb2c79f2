"""Values that can be: what is compared, read of a context or set in a header exists."""

from __future__ import annotations

from collections.abc import Iterator

from workers.lint.findings import Finding
from workers.lint.possible import Possible
from workers.lint.rules.base import Context, name_of, report
from workers.packs.diagrams.conditions import compared, paths
from workers.packs.diagrams.expressions import slots
from workers.packs.diagrams.model import ZEEBE, Diagram, Element, extensions


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
