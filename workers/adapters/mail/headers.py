"""Header lines that every mail program reads back as they were meant.

Python's own folding (3.11.7 measured) breaks names and subjects that mix scripts: it leaves plain text glued to an
encoded word, or loses a blank between two. Here a value is either plain ASCII or wholly encoded.
"""

from __future__ import annotations

from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UniqueAddressHeader, UniqueUnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy, Policy
from typing import Final, cast

_LINE: Final = 76
_PLAIN: Final = 60


class _Subject(UniqueUnstructuredHeader):
    name: str

    def fold(self, *, policy: Policy) -> str:
        return _line(self.name, _encoded(self.name, str(self)), policy)


class _Mailbox(UniqueAddressHeader):
    name: str

    def fold(self, *, policy: Policy) -> str:
        return _line(self.name, ", ".join(_mailbox(self.name, entry) for entry in self.addresses), policy)


def _line(name: str, value: str, policy: Policy) -> str:
    return f"{name}: {value}".replace("\n", policy.linesep) + policy.linesep


def _mailbox(header: str, entry: Address) -> str:
    name, folded = entry.display_name, str(entry)
    if name and not _is_plain(name):
        folded = f"{_encoded(header, name)}\n <{entry.addr_spec}>"
    return folded


def _encoded(header: str, text: str) -> str:
    return text if _is_plain(text) else Header(text, "utf-8", _LINE, header).encode(linesep="\n")


def _is_plain(text: str) -> bool:
    return text.isascii() and len(text) <= _PLAIN and "=?" not in text


class _Registry(HeaderRegistry):
    """Makes the class of a header once; the standard one makes a new class for every header of every mail."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[str, type[BaseHeader]] = {}

    def __getitem__(self, name: str) -> type[BaseHeader]:
        key = name.lower()
        if key not in self._made:
            self._made[key] = super().__getitem__(name)
        return self._made[key]


def _policy() -> EmailPolicy[EmailMessage]:
    registry = _Registry()
    # typeshed does not know that the registry itself adds BaseHeader to these
    registry.map_to_type("subject", cast("type[BaseHeader]", _Subject))
    for name in ("from", "to", "reply-to"):
        registry.map_to_type(name, cast("type[BaseHeader]", _Mailbox))
    # 7bit: no server on the way has to know 8BITMIME or SMTPUTF8
    return SMTP.clone(cte_type="7bit", header_factory=registry)


POLICY: Final = _policy()
