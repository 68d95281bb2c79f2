"""The script and the style of the pages: one of each, made by ``python -m workers.pages.bundle``."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

FOLDER: Final = Path(__file__).parent / "static"
FILES: Final = {
    "page.js": "text/javascript",
    "page.css": "text/css",
    "desk.css": "text/css",
    "desk.js": "text/javascript",
    "licences.txt": "text/plain; charset=utf-8",
}
_YEAR: Final = "public, max-age=31536000, immutable"


def _version() -> str:
    found = hashlib.sha256(b"".join((FOLDER / name).read_bytes() for name in FILES))
    return found.hexdigest()[:12]


STATIC_URL: Final = f"/static/{_version()}"
"""Changes with the files, so that browsers may keep them."""


def route() -> Route:
    """Return the route of the files; no other name is served."""

    async def asset(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in FILES:
            return Response(status_code=404)
        headers = {"Cache-Control": _YEAR, "X-Content-Type-Options": "nosniff"}
        return FileResponse(FOLDER / name, media_type=FILES[name], headers=headers)

    return Route(STATIC_URL + "/{name}", asset, methods=["GET"])
