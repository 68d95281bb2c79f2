"""Exit 0 when the workers answer 200 at /readyz, 1 otherwise; the image's HEALTHCHECK.

``http.client`` and not ``urllib``: it ignores ``http_proxy``, which municipal networks set and which does not lead to
127.0.0.1.
"""

# ruff: noqa: INP001 (a script of the image, in no package)

import http.client
import os
import sys


def main() -> int:
    """Ask once; ``RENKEI_HEALTH_PORT`` names the port (8090 without it)."""
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("RENKEI_HEALTH_PORT") or 8090), timeout=4)
    try:
        connection.request("GET", "/readyz")
        return 0 if connection.getresponse().status == http.HTTPStatus.OK else 1
    except (OSError, http.client.HTTPException):
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
