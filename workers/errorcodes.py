"""The code of an error that a person sees, ``RK-3042``: the one to search for in the documentation.

``errorcodes.toml`` has every message of the program with its code (``python -m tests.kit.errorcodes`` gives a new
message a new one and never gives one twice); ``{}`` stands for what differs from case to case. A message that is not
there, because it was put together from parts, has the code of its kind.
"""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Final

CATALOGUE: Final = Path(__file__).with_name("errorcodes.toml")
USAGE: Final = "RK-0006"
PART: Final = "RK-0007"
KINDS: Final = {
    "InputErrors": "RK-0005",
    "InputError": "RK-0005",
    "BusinessError": "RK-0004",
    "BusyError": "RK-0002",
    "RetryableError": "RK-0001",
    "PermanentError": "RK-0003",
    "RenkeiError": "RK-0003",
}
"""The code of each kind of error, for messages without one of their own; the nearest kind counts."""
HOLE: Final = "{}"
_HOLES: Final = r"(?:\{\})+"
_PLACE: Final = r"(?:[^\n]{1,200}?: )?"
_LEAST: Final = 4
"""Characters that a message has to say by itself to be told from others."""


def messages() -> dict[str, str]:
    """Return every message by its code."""
    found = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))["messages"]
    return {code: str(message) for code, message in found.items()}


def said_by_itself(message: str) -> int:
    """Return how many characters of a message are always the same."""
    return len(message.replace(HOLE, ""))


def code_of(message: str, error: BaseException | None = None) -> str:
    """Return the code of what a person is told: the message's own, else that of its kind."""
    fitting = [(said_by_itself(known), code) for code, known, shape in _shapes() if shape.fullmatch(message)]
    if fitting:
        return max(fitting)[1]
    kinds = [] if error is None else [base.__name__ for base in type(error).__mro__]
    return next((KINDS[kind] for kind in kinds if kind in KINDS), KINDS["RenkeiError"])


def with_codes(text: str, error: BaseException | None = None) -> str:
    """Return a text with the code behind each of its lines; one message of several lines has one, at its end."""
    whole = code_of(text)
    lines = text.split("\n")
    if len(lines) == 1 or whole not in KINDS.values():
        return f"{text} [{code_of(text, error)}]"
    return "\n".join(f"{line} [{code_of(line, error)}]" if line.strip() else line for line in lines)


@lru_cache(maxsize=1)
def _shapes() -> list[tuple[str, str, re.Pattern[str]]]:
    return [
        (code, known, re.compile(_PLACE + ".*?".join(map(re.escape, re.split(_HOLES, known))), re.DOTALL))
        for code, known in messages().items()
        if said_by_itself(known) >= _LEAST
    ]
