"""Execution platform, ids and file names (DESIGN: ids are unique over all packs and start with the city code)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from workers.lint.findings import Finding
from workers.lint.rules.base import Context, report
from workers.packs.diagrams.catalogue import COMMON, Catalogue, Pack
from workers.packs.diagrams.model import MODELER, Diagram

PLATFORM: Final = "Camunda Cloud"
VERSION: Final = "8.6.0"
_KIND_NAMES: Final = {"process": "プロセス", "decision": "デシジョン", "drg": "DMN の definitions", "form": "フォーム"}


def platform(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """The diagram is made for Camunda Cloud 8.6.0; without it Camunda's own linter checks nothing."""
    del context
    found = (
        diagram.root.get(f"{{{MODELER}}}executionPlatform"),
        diagram.root.get(f"{{{MODELER}}}executionPlatformVersion"),
    )
    if found != (PLATFORM, VERSION):
        message = f"実行環境が {PLATFORM} {VERSION} になっていません（今は {found[0] or 'なし'} {found[1] or ''}）"
        yield report(diagram, diagram.root, "platform", message)


def one_process(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """A file holds exactly one executable process."""
    del context
    executable = [process for process in diagram.processes if process.get("isExecutable") == "true"]
    if len(executable) != 1:
        message = f"実行可能なプロセスは 1 ファイルに 1 つです（今は {len(executable)}）"
        yield report(diagram, (diagram.processes or [diagram.root])[0], "one-process", message)


def ids(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Process ids and message names start with the city code; the file is called like its process."""
    catalogue, pack = context.catalogue, context.catalogue.pack_of(diagram.path)
    for process in diagram.processes:
        identity = process.get("id", "")
        for rule, message in id_problems(catalogue, diagram.path, "process", identity):
            yield report(diagram, process, rule, message)
        if process.get("isExecutable") == "true" and identity != diagram.path.stem:
            yield report(diagram, process, "file-name", file_name_message("プロセス", identity, diagram.path))
    for element in diagram.all("message"):
        name = element.get("name", "")
        if not name.startswith("=") and not has_prefix(catalogue, pack, name):
            yield report(diagram, element, "id-prefix", prefix_message(catalogue, pack, "メッセージ名", name))
        if others := _other_packs_messages(catalogue, pack, name):
            message = f"メッセージ名「{name}」は {'、'.join(others)} でも使われています"
            yield report(diagram, element, "id-unique", message)


def _other_packs_messages(catalogue: Catalogue, pack: Pack, name: str) -> list[str]:
    """Return the files of other packs with a city's message; those of ``common-`` are there to be shared."""
    if name.startswith(("=", f"{COMMON}-")):
        return []
    found = {entry.path for entry in catalogue.find("message", name) if entry.pack.folder != pack.folder}
    return [f"{path.parent.name}/{path.name}" for path in sorted(found)]


def id_problems(catalogue: Catalogue, path: Path, kind: str, identity: str) -> Iterator[tuple[str, str]]:
    """Yield (rule, message) for an id without its city's code or that another file owns too."""
    pack = catalogue.pack_of(path)
    if kind != "drg" and not has_prefix(catalogue, pack, identity):
        yield "id-prefix", prefix_message(catalogue, pack, f"{_KIND_NAMES[kind]}の ID", identity)
    others = [entry.path for entry in catalogue.find(kind, identity) if entry.path != path.resolve()]
    if others:
        places = "、".join(f"{other.parent.name}/{other.name}" for other in others)
        yield "id-unique", f"{_KIND_NAMES[kind]}の ID「{identity}」は {places} でも使われています"


def has_prefix(catalogue: Catalogue, pack: Pack, identity: str) -> bool:
    """Return whether an id starts with the pack's city code or ``common-``."""
    return identity.startswith(tuple(f"{code}-" for code in _prefixes(catalogue, pack)))


def prefix_message(catalogue: Catalogue, pack: Pack, what: str, identity: str) -> str:
    """Return the message for an id that lacks its prefix."""
    allowed = "、".join(f"{code}-" for code in _prefixes(catalogue, pack))
    return f"{what}「{identity}」は {allowed} のどれかで始めてください"


def file_name_message(what: str, identity: str, path: Path) -> str:
    """Return the message for a file that is not called like what it holds."""
    return f"ファイル名を{what}の ID と同じ「{identity}{path.suffix}」にしてください（今は「{path.name}」）"


def _prefixes(catalogue: Catalogue, pack: Pack) -> list[str]:
    if pack.loose:
        return [*catalogue.codes(), COMMON]
    return [COMMON] if pack.shared else [pack.code, COMMON]
