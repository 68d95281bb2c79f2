"""A mail to the partner that the office sees before it leaves, on the real engine (ALL-2)."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.kit import outgoing
from tests.kit.desk import PACKS, Office, office, pack_files
from tests.kit.driver import EngineDriver
from workers.adapters.registry import outbox_tables
from workers.readers.offerfile import read_offer
from workers.settings import Settings
from workers.trial.happened import UserTask
from workers.usecases.open_case import file_case

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]
_TASK = "Task_ReviewMail"


@dataclass
class _Case:
    """A case with a document and the instance that is to send a mail of it."""

    at_work: Office
    id: str
    instance: int = 0

    @property
    def driver(self) -> EngineDriver:
        return self.at_work.driver

    async def begin(
        self, template: str = "declined", *, may_return: bool = False, attach: tuple[str, ...] = ()
    ) -> None:
        """Call the common part as a case's diagram does."""
        values = {
            "caseId": self.id,
            "caseTitle": f"{self.id} 見本",
            "officeGroup": "isesaki-kikaku",
            "mailTemplate": template,
            "mailAttach": list(attach),
            "mailValues": {"message": "分野が重なるため"},
            "mailMayReturn": may_return,
        }
        self.instance = await self.driver.start("common-partner-mail", values)

    async def shown(self) -> dict[str, Any]:
        """Return what the office's form shows."""
        return (await self._open()).variables

    async def answers(self, **answers: Any) -> None:
        """Complete the form; what is not said stays as it was shown."""
        task = await self._open()
        kept = {name: task.variables[name] for name in ("mailSubject", "mailBody")}
        await self.driver.complete_task(task, {**kept, **answers})

    async def ended(self, *passed: str) -> None:
        """Wait for the end, which is one of these elements."""
        await self.driver.completed(self.instance)
        assert [self.driver.records.passed(element, instance=self.instance) for element in passed] == [True] * len(
            passed
        )

    async def history(self) -> list[str]:
        """Return the case's history."""
        async with self.at_work.services.open_unit() as uow:
            return [entry.what for entry in await uow.history.of_case(self.id)]

    async def store(self, content: bytes) -> None:
        """Keep a document that a mail may carry."""
        async with self.at_work.services.open_unit() as uow:
            await uow.documents.store(
                case_id=self.id,
                kind="agreement",
                name="協定書（案）.txt",
                media_type="text/plain",
                content=content,
                draft=True,
            )

    async def _open(self) -> UserTask:
        await self.driver.settled()
        return await self.driver.task(_TASK, instance=self.instance)


@asynccontextmanager
async def _case(driver: EngineDriver, settings: Settings) -> AsyncIterator[_Case]:
    await driver.deploy(pack_files("common"))
    async with office(driver, settings, clerk=False) as at_work:
        city = at_work.services.packs.city("isesaki")
        path = PACKS / "isesaki" / "scenarios" / "offer-mimamori.toml"
        async with at_work.services.open_unit() as uow:
            case_id = (await file_case(uow, city, read_offer(path, city, driver.clock.today()))).id
        yield _Case(at_work, case_id)


async def _raw(case: _Case) -> bytes:
    async with case.at_work.services.engine.connect() as connection:
        found = (await connection.execute(select(outbox_tables.mail.c.raw))).scalars().all()
    (raw,) = found
    return bytes(raw)


