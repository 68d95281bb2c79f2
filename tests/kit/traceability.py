"""Where each requirement is modelled and tested; ``python -m tests.kit.traceability`` rewrites docs/traceability.md."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DOCUMENT = ROOT / "docs" / "traceability.md"
_ID = re.compile(r"\b(D|AGE|ISE|DAT|CHI|ASA|ALL)-([A-Z]?\d+|A\b)((?:/\d+)*)")
_ELEMENT = re.compile(r'id="([^"]+)"[^>]*>\s*<bpmn:documentation>([^<]*)</bpmn:documentation>')
_FILES_SHOWN = 4

REQUIREMENTS = (
    *(f"D-{n}" for n in range(1, 12)),
    *("AGE-R1", "AGE-R2", *(f"AGE-{n}" for n in range(1, 10)), *(f"AGE-A{n}" for n in range(1, 6))),
    *("AGE-T0", "AGE-T1", "AGE-T2"),
    *("ISE-R1", "ISE-R2", *(f"ISE-{n}" for n in range(1, 10)), *(f"ISE-F{n}" for n in range(1, 6))),
    *("ISE-T1", "ISE-A1", "ISE-A2", "ISE-T2", "ISE-T3", "ISE-T4"),
    *("DAT-R1", *(f"DAT-{n}" for n in range(13)), "DAT-A", "DAT-T1", "DAT-T2", *(f"DAT-F{n}" for n in range(1, 9))),
    *(f"CHI-{n}" for n in range(1, 10)),
    *(f"ASA-{n}" for n in range(1, 9)),
    *(f"ALL-{n}" for n in range(1, 24)),
    *("ALL-25", "ALL-26", "ALL-27"),
)
"""The requirement ids of the specification."""


@dataclass
class Trace:
    """Where one requirement is found: diagram elements, Python rules, tests (paths from the root)."""

    elements: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    rules: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Whether the requirement is modelled or ruled, and tested."""
        return bool(self.elements or self.rules) and bool(self.tests)


def ids_in(text: str) -> Iterator[str]:
    """Return the requirement ids that a text names; ``ISE-2/3`` names two."""
    for prefix, first, more in _ID.findall(text):
        yield f"{prefix}-{first}"
        for number in filter(None, more.split("/")):
            yield f"{prefix}-{number}"


def traces() -> dict[str, Trace]:
    """Return the traces of everything in the tree, by requirement id."""
    found: dict[str, Trace] = defaultdict(Trace)
    for path in sorted(ROOT.glob("bpmn/*/*.bpmn")):
        for element, text in _ELEMENT.findall(path.read_text(encoding="utf-8")):
            for identity in ids_in(text):
                found[identity].elements[path.stem].append(element)
    for path in sorted(ROOT.glob("workers/**/*.py")):
        for identity in set(ids_in(path.read_text(encoding="utf-8"))):
            found[identity].rules.append(_short(path))
    for path in sorted(ROOT.glob("tests/**/test_*.py")):
        for identity in set(ids_in(path.read_text(encoding="utf-8"))):
            found[identity].tests.append(_short(path))
    _through_scenarios(found)
    return found


def _through_scenarios(found: dict[str, Trace]) -> None:
    """Every element of a diagram is passed by its pack's scenarios: the coverage test holds that."""
    for trace in found.values():
        if trace.elements:
            trace.tests.insert(0, "tests/process/test_scenarios.py")


def _short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _cell(items: list[str]) -> str:
    shown = "<br>".join(items[:_FILES_SHOWN])
    return shown + (f"<br>ほか{len(items) - _FILES_SHOWN}" if len(items) > _FILES_SHOWN else "")


def document(found: dict[str, Trace]) -> str:
    """Return the page: the table of what is done, then the open list."""
    lines = [
        "# 要件の所在",
        "",
        "要件の番号ごとに、図の要素、Python の規則、試験を挙げます。",
        "何を求める番号かは[要件の一覧](requirements.md)にあります。",
        "`python -m tests.kit.traceability` で作り直します。",
        "試験がこの表と実物の一致を確かめ、「まだのもの」が増えることを許しません。",
        "",
        "| 要件 | 図の要素 | 規則 | 試験 |",
        "|---|---|---|---|",
    ]
    for identity in REQUIREMENTS:
        if (trace := found[identity]).done:
            elements = [f"{name}: {', '.join(ids[:3])}" for name, ids in trace.elements.items()]
            lines.append(f"| {identity} | {_cell(elements)} | {_cell(trace.rules)} | {_cell(trace.tests)} |")
    lines += ["", "## まだのもの", ""]
    lines += [f"- {identity}" for identity in REQUIREMENTS if not found[identity].done]
    return "\n".join(lines) + "\n"


def done_list(text: str) -> set[str]:
    """Return the ids of a page's table."""
    return set(re.findall(r"^\| (\w+-\w+) \|", text, re.MULTILINE))


def open_list(text: str) -> set[str]:
    """Return the ids of a page's open list."""
    return set(re.findall(r"^- (\S+)$", text.partition("## まだのもの")[2], re.MULTILINE))


if __name__ == "__main__":
    DOCUMENT.write_text(document(traces()), encoding="utf-8")
