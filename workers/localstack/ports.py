"""Every port of the local stack, in one place, so that an offset moves all of them (docs/architecture.md)."""

from __future__ import annotations

from dataclasses import asdict, dataclass

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Ports:
    """TCP ports on 127.0.0.1. Build a free set of your own in tests, or take :meth:`shifted`."""

    gateway: int = 26500
    command: int = 26501
    internal: int = 26502
    rest: int = 8088
    management: int = 9600
    web: int = 8080
    web_management: int = 9601
    web_cluster: int = 26503
    opensearch: int = 9200
    opensearch_transport: int = 9300
    smtp: int = 8025
    mail_page: int = 8026
    health: int = 8090
    pages: int = 8091

    @classmethod
    def shifted(cls, offset: int) -> Ports:
        """Return the default ports, each moved by ``offset`` (0 to 30000)."""
        return cls(**{name: port + offset for name, port in asdict(cls()).items()})
