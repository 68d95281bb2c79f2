"""A DMN file as the linter sees it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lxml import etree

from workers.errors import InputError
from workers.packs.diagrams.model import Element, parse_xml

DMN: Final = "https://www.omg.org/spec/DMN/20191111/MODEL/"
DMNDI: Final = "https://www.omg.org/spec/DMN/20191111/DMNDI/"
NS: Final = {"dmn": DMN, "dmndi": DMNDI}


@dataclass(frozen=True)
class DecisionFile:
    """One parsed .dmn file."""

    path: Path
    root: Element

    @property
    def decisions(self) -> list[Element]:
        """The decisions of the file."""
        return list(self.root.findall("dmn:decision", NS))

    @property
    def drawn(self) -> set[str]:
        """The ids that the drawing shows."""
        return {shape.get("dmnElementRef", "") for shape in self.root.iter(f"{{{DMNDI}}}DMNShape")}


@dataclass(frozen=True)
class Cell:
    """An expression of a decision. ``kind``: input, unary (a condition of a rule) or output."""

    kind: str
    element: Element
    decision: str
    text: str


def load(path: Path) -> DecisionFile:
    """Parse a .dmn file; raises InputError (Japanese) when it is none."""
    root = parse_xml(path)
    if root.tag != f"{{{DMN}}}definitions":
        name = etree.QName(root)
        raise InputError(str(path), f"DMN 1.3 の definitions で始まっていません（{name.localname}）")
    return DecisionFile(path, root)


def cells(table: DecisionFile) -> Iterator[Cell]:
    """Yield every expression that is filled in."""
    for decision in table.decisions:
        identity = decision.get("id", "")
        for path, kind in (
            ("dmn:decisionTable/dmn:input/dmn:inputExpression", "input"),
            ("dmn:decisionTable/dmn:rule/dmn:inputEntry", "unary"),
            ("dmn:decisionTable/dmn:rule/dmn:outputEntry", "output"),
            ("dmn:literalExpression", "output"),
        ):
            for element in decision.findall(path, NS):
                text = (element.findtext("dmn:text", default="", namespaces=NS) or "").strip()
                if text and text != "-":
                    yield Cell(kind, element, identity, text)


def results(table: DecisionFile) -> set[str]:
    """Return the names that decisions and input data of the file give to each other."""
    names: set[str] = set()
    for element in table.root.iter(f"{{{DMN}}}decision", f"{{{DMN}}}inputData"):
        names |= {element.get("id", ""), element.get("name", "")}
        for variable in element.findall("dmn:variable", NS):
            names.add(variable.get("name", ""))
    for output in table.root.iter(f"{{{DMN}}}output"):
        names.add(output.get("name", ""))
    return names - {""}
