"""Compares registry, engine and outbox after a restore, and names every difference with what to do (ALL-18)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from workers.adapters.camunda.instances import ElementInstance
from workers.adapters.camunda.open_tasks import CASE, OpenTask
from workers.adapters.camunda.standing import Done, Root
from workers.adapters.registry.compared import HeldMail, KnownCase, RegistryStanding
from workers.adapters.registry.restores import NO_CASE, Restore
from workers.errors import InputError, PermanentError
from workers.runtime.stepback import once_each

UNKNOWN: Final = "unknown-instance"
_CASE_ID: Final = re.compile(r"(?P<city>.+)-(?P<year>\d{4})-(?P<number>\d+)")
_STEP: Final = "SUB_PROCESS"
_CALLS: Final = {
    "publish-message": "手続への知らせ",
    "update-due-dates": "作業の期限の変更",
    "complete-user-task": "作業を閉じる連絡",
    "refresh-survey": "照会の状況の更新",
    "cancel-instance": "手続の取りやめ",
    "find-steps": "戻れる手順の問い合わせ",
    "step-back": "前の手順に戻す連絡",
    "remind-offices": "期限のお知らせ",
    "start-case": "案件の開始",
    "deliver-answer": "相手方の回答の引き渡し",
    "mail-bounced": "届かなかったメールの知らせ",
}


class EngineSide(Protocol):
    """What the engine holds."""

    async def roots(self) -> list[Root]:
        """Return the running instances that nobody called."""

    async def state(self, key: int) -> str:
        """Return where an instance stands, empty where the engine does not know it."""

    async def done(self, root: int) -> list[Done]:
        """Return what is done in a running instance, oldest first."""


class Moves(Protocol):
    """Moves an instance."""

    async def active(self, instance: int) -> list[ElementInstance]:
        """Return the elements of one instance at which it stands."""

    async def move(self, instance: int, *, leave: Sequence[int], enter: str) -> None:
        """End element instances and enter an element instead."""


class ClosesTasks(Protocol):
    """Closes tasks that an engine forgets to close, and sets variables."""

    async def of_instance(self, process_instance_key: int) -> list[OpenTask]:
        """Return an instance's open user tasks."""

    async def complete(self, key: int, variables: Mapping[str, object]) -> None:
        """Complete a task."""

    async def set_variables(self, scope_key: int, variables: Mapping[str, object]) -> None:
        """Set variables in a process instance."""


class Names(Protocol):
    """Tells what the diagrams call things."""

    def task_name(self, process_id: str, element_id: str) -> str:
        """Return the name of an element, or its id."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One difference: what is so, and what to do. ``redo``: the element from which the case can be done again."""

    kind: str
    case_id: str
    says: str
    advice: str
    instance: int = 0
    redo: str = ""


@dataclass(kw_only=True)
class Comparison:
    """What came of a comparison. ``doubtful``: cases whose new mails may repeat; ``numbers``: by counter."""

    restores: list[Restore]
    differences: list[Difference] = field(default_factory=list)
    held: list[HeldMail] = field(default_factory=list)
    doubtful: set[str] = field(default_factory=set)
    numbers: dict[str, int] = field(default_factory=dict)


