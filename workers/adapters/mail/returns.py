"""Where reports of undelivered mails lie: a Maildir that a mail server fills, an mbox, or a single mail as a file.

In a Maildir only new mails are read. One that was dealt with counts as read (S); one that says nothing of a mail of
ours is flagged (F) and stays for somebody to look at. Files are only read: a report that was taken changes nothing
again.
"""

from __future__ import annotations

import mailbox
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workers.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Returned:
    """A mail that came to the address for reports. ``key``: in its Maildir, empty in a file."""

    name: str
    raw: bytes
    key: str = ""


def returned_mails(source: Path) -> Iterator[Returned]:
    """Yield the new mails of a Maildir, all of an mbox, or the one of a file; raises InputError for what is none."""
    if source.is_dir():
        yield from _maildir(source)
        return
    try:
        with source.open("rb") as file:
            first = file.read(5)
        if first == b"From ":
            box = mailbox.mbox(source, create=False)
            yield from (Returned(name=f"{source.name} {key}", raw=box.get_bytes(key)) for key in box.iterkeys())
        else:
            yield Returned(name=source.name, raw=source.read_bytes())
    except OSError as error:
        raise InputError(str(source), "読めません。Maildir かメールのファイルを指定してください") from error


def settle(source: Path, mail: Returned, *, understood: bool) -> None:
    """Mark a mail of a Maildir as read, or flag it; one of a file stays as it is."""
    if not mail.key:
        return
    box = mailbox.Maildir(source, factory=None, create=False)
    message = mailbox.MaildirMessage(box.get_message(mail.key))
    message.set_subdir("cur")
    message.set_flags("S" if understood else "F")
    box[mail.key] = message


def _maildir(source: Path) -> Iterator[Returned]:
    if not all((source / part).is_dir() for part in ("new", "cur", "tmp")):
        raise InputError(str(source), "Maildir ではありません（new・cur・tmp のフォルダーがありません）")
    box = mailbox.Maildir(source, factory=None, create=False)
    for key in sorted(box.iterkeys()):
        if box.get_message(key).get_subdir() == "new":
            yield Returned(name=key, raw=box.get_bytes(key), key=key)