async def test_what_the_office_saw_is_what_leaves(driver: EngineDriver, settings: Settings) -> None:
    """Nothing leaves before; the form names recipient, subject, text; left alone, the template's text is sent."""
    async with _case(driver, settings) as case:
        await case.begin()
        shown = await case.shown()
        assert await outgoing.letters(case.at_work.services, "declined") == []
        await case.answers(mailChoice="send")
        await case.ended("EndEvent_Sent")
        (letter,) = await outgoing.letters(case.at_work.services, "declined")
        history = await case.history()
    assert shown["mailTitle"] == "締結しないことの連絡"
    assert shown["mailTo"].endswith(f"<{letter.recipient}>")
    assert shown["mailAttachments"] == "なし"
    assert [choice["value"] for choice in shown["mailChoices"]] == ["send", "drop"]
    assert (letter.subject, letter.text.split()) == (shown["mailSubject"], shown["mailBody"].split())
    assert "分野が重なるため" in letter.text
    assert "自動で送信" not in letter.text, "a person sends it"
    assert "相手方へのメールの下書きを作った: 締結しないことの連絡" in history
    assert "相手方へのメールを確かめて送った: 締結しないことの連絡" in history


async def test_what_the_office_changed_is_sent_and_kept(driver: EngineDriver, settings: Settings) -> None:
    """Subject and body as edited, to the byte in the kept mail; the history says that they were edited."""
    body = "株式会社みほん 様\n\n10:00~12:00、13:00~15:00 にお電話ください。\n2. 理由\n　・分野が重なるため"
    async with _case(driver, settings) as case:
        await case.begin()
        await case.answers(mailChoice="send", mailSubject="【伊勢崎市】ご提案について", mailBody=body)
        await case.ended("EndEvent_Sent")
        raw = await _raw(case)
        history = await case.history()
        async with case.at_work.services.open_unit() as uow:
            (draft,) = await uow.drafts.of_case(case.id)
    message = message_from_bytes(raw, policy=SMTP)
    assert message["Subject"] == "【伊勢崎市】ご提案について"
    assert message.get_payload(decode=True).decode().replace("\r\n", "\n") == body + "\n"  # type: ignore[union-attr]
    assert draft.edited
    assert "お電話ください" not in draft.body
    assert "相手方へのメールを確かめて送った: 締結しないことの連絡（本文を直した）" in history


async def test_an_input_that_cannot_be_sent_comes_back_as_typed(driver: EngineDriver, settings: Settings) -> None:
    """A blank body, a character that no mail can hold, a missing reason: each is told, nothing typed is lost."""
    async with _case(driver, settings) as case:
        await case.begin()
        for answers, told in (
            ({"mailChoice": "send", "mailBody": " 　\n"}, "本文: 空のままでは送れません"),
            ({"mailChoice": "send", "mailBody": "あ\u200bい"}, "U+200B"),
            ({"mailChoice": "send", "mailBody": "本文", "mailSubject": "あ" * 201}, "件名: 長すぎます"),
            ({"mailChoice": "drop", "mailReason": "　"}, "理由: 送らない理由を書いてください"),
            ({"mailChoice": "return", "mailReason": "戻る"}, "どうするか: 選んでください"),
        ):
            await case.answers(**answers)
            shown = await case.shown()
            assert told in shown["formError"]
            assert {name: shown[name] for name in answers} == answers
        await case.answers(mailChoice="send", mailSubject="件名", mailBody="本文")
        await case.ended("Flow_MailRefused_BeforeReviewMail", "EndEvent_Sent")
        assert len(await outgoing.letters(case.at_work.services, "declined")) == 1


async def test_what_is_sent_before_the_screen_had_its_text_loses_nothing(
    driver: EngineDriver, settings: Settings
) -> None:
    """Tasklist's index lags: a form completed blind comes back with the draft and says so; nothing has left."""
    async with _case(driver, settings) as case:
        await case.begin()
        first = await case.shown()
        for blind in ({"mailSubject": None, "mailBody": None}, {"mailSubject": "", "mailBody": ""}):
            await case.answers(mailChoice="send", **blind)
            shown = await case.shown()
            assert "画面に文が出る前に送られました" in shown["formError"]
            assert {name: shown[name] for name in ("mailSubject", "mailBody", "mailTitle", "mailTo")} == {
                name: first[name] for name in ("mailSubject", "mailBody", "mailTitle", "mailTo")
            }
        await case.answers(mailChoice="send", mailSubject="件名だけ書いた", mailBody=None)
        shown = await case.shown()
        assert shown["formError"] == "本文: 空のままでは送れません"
        assert (shown["mailSubject"], shown["mailBody"]) == ("件名だけ書いた", first["mailBody"])
        assert await outgoing.letters(case.at_work.services, "declined") == []
        await case.answers(mailChoice="send")
        await case.ended("EndEvent_Sent")
        assert len(await outgoing.letters(case.at_work.services, "declined")) == 1


