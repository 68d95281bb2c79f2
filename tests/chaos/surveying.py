"""A city's case driven to the moment at which its survey's notices go out, and what became of the notices."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from tests.kit.desk import PACKS, BrokerDesk
from tests.kit.driver import EngineDriver
from tests.kit.smtp import Mail, SmtpServer
from workers.adapters.registry.queue import QueueStatus
from workers.domain.cities import City
from workers.packs.scenarios import read_scenario
from workers.readers.offerfile import read_offer
from workers.scenarios.player import Player
from workers.wiring import Services

DONE_SECONDS = 300.0


async def reach(condition: Callable[[], object], what: str, *, seconds: float = DONE_SECONDS) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not reached: {what}"
        await asyncio.sleep(0.01)


async def survey_under_way(driver: EngineDriver, city: City) -> int:
    """Drive the city's case to the moment at which its survey's notices go out; returns the instance's key."""
    folder = PACKS / city.code / "scenarios"
    scenario = read_scenario(folder / "signed.toml")
    offer = read_offer(folder / scenario.input, city, driver.clock.today())
    desk = BrokerDesk(driver)
    player = Player(scenario, offer, desk, {d.code: d.group for d in city.departments})
    await player.start(city.signing_process)
    for step in scenario.steps[:3]:
        await player.play(step)
    assert scenario.steps[2].task == "Task_PlanSurvey"
    return desk.instance


async def outbox_empty(built: Services) -> None:
    """Wait until no mail waits."""
    deadline = time.monotonic() + DONE_SECONDS
    while (await built.mails.depth_and_age()).waiting:
        assert time.monotonic() < deadline, "mails still wait"
        await asyncio.sleep(0.1)


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What the mail server got of the notices that the outbox holds.

    ``lost``: Message-IDs that never came; ``doubles``: mails beyond the first of each; ``altered``: Message-IDs that
    came with different bytes or to another address.
    """

    wanted: int
    lost: int
    doubles: int
    altered: int
    unsent: int

    @property
    def figure(self) -> str:
        """The table's words."""
        return (
            f"{self.wanted} 通中 欠け {self.lost}、重なり {self.doubles}、"
            f"内容や Message-ID の違う重なり {self.altered}、未送信 {self.unsent}"
        )


async def delivered(built: Services, server: SmtpServer) -> Delivery:
    """Compare the outbox's notices with what the server has accepted."""
    notices = [mail for mail in await built.mails.list() if mail.kind == "survey-notice"]
    wanted = {mail.message_id: mail.recipient for mail in notices}
    came: dict[str, list[Mail]] = {key: [] for key in wanted}
    for mail in list(server.accepted):
        if mail.message_id in came:
            came[mail.message_id].append(mail)
    statuses = Counter(mail.status for mail in notices)
    return Delivery(
        wanted=len(wanted),
        lost=sum(not mails for mails in came.values()),
        doubles=sum(max(len(mails) - 1, 0) for mails in came.values()),
        altered=sum(
            len({mail.content for mail in mails}) > 1 or {tuple(mail.recipients) for mail in mails} != {(wanted[key],)}
            for key, mails in came.items()
            if mails
        ),
        unsent=len(notices) - statuses[QueueStatus.SENT],
    )
