"""What a deployment would change in the engine, before it is done: nothing is deployed here (ALL-8, ALL-9)."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from workers.adapters.registry.deployments import DeployedDefinition
from workers.drawing.diff import FileDiff, compare_files
from workers.errors import InputError
from workers.lint import linter, report
from workers.lint.kept import Kept
from workers.packs.closure import COMMON, PackCall, city_call, common_call, definitions
from workers.packs.diagrams.model import BPMN, parse_xml
from workers.packs.scenarios import scenario_files
from workers.trial.lastrun import last_run
from workers.trial.there import engine_of
from workers.wiring import Services

_BPMN: Final = f"{{{BPMN}}}"
_ZEEBE: Final = "{http://camunda.org/schema/zeebe/1.0}"
_LINKS: Final = {".form": ("formDefinition", "formId"), ".dmn": ("calledDecision", "decisionId")}
_STAY: Final = "進んでいる案件は、始まったときの版のまま最後まで進みます"
_NO_COPY: Final = "変わっていますが、前に配備した内容の控えがないため、違いを示せません（控えは、次の配備から残ります）"


@dataclass(frozen=True, kw_only=True)
class Change:
    """A file that differs from what is deployed. ``version``: of what is deployed now; None for a new file."""

    file: str
    version: int | None
    sentences: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Running:
    """Cases under way by version of a process that would change; None where the engine's index does not answer."""

    process_id: str
    versions: Mapping[int, int] | None


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What would happen. ``touched``: the scenarios whose way, when last tried, leads through what changes.

    ``untried``: those that were never tried; ``findings``: the linter's lines, ``refused`` whether they hold errors.
    ``foreign``: the diagrams of which the engine has a version that renkei did not deploy.
    """

    pack: str
    changes: Sequence[Change]
    removed: Sequence[str] = ()
    findings: Sequence[str] = ()
    refused: bool = False
    touched: Sequence[str] = ()
    untried: Sequence[str] = ()
    running: Sequence[Running] = ()
    foreign: Sequence[str] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Return the preview for other programs."""
        return asdict(self)

    def told(self) -> Iterator[str]:
        """Yield Japanese lines."""
        if not self.changes and not self.removed:
            yield f"{self.pack}: 配備されているものから変わったものはありません"
        else:
            yield f"{self.pack}: 配備すると、次のように変わります（まだ配備していません）"
        for change in self.changes:
            yield f"  {change.file}（{'新しいファイル' if change.version is None else f'今は版{change.version}'}）"
            yield from (f"    {sentence}" for sentence in change.sentences)
        for name in self.removed:
            yield f"  {name}: フォルダーにないので、これからの配備に入りません。配備してある版は残ります"
        for name in self.foreign:
            yield f"  {name}: Modeler などから個別に配備された版があります。配備すると、フォルダーの内容に戻ります"
        yield "検査: 誤りがあるため、このままでは配備できません" if self.refused else "検査: 誤りはありません"
        yield from (f"  {line}" for line in self.findings if self.refused)
        yield from self._scenarios_told()
        for running in self.running:
            yield from _running_told(running)

    def _scenarios_told(self) -> Iterator[str]:
        if not self.changes:
            return
        if self.touched:
            yield f"変わるところを通る筋書き: {'、'.join(self.touched)}"
            yield f"  試すには: renkei test {self.pack} {' '.join(self.touched)}"
        elif not self.untried:
            yield "変わるところを通る筋書きはありません。筋書きを足してください"
        if self.untried:
            yield f"まだ試していない筋書き: {'、'.join(self.untried)}（renkei test {self.pack}）"


def _running_told(running: Running) -> Iterator[str]:
    if running.versions is None:
        yield f"{running.process_id}: 進んでいる案件の数は分かりません（Operate が答えません）。{_STAY}"
    elif not running.versions:
        yield f"{running.process_id}: 進んでいる案件はありません"
    else:
        counts = "、".join(f"版{version} が {count} 件" for version, count in sorted(running.versions.items()))
        yield f"{running.process_id}: 進んでいる案件は {counts}。始まったときの版のまま進みます"


async def preview(services: Services, code: str) -> Preview:
    """Compare a pack, or ``common``, with what is deployed; raises InputError for an unknown or unreadable pack."""
    call = _call(services, code)
    settings, city = services.settings, None if code == COMMON else code
    deployed = await _deployed(services, call)
    changes, diffs = [], {}
    async with engine_of(settings) as engine:
        newest = await engine.newest([path.stem for path in call.files if path.suffix == ".bpmn"])
        with tempfile.TemporaryDirectory(prefix="renkei-preview-") as folder:
            for path in call.files:
                row, there = deployed[path], newest.get(path.stem) if path.suffix == ".bpmn" else None
                ours = row is not None and (there is None or there.key == row.key or there.version < row.version)
                if ours and row is not None and row.sha256 == hashlib.sha256(path.read_bytes()).hexdigest():
                    continue
                old = await _recorded(services, row) if ours or there is None else await engine.xml(there.key)
                if old == path.read_bytes():
                    continue
                diffs[path] = None if old is None else _compared(path, old, Path(folder))
                version = there.version if there else row.version if row else None
                changes.append(_change(path, version, diffs[path]))
        changed = [path.stem for path in diffs if path.suffix == ".bpmn"]
        running = [
            Running(process_id=process, versions=await engine.running(process))
            for process in changed
            if process in newest or any(row and row.definition_id == process for row in deployed.values())
        ]
    own = call.own if city is None else [services.packs.folder(code)]
    kept = Kept.of(settings.cache, settings.home, settings.packs)
    found = linter.lint([*own, *call.shared], home=settings.home, packs=settings.packs, for_city=city, kept=kept)
    touched, untried = _scenarios(services, code, call, diffs)
    versions = {path.stem: row.version for path, row in deployed.items() if row and path.suffix == ".bpmn"}
    return Preview(
        pack=code,
        changes=changes,
        removed=await _removed(services, call, [row for row in deployed.values() if row]),
        findings=list(report.as_lines(found)),
        refused=not found.ok,
        touched=touched,
        untried=untried,
        running=running,
        foreign=[f"{name}.bpmn" for name, there in newest.items() if there.version > versions.get(name, there.version)],
    )


