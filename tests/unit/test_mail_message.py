"""A message says what it was given and nothing else: headers, addresses, attachments (ALL-2)."""

from __future__ import annotations

from datetime import datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import getaddresses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.adapters.mail.message import Letter, address, build, file_name, one_line
from workers.domain.jst import JST
from workers.errors import InputError

HEADERS = {
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Renkei-Case",
    "MIME-Version",
    "Content-Type",
}
TEXTS = st.text(
    st.sampled_from("伊勢崎市 連携協定、「」【】（）abcXYZ-=?_\"'<>,;:@.\\()é🏛️　\t\n\r\0%\u2028\u202e")
    | st.characters(),
    max_size=150,
)


def letter(**changes: Any) -> Letter:
    values: dict[str, Any] = {
        "sender": address("伊勢崎市 戦略推進課", "renkei@city.example", "sender"),
        "to": address("株式会社上州あおぞら銀行", "a@partner.example", "宛先"),
        "reply_to": None,
        "date": datetime(2026, 6, 1, 8, 0, tzinfo=JST),
        "message_id": "<0@city.example>",
        "case_id": "isesaki-2026-1",
        "subject": "件名",
        "text": "本文\n",
        "html": None,
        "attachments": [],
    }
    return Letter(**{**values, **changes})


def read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=SMTP)


def decoded(raw: bytes, header: str) -> str:
    """Decode a header by the rule of RFC 2047; Python's newer parser keeps blanks between encoded words of a name."""
    value = message_from_bytes(raw)[header].replace("\r", "").replace("\n", "")
    return str(make_header(decode_header(value)))


@settings(max_examples=400, deadline=None)
@given(subject=TEXTS, name=TEXTS, file=TEXTS)
def test_no_text_becomes_a_header_and_every_text_is_read_back(subject: str, name: str, file: str) -> None:
    """Whatever subject, name and file name are, the message has its own headers, one recipient and short lines."""
    to = address(name, "a@partner.example", "宛先")
    raw = build(letter(subject=subject, to=to, attachments=[(file, "application/pdf", b"x")]))
    head = raw.partition(b"\r\n\r\n")[0]
    message = read(raw)
    assert set(message.keys()) == HEADERS
    assert not message.defects
    assert max(len(line) for line in head.split(b"\r\n")) <= 78
    assert raw.isascii()
    assert message["Subject"] == one_line(subject, 200)
    assert [entry.addr_spec for entry in message["To"].addresses] == ["a@partner.example"]
    [(shown, _)] = getaddresses([message_from_bytes(raw)["To"].replace("\r\n", "")])
    assert str(make_header(decode_header(shown))) == one_line(name, 100)
    assert [part.get_filename() for part in message.iter_attachments()] == [file_name(file)]


def test_a_long_japanese_subject_is_folded_within_its_encoded_words() -> None:
    """Each encoded word is whole: at most 75 characters, cut between characters, so that old programs read it."""
    subject = "【伊勢崎市】" + "連携事業に関する照会と回答の期限の延長について（株式会社上州あおぞら銀行 様）" * 2
    raw = build(letter(subject=subject))
    lines = raw.partition(b"\r\nDate:")[0].partition(b"Subject: ")[2].split(b"\r\n ")
    assert len(lines) > 3
    assert all(len(line) <= 75 and line.startswith(b"=?utf-8?") and line.endswith(b"?=") for line in lines)
    assert "".join(str(make_header(decode_header(line.decode()))) for line in lines) == subject
    assert decoded(raw, "Subject") == subject


@pytest.mark.parametrize(
    "name",
    [
        "A\r\nBcc: evil@example.com",
        "A\nBcc: evil@example.com",
        'A" <evil@example.com>, "B',
        "A\x00\x0bB",
        "A\u2028B: c",
    ],
)
def test_a_name_cannot_add_a_recipient_or_a_header(name: str) -> None:
    """Line breaks, quotes and brackets in a name stay in the name."""
    message = read(build(letter(to=address(name, "a@partner.example", "宛先"), subject=name, case_id=name)))
    assert set(message.keys()) == HEADERS | {"Content-Transfer-Encoding"}
    assert [entry.addr_spec for entry in message["To"].addresses] == ["a@partner.example"]


@pytest.mark.parametrize(
    "mail",
    [
        "",
        "a",
        "a@",
        "@b.example",
        "a@b",
        "a b@c.example",
        "a@b.example\r\nBcc: c@d.example",
        "a@b.example,c@d.example",
        "<a@b.example>",
        "山田@b.example",
        "a@b..example",
        "a@-b.example",
        "a" * 65 + "@b.example",
        "A <a@b.example>",
    ],
)
def test_a_bad_address_is_refused_without_repeating_it(mail: str) -> None:
    """The error names the field; the address itself is personal data and stays out of it."""
    with pytest.raises(InputError) as caught:
        address("名", mail, "宛先")
    assert caught.value.message == "宛先: メールアドレスの形が正しくありません"


def test_an_international_domain_becomes_its_ascii_form() -> None:
    """A Japanese domain name can be mailed to through any server."""
    assert address("名", "a@伊勢崎.example", "宛先").domain == "伊勢崎.example".encode("idna").decode()


def test_the_letter_has_the_headers_of_an_automatic_mail() -> None:
    """Date in Japanese time, reply address, Auto-Submitted, and the case."""
    message = read(build(letter(reply_to=address("", "senryaku@city.example", "reply"))))
    assert message["Date"] == "Mon, 01 Jun 2026 08:00:00 +0900"
    assert message["Reply-To"] == "senryaku@city.example"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Renkei-Case"] == "isesaki-2026-1"
    assert message["Message-ID"] == "<0@city.example>"
    assert message.get_content() == "本文\r\n"


def test_attachments_come_out_as_they_went_in() -> None:
    """Bytes, media types with their parameters and Japanese file names survive the way."""
    attachments = [
        (
            "包括連携協定書（案）_伊勢崎市 2026.docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            bytes(range(256)) * 50,
        ),
        ("会議の案内.ics", "text/calendar; method=REQUEST; charset=utf-8", b"BEGIN:VCALENDAR\r\n"),
        ("無題", "no media type", b""),
        ("転送.eml", "message/rfc822", b"not a message"),
    ]
    message = read(build(letter(attachments=attachments)))
    parts = list(message.iter_attachments())
    assert [part.get_filename() for part in parts] == [name for name, _, _ in attachments]
    assert [part.get_payload(decode=True) for part in parts] == [content for _, _, content in attachments]
    assert [part.get_content_type() for part in parts] == [
        attachments[0][1],
        "text/calendar",
        "application/octet-stream",
        "application/octet-stream",
    ]
    assert parts[1].get_param("method") == "REQUEST"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\書類\\協定書.docx", "協定書.docx"),
        ("a\r\nb.pdf", "a b.pdf"),
        ('x:"y"?.pdf', "x__y__.pdf"),
        ("...", "file"),
        ("", "file"),
        ("長" * 300 + ".docx", "長" * 115 + ".docx"),
    ],
)
def test_a_file_name_is_one_that_every_system_can_save(name: str, expected: str) -> None:
    """Folders and signs that a file system forbids go; the ending stays."""
    assert file_name(name) == expected


def test_html_goes_beside_the_text() -> None:
    """With HTML the message is multipart/alternative, the text first, as programs expect."""
    message = read(build(letter(html="<p>本文</p>")))
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
