"""Hostile texts in every value of every job of a case, mails and documents included, on both databases (B8).

A case is played to its signature. Before the worker handles the first job of each service task, the job's handler is
given the same variables with one of them replaced, again and again, each in a transaction that is undone. Every text
goes into every value of the variables that the handler reads; one goes into the values of the others. What the handler
accepts must then stand unharmed in every document and mail of the case that shows the value (made on SQLite only: no
database has a part in it).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from pyzeebe import Job
from sqlalchemy import select

from tests.chaos.letters import DOCUMENTS, MAILS, check_mail, read, shown_in
from tests.chaos.test_hostile_files import Tally, texts
from tests.kit.bars import Bars
from tests.kit.desk import office, pack_files
from tests.kit.driver import EngineDriver
from tests.kit.hostile import EVALUATED, leaves, replaced
from tests.kit.smtp import HOST, SmtpServer
from workers.adapters.registry.outbox_tables import mail
from workers.errors import BusinessError, InputErrors, PermanentError
from workers.jobs.catalog import JobInput, JobType
from workers.runtime.jobrunner import JobRunner
from workers.runtime.outcomes import complete_with
from workers.settings import Settings
from workers.usecases.ports import JobRef

pytestmark = [
    pytest.mark.process,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(3600),
    pytest.mark.slow,
]
_JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")


_MARK = "目印一七三"


class _Reads(Mapping[str, Any]):
    """A job's variables, which note what a handler asks for."""

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self._variables = variables
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.names.add(name)
        return self._variables[name]

    def __iter__(self) -> Iterator[str]:
        self.names.update(self._variables)
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)


class _Undo(Exception):  # noqa: N818 (an order)
    """Leaves a transaction without a commit."""


@pytest.fixture(name="server")
def _server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


async def test_no_value_of_a_job_does_harm(
    driver: EngineDriver,
    settings: Settings,
    server: SmtpServer,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    bars: Bars,
) -> None:
    driver.timeout = 1800
    tally, valid, seen, letters_seen = Tally(), Tally(), Counter[str](), Counter[str]()
    apply = JobRunner._apply
    hostile = texts(bars)

    async def trying(self: JobRunner, job_type: JobType, job: Job, ref: JobRef) -> Any:
        if not seen[job.element_id]:
            places = _one_of_each(leaves(json.loads(json.dumps(dict(job.variables)))))
            seen[job.element_id] = len(places)
            headers = {str(name): str(value) for name, value in job.custom_headers.items()}
            reads = _Reads(dict(job.variables))
            given = JobInput(job_type=job.type, variables=reads, headers=headers, ref=ref)
            await _try(self, job_type, given, f"{job.element_id} as it came", valid)
            for place in places:
                asked = place[0] in reads.names
                probe = replace(given, variables=replaced(dict(job.variables), place, _MARK))
                papers = await _papers(self, job_type, probe) if asked and not database_url.startswith("post") else []
                letters_seen.update(papers)
                for text in hostile if asked else hostile[:1]:
                    trial = replace(given, variables=replaced(dict(job.variables), place, text))
                    await _try(self, job_type, trial, f"{job.element_id} {place} {text[:30]!r}", tally, papers)
        return await apply(self, job_type, job, ref)

    monkeypatch.setattr(JobRunner, "_apply", trying)
    own = settings.model_copy(update={"smtp_host": HOST, "smtp_port": server.port, "database_url": database_url})
    await driver.deploy(pack_files("common", "isesaki"))
    async with office(driver, own) as at_work:
        for name, job_type in at_work.services.job_types.items():
            at_work.services.job_types[name] = replace(job_type, timeout_seconds=3600)  # type: ignore[index]  # a dict
        await at_work.play("isesaki", "signed")
    assert len(seen) > 10
    assert not valid.escapes
    assert set(valid.outcomes) == {"taken"}, "what is replaced must have been valid"
    where = "PostgreSQL" if database_url.startswith("postgresql") else "SQLite"
    if where == "SQLite":
        assert letters_seen.keys() & set(DOCUMENTS), "no document shows what a task takes"
        assert letters_seen.keys() & set(MAILS), "no mail shows what a task takes"
    papers = f"。文書とメール {len(letters_seen)} 種を {tally.outcomes.pop('shown')} 回作った" if letters_seen else ""
    tally.bar(bars, f"案件の全 {len(seen)} タスクの値とそのメール・文書（{where}{papers}）", sum(seen.values()))


def _one_of_each(places: Iterable[tuple[str | int, ...]]) -> list[tuple[str | int, ...]]:
    """Return the places without those that differ in the row of a list only."""
    kinds = {tuple("*" if isinstance(key, int) else key for key in place): place for place in places}
    return list(kinds.values())


async def _papers(runner: JobRunner, job_type: JobType, given: JobInput) -> list[str]:
    """Return the documents and mails that show the mark when the handler is given it."""
    found: list[str] = []
    with suppress(_Undo, BusinessError, InputErrors, PermanentError):
        async with runner._open_unit() as unit:
            await job_type.handle(given, unit)
            found = await shown_in(unit, _MARK)
            raise _Undo
    return found


async def _try(
    runner: JobRunner, job_type: JobType, given: JobInput, what: str, tally: Tally, papers: Iterable[str] = ()
) -> None:
    """Call a handler in a transaction that is undone, and look at what shows the value."""
    try:
        async with runner._open_unit() as unit:
            before = {row.id for row in await unit._session.execute(select(mail.c.id))}  # type: ignore[attr-defined]
            result = complete_with(await job_type.handle(given, unit), job_type=job_type.type)
            await unit.store_applied_job(given.ref, job_type.type, {"kind": "completed", "variables": result.variables})
            await unit._session.flush()  # type: ignore[attr-defined]  # as the commit does
            query = select(mail.c.raw, mail.c.recipient).where(mail.c.id.not_in(before))
            for raw, recipient in await unit._session.execute(query):  # type: ignore[attr-defined]
                check_mail(raw, recipient, what, tally.check)
            tally.outcomes["taken"] += 1
            try:
                async for name, shown in read(unit, papers):
                    tally.outcomes["shown"] += 1
                    tally.check(f"{what}: evaluated in {name}", EVALUATED not in shown)
            except (BusinessError, InputErrors, PermanentError) as error:
                tally.escapes.append(f"{what}: accepted, then {error.message[:80]!r}")
            raise _Undo  # noqa: TRY301 (the way to roll back)
    except _Undo:
        pass
    except (BusinessError, InputErrors, PermanentError) as error:
        tally.outcomes["refused"] += 1
        tally.check(f"{what}: unclear {error.message[:80]!r}", bool(_JAPANESE.search(error.message)))
    except Exception as error:  # noqa: BLE001 (that is what is looked for)
        tally.outcomes["escaped"] += 1
        tally.escapes.append(f"{what}: {type(error).__name__} {str(error)[:200]!r}")
