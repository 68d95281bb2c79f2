"""A register of agreements to renew and the watch over it: the packs' rules and mails, a clock that the test sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import delete, func, select

from tests.kit.papers import ANSWERS, CITIES, FOLDERS, partner
from tests.kit.registry import Registry, Renderers
from tests.kit.work import open_procedure
from workers.adapters.mail.renderer import JinjaMails
from workers.adapters.registry.outbox import Parts
from workers.adapters.registry.outbox_tables import engine_call, mail
from workers.adapters.registry.unit_of_work import SqlUnitOfWork, uow_factory
from workers.domain.agreements import Agreement, AgreementTerm, Notice
from workers.domain.answers import AnswerPage
from workers.domain.cities import City
from workers.domain.entities import Case, CaseKind
from workers.domain.jst import JST
from workers.domain.renewal import watch
from workers.domain.terms import first_term
from workers.jobs.forms.renewal import read_side, renewal_variables
from workers.usecases.notices import Withdrawal, record_notice, withdraw_notice
from workers.usecases.ports import DocumentRenderer, JobRef
from workers.usecases.review_mail import WAITING_MAIL
from workers.usecases.sweep import SweepReport, complete_sweep, sweep_batch

PROCEDURES = {CaseKind.RENEWAL: "common-agreement-renewal", CaseKind.ANNUAL: "sakura-annual"}


class _Cities:
    """The packs' facts, with procedures of the same names for all; ``asking``: cities with the yearly question.

    ``reviewed``: mails that every office sees before they leave, though its pack does not ask for it.
    """

    def __init__(self, asking: Collection[str], reviewed: Collection[str]) -> None:
        self._asking = asking
        self._reviewed = reviewed

    def city(self, code: str) -> City:
        """Return a city."""
        question = {CaseKind.CONTACTS: "common-contact-check"} if code in self._asking else {}
        city = CITIES.city(code)
        mails = {**city.mails, **{name: replace(city.mail(name), review=True) for name in self._reviewed}}
        return replace(city, procedures={**PROCEDURES, **question}, mails=mails)

    def codes(self) -> list[str]:
        """Return the codes."""
        return CITIES.codes()

    def task_name(self, process_id: str, element_id: str) -> str:
        """Return a task's name."""
        return CITIES.task_name(process_id, element_id)

    def typed_keys(self, process_id: str, element_id: str) -> frozenset[str]:
        """Return what is typed at a task."""
        return CITIES.typed_keys(process_id, element_id)

    def answer_page(self, city: str, element_id: str) -> AnswerPage | None:
        """Return a partner's step."""
        return CITIES.answer_page(city, element_id)


class _NoDocuments:
    """No document is made here."""

    def blank(self, *, city: str, name: str, context: dict[str, Any]) -> tuple[bytes, str, str]:
        """Return the same as ``render``."""
        return self.render(city=city, name=name, context=context)

    def render(self, *, city: str, name: str, context: dict[str, Any]) -> tuple[bytes, str, str]:
        """Refuse."""
        raise AssertionError((city, name, context))