def _call(services: Services, code: str) -> PackCall:
    common = services.settings.home / "bpmn" / COMMON
    if code != COMMON:
        return city_call(services.packs.folder(code), common)
    call = common_call(common)
    if call is None:
        raise InputError(COMMON, "自分で始まる共通のプロセスはありません")
    return call


async def _deployed(services: Services, call: PackCall) -> dict[Path, DeployedDefinition | None]:
    """Return the newest version of each file that renkei deployed; None for a file that is new."""
    found: dict[Path, DeployedDefinition | None] = {}
    async with services.open_unit() as uow:
        for path in call.files:
            rows = [
                await uow.deployments.latest(services.settings.engine_id, kind, identity)
                for kind, identity in definitions(path)
            ]
            found[path] = next((row for row in rows if row), None)
    return found


async def _removed(services: Services, call: PackCall, rows: Sequence[DeployedDefinition]) -> list[str]:
    """Return the pack's definitions of its last call that no file of it has any more."""
    calls = [row.deployment_key for row in rows if row.pack == call.pack and row.deployment_key]
    if not calls:
        return []
    here = {definition for path in call.files for definition in definitions(path)}
    async with services.open_unit() as uow:
        last = await uow.deployments.of_call(services.settings.engine_id, max(calls))
    return [row.definition_id for row in last if row.pack == call.pack and (row.kind, row.definition_id) not in here]


async def _recorded(services: Services, row: DeployedDefinition | None) -> bytes | None:
    """Return what was deployed; None where nothing was, or no copy of it was kept."""
    if row is None:
        return None
    async with services.open_unit() as uow:
        return await uow.deployments.file(row.sha256)


def _compared(path: Path, old: bytes, folder: Path) -> FileDiff:
    """Return what differs from the deployed file."""
    copy = folder / path.name
    copy.write_bytes(old)
    return compare_files(copy, path, path.name)


def _change(path: Path, version: int | None, diff: FileDiff | None) -> Change:
    if version is None:
        return Change(file=path.name, version=None, sentences=[])
    if diff is None:
        return Change(file=path.name, version=version, sentences=[_NO_COPY])
    sentences = list(diff.sentences)
    if diff.moved:
        sentences.append(f"図の中で位置が変わった要素: {len(diff.moved)} 件")
    return Change(file=path.name, version=version, sentences=sentences or ["書き方だけが変わっています"])


def _scenarios(
    services: Services, code: str, call: PackCall, diffs: Mapping[Path, FileDiff | None]
) -> tuple[list[str], list[str]]:
    """Return the scenarios that pass what changes as far as they were tried, and those that never were."""
    if code == COMMON or not diffs:
        return [], []
    names = [path.stem for path in scenario_files(services.packs.folder(code))]
    tried = last_run(services.settings, code)
    places = _places(call, diffs)
    touched = [
        name
        for name in names
        if name in tried
        and any(places.get(process, frozenset()) & {*ids, "*"} for process, ids in tried[name]["paths"].items())
    ]
    return touched, [name for name in names if name not in tried]


def _places(call: PackCall, diffs: Mapping[Path, FileDiff | None]) -> dict[str, set[str]]:
    """Return the elements that change, by process; ``*`` where nobody knows which."""
    found: dict[str, set[str]] = {}
    for path, diff in diffs.items():
        if path.suffix == ".bpmn":
            own = found.setdefault(path.stem, set())
            own |= {*diff.removed, *diff.added, *diff.changed, *_beside(path, diff.added)} if diff else {"*"}
            continue
        tag, attribute = _LINKS[path.suffix]
        identities = {identity for _, identity in definitions(path)}
        for diagram in (file for file in call.files if file.suffix == ".bpmn"):
            for element in parse_xml(diagram).iter(f"{_BPMN}*"):
                links = element.iterfind(f"{_BPMN}extensionElements/{_ZEEBE}{tag}")
                if any(link.get(attribute) in identities for link in links):
                    found.setdefault(diagram.stem, set()).add(element.get("id", ""))
    return found


def _beside(path: Path, added: frozenset[str]) -> set[str]:
    """Return what new parts are connected with: a way that was tried before leads there, not through them."""
    flows = list(parse_xml(path).iter(f"{_BPMN}sequenceFlow"))
    ends = [(str(f.get("id")), str(f.get("sourceRef")), str(f.get("targetRef"))) for f in flows]
    return {end for parts in ends if added.intersection(parts) for end in parts}
