"""What ends a case that is being played."""

from __future__ import annotations


class TrialFailure(Exception):  # noqa: N818 (its kinds read as sentences)
    """The case does not go on as it should; each kind says why."""