class Comparer:
    """Looks at both sides."""

    def __init__(self, registry: RegistryStanding, engine: EngineSide, names: Names) -> None:
        self._registry = registry
        self._engine = engine
        self._names = names

    async def compare(self, restores: Sequence[Restore]) -> Comparison:
        """Return every difference; raises RetryableError, PermanentError where a side does not answer."""
        found = Comparison(restores=list(restores))
        roots = await self._engine.roots()
        cases = await self._registry.cases()
        await self._instances(found, roots, cases)
        await self._cases(found, roots, cases)
        for restore in restores:
            await self._forgotten(found, restore, cases)
        await self._outbox(found)
        if any(one.registry for one in restores):
            found.doubtful.add(NO_CASE)
            if any(one.engine for one in restores):  # neither side can tell any more what was sent since
                found.doubtful |= {one.id for one in cases.values() if one.is_open}
        return found

    async def _instances(self, found: Comparison, roots: Sequence[Root], cases: Mapping[str, KnownCase]) -> None:
        for root in roots:
            if not root.case_id:
                continue
            _note_number(found.numbers, root.case_id)
            done = await self._engine.done(root.key)
            applied = await self._registry.applied({root.key, *(one.instance for one in done)})
            ahead = [one for one in done if one.element_key not in applied]
            if root.case_id not in cases:
                found.differences.append(self._unknown(root, ahead))
                found.doubtful.add(root.case_id)
            elif ahead:
                found.differences.append(self._ahead(root, ahead))
                found.doubtful.add(root.case_id)

    def _unknown(self, root: Root, ahead: Sequence[Done]) -> Difference:
        return Difference(
            kind=UNKNOWN,
            case_id=root.case_id,
            says=f"案件 {root.case_id} はエンジンで動いているのに、台帳にありません（プロセス {root.process_id}、"
            f"番号 {root.key}）",
            advice=f"renkei reconcile --redo {root.key} で最初からやり直せます（案件番号は新しくなり、"
            "氏名などはもう一度入力します）。要らなければ Operate で取りやめてください",
            instance=root.key,
            redo=ahead[0].at if ahead else "",
        )

    def _ahead(self, root: Root, ahead: Sequence[Done]) -> Difference:
        names = "、".join(dict.fromkeys(f"「{self._name(one)}」" for one in ahead))
        return Difference(
            kind="engine-ahead",
            case_id=root.case_id,
            says=f"案件 {root.case_id} は、エンジンでは {names} が済んでいるのに、台帳にその記録がありません",
            advice=f"renkei reconcile --redo {root.key} で「{self._name(ahead[0])}」からやり直せます"
            "（送ったはずのメールは止めたままにします）",
            instance=root.key,
            redo=ahead[0].at,
        )

    def _name(self, done: Done) -> str:
        return self._names.task_name(done.process_id, done.element_id)

    async def _cases(self, found: Comparison, roots: Sequence[Root], cases: Mapping[str, KnownCase]) -> None:
        running = {root.key for root in roots}
        for case in cases.values():
            if not case.is_open or case.instance is None or (case.instance in running and not case.lost):
                continue
            state = "" if case.lost else await self._engine.state(case.instance)
            if state == "ACTIVE":  # a root that began a moment ago, or one that another instance called
                continue
            if state:
                says = f"案件 {case.id} は台帳では続いていますが、エンジンでは終わっています"
                advice = (
                    "renkei case で経過を確かめ、机かTasklistの「案件の操作」で閉じるか、手続をもう一度始めてください"
                )
            else:
                says = f"案件 {case.id} は台帳にあるのに、エンジンで動いていません"
                advice = (
                    f"手続をもう一度始めてください（机の「開始」。前の入力は renkei case {case.id} で見られます）。"
                    "前の案件は、もう動かないので、経過として残ります"
                )
            found.differences.append(
                Difference(kind="missing-instance", case_id=case.id, says=says, advice=advice, instance=case.instance)
            )
            if state:
                found.doubtful.add(case.id)

    async def _forgotten(self, found: Comparison, restore: Restore, cases: Mapping[str, KnownCase]) -> None:
        if not restore.engine:
            return
        if restore.first_keys is None:
            raise PermanentError(
                "復元したエンジンがまだ答えていません。ワーカーとエンジンを起動してから、やり直してください"
            )
        by_instance = {case.instance: case.id for case in cases.values()}
        for work in await self._registry.forgotten(restore):
            case_id = by_instance.get(work.instance, "")
            whose = f"案件 {case_id}" if case_id else f"プロセス {work.instance}"
            found.differences.append(
                Difference(
                    kind="registry-ahead",
                    case_id=case_id,
                    says=f"{whose} は、台帳では {work.jobs} 件の処理（{'、'.join(work.job_types)}）が済んでいますが、"
                    "エンジンはその前に戻っています",
                    advice="することはありません。同じ作業をもう一度済ませると先に進み、送ったメールは二度出ません",
                    instance=work.instance,
                )
            )
        if not restore.registry:
            for kind, count in sorted((await self._registry.calls_since(restore.backup_at)).items()):
                found.differences.append(
                    Difference(
                        kind="lost-call",
                        case_id="",
                        says=f"{_CALLS.get(kind, kind)} {count} 件は済んだことになっていますが、エンジンは忘れています",
                        advice="することはありません。--confirm のあと、もう一度伝えます（二度働くことはありません）"
                        if kind not in {"find-steps", "step-back"}
                        else "要るものは、机か Tasklist の「案件の操作」をもう一度始めてください",
                    )
                )

    async def _outbox(self, found: Comparison) -> None:
        found.held = await self._registry.held_mails()
        for mail in found.held:
            found.differences.append(
                Difference(
                    kind="held-mail",
                    case_id=mail.case_id,
                    says=f"メール {mail.id}（{mail.kind}、案件 {mail.case_id or 'なし'}、宛先 {mail.recipient}）は、"
                    "送ったかどうか分かりません",
                    advice=f"メールサーバーの記録で Message-ID {mail.message_id} か宛先を調べ、送っていなければ "
                    f"--resend {mail.id}、送っていれば --drop {mail.id}",
                )
            )
        if any(one.registry for one in found.restores):
            for kind, count in sorted((await self._registry.waiting_calls()).items()):
                found.differences.append(
                    Difference(
                        kind="waiting-call",
                        case_id="",
                        says=f"{_CALLS.get(kind, kind)} {count} 件は、済んだかどうか分かりません",
                        advice="することはありません。--confirm のあとに伝えます（済んでいれば何も起きません）",
                    )
                )
            for name, value in (await self._registry.counters()).items():
                known = max(value, found.numbers.get(name, 0))
                found.differences.append(
                    Difference(
                        kind="counter",
                        case_id="",
                        says=f"番号「{name}」は {known} まで使ったことになっています",
                        advice="復元の後に失われた分で、もっと先の番号を使っていたら、"
                        f"--counter {name}=最後の番号 で進めてください（同じ番号を二度使わないため）",
                    )
                )


