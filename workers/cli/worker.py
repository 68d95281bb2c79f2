"""``renkei worker``: the workers alone, against any Camunda 8."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

from workers import logs as logging
from workers.cli.japanese import command
from workers.cli.options import data_option, packs_option
from workers.cli.running import command_settings
from workers.runtime.supervisor import collect_less_often, run_worker
from workers.settings import Settings
from workers.wiring import services


@command(
    name="worker",
    short_help="ワーカーを動かします。図のサービスタスクを処理し、メールを送ります。",
    help=(
        "ワーカーを動かします。図のサービスタスクを処理し、メールを送ります。接続先は環境変数で決めます"
        "（RENKEI_GATEWAY_ADDRESS など）。Ctrl-C か SIGTERM で、処理中のものを終えてから 10 秒以内に止まります。"
    ),
)
@packs_option
@data_option
def worker(*, packs: tuple[Path, ...], data: Path | None) -> None:
    """Work until SIGTERM or Ctrl-C."""
    settings = command_settings(data, packs)
    logging.configure(settings.log_level)
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with services(settings) as built:
        built.make_all()
        collect_less_often()
        await run_worker(built, stop=stop)


commands = [worker]
