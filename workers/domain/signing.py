"""How an agreement was signed, and which agreement it hangs on (ALL-25)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class SigningWay(StrEnum):
    """On paper, or by a service for electronic signatures."""

    PAPER = "paper"
    ELECTRONIC = "electronic"


WAY_NAMES: Final = {SigningWay.PAPER: "紙", SigningWay.ELECTRONIC: "電子署名"}


@dataclass(eq=False, kw_only=True)
class SigningRecord:
    """How an agreement was signed. ``service`` and ``evidence``: the electronic one's, ``reason``: why on paper.

    ``evidence`` says what proves the signatures and where it is: a certificate's number, a file's name.
    """

    agreement_id: str
    way: SigningWay
    service: str = ""
    evidence: str = ""
    reason: str = ""

    @property
    def in_words(self) -> str:
        """One line for people: ``電子署名（サービス: …、証し: …）``."""
        told = {"サービス": self.service, "証し": self.evidence, "紙にした理由": self.reason}
        parts = "、".join(f"{name}: {value}" for name, value in told.items() if value)
        return f"{WAY_NAMES[self.way]}（{parts}）" if parts else WAY_NAMES[self.way]


@dataclass(eq=False, kw_only=True)
class AgreementParent:
    """The agreement under which another one was made: a memorandum under the comprehensive agreement, say."""

    agreement_id: str
    parent_id: str
