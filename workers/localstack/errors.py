"""Errors of the local stack: one Japanese line each, so that a person knows what to do next."""

from __future__ import annotations

from workers.errors import RenkeiError


class StackError(RenkeiError):
    """The local stack cannot be set up, started or stopped; the message says why and what helps."""
