"""Deploying one pack: check it, send it in one call, see what another hand deployed, keep the keys (ALL-8, ALL-9).

The engine answers a call of unchanged files with the keys of the latest versions and makes nothing new. Were these not
all given by the pack's last call, then the pack is not whole in the engine: references bind to one deployment, so a
diagram that was deployed alone finds none of its forms and called processes. Such a pack is sent again with a nonce in
one diagram, in memory only, which makes the engine take all of it.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import click

from workers.adapters.camunda.deploy import Answer, Deployed, deploy
from workers.adapters.camunda.gateway import open_channel
from workers.adapters.registry.deployments import DeployedDefinition
from workers.errors import InputError, InputErrors, PermanentError, RetryableError
from workers.lint import linter, report
from workers.lint.kept import Kept
from workers.packs.closure import COMMON, PackCall, city_call, common_call, definitions
from workers.runtime.backoff import doubled, jittered_ms
from workers.settings import Settings

if TYPE_CHECKING:
    from workers.wiring import Services

_PATIENCE_SECONDS: Final = 120
_KINDS: Final = {"process": "プロセス", "decision": "デシジョン", "form": "フォーム"}

_Rows = Mapping[tuple[str, str], DeployedDefinition]


class State(StrEnum):
    """What deploying a pack did."""

    DEPLOYED = "deployed"
    UNCHANGED = "unchanged"
    RENEWED = "renewed"
    """Its own files were unchanged, a common one was not."""


@dataclass(frozen=True, kw_only=True)
class PackDeployment:
    """What is in the engine now. ``foreign``: the files that another hand had deployed alone; they are healed."""

    pack: str
    state: State
    definitions: list[Deployed]
    foreign: list[str] = field(default_factory=list)

    def told(self) -> str:
        """Return the sentence for the process owner."""
        counts = {kind: sum(item.kind == kind for item in self.definitions) for kind in _KINDS}
        parts = "、".join(f"{name}{counts[kind]}" for kind, name in _KINDS.items() if counts[kind])
        if {item.resource for item in self.definitions} == set(self.foreign):
            return f"{self.pack}: 台帳に記録のない配備があったので、まとめて配備し直しました（{parts}）"
        if self.foreign:
            return (
                f"{self.pack}: Modeler などから {'、'.join(self.foreign)} が個別に配備されていました。"
                f"{self.pack} をフォルダーの内容でまとめて配備し直しました（{parts}）"
            )
        return {
            State.DEPLOYED: f"{self.pack}: 配備しました（{parts}）",
            State.UNCHANGED: f"{self.pack}: 変わったものはないので、配備はそのままです（{parts}）",
            State.RENEWED: f"{self.pack}: 共通の図や画面が変わったので、まとめて配備し直しました（{parts}）",
        }[self.state]


async def deploy_pack(services: Services, code: str) -> PackDeployment | None:
    """Deploy a city's pack, or ``common``; None when no common process starts by itself."""
    return await (deploy_common(services) if code == COMMON else deploy_city(services, code))


async def deploy_city(services: Services, code: str) -> PackDeployment:
    """Check a city's pack and deploy it with all that it calls, in one call; the keys are recorded.

    Raises InputError for an unknown city, with the linter's findings when the pack has errors, and for an id that the
    registry knows as another pack's; RetryableError when the engine does not answer for two minutes.
    """
    folder = services.packs.folder(code)
    _check(services.settings, code, [folder])
    call = city_call(folder, _common(services))
    _check(services.settings, code, call.shared)
    return await _deploy(services, call)


async def deploy_common(services: Services) -> PackDeployment | None:
    """Deploy the common processes that start by themselves, if there are any; errors as ``deploy_city``.

    An unchanged pack gets no new version: that would restart its timers.
    """
    call = common_call(_common(services))
    if call is None:
        return None
    _check(services.settings, COMMON, call.files)
    return await _deploy(services, call)


def _common(services: Services) -> Path:
    return services.settings.home / "bpmn" / COMMON


async def _deploy(services: Services, call: PackCall) -> PackDeployment:
    await _refuse_others_ids(services, call)
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in call.files}
    last = await _last_call(services, call)
    nonces = _nonces(call, last, hashes)
    answer = await _send(services.settings, _contents(call, nonces))
    foreign = await _foreign(services, answer)
    state = State.DEPLOYED
    if not answer.changed:
        if not foreign and _is_whole(last, answer, hashes):
            return PackDeployment(pack=call.pack, state=State.UNCHANGED, definitions=answer.definitions)
        state = State.RENEWED
        nonces = {next(path.name for path in call.own if path.suffix == ".bpmn"): uuid4().hex}
        answer = await _send(services.settings, _contents(call, nonces))
        if not answer.changed:
            raise PermanentError(f"{call.pack}: エンジンがまとめての配備を受け付けませんでした")
    await _record(services, call, answer, hashes, nonces)
    return PackDeployment(pack=call.pack, state=state, definitions=answer.definitions, foreign=foreign)


