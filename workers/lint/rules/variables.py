"""Variables: whatever an expression reads is declared in ``workers/variables.py`` or made in the file itself."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from typing import Final

from workers.lint.elsewhere import read_elsewhere
from workers.lint.findings import Finding
from workers.lint.reads import reads
from workers.lint.rules.base import Context, report
from workers.packs.diagrams import feel
from workers.packs.diagrams.expressions import linked_forms, produced, slots
from workers.packs.diagrams.model import ZEEBE, Diagram, Element

_NEAR: Final = 0.85
MISSPELT: Final = "output-name"
# Task headers that list names of variables
_LISTING_HEADERS: Final = frozenset({"keep", "clear", "values"})


def undeclared(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """No expression reads a variable that nobody writes: a misspelt name is null in FEEL, silently."""
    known = set(context.variables) | produced(diagram)
    for _, form in linked_forms(diagram):
        known |= context.catalogue.form_keys.get(form, set())
    for process in diagram.processes:
        known |= context.catalogue.process_inputs.get(process.get("id", ""), set())
    found: dict[str, list[tuple[Element, str, str]]] = {}
    for slot in slots(diagram):
        for name in unknown(slot.body, known) if slot.is_feel else []:
            found.setdefault(name, []).append((slot.element, slot.label, slot.body))
    for header in diagram.root.iter(f"{{{ZEEBE}}}header"):
        listed = (header.get("value") or "").split(",") if header.get("key") in _LISTING_HEADERS else []
        for name in [name.strip() for name in listed if name.strip() and name.strip() not in known]:
            found.setdefault(name, []).append((header, f"ヘッダー「{header.get('key')}」", ""))
    for name, places in found.items():
        element, label, _ = places[0]
        more = f"。ほかに {len(places) - 1} か所で読まれます" if len(places) > 1 else ""
        message = f"{label}の変数「{name}」はどこでも宣言されていません{did_you_mean(name, known)}{more}"
        parts = {part for *_, text in places for part in parts_of(name, text)}
        yield report(diagram, element, "variable", message, about={name, *parts})


def misspelt(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """What an output mapping writes under a name that nobody reads, but almost: the right name keeps its old value."""
    heard = {read.name for read in reads(diagram, context.flow_of(diagram), context.sources)}
    heard |= read_elsewhere(diagram, context)
    meant = heard | set(context.variables)
    for mapping in diagram.root.iter(f"{{{ZEEBE}}}output"):
        name = mapping.get("target", "").split(".")[0]
        near = [] if name in meant else difflib.get_close_matches(name, sorted(meant), n=1, cutoff=_NEAR)
        if near:
            message = (
                f"出力マッピングが書く「{name}」は、この後どこでも読まれません。「{near[0]}」のことなら、名前をそろえて"
                f"ください（このままでは「{near[0]}」が前の値のままです）"
            )
            yield report(diagram, mapping, MISSPELT, message, about={near[0]})


def parts_of(name: str, expression: str) -> set[str]:
    """Return what an expression reads right below a variable: ``dueOn`` of ``plan.dueOn``."""
    return set(re.findall(rf"(?<![\w.]){re.escape(name)}\.([^\W\d]\w*)", expression))


def unknown(expression: str, known: Iterable[str], *, unary: bool = False) -> list[str]:
    """Return the undeclared variables of an expression; none when it cannot be read (another rule says so)."""
    try:
        used = feel.variables(expression, unary=unary)
    except feel.FeelSyntaxError:
        return []
    declared = set(known)
    return [name for name in used if name not in declared]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a hint at the declared name that looks most alike, or nothing."""
    close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.75)
    return f"（「{close[0]}」ですか）" if close else ""
