"""Gives every message of the program its code: ``python -m tests.kit.errorcodes`` rewrites workers/errorcodes.toml.

A message keeps its code for ever. One that is gone keeps its place under ``gone``, so that its number is never given to
another. Who rewords a message keeps the code by rewording it in the catalogue, too, before this is run.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Final

from tests.kit.errormessages import messages_by_file
from workers.errorcodes import CATALOGUE

_AREAS: Final = {
    1: ("localstack",),
    2: ("packs", "lint", "drawing"),
    4: ("readers", "adapters/listfiles.py", "adapters/sheets.py", "adapters/xlsxrows.py", "adapters/cellformats.py"),
    5: ("adapters", "runtime"),
    6: ("cli", "trial", "scenarios", "wiring.py"),
    7: ("pages",),
    3: ("",),
}
"""The first digit of a code, by the part of the program that says it; what is named first counts."""
_HEAD: Final = (
    "# Every error message with its code. Made by `python -m tests.kit.errorcodes`; see workers/errorcodes.py.\n"
)


def area_of(path: Path) -> int:
    """Return the first digit of the codes of a module, given by its path below ``workers``."""
    place = path.as_posix()
    return next(area for area, starts in _AREAS.items() if any(place.startswith(start) for start in starts))


def catalogue() -> str:
    """Return the catalogue as it has to be."""
    before = tomllib.loads(CATALOGUE.read_text(encoding="utf-8")) if CATALOGUE.exists() else {}
    messages: dict[str, str] = dict(before.get("messages", {}))
    gone: dict[str, str] = dict(before.get("gone", {}))
    now = {message: area_of(path) for path, told in messages_by_file().items() for message in told}
    for code, message in list(messages.items()):
        if message not in now:
            gone[code] = messages.pop(code)
    known = set(messages.values())
    for code, message in list(gone.items()):
        if message in now and message not in known:
            messages[code] = gone.pop(code)
    known = set(messages.values())
    for message, area in now.items():
        if message not in known:
            known.add(message)
            messages[_next(area, {*messages, *gone})] = message
    lines = [_HEAD, "[messages]", *_rows(messages), "", "[gone]", *_rows(gone)]
    return "\n".join(lines) + "\n"


def _next(area: int, given: set[str]) -> str:
    numbers = [int(code[-3:]) for code in given if re.fullmatch(rf"RK-{area}\d{{3}}", code)]
    return f"RK-{area}{max(numbers, default=0) + 1:03d}"


def _rows(codes: dict[str, str]) -> list[str]:
    return [f"{code} = {json.dumps(message, ensure_ascii=False)}" for code, message in sorted(codes.items())]


def main() -> int:
    """Rewrite the catalogue."""
    CATALOGUE.write_text(catalogue(), encoding="utf-8")
    sys.stdout.write(f"{CATALOGUE}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
