"""What the screen shows of people's words: a form's text component reads its variables as Markdown.

Text between two ``~`` would vanish, ``2.`` and ``5.`` would become 1 and 2. So whatever a worker writes for a text
component passes here, once. The escape shows as it is everywhere else: mails, documents and the history take the words.
"""

from __future__ import annotations

import re
from typing import Final

_SIGNS: Final = re.compile(r"([\\`*_~\[\]<>&|#@])")
_LINE_START: Final = re.compile(r"^(\d+)(?=[.)])|^(?=[-+=])", re.MULTILINE)
_ADDRESS: Final = re.compile(r"(?<=[A-Za-z])(?=://)|(?<=www)(?=\.)", re.IGNORECASE)


def plain(text: str) -> str:
    """Return words that a text component shows just as they are, each line on a line of its own."""
    lines = [line.strip() for line in text.splitlines()]
    escaped = [_ADDRESS.sub(r"\\", _SIGNS.sub(r"\\\1", line)) for line in lines]
    started = [_LINE_START.sub(lambda found: f"{found[1] or ''}\\", line) for line in escaped]
    return "\\\n".join(started).replace("\\\n\\\n", "\n\n")
