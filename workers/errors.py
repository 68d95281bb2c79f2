"""The fate of a failure, decided in one place.

A job handler lets one of these escape; ``runtime.jobrunner`` maps it to the engine:

=============  =====================================================================================
Retryable      the job fails and comes back after a back-off; an incident only when its retries end
Busy           a Retryable that costs no retry: the job comes back until it is taken
Permanent      an incident at once, with the Japanese message: a person has to look
Business       a BPMN error with a code that the diagram catches; without a catch, an incident
InputError     bad input from a person: names file, line or field; a Business outcome inside a job
=============  =====================================================================================

Messages are Japanese, because clerks read them in Operate, and never hold personal data.
"""

from __future__ import annotations


class RenkeiError(Exception):
    """Base of every error that renkei raises on purpose. ``message`` is Japanese and free of personal data."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class RetryableError(RenkeiError):
    """A fault that passes by itself: a lost connection, a locked database, a full queue."""


class BusyError(RetryableError):
    """Registry or engine take nothing for now: locked, away, overloaded, disk full. A job loses no retry by it."""


class PermanentError(RenkeiError):
    """A fault that no retry mends: a missing template, a variable of the wrong type, a broken pack."""


class BusinessError(RenkeiError):
    """An outcome that the diagram has to handle, as a BPMN error event with ``code``."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class InputError(BusinessError):
    """Bad input by a person. ``where`` names the file, line, key or form field; shown as ``where: message``."""

    def __init__(self, where: str, message: str) -> None:
        super().__init__("input-error", f"{where}: {message}")
        self.where = where


class InputErrors(RenkeiError):  # noqa: N818 (several errors, so the plural)
    """All problems of one input at once, so that a person mends them in one go."""

    def __init__(self, errors: list[InputError]) -> None:
        super().__init__("\n".join(error.message for error in errors))
        self.errors = errors
