"""The mail sink keeps what it acknowledges, and its page shows hostile mails harmlessly."""

from __future__ import annotations

import asyncio
import errno
import json
import re
import tomllib
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiosmtplib
import httpx
import pytest
from starlette.applications import Starlette

from workers.localstack import mailsink
from workers.localstack.mailpage import make_app
from workers.localstack.mailsink import smtp_server, store


class Page:
    """Reads the sink's pages without a server."""

    def __init__(self, app: Starlette) -> None:
        self._app = app

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Return the answer; ``options`` as httpx takes them."""

        async def read() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return await client.get(path, **options)

        return asyncio.run(read())


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return Page(make_app(tmp_path))


def keep(folder: Path, message: EmailMessage) -> str:
    return store(folder, message.as_bytes(), "from@example.jp", ["to@example.jp"]).stem


def stored(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.eml"))


def mail(subject: str = "件名", body: str = "本文\n") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "企画課 <kikaku@city.example.jp>"
    message["To"] = "山田 <yamada@example.jp>"
    message["Subject"] = subject
    message["Date"] = "Mon, 30 Nov 2026 10:00:00 +0900"
    message.set_content(body)
    return message


@pytest.mark.asyncio
async def test_an_acknowledged_mail_is_on_the_disk_byte_by_byte(tmp_path: Path) -> None:
    message = mail(body="一行目\n.先頭の点\n" + "長" * 3000 + "\n")
    message["Message-ID"] = "<1@example.jp>"
    async with smtp_server(tmp_path, 0) as server:
        port = server.sockets[0].getsockname()[1]
        await aiosmtplib.send(message, hostname="127.0.0.1", port=port, recipients=["a@example.jp", "b@example.jp"])
        (file,) = stored(tmp_path)
    assert list((tmp_path / "tmp").iterdir()) == []
    assert file.read_bytes() == aiosmtplib.email.flatten_message(message, utf8=False)
    envelope = json.loads(file.with_suffix(".json").read_text())
    assert envelope["to"] == ["a@example.jp", "b@example.jp"]
    assert envelope["from"] == "kikaku@city.example.jp"


@pytest.mark.asyncio
async def test_a_full_disk_answers_try_again_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object) -> Path:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(mailsink, "store", full)
    async with smtp_server(tmp_path, 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(aiosmtplib.SMTPDataError) as caught:
            await aiosmtplib.send(mail(), hostname="127.0.0.1", port=port)
    assert caught.value.code == 452


@pytest.mark.asyncio
async def test_many_mails_at_once_are_all_kept(tmp_path: Path) -> None:
    async with smtp_server(tmp_path, 0) as server:
        port = server.sockets[0].getsockname()[1]
        await asyncio.gather(
            *(aiosmtplib.send(mail(f"件名 {n}"), hostname="127.0.0.1", port=port, timeout=30) for n in range(50))
        )
    assert len(stored(tmp_path)) == 50


def test_the_list_shows_the_newest_mail_first_in_readable_japanese(page: Page, tmp_path: Path) -> None:
    keep(tmp_path, mail("一通目のご案内"))
    keep(tmp_path, mail("二通目のご案内"))
    text = page.get("/").text
    assert "2 通" in text
    assert text.index("二通目のご案内") < text.index("一通目のご案内")
    assert "企画課 &lt;kikaku@city.example.jp&gt; → to@example.jp" in text


def test_a_long_list_is_cut_into_pages(page: Page, tmp_path: Path) -> None:
    for number in range(53):
        keep(tmp_path, mail(f"番号{number}番"))
    first, second = page.get("/").text, page.get("/?page=2").text
    assert first.count('class="mail"') == 50
    assert re.findall(r"番号\d+番", second) == ["番号2番", "番号1番", "番号0番"]
    assert page.get("/?page=x").text == first
    assert page.get("/?page=999999").status_code == 200


def test_a_mail_shows_its_text_and_gives_its_attachment(page: Page, tmp_path: Path) -> None:
    message = mail(body="お世話になっております。\n")
    message.add_attachment(b"PK\x03\x04", maintype="application", subtype="zip", filename="協定書.docx")
    name = keep(tmp_path, message)
    text = page.get(f"/mails/{name}").text
    assert "お世話になっております。" in text
    assert "協定書.docx" in text
    answer = page.get(f"/mails/{name}/attachments/0")
    assert answer.content == b"PK\x03\x04"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert page.get(f"/mails/{name}/attachments/1").status_code == 404
    assert page.get(f"/mails/{name}/source").content == message.as_bytes()


def test_hostile_text_is_shown_and_never_run(page: Page, tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    message = mail(f"件名{evil}", f"本文{evil}\n")
    message.add_attachment(b"x", maintype="text", subtype="html", filename=f"../../{evil}.html")
    name = keep(tmp_path, message)
    for answer in (page.get("/"), page.get(f"/mails/{name}")):
        assert "<script" not in answer.text
        assert "&lt;script&gt;" in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    download = page.get(f"/mails/{name}/attachments/0").headers
    assert download["content-type"] == "application/octet-stream"
    assert "/" not in download["content-disposition"].partition("''")[2]


def test_an_html_mail_is_shown_as_its_text(page: Page, tmp_path: Path) -> None:
    message = EmailMessage()
    message["Subject"] = "HTML"
    message.set_content("<head><title>題</title></head><p>こんにちは</p><script>bad()</script>", subtype="html")
    text = page.get(f"/mails/{keep(tmp_path, message)}").text
    assert "こんにちは" in text
    assert "bad()" not in text


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff\xfe",
        b'Subject: =?unknown-charset?B?gA==?=\nFrom: "a\n\nbody\xff',
        b"Content-Type: text/plain; charset=no-such\n\n\xe3\x81\x82",
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\n--x",
        b"Content-Type: multipart/mixed\n\nno boundary",
        b"From: " + b"<" * 3000 + b"\n\nx",
        b"Date: not a date\nTo: ,,,;;\nSubject:\n\n",
        b'Content-Disposition: attachment; filename="\x01../../a\\b"\n\nx',
        b"Content-Transfer-Encoding: base64\n\n!!!!",
        b"Content-Type: message/rfc822\n\nSubject: inner\n\nx",
    ],
)
def test_a_malformed_mail_breaks_neither_the_list_nor_its_page(page: Page, tmp_path: Path, raw: bytes) -> None:
    name = store(tmp_path, raw, "", []).stem
    assert page.get("/").status_code == 200
    assert page.get(f"/mails/{name}").status_code == 200
    assert page.get(f"/mails/{name}/attachments/0").status_code in (200, 404)


@pytest.mark.parametrize("name", ["..%2Fsecret", "%2e%2e%2fsecret", "secret", "20260401T093000.123456-9f86d081884c"])
def test_no_file_outside_the_mails_can_be_read(page: Page, tmp_path: Path, name: str) -> None:
    (tmp_path.parent / "secret.eml").write_text("secret")
    (tmp_path / "secret.eml").write_text("secret")
    for path in (f"/mails/{name}", f"/mails/{name}/source"):
        answer = page.get(path)
        assert answer.status_code == 404
        assert "secret" not in answer.text


def test_another_host_name_is_refused(page: Page) -> None:
    assert page.get("/", headers={"host": "evil.example"}).status_code == 400


def test_the_page_template_is_part_of_the_package() -> None:
    root = Path(__file__).parents[2]
    packages = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert "workers" in packages["packages"]
    assert (root / "workers" / "localstack" / "mailpage.html.j2").is_file()
