"""``renkei demo``: start everything and take one case from the offer to the signed agreement."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from workers.adapters.camunda.tasklist import Tasklist
from workers.cli.cases import describe, save_documents
from workers.cli.japanese import command
from workers.cli.mails import mail_rows
from workers.cli.options import data_option, packs_option
from workers.cli.packdeploy import deploy_city, deploy_common
from workers.cli.running import command_settings
from workers.cli.standstill import open_incidents, until_one_more
from workers.domain.entities import CaseOutcome
from workers.errors import PermanentError
from workers.localstack.control import Stack
from workers.localstack.distribution import TRIAL_ONLY
from workers.packs.scenarios import Scenario, Step, read_scenario
from workers.readers.offerfile import read_offer
from workers.scenarios.agreement import begin
from workers.scenarios.player import Player
from workers.scenarios.tasklist_desk import TasklistDesk
from workers.usecases.close_case import OUTCOME_NAMES
from workers.wiring import Services, services

_SETTLED_SECONDS = 60
_CONSOLE = Console(highlight=False)


@command(
    short_help="すべてを起動し、1件の案件を最後まで進めて見せます。",
    help="手元の Camunda 一式を起動し、すべての市を配備して、CITY（市のコード）の案件を1件、"
    "申出から締結まで進めます。終わっても動かしたままにします（止めるときは renkei down）。",
)
@click.argument("city")
@click.option("--scenario", default="signed", show_default=True, help="市のパックの scenarios/ にある筋書きの名前。")
@packs_option
@data_option
def demo(*, city: str, scenario: str, packs: tuple[Path, ...], data: Path | None) -> None:
    """Start the stack, deploy, play, and print what there is to see."""
    settings = command_settings(data, packs)
    Stack(settings).up()

    async def work() -> None:
        async with services(settings) as built:
            for code in built.packs.codes():
                await deploy_city(built, code)
                _CONSOLE.print(f"[green]✓[/] {built.packs.city(code).name}の図とフォームを配備しました")
            if await deploy_common(built):
                _CONSOLE.print("[green]✓[/] 自分で始まる共通のプロセスを配備しました")
            result = await _unless_it_stands_still(built, _play(built, city, scenario))
            await _show(built, result)

    asyncio.run(work())


@dataclass(frozen=True)
class _Result:
    case_id: str
    documents: list[Path]


async def _unless_it_stands_still(built: Services, play: Coroutine[Any, Any, _Result]) -> _Result:
    """Return what a play comes to; raises PermanentError as soon as something stands still in the engine meanwhile."""
    known = {incident.key for incident in await open_incidents(built.settings)}
    playing = asyncio.ensure_future(play)
    watching = asyncio.ensure_future(until_one_more(built.settings, built.packs, known))
    try:
        await asyncio.wait([playing, watching], return_when=asyncio.FIRST_COMPLETED)
        if not playing.done():
            await watching
        return await playing
    finally:
        for task in (playing, watching):
            task.cancel()
        await asyncio.gather(playing, watching, return_exceptions=True)


async def _play(built: Services, code: str, name: str) -> _Result:
    city = built.packs.city(code)
    folder = built.packs.folder(code) / "scenarios"
    plan = read_scenario(folder / f"{name}.toml")
    offer = read_offer(folder / plan.input, city, built.clock.today())

    async def case_of(instance: int) -> str | None:
        async with built.open_unit() as uow:
            cases = await uow.cases.all(city=code)
        return next((case.id for case in cases if case.process_instance_key == instance), None)

    _CONSOLE.print(f"\n[bold]{city.name}: {plan.title}[/]（{offer.partner.name}）")
    async with Tasklist.from_settings(built.settings) as tasklist:
        desk = TasklistDesk(tasklist, built.clock, case_of)
        player = Player(plan, offer, desk, {d.code: d.group for d in city.departments})
        with _progress() as progress:
            bar = progress.add_task("相談票を入力する", total=len(plan.steps) + 1)
            async with built.open_unit() as uow:
                begun = await begin(uow, city, offer, plan)
            if begun:
                await player.start_procedure(begun)
            else:
                await player.start(city.signing_process)
            progress.advance(bar)
            for step in plan.steps:
                progress.update(bar, description=_told(step))
                await player.play(step)
                progress.advance(bar)
            progress.update(bar, description="終わりを待つ")
            await _ended(built, desk, plan)
    documents = await save_documents(built, desk.case_id, built.settings.data / "documents" / desk.case_id)
    return _Result(case_id=desk.case_id, documents=documents)


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description:<38}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=_CONSOLE,
    )


def _told(step: Step) -> str:
    return step.note or f"{step.task} を済ませる"


async def _ended(built: Services, desk: TasklistDesk, plan: Scenario) -> None:
    """Wait until the case is closed as expected and its mails are out; the office sends those that it has to see."""
    case_id = desk.case_id
    expected = CaseOutcome(plan.expect.outcome)
    try:
        async with asyncio.timeout(_SETTLED_SECONDS):
            # Polled: the registry is another process's to write.
            while (await describe(built, case_id))["outcome"] != expected or await _waiting_mails(built, case_id):
                await desk.send_reviewed_mails()
                await asyncio.sleep(0.3)
    except TimeoutError:
        raise PermanentError(
            f"案件 {case_id} が {_SETTLED_SECONDS} 秒のうちに「{OUTCOME_NAMES[expected]}」になりません。"
            f"renkei case {case_id} と renkei mails を見てください"
        ) from None


async def _waiting_mails(built: Services, case_id: str) -> int:
    return sum(row["status"] != "sent" for row in await mail_rows(built, case_id))


async def _show(built: Services, result: _Result) -> None:
    settings = built.settings
    case = await describe(built, result.case_id)
    mails = Counter(row["kind"] for row in await mail_rows(built, result.case_id))
    _CONSOLE.print(f"\n[bold green]{case['outcome_name']}[/]  案件 {result.case_id}")
    _print_agreement(case["agreement"])
    _CONSOLE.print("\n[bold]文書[/]")
    for path in result.documents:
        _CONSOLE.print(f"  {path}", soft_wrap=True)
    _CONSOLE.print(f"\n[bold]送ったメール[/] {mails.total()} 通")
    for kind, count in mails.items():
        _CONSOLE.print(f"  {kind} {count} 通")
    _CONSOLE.print("\n[bold]見るところ[/]（利用者 demo、パスワード demo）")
    for title, url in (
        ("職員の机", f"{settings.desk_url or f'http://127.0.0.1:{settings.pages_port or settings.port(8091)}'}/desk/"),
        ("Tasklist", f"{settings.tasklist}/tasklist"),
        ("Operate", f"{settings.tasklist}/operate/processes/{case['process_instance_key']}"),
        ("メール", f"http://127.0.0.1:{settings.port(8026)}/"),
        (
            "相手方の回答のページ",
            f"{settings.pages_url or f'http://127.0.0.1:{settings.port(8091)}'}/（メールのリンクから開きます）",
        ),
    ):
        _CONSOLE.print(f"  {title:<9} {url}", soft_wrap=True)
    _CONSOLE.print("\n動かしたままにしています。止めるときは [bold].venv/bin/renkei down[/]")
    _CONSOLE.print(TRIAL_ONLY)


def _print_agreement(agreement: dict[str, Any] | None) -> None:
    if agreement:
        _CONSOLE.print(f"{agreement['title']}（{agreement['id']}）  有効期間は {agreement['expires']} まで")


commands = (demo,)