async def test_a_mail_may_stay_unsent(driver: EngineDriver, settings: Settings) -> None:
    """The office tells the partner in another way; the reason is kept and the history shows it."""
    async with _case(driver, settings) as case:
        await case.begin()
        await case.answers(mailChoice="drop", mailReason="来庁されたときに手渡した")
        await case.ended("EndEvent_Dropped")
        assert await outgoing.letters(case.at_work.services, "declined") == []
        async with case.at_work.services.open_unit() as uow:
            (draft,) = await uow.drafts.of_case(case.id)
        assert "相手方へのメールをメールでは送らないことにした: 締結しないことの連絡" in await case.history()
    assert (draft.state.value, draft.reason) == ("dropped", "来庁されたときに手渡した")


async def test_the_documents_are_those_that_the_office_saw(driver: EngineDriver, settings: Settings) -> None:
    """A document that is made anew meanwhile does not slip into the mail."""
    async with _case(driver, settings) as case:
        await case.store(b"first")
        await case.begin("agreement-draft", attach=("agreement",))
        shown, workbook = str((await case.shown())["mailAttachments"]).splitlines()
        assert (shown, workbook.endswith(".xlsx")) == ("協定書（案）.txt", True)
        await case.store(b"second")
        await case.answers(mailChoice="send")
        await case.ended("EndEvent_Sent")
        message = message_from_bytes(await _raw(case), policy=SMTP)
    sent = {part.get_filename(): part.get_payload(decode=True) for part in message.iter_attachments()}
    assert (set(sent), sent[shown]) == ({shown, workbook}, b"first")


async def test_a_routine_mail_goes_by_itself(driver: EngineDriver, settings: Settings) -> None:
    """The same diagram, another word in the data: an instruction waits for nobody."""
    async with _case(driver, settings) as case:
        await case.begin("offer-request")
        await case.ended("EndEvent_SentByItself")
        (letter,) = await outgoing.letters(case.at_work.services, "offer-request")
        assert "自動で送信" in letter.text
        assert "相手方へのメールを用意した: 申出の手順の案内（1通）" in await case.history()


async def test_a_city_decides_otherwise_without_changing_a_diagram(
    driver: EngineDriver, settings: Settings, tmp_path: Path
) -> None:
    """``[mails.offer-request] review = true`` in city.toml is enough, and so is the opposite."""
    home = tmp_path / "home"
    shutil.copytree(PACKS, home / "bpmn")
    shutil.copytree(PACKS.parent / "templates", home / "templates")
    pack = home / "bpmn" / "isesaki" / "city.toml"
    text = pack.read_text(encoding="utf-8").replace("[mails.offer-request]\n", "[mails.offer-request]\nreview = true\n")
    pack.write_text(f"{text}\n[mails.declined]\nreview = false\n", encoding="utf-8")
    async with _case(driver, settings.model_copy(update={"home": home})) as case:
        await case.begin("offer-request")
        await case.answers(mailChoice="send")
        await case.ended("EndEvent_Sent")
        await case.begin("declined")
        await case.ended("EndEvent_SentByItself")


async def test_started_alone_it_ends_at_once(driver: EngineDriver) -> None:
    """Tasklist offers every process: a clerk who starts this one sees it end, and nothing else."""
    await driver.deploy(pack_files("common"))
    instance = await driver.start("common-partner-mail")
    await driver.completed(instance)
    assert driver.records.passed("EndEvent_StartedByMistake", instance=instance)
