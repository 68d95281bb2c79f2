"""What a case has passed for sure, from the few places that are known: all ways there lead over it (ALL-23).

People's tasks stand in the history, what ran by itself does not; a picture that shows the fourth step as done and the
first as not would be wrong all the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from workers.packs.diagrams import model
from workers.packs.diagrams.flowgraph import FlowGraph, graph_of
from workers.packs.diagrams.model import Diagram


def calls_of(diagram: Diagram, process_ids: Collection[str]) -> set[str]:
    """Return the call activities of these processes where a single one calls it: else nobody knows which it was."""
    calls: dict[str, list[str]] = {}
    for call in diagram.all("callActivity"):
        called = model.extension(call, "calledElement")
        if called is not None:
            calls.setdefault(called.get("processId", ""), []).append(call.get("id", ""))
    return {found[0] for process, found in calls.items() if process in process_ids and len(found) == 1}


def surely_passed(diagram: Diagram, reached: Collection[str]) -> set[str]:
    """Return the flow nodes without which no token comes to the ``reached`` ones, those themselves left out."""
    graph = graph_of(diagram.root)
    known = {scope for identity in reached for scope in _with_scopes(diagram, identity)} & set(graph.nodes)
    before = _dominators(graph)
    return {node for identity in known for node in before[identity]} - set(reached)


def _with_scopes(diagram: Diagram, identity: str) -> Iterator[str]:
    element = diagram.ids.get(identity)
    while element is not None:
        yield element.get("id", "")
        element = element.getparent()


def _dominators(graph: FlowGraph) -> dict[str, frozenset[str]]:
    """Return for each node the nodes over which every way to it leads, with itself."""
    sources: dict[str, list[str]] = {node: [] for node in graph.nodes}
    for node in graph.nodes:
        for target in (*(way.target for way in graph.after(node)), *graph.events(node)):
            sources[target].append(node)
    everything = frozenset(graph.nodes)
    found = {node: everything if before else frozenset({node}) for node, before in sources.items()}
    changed = True
    while changed:
        changed = False
        for node, before in sources.items():
            if not before:
                continue
            now = frozenset.intersection(*(found[source] for source in before)) | {node}
            if now != found[node]:
                found[node], changed = now, True
    return found