async def redo(found: Comparison, key: int, *, engine: Moves, tasks: ClosesTasks) -> Difference:
    """Let a case do again what the registry has no record of; returns the difference that this mends.

    Raises InputError for an instance without such a difference, PermanentError where the engine refuses.
    """
    wanted = next((one for one in found.differences if one.instance == key and one.redo), None)
    if wanted is None:
        raise InputError(str(key), "やり直せる違いがありません（renkei reconcile に出るものを指定してください）")
    standing = await engine.active(key)
    left = await tasks.of_instance(key)
    if wanted.kind == UNKNOWN:
        await tasks.set_variables(key, {CASE: None})  # its number is not in the registry: it gets another one
    await engine.move(key, leave=[element.key for element in _left(standing)], enter=wanted.redo)
    for task in left:  # Camunda 8.6.0 forgets to close them, see runtime.stepback
        await tasks.complete(task.key, {})
    return wanted


def _left(standing: Sequence[ElementInstance]) -> list[ElementInstance]:
    """Return what has to be left. A step goes with its last task; it is not ended itself.

    The engine enters an element inside the step in which the instance stands, and would end it together with the step.
    """
    return [element for element in once_each(standing) if element.type != _STEP]


def _note_number(numbers: dict[str, int], case_id: str) -> None:
    """Note the number of a case with the counter that it was drawn from."""
    if match := _CASE_ID.fullmatch(case_id):
        name = f"case:{match['city']}:{match['year']}"
        numbers[name] = max(numbers.get(name, 0), int(match["number"]))


def summed(differences: Iterable[Difference]) -> dict[str, int]:
    """Return how many differences there are of each kind."""
    counts: dict[str, int] = {}
    for one in differences:
        counts[one.kind] = counts.get(one.kind, 0) + 1
    return counts