@dataclass
class Terms:
    """The register. Every call is a transaction on one of its ``processes``.

    ``asking``: the cities that ask their partners for their contacts once a year.
    """

    registry: Registry
    asking: Collection[str] = ()
    reviewed: Collection[str] = ()
    pages_url: str = ""
    processes: list[Any] = field(default_factory=list)

    def on(self, day: date, hour: int = 6, minute: int = 0) -> None:
        """Set the clock."""
        self.registry.clock.pinned = datetime.combine(day, time(hour, minute), JST)

    def unit(self, process: int = 0) -> SqlUnitOfWork:
        """Return a unit of work of a process of its own."""
        while len(self.processes) <= process:
            documents: DocumentRenderer = _NoDocuments()  # type: ignore[assignment]  # never called
            self.processes.append(
                uow_factory(
                    self.registry.sessions(),
                    Parts(
                        clock=self.registry.clock,
                        cities=_Cities(self.asking, self.reviewed),
                        renderers=Renderers(
                            documents,
                            JinjaMails(FOLDERS, CITIES, self.registry.clock),
                            ANSWERS,
                        ),
                        files=self.registry.files,
                        now=self.registry.now,
                        pages_url=self.pages_url,
                    ),
                )
            )
        unit: SqlUnitOfWork = self.processes[process]()
        return unit

    async def sign(
        self, city: str, signed: date, *, number: int = 1, ends: date | None = None, endless: bool = False, **says: Any
    ) -> str:
        """Register an agreement as if it was signed on a day, and put it under the watch today."""
        async with self.unit() as uow:
            agreement = Agreement(
                id=f"{city}-a{number}",
                case_id=None,
                city=city,
                kind="comprehensive",
                title="包括連携協定",
                signed_on=signed,
                parties=["株式会社上州あおぞら銀行"],
                fields=[1],
                partner=partner(),
                **says,
            )
            pack = uow.cities.city(city)
            rule = pack.renewing_by(agreement.renewal_years, agreement.notice_months).term
            agreement.terms.append(first_term(rule, signed, ends_on=ends, endless=endless))
            watch(pack, agreement, uow.clock.today())
            await uow.agreements.add(agreement)
            await uow.commit()
            return agreement.id

    async def sweep(self, day: date, *, process: int = 0, limit: int = 100) -> SweepReport:
        """Let the watch run on a day."""
        self.on(day)
        return await self.sweep_now(day, process=process, limit=limit)

    async def sweep_now(self, day: date, *, process: int = 0, limit: int = 100) -> SweepReport:
        """Let the watch run without setting the clock."""
        whole, after = SweepReport(), ""
        while True:
            async with self.unit(process) as uow:
                report = await sweep_batch(uow, day, after=after, limit=limit)
                if not report.last_id:
                    await complete_sweep(uow, day, whole)
                await uow.commit()
            whole.add(report)
            after = report.last_id
            if not after:
                return whole

    async def claim(self, agreement_id: str, kind: CaseKind, period: str, instance: int = 7) -> dict[str, Any]:
        """Let a process instance begin, and return what it is told."""
        ref = JobRef(
            engine_id="test", job_key=instance, process_instance_key=instance, element_id="E", element_instance_key=1
        )
        async with self.unit() as uow:
            case = await uow.cases.procedure(agreement_id, kind, period)
            assert case is not None
            told = await open_procedure(uow, kind=kind.value, case_id=case.id, form={}, ref=ref)
            await uow.commit()
            return told

    async def notice(self, agreement_id: str, received: date, side: str = "partner") -> dict[str, Any]:
        """Enter a notice today."""
        async with self.unit() as uow:
            told = await record_notice(uow, agreement_id, side=read_side(side), received_on=received)
            await uow.commit()
            return renewal_variables(told)

    async def withdraw(self, agreement_id: str, on: date, decision: str, reason: str = "") -> dict[str, Any]:
        """Enter today that the newest notice was withdrawn."""
        newest = (await self.notices(agreement_id))[-1]
        async with self.unit() as uow:
            withdrawn = Withdrawal(number=str(newest.id), on=on, renew=decision == "renew")
            told = await withdraw_notice(uow, agreement_id, withdrawn, reason=reason)
            await uow.commit()
            return renewal_variables(told)

    async def agreement(self, agreement_id: str) -> Agreement:
        """Return an agreement."""
        async with self.unit() as uow:
            return await uow.agreements.get(agreement_id)

    async def terms(self, agreement_id: str) -> list[tuple[date, date]]:
        """Return the days of the terms that count."""
        agreement = await self.agreement(agreement_id)
        return [(term.starts_on, term.expires_on) for term in agreement.terms if term.counts]

    async def term(self, agreement_id: str, number: int) -> AgreementTerm:
        """Return a term, in force or taken back."""
        return (await self.agreement(agreement_id)).term(number)

    async def notices(self, agreement_id: str) -> list[Notice]:
        """Return an agreement's notices."""
        async with self.unit() as uow:
            return await uow.agreements.notices(agreement_id)

    async def cases(self, agreement_id: str, kind: CaseKind = CaseKind.RENEWAL) -> list[Case]:
        """Return an agreement's procedures of a kind."""
        async with self.unit() as uow:
            return await uow.cases.of_agreement(agreement_id, kind=kind)

    async def mails(self) -> Counter[tuple[str, str]]:
        """Count the mails by template and recipient's side."""
        async with self.unit() as uow:
            rows = (await uow._session.execute(select(mail.c.kind, mail.c.recipient))).all()
        return Counter((kind, "partner" if to == partner().email else "office") for kind, to in rows)

    async def letter(self, kind: str) -> str:
        """Return the newest mail of a kind, as bytes decoded."""
        async with self.unit() as uow:
            query = select(mail.c.raw).where(mail.c.kind == kind).order_by(mail.c.id.desc())
            raw: bytes | None = await uow._session.scalar(query)
        assert raw is not None, kind
        return raw.decode(errors="replace")

    async def starts(self) -> Sequence[tuple[str, str]]:
        """Return the message name and the case of every procedure that the engine was asked for."""
        async with self.unit() as uow:
            payloads = list(await uow._session.scalars(select(engine_call.c.payload).order_by(engine_call.c.id)))
        return [(payload["name"], payload["message_id"]) for payload in payloads if payload["name"] != WAITING_MAIL]

    async def waiting(self) -> list[str]:
        """Return the templates of the mails whose review by the office the engine was asked for."""
        async with self.unit() as uow:
            payloads = list(await uow._session.scalars(select(engine_call.c.payload).order_by(engine_call.c.id)))
        return [payload["variables"]["mailTemplate"] for payload in payloads if payload["name"] == WAITING_MAIL]

    async def wipe_outbox(self) -> int:
        """Lose every call to the engine that was not sent yet; returns how many."""
        async with self.unit() as uow:
            count = await uow._session.scalar(select(func.count()).select_from(engine_call))
            await uow._session.execute(delete(engine_call))
            await uow.commit()
            return int(count or 0)
