"""An Office file as a ZIP package whose bytes depend on its content alone."""

from __future__ import annotations

import io
import zipfile
from typing import Final

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def reproducible(content: bytes) -> bytes:
    """Return the package with its parts in order and without the time of writing."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w") as result:
        # Word expects the list of content types first
        for name in sorted(source.namelist(), key=lambda part: (part != "[Content_Types].xml", part)):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            result.writestr(entry, source.read(name))
    return target.getvalue()