def _check(settings: Settings, code: str, paths: Sequence[Path]) -> None:
    """Raise InputError with the linter's findings; common files are checked for the city that uses them."""
    if not paths:
        return
    kept = Kept.of(settings.cache, settings.home, settings.packs)
    city = None if code == COMMON else code
    checked = linter.lint(paths, home=settings.home, packs=settings.packs, for_city=city, kept=kept)
    if checked.errors:
        lines = "\n".join(report.as_lines(checked))
        raise InputError(code, f"検査で誤りが見つかったため配備しません\n{lines}")


async def _refuse_others_ids(services: Services, call: PackCall) -> None:
    """Raise for ids that another pack has put into this engine, also where its folder is not at hand."""
    errors = []
    async with services.open_unit() as uow:
        for path in call.files:
            mine = path.parent.name
            for kind, identity in definitions(path):
                owners = await uow.deployments.packs(services.settings.engine_id, kind, identity)
                if others := sorted(owners - {mine}):
                    places = "、".join(f"{other}/{path.name}" for other in others)
                    text = f"{_KINDS[kind]}の ID「{identity}」は {places} のものとして配備されているため使えません"
                    errors.append(InputError(f"{mine}/{path.name}", text))
    if errors:
        raise InputErrors(errors)


async def _last_call(services: Services, call: PackCall) -> _Rows:
    """Return what the pack's last call brought; empty when its own files did not all come with one call."""
    engine = services.settings.engine_id
    async with services.open_unit() as uow:
        own = [
            await uow.deployments.latest(engine, kind, identity)
            for path in call.own
            for kind, identity in definitions(path)
        ]
        keys = {row.deployment_key if row else None for row in own}
        key = keys.pop() if len(keys) == 1 else None
        rows = [] if key is None else await uow.deployments.of_call(engine, key)
    return {(row.kind, row.definition_id): row for row in rows}


def _nonces(call: PackCall, last: _Rows, hashes: Mapping[str, str]) -> dict[str, str]:
    """Return the nonces, by file, that the last call added to files that are still the same."""
    found = {}
    for path in call.own:
        for identity in definitions(path):
            row = last.get(identity)
            if row is not None and row.nonce is not None and row.sha256 == hashes[path.name]:
                found[path.name] = row.nonce
    return found


def _contents(call: PackCall, nonces: Mapping[str, str]) -> dict[str, bytes]:
    contents = {path.name: path.read_bytes() for path in call.files}
    for name, nonce in nonces.items():
        contents[name] += f"\n<!-- renkei {nonce} -->\n".encode()
    return contents


async def _send(settings: Settings, contents: Mapping[str, bytes]) -> Answer:
    """Deploy; an engine that has just started may not answer at once, and deploying again changes nothing."""
    begun, failures = time.monotonic(), 0
    while True:
        try:
            async with open_channel(settings) as channel:
                return await deploy(channel, contents)
        except RetryableError:
            if time.monotonic() - begun > _PATIENCE_SECONDS:
                raise
        failures += 1
        if failures == 1:
            click.echo("Camunda につながりません。つながるのを待っています…", err=True)
        await asyncio.sleep(jittered_ms(doubled(failures, 1, 5)) / 1000)


async def _foreign(services: Services, answer: Answer) -> list[str]:
    """Return the files of which the engine had a version that renkei never deployed.

    Raises PermanentError when the engine is behind the registry: it was wiped or restored.
    """
    engine = services.settings.engine_id
    found: dict[str, None] = {}
    async with services.open_unit() as uow:
        for item in answer.definitions:
            latest = await uow.deployments.latest(engine, item.kind, item.id)
            newest = latest.version if latest else 0
            mine = answer.changed or await uow.deployments.find(engine, item.key) is not None
            if item.version < newest or (item.version == newest and (answer.changed or not mine)):
                raise _wiped(engine)
            # This call made one version; were there more since the last that renkei made, they are another hand's.
            if not mine or item.version > newest + 1:
                found[item.resource] = None
    return list(found)


def _wiped(engine: str) -> PermanentError:
    return PermanentError(
        f"エンジン「{engine}」の版が台帳の記録より古いため、配備を記録できません。"
        "Camunda のデータを消した・戻したときは、RENKEI_ENGINE_ID を新しい名前に変えてください"
    )


def _is_whole(last: _Rows, answer: Answer, hashes: Mapping[str, str]) -> bool:
    """Tell whether the pack's last call brought all files as they are now."""
    rows = [(last.get((item.kind, item.id)), item) for item in answer.definitions]
    return all(row is not None and row.sha256 == hashes[item.resource] for row, item in rows)


async def _record(
    services: Services, call: PackCall, answer: Answer, hashes: Mapping[str, str], nonces: Mapping[str, str]
) -> None:
    folders = {path.name: path.parent.name for path in call.files}
    now = datetime.now(UTC)
    async with services.open_unit() as uow:
        for path in call.files:
            await uow.deployments.keep_file(hashes[path.name], path.read_bytes())
        for item in answer.definitions:
            await uow.deployments.record(
                DeployedDefinition(
                    engine_id=services.settings.engine_id,
                    kind=item.kind,
                    definition_id=item.id,
                    key=item.key,
                    version=item.version,
                    sha256=hashes[item.resource],
                    pack=folders[item.resource],
                    deployed_at=now,
                    deployment_key=answer.key,
                    nonce=nonces.get(item.resource),
                )
            )
