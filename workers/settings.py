"""Settings from the environment (``RENKEI_…``) and ``renkei.toml`` in ``RENKEI_HOME``; the environment wins."""

from __future__ import annotations

from pathlib import Path

import platformdirs
from pydantic import Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

_HOME_VARIABLE = "RENKEI_HOME"


def _checkout() -> Path:
    """Return the folder with bpmn/ and templates/: the checkout, or what an installed wheel brings along."""
    package = Path(__file__).resolve().parent
    return package.parent if (package.parent / "bpmn").is_dir() else package / "_packs"


class Settings(BaseSettings):
    """All settings with their defaults for the local stack; docs/operations.md explains each in Japanese."""

    model_config = SettingsConfigDict(
        env_prefix="RENKEI_",
        env_nested_delimiter="__",
        secrets_dir="/run/secrets" if Path("/run/secrets").is_dir() else None,
        extra="forbid",
    )

    home: Path = Field(default_factory=_checkout, description="packs, templates and renkei.toml are found here")
    data: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("renkei")), description="state of the local stack"
    )
    cache: Path = Field(default_factory=lambda: Path(platformdirs.user_cache_dir("renkei")), description="downloads")
    camunda_dist: Path | None = Field(
        default=None, description="a Camunda 8.6 that is there already (folder or archive); empty: fetched by Maven"
    )
    port_offset: int = Field(default=0, ge=0, le=30000, description="added to every port of the local stack")
    packs: list[Path] = Field(default_factory=list, description="more folders of city packs")

    database_url: str = Field(default="", description="SQLAlchemy URL; empty: SQLite in the data folder")
    gateway_address: str = Field(default="", description="Zeebe gRPC host:port; empty: the local stack")
    rest_address: str = Field(default="", description="Camunda REST base URL; empty: the local stack")
    tasklist_address: str = Field(default="", description="Tasklist base URL; empty: the local stack")
    tasklist_page: str = Field(
        default="", pattern=r"^(https?://[^\s]+)?$", description="Tasklist's page as staff open it, for mails"
    )
    links_address: str = Field(
        default="",
        pattern=r"^(https?://[^\s]+)?$",
        description="the workers' /open as staff reach it, for links to their task in mails; empty: the local stack's",
    )
    pages_url: str = Field(
        default="",
        pattern=r"^(https?://[^\s]+)?$",
        description="the partners' pages as partners reach them; empty: mails carry no link",
    )
    pages_port: int = Field(default=0, description="0: 8091 + port offset")
    pages_host: str = Field(default="127.0.0.1", description="address that the partners' pages listen on")
    desk_url: str = Field(
        default="",
        pattern=r"^(https?://[^\s]+)?$",
        description="the staff's desk as staff reach it; empty: the pages' own address",
    )
    desk_idle_minutes: int = Field(
        default=30, ge=1, le=720, description="a sign-in at the desk ends when unused so long"
    )
    desk_oidc_issuer: str = Field(
        default="",
        pattern=r"^(https?://[^\s]+)?$",
        description="identity provider of Camunda and the desk; empty: none",
    )
    desk_oidc_client_id: str = ""
    desk_oidc_client_secret: SecretStr = SecretStr("")
    desk_oidc_scope: str = Field(default="openid profile", description="what the desk asks the identity provider for")
    pages_processes: int = Field(
        default=1, ge=1, le=16, description="processes that serve the pages; each uses one core at most"
    )
    pages_proxies: str = Field(
        default="127.0.0.1", description="addresses of the reverse proxies in front of the pages, by commas; *: any"
    )
    pages_file_megabytes: int = Field(default=10, ge=1, le=100, description="one file that a partner attaches")
    pages_files: int = Field(default=10, ge=1, le=50, description="files that one answer may carry")
    management_address: str = Field(
        default="",
        pattern=r"^(https?://[^\s]+)?$",
        description="Camunda's management port (8.9: 9600), for its own backups; empty: not asked",
    )
    gateway_tls: bool = False
    oauth_url: str = ""
    oauth_client_id: str = ""
    oauth_client_secret: SecretStr = SecretStr("")
    oauth_audience: str = ""
    camunda_user: str = "demo"
    camunda_password: SecretStr = SecretStr("demo")
    engine_id: str = Field(default="local", description="names the engine; a wiped or restored engine gets a new id")

    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(default=0, description="0: the local stack's mail sink")
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_tls: str = Field(default="none", pattern="^(none|starttls|tls)$")
    mail_returns: str = Field(
        default="",
        pattern=r"^([^@\s+]+@[^@\s]+)?$",
        description="address for reports of undelivered mails; each mail gets one of its own (local+N.T@domain)",
    )
    mail_returns_folder: Path | None = Field(
        default=None, description="Maildir with those reports; the worker reads it every five minutes"
    )
    mail_deadline_hours: int = Field(default=72, ge=1, description="a mail that could not be sent by then is failed")

    concurrency: int = Field(default=16, ge=1, le=256, description="job handlers at once in one worker process")
    health_port: int = Field(default=0, description="0: 8090 + port offset")
    health_host: str = Field(default="127.0.0.1", description="address that health and /open listen on")
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")

    @classmethod
    def settings_customise_sources(  # noqa: D102 (documented by pydantic-settings)
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del dotenv_settings
        import os  # noqa: PLC0415 (read when settings are made, not at import)

        home = Path(os.environ.get(_HOME_VARIABLE, _checkout()))
        toml = TomlConfigSettingsSource(settings_cls, toml_file=home / "renkei.toml")
        return init_settings, env_settings, file_secret_settings, toml

    def port(self, base: int) -> int:
        """Return a port of the local stack, shifted by the offset."""
        return base + self.port_offset

    @property
    def registry_url(self) -> str:
        """The registry's SQLAlchemy URL."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data / 'registry.sqlite3'}"

    @property
    def gateway(self) -> str:
        """Zeebe's gRPC address as host:port."""
        return self.gateway_address or f"127.0.0.1:{self.port(26500)}"

    @property
    def local(self) -> bool:
        """Whether the engine runs on this machine: for trying out, where dates to come may be played through."""
        return self.gateway.rpartition(":")[0] in {"127.0.0.1", "localhost", "[::1]"}

    @property
    def rest(self) -> str:
        """The base URL of Camunda's REST API."""
        return self.rest_address or f"http://127.0.0.1:{self.port(8088)}"

    @property
    def tasklist(self) -> str:
        """The base URL of Tasklist (8.6); with 8.9 the same as ``rest``."""
        return self.tasklist_address or f"http://127.0.0.1:{self.port(8080)}"

    @property
    def has_tasklist(self) -> bool:
        """Whether a Tasklist is known: one that is named, or the local stack's."""
        return bool(self.tasklist_address) or not self.gateway_address

    @property
    def tasklist_url(self) -> str:
        """The page that mails to departments name; empty where only the workers' own address of Tasklist is known."""
        return self.tasklist_page or ("" if self.tasklist_address else f"{self.tasklist}/tasklist")

    @property
    def desk_page(self) -> str:
        """The desk as mails to staff name it; empty where no address of it is set: they name Tasklist then."""
        return f"{self.desk_url.rstrip('/')}/desk/" if self.desk_url else ""

    @property
    def open_url(self) -> str:
        """The page that finds somebody's open task, for mails; empty where staff cannot reach one.

        It is the desk's where the desk has an address, else the workers' ``/open``.
        """
        if self.desk_page:
            return f"{self.desk_page}open"
        local = "" if self.tasklist_address else f"http://127.0.0.1:{self.health}"
        address = self.links_address or local
        return f"{address.rstrip('/')}/open" if address and self.tasklist_url else ""

    @property
    def smtp(self) -> tuple[str, int]:
        """Host and port of the SMTP server."""
        return self.smtp_host, self.smtp_port or self.port(8025)

    @property
    def health(self) -> int:
        """The port of the workers' health page and of ``/open``."""
        return self.health_port or self.port(8090)

    @property
    def files(self) -> Path:
        """Where the bytes of documents lie."""
        return self.data / "files"
