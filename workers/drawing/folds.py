"""What was folded or unfolded between two versions of a diagram: the same parts on another level are no other parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workers.drawing.picture import one_line
from workers.packs.diagrams import model
from workers.packs.diagrams.model import SUB_PROCESSES, Diagram, local


@dataclass(frozen=True)
class Folds:
    """``sentences`` for people; ``steps`` that came or went around parts that stayed; ``inside``: these parts."""

    sentences: tuple[str, ...] = ()
    steps: frozenset[str] = frozenset()
    inside: frozenset[str] = frozenset()


def folds(old: Path, new: Path) -> Folds:
    """Return what was folded together, and what was spread out again, from one version to the other."""
    before, after = model.load(old), model.load(new)
    found = [*_told(before, after, folding=True), *_told(after, before, folding=False)]
    return Folds(
        tuple(sentence for sentence, _, _ in found),
        frozenset(step for _, step, _ in found),
        frozenset().union(*(inside for _, _, inside in found)),
    )


def _told(before: Diagram, after: Diagram, *, folding: bool) -> Iterator[tuple[str, str, set[str]]]:
    """Yield (sentence, sub-process, parts that both have inside it) of what is more folded in ``after``."""
    verb = "折りたたんだ" if folding else "広げた"
    for element in after.all(*sorted(SUB_PROCESSES)):
        identity = element.get("id", "")
        inside = {part.get("id", "") for part in element.iterdescendants(f"{{{model.BPMN}}}*")} & before.ids.keys() - {
            ""
        }
        title = f"サブプロセス「{one_line(element)}」（{identity}）"
        if identity in before.ids:
            if _is_folded(after, identity) and not _is_folded(before, identity):
                yield f"{verb}: {title}", identity, inside
        elif moved := [part for part in inside if _is_shown(before, part) and _holder(after, part) == identity]:
            named = [part for part in before.ids if part in moved and before.ids[part].get("name")] or moved
            names = "、".join(f"「{one_line(before.ids[part])}」" for part in named)
            how = f"{names}を中に入れた" if folding else f"{names}を外に出した"
            yield f"{verb}: {title}（{how}）", identity, inside


def _is_folded(diagram: Diagram, identity: str) -> bool:
    shape = diagram.shapes.get(identity)
    return shape is not None and not shape.expanded


def _is_shown(diagram: Diagram, identity: str) -> bool:
    return local(diagram.ids[identity]) in model.FLOW_NODES


def _holder(diagram: Diagram, identity: str) -> str:
    """Return the id of the sub-process, or process, right around an element."""
    parent = diagram.ids[identity].getparent()
    return "" if parent is None else parent.get("id", "")
